"""Shows: season folders and episode names."""

from __future__ import annotations

import re

from ..model import Layout
from .tokens import ID

_SEASON = re.compile(
    r"(?:.*[ ._-])?(?:season|series|staffel|saison|temporada|stagione|seizoen|säsong|sæson|sesong|kausi|sezon|сезон)"
    r"[ ._-]*(\d{1,4})(?:[ ._]*(?:[\[(]|- ).*)?",
    re.IGNORECASE | re.DOTALL,
)
_SHORT_SEASON = re.compile(r"s(\d{1,4})", re.IGNORECASE)
_BOTH_KNOW = re.compile(r"season \d{1,4}|specials", re.IGNORECASE)

EPISODE = re.compile(
    r"(?<![A-Za-z0-9])s\d{1,4}[ ._-]*e(?:p)?\d{1,4}(?!\d)|(?<![A-Za-z0-9])\d{1,2}x\d{2,3}(?![A-Za-z0-9])", re.IGNORECASE
)
DATE = re.compile(r"(?<!\d)(?:\d{4}[._-]\d{2}[._-]\d{2}|\d{2}[._-]\d{2}[._-]\d{4})(?!\d)")
ABSOLUTE = re.compile(r" - (\d{2,4})(?:v\d)?(?=[ ._\[(-]|$)")

_RANGE = re.compile(r"(s\d{1,4}[ ._]?e(\d{1,4}))(?:x?-?xe|-|x)(\d{1,4})(?=[ ._\-]|$)", re.IGNORECASE)


def season(name: str) -> int | None:
    """Return the number of a season folder; 0 are the specials."""
    if name.lower() == "specials":
        return 0
    match = _SEASON.fullmatch(name) or _SHORT_SEASON.fullmatch(name)
    return int(match[1]) if match else None


def map_season(name: str, source: Layout, target: Layout) -> str:
    """Name a season folder as the target knows it; a name both know stays."""
    number = season(name)
    if number is None or source is target or target is Layout.JELLYFIN or _BOTH_KNOW.fullmatch(name):
        return name
    return "Specials" if number == 0 else f"Season {number:02d}"


def map_episode(stem: str, folder_name: str, target_folder: str, target: Layout) -> str:
    """Name an episode as the target knows it: only ids and ranges differ between the two."""
    if stem.startswith(folder_name) and not stem[len(folder_name) : len(folder_name) + 1].isalnum():
        stem = target_folder + stem[len(folder_name) :]
    elif "{" in stem or "[" in stem:
        stem = ID.sub(lambda match: _spell(match, target), stem)
    if target is Layout.PLEX:
        stem = _RANGE.sub(_spell_range, stem)
    return stem


def _spell(match: re.Match[str], target: Layout) -> str:
    key, value = match[1] or match[3] or "imdb", match[2] or match[4] or match[5]
    if not value:
        return match[0]
    return f"{{{key.lower()}-{value}}}" if target is Layout.PLEX else f"[{key.lower()}id-{value}]"


def _spell_range(match: re.Match[str]) -> str:
    first, last = int(match[2]), int(match[3])
    return f"{match[1]}-E{match[3]}" if last > first else match[0]
