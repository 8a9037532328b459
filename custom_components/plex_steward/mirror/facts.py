"""Ask the disks what the guard needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
import errno
import os
import stat
from typing import Any

from .errors import ScanError
from .guard import Facts, Identity
from .materialize import maker
from .model import Materializer, Plan, Title, Verb
from .mounts import Mount, mount_of, mounts
from .state import State


def identify(path: str, table: tuple[Mount, ...]) -> Identity | None:
    """Tell which folder lies at `path` now; None for none. Raises ScanError when it is no folder or hidden."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScanError("unreadable", path, error.errno or 0) from error
    if not stat.S_ISDIR(status.st_mode):
        raise ScanError("not_a_directory", path)
    mount = mount_of(path, table)
    fsid = 0
    with suppress(OSError):
        fsid = os.statvfs(path).f_fsid
    return Identity(status.st_dev, status.st_ino, fsid, f"{mount.fstype} {mount.source}" if mount else "")


def relation(source: str, target: str) -> str:
    """Say whether one folder is or lies in the other, by identity: names and links may hide it.

    Raises ScanError `unreadable` when it cannot be told.
    """
    one, two = _ancestors(source), _ancestors(target)
    if one[0] is not None and one[0] == two[0]:
        return "same_folder"
    if one[0] is not None and one[0] in two[1:]:
        return "target_in_source"
    if two[0] is not None and two[0] in one[1:]:
        return "source_in_target"
    return ""


def _ancestors(path: str) -> list[tuple[int, int] | None]:
    """(device, inode) of a folder and of each above it; None for what does not exist yet.

    From the first that exists the way up is the kernel's own, `..`: no link is taken for a folder because it could
    not be read.
    """
    found: list[tuple[int, int] | None] = []
    here = path
    try:
        while True:
            try:
                status = os.stat(here or ".")
            except FileNotFoundError:
                found.append(None)
                here = os.path.dirname(here.rstrip("/"))
                continue
            number = status.st_dev, status.st_ino
            if found and found[-1] == number:
                return found
            found.append(number)
            here = os.path.join(here, "..")
    except OSError as error:
        raise ScanError("unreadable", path, error.errno or 0) from error


def gather(source: str, target: str, *, anchor: str | None, create: bool, state: State) -> Facts:
    """Collect what can be known before anything is read. Raises ScanError."""
    table = mounts()
    here, there = identify(source, table), identify(target, table)
    memory = state.recall()
    return Facts(
        here,
        there,
        relation(source, target),
        anchor is None or os.path.lexists(os.path.join(source, anchor)),
        _remembered(memory, "source"),
        _remembered(memory, "target"),
        create=create,
    )


def remember(state: State, source: str, target: str, facts: Facts, **more: Any) -> None:
    """Keep the identity of both roots for the next run.

    Raises OSError when one is no longer what `facts` says: its disk has gone since.
    """
    table = mounts()
    one, two = identify(source, table), identify(target, table)
    for path, before, now in ((source, facts.source, one), (target, facts.target, two)):
        if before is not None and (now is None or not now.same(before)):
            raise OSError(errno.EAGAIN, "another folder than when the run began", path)
    state.remember({"source": one, "target": two, **more})


def _remembered(memory: dict[str, Any], side: str) -> Identity | None:
    value = memory.get(side)
    try:
        return Identity(int(value[0]), int(value[1]), int(value[2]), str(value[3])) if value else None
    except (TypeError, ValueError, IndexError):
        return None


PROBE = ".plex-steward-probe"
"""Name of a file that is made to see whether it can be."""

TIMES = "times"
"""Name of a file in our own folder that is made to see how fine its times are."""

_SYSTEMIC = frozenset(
    {
        errno.EXDEV,
        errno.EPERM,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.EINVAL,
        errno.ENOTTY,
        -1,
    }
)
"""Answers that speak of the pair of file systems, not of one file."""


def probe(plan: Plan, state: State) -> int:
    """Bring a few files of the plan into our own folder and take them away again.

    Returns 0, or the errno if none can be brought. Only hard links and clones are
    tried: bytes can be copied between any two file systems. A mirror that has a
    right link already needs no try.
    """
    materializer = plan.options.materializer
    if materializer not in {Materializer.HARDLINK, Materializer.REFLINK}:
        return 0
    if materializer is Materializer.HARDLINK and any(title.kept for title in plan.titles):
        return 0
    paths = _a_few([title for title in plan.titles if title.steps])
    if not paths:
        return 0
    os.makedirs(state.own, exist_ok=True)
    number = 0
    for path in paths:
        number = try_file(plan.source_root, path, state.own, materializer)
        if number not in _SYSTEMIC:
            return 0
    return number


def _a_few(titles: Sequence[Title]) -> list[str]:
    """Choose sources to try: of the first title that brings a file, of the last, and of one between."""
    middle = len(titles) // 2
    found = []
    for some in (titles, reversed(titles), titles[middle:]):
        steps = (step for title in some for step in title.steps)
        path = next((step.source for step in steps if step.verb in {Verb.LINK, Verb.REPLACE} and step.source), None)
        if path is not None:
            found.append(path)
    return list(dict.fromkeys(found))


def try_file(source: str, path: str, place: str, materializer: Materializer) -> int:
    """Bring one file over and take it away again; 0, an errno, or -1 for a copy in the guise of a link."""
    name = PROBE
    reading = writing = -1
    try:
        reading = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        writing = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=writing)  # of a run that was killed
        if materializer in {Materializer.COPY, Materializer.FORCE_COPY}:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=writing))
            return 0  # what can be made can be filled
        maker(materializer, reading)(path, writing, name, None)
        if materializer is Materializer.HARDLINK:
            made = os.stat(name, dir_fd=writing, follow_symlinks=False)
            return 0 if made.st_ino == os.stat(path, dir_fd=reading, follow_symlinks=False).st_ino else -1
    except FileNotFoundError:
        return 0  # it has gone meanwhile: that says nothing about links
    except OSError as error:
        return error.errno or errno.EIO
    finally:
        if writing >= 0:
            with suppress(OSError):
                os.unlink(name, dir_fd=writing)
            os.close(writing)
        if reading >= 0:
            os.close(reading)
    return 0


def time_tolerance(state: State, before: int) -> int:
    """How far two times in ns may differ and still be equal, tried on the target's file system.

    `before` is what it was, for when it cannot be tried.
    FAT keeps even seconds, SMB and NTFS tenths of a microsecond; a copy there never has quite its source's time.
    """
    path = os.path.join(state.own, TIMES)
    odd = 1_234_567_891_123_456_789
    try:
        os.makedirs(state.own, exist_ok=True)
        with open(path, "wb"):
            os.utime(path, ns=(odd, odd))
            kept = os.stat(path).st_mtime_ns
    except OSError:
        return before
    finally:
        with suppress(OSError):
            os.unlink(path)
    return 0 if kept == odd else 1_000 if abs(kept - odd) < 1_000 else 2_000_000_000


def foreseen(source: str, target: str, materializer: Materializer) -> int:
    """Tell without touching anything whether links between two folders must fail; 0 or EXDEV."""
    if materializer is not Materializer.HARDLINK:
        return 0
    below = target
    while not os.path.exists(below) and below != os.path.dirname(below):
        below = os.path.dirname(below)
    with suppress(OSError):
        if os.stat(source).st_dev != os.stat(below).st_dev:
            return errno.EXDEV
    table = mounts()
    one, two = mount_of(source, table), mount_of(below, table)
    return errno.EXDEV if one and two and one.number != two.number else 0
