"""One run at a time per target. The kernel drops the lock with the process, so a crash leaves none behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import errno
import os
import time

from .guard import Refusal

_UNSUPPORTED = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})

PATIENCE = 5.0
"""Seconds for what helped a killed run to see that it is alone."""


@contextmanager
def lock(path: str) -> Iterator[bool]:
    """Hold the lock file while the block runs.

    Yields false where the file system knows no locks: the run goes on and says so.
    The file stays; removing it would let two runs hold two files of one name.
    A run that was killed may hold it for a moment longer, through a process that helped it: that is waited for.
    Raises Refusal `busy` when another run holds it, OSError when it cannot be made.
    """
    import fcntl  # noqa: PLC0415 - looking needs no lock, and there is none on Windows

    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        held = False
        patience = time.monotonic() + PATIENCE
        while not held:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                holder = _holder(descriptor)
                if time.monotonic() > patience or not _gone(holder):
                    raise Refusal("busy", {"process": holder}) from None
                time.sleep(0.01)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
                break
        with suppress(OSError):  # who holds it is for people to know; the lock does not need it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield held
    finally:
        with suppress(OSError):  # it is closed all the same, and what was done is done
            os.close(descriptor)


def _gone(process: int) -> bool:
    """Whether a process that wrote its number has ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's; or no number of a process
        pass
    return False


def _holder(descriptor: int) -> int:
    """Process number the holder wrote; 0 when it cannot be read."""
    with suppress(OSError):
        text = os.pread(descriptor, 20, 0).strip()
        return int(text) if text.isdigit() else 0
    return 0
