"""Which faults fit which call, and a choice of them that a seed repeats."""

from __future__ import annotations

from collections.abc import Iterator
import errno
import random

from .calls import MOVING, Call, Fault
from .one import Reference

_READ = (errno.EIO, errno.EACCES, errno.ESTALE, errno.ENOTCONN, errno.EINTR, errno.ENOMEM)
_NAME = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO, errno.ENAMETOOLONG, errno.ESTALE)
_DATA = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR)
_AWAY = (errno.EACCES, errno.EPERM, errno.EIO, errno.EROFS, errno.EBUSY, errno.ESTALE)
_END = (errno.EIO, errno.ENOSPC, errno.EDQUOT)
_META = (errno.EPERM, errno.EIO, errno.EROFS, errno.ENOSPC)

ONCE: dict[str, tuple[int, ...]] = {
    "mkdir": (*_NAME, errno.EMLINK),
    "link": (*_NAME, errno.EMLINK, errno.EPERM, errno.EXDEV),
    "rename": (*_AWAY, errno.ENOSPC, errno.EXDEV, errno.ENAMETOOLONG),
    "replace": (*_AWAY, errno.ENOSPC),
    "unlink": _AWAY,
    "rmdir": _AWAY,
    "create": (*_NAME, errno.EMFILE),
    "open": (*_READ, errno.EMFILE),
    "scandir": (*_READ, errno.EMFILE),
    "write": _DATA,
    "pwrite": _DATA,
    "copy_file_range": _DATA,
    "sendfile": _DATA,
    "fsync": _END,
    "close": _END,
    "ftruncate": _META,
    "fchmod": _META,
    "utime": _META,
    "flock": (errno.ENOLCK, errno.EINTR, errno.EIO),
    "ioctl": (errno.ENOSPC, errno.EIO),
}
"""What the system may answer; all others read."""

LASTING = (errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOTCONN)
"""Answers of a disk, share or folder that has gone: all on that side fails from then on."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
LINKS = (errno.EMLINK, errno.EPERM, errno.EXDEV)
LATE = frozenset({"link", "mkdir", "rename", "replace", "unlink", "rmdir", "create", "fsync"})
"""What a network file system may have done although it answers that it has not."""


def stops(call: Call) -> Iterator[Fault]:
    """The run ends at this call."""
    yield Fault("stop", call.number)
    yield Fault("kill", call.number)
    if call.writes:
        yield Fault("stop", call.number, after=True)
        yield Fault("kill", call.number, after=True)
    if call.name in MOVING and call.writes:
        yield Fault("torn", call.number)


def errors(call: Call) -> Iterator[Fault]:
    """The call fails, this once or from now on."""
    for code in ONCE.get(call.name, _READ):
        yield Fault("error", call.number, code)
    if call.name in LATE:
        yield Fault("error", call.number, errno.EIO, after=True)
    if call.name in MOVING and call.writes:
        yield Fault("short", call.number, errno.ENOSPC)
    if call.name != "close":
        for code in LASTING:
            yield Fault("lasting", call.number, code)
    if call.writes and call.name not in {"close", "fsync"}:
        for code in FULL:
            yield Fault("lasting", call.number, code)
    if call.name == "link":
        for code in LINKS:
            yield Fault("lasting", call.number, code)


def choose(known: list[Reference], count: int, seed: int) -> list[tuple[Reference, Fault]]:
    """First a SIGKILL at every call of every story, as far as they go; the rest at random, writing calls more often."""
    chance = random.Random(seed)
    every = [(one, Fault("kill", call.number)) for one in known for call in one.calls]
    chosen = every if len(every) <= count * 2 // 3 else chance.sample(every, count // 3)
    seen = {chosen_key(pair) for pair in chosen}
    calls = [[call for call in one.calls if call.writes] for one in known]
    possible = 20 * sum(len(one.calls) for one in known)
    for _ in range(20 * possible):
        if len(chosen) >= count:
            break
        which = chance.randrange(len(known))
        writes = calls[which] and chance.random() < 0.7
        call = chance.choice(calls[which] if writes else known[which].calls)
        pair = known[which], chance.choice([*(stops if chance.random() < 0.4 else errors)(call)])
        if chosen_key(pair) not in seen:
            seen.add(chosen_key(pair))
            chosen.append(pair)
    chance.shuffle(chosen)
    return chosen


def chosen_key(pair: tuple[Reference, Fault]) -> tuple[str, Fault]:
    """Tell one choice from another."""
    return pair[0].story.name, pair[1]
