"""Compare two trees: what would make the target right. Pure, no disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from .errors import Cancelled, LayoutError
from .films import build_film
from .garbage import no_gc
from .layout import detect, nothing
from .lines import Fresh, columns
from .matching import Matcher, count_files, walk_files
from .model import (
    Action,
    Cancel,
    Context,
    Folder,
    Ignored,
    Kept,
    Kind,
    Layout,
    Loss,
    Options,
    Plan,
    Problem,
    Reason,
    Stray,
    Title,
    Tree,
    Verb,
)
from .names import FolderName, read_folder, read_ids, write_folder
from .names.tokens import hidden, is_video, junk_folder
from .shapes import Shape, endings, fill, for_group, fresh, ignored, kept, learn, losses, plain, split_group
from .shows import build_show, is_show
from .want import MAX_NAME, Builder


def plan(source: Tree, target: Tree, options: Options, cancel: Cancel | None = None) -> Plan:
    """Say for every file of `source` what `target` needs.

    Raises Cancelled; LayoutError when the layout is to be detected and cannot be.
    """
    with no_gc():
        return _Planner(source, target, options, cancel).plan()


def resolve_layouts(source: Tree, options: Options) -> tuple[Layout, Layout, tuple[str, ...]]:
    """Return the layouts of source and target and the evidence, if they had to be detected."""
    layout = options.source_layout
    evidence: tuple[str, ...] = ()
    if layout is Layout.AUTO:
        layout, evidence = detect(source.folder)
        if layout is Layout.AUTO and nothing(source.folder):  # for the guard to judge: no name needs translating
            layout = Layout.JELLYFIN if options.target_layout is Layout.PLEX else Layout.PLEX
        elif layout is Layout.AUTO:
            raise LayoutError(source.root, "--source-format", evidence)
    other = Layout.JELLYFIN if layout is Layout.PLEX else Layout.PLEX
    target = other if options.target_layout is Layout.AUTO else options.target_layout
    return layout, target, evidence


class _Member(NamedTuple):
    """One source folder of a title."""

    folder: Folder
    name: FolderName | None
    """None for a plain one: its target is known without."""


_Group = tuple[_Member, ...]


class _Planner:
    """One run of `plan`."""

    def __init__(self, source: Tree, target: Tree, options: Options, cancel: Cancel | None) -> None:
        self.source, self.target, self.options, self.cancel = source, target, options, cancel
        self.layout, self.target_layout, self.evidence = resolve_layouts(source, options)
        same_device = source.device == target.device
        self.matcher = Matcher(options, same_device=same_device)
        self.shapes: dict[str, Shape | None] = {}
        self.by_inode = self.matcher.linked and same_device
        self.renaming = self.by_inode and options.delete
        self.ignored: list[Ignored] = []
        self.marked: list[str] = []
        self.marked_target: list[str] = []
        self.unknown: list[FolderName] = []
        """Films whose folder could not be read: nothing that may be theirs is a stray."""

    def plan(self) -> Plan:
        """Group, translate, compare, then look for renames."""
        groups = self._groups()
        titles = [self._title(name, groups[name]) for name in self._sorted(groups)]
        strays = list(self._root_strays(titles))
        if self.renaming:
            titles, strays = _with_renames(titles, strays, self.matcher.folders)
        return Plan(
            self.source.root,
            self.target.root,
            self.layout,
            self.target_layout,
            self.options,
            tuple(titles),
            tuple(strays),
            tuple(sorted(self.ignored)),
            tuple(sorted(self.marked)),
            tuple(sorted(set(self.marked_target))),
            (*self.source.problems, *(one._replace(side="target") for one in self.target.problems)),
            self.evidence,
            self.target.exists,
            self.source.files or count_files(self.source.folder),
            self.target.files or count_files(self.target.folder),
            ((self.source.device, self.source.folder.inode), (self.target.device, self.target.folder.inode)),
        )

    def _sorted(self, names: Collection[str]) -> Iterator[str]:
        """Give names in order, for as long as nobody cancels. Raises Cancelled."""
        cancel = self.cancel
        for name in sorted(names):
            if cancel is not None and cancel():
                raise Cancelled
            yield name

    def _groups(self) -> dict[str, _Group]:
        """Return the source folders by the target folder they belong to."""
        root = self.source.folder
        for name in (*root.files, *root.others):
            if not hidden(name):
                self.ignored.append(Ignored(name, "not a directory"))
        self.ignored += [Ignored(name, "symbolic link") for name in root.links]
        if root.ignored:
            self.marked.append("")
        groups: dict[str, _Group] = {}
        keys: dict[str, str] = {}
        fold = Builder("", self.layout, self.target_layout, self.options).fold if self.options.fold_case else None
        for name in self._sorted(root.folders):
            folder = root.folders[name]
            quick = plain(name, self.layout, self.target_layout)
            if (
                quick is not None
                and (quick[1] or not _has_blocks(folder))
                and not folder.ignored
                and not folder.unknown
                and not folder.links
            ):
                target, member = quick[0], _Member(folder, None)
            elif (found := self._name(folder)) is not None:
                target, member = found
            else:
                continue
            if fold is not None:
                target = keys.setdefault(fold(target), target)
            if target in groups:
                groups[target] = (*groups[target], member)
            else:
                groups[target] = (member,)
        return groups

    def _name(self, folder: Folder) -> tuple[str, _Member] | None:
        """Return the target folder of a source folder; None, with the reason said, if it has none."""
        name = folder.name
        if hidden(name):
            return None
        if folder.ignored:
            self.marked.append(name)
            return None
        if (reason := junk_folder(name)) is not None:
            self.ignored.append(Ignored(name, reason))
            return None
        said = read_folder(name, self.layout)
        if said is None:
            self.ignored.append(Ignored(name, "unparseable folder name"))
            return None
        if folder.unknown is not None or any(link.errno for link in folder.links.values()):
            self.unknown.append(said)
        if not said.ids:
            said = said._replace(ids=_ids_of_files(folder))
        target, lost = write_folder(said, self.target_layout)
        return target, _Member(folder, said._replace(lost=(*said.lost, *lost)))

    def _title(self, target: str, members: _Group) -> Title:
        """Translate and compare one title."""
        if self.unknown and self._doubtful(target):
            return Title(target, tuple(member.folder.name for member in members), Kind.MOVIES)
        if len(members) == 1 and members[0].name is None and (title := self._shaped(target, members[0])) is not None:
            return title
        builder = Builder(target, self.layout, self.target_layout, self.options)
        folders, names = self._read(members)
        kind = self._kind(folders)
        if len(target.encode("utf-8", "surrogateescape")) > MAX_NAME:
            sources = tuple(folder.name for folder in folders)
            return Title(target, sources, kind, problems=tuple(Problem(name, "name_too_long") for name in sources))
        self._check_title(builder, folders, names)
        (build_show if kind is Kind.SHOWS else build_film)(builder, folders, names)
        return self._compare(builder, folders, kind)

    def _read(self, members: _Group) -> tuple[list[Folder], list[FolderName]]:
        folders = [member.folder for member in members]
        names = [member.name or read_folder(member.folder.name, self.layout) for member in members]
        return folders, [name for name in names if name is not None]

    def _kind(self, folders: list[Folder]) -> Kind:
        if self.options.kind is not Kind.AUTO:
            return self.options.kind
        return Kind.SHOWS if any(is_show(folder) for folder in folders) else Kind.MOVIES

    def _check_title(self, builder: Builder, folders: list[Folder], names: list[FolderName]) -> None:
        """Report a title that the target's reader takes for another, such as one with brackets for Plex."""
        back = read_folder(builder.target, self.target_layout)
        for folder, name in zip(folders, names, strict=True):
            if back is None or (back.title, back.year) != (name.title, name.year):
                reason = "the target layout reads it differently"
                builder.lose([("title", None, name.bare, reason)], folder.name)

    def _shaped(self, target: str, member: _Member) -> Title | None:
        """Do a film by its shape; None if it needs the long way."""
        folder = member.folder
        names = sorted(folder.files)
        key = endings(folder, names)
        if key is None:
            return None
        key, group = split_group(key) if "]-" in key else (key, "")
        if key not in self.shapes:
            learnt = self._learn(target, folder)
            self.shapes[key] = learnt and for_group(learnt, group, "\3") if group else learnt
        shape = self.shapes[key]
        if shape is None:
            return None
        if group:
            shape = for_group(shape, "\3", group)
        found, same = self._quickly(shape, folder, names, target)
        if found is not None or same is not None:
            name = folder.name
            lost = _sorted(losses(shape, name)) if shape.losses else ()
            left = tuple(sorted(ignored(shape, name))) if shape.ignored else ()
            return Title(target, (name,), Kind.MOVIES, found or (), same or (), (), lost, (), left)
        builder = Builder(target, self.layout, self.target_layout, self.options)
        fill(shape, builder, folder)
        return self._compare(builder, [folder], Kind.MOVIES)

    def _quickly(
        self, shape: Shape, folder: Folder, names: list[str], target: str
    ) -> tuple[Fresh | None, tuple[Kept, ...] | None]:
        """Compare a film that is all new or all right; (None, None) for others."""
        root = self.target.folder
        there = root.folders.get(target)
        if there is not None:
            return None, kept(shape, folder, names, there, target) if self.by_inode else None
        if self.options.fold_case or target in root.files or target in root.links or target in root.others:
            return None, None
        return fresh(shape, folder, names, target), None

    def _learn(self, target: str, folder: Folder) -> Shape | None:
        """Work a film out the long way, its sub-folders taken for empty."""
        bare = folder._replace(folders={key: Folder(key, 0, {}, {}, {}) for key in folder.folders})
        name = read_folder(folder.name, self.layout)
        if name is None or self._kind([bare]) is not Kind.MOVIES:
            return None
        builder = Builder(target, self.layout, self.target_layout, self.options)
        build_film(builder, [bare], [name])
        return learn(builder, bare)

    def _compare(self, builder: Builder, folders: list[Folder], kind: Kind) -> Title:
        """Compare what a builder wants with what is there."""
        found = self.matcher.match(builder.target, builder.root, self.target.folder)
        self.marked += builder.marked
        self.marked_target += found.marked
        return Title(
            builder.target,
            tuple(folder.name for folder in folders),
            kind,
            tuple(found.steps),
            found.kept,
            tuple(found.strays),
            _sorted(builder.losses),
            tuple(sorted(builder.clashes)),
            tuple(sorted(builder.ignored)),
            (*builder.problems, *found.problems),
        )

    def _doubtful(self, target: str) -> bool:
        """Whether a target folder may be of a film that could not be read: names depend on what lies beside them."""
        name = read_folder(target, self.target_layout)
        return name is not None and any((one.title, one.year) == (name.title, name.year) for one in self.unknown)

    def _root_strays(self, titles: list[Title]) -> Iterator[Stray]:
        """Yield what lies at the target's root and belongs to no title."""
        root = self.target.folder
        if self.options.only or root.ignored:
            return
        explained = {title.target for title in titles}
        if self.options.fold_case:
            fold = Builder("", self.layout, self.target_layout, self.options).fold
            wanted = {fold(name) for name in explained}
            explained |= {name for name in root.folders if fold(name) in wanted}
        if self.unknown:
            explained |= {name for name in root.folders if self._doubtful(name)}
        self.marked_target += [name for name, folder in root.folders.items() if folder.ignored]
        yield from self.matcher.strays(root, "", explained, Context.LIBRARY)


def _sorted(found: list[Loss]) -> tuple[Loss, ...]:
    return tuple(sorted(found, key=lambda loss: (loss.file, loss.kind, loss.key or "", loss.value, loss.reason)))


def _has_blocks(folder: Folder) -> bool:
    """Whether a file's name may hold an id that the folder's has not."""
    return any("{" in name or "[" in name or "(" in name.removeprefix(folder.name) for name in folder.files)


def _ids_of_files(folder: Folder) -> tuple[tuple[str, str], ...]:
    """Return the ids that the first video with any says; its folder says none."""
    for name in sorted(folder.files):
        if is_video(name) and (ids := read_ids(name)[0]):
            return ids
    return ()


def _with_renames(
    titles: list[Title], strays: list[Stray], folders: dict[str, Folder]
) -> tuple[list[Title], list[Stray]]:
    """Turn link + remove of one file into a rename: the file is there already, under an old name."""
    lines = [columns(title.steps) for title in titles if title.steps]
    missing = {inode for one in lines for verb, inode in zip(one.verbs, one.inodes, strict=True) if verb is Verb.LINK}
    if not missing:
        return titles, strays
    where: dict[int, tuple[str, str]] = {}
    for stray in (*(one for title in titles for one in title.strays), *strays):
        if stray.type == "file" and stray.inode in missing:
            where.setdefault(stray.inode, (stray.path, stray.path))
        elif stray.type == "folder":
            for path, inode in walk_files(folders[stray.path], stray.path):
                if inode in missing:
                    where.setdefault(inode, (path, stray.path))
    if not where:
        return titles, strays
    moved: dict[str, int] = {}
    renamed = [
        title._replace(steps=tuple(_renamed(step, where, moved) for step in title.steps))
        if any(step.inode in where for step in title.steps)
        else title
        for title in titles
    ]
    return (
        [title._replace(strays=tuple(_left(title.strays, moved))) if title.strays else title for title in renamed],
        list(_left(strays, moved)),
    )


def _renamed(step: Action, where: dict[int, tuple[str, str]], moved: dict[str, int]) -> Action:
    if step.verb is not Verb.LINK or step.inode not in where:
        return step
    origin, stray = where.pop(step.inode)
    moved[stray] = moved.get(stray, 0) + 1
    return step._replace(verb=Verb.RENAME, reason=Reason.STALE_NAME, origin=origin)


def _left(strays: list[Stray] | tuple[Stray, ...], moved: dict[str, int]) -> Iterator[Stray]:
    for stray in strays:
        count = moved.get(stray.path, 0)
        if not count:
            yield stray
        elif stray.type == "folder":
            yield stray._replace(renamed=count)
