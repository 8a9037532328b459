"""Servers that misbehave: each fault ends in an error that says what it is, in time, and tells no secret."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import answers, connection as connection_module, errors, transport, wire
from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.models import Address, Place
from custom_components.plex_steward.plex.notifications import PATHS, Notifications
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, HTML, MACHINE, TOKEN, StandIn, server_tls, serving, until

SHORT = 0.3
PATIENCE = 60.0
XML = '<?xml version="1.0"?><MediaContainer size="0" friendlyName="Attic"/>'


@pytest.fixture(autouse=True)
def no_clock(monkeypatch):
    """Whatever answers may take its time, and a search is allowed again at once."""
    monkeypatch.setattr(connection_module, "SEARCH_PAUSE", 0)
    monkeypatch.setattr(wire, "CONNECT", PATIENCE)
    limited(monkeypatch, PATIENCE)


def limited(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Limit the calls that are repeated anyway."""
    monkeypatch.setattr(wire, "POLL", seconds)
    for function in (transport.Transport.request, Connection.request, Connection.get, Connection.get_json):
        assert function.__kwdefaults__ is not None
        monkeypatch.setitem(function.__kwdefaults__, "timeout", seconds)


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


def client_of(session: aiohttp.ClientSession, *urls: str, **access) -> PlexClient:
    places = (Place.LOCAL, Place.REMOTE)
    known = [Address(url, place) for url, place in zip(urls, places, strict=False)]
    words: dict[str, Any] = {
        "token": TOKEN,
        "client_id": CLIENT_ID,
        "machine_identifier": MACHINE,
        "timeout": PATIENCE,
    } | access
    return PlexClient(Connection(session, Access(**words), known))


@asynccontextmanager
async def half_open() -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """Accept every connection and never say a word."""
    lines: list[asyncio.StreamWriter] = []
    over = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        await over.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lines
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def test_half_open(session, monkeypatch):
    """It takes the connection and never answers: every kind of call ends by its limit."""
    monkeypatch.setattr(wire, "CONNECT", SHORT)
    async with half_open() as (url, lines):
        client = client_of(session, url)
        for attempt in (
            client.info(),
            client.sessions(),
            client.connection.websocket(PATHS[0], heartbeat=30),
            anext(client.stream("/library/sections/1/all")),
            client.terminate("session"),
        ):
            with pytest.raises(errors.TimedOut):
                await attempt
        assert lines


async def test_half_open_with_another_address(session, monkeypatch):
    """The way over another address is taken, long before the dead one's time is up."""
    monkeypatch.setattr(connection_module, "GRACE", 0.05)
    async with half_open() as (url, _), serving(StandIn(replies={"/": {"friendlyName": "Attic"}})) as plex:
        client = client_of(session, url, plex.url)
        assert (await client.info()).name == "Attic"
        assert client.connection.url == plex.url


async def test_a_line_that_falls_silent_in_an_answer(session, monkeypatch):
    """The head comes and the body never ends."""

    async def stuck(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"MediaContainer":')
        await plex.release.wait()
        return response

    async with serving(StandIn(replies={"/": stuck, "/library": stuck})) as plex:
        client = client_of(session, plex.url, timeout=SHORT)
        await client.connection.connect()
        with monkeypatch.context() as patch:
            limited(patch, SHORT)
            with pytest.raises(errors.TimedOut):
                await client.connection.get("/")
        with pytest.raises(errors.TimedOut):
            async for _ in client.stream("/library"):
                pass
        plex.replies["/"] = {"friendlyName": "Attic"}
        assert (await client.info()).name == "Attic"


@pytest.mark.parametrize("kind", ["request", "stream", "websocket", "write"])
async def test_a_redirect_to_another_host_takes_no_token_along(session, kind):
    """Wherever it points, nothing of ours arrives there."""
    async with serving(StandIn(machine="stranger")) as stranger, serving(StandIn()) as plex:

        async def away(request: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(f"{stranger.url}{request.path}")

        plex.replies = {"/x": away}
        way = client_of(session, plex.url).connection
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "request": lambda: way.get("/x"),
            "stream": lambda: anext(way.stream("/x")),
            "websocket": lambda: way.websocket("/x", heartbeat=30),
            "write": lambda: way.request("PUT", "/x"),
        }
        with pytest.raises(errors.PlexError):
            await calls[kind]()
        assert not stranger.knows_token()
        assert CLIENT_ID not in stranger.heard


LIES = {
    "html": web.Response(text=HTML.format("Sign in"), content_type="text/html"),
    "xml": web.Response(text=XML, content_type="application/xml"),
    "error": web.json_response({"errors": [{"code": 1001, "message": "no", "status": 401}]}),
    "empty": web.Response(body=b""),
    "list": web.json_response([{"MediaContainer": {}}]),
    "text": web.json_response("OK"),
    "truncated": web.Response(body=b'{"MediaContainer":{"size":1,"Meta', content_type="application/json"),
    "binary": web.Response(body=b"\x89PNG\r\n\x1a\n" + bytes(range(256)), content_type="application/json"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_success_that_is_none(session, lie):
    """Status 200 and no answer: it is told as an answer that cannot be read, and the address is kept."""
    async with serving(StandIn(replies=dict.fromkeys(("/", "/status/sessions", "/butler"), LIES[lie]))) as plex:
        client = client_of(session, plex.url)
        for call in (client.info(), client.sessions(), client.butler_tasks()):
            with pytest.raises(errors.InvalidAnswer):
                await call
        assert client.connection.url == plex.url


async def test_a_wrong_content_type_is_no_matter(session):
    """What counts is what it says, not what it is called."""
    text = web.Response(text='{"MediaContainer": {"friendlyName": "Attic"}}', content_type="text/html")
    async with serving(StandIn(replies={"/": text})) as plex:
        assert (await client_of(session, plex.url).info()).name == "Attic"


ABSURD: tuple[Any, ...] = (
    -1,
    0,
    2**63,
    10**400,
    -(10**400),
    1e308,
    "9" * 5000,
    "NaN",
    "-",
    True,
    None,
    [],
    {},
    "1.5e3",
)


@pytest.mark.parametrize("number", ABSURD, ids=lambda value: f"{value!r:.20}")
async def test_absurd_numbers_are_unknown(session, number):
    """Whatever stands where a number should: no crash, and no invented one."""
    rows: dict[str, Any] = {
        "/": {"friendlyName": "Attic", "transcoderActiveVideoSessions": number},
        "/library/sections": {
            "Directory": [{"uuid": "u", "key": "1", "contentChangedAt": number, "scannedAt": number, "hidden": number}]
        },
        "/activities": {"Activity": [{"uuid": "a", "progress": number}]},
        "/updater/status": {"checkedAt": number},
        "/:/prefs": {"Setting": [{"id": "X", "type": "int", "value": number}]},
    }
    async with serving(StandIn(replies=rows)) as plex:
        client = client_of(session, plex.url)
        try:
            await client.info()
            (library,) = await client.libraries()
            (activity,) = await client.activities()
            await client.update_status()
            assert set(await client.settings()) == {"X"}
        except errors.InvalidAnswer:
            return  # digits without end are no JSON at all
        assert library.scanned_at is None or library.scanned_at.year >= 1970
        assert activity.progress is None or 0 <= activity.progress <= 100
        assert answers.moment({"at": number}, "at") is None or number == "1.5e3" or number is True


@pytest.mark.parametrize("total", [-5, "many", None, 10**400])
async def test_a_total_that_is_none(session, total):
    """A listing that does not say how long it is cannot be counted."""
    async with serving(StandIn(replies={"/library/sections/1/all": {"totalSize": total}})) as plex:
        client = client_of(session, plex.url)
        if total == -5:
            assert await client.count("1", 1) == -5  # as told; nothing is removed for it, see the inventory
        else:
            with pytest.raises(errors.InvalidAnswer):
                await client.count("1", 1)


async def test_another_certificate_than_before(tmp_path, session, monkeypatch):
    """A certificate nobody vouches for, from one day to the next: nothing is said to who holds it."""
    context, _ = server_tls(tmp_path, "127.0.0.1")
    async with serving(StandIn(replies={"/": {"friendlyName": "Attic"}}), tls=context) as plex:
        trusting = client_of(session, plex.url, verify_ssl=False)
        assert (await trusting.info()).name == "Attic"
        plex.seen.clear()
        with pytest.raises(errors.CertificateInvalid) as caught:
            await client_of(session, plex.url).info()
        assert caught.value.reason == "self_signed"
        assert plex.seen == []


async def test_a_push_channel_that_opens_and_hangs(session):
    """The handshake is answered and then the line is dead: its silence is noticed, and a new line is tried."""

    async def mute(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        plex.sockets.append(socket)
        if len(plex.sockets) < 3:
            await plex.release.wait()
        async for _ in socket:
            pass
        return socket

    async with serving(StandIn(replies={PATHS[0]: mute})) as plex:
        states: list[bool] = []
        channel = Notifications(
            client_of(session, plex.url).connection,
            lambda _: None,
            on_state=states.append,
            heartbeat=0.2,
            back_off=(0.01, 0.02),
        )
        task = asyncio.create_task(channel.run())
        await until(lambda: len(plex.sockets) >= 3)
        channel.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert states[:5] == [True, False, True, False, True]
