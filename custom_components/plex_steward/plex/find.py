"""Questions to the inventory, answered from its file. Everything here blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable
from dataclasses import dataclass
import json
from typing import Any, Final

from .columns import split
from .database import Database
from .query import ITEM_FIELDS, MAX_LIMIT, SORT_COLUMNS, Query, conditions

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
    text = where.text(joined=False)
    plain = [name for name in query.fields if name != "versions"]
    columns = ", ".join(["item.id", *(ITEM_FIELDS[name] for name in plain)])
    direction = " DESC" if query.descending else ""
    order = ", ".join(f"{part.strip()}{direction} NULLS LAST" for part in SORT_COLUMNS[query.sort].split(","))
    source = " FROM item JOIN library ON library.id = item.library"
    rows = database.query(
        f"SELECT {columns}{source}{text} ORDER BY {order}, item.id LIMIT ? OFFSET ?",
        [*where.values, max(0, min(query.limit, MAX_LIMIT)), max(0, query.offset)],
    )
    ((total,),) = database.query(f"SELECT count(*) FROM item{text}", where.values)
    items = [dict(zip(plain, row[1:], strict=True)) for row in rows]
    for item in items:
        if "genres" in item:
            item["genres"] = split(item["genres"])
    if "versions" in query.fields:
        versions = _versions(database, [row[0] for row in rows])
        for item, row in zip(items, rows, strict=True):
            item["versions"] = versions.get(row[0], [])
    return Found(items, int(total))


def group(database: Database, query: Query, by: str) -> list[Group]:
    """Break the items that fit down by one field, most first; an item counts in every group it belongs to.

    Raises KeyError for a field that does not exist.
    """
    where = conditions(query)
    listed = _LIST_GROUPS.get(by)
    value = listed or _VERSION_GROUPS.get(by) or _ITEM_GROUPS[by]
    versions = by in _VERSION_GROUPS or (listed or "").startswith("version.")
    source = " FROM item JOIN library ON library.id = item.library"
    if versions:
        source += " JOIN version ON version.item = item.id"
    parts = " LEFT JOIN part ON part.item = item.id" + (" AND part.version IS version.id" if versions else "")
    text = where.text(joined=versions)
    if listed:
        return _members(database, f"{source}{parts}", text, value, where.values)
    counted = database.query(
        f"SELECT {value} AS value, count(DISTINCT item.id){source}{text} GROUP BY value", where.values
    )
    sized = database.query(
        f"SELECT value, sum(size) FROM (SELECT {value} AS value, max(part.size) AS size{source}{parts}{text}"
        " GROUP BY value, part.mark) GROUP BY value",
        where.values,
    )
    sizes = dict(sized)
    return _sorted(Group(found, count, sizes.get(found) or 0) for found, count in counted)


def _members(database: Database, source: str, text: str, value: str, values: list[Any]) -> list[Group]:
    """Group by the members of a set (`|en|de|`): two versions of an item may share some of them."""
    items: dict[str | None, set[int]] = {}
    files: dict[str | None, dict[int | None, int]] = {}
    rows = database.query(f"SELECT {value}, item.id, part.mark, part.size{source}{text}", values)
    for joined, item, mark, size in rows:
        for member in split(joined) or (None,):
            items.setdefault(member, set()).add(item)
            files.setdefault(member, {})[mark] = size or 0
    return _sorted(Group(member, len(found), sum(files[member].values())) for member, found in items.items())


def _sorted(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.count, str(group.value)))


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
