"""Sections and their listings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container, encode, refuse, wants_json
from .keys import STATE
from .meta import meta_node
from .model import TOP, TYPE_NAMES
from .nodes import View, item_node, view_of
from .query import BadFilter, asked_page, order, pairs, select
from .tokens import account_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Attrs, Item, Section
    from .state import State

routes = web.RouteTableDef()

SELECTIONS = 8


def section_of(request: web.Request) -> Section:
    """Give the section of the path; answers 404 for an unknown or unseen one."""
    state = request.app[STATE]
    number = request.match_info["section"]
    section = state.library.sections.get(int(number)) if number.isdigit() else None
    if section is None or not account_of(request, state.accounts).sees(section.id):
        refuse(404)
    return section


def section_node(section: Section) -> Node:
    """Make the Directory of a section."""
    attrs: Attrs = {
        "allowSync": True,
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "composite": f"/library/sections/{section.id}/composite/{section.updated_at}",
        "filters": True,
        "refreshing": section.refreshing,
        "thumb": f"/:/resources/{section.type}.png",
        "key": str(section.id),
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "updatedAt": section.updated_at,
        "createdAt": section.created_at,
        "scannedAt": section.scanned_at,
        "content": True,
        "directory": True,
        "contentChangedAt": section.content_changed_at,
        "hidden": section.hidden,
    }
    places = [Node("Location", {"id": section.id * 10 + n, "path": path}) for n, path in enumerate(section.locations)]
    return Node("Directory", attrs, places)


@routes.get("/library")
async def library(request: web.Request) -> web.Response:
    """Name what the library has."""
    children = [Node("Directory", {"key": key, "title": key}) for key in ("sections", "recentlyAdded", "onDeck")]
    return answer(request, container(children, title1="Plex Library", allowSync=False))


@routes.get("/library/sections")
@routes.get("/library/sections/all")
async def sections(request: web.Request) -> web.Response:
    """List the sections this account sees."""
    state = request.app[STATE]
    account = account_of(request, state.accounts)
    nodes = [section_node(section) for section in state.library.sections.values() if account.sees(section.id)]
    return answer(request, container(nodes, allowSync=False, title1="Plex Library"))


@routes.get("/library/sections/{section}")
async def one_section(request: web.Request) -> web.Response:
    """Name the ways into a section."""
    section = section_of(request)
    keys = ("all", "unwatched", "recentlyAdded", "folder")
    children = [Node("Directory", {"key": key, "title": key}) for key in keys]
    return answer(
        request, container(children, librarySectionID=section.id, title1=section.title, viewGroup="secondary")
    )


def page(request: web.Request, items: list[Item], view: View, root: Attrs) -> tuple[Node, dict[str, str]]:
    """Cut the page that was asked for, and say so in the headers."""
    state = request.app[STATE]
    limit = request.query.get("limit", "")
    if limit.isdigit():
        items = items[: int(limit)]
    asked = asked_page(request)
    total = len(items)
    headers: dict[str, str] = {}
    if asked is not None:
        start, size = asked
        if state.quirks.page_cap:
            size = min(size, state.quirks.page_cap)
        items = items[start : start + size]
        root = {**root, "totalSize": total, "offset": start}
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Total-Size": str(total)}
    return container([item_node(item, view) for item in items], **root), headers


def root_of(section: Section) -> Attrs:
    """Give the attributes of a listing's root."""
    return {
        "allowSync": True,
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": section.id,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        "mediaTagPrefix": "/system/bundle/media/flags/",
        "mediaTagVersion": 1_735_000_000,
        "title1": section.title,
        "viewGroup": TOP[section.type],
    }


def wanted_view(request: web.Request, *, full: bool = False) -> View:
    """Read the wishes of a request; answers 500 where this server cannot include elements."""
    quirks = request.app[STATE].quirks
    query: Mapping[str, str] = request.query
    if quirks.include_elements == "error" and "includeElements" in query:
        refuse(500)
    version = request.headers.get("X-Plex-Pms-Api-Version", "")
    view = view_of(query, version, quirks.include_elements, full=full, details=quirks.stream_details)
    return replace(view, unmounted=quirks.unmounted)


def chosen(section: Section, request: web.Request) -> list[Item]:
    """Filter and order the items of a section; with the answer cache on, the last few selections are kept too."""
    state = request.app[STATE]
    name = request.query.get("type", "")
    kind = TYPE_NAMES.get(int(name), "unknown") if name.isdigit() else TOP[section.type]
    try:
        rows = [row for row in pairs(request.raw_path.partition("?")[2]) if not row[0].startswith("X-Plex-")]
        key = repr((section.id, rows, state.library.version))
        if state.cache is not None and key in state.selections:
            return state.selections[key]
        items = order(select(section.items(kind), rows, kind), request.query.get("sort", ""))
    except BadFilter:
        refuse(400)
    if state.cache is not None:
        state.selections[key] = items
        while len(state.selections) > SELECTIONS:
            state.selections.popitem(last=False)
    return items


@routes.get("/library/sections/{section}/all")
async def listing(request: web.Request) -> web.Response:
    """List a section's items: filtered, ordered, in pages, trimmed."""
    state = request.app[STATE]
    section = section_of(request)
    key = _cache_key(request, state)
    if state.cache is not None and key in state.cache:
        body, content_type, headers = state.cache[key]
    else:
        view = wanted_view(request)
        node, headers = page(request, chosen(section, request), view, root_of(section))
        if request.query.get("includeMeta") == "1":
            node.children.insert(0, meta_node(section))
        body, content_type = encode(node, as_json=wants_json(request))
        if state.cache is not None:
            state.cache[key] = body, content_type, headers
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


def _cache_key(request: web.Request, state: State) -> str:
    asked = asked_page(request)
    rows = sorted((key, value) for key, value in request.query.items() if not key.startswith("X-Plex-"))
    version = request.headers.get("X-Plex-Pms-Api-Version", "")
    quirks = state.quirks
    rules = (quirks.include_elements, quirks.page_cap, quirks.stream_details)
    return repr((request.path, rows, asked, wants_json(request), version, rules, state.library.version))


@routes.get("/library/sections/{section}/collections")
async def collections(request: web.Request) -> web.Response:
    """List no collections."""
    node, headers = page(request, [], wanted_view(request), root_of(section_of(request)))
    return answer(request, node, headers)


@routes.get("/library/sections/{section}/recentlyAdded")
async def recently_added(request: web.Request) -> web.Response:
    """List what came last."""
    section = section_of(request)
    items = order([item for item in section.items() if item.deleted_at is None], "addedAt:desc")
    node, headers = page(request, items[:50], wanted_view(request), root_of(section))
    return answer(request, node, headers)


@routes.get("/library/sections/{section}/onDeck")
async def on_deck(request: web.Request) -> web.Response:
    """List what was begun."""
    section = section_of(request)
    items = order(begun(section), "lastViewedAt:desc")
    node, headers = page(request, items, wanted_view(request), root_of(section))
    return answer(request, node, headers)


def begun(section: Section) -> list[Item]:
    """Give the films and episodes that somebody has begun."""
    items = [item for kind in ("movie", "episode") for item in section.items(kind)]
    return [item for item in items if item.deleted_at is None and item.extra.get("viewOffset")]


@routes.get("/library/sections/{section}/unwatched")
async def unwatched(request: web.Request) -> web.Response:
    """List what nobody has seen."""
    section = section_of(request)
    items = order([item for item in section.items() if item.view_count == 0], "")
    node, headers = page(request, items, wanted_view(request), root_of(section))
    return answer(request, node, headers)


@routes.get("/library/recentlyAdded")
@routes.get("/library/onDeck")
async def across(request: web.Request) -> web.Response:
    """List what came last, or what was begun, over all sections this account sees."""
    state = request.app[STATE]
    account = account_of(request, state.accounts)
    mine = [section for section in state.library.sections.values() if account.sees(section.id)]
    if request.path.rstrip("/").endswith("onDeck"):
        items = order([item for section in mine for item in begun(section)], "lastViewedAt:desc")
    else:
        items = [item for section in mine for item in section.items() if item.deleted_at is None]
        items = order(items, "addedAt:desc")[:50]
    node, headers = page(request, items, wanted_view(request), {"identifier": "com.plexapp.plugins.library"})
    return answer(request, node, headers)
