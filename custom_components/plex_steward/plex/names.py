"""What items of the inventory are called. Blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable
from dataclasses import dataclass, field
import json
from typing import Final

from .database import Database

COLUMNS: Final = "id, kind, title, show_title, parent_title, season, episode, year"
_THESE: Final = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Name:
    """One item."""

    rating_key: int
    kind: str
    title: str = field(repr=False)
    show_title: str | None = field(repr=False)
    """Show of an episode, artist of a track."""
    parent_title: str | None = field(repr=False)
    """Season of an episode, album of a track."""
    season: int | None = None
    episode: int | None = None
    year: int | None = None


def names(database: Database, ids: Iterable[int]) -> dict[int, Name]:
    """Return the names of items by their keys; unknown ones are missing."""
    rows = database.query(f"SELECT {COLUMNS} FROM item WHERE id IN {_THESE} ORDER BY id", (json.dumps(sorted(ids)),))
    return {row[0]: Name(*row) for row in rows}
