"""A simulated server and an inventory of it, for tests."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.inventory import Inventory, LibraryReport, Step
from custom_components.plex_steward.plex.models import Address
from custom_components.plex_steward.plex.pages import PageReader
from custom_components.plex_steward.plex.store import Changes, Store
from custom_components.plex_steward.plex.transport import Access
from simulator import Fault, Simulator
from simulator.model import Item

from .stand_in import CLIENT_ID

LISTING = "/library/sections/*/all"
ITEMS = "/library/metadata/*"
EVERYTHING = {"movie": 60, "show": 3, "artist": 2}
"""What to make up to have every kind of item."""


class Shelf:
    """The two together, with a clock."""

    def __init__(self, plex: Simulator, client: PlexClient, path: Path) -> None:
        self.plex, self.client, self.path = plex, client, path
        self.now = 1_800_000_000.0
        self.steps: list[Step] = []
        self.open()

    def open(self) -> None:
        """Open the store as a new process would."""
        self.store = Store(self.path)
        reader = PageReader(self.client, pause=0, rest=0)
        self.inventory = Inventory(
            self.client, self.store, reader=reader, progress=self.steps.append, clock=lambda: self.now
        )

    async def refresh(self, **options: Any) -> dict[str, LibraryReport]:
        """Refresh everything; reports by type of library."""
        libraries = await self.client.libraries()
        reports = await self.inventory.refresh(libraries, **options)
        return {library.type: report for library in libraries for report in reports if report.uuid == library.uuid}

    async def films(self, **options: Any) -> LibraryReport:
        """Refresh everything and give the report of the films."""
        return (await self.refresh(**options))["movie"]

    def fault(self, kind: Any, path: str = LISTING, **more: Any) -> None:
        """Let a request go wrong."""
        self.plex.state.faults.append(Fault(path, kind, **more))

    def items(self, kind: str = "movie") -> list[Item]:
        """What the server really has."""
        return [item for item in self.plex.state.library.items.values() if item.type == kind]

    def titles(self, kind: str = "movie") -> dict[int, str]:
        """What the store has."""
        return dict(self.store.query("SELECT id, title FROM item WHERE kind = ?", (kind,)))

    def check(self) -> None:
        """The store is what the server has: every item, version, file and stream."""
        for kind in ("movie", "show", "season", "episode", "artist", "album", "track"):
            assert self.titles(kind) == {item.id: item.title for item in self.items(kind)}
        files = self.store.query("SELECT item, file, size FROM part")
        assert sorted(files) == sorted(
            (item.id, part.file, part.size)
            for item in self.plex.state.library.items.values()
            for media in item.media
            if media.attrs.get("proxyType") != 42
            for part in media.parts
        )
        for item, audio in self.store.query("SELECT item, sum(json_array_length(audio)) FROM version GROUP BY item"):
            assert audio == sum(
                stream.kind == 2
                for media in self.plex.state.library.items[item].media
                if media.attrs.get("proxyType") != 42
                for stream in media.parts[0].streams
            )


def changed(changes: Changes) -> tuple[set[int], set[int], set[int]]:
    """Give what came, changed and went."""
    return changes.added, changes.updated, changes.removed


def ids(items: Iterable[Item]) -> set[int]:
    """Give the keys of items."""
    return {item.id for item in items}


@asynccontextmanager
async def shelf(path: Path, **options: Any) -> AsyncIterator[Shelf]:
    """Start a server and open an empty inventory of it."""
    async with Simulator(**options) as plex, aiohttp.ClientSession() as session:
        access = Access(token=plex.token, client_id=CLIENT_ID, machine_identifier=plex.machine_identifier)
        made = Shelf(plex, PlexClient(Connection(session, access, [Address(plex.url)])), path / "inventory.db")
        try:
            yield made
        finally:
            made.store.close()
