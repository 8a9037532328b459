"""Which layout a tree is in, and why: by counting titles, never by who comes first."""

from __future__ import annotations

from collections import Counter
import re
from typing import NamedTuple

from .model import Folder, Layout
from .names.tokens import hidden, is_video, junk_folder

_JELLYFIN_ID = re.compile(r"[\[({](?:imdb|tmdb|tvdb)id\s*[-=]", re.IGNORECASE)
_PLEX_ID = re.compile(r"\{(?:imdb|tmdb|tvdb)-|\{edition-", re.IGNORECASE)
_PLEX_LABEL = re.compile(r"\[[^\[\]]*(?:\d{3,4}[pi]|4k|dvd|uhd|remux|x26[45]|hevc)[^\[\]]*\]", re.IGNORECASE)
_JELLYFIN_LABEL = re.compile(r"\s-\s+(?!(?:cd|dvd|part|pt|dis[ck])[ ._-]*\d)\S")
_JELLYFIN_FOLDERS = frozenset({"extras", "clips", "theme-music", "backdrops"})
_CLEAR = 4
"""So many times more titles must speak for a layout than against it."""


class Detection(NamedTuple):
    """A layout, or `AUTO` for undecided, and the evidence in words."""

    layout: Layout
    reasons: tuple[str, ...]


def detect(tree: Folder) -> Detection:
    """Look at every title; ids and editions decide, labels only where there are none."""
    marks: Counter[str] = Counter()
    example: dict[str, str] = {}
    for name in sorted(tree.folders):
        if hidden(name) or junk_folder(name):
            continue
        for mark in sorted(_marks(tree.folders[name])):
            marks[mark] += 1
            example.setdefault(mark, name)
    reasons = tuple(f"{mark}: {count}, for instance {example[mark]!r}" for mark, count in sorted(marks.items()))
    plex, jellyfin = marks["plex ids or editions"], marks["jellyfin ids"]
    if not plex and not jellyfin:
        plex = marks["plex labels"]
        jellyfin = max(marks["jellyfin labels"], marks["jellyfin extras folders"])
    if plex > jellyfin and (plex >= _CLEAR * jellyfin):
        return Detection(Layout.PLEX, reasons)
    if jellyfin > plex and (jellyfin >= _CLEAR * plex):
        return Detection(Layout.JELLYFIN, reasons)
    return Detection(Layout.AUTO, reasons or ("no name tells the layouts apart",))


def _marks(folder: Folder) -> set[str]:
    """Return what one title speaks for. A Jellyfin id outweighs a Plex block in the same title."""
    names = [folder.name]
    names += [name.rpartition(".")[0] for name in folder.files if is_video(name)]
    text = "\n".join(names)
    marks: set[str] = set()
    if _JELLYFIN_ID.search(text):
        marks.add("jellyfin ids")
    elif _PLEX_ID.search(text):
        marks.add("plex ids or editions")
    for name in names[1:]:
        rest = name.removeprefix(folder.name)
        if _PLEX_LABEL.search(rest) and not _JELLYFIN_LABEL.match(rest):
            marks.add("plex labels")
        if name != rest and _JELLYFIN_LABEL.match(rest):
            marks.add("jellyfin labels")
    if not _JELLYFIN_FOLDERS.isdisjoint(name.lower() for name in folder.folders):
        marks.add("jellyfin extras folders")
    return marks
