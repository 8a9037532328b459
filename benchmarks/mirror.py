"""``scripts/bench mirror``: against jellyplex-sync 0.5.0, ``cp -al``, ``rsync --link-dest`` and bare system calls.

All on this Python, in one go. Every figure is the wall clock around a whole process, as a user starts it, with a warm
cache. Rivals take turns in a random order: a slow minute of the machine hits all of them. First runs always get a fresh
target: for five minutes after removing a big tree, `mkdir` is up to five times slower on ext4, which passes over every
inode that has just become free. So leave the machine alone for as long before measuring. Memory is the peak of the
largest process; of our first run, which has helpers, it is that of all together, taken in a run of its own (up to
10,000 films).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
import os
from pathlib import Path
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks import library
from benchmarks.machine import keep, machine

ROOT = Path(__file__).parents[1]
OURS, PEER, FLOOR, COPY, RSYNC = "ours", "jellyplex-sync", "bare calls", "cp -al", "rsync"
RIVALS = (OURS, PEER, FLOOR, COPY, RSYNC)
LAYOUT = ("--source-format", "plex")
HEADS = ("ours", "peer", "floor", "cp -al", "rsync")
WHOLE = 10_000
"""Films up to which every rival does everything; above, only the peer takes part, and only in one first run."""
SLOW = 2
"""Rounds in which the slow rivals take part; we and the floor, whose distance is small, do in all."""

Command = Sequence[str | Path]


@dataclass(eq=False)
class Case:
    """One thing to do, by each rival."""

    name: str
    times: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)

    def note(self, rival: str, took: float, memory: int) -> None:
        """Keep one figure: seconds, and KiB at the peak."""
        self.times.setdefault(rival, []).append(took)
        self.note_memory(rival, memory)

    def note_memory(self, rival: str, memory: int) -> None:
        """Keep KiB at the peak."""
        self.memory[rival] = max(memory, self.memory.get(rival, 0))

    def median(self, rival: str) -> float | None:
        """Seconds, or None for a rival that did not take part."""
        times = self.times.get(rival)
        return statistics.median(times) if times else None


class Bench:
    """One measurement of a library of one size."""

    def __init__(self, folder: Path, films: int, rounds: int) -> None:
        self.folder, self.films, self.rounds = folder, films, rounds
        package = folder / "package"
        package.mkdir()
        (package / "plex_steward_mirror").symlink_to(ROOT / "custom_components/plex_steward/mirror")
        self.environment = {**os.environ, "PYTHONPATH": str(package)}
        self.source = folder / "source"
        self.target = {name: folder / name.replace(" ", "-") for name in RIVALS}
        say(f"{films} films: making the library")
        self.files = library.make(self.source, films)
        self.order = random.Random(1)
        self.changed = 0
        python = [sys.executable, "-c"]
        self.ours = [*python, "from plex_steward_mirror.cli import main; raise SystemExit(main())"]
        self.peer = [*python, "from jellyplex_sync.cli.main import main; raise SystemExit(main())"]
        self.floors = [sys.executable, str(ROOT / "benchmarks/floors.py")]
        self.rsync = shutil.which("rsync")
        self.small = films <= WHOLE

    def process(self, command: Command, codes: tuple[int, ...] = (0,)) -> tuple[float, int]:
        """Run one process; return seconds and KiB at its peak."""
        words = [str(word) for word in command]
        words[0] = shutil.which(words[0]) or words[0]
        with open(os.devnull, "wb") as null:  # noqa: PTH123 - os.devnull is no file to look at
            actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), 1), (os.POSIX_SPAWN_DUP2, null.fileno(), 2)]
            began = time.perf_counter()
            number = os.posix_spawn(words[0], words, self.environment, file_actions=actions)
            _, status, usage = os.wait4(number, 0)
            took = time.perf_counter() - began
        if os.waitstatus_to_exitcode(status) not in codes:
            sys.exit(f"exit code {os.waitstatus_to_exitcode(status)}: {' '.join(words)}")
        return took, usage.ru_maxrss

    def weight(self, command: Command) -> int:
        """Run a process that has helpers; return KiB of all at the peak, what they share counted once."""
        words = [str(word) for word in command]
        with subprocess.Popen(words, env=self.environment, stderr=subprocess.DEVNULL) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, _resident(process.pid))
                time.sleep(0.005)
        return peak

    def turn(self, commands: dict[tuple[Case, str], Command]) -> None:
        """Let every rival have its turn."""
        names = list(commands)
        self.order.shuffle(names)
        for case, rival in names:
            os.sync()
            case.note(rival, *self.process(commands[case, rival]))

    def all(self) -> list[Case]:
        """Measure everything."""
        cases = [self.first(), *self.nothing(), self.changes(), self.deletions(), self.diff()]
        say(f"{self.films} films: done")
        return cases

    def first(self) -> Case:
        """A first run, into fresh folders; those of the last round stay."""
        case = Case("first run")
        for number in range(self.rounds):
            say(f"{self.films} films: first run, round {number + 1} of {self.rounds}")
            last = number == self.rounds - 1
            targets = {
                name: self.target[name] if last else self.folder / f"first-{number}-{place}"
                for place, name in enumerate(RIVALS)
            }
            commands: dict[tuple[Case, str], Command] = {
                (case, OURS): [*self.ours, "sync", *LAYOUT, self.source, targets[OURS]],
                (case, FLOOR): [*self.floors, "link", self.pairs(targets[FLOOR])],
            }
            slow = self.slow(self.rounds - 1 - number)
            if slow or last:
                commands[case, PEER] = [*self.peer, "sync", *LAYOUT, self.source, targets[PEER]]
            if slow:
                commands[case, COPY] = ["cp", "-al", f"{self.source}/.", targets[COPY]]
            if self.rsync and slow:
                link = f"--link-dest={self.source}"
                commands[case, RSYNC] = [self.rsync, "-a", link, f"{self.source}/", f"{targets[RSYNC]}/"]
            for _, name in commands:
                targets[name].mkdir()
            self.turn(commands)
        if self.small:
            weighed = self.folder / "weighed"
            weighed.mkdir()
            case.note_memory(OURS, self.weight([*self.ours, "sync", *LAYOUT, self.source, weighed]))
        return case

    def nothing(self) -> list[Case]:
        """Runs that find nothing to do."""
        full, quick = Case("nothing to do, every file looked at"), Case("nothing to do, quick")
        time.sleep(3)  # folders touched a moment ago are not trusted to show their next change
        for _ in range(2):
            self.process([*self.ours, "sync", *LAYOUT, self.source, self.target[OURS]])
        for number in range(self.rounds):
            say(f"{self.films} films: nothing to do, round {number + 1} of {self.rounds}")
            commands: dict[tuple[Case, str], Command] = {
                (full, OURS): [*self.ours, "sync", "--verify", *LAYOUT, self.source, self.target[OURS]],
                (quick, OURS): [*self.ours, "sync", *LAYOUT, self.source, self.target[OURS]],
                (full, FLOOR): [*self.floors, "list", self.source, self.target[OURS]],
            }
            if self.slow(number):
                commands[full, PEER] = [*self.peer, "sync", *LAYOUT, self.source, self.target[PEER]]
            if self.rsync and self.slow(number):
                commands[full, RSYNC] = [self.rsync, "-an", "--delete", f"{self.source}/", f"{self.target[RSYNC]}/"]
            self.turn(commands)
        for rival in full.times.keys() - {OURS}:
            quick.times[rival], quick.memory[rival] = full.times[rival], full.memory[rival]
        return [full, quick]

    def changes(self) -> Case:
        """Runs after one film in a hundred got a subtitle."""
        case = Case("1 % of the films changed")
        for number in range(self.rounds):
            say(f"{self.films} films: changes, round {number + 1} of {self.rounds}")
            for folder in self.some():
                (folder / f"{folder.name}.sv.srt").touch()
            self.turn(self.again(case, number, "sync"))
        return case

    def deletions(self) -> Case:
        """Runs after one film in a hundred went."""
        case = Case("1 % of the films deleted")
        time.sleep(3)  # as above; a mirror of every night remembers the night before
        self.process([*self.ours, "sync", "--delete", *LAYOUT, self.source, self.target[OURS]])
        for number in range(self.rounds):
            say(f"{self.films} films: deletions, round {number + 1} of {self.rounds}")
            for folder in self.some():
                shutil.rmtree(folder)
            self.turn(self.again(case, number, "sync", "--delete"))
        return case

    def slow(self, number: int) -> bool:
        """Whether the slow rivals take part in a round."""
        return self.small and number < SLOW

    def again(self, case: Case, number: int, *words: str) -> dict[tuple[Case, str], Command]:
        """The commands of a run that finds little to do."""
        commands: dict[tuple[Case, str], Command] = {
            (case, OURS): [*self.ours, *words, *LAYOUT, self.source, self.target[OURS]]
        }
        if self.slow(number):
            commands[case, PEER] = [*self.peer, *words, *LAYOUT, self.source, self.target[PEER]]
        if self.rsync and self.slow(number):
            link = [f"--link-dest={self.source}", *("--delete" for word in words if word == "--delete")]
            commands[case, RSYNC] = [self.rsync, "-a", *link, f"{self.source}/", f"{self.target[RSYNC]}/"]
        return commands

    def diff(self) -> Case:
        """Comparisons: ours of all levels by inode, theirs of two levels by name."""
        case = Case("diff (ours deep, theirs two levels)")
        if self.small:  # it has sat out some rounds
            self.process([*self.peer, "sync", "--delete", *LAYOUT, self.source, self.target[PEER]])
        for number in range(self.rounds):
            say(f"{self.films} films: diff, round {number + 1} of {self.rounds}")
            commands: dict[tuple[Case, str], Command] = {
                (case, OURS): [*self.ours, "diff", *LAYOUT, self.source, self.target[OURS]],
                (case, FLOOR): [*self.floors, "list", self.source, self.target[OURS]],
            }
            if self.slow(number):
                commands[case, PEER] = [*self.peer, "diff", *LAYOUT, self.source, self.target[PEER]]
            self.turn(commands)
        return case

    def some(self) -> list[Path]:
        """One film in a hundred, others each time."""
        self.changed += 1
        return sorted(self.source.iterdir())[self.changed :: 100][: max(1, self.films // 100)]

    def pairs(self, target: Path) -> Path:
        """Write the list of folders and links that a mirror of the source needs."""
        out, root = self.folder / "pairs.txt", str(self.source)
        with out.open("w", encoding="utf-8") as file:
            for path, _, names in os.walk(root):
                below = f"{target}{path.removeprefix(root)}"
                if path != root:
                    file.write(f"\t{below}\n")
                file.writelines(f"{path}/{name}\t{below}/{name}\n" for name in names)
        return out


def _resident(process: int) -> int:
    """KiB that a process and its children have in memory now."""
    found = 0
    with suppress(OSError):  # it has just ended
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
        for number in (process, *children):
            for line in Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    found += int(line.split()[1])
    return found


def say(text: str) -> None:
    """Show where the measurement is."""
    print(text, file=sys.stderr, flush=True)


def table(bench: Bench, cases: list[Case]) -> str:
    """Put the medians of one size side by side."""
    lines = [
        f"{bench.films} films, {bench.files} files; {bench.rounds} rounds, medians, whole processes, warm cache",
        "",
        f"{'seconds':38}{''.join(f'{name:>8}' for name in HEADS)}{'peer/us':>9}{'us/floor':>9}{'MiB':>6}{'peer':>6}",
    ]
    for case in cases:
        ours, peer, floor = (case.median(name) for name in (OURS, PEER, FLOOR))
        assert ours is not None
        cells = [f"{time:8.2f}" if time is not None else f"{'':8}" for time in map(case.median, RIVALS)]
        cells.append(f"{peer / ours:8.1f}x" if peer else " " * 9)
        cells.append(f"{ours / floor:8.2f}x" if floor else " " * 9)
        cells += [f"{case.memory[name] / 1024:6.0f}" if name in case.memory else "" for name in (OURS, PEER)]
        lines.append(f"{case.name:38}{''.join(cells)}")
    return "\n".join(lines)


def growth(found: list[tuple[Bench, list[Case]]]) -> str:
    """Show what one more file costs between two sizes, us and the floor.

    The same everywhere, if time grows with the number of files; where the floor's does not, it is the disk's.
    """
    steps = list(pairwise(found))
    heads = "".join(f"{f'{one.films} to {two.films}':>20}{'floor':>8}" for (one, _), (two, _) in steps)
    lines = [f"{'Microseconds for one more file, ours':38}{heads}"]
    for place, case in enumerate(found[0][1]):
        cells = []
        for (small, before), (large, after) in steps:
            files = large.files - small.files
            for rival, width in ((OURS, 20), (FLOOR, 8)):
                one, two = before[place].median(rival), after[place].median(rival)
                cells.append(f"{1e6 * (two - one) / files:{width}.1f}" if one and two else "")
        lines.append(f"{case.name:38}{''.join(cells)}")
    return "\n".join(lines)


@contextmanager
def workplace(where: Path | None = None) -> Iterator[Path]:
    """Room for libraries. Taking them away may last minutes: leave it when all is told."""
    folder = Path(tempfile.mkdtemp(prefix="mirror-bench-", dir=where))
    try:
        yield folder
    finally:
        say("taking the libraries away")
        trees = [tree for room in folder.iterdir() for tree in room.iterdir() if tree.is_dir()]
        halves = [subprocess.Popen(["rm", "-rf", *trees[half::2]]) for half in range(2) if trees[half::2]]
        for half in halves:
            half.wait()
        shutil.rmtree(folder)


def measure(sizes: Sequence[tuple[int, int]], folder: Path) -> str:
    """Measure libraries of some sizes, each with its number of rounds."""
    found = []
    for films, rounds in sizes:
        room = folder / str(films)
        room.mkdir()
        bench = Bench(room, films, rounds)
        found.append((bench, bench.all()))
    parts = [table(bench, cases) for bench, cases in found]
    if len(found) > 1:
        parts.append(growth(found))
    if not found[0][0].rsync:
        parts.append("rsync is not installed: its column is empty.")
    return "\n\n".join(parts)


def main() -> None:
    """Measure, print, and with --keep write the table beside this file."""
    parser = argparse.ArgumentParser(prog="scripts/bench mirror", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--films", type=int, nargs="+", default=[10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/mirror.txt")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    with workplace(given.folder) as room:
        text = f"{machine()}\n\n{measure([(films, given.rounds) for films in given.films], room)}"
        print(text, flush=True)
        if given.keep:
            keep("mirror", text)


if __name__ == "__main__":
    main()
