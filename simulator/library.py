"""Fills a new server's library: from folders, made up, or with a few things of each type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import AGENTS
from .scanning import merge, read_section
from .synthetic import FILLERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .model import Library

SMALL = {"movie": 24, "show": 2, "artist": 2}
TITLES = {"movie": "Films", "show": "Shows", "artist": "Music"}


def fill(
    library: Library, media: Iterable[tuple[str, str, str | Path]], synthetic: int | Mapping[str, int], seed: int
) -> None:
    """Make the sections. Raises ValueError for a type that does not exist."""
    roots = list(media)
    for title, kind, folder in roots:
        if kind not in AGENTS:
            raise ValueError(kind)
        section = library.section(title, kind, [str(folder)])
        merge(library, section, read_section(section, None), None)
    counts = {"movie": synthetic} if isinstance(synthetic, int) else dict(synthetic)
    counts = {kind: count for kind, count in counts.items() if count > 0}
    if not counts and not roots:
        counts = SMALL
    taken = {section.title for section in library.sections.values()}
    for kind, count in counts.items():
        title = TITLES[kind] if TITLES[kind] not in taken else f"More {TITLES[kind].lower()}"
        section = library.section(title, kind, [f"/synthetic/{TITLES[kind].lower()}"])
        FILLERS[kind](library, section, count, seed)
