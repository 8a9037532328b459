"""Single items, batches of ids, children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container, done, refuse
from .keys import STATE
from .nodes import item_node
from .sections import page, root_of, wanted_view
from .tokens import account_of

if TYPE_CHECKING:
    from .model import Attrs, Item

routes = web.RouteTableDef()


def items_of(request: web.Request) -> list[Item]:
    """Give the items of the path; unknown ids of a batch are left out, one unknown id alone is 404."""
    state = request.app[STATE]
    account = account_of(request, state.accounts)
    found: list[Item] = []
    for word in request.match_info["ids"].split(","):
        item = state.library.items.get(int(word)) if word.isdigit() else None
        if item is not None and account.sees(item.section.id):
            found.append(item)
    if not found:
        refuse(404)
    return found


@routes.get("/library/metadata/{ids}")
async def metadata(request: web.Request) -> web.Response:
    """Give whole items."""
    items = items_of(request)
    view = wanted_view(request, full=True)
    nodes = [item_node(item, view) for item in items]
    for node, item in zip(nodes, items, strict=True):
        if request.query.get("includeExtras") == "1":
            node.children.append(Node("Extras", {"size": 1}, [_extra(item)]))
    root: Attrs = {"allowSync": True, "identifier": "com.plexapp.plugins.library"}
    section = items[0].section
    root |= {
        "librarySectionID": section.id,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
    }
    return answer(request, container(nodes, **root))


def _extra(item: Item) -> Node:
    """Make a trailer with media of its own: a trap for who collects Media everywhere."""
    number = 900_000_000 + item.id
    part = Node(
        "Part", {"id": number, "key": f"/library/parts/{number}/file.mp4", "size": 1_000_000, "container": "mp4"}
    )
    media = Node("Media", {"id": number, "videoResolution": "720", "videoCodec": "h264", "container": "mp4"}, [part])
    attrs: Attrs = {"ratingKey": str(number), "type": "clip", "subtype": "trailer", "title": f"{item.title}: trailer"}
    return Node("Video", attrs, [media])


@routes.get("/library/metadata/{ids}/children")
async def children(request: web.Request) -> web.Response:
    """Give the seasons of a show, the episodes of a season, the albums of an artist, the tracks of an album."""
    item = items_of(request)[0]
    node, headers = page(request, list(item.children), wanted_view(request), _below(item))
    return answer(request, node, headers)


@routes.get("/library/metadata/{ids}/allLeaves")
async def leaves(request: web.Request) -> web.Response:
    """Give the episodes of a show or the tracks of an artist."""
    item = items_of(request)[0]
    below = [leaf for child in item.children for leaf in (child.children or [child])]
    node, headers = page(request, below, wanted_view(request), _below(item))
    return answer(request, node, headers)


def _below(item: Item) -> Attrs:
    return {**root_of(item.section), "key": str(item.id), "parentTitle": item.title, "parentIndex": item.index}


@routes.put("/library/metadata/{ids}/refresh")
async def refresh(request: web.Request) -> web.Response:
    """Read an item's metadata again, which moves its time of change."""
    state = request.app[STATE]
    for item in items_of(request):
        state.library.touch(item)
        state.timeline(item, 5)
    return done()


@routes.delete("/library/metadata/{ids}")
async def delete(request: web.Request) -> web.Response:
    """Delete items for good (in the model; no file is touched)."""
    state = request.app[STATE]
    for item in items_of(request):
        state.timeline(item, 9)
        state.library.remove(item)
    return done()
