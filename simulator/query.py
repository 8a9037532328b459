"""Listings: filters whose operator is part of the key, order, paging."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_plus

from .model import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web

    from .model import Item

type Operator = Literal["=", "!", "==", "!=", ">", "<", ">>", "<<"]

DATES: dict[str, Callable[[Item], int]] = {
    "addedAt": lambda item: item.added_at,
    "updatedAt": lambda item: item.updated_at,
    "lastViewedAt": lambda item: item.last_viewed_at or 0,
}
NUMBERS: dict[str, Callable[[Item], int]] = {
    "year": lambda item: item.year or 0,
    "viewCount": lambda item: item.view_count,
    "index": lambda item: item.index or 0,
    "duration": lambda item: item.duration,
    "ratingKey": lambda item: item.id,
    "id": lambda item: item.id,
}
TEXTS: dict[str, Callable[[Item], list[str]]] = {
    "title": lambda item: [item.title],
    "titleSort": lambda item: [item.title_sort],
    "file": lambda item: [part.file for media in item.media for part in media.parts],
    "resolution": lambda item: [str(media.attrs.get("videoResolution", "")) for media in item.media],
    "genre": lambda item: item.details.tags.get("Genre", []),
    "studio": lambda item: [str(item.details.attrs.get("studio", ""))],
    "contentRating": lambda item: [str(item.details.attrs.get("contentRating", ""))],
}
FLAGS: dict[str, Callable[[Item], bool]] = {
    "unwatched": lambda item: item.view_count == 0,
    "trash": lambda item: item.deleted_at is not None,
    "unmatched": lambda item: not item.details.guids,
    "duplicate": lambda item: len([media for media in item.media if "proxyType" not in media.attrs]) > 1,
}
UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mon": 2_592_000, "y": 31_536_000}


class BadFilter(Exception):
    """A filter the server answers with 400."""


def pairs(raw: str) -> list[tuple[str, str]]:
    """Split a query at its first equals signs, then decode: the operator stays in the key."""
    rows: list[tuple[str, str]] = []
    for piece in raw.split("&"):
        if not piece:
            continue
        key, sign, value = piece.partition("=")
        key = unquote_plus(key, errors="surrogateescape")
        if not sign and (">" in key or "<" in key):
            raise BadFilter(key)
        if value.startswith("="):
            key, value = f"{key}=", value[1:]
        rows.append((key, unquote_plus(value, errors="surrogateescape")))
    return rows


def split_key(key: str) -> tuple[str, Operator] | None:
    """Take the operator off a key; None for the trap: with an equals sign behind ``>`` or ``<`` a filter is ignored."""
    if key.endswith((">=", "<=")):
        return None
    for operator in (">>", "<<", "!=", ">", "<", "!", "="):
        if key.endswith(operator):
            return key[: -len(operator)], "==" if operator == "=" else operator
    return key, "="


def _date(value: str) -> int:
    if value.startswith("-"):
        for unit in sorted(UNITS, key=len, reverse=True):
            if value.endswith(unit) and value[1 : -len(unit)].isdigit():
                return int(time.time()) - int(value[1 : -len(unit)]) * UNITS[unit]
    try:
        return int(float(value))
    except ValueError as err:
        raise BadFilter(value) from err


def _compare(left: int, operator: Operator, right: int, *, date: bool) -> bool:
    match operator:
        case ">":
            return left > right if date else left >= right
        case "<":
            return left < right if date else left <= right
        case ">>":
            return left > right
        case "<<":
            return left < right
        case "!" | "!=":
            return left != right
    return left == right


def _matches(texts: list[str], operator: Operator, wanted: str) -> bool:
    wanted = wanted.casefold()
    folded = [text.casefold() for text in texts]
    match operator:
        case "==":
            return wanted in folded
        case "!=":
            return wanted not in folded
        case "!":
            return not any(wanted in text for text in folded)
        case "<":
            return any(text.startswith(wanted) for text in folded)
        case ">":
            return any(text.endswith(wanted) for text in folded)
    return any(wanted in text for text in folded)


def select(items: Iterable[Item], rows: list[tuple[str, str]], kind: str) -> list[Item]:
    """Keep the items that pass every filter; unknown fields are ignored. Raises BadFilter."""
    chosen = list(items)
    for key, value in rows:
        found = split_key(key)
        if found is None:
            continue
        name, operator = found
        scope, dot, rest = name.partition(".")
        if dot and scope in TYPES:
            if scope != kind:
                chosen = _of_ancestors(chosen, scope, rest, operator, value)
                continue
            name = rest
        if name in DATES:
            when, read = _date(value), DATES[name]
            chosen = [item for item in chosen if _compare(read(item), operator, when, date=True)]
        elif name in NUMBERS:
            read = NUMBERS[name]
            try:
                number = int(value)
            except ValueError as err:
                raise BadFilter(value) from err
            chosen = [item for item in chosen if _compare(read(item), operator, number, date=False)]
        elif name in TEXTS:
            texts = TEXTS[name]
            chosen = [item for item in chosen if _matches(texts(item), operator, value)]
        elif name in FLAGS and operator == "=":
            flag, wanted = FLAGS[name], value == "1"
            chosen = [item for item in chosen if flag(item) == wanted]
    return chosen


def _of_ancestors(items: list[Item], scope: str, name: str, operator: Operator, value: str) -> list[Item]:
    """Keep the items whose show, season, artist or album passes; only by number and title."""
    kept = []
    for item in items:
        for above in item.ancestors():
            if above.type != scope:
                continue
            if name == "id" and value.isdigit() and not _compare(above.id, operator, int(value), date=False):
                continue
            if name == "title" and not _matches([above.title], operator, value):
                continue
            kept.append(item)
    return kept


def order(items: list[Item], sort: str) -> list[Item]:
    """Sort by the fields of ``sort``, by title without them."""
    for clause in reversed((sort or "titleSort").split(",")):
        words = clause.split(":")
        name = words[0].rpartition(".")[2]
        down = "desc" in words[1:]
        if name in DATES or name in NUMBERS:
            number = DATES.get(name) or NUMBERS[name]
            items = sorted(items, key=number, reverse=down)
        elif name in ("titleSort", "title"):
            items = sorted(items, key=lambda item: item.title_sort, reverse=down)
    return items


def asked_page(request: web.Request) -> tuple[int, int] | None:
    """Read which page is wanted; None without both headers, since size alone is ignored."""
    start = request.headers.get("X-Plex-Container-Start") or request.query.get("X-Plex-Container-Start")
    size = request.headers.get("X-Plex-Container-Size") or request.query.get("X-Plex-Container-Size")
    if start is None or size is None:
        return None
    try:
        return max(int(start), 0), max(int(size), 0)
    except ValueError:
        return None
