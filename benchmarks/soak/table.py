"""The table of a soak: what the server knew beside what was told, and what the process held each day."""

from __future__ import annotations

from collections import Counter
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .measure import Holding
    from .week import Week

MIB = 1 << 20
GROWTH = 0.1
"""Of the process's memory, between the second day's end and the last's: the simulator, which is part of it, keeps what
was asked of it, and caches fill."""
OWN_GROWTH = 256 * 1024
"""Bytes that our own code may hold more than at the end of the second day."""
EXPECTED = re.compile(
    r"Error (fetching|requesting) [\w ]+ data: |The libraries of the Plex server could not be read"
    r"|The Plex server was not told of all changed folders"
)
"""Complaints about a server that is away; such a one is part of every day."""


class Table:
    """Says what was so, and whether it is as it must be."""

    def __init__(self, week: Week, held: list[Holding], complaints: list[str]) -> None:
        """Look at everything while it is still there."""
        self.good = True
        self._week = week
        self._held = held
        self._complaints = [row for row in complaints if not EXPECTED.search(row)]
        self._expected = len(complaints) - len(self._complaints)
        self._rows = [*self._counted(), *self._kept()]
        self._growth = self._grown()

    def text(self, head: str, seconds: float, moves: int) -> str:
        """Give the whole table."""
        week = self._week
        did = ", ".join(f"{count} {what}" for what, count in sorted(week.did.items()))
        lines = [
            f"Soak: {head}",
            f"{seconds:.0f} s for {week.now() - week.began}; the clock moved {moves} times",
            f"What was done: {did}",
            "",
            f"{'counted':<44}{'server':>10}{'told':>10}",
            *(f"{what:<44}{truth!s:>10}{told!s:>10}{self._verdict(truth == told)}" for what, truth, told in self._rows),
            "",
            f"{'held at the end of day':<24}" + "".join(f"{number:>11}" for number in range(1, len(self._held) + 1)),
            *(self._line(name, [getattr(one, name) for one in self._held]) for name in ("objects", "files", "threads")),
            *(self._line(name, [getattr(one, name) for one in self._held]) for name in ("tasks", "timers")),
            self._line("memory, KiB", [one.memory // 1024 for one in self._held]),
            self._line("whole process, MiB", [one.rss // MIB for one in self._held]),
            "",
            *(f"{what:<54}{value:>10}{self._verdict(good)}" for what, value, good in self._growth),
            *(f"  left: {row}" for row in sorted(set(week.lasting))),
            *(f"  said: {row}" for row in sorted(set(self._complaints))),
        ]
        return "\n".join(lines)

    def _verdict(self, good: bool) -> str:
        self.good = self.good and good
        return "" if good else "  WRONG"

    @staticmethod
    def _line(name: str, values: list[int]) -> str:
        return f"{name:<24}" + "".join(f"{value:>11}" for value in values)

    def _counted(self) -> list[tuple[str, Any, Any]]:
        """What happened beside what was told."""
        truth, told, did = self._week.truth, self._week.told, self._week.did
        films = len(self._week.films) - did["films brought"] + did["films thrown away"]
        brought = did["films brought"] + did["episodes come"]
        gone = films + did["films brought"] - truth.count("movie") + did["episodes gone"]
        return [
            *((f"streams {word}", truth.due[word], told.counts[f"playback {word}"]) for word in WORDS),
            ("films and episodes added", brought, told.counts["item added"]),
            ("films and episodes removed", gone, told.counts["item removed"]),
        ]

    def _kept(self) -> list[tuple[str, Any, Any]]:
        """What was asked of the server, and what is shown now."""
        week, truth, told = self._week, self._week.truth, self._week.told
        kept = Counter(row.partition("/")[0] for row in week.plex.state.housekeeping)
        runs = week.did["mirror by button"], week.did["nights"]
        sections = {one.type: one.uuid for one in week.plex.state.library.sections.values()}
        return [
            ("prerolls written", week.preroll_changes(), truth.prerolls()),
            ("trash emptied", week.did["nights with trash"], kept["emptyTrash"]),
            ("bundles cleaned", week.did["bundle nights"], kept["clean"]),
            ("database optimised", week.did["nights"], kept["optimize"]),
            ("mirror runs by button and by the clock", runs, (told.reasons["button"], told.reasons["schedule"])),
            ("films shown", str(truth.count("movie")), told.state("items", sections["movie"])),
            ("episodes shown", str(truth.count("episode")), told.state("episodes", sections["show"])),
            ("streams shown", str(len(week.plex.sessions)), told.state("streams")),
        ]

    def _grown(self) -> list[tuple[str, Any, bool]]:
        """What must not grow, from the end of the second day on (the first where there are but two)."""
        first, last = self._held[min(1, len(self._held) - 1)], self._held[-1]
        rows: list[tuple[str, Any, bool]] = [
            (f"more {name} than at the end of day 2", grown := getattr(last, name) - getattr(first, name), grown <= 2)
            for name in ("objects", "files", "threads", "tasks", "timers")
        ]
        own = last.memory - first.memory
        rows.append(("more memory of our own, KiB", own // 1024, own <= OWN_GROWTH))
        more = last.rss - first.rss
        rows.append(("more memory of the process, MiB", more // MIB, more <= GROWTH * first.rss))
        rows.append(("tasks and timers left after unloading", len(self._week.lasting), not self._week.lasting))
        rows.append(
            (f"complaints in the log beside {self._expected} expected", len(self._complaints), not self._complaints)
        )
        return rows


WORDS = ("started", "stopped", "paused", "resumed")
