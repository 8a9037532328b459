"""Films of one shape are translated once.

Most films of a library differ in their folder's name alone: behind it stand the
same few endings. What becomes of such a set of endings is worked out for the
first film and remembered for all others. Whatever depends on more than the
endings is never remembered.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .model import Folder, Ignored, Kind, Layout, Loss
from .names.tokens import MAX_STEM, is_video
from .want import Builder, Want, Wanted

_TITLE = r"([^\s\[\]{}()./\\:\x00-\x1f](?:[^\s\[\]{}()/\\\x00-\x1f]| (?=[^\s\-]))*)"
_PLAIN = {
    Layout.PLEX: re.compile(_TITLE + r" \(([0-9]{4})\)(?: \{(imdb|tmdb|tvdb)-([A-Za-z0-9]+)\})?"),
    Layout.JELLYFIN: re.compile(_TITLE + r" \(([0-9]{4})\)(?: \[(imdb|tmdb|tvdb)id-([A-Za-z0-9]+)\])?"),
}


class Plain(NamedTuple):
    """A folder whose name is title, year and at most one id, in the canonical form."""

    target: str
    has_id: bool


class Shape(NamedTuple):
    """What becomes of a set of endings. `""` before an ending stands for the folder's name."""

    pairs: tuple[tuple[str, str], ...]
    """(target ending, source ending), sorted, of names that begin with their folder's."""
    own: tuple[tuple[str, str], ...]
    """(target name, source name) of the others, led by a slash."""
    losses: tuple[Loss, ...]
    ignored: tuple[Ignored, ...]
    kind: Kind


def plain(name: str, source: Layout, target: Layout) -> Plain | None:
    """Read a folder's name the quick way; None if it needs the long one."""
    match = _PLAIN[source].fullmatch(name)
    if match is None or len(name) > MAX_STEM or not match[1].isprintable():
        return None
    title, year, key, value = match.groups()
    if key is None:
        return Plain(name, has_id=False)
    block = f" {{{key}-{value}}}" if target is Layout.PLEX else f" [{key}id-{value}]"
    return Plain(f"{title} ({year}){block}", has_id=True)


def endings(folder: Folder) -> tuple[str, ...] | None:
    """Return what tells this film's files from another's; None if its names follow no shape."""
    if folder.links or folder.others or folder.unknown is not None:
        return None
    name = folder.name
    length = len(name)
    found: list[str] = []
    for file in folder.files:
        if file.startswith(name):
            found.append(file[length:])
        elif is_video(file):
            return None
        else:
            found.append("/" + file)
    found.sort()
    return tuple(found)


def learn(builder: Builder, folder: Folder, kind: Kind) -> Shape | None:
    """Turn a film worked out the long way into a shape; None if it is a case of its own."""
    if builder.clashes or builder.problems or kind is not Kind.MOVIES:
        return None
    source, target = f"{folder.name}/", builder.target
    pairs: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    for name, wanted in builder.root.files.items():
        old = wanted.source.removeprefix(source)
        if old.startswith(folder.name) and name.startswith(target):
            pairs.append((name[len(target) :], old[len(folder.name) :]))
        elif name == old and not old.startswith(folder.name):
            own.append(("/" + name, "/" + old))
        else:
            return None
    losses = [_cut(loss, folder.name) for loss in builder.losses if loss.file.startswith(source)]
    ignored = [_cut_path(one, folder.name) for one in builder.ignored if one.path.count("/") == 1]
    if None in losses or None in ignored:
        return None
    return Shape(
        tuple(sorted(pairs)),
        tuple(sorted(own)),
        tuple(loss for loss in losses if loss is not None),
        tuple(one for one in ignored if one is not None),
        kind,
    )


def _cut(loss: Loss, folder: str) -> Loss | None:
    """Keep a loss of a file as one of an ending."""
    file = loss.file[len(folder) + 1 :]
    if "/" in file or folder in loss.value:
        return None
    return loss._replace(file=file.removeprefix(folder) if file.startswith(folder) else "/" + file)


def _cut_path(one: Ignored, folder: str) -> Ignored | None:
    file = one.path[len(folder) + 1 :]
    return one._replace(path=file.removeprefix(folder) if file.startswith(folder) else "/" + file)


def expand(ending: str, folder: str) -> str:
    """Turn an ending back into a path."""
    return folder + ending if ending[:1] == "/" else f"{folder}/{folder}{ending}"


def in_sync(shape: Shape, folder: Folder, target: Folder | None, name: str) -> bool:
    """Whether the target folder holds exactly the shape's files, by inode."""
    if target is None or len(target.files) != len(shape.pairs) + len(shape.own):
        return False
    if target.links or target.others or target.ignored or target.unknown is not None:
        return False
    there, here, old = target.files, folder.files, folder.name
    for new_end, old_end in shape.pairs:
        if there.get(name + new_end) != here[old + old_end]:
            return False
    return all(there.get(new[1:]) == here[old_name[1:]] for new, old_name in shape.own)


def fill(shape: Shape, builder: Builder, folder: Folder) -> None:
    """Say of a film what its shape says."""
    want, name, old, files, details = builder.root, builder.target, folder.name, folder.files, folder.details
    for new_end, old_end in shape.pairs:
        _put(want, name + new_end, f"{old}/{old}{old_end}", files[old + old_end], details)
    for new_name, old_name in shape.own:
        _put(want, new_name[1:], old + old_name, files[old_name[1:]], details)
    builder.losses += [loss._replace(file=expand(loss.file, old)) for loss in shape.losses]
    builder.ignored += [one._replace(path=expand(one.path, old)) for one in shape.ignored]


def _put(want: Want, name: str, source: str, inode: int, details: dict[str, tuple[int, int]] | None) -> None:
    want.files[name] = Wanted(source, inode, details[source.rpartition("/")[2]] if details else None)
