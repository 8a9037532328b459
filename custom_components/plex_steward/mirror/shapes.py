"""Films of one shape are translated once.

Most films of a library differ in their folder's name alone: behind it stand the
same few endings. What becomes of such a set of endings is worked out for the
first film and remembered for all others. Whatever depends on more than the
endings is never remembered.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .lines import Fresh
from .model import Folder, Ignored, Kept, Layout, Loss
from .names.tokens import MAX_STEM, RELEASE_GROUP, hidden, is_video, junk_file
from .want import Builder, Want, Wanted

_IN_A_WORD = r"[^\s\[\]{}()/\\\x00-\x1f]"
_TITLE = rf"([^\s\[\]{{}}()./\\:\x00-\x1f]{_IN_A_WORD}*+(?: (?!-){_IN_A_WORD}++)*+)"
_PLAIN = {
    Layout.PLEX: re.compile(_TITLE + r" \(([0-9]{4})\)(?: \{(imdb|tmdb|tvdb)-([A-Za-z0-9]+)\})?").fullmatch,
    Layout.JELLYFIN: re.compile(_TITLE + r" \(([0-9]{4})\)(?: \[(imdb|tmdb|tvdb)id-([A-Za-z0-9]+)\])?").fullmatch,
}
_GROUP = re.compile(r"\]-([A-Za-z0-9]+)(?=\.)")
_MEANS_SOMETHING = re.compile(
    r"(?:cd|dvd|part|pt|dis[ck])(?:\d+|[a-d])|sample|behindthescenes|deleted|deletedscene|featurette|interview|scene|short"
    r"|trailer|other|clip|extra",
    re.IGNORECASE,
)


class Shape(NamedTuple):
    """What becomes of a set of endings."""

    pairs: tuple[tuple[str, str], ...]
    """(target ending, source ending), sorted, of names that begin with their folder's."""
    own: tuple[tuple[str, str], ...]
    """(target name, source name) of the others, led by a slash."""
    folders: tuple[tuple[str, str], ...]
    """(target name, source name) of sub-folders."""
    losses: tuple[Loss, ...]
    ignored: tuple[Ignored, ...]
    text: str
    """All target names, sorted and joined by NUL, the target folder's name in them made U+0001."""
    order: tuple[int, ...]
    """For each of them the place of its source among the sorted source names."""


def plain(name: str, source: Layout, target: Layout) -> tuple[str, bool] | None:
    """Return the target of a folder named in the canonical form, and whether it has an id; None for others."""
    match = _PLAIN[source](name)
    if match is None or len(name) > MAX_STEM or not name.isprintable():
        return None
    if not name.isascii() and len(name.encode("utf-8", "surrogateescape")) > MAX_STEM:
        return None
    title, year, key, value = match.groups()
    if key is None:
        return name, False
    block = f"{{{key}-{value}}}" if target is Layout.PLEX else f"[{key}id-{value}]"
    return f"{title} ({year}) {block}", True


def endings(folder: Folder, names: list[str]) -> str | None:
    """Return what tells this film from another; None for what is never remembered.

    The (sorted) names of a folder, its own name in them made one character: two
    films with the same text differ in nothing but that name.
    """
    if folder.links or folder.others or folder.unknown is not None:
        return None
    text = "\0".join(names)
    if "\1" in text or "\2" in text:
        return None
    if folder.folders:
        text += "\2" + "\0".join(sorted(folder.folders))
    return text.replace(folder.name, "\1")


def split_group(key: str) -> tuple[str, str]:
    """Make the release group one character too, if all names have the same; return it as well.

    Names that Radarr made differ in little else. A word that means something at
    this place is no group.
    """
    groups = {*_GROUP.findall(key)}
    if len(groups) != 1 or "\3" in key:
        return key, ""
    (group,) = groups
    if _MEANS_SOMETHING.fullmatch(group):
        return key, ""
    return key.replace(f"]-{group}.", "]-\3."), group


def for_group(shape: Shape, before: str, after: str) -> Shape:
    """Return the shape with another release group in its names."""
    old, new = f"]-{before}.", f"]-{after}."
    said = [
        one._replace(file=one.file.replace(old, new), value=after if one.value == before else one.value)
        if one.reason == RELEASE_GROUP
        else one._replace(file=one.file.replace(old, new))
        for one in shape.losses
    ]
    return Shape(
        tuple([(target.replace(old, new), source.replace(old, new)) for target, source in shape.pairs]),
        shape.own,
        shape.folders,
        tuple(said),
        tuple([one._replace(path=one.path.replace(old, new)) for one in shape.ignored]),
        shape.text.replace(old, new),
        shape.order,
    )


def learn(builder: Builder, folder: Folder) -> Shape | None:
    """Turn a film worked out the long way into a shape; None if it is a case of its own."""
    if builder.clashes or builder.problems or builder.marked:
        return None
    name, source, target = folder.name, f"{folder.name}/", builder.target
    if any(is_video(file) and not file.startswith(name) for file in folder.files):
        return None
    pairs: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    for new, wanted in builder.root.files.items():
        old = wanted.source.removeprefix(source)
        if old.startswith(name) and new.startswith(target):
            pairs.append((new[len(target) :], old[len(name) :]))
        elif new == old and name not in old:
            own.append(("/" + new, "/" + old))
        else:
            return None
    places = [loss.file for loss in builder.losses] + [one.path for one in builder.ignored]
    if any(name in loss.value for loss in builder.losses) or not all("/" in place for place in places):
        return None
    losses = tuple(loss._replace(file=_ending(loss.file, name)) for loss in builder.losses)
    ignored = tuple(one._replace(path=_ending(one.path, name)) for one in builder.ignored)
    folders = tuple(sorted((new, old) for new, old in builder.renamed_folders if new in builder.root.folders))
    if len(folders) != len(builder.root.folders) or any(name in old for _, old in folders):
        return None
    pairs.sort()
    own.sort()
    text, order = _order(folder, target, pairs, own)
    return Shape(tuple(pairs), tuple(own), folders, losses, ignored, text, order)


def _order(
    folder: Folder, target: str, pairs: list[tuple[str, str]], own: list[tuple[str, str]]
) -> tuple[str, tuple[int, ...]]:
    """Return the text and the order of a shape."""
    sources = {target + new: folder.name + old for new, old in pairs}
    sources |= {new[1:]: old[1:] for new, old in own}
    names, places = sorted(sources), sorted(folder.files)
    marked = ["\1" + name[len(target) :] if name.startswith(target) else name for name in names]
    return "\0".join(marked), tuple(places.index(sources[name]) for name in names)


def _ending(path: str, folder: str) -> str:
    """Keep a path as an ending; `expand` is the way back."""
    file = path[len(folder) + 1 :]
    return file.removeprefix(folder) if file.startswith(folder) else "/" + file


def expand(ending: str, folder: str) -> str:
    """Turn an ending back into a path."""
    return folder + ending if ending[:1] == "/" else f"{folder}/{folder}{ending}"


def kept(shape: Shape, folder: Folder, names: list[str], target: Folder | None, name: str) -> tuple[Kept, ...] | None:
    """Return the description of a film whose target holds exactly its files, by inode; None for others.

    Half of what a plan costs: one text is compared instead of every name.
    """
    if target is None or target.links or target.others or target.ignored or target.unknown is not None:
        return None
    there = sorted(target.files)
    if "\0".join(there) != shape.text.replace("\1", name) or len(target.folders) != len(shape.folders):
        return None
    here = folder.files
    if [*map(target.files.__getitem__, there)] != [here[names[place]] for place in shape.order]:
        return None
    pairs, own, old = shape.pairs, shape.own, folder.name
    found = [Kept(f"{name}/{name}", f"{old}/{old}", pairs)] if pairs else []
    if own:
        found.append(Kept(name, old, own))
    for new_name, old_name in shape.folders:
        inner = folder.folders[old_name]
        if not _same(inner, target.folders.get(new_name)):
            return None
        found.append(
            Kept(f"{name}/{new_name}/", f"{old}/{old_name}/", tuple((file, file) for file in sorted(inner.files)))
        )
    return tuple(found)


def fresh(shape: Shape, folder: Folder, names: list[str], name: str) -> Fresh | None:
    """Return the steps of a film that the target knows nothing of; None for one with odd sub-folders."""
    for _, old in shape.folders:
        if folder.folders[old].folders or not _simple(folder.folders[old]):
            return None
    return Fresh(name, shape, folder, names)


def _simple(folder: Folder) -> bool:
    """Whether a folder holds nothing but files that are mirrored as they are."""
    if folder.ignored or folder.unknown is not None or folder.links or folder.others:
        return False
    return not any(junk_file(name) or hidden(name) for name in folder.files)


def _same(folder: Folder, target: Folder | None) -> bool:
    """Whether two folders without sub-folders hold the same files, none of them junk."""
    if target is None or folder.files != target.files or folder.folders or target.folders:
        return False
    return _simple(folder) and not (target.links or target.others or target.ignored or target.unknown)


def fill(shape: Shape, builder: Builder, folder: Folder) -> None:
    """Say of a film what its shape says."""
    files, old, details = folder.files, folder.name, folder.details
    want, name = builder.root.files, builder.target
    for new_end, old_end in shape.pairs:
        file = old + old_end
        want[name + new_end] = Wanted(f"{old}/{file}", files[file], details[file] if details else None)
    for new_name, old_name in shape.own:
        file = old_name[1:]
        want[new_name[1:]] = Wanted(old + old_name, files[file], details[file] if details else None)
    for new_name, old_name in shape.folders:
        deeper = builder.root.folders[new_name] = Want()
        builder.copy(folder.folders[old_name], f"{old}/{old_name}", deeper, f"{new_name}/")
    builder.losses += losses(shape, old)
    builder.ignored += ignored(shape, old)


def losses(shape: Shape, folder: str) -> list[Loss]:
    """Return the losses of one film."""
    return [one._replace(file=expand(one.file, folder)) for one in shape.losses]


def ignored(shape: Shape, folder: str) -> list[Ignored]:
    """Return what of one film is left out."""
    return [one._replace(path=expand(one.path, folder)) for one in shape.ignored]
