"""``scripts/bench inventory``: 50,000 films, read by us and by plexapi, refreshed, asked; what Home Assistant feels.

The server is the simulator in a process of its own, which keeps its answers. Every reader is a process of its own too;
they take turns in a random order, so that a slow minute of the machine hits all of them. The first turn warms the
server and does not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
import random
from statistics import median
import sys
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.hass import lag_during, measured
from benchmarks.machine import keep, machine
from demo import household
from demo.plex import Plex

CHANGES = 20
IDLE = 10
"""Seconds without work that a lag is compared to."""
RIVALS = {"ours": "ours, into a file", "plexapi": "plexapi, in memory"}


class Bench:
    """One measurement of everything."""

    def __init__(self, plex: Plex, folder: Path, films: int, rounds: int) -> None:
        self.plex, self.folder, self.films, self.rounds = plex, folder, films, rounds
        self.file = folder / "inventory.db"
        self.order = random.Random(1)
        self.reads: dict[str, list[dict[str, Any]]] = {name: [] for name in RIVALS}
        self.refreshes: list[float] = []
        self.questions: dict[str, float] = {}
        self.lags: dict[str, list[dict[str, Any]]] = {"idle": [], "reading everything": []}

    async def child(self, what: str, file: Path, *more: str) -> Any:
        """Run one reader."""
        words = (what, json.dumps(self.plex.ready), str(file), *more)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.inventory_reader", *words), stdout=asyncio.subprocess.PIPE
        )
        answer, _ = await process.communicate()
        if process.returncode:
            sys.exit(f"{what} failed")
        return json.loads(answer)

    async def read(self) -> None:
        """Let everybody read everything."""
        for number in range(self.rounds + 1):
            names = list(RIVALS)
            self.order.shuffle(names)
            for name in names:
                print(f"reading: {name}, turn {number} of {self.rounds}", file=sys.stderr, flush=True)
                file = self.folder / f"{name}-{number}.db"
                told = await self.child("warm" if name == "plexapi" and not number else name, file)
                if told["items"] != self.films:
                    sys.exit(f"{name} read {told['items']} items")
                if number:
                    self.reads[name].append(told)
                if name == "ours":
                    file.replace(self.file)

    async def refresh(self) -> None:
        """Change some films and let us notice."""
        for told in await self.child("refresh", self.file, str(self.rounds), str(CHANGES)):
            if told["changed"] != CHANGES:
                sys.exit(f"{told['changed']} changes were seen")
            self.refreshes.append(told["seconds"])

    async def feel(self) -> None:
        """See how late the loop of a real Home Assistant is, idle and while everything is read."""
        async with measured() as hass:
            await household.add_server(hass, self.plex.url, self.plex.token)
            await hass.action("refresh_inventory", {})
            await asyncio.sleep(10)
            for number in range(self.rounds):
                print(f"feeling: turn {number + 1} of {self.rounds}", file=sys.stderr, flush=True)
                reading = await lag_during(hass, hass.action("refresh_inventory", {"full": True}))
                await asyncio.sleep(5)
                idle = await lag_during(hass, asyncio.sleep(IDLE))
                self.lags["reading everything"].append(reading)
                self.lags["idle"].append(idle)

    def table(self) -> str:
        """Put it side by side."""
        seconds = {name: median(one["seconds"] for one in rows) for name, rows in self.reads.items()}
        memory = {name: median(one["memory"] for one in rows) for name, rows in self.reads.items()}
        refresh = median(self.refreshes)
        lines = [
            f"{self.films} films; {self.rounds} turns each, medians",
            "",
            f"{'Reading everything, streams included':46}{'seconds':>9}{'MiB':>8}{'slower':>9}{'bigger':>9}",
        ]
        for name, label in RIVALS.items():
            times, sizes = seconds[name] / seconds["ours"], memory[name] / memory["ours"]
            lines.append(f"{label:46}{seconds[name]:9.2f}{memory[name]:8.0f}{times:8.1f}x{sizes:8.1f}x")
        share = 100 * refresh / seconds["ours"]
        lines += [
            "",
            f"{f'Refresh with {CHANGES} changes':46}{refresh:9.3f}{share:7.1f} % of reading all",
            "",
            f"{'find_media':46}{'ms':>9}",
            *(f"{name:46}{took:9.1f}" for name, took in self.questions.items()),
        ]
        if self.lags["idle"]:
            lines += ["", f"{'Lag of Home Assistant’s loop in ms':46}{'p50':>9}{'p99':>8}{'max':>9}"]
            for name, rows in self.lags.items():
                values = [median(row[key] for row in rows) for key in ("p50", "p99", "max")]
                lines.append(f"{name:46}{values[0]:9.2f}{values[1]:8.2f}{values[2]:9.2f}")
        return "\n".join(lines)


async def measure(films: int, rounds: int, *, feel: bool) -> str:
    """Measure everything in one run."""
    with TemporaryDirectory(prefix="inventory-bench-") as folder:
        async with Plex("--port", "0", "--synthetic", str(films), "--cache") as plex:
            bench = Bench(plex, Path(folder), films, rounds)
            await bench.read()
            bench.questions = await bench.child("questions", bench.file)
            await bench.refresh()
            if feel:
                await bench.feel()
            return bench.table()


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="scripts/bench inventory", description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-hass", action="store_true", help="leave out the lag of Home Assistant's loop")
    parser.add_argument("--keep", action="store_true", help="write the table to benchmarks/inventory.txt")
    given = parser.parse_args()
    found = asyncio.run(measure(given.films, given.rounds, feel=not given.without_hass))
    text = f"{machine()}\n\n{found}"
    print(text)
    if given.keep:
        keep("inventory", text)


if __name__ == "__main__":
    main()
