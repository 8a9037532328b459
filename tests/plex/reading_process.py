"""A process that reads inventories until it is killed: `python -m tests.plex.reading_process`.

Each line on its standard input is a task as JSON. It forks for each, so that only the first one imports. The child
names itself, tells every page, and lives until it is killed, so that its number stays its own.
"""

import asyncio
import json
import os
from pathlib import Path
import signal
import sys

import tests.bare  # noqa: F401 - keeps Home Assistant out

import aiohttp  # isort: skip
from custom_components.plex_steward.plex import inventory, reading  # isort: skip
from custom_components.plex_steward.plex.client import PlexClient  # isort: skip
from custom_components.plex_steward.plex.connection import Connection  # isort: skip
from custom_components.plex_steward.plex.models import Address  # isort: skip
from custom_components.plex_steward.plex.pages import PageReader  # isort: skip
from custom_components.plex_steward.plex.store import Store  # isort: skip
from custom_components.plex_steward.plex.transport import Access  # isort: skip


def say(word: str) -> None:
    """Write one line in one go."""
    os.write(1, f"{word}\n".encode())


async def read(task: dict[str, str]) -> None:
    """Read a whole inventory."""
    vars(reading).update(PAGE=20, LIGHT_PAGE=20)
    async with aiohttp.ClientSession() as session:
        access = Access(token=task["token"], client_id="child", machine_identifier=task["machine"])
        client = PlexClient(Connection(session, access, [Address(task["url"])]))
        reader = PageReader(client, pause=0, rest=0)
        made = inventory.Inventory(client, Store(Path(task["path"])), reader=reader, progress=lambda _: say("page"))
        await made.refresh(await client.libraries())


def main() -> None:
    """Do task after task."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            say(f"pid {os.getpid()}")
            asyncio.run(read(json.loads(line)))
            say("done")
            while True:
                signal.pause()
        os.waitpid(child, 0)
        say("end")


if __name__ == "__main__":
    main()
