"""``scripts/bench kills``: Home Assistant is killed while it reads a library, fifty times.

A real Home Assistant reads 20,000 films from a server that takes its time, and is killed as a power cut would, at a
random moment: half of the times while it reads them for the first time, half while it reads everything again. What lies
on the disk then is opened and checked, page by page. The next start goes on with the read: what was in the store is not
asked for again, and in the end the store holds as many films as the server counts.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
import json
from pathlib import Path
import random
import shutil
import sqlite3
from tempfile import TemporaryDirectory
import time
from typing import TYPE_CHECKING, Any

import aiohttp

from benchmarks.machine import keep, machine
from demo import household
from demo.hass import Hass
from demo.plex import Plex
from demo.stand_in import ADDRESS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

FILMS = 20_000
KILLS = 50
SLOW = 0.2
"""Seconds the server takes for each page."""
PATIENCE = 300.0
"""Seconds that something may take on a loaded machine."""
LISTING = "/library/sections/1/all"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds."""

    films: int
    position: int | None = None
    """How far the read that was under way has come; None when none was."""


def look(file: Path, *, check: bool = False) -> Kept:
    """Open a store and see; with `check`, every page of it. Raises `AssertionError` when it is not whole."""
    if not file.exists():
        return Kept(0)
    with closing(sqlite3.connect(file)) as store:
        if check:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((films,),) = store.execute("SELECT count(*) FROM item")
        begun = store.execute("SELECT position, sweep FROM progress").fetchall()
        if not begun:
            return Kept(films)
        ((position, sweep),) = begun
        # Whatever the moment: what is said to be in the store is in it, and not a film more.
        assert store.execute("SELECT count(*) FROM item WHERE sweep = ?", (sweep,)).fetchone() == (position,)
        return Kept(films, position)


def autopsy(file: Path) -> Kept:
    """Check what a kill has left, on a copy: Home Assistant shall find it as it is."""
    assert not file.with_name(f"{file.name}.broken").exists()
    with TemporaryDirectory() as folder:
        for part in file.parent.glob(f"{file.name}*"):
            shutil.copy2(part, folder)
        return look(Path(folder) / file.name, check=True)


@asynccontextmanager
async def slow_plex(films: int = FILMS) -> AsyncIterator[Plex]:
    """Run a server that takes its time for each page."""
    async with Plex("--port", "0", "--synthetic", str(films), "--cache") as plex:
        await plex.control("POST", "faults", {"path": LISTING, "kind": "delay", "seconds": SLOW, "times": None})
        yield plex


class Killer:
    """A Home Assistant that is killed again and again."""

    def __init__(self, folder: Path, plex: Plex, seed: int = 1) -> None:
        """Lay out its folder; plex.tv is nowhere."""
        self.plex = plex
        self.hass = Hass(folder, environment={ADDRESS: "http://127.0.0.1:9"}, own_level="warning")
        self._entry = ""
        self._dice = random.Random(seed)

    @property
    def file(self) -> Path:
        """The store of the server."""
        return self.hass.folder / ".storage" / f"plex_steward.{self._entry}.inventory.db"

    async def begin(self) -> None:
        """Start for the first time; done when the user is on the disk."""
        await self.hass.start()
        saved = self.hass.folder / ".storage" / "auth"

        async def written() -> bool:
            return saved.exists() and bool(json.loads(saved.read_text(encoding="utf-8"))["data"]["credentials"])

        await until(written)

    async def kill(self, number: int) -> str:
        """Let a read begin, kill, look at what is left, and let the next start complete it; tell what happened."""
        await self.plex.control("DELETE", "log")
        reading = asyncio.create_task(self._read_anew() if number % 2 else self._read_again())
        pages = self._dice.randint(1, FILMS // 1000)
        await until(self._pages, lambda seen: len(seen) >= pages, reading)
        await asyncio.sleep(self._dice.random() * SLOW * 1.5)
        if number % 2:
            await reading
        await self.hass.kill()
        await asyncio.gather(reading, return_exceptions=True)
        kept = autopsy(self.file)
        asked = await self._complete(kept)
        what = "first read" if number % 2 else "read again"
        where = "when it was over" if kept.position is None else f"with {kept.position} behind it"
        return f"{what}, killed {where}: {kept.films} films in the store, whole; completed with {asked} pages"

    async def _read_anew(self) -> None:
        """Set the server up: the films are read for the first time. Done when it would survive a kill."""
        for entry in await household.entries(self.hass):
            await self.hass.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")
        self._entry = await household.add_server(self.hass, self.plex.url, self.plex.token)
        saved = self.hass.folder / ".storage" / "core.config_entries"

        async def written() -> bool:
            return saved.exists() and self._entry in saved.read_text(encoding="utf-8")

        await until(written)

    async def _read_again(self) -> None:
        """Have everything read again."""
        await self.hass.action("refresh_inventory", {"full": True})

    async def _complete(self, kept: Kept) -> int:
        """Start; see the read go on where it stopped and come to its end; return the number of pages it needed."""
        await self.plex.control("DELETE", "log")
        await self.hass.start()
        await household.settled(self.hass)
        told = await self.hass.action("refresh_inventory", {})
        total = await self._total()
        assert told["complete"], told
        assert [one["counts"] for one in told["libraries"]] == [{"movie": total}]
        assert look(self.file) == Kept(total)
        assert not self.file.with_name(f"{self.file.name}.broken").exists()
        pages = await self._pages()
        if kept.position is not None:
            assert min(pages, default=kept.position) >= kept.position, "pages that were in the store were read again"
        return len(pages)

    async def _pages(self) -> list[int]:
        """Where the pages begin that the server was asked for, with streams; a first look at ten films is none."""
        rows: list[dict[str, Any]] = await self.plex.control("GET", f"log?path={LISTING}")
        paged = [row["paging"] for row in rows if row["query"].get("includeElements") and row["paging"]]
        return [int(start) for start, size in paged if int(size) > 10]

    async def _total(self) -> int:
        """What the server itself counts."""
        asked = {"X-Plex-Token": self.plex.token, "X-Plex-Container-Start": "0", "X-Plex-Container-Size": "0"}
        asked |= {"Accept": "application/json"}
        async with (
            aiohttp.ClientSession(headers=asked) as session,
            session.get(f"{self.plex.url}{LISTING}", params={"type": "1"}) as answer,
        ):
            return int((await answer.json())["MediaContainer"]["totalSize"])


async def until[T](
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool] = bool, work: asyncio.Task[None] | None = None
) -> None:
    """Look again and again until the answer is wanted; what goes wrong with `work` meanwhile is raised."""
    end = time.monotonic() + PATIENCE
    while not wanted(seen := await look()):
        if work is not None and work.done():
            work.result()
        if time.monotonic() > end:
            raise AssertionError(f"Not within {PATIENCE:.0f} s; last seen: {seen!r}")
        await asyncio.sleep(0.02)


async def measure(kills: int) -> str:
    """Kill so often, and tell of each."""
    lines = [f"{kills} kills of Home Assistant while it reads {FILMS} films", ""]
    with TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as folder:
        async with slow_plex() as plex:
            killer = Killer(Path(folder), plex)
            try:
                await killer.begin()
                for number in range(1, kills + 1):
                    lines.append(f"{number:3} {await killer.kill(number)}")
                    print(lines[-1], flush=True)
            finally:
                await killer.hass.stop()
    lines += [
        "",
        f"{kills} times the store was whole, and the next start completed it without asking for anything twice",
    ]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, kill, print."""
    parser = argparse.ArgumentParser(prog="scripts/bench kills", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--keep", action="store_true", help="write what happened to benchmarks/kills.txt")
    given = parser.parse_args()
    text = f"{machine()}\n\n{asyncio.run(measure(given.kills))}"
    print(text)
    if given.keep:
        keep("kills", text)


if __name__ == "__main__":
    main()
