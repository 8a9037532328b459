"""Requests that go wrong: what a fault makes of an answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from .answers import error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .quirks import Fault
    from .state import State

MARKERS = (b' title="', b'"title":"')
SPOILING = frozenset({"truncate", "cut", "broken_utf8", "invalid_xml"})
LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Who are you?</form></body></html>"


async def strike(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]], state: State
) -> web.StreamResponse:
    """Answer a request, with the first fault that is meant for it."""
    fault = next((one for one in state.faults if one.strikes(request.method, request.path)), None)
    if fault is None:
        return await handler(request)
    if fault.kind == "hang":
        await asyncio.Event().wait()
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    other = _instead(fault)
    if other is not None:
        return other
    response = await handler(request)
    if fault.kind not in SPOILING:
        return response
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    body = response.body
    if fault.kind == "cut":
        return await _cut(request, response, body)
    if fault.kind == "truncate":
        body = body[: len(body) // 2]
    else:
        body = _spoil(body, b"\xff\xfe\xe9" if fault.kind == "broken_utf8" else b"\x03\x0b")
    return web.Response(body=body, status=response.status, headers=_plain(response))


def _instead(fault: Fault) -> web.Response | None:
    """Give what comes in place of the answer, if anything does."""
    match fault.kind:
        case "status":
            return error(fault.status)
        case "html":
            return web.Response(text=LOGIN, content_type="text/html")
        case "redirect":
            status = fault.status if 300 <= fault.status < 400 else 302
            return web.Response(status=status, headers={"Location": fault.location})
    return None


def _plain(response: web.Response) -> dict[str, str]:
    return {key: value for key, value in response.headers.items() if key != "Content-Length"}


def _spoil(body: bytes, dirt: bytes) -> bytes:
    """Put bytes into a title near the middle of the body."""
    for marker in MARKERS:
        place = body.find(marker, len(body) // 2)
        place = body.find(marker) if place < 0 else place
        if place >= 0:
            place += len(marker)
            return body[:place] + dirt + body[place:]
    return body


async def _cut(request: web.Request, whole: web.Response, body: bytes) -> web.StreamResponse:
    """Promise the whole body and break the line in its middle."""
    response = web.StreamResponse(headers=_plain(whole) | {"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
