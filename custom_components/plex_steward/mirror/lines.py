"""The lines of a plan, written out only when somebody asks for them.

A first run has tens of thousands of films the target knows nothing of. Written
out, their lines would be most of what a plan is made of; a run wants names and
numbers alone, and those only in the process that does the film.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple, overload

from .model import Action, Folder, Reason, Title, Verb


class Columns(NamedTuple):
    """The same lines, column by column."""

    verbs: Sequence[Verb]
    targets: Sequence[str]
    sources: Sequence[str | None]
    inodes: Sequence[int]
    origins: Sequence[str | None]


class Lines(Sequence[Action]):
    """Lines that are made anew for whoever looks at them."""

    __slots__ = ()

    @abstractmethod
    def __iter__(self) -> Iterator[Action]:
        """Make them."""

    @overload
    def __getitem__(self, index: int) -> Action: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Action]: ...
    def __getitem__(self, index: int | slice) -> Action | Sequence[Action]:
        """Make them all for one or some."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        """Compare by content, with a tuple too."""
        return tuple(self) == tuple(other) if isinstance(other, (Lines, tuple)) else NotImplemented

    def __hash__(self) -> int:
        """Hash as the tuple of these lines."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Look like that tuple."""
        return repr(tuple(self))


class Fresh(Lines):
    """The lines of a film the target has nothing of: its folder, then its files."""

    __slots__ = ("folder", "inner", "length", "names", "target", "text")

    def __init__(
        self, target: str, text: str, folder: Folder, names: Sequence[str], inner: Sequence[tuple[str, Folder]]
    ) -> None:
        """Remember what they are made of.

        `text` has the target names, joined by NUL, the film's own name in them as U+0001; `names` those of the same
        files in the source's `folder`; `inner` the sub-folders, taken over as they are, by their new names.
        """
        self.target, self.text, self.folder, self.names, self.inner = target, text, folder, names, inner
        self.length = 1 + len(names) + sum(1 + len(one.files) for _, one in inner)

    def __len__(self) -> int:
        """How many there are."""
        return self.length

    def __iter__(self) -> Iterator[Action]:
        """Make them."""
        make = partial(tuple.__new__, Action)  # half the time of calling Action
        missing = Reason.MISSING
        for verb, target, source, inode, origin in zip(*self.columns(), strict=True):
            yield make((verb, target, source, missing, inode, origin, None))

    def columns(self) -> Columns:
        """Give them as columns."""
        target, folder, names = self.target, self.folder, self.names
        verbs, targets, inodes = [Verb.MKDIR], [target], [0]
        sources: list[str | None] = [None]
        if names:
            here, before, above = folder.files, f"{target}/", f"{folder.name}/"
            verbs += [Verb.LINK] * len(names)
            targets += (before + self.text.replace("\0", f"\0{before}").replace("\1", target)).split("\0")
            sources += [above + name for name in names]
            inodes += [here[name] for name in names]
        for new, one in self.inner:
            found = sorted(one.files)
            verbs += [Verb.MKDIR, *([Verb.LINK] * len(found))]
            targets += [f"{target}/{new}", *(f"{target}/{new}/{name}" for name in found)]
            sources += [None, *(f"{folder.name}/{one.name}/{name}" for name in found)]
            inodes += [0, *(one.files[name] for name in found)]
        return Columns(verbs, targets, sources, inodes, [None] * self.length)


class Chain(Lines):
    """Lines of many titles, one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[Sequence[Action]]) -> None:
        """Remember the parts."""
        self.parts = tuple(parts)

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Action]:
        """Give part after part."""
        return chain.from_iterable(self.parts)


def columns(lines: Sequence[Action]) -> Columns:
    """Give lines as columns."""
    if isinstance(lines, Fresh):
        return lines.columns()
    verbs, targets, sources, _, inodes, origins, _ = zip(*lines, strict=True)
    return Columns(verbs, targets, sources, inodes, origins)


def is_new(title: Title) -> bool:
    """Whether the target has nothing of a title yet."""
    steps = title.steps
    return isinstance(steps, Fresh) or (bool(steps) and steps[0].verb is Verb.MKDIR and steps[0].target == title.target)


def count(lines: Sequence[Action]) -> Counter[Verb]:
    """How many lines there are of each kind."""
    found: Counter[Verb] = Counter()
    folders = files = 0
    for part in lines.parts if isinstance(lines, Chain) else (lines,):
        if isinstance(part, Fresh):
            made = 1 + len(part.inner)
            folders += made
            files += part.length - made
        else:
            found.update([line.verb for line in part])
    return found + Counter({Verb.MKDIR: folders, Verb.LINK: files})
