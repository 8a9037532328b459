"""Questions to the inventory, answered from its file. Everything here blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import json
from typing import Any, Final

from .columns import split
from .database import Database
from .query import ITEM_FIELDS, MAX_LIMIT, RARE, RARE_TITLES, SORT_COLUMNS, Query, Where, conditions

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
    "resolution": "look.resolution",
    "dynamic_range": "look.dynamic_range",
    "video_codec": "look.video_codec",
    "container": "look.container",
}
_LIST_GROUPS: Final = {
    "audio_profile": "look.audio_profiles",
    "audio_codec": "look.audio_codecs",
    "audio_language": "look.audio_languages",
    "subtitle_language": "look.subtitle_languages",
    "genre": "item.genres",
}
GROUPS: Final = (*_ITEM_GROUPS, *_VERSION_GROUPS, *_LIST_GROUPS)
OF_FILES: Final = frozenset(
    name for name, column in (_VERSION_GROUPS | _LIST_GROUPS).items() if column.startswith("look.")
)
"""Groups that only films, episodes and tracks are in: to ask for these kinds as well is work for nothing."""


_ITEMS: Final = " FROM item JOIN library ON library.id = item.library"


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
    rare = total <= (RARE_TITLES if query.text else RARE)
    text = where.text(rare=rare)
    plain = [name for name in query.fields if name != "versions"]
    columns = ", ".join(["item.id", *(ITEM_FIELDS[name] for name in plain)])
    direction = " DESC" if query.descending else ""
    walk = "+" if rare else ""  # a plus keeps SQLite from walking everything in order to find a few
    order = ", ".join(f"{walk}{part.strip()}{direction} NULLS LAST" for part in SORT_COLUMNS[query.sort].split(","))
    rows = database.query(
        f"SELECT {columns}{_ITEMS}{text} ORDER BY {order}, item.id LIMIT ? OFFSET ?",
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
    if where.of_files and not where.item:
        each = "count(CASE WHEN alone THEN 1 END) + count(DISTINCT CASE WHEN NOT alone THEN item END)"
        statement = f"SELECT {each} FROM version{where.text(joined=True)}"
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
    if value.startswith("look."):
        _of_looks(database, where, value, tally)
    else:
        rows = database.query(
            f"SELECT {value} AS value, count(*), sum(item.size){_ITEMS}{where.text()} GROUP BY value", where.values
        )
        for found, count, total in rows:
            tally.add(found, count, total)
        tally.take_back(_shared(database, where, value, of_version=False))
    return tally.groups()


def _of_looks(database: Database, where: Where, value: str, tally: _Tally) -> None:
    """Count by look, of which there are few, and put together those with the same value."""
    source = " FROM version JOIN item ON item.id = version.item" if where.item else " FROM version"
    text, values = where.text(joined=True), where.values
    alone, several = _also(text, "version.alone"), _also(text, "NOT version.alone")
    counts = f"SELECT version.look, count(*) AS items, sum(version.size) AS size{source}{alone} GROUP BY version.look"
    for found, count, total in database.query(
        f"SELECT {value}, items, size FROM ({counts}) AS counted JOIN look ON look.id = counted.look", values
    ):
        tally.add(found, count, total)
    looks = " JOIN look ON look.id = version.look"
    tally.add_versions(database.query(f"SELECT {value}, version.item, version.size{source}{looks}{several}", values))
    tally.take_back(_shared(database, where, value, of_version=True))


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
        source += " JOIN look ON look.id = version.look"
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
        f"SELECT version.item, version.id, audio, subtitles, {', '.join(names)}"
        " FROM version JOIN look ON look.id = version.look"
        " WHERE version.item IN (SELECT value FROM json_each(?)) ORDER BY version.item, version.id",
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
