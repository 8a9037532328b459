"""Questions to the inventory, answered from its file. Everything here blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import json
from typing import Any, Final

from .columns import split
from .database import Database
from .query import ITEM_FIELDS, MAX_LIMIT, RARE, SORT_COLUMNS, Query, Where, conditions

_ITEM_GROUPS: Final = {
    "library": "library.title",
    "kind": "item.kind",
    "year": "item.year",
    "decade": "item.year / 10 * 10",
    "studio": "item.studio",
    "content_rating": "item.content_rating",
    "show": "item.show_title",
}
_VERSION_GROUPS: Final = {
    "resolution": "version.resolution",
    "dynamic_range": "version.dynamic_range",
    "video_codec": "version.video_codec",
    "container": "version.container",
}
_LIST_GROUPS: Final = {
    "audio_profile": "version.audio_profiles",
    "audio_codec": "version.audio_codecs",
    "audio_language": "version.audio_languages",
    "subtitle_language": "version.subtitle_languages",
    "genre": "item.genres",
}
GROUPS: Final = (*_ITEM_GROUPS, *_VERSION_GROUPS, *_LIST_GROUPS)
OF_FILES: Final = frozenset(
    name for name, column in (_VERSION_GROUPS | _LIST_GROUPS).items() if column.startswith("version.")
)
"""Groups that only films, episodes and tracks are in: to ask for these kinds as well is work for nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer."""

    items: list[dict[str, Any]]
    total: int
    """How many there are, whatever the limit."""


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown."""

    value: str | int | None
    count: int
    """Items."""
    size: int
    """Bytes of their files; one that several items share counts once."""


def find(database: Database, query: Query) -> Found:
    """Return the items that fit. Raises KeyError for a field or sort that does not exist."""
    where = conditions(query)
    total = _total(database, where)
    if not total or query.limit <= 0:
        return Found([], total)
    rare = total <= RARE
    text = where.text(rare=rare)
    plain = [name for name in query.fields if name != "versions"]
    columns = ", ".join(["item.id", *(ITEM_FIELDS[name] for name in plain)])
    direction = " DESC" if query.descending else ""
    walk = "+" if rare else ""  # a plus keeps SQLite from walking everything in order to find a few
    order = ", ".join(f"{walk}{part.strip()}{direction} NULLS LAST" for part in SORT_COLUMNS[query.sort].split(","))
    source = " FROM item JOIN library ON library.id = item.library"
    rows = database.query(
        f"SELECT {columns}{source}{text} ORDER BY {order}, item.id LIMIT ? OFFSET ?",
        [*where.values, max(0, min(query.limit, MAX_LIMIT)), max(0, query.offset)],
    )
    items = [dict(zip(plain, row[1:], strict=True)) for row in rows]
    for item in items:
        if "genres" in item:
            item["genres"] = split(item["genres"])
    if "versions" in query.fields:
        versions = _versions(database, [row[0] for row in rows])
        for item, row in zip(items, rows, strict=True):
            item["versions"] = versions.get(row[0], [])
    return Found(items, total)


def _total(database: Database, where: Where) -> int:
    """Count what fits; conditions on files alone need no look at the items."""
    if where.version and not where.item:
        statement = f"SELECT count(DISTINCT item) FROM version{where.text(joined=True)}"
    else:
        statement = f"SELECT count(*) FROM item{where.text()}"
    ((total,),) = database.query(statement, where.values)
    return int(total)


def group(database: Database, query: Query, by: str) -> list[Group]:
    """Break the items that fit down by one field, most first; an item counts in every group it belongs to.

    Raises KeyError for a field that does not exist.
    """
    where = conditions(query)
    listed = _LIST_GROUPS.get(by)
    value = listed or _VERSION_GROUPS.get(by) or _ITEM_GROUPS[by]
    tally = _Tally(members=listed is not None)
    of_version = value.startswith("version.")
    size = "version.size" if of_version else "item.size"
    source = _source(where, value, versions=of_version)
    text, values = where.text(joined=of_version), where.values
    alone = _also(text, "version.alone") if of_version else text
    for found, count, total in database.query(
        f"SELECT {value} AS value, count(*), sum({size}){source}{alone} GROUP BY value", values
    ):
        tally.add(found, count, total)
    if of_version:
        tally.add_versions(
            database.query(f"SELECT {value}, version.item, {size}{source}{_also(text, 'NOT version.alone')}", values)
        )
    tally.take_back(_shared(database, where, value, of_version=of_version))
    return tally.groups()


def _source(where: Where, value: str, *, versions: bool) -> str:
    if not versions:
        return " FROM item JOIN library ON library.id = item.library"
    plain = not where.item and value.startswith("version.")
    return " FROM version" if plain else " FROM version JOIN item ON item.id = version.item"


def _also(text: str, condition: str) -> str:
    return f"{text} AND {condition}" if text else f" WHERE {condition}"


def _shared(database: Database, where: Where, value: str, *, of_version: bool) -> list[Any]:
    """Return (value, mark, size) of every file that several items of a library share."""
    marks = database.remembered("SELECT mark FROM part GROUP BY library, mark HAVING count(*) > 1")
    if not marks:
        return []
    source = " FROM part JOIN item ON item.id = part.item JOIN library ON library.id = item.library"
    if of_version:
        source += " JOIN version ON version.item = part.item AND version.id IS part.version"
    text = _also(where.text(joined=of_version), "part.mark IN (SELECT value FROM json_each(?))")
    return database.query(
        f"SELECT {value}, part.library, part.mark, part.size{source}{text}",
        [*where.values, json.dumps([row[0] for row in marks])],
    )


class _Tally:
    """Counts items and bytes by value; a set of values (`|en|de|`) counts for each of its members."""

    def __init__(self, *, members: bool) -> None:
        self._members = members
        self._counts: dict[str | int | None, int] = {}
        self._sizes: dict[str | int | None, int] = {}

    def _values(self, value: Any) -> Sequence[str | int | None]:
        return (split(value) or [None]) if self._members else [value]

    def add(self, value: Any, count: int, size: int | None) -> None:
        for member in self._values(value):
            self._counts[member] = self._counts.get(member, 0) + count
            self._sizes[member] = self._sizes.get(member, 0) + (size or 0)

    def add_versions(self, rows: Iterable[tuple[Any, int, int | None]]) -> None:
        """Add versions of items that have several: the item counts once in a group, its bytes all."""
        seen: set[tuple[str | int | None, int]] = set()
        for value, item, size in rows:
            for member in self._values(value):
                new = (member, item) not in seen
                seen.add((member, item))
                self._counts[member] = self._counts.get(member, 0) + new
                self._sizes[member] = self._sizes.get(member, 0) + (size or 0)

    def take_back(self, rows: Iterable[tuple[Any, int, int, int | None]]) -> None:
        """Take back what was added for files that are the same."""
        seen: set[tuple[str | int | None, int, int]] = set()
        for value, library, mark, size in rows:
            for member in self._values(value):
                if (member, library, mark) in seen:
                    self._sizes[member] -= size or 0
                seen.add((member, library, mark))

    def groups(self) -> list[Group]:
        found = [Group(value, count, self._sizes[value]) for value, count in self._counts.items()]
        return sorted(found, key=lambda group: (-group.count, str(group.value)))


def _versions(database: Database, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    names = (
        *("resolution", "dynamic_range", "dolby_vision_profile", "fallback", "video_codec", "video_profile"),
        *("frame_rate", "bit_depth", "width", "height", "bitrate", "container", "size", "duration"),
    )
    these = json.dumps(ids)
    found: dict[int, list[dict[str, Any]]] = {}
    by_version: dict[tuple[int, int | None], dict[str, Any]] = {}
    rows = database.query(
        f"SELECT item, id, audio, subtitles, {', '.join(names)} FROM version"
        " WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item, id",
        (these,),
    )
    for item, key, audio, subtitles, *values in rows:
        version = dict(zip(names, values, strict=True))
        version |= {"audio": json.loads(audio), "subtitles": json.loads(subtitles), "files": []}
        found.setdefault(item, []).append(version)
        by_version[item, key] = version
    parts = database.query(
        "SELECT item, version, file, size FROM part WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item, id",
        (these,),
    )
    for item, key, file, size in parts:
        if (item, key) in by_version:
            by_version[item, key]["files"].append({"file": file, "size": size})
    return found
