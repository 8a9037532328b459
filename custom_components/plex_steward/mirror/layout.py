"""Which layout a tree is in, and why: by counting titles, never by who comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
import re
from typing import NamedTuple

from .model import Folder, Layout
from .names.tokens import hidden, is_video, junk_folder

_JELLYFIN_ID = re.compile(r"[\[({](?:imdb|tmdb|tvdb)id\s*[-=]", re.IGNORECASE)
_PLEX_ID = re.compile(r"\{(?:imdb|tmdb|tvdb)-|\{edition-", re.IGNORECASE)
_PLEX_LABEL = re.compile(r"\[[^\[\]]*(?:\d{3,4}[pi]|4k|dvd|uhd|remux|x26[45]|hevc)[^\[\]]*\]", re.IGNORECASE)
_JELLYFIN_LABEL = re.compile(r"\s-\s+(?!(?:cd|dvd|part|pt|dis[ck])[ ._-]*\d)\S")
_JELLYFIN_FOLDERS = frozenset({"extras", "clips", "theme-music", "backdrops"})
PLEX_IDS, JELLYFIN_IDS = "plex ids or editions", "jellyfin ids"
PLEX_LABELS, JELLYFIN_LABELS = "plex labels", "jellyfin labels"
JELLYFIN_EXTRAS = "jellyfin extras folders"
_CLEAR = 4
"""So many times more titles must speak for a layout than against it."""


class Detection(NamedTuple):
    """A layout, or `AUTO` for undecided, and the evidence in words."""

    layout: Layout
    reasons: tuple[str, ...]


def detect(tree: Folder) -> Detection:
    """Let every title vote: by ids and editions, and only where no title has any by its labels."""
    titles = [tree.folders[name] for name in sorted(tree.folders) if not hidden(name) and not junk_folder(name)]
    marks: Counter[str] = Counter()
    example: dict[str, str] = {}
    for look in (_ids, _labels):
        for folder in titles:
            for mark in look(folder):
                marks[mark] += 1
                example.setdefault(mark, folder.name)
        if marks:
            break
    reasons = tuple(f"{mark}: {count}, for instance {example[mark]!r}" for mark, count in sorted(marks.items()))
    plex = marks[PLEX_IDS] + marks[PLEX_LABELS]
    jellyfin = marks[JELLYFIN_IDS] + max(marks[JELLYFIN_LABELS], marks[JELLYFIN_EXTRAS])
    if plex > jellyfin and plex >= _CLEAR * jellyfin:
        return Detection(Layout.PLEX, reasons)
    if jellyfin > plex and jellyfin >= _CLEAR * plex:
        return Detection(Layout.JELLYFIN, reasons)
    return Detection(Layout.AUTO, reasons or ("no name tells the layouts apart",))


def nothing(tree: Folder) -> bool:
    """Tell whether a library holds no file of any title, as one does whose disk is not mounted."""
    titles = (folder for name, folder in tree.folders.items() if not hidden(name) and not junk_folder(name))
    return not any(is_video(name) for name in tree.files) and not any(_holds(folder) for folder in titles)


def _holds(folder: Folder) -> bool:
    """Whether there is, or may be, a file in a folder or below."""
    return bool(folder.files or folder.unknown) or any(_holds(one) for one in folder.folders.values())


def _ids(folder: Folder) -> Iterable[str]:
    """Yield the vote of a title's ids: its folder's, or else its files'. Jellyfin's outweighs a Plex block."""
    for text in (folder.name, "\n".join(folder.files)):
        if "{" in text or "[" in text or "(" in text:
            if _JELLYFIN_ID.search(text):
                return (JELLYFIN_IDS,)
            if _PLEX_ID.search(text):
                return (PLEX_IDS,)
    return ()


def _labels(folder: Folder) -> Iterable[str]:
    """Yield what a title's labels and extras folders speak for."""
    marks: set[str] = set()
    for name in folder.files:
        rest = name.removeprefix(folder.name) if is_video(name) else ""
        if _PLEX_LABEL.search(rest) and not _JELLYFIN_LABEL.match(rest):
            marks.add(PLEX_LABELS)
        if rest != name and _JELLYFIN_LABEL.match(rest):
            marks.add(JELLYFIN_LABELS)
    if not _JELLYFIN_FOLDERS.isdisjoint(name.lower() for name in folder.folders):
        marks.add(JELLYFIN_EXTRAS)
    return sorted(marks)
