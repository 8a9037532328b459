"""What a run that found everything right remembers, so that the next one need not look at every name.

Two questions can be answered from it. Quick: which folders of either tree have
another time or another inode than they had? Only in those was anything added,
removed or renamed. Thorough: do both trees list exactly the same names and inode
numbers? `plan` is pure, so equal trees give the equal, empty plan, and there is
no need to make it.

A memory is only kept where it can be trusted: local file systems and hard links
(a copy may change without its folder). A folder that changed so shortly before
the run that the next change could carry the same time counts as changed.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
import json
import os
import time
from typing import NamedTuple

from .errors import Cancelled
from .model import Cancel, Folder, Materializer, Options, Tree
from .mounts import STAMPED, mount_of, mounts
from .state import State, write_atomic
from .system import MARKER, SYSTEM, SYSTEM_FOLDERS

MARGIN_NS = 2_000_000_000
"""Coarsest time stamp of a local file system (FAT has two seconds)."""

PIECE = 500
"""Folders written at once."""

UNSETTLED = -1
"""Time of a folder that counts as changed."""

Names = dict[str, int] | list[dict[str, int]] | str | None
"""What one folder holds: its files by name, with its system folders beside them if it has any; or `MARKED`; or nothing
for one that also holds symbolic links or devices and is always read anew."""

MARKED = "ignored"
_FORMAT = 2


class Folders(NamedTuple):
    """All directories of one tree."""

    paths: list[str]
    """Relative; the first is the root, empty. A folder comes before what is in it."""
    inodes: array[int]
    times: array[int]
    """mtime in ns, or `UNSETTLED`."""
    digest: str
    """Of every name and inode number; empty for a tree that has symbolic links or devices."""


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
    lengths: tuple[int, int]
    """Per tree: bytes of the names."""
    place: int
    """Where in the file the folders begin."""


def describe(tree: Tree, before_ns: int, cancel: Cancel | None = None) -> tuple[Folders, list[Names]]:
    """Put a tree that was scanned with its times, after `before_ns`, into the form that is kept. Raises Cancelled."""
    paths: list[str] = []
    inodes, times = array("Q"), array("q")
    kept: list[Names] = []
    listed = _Listing()
    limit = before_ns - MARGIN_NS
    waiting = [("", tree.folder)]
    while waiting:
        path, folder = waiting.pop()
        if cancel is not None and cancel():
            raise Cancelled
        paths.append(path)
        inodes.append(folder.inode)
        times.append(folder.mtime_ns if folder.mtime_ns < limit else UNSETTLED)
        below = [one for one in folder.folders.values() if one.unknown is None]
        if folder.ignored:
            kept.append(MARKED)
            listed.marked()
            continue
        if folder.links or folder.others:
            kept.append(None)
            listed.odd = True
        elif len(below) == len(folder.folders):
            kept.append(folder.files)
        else:
            kept.append([folder.files, {name: one.inode for name, one in folder.folders.items() if one.unknown}])
        if path:
            below.reverse()  # a scan ends with what was listed first
        else:
            below.sort(key=lambda one: one.name, reverse=True)
        listed.add(
            list(folder.files),
            folder.files.values(),
            [one.name for one in below],
            [one.inode for one in below],
        )
        waiting += [(f"{path}/{one.name}" if path else one.name, one) for one in below]
    return Folders(paths, inodes, times, listed.digest()), kept


def walk(root: str, cancel: Cancel | None = None) -> str:
    """Return the digest of a tree as it is now; empty when it cannot be listed, or has more than files and folders."""
    listed = _Listing()
    waiting = [root]
    try:
        while waiting:
            path = waiting.pop()
            if cancel is not None and cancel():
                return ""
            with os.scandir(path) as entries:
                found = list(entries)
            dotted = [entry.name for entry in found if entry.name[0] == "."]
            if dotted:
                if MARKER in dotted:
                    listed.marked()
                    continue
                found = [entry for entry in found if entry.name[0] != "." or entry.name.startswith("...")]
            files = [entry for entry in found if entry.is_file(follow_symlinks=False)]
            below: list[os.DirEntry[str]] = []
            if len(files) != len(found):
                below = [entry for entry in found if entry.is_dir(follow_symlinks=False)]
                if len(files) + len(below) != len(found):
                    return ""
                below = [entry for entry in below if entry.name.lower() not in SYSTEM_FOLDERS]
                if path is root:
                    below.sort(key=lambda entry: entry.name, reverse=True)
                waiting += [entry.path for entry in below]
            listed.add(
                [entry.name for entry in files],
                [entry.inode() for entry in files],
                [entry.name for entry in below],
                [entry.inode() for entry in below],
            )
    except OSError:
        return ""
    return listed.digest()


class _Listing:
    """All names and inode numbers of a tree, folder by folder; the tops sorted, the rest as listed."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.numbers = array("Q")
        self.odd = False

    def marked(self) -> None:
        self.names += (MARKER, "")

    def add(self, files: list[str], inodes: Iterable[int], folders: list[str], folder_inodes: Iterable[int]) -> None:
        self.names += files
        self.numbers.extend(inodes)
        if folders:
            self.names.append("/")
            self.names += folders
            self.numbers.extend(folder_inodes)
        self.names.append("")

    def digest(self) -> str:
        if self.odd:
            return ""
        from hashlib import blake2b  # noqa: PLC0415 - loads OpenSSL

        text = blake2b("\0".join(self.names).encode("utf-8", "surrogateescape"), digest_size=16)
        text.update(self.numbers.tobytes())
        return text.hexdigest()


def changed(root: str, known: Folders, cancel: Cancel | None = None) -> list[str] | None:
    """Return the directories that are not the ones they were, or have not the time they had; None for another tree."""
    stat = os.stat
    before = root + "/"
    found: list[str] = []
    try:
        first = stat(root)
        device = first.st_dev
        if cancel is not None and cancel():
            return None
        if first.st_ino != known.inodes[0]:
            return None
        if first.st_mtime_ns != known.times[0]:
            found.append("")
        for path, inode, time_ns in zip(known.paths[1:], known.inodes[1:], known.times[1:], strict=True):
            try:
                status = stat(before + path)
            except (FileNotFoundError, NotADirectoryError):
                found.append(path)
                continue
            if status.st_dev != device:
                return None
            if status.st_mtime_ns != time_ns or status.st_ino != inode:
                found.append(path)
    except OSError:
        return None
    return found


def renewed(root: str, known: Folders, names: list[Names], stale: Collection[str], fresh: Tree) -> Tree:
    """Make the tree of what was remembered, but for the `stale` tops: those are as `fresh` has them."""
    if fresh.folder.ignored:
        return fresh
    inside: dict[str, dict[str, Folder]] = {"": {}}
    count = fresh.files
    for path, inode, time_ns, held in zip(known.paths, known.inodes, known.times, names, strict=True):
        if not path or path.partition("/")[0] in stale:
            continue
        above, _, name = path.rpartition("/")
        if held == MARKED:
            inside[above][name] = Folder(name, inode, {}, {}, {}, mtime_ns=time_ns, ignored=True)
            continue
        assert isinstance(held, (dict, list))  # a folder with links is stale
        files, system = (held, {}) if isinstance(held, dict) else held
        folders = inside[path] = {
            one: Folder(one, number, {}, {}, {}, unknown=SYSTEM) for one, number in system.items()
        }
        inside[above][name] = Folder(name, inode, files, folders, {}, mtime_ns=time_ns)
        count += len(files)
    return fresh._replace(folder=fresh.folder._replace(folders=inside[""] | fresh.folder.folders), files=count)


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
    return repr((_FORMAT, os.path.abspath(source), os.path.abspath(target), options, more, sorted(program)))


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
            lengths = int(header["names"][0]), int(header["names"][1])
            return Memory(digests, verified, document, ((one[0], one[1]), (two[0], two[1])), lengths, file.tell())
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


def held(state: State, memory: Memory) -> tuple[list[Names], list[Names]] | None:
    """Read the names of source and target; None if they are broken."""
    try:
        with open(state.index, "rb") as file:
            file.seek(-sum(memory.lengths), os.SEEK_END)
            one, two = (json.loads(file.read(length)) for length in memory.lengths)
        counts = [len(one), len(two)]
    except (OSError, ValueError, TypeError):
        return None
    return (one, two) if counts == [count for count, _ in memory.parts] else None


def store(
    state: State, name: str, trees: Sequence[tuple[Folders, list[Names]]], document: str, verified: float
) -> None:
    """Keep a memory; the file's own time says when all was looked at. Raises OSError."""
    data: list[bytes] = []
    parts, lengths = [], []
    for tree, _ in trees:
        text = "\0".join(tree.paths).encode("utf-8", "surrogateescape")
        data += [text, tree.inodes.tobytes(), tree.times.tobytes()]
        parts.append((len(tree.paths), len(text)))
    for _, names in trees:
        data.append(_encoded(names))
        lengths.append(len(data[-1]))
    text = document.encode("ascii")
    digests = [tree.digest for tree, _ in trees]
    header = {"key": name, "document": len(text), "parts": parts, "digests": digests, "names": lengths}
    write_atomic(state.index, b"".join((json.dumps(header).encode(), b"\n", text, *data)))
    os.utime(state.index, (verified, verified))


def _encoded(names: list[Names]) -> bytes:
    """Write the names as JSON, in pieces: the encoder lets no other thread in."""
    few = range(0, len(names), PIECE)
    pieces = [json.dumps(names[first : first + PIECE], separators=(",", ":"))[1:-1] for first in few]
    return f"[{','.join(pieces)}]".encode()


def verified_now(state: State) -> None:
    """Note that all has been looked at again. Raises OSError."""
    os.utime(state.index)
