"""Read a tree: one listing per directory, no `stat` per file."""

from __future__ import annotations

from collections.abc import Collection
import os
import stat

from .errors import Cancelled, ScanError
from .garbage import no_gc
from .model import Cancel, Folder, Layout, Link, Problem, Tree
from .names.tokens import SYSTEM, junk_folder

MARKER = ".jellyplex-sync-ignore"
"""The peer's ignore marker: a folder that holds it is left alone on both sides."""


def scan(
    root: str,
    layout: Layout = Layout.AUTO,
    *,
    details: bool = False,
    stamps: bool = False,
    only: Collection[str] | None = None,
    cancel: Cancel | None = None,
    missing_ok: bool = False,
) -> Tree:
    """List the tree below `root`.

    `details` adds size and mtime of every file, `stamps` the mtime of every
    directory. `only` limits it to these top-level folders. `missing_ok` is for a
    target that is yet to be made. Raises ScanError for the root, Cancelled.
    """
    root = os.path.abspath(root)
    try:
        status = os.stat(root)
    except FileNotFoundError as error:
        if missing_ok:
            return Tree(root, layout, 0, Folder("", 0, {}, {}, {}), (), exists=False)
        raise ScanError("missing", root, error.errno or 0) from error
    except OSError as error:
        raise ScanError("unreadable", root, error.errno or 0) from error
    if not stat.S_ISDIR(status.st_mode):
        raise ScanError("not_a_directory", root)
    scanner = _Scanner(root, details=details, stamps=stamps, only=only, cancel=cancel)
    with no_gc():
        folder = scanner.list("", root, status.st_ino, "")
    if folder.unknown is not None:
        raise ScanError("unreadable", root, scanner.errno)
    return Tree(root, layout, status.st_dev, folder, tuple(sorted(scanner.problems)))


class _Scanner:
    """One walk. Holds what every directory needs."""

    def __init__(
        self, root: str, *, details: bool, stamps: bool, only: Collection[str] | None, cancel: Cancel | None
    ) -> None:
        self.real = os.path.realpath(root)
        self.details = details
        self.stamps = stamps
        self.only = None if only is None else frozenset(only)
        self.cancel = cancel
        self.problems: list[Problem] = []
        self.errno = 0
        self.trusted: bool | None = None
        """Whether listed inode numbers are those of `stat`; None before the first file."""

    def list(self, name: str, path: str, inode: int, relative: str) -> Folder:
        """List one directory and all below it."""
        if self.cancel is not None and self.cancel():
            raise Cancelled
        files: dict[str, int] = {}
        inner: list[tuple[str, str, int]] = []
        links: dict[str, Link] = {}
        others: list[str] = []
        found: dict[str, tuple[int, int]] | None = {} if self.details else None
        mtime = 0
        unknown = None
        only = self.only if not relative else None
        ignored = False
        try:
            if self.stamps:  # before the listing: what changes meanwhile looks newer next time
                mtime = os.stat(path).st_mtime_ns
            with os.scandir(path) as entries:
                for entry in entries:
                    child = entry.name
                    if child[0] == "." and not child.startswith("..."):
                        ignored = ignored or child == MARKER
                    elif entry.is_file(follow_symlinks=False):
                        number = entry.inode()
                        if self.trusted is not True:
                            number = self.check(entry, number)
                        files[child] = number
                        if found is not None:
                            status = entry.stat(follow_symlinks=False)
                            found[child] = status.st_size, status.st_mtime_ns
                    elif entry.is_dir(follow_symlinks=False):
                        if only is None or child in only:
                            inner.append((child, entry.path, entry.inode()))
                    elif entry.is_symlink():
                        links[child] = self.link(entry, relative)
                    else:
                        others.append(child)
        except OSError as error:
            self.errno = error.errno or 0
            unknown = os.strerror(self.errno) if self.errno else "unknown"
            self.problems.append(Problem(relative, "unreadable", self.errno))
        folders: dict[str, Folder] = {}
        if ignored:
            return Folder(name, inode, {}, {}, {}, (), None, mtime, None, ignored=True)
        for child, child_path, number in inner:
            below = f"{relative}/{child}" if relative else child
            if junk_folder(child) == SYSTEM:
                folders[child] = Folder(child, number, {}, {}, {}, unknown=SYSTEM)
            else:
                folders[child] = self.list(child, child_path, number, below)
        return Folder(name, inode, files, folders, links, tuple(sorted(others)), found, mtime, unknown)

    def check(self, entry: os.DirEntry[str], listed: int) -> int:
        """Compare a listed inode number with the real one; distrust the listing if they differ."""
        real = os.stat(entry.path, follow_symlinks=False).st_ino
        if self.trusted is None:
            self.trusted = real == listed
        return real

    def link(self, entry: os.DirEntry[str], relative: str) -> Link:
        """Read a symbolic link; follow it only to a file inside the same tree."""
        text = ""
        try:
            text = os.readlink(entry.path)
            real = os.path.realpath(entry.path)
            status = os.stat(real)
        except OSError:
            return Link(text)
        inside = real.startswith(self.real.rstrip("/") + "/")
        if not inside or not stat.S_ISREG(status.st_mode):
            return Link(text)
        resolved = real[len(self.real.rstrip("/")) + 1 :]
        return Link(text, resolved, status.st_ino, (status.st_size, status.st_mtime_ns) if self.details else None)
