"""Before a library's trash is emptied: finds out whether it was deleted by somebody, or lies on a disk that is away.

Plex puts everything on a missing disk into the trash, and emptying it forgets all of that for good. So the folders must
be there, looked at on the disk where Home Assistant sees them and asked of the server where it does not, and the trash
must not be fuller than the limit.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant

from ..plex.client import PlexClient
from ..plex.fields import children, flag, text
from ..plex.models import Library, Row
from .server_paths import below, within

LEAVES: Final[Mapping[str, int]] = {"movie": 1, "show": 4, "artist": 10, "photo": 13}
"""Library type -> type code of what has files."""
IGNORED: Final = frozenset({"lost+found"})
DISK_PATIENCE: Final = 30.0
"""Seconds a disk may take to answer; a network folder that is away may never do."""
PLACES: Final = 4
"""A library is sampled at so many places ..."""
PIECE: Final = 25
"""... so many items each."""
ASKED: Final = 3
"""Files the server is asked to look at, for each folder."""

TRASH: Final = {"trash": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about a library's trash."""

    trashed: int
    items: int
    """All items with files, in the trash or not."""
    reason: str = ""
    """Why it should not be emptied: `too_many`, `all`, `folder_missing`, `folder_empty`, `unreachable`; or nothing."""
    folder: str = ""
    """Which folder, as the server sees it."""


async def count(client: PlexClient, library: Library) -> int:
    """Count what emptying the trash would remove. Raises a `PlexError`."""
    return await client.count(library.key, LEAVES.get(library.type, 1), extra=TRASH)


async def look(
    hass: HomeAssistant, client: PlexClient, library: Library, limit: int, paths: Iterable[tuple[str, str]]
) -> Finding:
    """Look at a library before its trash is emptied. Raises a `PlexError`; a server that does not answer is no yes.

    `paths`: folders as the server sees them and as Home Assistant does.
    """
    kind = LEAVES.get(library.type, 1)
    trashed = await count(client, library)
    items = await client.count(library.key, kind)

    def found(reason: str = "", folder: str = "") -> Finding:
        return Finding(trashed=trashed, items=items, reason=reason, folder=folder)

    if not trashed:
        return found()
    for location in library.locations:
        if trouble := await _on_disk(hass, location, tuple(paths)):
            return found(trouble, location)
    live = await _sample(client, library, kind, items)
    if not live:
        return found("all")
    if folder := await _unreachable(client, library, live):
        return found("unreachable", folder)
    return found("too_many" if trashed > limit else "")


async def _on_disk(hass: HomeAssistant, location: str, paths: tuple[tuple[str, str], ...]) -> str:
    """Say what is wrong with a folder where Home Assistant sees it; nothing where it does not."""
    for server, here in paths:
        if within(location, server):
            place, whole = Path(here, *below(location, server)), True
        elif within(server, location):
            place, whole = Path(here), False
        else:
            continue
        try:
            async with asyncio.timeout(DISK_PATIENCE):
                trouble = await hass.async_add_executor_job(_trouble, place, whole)
        except TimeoutError:
            trouble = "folder_missing"
        if trouble:
            return trouble
    return ""


def _trouble(place: Path, whole: bool) -> str:
    """Look at a folder; only the library's `whole` folder must hold something. Blocking."""
    try:
        with os.scandir(place) as entries:
            filled = any(entry.name not in IGNORED and not entry.name.startswith(".") for entry in entries)
    except OSError:
        return "folder_missing"
    return "folder_empty" if whole and not filled else ""


async def _sample(client: PlexClient, library: Library, kind: int, items: int) -> list[Row]:
    """Fetch some items that are not in the trash, from all over the library."""
    gone = {text(row, "ratingKey") for row in await client.items(library.key, kind, size=PIECE * PLACES, extra=TRASH)}
    starts = sorted({max(0, items - PIECE) * place // (PLACES - 1) for place in range(PLACES)})
    rows = [row for start in starts for row in await client.items(library.key, kind, start=start, size=PIECE)]
    return [row for row in rows if text(row, "ratingKey") not in gone and text(row, "deletedAt") is None]


async def _unreachable(client: PlexClient, library: Library, live: list[Row]) -> str:
    """Let the server look at a few files of each folder; name a folder of which it finds none."""
    asked: dict[str, str] = {}
    for location in library.locations:
        keys = [key for row in live if _lies_in(row, location) and (key := text(row, "ratingKey"))]
        asked |= dict.fromkeys(keys[:ASKED], location)
    seen: dict[str, bool] = {}
    for key, row in (await client.metadata(asked, check_files=True)).items():
        told = [flag(part, "accessible") for part in _parts(row)]
        if key in asked and told and None not in told:
            seen[asked[key]] = seen.get(asked[key], False) or any(told)
    return next((location for location, there in seen.items() if not there), "")


def _lies_in(row: Row, location: str) -> bool:
    return any(within(text(part, "file") or "", location) for part in _parts(row))


def _parts(row: Row) -> list[Row]:
    return [part for media in children(row, "Media") for part in children(media, "Part")]
