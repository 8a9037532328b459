"""Bring one file into the target: as a hard link, a copy or a clone of its blocks.

Every way makes a new name and never touches an old one. What is not finished in
one system call is written under a temporary name beside its place.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import errno
import os
import stat

from .errors import Cancelled
from .model import Cancel, Materializer

CHUNK = 32 * 1024 * 1024
"""Bytes copied between two looks at `cancel`."""

FICLONE = 0x40049409
"""ioctl(2) that shares blocks, from linux/fs.h; btrfs, xfs, bcachefs, zfs and overlay know it."""

Make = Callable[[str, int, str, Cancel | None], None]
"""(path below the source root, descriptor of the target folder, new name there, cancel)"""

_NO_FAST_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EIO})


def maker(materializer: Materializer, source: int) -> Make:
    """Give the way to make files for a source root that is open as descriptor `source`."""
    if materializer is Materializer.HARDLINK:
        return lambda path, folder, name, _cancel: os.link(
            path, name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False
        )
    clone = materializer is Materializer.REFLINK

    def make(path: str, folder: int, name: str, cancel: Cancel | None) -> None:
        _write(source, path, folder, name, cancel, clone=clone)

    return make


def _write(source: int, path: str, folder: int, name: str, cancel: Cancel | None, *, clone: bool) -> None:
    """Copy to a new name, with times and mode, down to the disk. Leaves nothing behind on failure."""
    _check_regular(os.stat(path, dir_fd=source, follow_symlinks=False))  # to open a pipe would wait for a writer
    reading = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        before = os.fstat(reading)
        _check(before, folder, clone=clone)
        writing = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            try:
                if clone:
                    _clone(reading, writing)
                else:
                    _copy(reading, writing, cancel)
                _check_unchanged(before, os.fstat(reading))
                with suppress(OSError):  # a file system without modes or times has the data all the same
                    os.fchmod(writing, stat.S_IMODE(before.st_mode))
                with suppress(OSError):
                    os.utime(writing, ns=(before.st_atime_ns, before.st_mtime_ns))
                os.fsync(writing)
            finally:
                os.close(writing)  # a network file system may say only now that the data did not arrive
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise
    finally:
        os.close(reading)


def _check(status: os.stat_result, folder: int, *, clone: bool) -> None:
    """Fail before a byte is written rather than with a full disk."""
    _check_regular(status)
    free = os.fstatvfs(folder)
    if not clone and status.st_size > free.f_bavail * free.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "no regular file")


def _check_unchanged(before: os.stat_result, after: os.stat_result) -> None:
    """Refuse a copy of something that was written meanwhile: it is neither the old file nor the new one."""
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise OSError(errno.EAGAIN, "changed while it was read")


def _clone(reading: int, writing: int) -> None:
    import fcntl  # noqa: PLC0415 - only clones need it

    fcntl.ioctl(writing, FICLONE, reading)


def _copy(reading: int, writing: int, cancel: Cancel | None) -> None:
    """Let the kernel move the bytes, by whichever way this pair of file systems has."""
    ways = [_range, _send, _plain]
    if not hasattr(os, "copy_file_range"):
        ways = [_plain]
    while True:
        if cancel is not None and cancel():
            raise Cancelled
        try:
            if not ways[0](reading, writing):
                return
        except OSError as error:
            if error.errno not in _NO_FAST_COPY or len(ways) == 1:
                raise
            os.lseek(reading, os.lseek(writing, 0, os.SEEK_CUR), os.SEEK_SET)
            ways.pop(0)


def _range(reading: int, writing: int) -> int:
    return os.copy_file_range(reading, writing, CHUNK)


def _send(reading: int, writing: int) -> int:
    return os.sendfile(writing, reading, None, CHUNK)


def _plain(reading: int, writing: int) -> int:
    data = os.read(reading, 1024 * 1024)
    view = memoryview(data)
    while view:
        view = view[os.write(writing, view) :]
    return len(data)
