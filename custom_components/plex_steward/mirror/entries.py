"""Single entries of a folder that is open: look, make, rename, and say what the system answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
import errno
import os
import stat

from .model import Action, Problem

ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FOLDER = ROOT | os.O_NOFOLLOW

NO_LINK = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""Answers of a file system that gives a file no second name."""

_BEFORE, _BEHIND = ".plex-steward-", ".tmp"

_CODES = {
    errno.EEXIST: "exists",
    errno.ENOENT: "gone",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "quota",
    errno.EROFS: "read_only",
    errno.EACCES: "not_allowed",
    errno.EPERM: "not_allowed",
    errno.ENAMETOOLONG: "name_too_long",
    errno.EXDEV: "cross_device",
    errno.EMLINK: "too_many_links",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "folder_in_the_way",
    errno.ELOOP: "symbolic_link",
    errno.EAGAIN: "changed",
    errno.EIO: "io_error",
    errno.ESTALE: "io_error",
    errno.EOPNOTSUPP: "not_supported",
    errno.EINVAL: "not_supported",
}


class Changed(OSError):
    """The disk is no longer as it was scanned."""

    def __init__(self) -> None:
        """Look like the system's own answer."""
        super().__init__(errno.EAGAIN, "changed since the scan")


def temporary(run: str) -> str:
    """Name under which a run makes a file before it takes its place."""
    return f"{_BEFORE}{run}{_BEHIND}"


def is_temporary(name: str) -> bool:
    """Whether a name is one of those."""
    return name.startswith(_BEFORE) and name.endswith(_BEHIND)


def problem(path: str, error: OSError) -> Problem:
    """Put a system's answer into one line of the report."""
    number = error.errno or 0
    return Problem(path, _CODES.get(number, "failed"), number, "target")


def mkdir(_step: Action, folder: int, name: str) -> None:
    """Make a folder, content with one that is there; a link to one is none."""
    try:
        os.mkdir(name, dir_fd=folder)
    except FileExistsError:
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise


def look(name: str, folder: int) -> os.stat_result | None:
    """What has a name, without following it; None for nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def move(old: str, above: int, name: str, folder: int, inode: int) -> None:
    """Rename one file, never over another. Raises OSError."""
    status = os.stat(old, dir_fd=above, follow_symlinks=False)
    if status.st_ino != inode:
        raise Changed
    there = look(name, folder)
    if there is not None and (there.st_ino, there.st_dev) != (status.st_ino, status.st_dev):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    os.rename(old, name, src_dir_fd=above, dst_dir_fd=folder)
    if there is not None and old in os.listdir(above) and name in os.listdir(folder):
        os.unlink(old, dir_fd=above)  # both names were links of one file: rename(2) then does nothing


def keep(name: str, folder: int, place: str) -> bool:
    """Give what is about to be replaced a second name at `place`, so that its own never goes missing.

    True where there are no second names: for a moment it then has only the one at `place`. Raises OSError.
    """
    try:
        os.link(name, place, src_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        os.rename(name, place, src_dir_fd=folder)
        return True
    return False


def enter(stack: ExitStack, path: str, scanned: tuple[int, int]) -> int:
    """Open a root, if it is still the folder that was scanned: a disk that went away leaves an empty one behind."""
    descriptor = os.open(path, ROOT)
    stack.callback(os.close, descriptor)
    status = os.fstat(descriptor)
    if scanned[1] and scanned != (status.st_dev, status.st_ino):
        raise OSError(errno.EAGAIN, "another folder than the one that was scanned", path)
    return descriptor


@contextmanager
def opened(root: int, path: str) -> Iterator[tuple[int, str]]:
    """Open the folder that `path` lies in, part by part below `root`, never through a symbolic link.

    Gives its descriptor and the last part of the path. Raises OSError.
    """
    *parts, name = path.split("/")
    descriptors: list[int] = []
    try:
        for part in parts:
            descriptors.append(os.open(part, FOLDER, dir_fd=descriptors[-1] if descriptors else root))
        yield descriptors[-1] if descriptors else root, name
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def clear(root: str, leftovers: Iterable[str]) -> None:
    """Take away temporary files that a killed run left. The caller holds the lock. What cannot go now goes later."""
    if not leftovers:
        return
    with suppress(OSError):
        descriptor = os.open(root, ROOT)
        try:
            for path in leftovers:
                with suppress(OSError), opened(descriptor, path) as (folder, name):
                    os.unlink(name, dir_fd=folder)
        finally:
            os.close(descriptor)
