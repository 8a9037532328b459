"""The mirror against jellyplex-sync 0.5.0 and against the bare system calls, all on this Python, in one go.

Every figure is the wall clock around a whole process, as a user starts it. Rivals take turns in a random order: a slow
minute of the machine hits all of them. First runs always get a fresh target: `mkdir` after removing a big tree is up to
five times slower on ext4, and would hide every difference.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
import os
from pathlib import Path
import random
import shutil
import statistics
import sys
import tempfile
import time

from benchmarks import library
from benchmarks.machine import keep, machine

ROOT = Path(__file__).parents[1]
OURS, PEER, FLOOR = "ours", "jellyplex-sync 0.5.0", "floor"


@dataclass
class Case:
    """One thing to do, by each rival."""

    name: str
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)


class Bench:
    """One measurement of everything."""

    def __init__(self, folder: Path, films: int, rounds: int) -> None:
        self.folder, self.rounds = folder, rounds
        package = folder / "package"
        package.mkdir()
        (package / "plex_steward_mirror").symlink_to(ROOT / "custom_components/plex_steward/mirror")
        self.environment = {**os.environ, "PYTHONPATH": str(package)}
        self.source = folder / "source"
        self.files = library.make(self.source, films)
        self.order = random.Random(1)
        self.ours = [sys.executable, "-c", "from plex_steward_mirror.cli import main; raise SystemExit(main())"]
        self.peer = [sys.executable, "-c", "from jellyplex_sync.cli.main import main; raise SystemExit(main())"]
        self.floors = [sys.executable, str(ROOT / "benchmarks/floors.py")]

    def process(self, command: Sequence[str | Path], codes: tuple[int, ...] = (0,)) -> tuple[float, int]:
        """Run one process; return seconds and KiB at its peak."""
        words = [str(word) for word in command]
        with open(os.devnull, "wb") as null:  # noqa: PTH123 - os.devnull is no file to look at
            actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), 1), (os.POSIX_SPAWN_DUP2, null.fileno(), 2)]
            began = time.perf_counter()
            number = os.posix_spawn(words[0], words, self.environment, file_actions=actions)
            _, status, usage = os.wait4(number, 0)
            took = time.perf_counter() - began
        if os.waitstatus_to_exitcode(status) not in codes:
            sys.exit(f"exit code {os.waitstatus_to_exitcode(status)}: {' '.join(words)}")
        return took, usage.ru_maxrss

    def turns(self, case: Case, rivals: dict[str, Sequence[str | Path]], rounds: int | None = None) -> None:
        """Let rivals take turns on targets that stay as they are."""
        for _ in range(rounds or self.rounds):
            names = list(rivals)
            self.order.shuffle(names)
            for name in names:
                self.note(case, name, *self.process(rivals[name]))

    def note(self, case: Case, name: str, took: float, memory: int) -> None:
        """Keep one figure."""
        {OURS: case.ours, PEER: case.peer, FLOOR: case.floor}[name].append(took)
        case.memory[name] = max(memory, case.memory.get(name, 0))

    def first(self) -> Case:
        """A first run, into fresh folders."""
        case = Case("first run")
        for number in range(self.rounds):
            names = [OURS, PEER, FLOOR]
            self.order.shuffle(names)
            for name in names:
                target = self.folder / f"first-{number}-{names.index(name)}"
                target.mkdir()
                command = {
                    OURS: [*self.ours, "sync", "--source-format", "plex", self.source, target],
                    PEER: [*self.peer, "sync", "--source-format", "plex", self.source, target],
                    FLOOR: [*self.floors, "link", self.pairs(target)],
                }[name]
                os.sync()
                self.note(case, name, *self.process(command))
        return case

    def pairs(self, target: Path) -> Path:
        """Write the list of folders and links that a mirror of the source needs."""
        out = self.folder / "pairs.txt"
        with out.open("w", encoding="utf-8") as file:
            for path, _, names in os.walk(self.source):
                below = Path(target, os.path.relpath(path, self.source))
                if path != str(self.source):
                    file.write(f"\t{below}\n")
                file.writelines(f"{path}/{name}\t{below}/{name}\n" for name in names)
        return out

    def all(self) -> list[Case]:
        """Measure everything."""
        cases = [self.first()]
        ours, peer = self.folder / "ours", self.folder / "peer"
        layout = ["--source-format", "plex"]
        for command, target in ((self.ours, ours), (self.peer, peer)):
            target.mkdir()
            self.process([*command, "sync", *layout, self.source, target])
        floor = [*self.floors, "list", self.source, ours]
        full = Case("nothing to do, every file looked at")
        self.turns(
            full,
            {
                OURS: [*self.ours, "sync", "--verify", *layout, self.source, ours],
                PEER: [*self.peer, "sync", *layout, self.source, peer],
                FLOOR: floor,
            },
        )
        time.sleep(3)  # folders touched a moment ago are not trusted to show their next change
        self.process([*self.ours, "sync", *layout, self.source, ours])
        quick = Case("nothing to do, quick")
        self.turns(
            quick,
            {
                OURS: [*self.ours, "sync", *layout, self.source, ours],
                PEER: [*self.peer, "sync", *layout, self.source, peer],
                FLOOR: floor,
            },
        )
        diff = Case("diff (ours: all levels, by inode; theirs: names, two levels)")
        self.turns(
            diff,
            {
                OURS: [*self.ours, "diff", *layout, self.source, ours],
                PEER: [*self.peer, "diff", *layout, self.source, peer],
                FLOOR: floor,
            },
        )
        return [*cases, full, quick, diff]


def table(bench: Bench, films: int, cases: list[Case]) -> str:
    """Put the medians side by side."""
    lines = [
        f"{films} films, {bench.files} files; {bench.rounds} rounds, medians, whole processes, warm cache",
        machine(),
        "",
        f"{'':<62}{'ours':>9}{'theirs':>9}{'floor':>9}{'faster':>9}{'to floor':>9}{'MiB':>7}{'theirs':>8}",
    ]
    for case in cases:
        ours, peer, floor = (statistics.median(one) for one in (case.ours, case.peer, case.floor))
        lines.append(
            f"{case.name:<62}{ours * 1000:>6.0f} ms{peer * 1000:>6.0f} ms{floor * 1000:>6.0f} ms"
            f"{peer / ours:>8.1f}x{ours / floor:>8.2f}x{case.memory[OURS] / 1024:>7.0f}{case.memory[PEER] / 1024:>8.0f}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and with --keep write the table beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/mirror.txt")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mirror-bench-", dir=given.folder))
    try:
        bench = Bench(folder, given.films, given.rounds)
        text = table(bench, given.films, bench.all())
    finally:
        shutil.rmtree(folder)
    print(text, end="")
    if given.keep:
        keep("mirror", text)


if __name__ == "__main__":
    main()
