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

TYPE_CHECKING = False
if TYPE_CHECKING:  # it is made of these
    from .shapes import Shape


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

    __slots__ = ("folder", "names", "shape", "target")

    def __init__(self, target: str, shape: Shape, folder: Folder, names: Sequence[str]) -> None:
        """Remember what they are made of: a shape, a folder of the source and its names, sorted."""
        self.target, self.shape, self.folder, self.names = target, shape, folder, names

    def __len__(self) -> int:
        """How many there are."""
        return self.folders + self.files

    def __bool__(self) -> bool:
        """There is a folder at least, which nobody needs to count."""
        return True

    @property
    def folders(self) -> int:
        """How many of them make a folder."""
        return 1 + len(self.shape.folders)

    @property
    def files(self) -> int:
        """How many of them link a file."""
        shape, inner = self.shape, self.folder.folders
        return len(shape.order) + sum([len(inner[old].files) for _, old in shape.folders])

    def __iter__(self) -> Iterator[Action]:
        """Make them."""
        make = partial(tuple.__new__, Action)  # half the time of calling Action
        missing = Reason.MISSING
        for verb, target, source, inode, origin in zip(*self.columns(), strict=True):
            yield make((verb, target, source, missing, inode, origin, None))

    def columns(self) -> Columns:
        """Give them as columns."""
        target, shape, folder = self.target, self.shape, self.folder
        verbs, targets, inodes = [Verb.MKDIR], [target], [0]
        sources: list[str | None] = [None]
        if shape.order:
            here, before, above = folder.files, f"{target}/", f"{folder.name}/"
            names = [*map(self.names.__getitem__, shape.order)]
            verbs += [Verb.LINK] * len(names)
            targets += (before + shape.text.replace("\0", f"\0{before}").replace("\1", target)).split("\0")
            sources += [above + name for name in names]
            inodes += map(here.__getitem__, names)
        for new, old in shape.folders:
            here = folder.folders[old].files
            names = sorted(here)
            verbs += [Verb.MKDIR, *([Verb.LINK] * len(names))]
            targets += [f"{target}/{new}", *(f"{target}/{new}/{name}" for name in names)]
            sources += [None, *(f"{folder.name}/{old}/{name}" for name in names)]
            inodes += [0, *(here[name] for name in names)]
        return Columns(verbs, targets, sources, inodes, [None] * len(verbs))


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
    for part in _parts(lines):
        if isinstance(part, Fresh):
            folders += part.folders
            files += part.files
        else:
            found.update([line.verb for line in part])
    return found + Counter({Verb.MKDIR: folders, Verb.LINK: files})


def changed(lines: Sequence[Action]) -> tuple[set[str], set[str]]:
    """Give the top-level folders that lines change, and those of the source that they take from."""
    targets, sources = set(), set()
    for part in _parts(lines):
        if isinstance(part, Fresh):
            targets.add(part.target)
            sources.add(part.folder.name)
        else:
            targets.update([_top(line.target) for line in part])
            sources.update([_top(line.source) for line in part if line.source])
    return targets - {""}, sources - {""}


def _parts(lines: Sequence[Action]) -> Sequence[Sequence[Action]]:
    return lines.parts if isinstance(lines, Chain) else (lines,)


def _top(path: str) -> str:
    """The title's folder; empty for a file at the root, which is no title."""
    top, slash, _ = path.partition("/")
    return top if slash else ""
