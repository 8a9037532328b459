"""Extras: which folders and name endings make a video one, and what the other server calls them."""

from __future__ import annotations

import re

from ..model import Layout

# Both servers compare folder names without regard to case.
_PLEX_FOLDERS = frozenset(
    {
        "behind the scenes",
        "deleted scenes",
        "featurettes",
        "interviews",
        "scenes",
        "shorts",
        "trailers",
        "other",
    }
)
_JELLYFIN_ONLY_FOLDERS = frozenset({"extras", "extra", "clips"})
_JELLYFIN_MEDIA_FOLDERS = frozenset({"theme-music", "backdrops"})

_SUFFIXES = "behindthescenes|deleted|deletedscene|featurette|interview|scene|short|trailer|other|clip|extra"
_EXTRA = re.compile(rf"(.*?)(-(?:{_SUFFIXES})|[._ ]trailer)", re.IGNORECASE | re.DOTALL)
_IN_PLEX = {"clip": "other", "extra": "other", "deletedscene": "deleted"}


def is_extras_folder(name: str) -> bool:
    """Whether either server takes the videos in it for extras."""
    lower = name.lower()
    return lower in _PLEX_FOLDERS or lower in _JELLYFIN_ONLY_FOLDERS or lower in _JELLYFIN_MEDIA_FOLDERS


def map_folder(name: str, source: Layout, target: Layout) -> tuple[str, str | None]:
    """Return the name in the target layout, and why the target has no use for it, if so."""
    lower = name.lower()
    if target is Layout.PLEX and source is Layout.JELLYFIN:
        if lower in _JELLYFIN_ONLY_FOLDERS:
            return ("other" if name.islower() else "Other"), None
        if lower in _JELLYFIN_MEDIA_FOLDERS:
            return name, "Plex has no such folder"
    if target is Layout.JELLYFIN and lower == "plex versions":
        return name, "optimised versions are a matter of Plex"
    return name, None


def split_extra(stem: str) -> tuple[str, str]:
    """Split `Film-trailer` into the name and the kind; the kind is empty for a main video."""
    if stem.lower() == "trailer":
        return "trailer", "trailer"
    if (match := _EXTRA.fullmatch(stem)) and match[1].strip():
        return match[1], match[2][1:].lower()
    return stem, ""


def write_extra(base: str, kind: str, target: Layout) -> str:
    """Write the name of an extra as the target understands it."""
    if target is Layout.PLEX:
        kind = _IN_PLEX.get(kind, kind)
    elif base == "trailer" and kind == "trailer":
        return base
    return f"{base}-{kind}"
