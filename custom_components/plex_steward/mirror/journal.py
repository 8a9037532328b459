"""What a run was about to do, line by line, written before it is done. `undo` reads it backwards.

One JSON value per line: a header, then the steps of some titles, per copy what
came of it, per removal one line, and an end. A journal without an end is a run
that was killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
import json
import os
import time
from typing import Any

from .lines import Columns
from .model import Action

SUFFIX = ".jsonl"
UNDONE = ".undone"
TITLES = 64
"""So many are announced at once: a write for each would cost a first run a tenth of its time."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


def new_id() -> str:
    """Name a run by its start; later runs sort behind earlier ones."""
    now = time.time_ns()
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9)) + f".{now % 10**9:09d}"


def born(run: str) -> float:
    """Start of a run as Unix time, from its id; 0 for a name that is none."""
    import calendar  # noqa: PLC0415 - only for what a run left in the trash

    try:
        return float(calendar.timegm(time.strptime(run.partition(".")[0], "%Y%m%dT%H%M%S")))
    except ValueError:
        return 0.0


class Journal:
    """The journal of a run under way. What is announced together is one write."""

    def __init__(self, folder: str, run: str, header: dict[str, Any]) -> None:
        """Remember where to write; touch nothing."""
        self.run = run
        self.path = os.path.join(folder, run + SUFFIX)
        self._header = header
        self._descriptor: int | None = None

    @property
    def written(self) -> bool:
        """Whether there is a file."""
        return self._descriptor is not None

    def steps(self, titles: Sequence[Columns]) -> None:
        """Announce the changes of at most `TITLES` titles, in one line: a first run has tens of thousands."""
        verbs, targets, _, inodes, origins = ([*chain.from_iterable(column)] for column in zip(*titles, strict=True))
        self._write([verbs, targets, inodes, origins if any(origins) else ()])

    def made(self, target: str, status: os.stat_result) -> None:
        """Say which file a copy became; a link needs no such line, its inode was announced."""
        self._write({"made": target, "inode": status.st_ino})

    def removal(self, action: Action) -> None:
        """Announce one removal."""
        self._write({"remove": action.target, "inode": action.inode})

    def close(self, outcome: str) -> None:
        """Write the end.

        Not synced: that would wait for every link of the run to reach the disk. Links
        and lines get there together; a power cut can take the last seconds of both.
        """
        if self._descriptor is None:
            return
        try:
            self._write({"end": outcome, "at": time.time()})
        finally:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def open(self) -> None:
        """Make the file. Raises OSError and leaves none."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o600)
        try:
            self._write(self._header)
        except OSError:
            os.close(self._descriptor)
            self._descriptor = None
            with suppress(OSError):
                os.unlink(self.path)
            raise

    def _write(self, value: object) -> None:
        """Write a whole line in one call, which lets several processes write. Raises OSError.

        What a full disk cut short is a line that counts for nothing: the next write begins a new one, whoever's it is.
        """
        assert self._descriptor is not None
        data = f"\n{_encode(value)}\n".encode()
        while os.write(self._descriptor, data) < len(data):
            pass  # cut short: said again from the start, and what is there twice is taken back once


@dataclass(slots=True)
class Record:
    """A journal read back."""

    run: str
    path: str
    header: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[str, str, int, str | None]] = field(default_factory=list)
    """(verb, target, inode, origin), in order."""
    made: dict[str, int] = field(default_factory=dict)
    removals: list[tuple[str, int]] = field(default_factory=list)
    ended: str | None = None


def read(path: str) -> Record:
    """Read a journal; a last line cut short by a crash is left out. Raises OSError."""
    record = Record(os.path.basename(path).partition(SUFFIX)[0], path)
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, list):
                verbs, targets, inodes, origins = value
                record.steps += zip(verbs, targets, inodes, origins or [None] * len(verbs), strict=True)
            elif "version" in value:
                record.header = value
            elif "made" in value:
                record.made[value["made"]] = value["inode"]
            elif "remove" in value:
                record.removals.append((value["remove"], value["inode"]))
            elif "end" in value:
                record.ended = value["end"]
    return record


def runs(folder: str) -> list[str]:
    """Paths of the journals that can be undone, oldest first. Raises OSError."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIX)]


def mark_undone(record: Record) -> None:
    """Keep a journal for reading, but out of the way of the next undo."""
    os.replace(record.path, record.path + UNDONE)
