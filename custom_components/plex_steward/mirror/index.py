"""What a run that found everything right remembers, so that the next one need not look at every name.

Two questions can be answered from it. Quick: has any folder of either tree
another time or another inode than it had? Then nothing was added, removed or
renamed. Thorough: do both trees list exactly the same names and inode numbers,
in the same order? `plan` is pure, so equal trees give the equal, empty plan, and
there is no need to make it.

A memory is only kept where it can be trusted: local file systems, hard links
(a copy may change without its folder), and no folder that changed so shortly
before the run that the next change could carry the same time.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b
import json
import os
import time
from typing import NamedTuple

from .model import Cancel, Materializer, Options
from .mounts import STAMPED, mount_of, mounts
from .state import State, write_atomic
from .system import MARKER, SYSTEM_FOLDERS

MARGIN_NS = 2_000_000_000
"""Coarsest time stamp of a local file system (FAT has two seconds)."""

_FORMAT = 1


class Folders(NamedTuple):
    """All directories of one tree, as one walk found them."""

    paths: list[str]
    """Relative; the first is the root, empty."""
    inodes: array[int]
    times: array[int]
    """mtime in ns, when the walk was asked for it."""
    digest: str
    """Of every name and inode number, in the order of listing."""


class Memory(NamedTuple):
    """What was remembered, but for the folders: `folders` reads them when they are wanted."""

    digests: tuple[str, str]
    """Of source and target."""
    verified: float
    """Unix time of the last run that looked at every name."""
    document: str
    """The report's document of that run, as JSON."""
    parts: tuple[tuple[int, int], tuple[int, int]]
    """Per tree: number of folders, bytes of their paths."""
    place: int
    """Where in the file the folders begin."""


def seen(name: str) -> bool:
    """Whether a name that begins with a dot is one a scan sees."""
    return name == MARKER or name.startswith("...")


def walk(root: str, *, times: bool, cancel: Cancel | None = None) -> Folders | None:
    """List every directory of a tree; None when one cannot be, or lies on another device."""
    paths: list[str] = []
    inodes, stamps, numbers = array("Q"), array("q"), array("Q")
    names: list[str] = []
    waiting = [("", root)]
    try:
        device = os.stat(root).st_dev
        while waiting:
            path, full = waiting.pop()
            if times:
                status = os.stat(full)  # before the listing: what changes meanwhile looks newer next time
                if status.st_dev != device:
                    return None
                paths.append(path)
                inodes.append(status.st_ino)
                stamps.append(status.st_mtime_ns)
            if cancel is not None and cancel():
                return None
            with os.scandir(full) as entries:
                found = [entry for entry in entries if entry.name[0] != "." or seen(entry.name)]
            names += [entry.name for entry in found]
            numbers.extend([entry.inode() for entry in found])
            waiting += [
                (f"{path}/{entry.name}" if path else entry.name, entry.path)
                for entry in found
                if entry.is_dir(follow_symlinks=False) and entry.name.lower() not in SYSTEM_FOLDERS
            ]
            names.append("")
    except OSError:
        return None
    text = blake2b("\0".join(names).encode("utf-8", "surrogateescape"), digest_size=16)
    text.update(numbers.tobytes())
    return Folders(paths, inodes, stamps, text.hexdigest())


def unchanged(root: str, known: Folders, cancel: Cancel | None = None) -> bool:
    """Whether every directory is the one it was, with the time it had."""
    stat = os.stat
    before = root + "/"
    if cancel is not None and cancel():
        return False
    try:
        first = stat(root)
        device = first.st_dev
        if first.st_ino != known.inodes[0] or first.st_mtime_ns != known.times[0]:
            return False
        for path, inode, time_ns in zip(known.paths[1:], known.inodes[1:], known.times[1:], strict=True):
            status = stat(before + path)
            if status.st_mtime_ns != time_ns or status.st_ino != inode or status.st_dev != device:
                return False
    except OSError:
        return False
    return True


def settled(folders: Folders, before_ns: int) -> bool:
    """Whether every directory had its time well before a moment, so that any later change shows."""
    return max(folders.times) < before_ns - MARGIN_NS


def trusted(source: str, target: str) -> bool:
    """Whether the times of both file systems tell every change."""
    table = mounts()
    found = (mount_of(source, table), mount_of(target, table))
    return all(mount is not None and mount.fstype in STAMPED for mount in found)


def key(source: str, target: str, options: Options, *more: object) -> str:
    """Name the question a memory answers: the same trees, options and program."""
    here = os.path.dirname(__file__)
    program = []
    for folder in (here, os.path.join(here, "names")):
        with os.scandir(folder) as entries:
            program += [(one.name, one.stat().st_mtime_ns) for one in entries if one.name.endswith(".py")]
    text = repr((_FORMAT, os.path.abspath(source), os.path.abspath(target), options, more, sorted(program)))
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def usable(options: Options) -> bool:
    """Whether directories alone tell whether everything is right."""
    return options.materializer is Materializer.HARDLINK and not options.only


def load(state: State, name: str) -> Memory | None:
    """Read the memory of this question; None if there is none, or it is from the future or broken."""
    try:
        with open(state.index, "rb") as file:
            verified = os.fstat(file.fileno()).st_mtime
            header = json.loads(file.readline())
            if header["key"] != name or verified > time.time():
                return None
            document = file.read(header["document"]).decode("ascii")
            one, two = header["parts"]
            digests = str(header["digests"][0]), str(header["digests"][1])
            return Memory(digests, verified, document, ((one[0], one[1]), (two[0], two[1])), file.tell())
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def folders(state: State, memory: Memory) -> tuple[Folders, Folders] | None:
    """Read the folders of source and target; None if they are broken."""
    found = []
    try:
        with open(state.index, "rb") as file:
            file.seek(memory.place)
            for (count, length), digest in zip(memory.parts, memory.digests, strict=True):
                paths = file.read(length).decode("utf-8", "surrogateescape").split("\0")
                inodes, times = array("Q"), array("q")
                inodes.fromfile(file, count)
                times.fromfile(file, count)
                if len(paths) != count:
                    return None
                found.append(Folders(paths, inodes, times, digest))
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return found[0], found[1]


def store(state: State, name: str, source: Folders, target: Folders, document: str) -> None:
    """Keep a memory; the file's own time says when all was looked at. Raises OSError."""
    data: list[bytes] = []
    parts = []
    for tree in (source, target):
        text = "\0".join(tree.paths).encode("utf-8", "surrogateescape")
        data += [text, tree.inodes.tobytes(), tree.times.tobytes()]
        parts.append((len(tree.paths), len(text)))
    text = document.encode("ascii")
    header = {"key": name, "document": len(text), "parts": parts, "digests": (source.digest, target.digest)}
    write_atomic(state.index, b"".join((json.dumps(header).encode(), b"\n", text, *data)))


def verified_now(state: State) -> None:
    """Note that all has been looked at again. Raises OSError."""
    os.utime(state.index)
