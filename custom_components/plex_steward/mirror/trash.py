"""Where removed entries wait: a folder per run, on the same file system, with the paths they had.

When their days are over only names go. A file that has no other link stays,
unless the owner asked otherwise: no film is ever gone because a link was.
"""

from __future__ import annotations

from contextlib import suppress
import os
import stat
import time
from typing import NamedTuple

from .journal import born
from .model import Cancel


class Swept(NamedTuple):
    """What emptying the trash came to."""

    removed: int = 0
    """Names that went."""
    kept: int = 0
    """Files past their days that stay: they have no other link."""


class Bin:
    """The trash folder of one run. Made when the first entry comes."""

    def __init__(self, trash: str, run: str) -> None:
        """Remember where; touch nothing."""
        self.path = os.path.join(trash, run)
        self._made: set[str] = set()

    def place(self, target: str) -> str:
        """Give the absolute path for an entry, with its folders made. Raises OSError."""
        place = os.path.join(self.path, target)
        folder = os.path.dirname(place)
        if folder not in self._made:
            try:
                os.makedirs(folder, exist_ok=True)
            except FileExistsError:  # so it says too when it could not look at what is there
                if not stat.S_ISDIR(os.stat(folder).st_mode):
                    raise
            self._made.add(folder)
        return place


def sweep(trash: str, days: float, *, purge_last: bool = False, cancel: Cancel | None = None) -> Swept:
    """Empty what is older than `days`."""
    limit = time.time() - days * 86400
    removed = kept = 0
    try:
        names = sorted(os.listdir(trash))
    except OSError:
        return Swept()
    for name in names:
        if cancel is not None and cancel():
            break
        if born(name) and born(name) <= limit:
            gone, left = _sweep(os.path.join(trash, name), purge_last=purge_last)
            removed += gone
            kept += left
    return Swept(removed, kept)


def _sweep(folder: str, *, purge_last: bool) -> tuple[int, int]:
    if purge_last:
        import shutil  # noqa: PLC0415 - seldom

        count = sum(len(files) for _, _, files in os.walk(folder))
        shutil.rmtree(folder, ignore_errors=True)
        return count, 0
    removed = kept = 0
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files:
            full = os.path.join(path, name)
            with suppress(OSError):
                status = os.lstat(full)
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                    kept += 1
                else:
                    os.unlink(full)
                    removed += 1
        for name in folders:
            full = os.path.join(path, name)
            with suppress(OSError):
                if os.path.islink(full):
                    os.unlink(full)
                else:
                    os.rmdir(full)
    with suppress(OSError):
        os.rmdir(folder)
    return removed, kept
