"""The values every part of the mirror speaks in.

All are immutable and compare by content, so equal trees give equal plans. Paths
are relative to their root, `/`-separated, undecodable bytes as surrogates
(`os.fsdecode`). What is made by the ten thousand is a `NamedTuple`: creating one
costs a third of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Cancel = Callable[[], bool]
"""Asked between folders; true means stop soon."""

OWN_FOLDER = ".plex-steward"
"""Our folder at the root of a target (lock, journals, trash): never scanned, never a stray."""


class Layout(StrEnum):
    """How a tree names its files; `AUTO` means find out."""

    PLEX = "plex"
    JELLYFIN = "jellyfin"
    AUTO = "auto"


class Kind(StrEnum):
    """What a library holds; `AUTO` decides per folder."""

    MOVIES = "movies"
    SHOWS = "shows"
    AUTO = "auto"


class Sidecars(StrEnum):
    """Whether subtitles, artwork and the like take their video's new name."""

    FOLLOW = "follow"
    KEEP = "keep"


class Materializer(StrEnum):
    """How a file comes into the target."""

    HARDLINK = "hardlink"
    COPY = "copy"
    FORCE_COPY = "force_copy"
    REFLINK = "reflink"


class Verb(StrEnum):
    """What a line of a plan does."""

    MKDIR = "mkdir"
    LINK = "link"
    REPLACE = "replace"
    RENAME = "rename"
    SKIP = "skip"
    REMOVE = "remove"


class Reason(StrEnum):
    """Why a line of a plan is there."""

    MISSING = "missing"
    """The target has no such entry."""
    OTHER_FILE = "other_file"
    """Another file, or something that is no file, has the name."""
    CHANGED = "changed"
    """A copy differs from its source in size or time, or must be made anew."""
    STALE_NAME = "stale_name"
    """The right file is there under a name that is no longer right."""
    SAME_FILE = "same_file"
    SAME_CONTENT = "same_content"
    """A copy has the size and time of its source."""
    NOT_IN_SOURCE = "not_in_source"


class Context(StrEnum):
    """Where a stray lies."""

    LIBRARY = "library_stray"
    TITLE = "movie_stray"
    ASSET = "asset_stray"


class Link(NamedTuple):
    """A symbolic link: its text and, if it leads to a file inside its tree, where."""

    text: str
    resolved: str | None = None
    inode: int = 0
    details: tuple[int, int] | None = None
    errno: int = 0
    """Why it is not known where it leads; 0 when it is."""


class Folder(NamedTuple):
    """One listed directory. The dictionaries are never changed after the scan."""

    name: str
    inode: int
    files: dict[str, int]
    """Regular files: name -> inode number."""
    folders: dict[str, Folder]
    links: dict[str, Link]
    others: tuple[str, ...] = ()
    """Names of sockets, pipes and devices."""
    details: dict[str, tuple[int, int]] | None = None
    """Size in bytes and mtime in ns per file, when the scan was asked for them."""
    mtime_ns: int = 0
    """Time of the directory itself, when the scan was asked for stamps."""
    unknown: str | None = None
    """Why it was not listed: an error, or `system folder`. Below it nothing may be taken for absent."""
    ignored: bool = False
    """It holds the ignore marker: not read, nothing inside is written or removed."""


class Problem(NamedTuple):
    """One thing that went wrong at one path; the rest goes on."""

    path: str
    code: str
    errno: int = 0
    side: str = "source"


class Tree(NamedTuple):
    """A scanned library."""

    root: str
    """Absolute path as given by the caller."""
    layout: Layout
    device: int
    folder: Folder
    problems: tuple[Problem, ...] = ()
    exists: bool = True
    """False for a target that is yet to be made; `folder` is then empty."""
    files: int = 0
    """How many regular files it holds."""
    leftovers: tuple[str, ...] = ()
    """Temporary files of ours: of runs that were killed, unless one is at work."""


@dataclass(frozen=True, slots=True)
class Options:
    """What decides names and comparison."""

    source_layout: Layout = Layout.AUTO
    target_layout: Layout = Layout.AUTO
    kind: Kind = Kind.AUTO
    sidecars: Sidecars = Sidecars.FOLLOW
    materializer: Materializer = Materializer.HARDLINK
    delete: bool = False
    fold_case: bool = False
    """The target does not tell `a` from `A`: names that differ only so clash."""
    only: tuple[str, ...] = ()
    """Top-level source folders to look at; empty means all. Others are left alone."""
    time_tolerance_ns: int = 0
    """How far two mtimes may differ and still be equal (copy modes)."""


class Action(NamedTuple):
    """One line of a plan."""

    verb: Verb
    target: str
    source: str | None = None
    reason: Reason = Reason.MISSING
    inode: int = 0
    """Of the source for link, replace, rename and skip; of the entry for remove."""
    origin: str | None = None
    """For rename: the name inside the target that the file has now."""
    context: Context | None = None
    """For remove."""


class Loss(NamedTuple):
    """Something the target layout cannot say."""

    kind: str
    """`label` or `attribute`, as the peer names them; ours too: `edition`, `text`, `extra`, `part`."""
    key: str | None
    value: str
    reason: str
    file: str = ""
    """Path in the source; a folder's own name for what the folder said."""


class Clash(NamedTuple):
    """Sources that want one target name."""

    folder: str
    """Target folder."""
    target: str
    """The name they all wanted."""
    sources: tuple[str, ...]
    """Paths in the source."""
    resolution: str
    """`hash_suffix`: each got a name of its own; `skipped`: only the first was kept."""
    results: tuple[str, ...] = ()
    """Target names, in the order of `sources`; empty string for a skipped one."""


class Ignored(NamedTuple):
    """An entry of the source that is left out on purpose."""

    path: str
    reason: str


class Stray(NamedTuple):
    """An entry of the target that the source does not explain."""

    path: str
    context: Context
    type: str
    """`file`, `folder`, `link` or `other`."""
    inode: int
    files: int = 1
    """Files it holds, itself included; 0 for an empty folder."""
    renamed: int = 0
    """How many of those files a rename of this plan takes out first."""
    kept: str = ""
    """Why `delete` leaves it alone: `server_file`; empty when it does not."""


class Kept(NamedTuple):
    """Files that are right already, as pairs of rests behind two prefixes.

    Films of one shape share one tuple of pairs, so a library that is in sync
    costs next to nothing to describe.
    """

    target: str
    source: str
    pairs: tuple[tuple[str, str], ...]
    """(rest of the target path, rest of the source path)"""


class Title(NamedTuple):
    """One film or show (or whatever else a top-level folder is) and what it needs."""

    target: str
    """Target folder."""
    sources: tuple[str, ...]
    """Source folders, sorted; more than one when they are the same film."""
    kind: Kind
    steps: Sequence[Action] = ()
    """What changes, in the order to do it: mkdir, link, replace, rename. No skips, no removals."""
    kept: tuple[Kept, ...] = ()
    strays: tuple[Stray, ...] = ()
    losses: tuple[Loss, ...] = ()
    clashes: tuple[Clash, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def in_sync(self) -> bool:
        """Whether source and target say the same of this title."""
        return not (self.steps or self.strays or self.problems)

    def skips(self, reason: Reason = Reason.SAME_FILE) -> Iterator[Action]:
        """Yield a line for each file that is right already, `reason` being how that was seen."""
        for target, source, pairs in self.kept:
            for target_rest, source_rest in pairs:
                yield Action(Verb.SKIP, target + target_rest, source + source_rest, reason)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that would make the target right. Equal trees give equal plans."""

    source_root: str
    target_root: str
    source_layout: Layout
    target_layout: Layout
    options: Options
    titles: tuple[Title, ...] = ()
    """Sorted by target folder."""
    strays: tuple[Stray, ...] = ()
    """Strays at the root of the target, sorted."""
    ignored: tuple[Ignored, ...] = ()
    """Entries at the root of the source that are no title."""
    marked: tuple[str, ...] = ()
    """Source folders that hold the ignore marker."""
    marked_target: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What the scan could not read, and what stands in the way."""
    evidence: tuple[str, ...] = ()
    """Why the layouts are what they are, when they were detected."""
    target_exists: bool = True
    source_files: int = 0
    target_files: int = 0
    roots: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    """(device, inode) of source and target as they were scanned; zeros where that is not known."""

    def changes(self) -> Iterator[Action]:
        """Yield what writes, title by title: mkdir, link, replace, rename."""
        for title in self.titles:
            yield from title.steps

    def all_strays(self) -> Iterator[Stray]:
        """Yield the strays inside titles, then those at the root."""
        for title in self.titles:
            yield from title.strays
        yield from self.strays

    def removals(self) -> Iterator[Action]:
        """Yield what `delete` removes, to be done after every change; nothing without `delete`."""
        if self.options.delete:
            for stray in self.all_strays():
                if not stray.kept:
                    yield Action(Verb.REMOVE, stray.path, None, Reason.NOT_IN_SOURCE, stray.inode, None, stray.context)

    @property
    def empty(self) -> bool:
        """Whether carrying it out would change nothing."""
        return next(self.changes(), None) is None and next(self.removals(), None) is None


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    """Everything was done, or there was nothing to do."""
    IN_SYNC = "in_sync"
    DIFFERS = "differs"
    PARTIAL = "partial"
    """Some lines failed; see `problems`."""
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did or would do: the one value the shell and Home Assistant get."""

    operation: str
    """`sync`, `diff`, `plan` or `undo`."""
    outcome: Outcome
    exit_code: int
    source: str
    target: str
    source_layout: Layout = Layout.AUTO
    target_layout: Layout = Layout.AUTO
    dry_run: bool = False
    plan: Plan | None = None
    done: Sequence[Action] = ()
    """Lines carried out (or, dry, that would be), without skips."""
    skipped: int = 0
    """Files that were right already."""
    removed_files: int = 0
    problems: tuple[Problem, ...] = ()
    refusal: str | None = None
    """Code of the guard's refusal, its data in `refusal_data`."""
    refusal_data: tuple[tuple[str, str | int | float], ...] = ()
    digest: str | None = None
    """Names a refused plan that may be allowed once: pass it as `approve`."""
    quick: bool = False
    """Answered from what the last full run remembered, after looking that nothing changed. There is no `plan`."""
    remembered: str = ""
    """Of a quick run: the document of the run it remembers, as JSON."""
    titles: int = 0
    """Films and shows of a quick run, which has no plan; else 0."""
    journal: str | None = None
    """Id of the journal that `undo` takes."""
    started: float = 0.0
    """Unix time."""
    duration: float = 0.0
    """Seconds."""
