"""Read a tree: one listing per directory, no `stat` per file."""

from __future__ import annotations

from collections.abc import Collection
import errno
from functools import partial
import os
import stat
from typing import Any

from .entries import is_temporary
from .errors import Cancelled, ScanError
from .garbage import no_gc
from .hands import Beside, many
from .model import Cancel, Folder, Layout, Link, Problem, Tree
from .system import MARKER, SYSTEM, SYSTEM_FOLDERS


def scan(
    root: str,
    layout: Layout = Layout.AUTO,
    *,
    details: bool = False,
    stamps: bool = False,
    only: Collection[str] | None = None,
    jobs: int = 1,
    cancel: Cancel | None = None,
    missing_ok: bool = False,
) -> Tree:
    """List the tree below `root`.

    `details` adds size and mtime of every file, `stamps` the mtime of every
    directory. `only` limits it to these top-level folders. `jobs` is how many
    processes may read. `missing_ok` is for a target that is yet to be made.
    Raises ScanError for the root, Cancelled.
    """
    root = os.path.abspath(root)
    status = _root(root)
    if status is None:
        if missing_ok:
            return Tree(root, layout, 0, Folder("", 0, {}, {}, {}), (), exists=False)
        raise ScanError("missing", root, errno.ENOENT)
    scanner = _Scanner(root, details=details, stamps=stamps, only=only, cancel=cancel)
    with no_gc():
        folder = scanner.walk(root, status.st_ino, jobs)
    if folder.unknown is not None:
        raise ScanError("unreadable", root, scanner.errno)
    return scanner.tree(layout, status.st_dev, folder)


def scan_few(
    root: str,
    names: Collection[str],
    layout: Layout = Layout.AUTO,
    *,
    details: bool = False,
    cancel: Cancel | None = None,
    missing_ok: bool = False,
) -> Tree:
    """List these entries of the root and what is below them, without listing the root itself.

    Raises as `scan` does.
    """
    root = os.path.abspath(root)
    status = _root(root)
    if status is None:
        return scan(root, layout, missing_ok=missing_ok)
    scanner = _Scanner(root, details=details, stamps=False, only=None, cancel=cancel)
    files: dict[str, int] = {}
    folders: dict[str, Folder] = {}
    others: list[str] = []
    for name in sorted(names):
        try:
            found = os.stat(f"{root}/{name}", follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError as error:
            folders[name] = scanner.unknown(name, name, 0, error)
            continue
        if stat.S_ISDIR(found.st_mode):
            folders[name] = scanner.walk(f"{root}/{name}", found.st_ino)._replace(name=name)
        elif stat.S_ISREG(found.st_mode):
            files[name] = found.st_ino
        else:
            others.append(name)
    return scanner.tree(layout, status.st_dev, Folder("", status.st_ino, files, folders, {}, tuple(others)))


def _root(root: str) -> os.stat_result | None:
    """Look at the root of a tree; None if it is missing. Raises ScanError for anything but a directory."""
    try:
        status = os.stat(root)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScanError("unreadable", root, error.errno or 0) from error
    if not stat.S_ISDIR(status.st_mode):
        raise ScanError("not_a_directory", root)
    return status


_NOWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Answers that say for sure that a link leads to nothing."""

_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
"""Answers that do not matter where a link leads out of its tree."""

_NOTHING: dict[str, Any] = {}
"""One empty dictionary for all: most directories hold no directories and no links."""


def _details(path: str) -> tuple[int, int]:
    status = os.stat(path, follow_symlinks=False)
    return status.st_size, status.st_mtime_ns


_Waiting = tuple[str, str, int, dict[str, Folder]]
"""A directory to be listed: its name, path and inode, and where it belongs."""

_Share = tuple[dict[str, Folder], list[Problem], list[str], int]
"""What another process found: directories by name, problems, leftovers, number of files."""


class _Scanner:
    """One walk. Holds what every directory needs."""

    def __init__(
        self, root: str, *, details: bool, stamps: bool, only: Collection[str] | None, cancel: Cancel | None
    ) -> None:
        self.root = root
        try:
            self.real = os.path.realpath(root, strict=True)
        except OSError as error:
            raise ScanError("unreadable", root, error.errno or 0) from error
        self.details = details
        self.stamps = stamps
        self.only = None if only is None else frozenset(only)
        self.cancel = cancel
        self.problems: list[Problem] = []
        self.leftovers: list[str] = []
        self.errno = 0
        self.count = 0
        self.top: dict[str, Folder] = {}
        """Where the root of the walk belongs."""
        self.trusted: bool | None = None
        """Whether listed inode numbers are those of `stat`; None before the first file."""

    def walk(self, root: str, inode: int, jobs: int = 1) -> Folder:
        """List a directory and all below it, half of what is in it in another process if there may be one."""
        top: dict[str, Folder] = {}
        waiting = [("", root, inode, top)]
        self.top = top
        if jobs > 1:
            self.read(waiting, 1)
            if many(len(waiting)):
                with Beside(jobs, partial(self.share, waiting[::2]), self.cancel) as other:
                    self.read(waiting[1::2])
                    folders, problems, leftovers, count = other.result()
                top[""].folders.update(folders)
                self.problems += problems
                self.leftovers += leftovers
                self.count += count
                return top[""]
        self.read(waiting)
        return top[""]

    def share(self, waiting: list[_Waiting], cancel: Cancel | None) -> _Share:
        """List some of the directories straight below the root, as another process."""
        work = _Scanner(self.root, details=self.details, stamps=self.stamps, only=None, cancel=cancel)
        folders: dict[str, Folder] = {}
        work.read([(name, path, inode, folders) for name, path, inode, _ in waiting])
        return folders, work.problems, work.leftovers, work.count

    def read(self, waiting: list[_Waiting], most: int = -1) -> None:  # noqa: C901, PLR0912, PLR0915 - calls would cost a fifth of the time
        """List directories and all below them, or `most` of them. Hot: a large library has tens of thousands.

        A directory's dictionary of folders is filled while the walk goes on.
        """
        top = self.top
        scandir, cancel, cut = os.scandir, self.cancel, len(self.root.rstrip("/")) + 1
        while waiting and most:
            most -= 1
            name, path, inode, siblings = waiting.pop()
            if cancel is not None and cancel():
                raise Cancelled
            files: dict[str, int] = {}
            folders: dict[str, Folder] = _NOTHING
            rare: list[os.DirEntry[str]] = []
            marked = False
            before = len(waiting)
            entries = None
            mtime = 0
            try:
                if self.stamps:  # before the listing: what changes meanwhile looks newer next time
                    mtime = os.stat(path).st_mtime_ns
                entries = scandir(path)
                for entry in entries:
                    child = entry.name
                    if child[0] == "." and not child.startswith("..."):
                        marked = marked or child == MARKER
                        if is_temporary(child):
                            self.leftovers.append(entry.path[cut:])
                    elif entry.is_file(follow_symlinks=False):
                        files[child] = entry.inode()
                    elif entry.is_dir(follow_symlinks=False):
                        if folders is _NOTHING:
                            folders = {}
                        if child.lower() in SYSTEM_FOLDERS:
                            folders[child] = Folder(child, entry.inode(), {}, {}, {}, unknown=SYSTEM)
                        elif siblings is not top or self.only is None or child in self.only:
                            waiting.append((child, entry.path, entry.inode(), folders))
                    else:
                        rare.append(entry)
                if files and self.trusted is not True:
                    self.distrust(path, files)
                details = {child: _details(f"{path}/{child}") for child in files} if self.details else None
            except OSError as error:
                if entries is not None:
                    entries.close()
                del waiting[before:]
                siblings[name] = self.unknown(name, path[cut:], inode, error)
                continue
            if marked:
                del waiting[before:]
                siblings[name] = Folder(name, inode, {}, {}, {}, (), None, mtime, None, ignored=True)
                continue
            self.count += len(files)
            links, others = self.rare(rare, cut) if rare else (_NOTHING, ())
            siblings[name] = Folder(name, inode, files, folders, links, others, details, mtime)

    def tree(self, layout: Layout, device: int, folder: Folder) -> Tree:
        """Put what was found together."""
        problems, leftovers = tuple(sorted(self.problems)), tuple(sorted(self.leftovers))
        return Tree(self.root, layout, device, folder, problems, files=self.count, leftovers=leftovers)

    def unknown(self, name: str, relative: str, inode: int, error: OSError) -> Folder:
        """Describe a directory that could not be listed to its end: a part of its names is worse than none."""
        self.errno = error.errno or 0
        self.problems.append(Problem(relative, "unreadable", self.errno))
        return Folder(name, inode, {}, {}, {}, unknown=os.strerror(self.errno))

    def rare(self, entries: list[os.DirEntry[str]], cut: int) -> tuple[dict[str, Link], tuple[str, ...]]:
        """Sort out what is neither file nor directory."""
        links = {entry.name: self.link(entry) for entry in entries if entry.is_symlink()}
        self.problems += [
            Problem(entry.path[cut:], "unreadable", links[entry.name].errno)
            for entry in entries
            if entry.name in links and links[entry.name].errno
        ]
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
            real = os.path.realpath(entry.path, strict=True)
            status = os.stat(real)
        except OSError as error:
            if error.errno in _NOWHERE or (error.errno in _FORBIDDEN and self.outside(entry.path, text)):
                return Link(text)
            return Link(text, errno=error.errno or errno.EIO)
        inside = real.startswith(self.real.rstrip("/") + "/")
        if not inside or not stat.S_ISREG(status.st_mode):
            return Link(text)
        resolved = real[len(self.real.rstrip("/")) + 1 :]
        return Link(text, resolved, status.st_ino, (status.st_size, status.st_mtime_ns) if self.details else None)

    def outside(self, path: str, text: str) -> bool:
        """Whether a link's text, taken by its words, leads out of the tree."""
        place = os.path.normpath(os.path.join(os.path.dirname(path), text))
        return bool(text) and not any(place.startswith(root.rstrip("/") + "/") for root in (self.root, self.real))
