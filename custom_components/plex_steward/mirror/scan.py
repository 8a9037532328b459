"""Read a tree: one listing per directory, no `stat` per file."""

from __future__ import annotations

from collections.abc import Collection
import os
import stat
from typing import Any

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
        folder = scanner.read("", root, status.st_ino, "")
    if folder.unknown is not None:
        raise ScanError("unreadable", root, scanner.errno)
    return Tree(root, layout, status.st_dev, folder, tuple(sorted(scanner.problems)), files=scanner.count)


_NOTHING: dict[str, Any] = {}
"""One empty dictionary for all: most directories hold no directories and no links."""


def _details(path: str) -> tuple[int, int]:
    status = os.stat(path, follow_symlinks=False)
    return status.st_size, status.st_mtime_ns


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
        self.count = 0
        self.trusted: bool | None = None
        """Whether listed inode numbers are those of `stat`; None before the first file."""

    def read(self, name: str, path: str, inode: int, relative: str) -> Folder:
        """List one directory and all below it. Hot: a large library has tens of thousands."""
        if self.cancel is not None and self.cancel():
            raise Cancelled
        files: dict[str, int] = {}
        inner: list[os.DirEntry[str]] = []
        rare: list[os.DirEntry[str]] = []
        marked = False
        entries = None
        try:
            # The time is read before the listing: what changes meanwhile looks newer next time.
            mtime = os.stat(path).st_mtime_ns if self.stamps else 0
            entries = os.scandir(path)
            for entry in entries:
                child = entry.name
                if child[0] == "." and not child.startswith("..."):
                    marked = marked or child == MARKER
                elif entry.is_file(follow_symlinks=False):
                    files[child] = entry.inode()
                elif entry.is_dir(follow_symlinks=False):
                    inner.append(entry)
                else:
                    rare.append(entry)
            if marked:
                return Folder(name, inode, _NOTHING, _NOTHING, _NOTHING, (), None, mtime, None, ignored=True)
            if files and self.trusted is not True:
                self.distrust(path, files)
            details = {child: _details(f"{path}/{child}") for child in files} if self.details else None
        except OSError as error:
            if entries is not None:
                entries.close()
            self.errno = error.errno or 0
            self.problems.append(Problem(relative, "unreadable", self.errno))
            return Folder(name, inode, files, _NOTHING, _NOTHING, unknown=os.strerror(self.errno))
        self.count += len(files)
        links, others = self.rare(rare, relative) if rare else (_NOTHING, ())
        folders = self.inner(inner, relative) if inner else _NOTHING
        return Folder(name, inode, files, folders, links, others, details, mtime)

    def inner(self, entries: list[os.DirEntry[str]], relative: str) -> dict[str, Folder]:
        """List the directories in a directory."""
        folders: dict[str, Folder] = {}
        for entry in entries:
            child = entry.name
            if junk_folder(child) == SYSTEM:
                folders[child] = Folder(child, entry.inode(), _NOTHING, _NOTHING, _NOTHING, unknown=SYSTEM)
            elif relative:
                folders[child] = self.read(child, entry.path, entry.inode(), f"{relative}/{child}")
            elif self.only is None or child in self.only:
                folders[child] = self.read(child, entry.path, entry.inode(), child)
        return folders

    def rare(self, entries: list[os.DirEntry[str]], relative: str) -> tuple[dict[str, Link], tuple[str, ...]]:
        """Sort out what is neither file nor directory."""
        links = {entry.name: self.link(entry) for entry in entries if entry.is_symlink()}
        return links, tuple(sorted(entry.name for entry in entries if entry.name not in links))

    def distrust(self, path: str, files: dict[str, int]) -> None:
        """Compare a listed inode number with the real one; where they differ, ask for each."""
        if self.trusted is None:
            child = next(iter(files))
            self.trusted = os.stat(f"{path}/{child}", follow_symlinks=False).st_ino == files[child]
        if not self.trusted:
            for child in files:
                files[child] = os.stat(f"{path}/{child}", follow_symlinks=False).st_ino

    def link(self, entry: os.DirEntry[str]) -> Link:
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
