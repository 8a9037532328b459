"""Sessions over HTTP: the list, ending one, transcodes, the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container, done, refuse
from .keys import STATE
from .query import asked_page

if TYPE_CHECKING:
    from .model import Attrs

routes = web.RouteTableDef()


@routes.get("/status/sessions")
async def sessions(request: web.Request) -> web.Response:
    """List what plays."""
    return answer(request, container(request.app[STATE].sessions.nodes()))


@routes.get("/status/sessions/background")
async def background(request: web.Request) -> web.Response:
    """List background conversions: none."""
    return answer(request, container())


@routes.get("/status/sessions/terminate")
@routes.post("/status/sessions/terminate")
async def terminate(request: web.Request) -> web.Response:
    """End a playback with a reason: 401 without the feature, 403 for an empty id, 400 without one, 404 unknown."""
    state = request.app[STATE]
    if not state.quirks.plex_pass:
        refuse(401)
    if state.quirks.terminate_status != 200:
        refuse(state.quirks.terminate_status)
    session = request.query.get("sessionId")
    if session is None:
        refuse(400)
    if not session:
        refuse(403)
    if not state.sessions.terminate(session, request.query.get("reason", "")):
        refuse(404)
    return done()


@routes.get("/transcode/sessions")
async def transcodes(request: web.Request) -> web.Response:
    """List the transcodes."""
    return answer(request, container(request.app[STATE].sessions.transcodes()))


@routes.delete("/transcode/sessions/{key}")
async def kill(request: web.Request) -> web.Response:
    """Kill a transcode."""
    if not request.app[STATE].sessions.kill_transcode(request.match_info["key"]):
        refuse(404)
    return done()


@routes.get("/status/sessions/history/all")
async def history(request: web.Request) -> web.Response:
    """List what was played to its end, newest first."""
    library = request.app[STATE].library
    played = [item for item in library.items.values() if item.last_viewed_at]
    played.sort(key=lambda item: item.last_viewed_at or 0, reverse=True)
    total, root, headers = len(played), dict[str, str | int | float | bool | None](), dict[str, str]()
    asked = asked_page(request)
    if asked is not None:
        start, size = asked
        played = played[start : start + size]
        root = {"totalSize": total, "offset": start}
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Total-Size": str(total)}
    nodes = []
    for item in played:
        attrs: Attrs = {
            "historyKey": f"/status/sessions/history/{item.id}",
            "key": item.key,
            "ratingKey": str(item.id),
            "librarySectionID": str(item.section.id),
            "title": item.title,
            "type": item.type,
            "viewedAt": item.last_viewed_at,
            "accountID": 1,
            "deviceID": 1,
        }
        nodes.append(Node("Track" if item.type == "track" else "Video", attrs))
    return answer(request, container(nodes, **root), headers)
