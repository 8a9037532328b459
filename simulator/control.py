"""The control: another process steers the simulator through ``/_sim/...``, in JSON, on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import control_library, control_plextv  # noqa: F401  # they register what they can do
from .control_actions import ACTIONS, Action, Words, action
from .listening import HOST, listen
from .quirks import Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

    from .app import Simulator
    from .sessions import Viewing


def routes_of(plex: Simulator) -> list[web.RouteDef]:
    """Make the routes that steer one simulator."""
    rows = []
    for (method, path), function in ACTIONS.items():
        rows.append(web.route(method, path, _handler(plex, function)))
    return rows


def _handler(plex: Simulator, function: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        body = await request.text()
        try:
            words = json.loads(body) if body else {}
            result = function(plex, request, words)
            if asyncio.iscoroutine(result):
                result = await result
        except (KeyError, LookupError, ValueError, TypeError, StopIteration) as err:
            return web.json_response({"error": f"{type(err).__name__}: {err}"}, status=400)
        return web.json_response(result if result is not None else {})

    return handle


async def serve(plex: Simulator, stack: AsyncExitStack) -> str:
    """Listen for the control on a port of its own, which stays when the server is down; returns its address."""
    app = web.Application()
    app.add_routes(routes_of(plex))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    _, port = await listen(runner)
    return f"http://{HOST}:{port}"


def about(plex: Simulator) -> Words:
    """Tell how the simulator is reached."""
    tv = plex.plex_tv
    return {
        "url": plex.url,
        "token": plex.token,
        "machineIdentifier": plex.machine_identifier,
        "name": plex.state.prefs["FriendlyName"],
        "control": plex.control_url,
        "plex_tv": tv.url if tv else None,
        "plex_tv_page": tv.page_url if tv else None,
        "account_token": tv.account.token if tv else None,
    }


def viewing(view: Viewing) -> Words:
    """Give a playback as JSON has it."""
    return {
        "key": view.key,
        "id": view.id,
        "kind": view.kind,
        "state": view.state,
        "offset": view.offset,
        "user": view.user.name,
        "player": view.player.title,
        "title": view.item.title,
        "item": view.item.id,
        "location": view.location,
        "bandwidth": view.bandwidth,
        "hardware": view.hardware,
        "transcode": view.transcode_id,
    }


@action("GET", "state")
def state(plex: Simulator, _: web.Request, __: Words) -> Words:
    """Tell everything at a glance."""
    world = plex.state
    sections = [
        {
            "id": section.id,
            "type": section.type,
            "title": section.title,
            "locations": section.locations,
            "counts": {kind: len(items) for kind, items in section.by_type.items()},
            "trashed": len(world.library.trashed(section)),
            "refreshing": section.refreshing,
        }
        for section in world.library.sections.values()
    ]
    return {
        **about(plex),
        "sections": sections,
        "sessions": [viewing(view) for view in plex.sessions.current.values()],
        "messages": [asdict(message) for message in plex.sessions.messages],
        "quirks": plex.quirks.as_dict(),
        "scans": world.scans,
        "housekeeping": world.housekeeping,
        "butler_done": world.butler.done,
        "activities": [one.title for one in world.activities.running.values()],
        "listeners": len(world.bus.listeners),
        "requests": len(world.log),
    }


@action("GET", "sessions")
def listed(plex: Simulator, _: web.Request, __: Words) -> Any:
    """List who is watching."""
    return [viewing(view) for view in plex.sessions.current.values()]


@action("POST", "sessions")
def start(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Let somebody play something: ``kind``, ``item``, ``user``, ``player``, ``missing`` and the words of a viewing."""
    count = words.pop("count", 0)
    if count:
        for number in range(count):
            plex.sessions.start(**{"user": f"viewer {number}", **words})
        return {"sessions": len(plex.sessions)}
    return viewing(plex.sessions.start(**words))


@action("DELETE", "sessions")
def stop_all(plex: Simulator, _: web.Request, __: Words) -> None:
    """Let everybody stop."""
    plex.sessions.stop_all()


@action("POST", "sessions/{key}/{verb:pause|resume|buffer|seek|change|stop|report}")
def steer(plex: Simulator, request: web.Request, words: Words) -> Words:
    """Pause, resume, buffer, seek (``offset``), change (``kind``, ``item``, ...), stop (``quiet``) or report one."""
    view = plex.sessions[request.match_info["key"]]
    getattr(plex.sessions, request.match_info["verb"])(view, **words)
    return viewing(view)


@action("POST", "sessions/ghost")
def ghost(plex: Simulator, _: web.Request, words: Words) -> None:
    """Tell of a playback that is not listed."""
    plex.sessions.ghost(**words)


@action("GET", "messages")
def messages(plex: Simulator, _: web.Request, __: Words) -> Any:
    """List what players were told when they were ended."""
    return [asdict(message) for message in plex.sessions.messages]


@action("GET", "quirks")
def quirks(plex: Simulator, _: web.Request, __: Words) -> Words:
    """List the quirks."""
    return plex.quirks.as_dict()


@action("POST", "quirks")
def set_quirks(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Change quirks by name."""
    plex.quirks.update(words)
    return plex.quirks.as_dict()


@action("POST", "faults")
def fault(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Let requests go wrong: the words of a Fault."""
    plex.state.faults.append(Fault(**words))
    return {"faults": len(plex.state.faults)}


@action("DELETE", "faults")
def no_faults(plex: Simulator, _: web.Request, __: Words) -> None:
    """Let requests go right again."""
    plex.state.faults.clear()


@action("GET", "log")
def log(plex: Simulator, request: web.Request, _: Words) -> Any:
    """List the requests whose ``path`` starts so, of one ``method`` or all."""
    query = request.query
    return [row.as_dict() for row in plex.state.requests(query.get("path", ""), query.get("method", ""))]


@action("DELETE", "log")
def forget(plex: Simulator, _: web.Request, __: Words) -> None:
    """Forget the requests so far."""
    plex.state.log.clear()


@action("GET", "prefs")
def prefs(plex: Simulator, _: web.Request, __: Words) -> Words:
    """List the preferences by name."""
    return dict(plex.state.prefs.as_dict())


@action("POST", "prefs")
def set_prefs(plex: Simulator, _: web.Request, words: Words) -> None:
    """Change preferences as if somebody else had done it."""
    for name, value in words.items():
        plex.state.prefs[name] = value


@action("POST", "websocket")
def websocket(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Do an ``action``.

    ``drop`` (``clean``), ``silence``, ``speak``, ``flood`` (``count``), ``send`` (``type``, ``key``, ``rows``).
    """
    bus = plex.state.bus
    match words.get("action"):
        case "drop":
            return {"dropped": bus.drop(clean=bool(words.get("clean")))}
        case "silence":
            bus.silence(True)
        case "speak":
            bus.silence(False)
        case "flood":
            bus.flood(int(words.get("count", 1500)))
        case "send":
            bus.publish(words["type"], words["key"], words["rows"])
        case other:
            raise ValueError(other)
    return {"listeners": len(bus.listeners)}


@action("POST", "server")
async def server(plex: Simulator, _: web.Request, words: Words) -> Words:
    """``action``: ``stop``, ``start``, or ``restart`` (``down``, ``new_port``, ``starting``, ``keep_streams``)."""
    match words.pop("action", ""):
        case "stop":
            await plex.stop()
        case "start" | "restart":
            await plex.restart(**words)
        case other:
            raise ValueError(other)
    return about(plex)


@action("POST", "evening")
def evening(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Let the scripted evening play (``running``) at a ``speed``."""
    from .evening import Evening  # noqa: PLC0415  # its module knows the application

    plex.evening = plex.evening or Evening(plex)
    plex.evening.speed = float(words.get("speed", plex.evening.speed))
    if words.get("running", True):
        plex.evening.start()
    else:
        plex.evening.stop()
    return {"running": plex.evening.running, "speed": plex.evening.speed}
