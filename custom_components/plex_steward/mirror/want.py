"""The tree that a title should have in the target, and what was said while making it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
import unicodedata

from .model import Clash, Folder, Ignored, Layout, Loss, Options, Problem
from .names import Lost
from .names.tokens import hidden, is_video, junk_file, junk_folder

MAX_NAME = 255
"""Bytes that every common file system allows for one name."""


class Wanted(NamedTuple):
    """One file of the source under its name in the target."""

    source: str
    inode: int
    details: tuple[int, int] | None = None


class Want:
    """One directory of the target as it should be."""

    __slots__ = ("files", "folders", "names", "protected")

    def __init__(self) -> None:
        """Start empty."""
        self.files: dict[str, Wanted] = {}
        self.folders: dict[str, Want] = {}
        self.names: dict[str, str] = {}
        """Folded name -> name, for everything in here."""
        self.protected = False
        """Part of the source is unknown: nothing here may be taken for a stray."""


def name_hash(name: str, length: int = 8) -> str:
    """Tell a file from another that wants its name, the same way every time."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, for the few names that clash

    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:length]


class Builder:
    """Fills a `Want` for one title and collects losses, clashes and what is left out."""

    def __init__(self, target: str, source: Layout, layout: Layout, options: Options) -> None:
        """Begin a title whose target folder is `target`."""
        self.target = target
        self.source = source
        self.layout = layout
        self.options = options
        self.root = Want()
        self.losses: list[Loss] = []
        self.clashes: list[Clash] = []
        self.ignored: list[Ignored] = []
        self.problems: list[Problem] = []
        self.marked: list[str] = []
        self.renamed_folders: list[tuple[str, str]] = []
        """(target name, source name) of the title's own sub-folders."""

    def fold(self, name: str) -> str:
        """Return what two names share when the target cannot tell them apart."""
        return unicodedata.normalize("NFC", name).casefold() if self.options.fold_case else name

    def lose(self, lost: tuple[Lost, ...] | list[Lost], file: str) -> None:
        """Report losses of one file."""
        self.losses += [Loss(*one, file) for one in lost]

    def files(self, folder: Folder, path: str) -> Iterator[tuple[str, Wanted]]:
        """Yield what is to be mirrored of a folder's files, sorted; report the rest."""
        names = [*folder.files, *folder.links] if folder.links else folder.files
        for name in sorted(names):
            if hidden(name):
                continue
            where = f"{path}/{name}"
            if reason := junk_file(name):
                self.ignored.append(Ignored(where, reason))
            elif (inode := folder.files.get(name)) is not None:
                yield name, Wanted(where, inode, folder.details[name] if folder.details else None)
            elif (link := folder.links[name]).resolved is not None:
                yield name, Wanted(link.resolved, link.inode, link.details)
            elif not link.errno:
                self.ignored.append(Ignored(where, "symbolic link that leads to no file of this library"))
        for name in folder.others:
            self.ignored.append(Ignored(f"{path}/{name}", "neither file nor folder"))

    def folders(self, folder: Folder, path: str, want: Want) -> Iterator[tuple[str, Folder]]:
        """Yield the sub-folders to be mirrored, sorted; mark what must not be touched."""
        if folder.unknown is not None or any(link.errno for link in folder.links.values()):
            want.protected = True
        for name in sorted(folder.folders):
            inner = folder.folders[name]
            if hidden(name):
                continue
            if inner.ignored:
                self.marked.append(f"{path}/{name}")
            elif reason := junk_folder(name):
                self.ignored.append(Ignored(f"{path}/{name}", reason))
            else:
                yield name, inner

    def put(self, want: Want, name: str, wanted: Wanted, where: str) -> bool:
        """Claim a name; whoever comes later and wants the same is skipped and reported."""
        if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME:
            self.problems.append(Problem(wanted.source, "name_too_long"))
            return False
        taken = want.names.setdefault(self.fold(name), name)
        if taken in want.files and want.files[taken].inode == wanted.inode:
            return True
        if taken in want.files or taken in want.folders:
            holder = want.files[taken].source if taken in want.files else taken
            sources, results = (holder, wanted.source), (f"{where}{taken}", "")
            self.clashes.append(Clash(self.target, f"{where}{name}", sources, "skipped", results))
            return False
        want.files[taken] = wanted
        return True

    def open(self, want: Want, name: str, source: str, where: str) -> Want | None:
        """Return the sub-folder of that name, made if need be; None if a file has the name."""
        taken = want.names.setdefault(self.fold(name), name)
        if taken in want.files:
            self.clashes.append(
                Clash(
                    self.target,
                    f"{where}{name}",
                    (want.files[taken].source, source),
                    "skipped",
                    (f"{where}{taken}", ""),
                )
            )
            return None
        return want.folders.setdefault(taken, Want())

    def copy(self, folder: Folder, path: str, want: Want, where: str) -> None:
        """Take a folder over as it is, all the way down."""
        for name, wanted in self.files(folder, path):
            taken = name
            if (
                (other := want.files.get(want.names.get(self.fold(name), "")))
                and is_video(name)
                and other.inode != wanted.inode
            ):
                stem, dot, suffix = name.rpartition(".")
                taken = f"{stem} [{name_hash(wanted.source)}]{dot}{suffix}"
                self.clashes.append(
                    Clash(
                        self.target,
                        f"{where}{name}",
                        (other.source, wanted.source),
                        "hash_suffix",
                        (f"{where}{name}", f"{where}{taken}"),
                    )
                )
            self.put(want, taken, wanted, where)
        for name, inner in self.folders(folder, path, want):
            if (deeper := self.open(want, name, f"{path}/{name}", where)) is not None:
                self.copy(inner, f"{path}/{name}", deeper, f"{where}{name}/")
