"""plex.tv over HTTP: bare objects and lists in JSON, elements of their own in XML."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, to_xml, wants_json
from .plextv_keys import TV
from .plextv_page import AUTH, LINK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .answers import Json
    from .model import Attrs
    from .plextv import Connection, Pin, PlexTv, Server, TvAccount

routes = web.RouteTableDef()

UNKNOWN_PIN = (1020, "Code not found or expired", 404)
UNKNOWN_USER = (1001, "User could not be authenticated", 401)
PAGES = ("/auth", "/link", "/_sim")


@web.middleware
async def rules(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Keep the log, and fail where that is asked for."""
    tv = request.app[TV]
    if not request.path.startswith(PAGES):
        tv.log.append((request.method, request.path, _client(request)))
        if tv.delay:
            await asyncio.sleep(tv.delay)
        if tv.fault:
            return web.Response(
                status=tv.fault, text="<html><body>plex.tv is ill</body></html>", content_type="text/html"
            )
    return await handler(request)


def _client(request: web.Request) -> str:
    name = "X-Plex-Client-Identifier"
    return request.headers.get(name) or request.query.get(name, "")


def _error(request: web.Request, error: tuple[int, str, int]) -> web.Response:
    code, message, status = error
    if wants_json(request):
        row: Json = {"errors": [{"code": code, "message": message, "status": status}]}
        return web.json_response(row, status=status)
    node = Node("errors", {}, [Node("error", {"code": code, "message": message, "status": status})])
    return web.Response(status=status, text=to_xml(node), content_type="application/xml")


def _stamp(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pin_answer(request: web.Request, pin: Pin, status: int = 200) -> web.Response:
    location: dict[str, Json] = {
        "code": "GB",
        "country": "United Kingdom",
        "city": "Anywhere",
        "coordinates": "0.0, 0.0",
    }
    row: dict[str, Json] = {
        "id": pin.id,
        "code": pin.code,
        "product": pin.product,
        "trusted": pin.trusted,
        "qr": f"https://plex.tv/api/v2/pins/qr/{pin.code}",
        "clientIdentifier": pin.client,
        "location": location,
        "expiresIn": pin.left(),
        "createdAt": _stamp(time.time()),
        "expiresAt": _stamp(pin.expires),
        "authToken": pin.token or None,
        "newRegistration": None,
    }
    if wants_json(request):
        return web.json_response(row, status=status)
    attrs: Attrs = {key: value for key, value in row.items() if isinstance(value, str | int | bool)}
    attrs["authToken"] = pin.token
    return web.Response(status=status, text=to_xml(Node("pin", attrs)), content_type="application/xml")


@routes.post("/api/v2/pins")
async def create(request: web.Request) -> web.Response:
    """Begin a sign-in: a long code for the page, or four letters to type. 400 without a client identifier."""
    strong = request.query.get("strong", "")
    if not strong and request.can_read_body:
        body = await request.text()
        try:
            strong = str(json.loads(body).get("strong", ""))
        except ValueError:
            strong = str((await request.post()).get("strong", "")) or ("true" if "strong=true" in body else "")
    client = _client(request)
    if not client:
        return _error(request, (1000, "X-Plex-Client-Identifier is missing", 400))
    product = request.headers.get("X-Plex-Product") or request.query.get("X-Plex-Product", "")
    pin = request.app[TV].begin(client, product, strong=strong.lower() in ("1", "true"))
    return _pin_answer(request, pin, 201)


@routes.get("/api/v2/pins/{pin}")
async def poll(request: web.Request) -> web.Response:
    """Look at a sign-in: the token is null until somebody approved; only the client that began may look."""
    tv = request.app[TV]
    try:
        pin = tv.pin(request.match_info["pin"])
    except KeyError:
        return _error(request, UNKNOWN_PIN)
    if pin.client != _client(request) or pin.denied:
        return _error(request, UNKNOWN_PIN)
    if not pin.left() and not pin.token:
        return _error(request, UNKNOWN_PIN) if tv.expired == "404" else _pin_answer(request, pin)
    if tv.polls_to_approve is not None:
        tv.polls_to_approve -= 1
        if tv.polls_to_approve <= 0:
            tv.approve(pin.id)
            tv.polls_to_approve = None
    return _pin_answer(request, pin)


def _account(request: web.Request, tv: PlexTv) -> TvAccount | None:
    token = request.headers.get("X-Plex-Token") or request.query.get("X-Plex-Token", "")
    return tv.accounts.get(token)


@routes.get("/api/v2/user")
async def user(request: web.Request) -> web.Response:
    """Tell who a token belongs to."""
    account = _account(request, request.app[TV])
    if account is None:
        return _error(request, UNKNOWN_USER)
    attrs: Attrs = {
        "id": account.id,
        "uuid": account.uuid,
        "username": account.name,
        "title": account.name,
        "email": account.email,
        "friendlyName": "",
        "confirmed": True,
        "hasPassword": True,
        "protected": False,
        "thumb": f"https://plex.tv/users/{account.uuid}/avatar",
        "authToken": account.token,
        "mailingListActive": False,
        "restricted": False,
        "home": False,
        "guest": False,
        "homeSize": 1,
        "homeAdmin": False,
        "maxHomeSize": 15,
        "rememberExpiresAt": None,
        "country": "GB",
        "scrobbleTypes": "",
    }
    features: list[Json] = ["pass", "session_kick", "hardware_transcoding"] if account.plex_pass else []
    status = "Active" if account.plex_pass else "Inactive"
    if wants_json(request):
        row: dict[str, Json] = {**attrs}
        row["subscription"] = {"active": account.plex_pass, "status": status, "plan": "lifetime", "features": features}
        return web.json_response(row)
    below = [Node("feature", {"id": str(feature)}) for feature in features]
    plan: Attrs = {"active": account.plex_pass, "status": status, "plan": "lifetime", "subscribedAt": "2020-01-01"}
    children = [Node("subscription", plan, [Node("features", {}, below)]), Node("profile", {"autoSelectAudio": True})]
    node = Node("user", attrs, [*children, Node("entitlements"), Node("roles"), Node("services")])
    return web.Response(text=to_xml(node), content_type="application/xml")


@routes.get("/api/v2/ping")
async def ping(request: web.Request) -> web.Response:
    """Keep a token alive."""
    if _account(request, request.app[TV]) is None:
        return _error(request, UNKNOWN_USER)
    return web.json_response({"pong": True})


def _connections(server: Server, query: dict[str, str]) -> list[dict[str, Json]]:
    from .plextv import Connection  # noqa: PLC0415  # its module is made of this one

    rows: list[Connection] = list(server.connections)
    if server.follows is not None:
        rows = [Connection.to(server.follows), *rows]
    out: list[dict[str, Json]] = []
    for row in rows:
        if (row.relay and query.get("includeRelay") != "1") or (row.ipv6 and query.get("includeIPv6") != "1"):
            continue
        host = f"[{row.address}]" if row.ipv6 else row.address
        uri = row.uri if query.get("includeHttps") == "1" else f"http://{host}:{row.port}"
        out.append(
            {
                "protocol": uri.partition(":")[0],
                "address": row.address,
                "port": row.port,
                "uri": uri,
                "local": row.local,
                "relay": row.relay,
                "IPv6": row.ipv6,
            }
        )
    return out


def _resource(server: Server) -> dict[str, Json]:
    return {
        "name": server.name,
        "product": "Plex Media Server" if "server" in server.provides else "Plex Web",
        "productVersion": server.version,
        "platform": server.platform,
        "platformVersion": "6.18",
        "device": "PC",
        "clientIdentifier": server.machine_identifier,
        "createdAt": "2020-01-01T00:00:00Z",
        "lastSeenAt": _stamp(time.time()),
        "provides": server.provides,
        "ownerId": None if server.owned else 424_242,
        "sourceTitle": server.source_title,
        "publicAddress": "203.0.113.7",
        "accessToken": server.token,
        "owned": server.owned,
        "home": False,
        "synced": False,
        "relay": True,
        "presence": server.presence,
        "httpsRequired": server.https_required,
        "publicAddressMatches": server.owned,
        "dnsRebindingProtection": False,
        "natLoopbackSupported": False,
    }


@routes.get("/api/v2/resources")
async def resources(request: web.Request) -> web.Response:
    """List the account's servers, each with a token of its own and its addresses."""
    tv = request.app[TV]
    account = _account(request, tv)
    if account is None:
        return _error(request, UNKNOWN_USER)
    mine = [server for server in tv.servers if server.accounts is None or account.token in server.accounts]
    query = dict(request.query)
    if wants_json(request):
        rows: list[Json] = []
        for server in mine:
            connections: list[Json] = [*_connections(server, query)]
            rows.append({**_resource(server), "connections": connections})
        return web.json_response(rows)
    nodes = []
    for server in mine:
        below = [Node("connection", _flat(row)) for row in _connections(server, query)]
        nodes.append(Node("resource", _flat(_resource(server)), [Node("connections", {}, below)]))
    return web.Response(text=to_xml(Node("resources", {}, nodes)), content_type="application/xml")


def _flat(row: dict[str, Json]) -> Attrs:
    return {key: "" if value is None else value for key, value in row.items() if not isinstance(value, list | dict)}


@routes.get("/auth")
@routes.get("/auth/")
async def auth_page(_: web.Request) -> web.Response:
    """Show the page that approves a PIN."""
    return web.Response(text=AUTH, content_type="text/html")


@routes.get("/link")
@routes.get("/link/")
async def link_page(_: web.Request) -> web.Response:
    """Show the page where a short code is typed."""
    return web.Response(text=LINK, content_type="text/html")


@routes.get("/_sim/pins/{pin}")
@routes.post("/_sim/pins/{pin}/{verb:approve|deny|expire}")
async def decide(request: web.Request) -> web.Response:
    """Approve or refuse a PIN, as the page's buttons do."""
    tv, which = request.app[TV], request.match_info["pin"]
    try:
        pin = tv.pin(which)
    except KeyError:
        return web.json_response({"error": "unknown pin"}, status=404)
    if not pin.left():
        return web.json_response({"error": "expired"}, status=410)
    match request.match_info.get("verb"):
        case "approve":
            tv.approve(pin.id, request.query.get("account"))
        case "deny":
            tv.deny(pin.id)
        case "expire":
            tv.expire(pin.id)
    return web.json_response({"id": pin.id, "code": pin.code, "product": pin.product, "approved": bool(pin.token)})
