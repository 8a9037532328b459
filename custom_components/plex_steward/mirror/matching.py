"""Compare the tree a title should have with the one it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
import unicodedata

from .model import Action, Context, Folder, Kept, Materializer, Options, Problem, Reason, Stray, Verb
from .system import SYSTEM
from .want import Want, Wanted


class Found(NamedTuple):
    """The outcome for one title."""

    steps: list[Action]
    kept: tuple[Kept, ...]
    strays: list[Stray]
    problems: list[Problem]
    marked: list[str]


class Matcher:
    """Compares directory by directory. One per plan."""

    def __init__(self, options: Options, *, same_device: bool) -> None:
        """Decide once how files are compared."""
        self.options = options
        self.linked = options.materializer is Materializer.HARDLINK
        self.same_device = same_device
        self.folders: dict[str, Folder] = {}
        """Stray folders by path, for finding renames."""

    def match(self, target: str, want: Want, parent: Folder) -> Found:
        """Compare the title folder `target` below the target root."""
        steps: list[Action] = []
        pairs: list[tuple[str, str]] = []
        found = Found(steps, (), [], [], [])
        self._enter(want, parent, target, target, found, pairs, Context.TITLE)
        return found._replace(kept=(Kept("", "", tuple(pairs)),)) if pairs else found

    def _enter(
        self,
        want: Want,
        parent: Folder,
        name: str,
        path: str,
        found: Found,
        pairs: list[tuple[str, str]],
        context: Context,
    ) -> None:
        """Compare the folder `name` of `parent`."""
        folder = parent.folders.get(name)
        if folder is None and self.options.fold_case:
            folder = next(
                (parent.folders[other] for other in sorted(parent.folders) if _fold(other) == _fold(name)), None
            )
        if folder is None:
            if name in parent.files or name in parent.links or name in parent.others:
                found.problems.append(Problem(path, "file_in_the_way", side="target"))
            else:
                self._all_new(want, path, found.steps)
        elif folder.ignored:
            found.marked.append(path)
        elif folder.unknown is None:
            self._inside(want, folder, path, found, pairs, context)

    def _all_new(self, want: Want, path: str, steps: list[Action]) -> None:
        steps.append(Action(Verb.MKDIR, path))
        for name in sorted(want.files):
            source, inode, _ = want.files[name]
            steps.append(Action(Verb.LINK, f"{path}/{name}", source, Reason.MISSING, inode))
        for name in sorted(want.folders):
            self._all_new(want.folders[name], f"{path}/{name}", steps)

    def _inside(
        self, want: Want, folder: Folder, path: str, found: Found, pairs: list[tuple[str, str]], context: Context
    ) -> None:
        names = (
            {_fold(name): name for name in (*folder.files, *folder.links, *folder.others)}
            if self.options.fold_case
            else None
        )
        explained: set[str] = set()
        for name in sorted(want.files):
            wanted = want.files[name]
            there = names.get(_fold(name), name) if names is not None else name
            explained.add(there)
            place = f"{path}/{there}"
            reason = self._differs(wanted, there, folder)
            if reason is None:
                pairs.append((place, wanted.source))
            elif there in folder.folders:
                explained.discard(there)
                found.problems.append(Problem(place, "folder_in_the_way", side="target"))
            else:
                verb = Verb.LINK if reason is Reason.MISSING else Verb.REPLACE
                found.steps.append(Action(verb, place, wanted.source, reason, wanted.inode))
        for name in sorted(want.folders):
            inner = want.folders[name]
            explained.add(name)
            if self.options.fold_case:
                explained.update(other for other in folder.folders if _fold(other) == _fold(name))
            self._enter(inner, folder, name, f"{path}/{name}", found, pairs, Context.ASSET)
        if not want.protected:
            found.strays.extend(self.strays(folder, path, explained, context))

    def _differs(self, wanted: Wanted, name: str, folder: Folder) -> Reason | None:
        """Return why the file is not right, or None if it is."""
        inode = folder.files.get(name)
        if inode is None:
            there = name in folder.links or name in folder.others
            return Reason.OTHER_FILE if there else Reason.MISSING
        if self.linked:
            return None if inode == wanted.inode and self.same_device else Reason.OTHER_FILE
        if self.options.materializer is Materializer.FORCE_COPY:
            return Reason.CHANGED
        if (inode == wanted.inode and self.same_device) or wanted.details is None:
            return None
        size, mtime = folder.details[name] if folder.details else (-1, 0)
        late = abs(mtime - wanted.details[1]) > self.options.time_tolerance_ns
        return Reason.CHANGED if size != wanted.details[0] or late else None

    def strays(self, folder: Folder, path: str, explained: set[str], context: Context) -> Iterator[Stray]:
        """Yield what nothing in the source explains, sorted. What is not known stays out."""
        before = f"{path}/" if path else ""
        names = {*folder.files, *folder.folders, *folder.links, *folder.others} - explained
        for name in sorted(names):
            place = before + name
            if (inner := folder.folders.get(name)) is not None:
                if removable(inner):
                    self.folders[place] = inner
                    yield Stray(place, context, "folder", inner.inode, count_files(inner))
            elif (inode := folder.files.get(name)) is not None:
                yield Stray(place, context, "file", inode)
            else:
                yield Stray(place, context, "link" if name in folder.links else "other", 0)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def removable(folder: Folder) -> bool:
    """Whether all of a folder is known and nothing in it is marked to be left alone."""
    if folder.ignored or folder.unknown is not None:
        return False
    return all(removable(inner) or inner.unknown == SYSTEM for inner in folder.folders.values())


def count_files(folder: Folder) -> int:
    """Count the files in a folder and below."""
    below = sum(count_files(inner) for inner in folder.folders.values())
    return len(folder.files) + len(folder.links) + len(folder.others) + below


def walk_files(folder: Folder, path: str) -> Iterator[tuple[str, int]]:
    """Yield path and inode number of every regular file in a folder and below, sorted."""
    for name in sorted(folder.files):
        yield f"{path}/{name}", folder.files[name]
    for name in sorted(folder.folders):
        yield from walk_files(folder.folders[name], f"{path}/{name}")
