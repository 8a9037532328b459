"""One server with several addresses, some of them lying."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from unittest.mock import patch

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import connection as module, errors, transport as transport_module, wire
from custom_components.plex_steward.plex.connection import Connection, most_telling, probe_all
from custom_components.plex_steward.plex.models import Address, Place
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving

ACCESS = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE)
X = {"/x": {"size": 0, "name": "answer"}}


class House:
    """A session, and servers that come and go."""

    def __init__(self, session: aiohttp.ClientSession, stack: AsyncExitStack) -> None:
        self.session = session
        self.changes = 0
        self._stack = stack

    async def server(self, **changes) -> StandIn:
        return await self._stack.enter_async_context(serving(StandIn(**{"replies": dict(X)} | changes)))

    def connection(self, *addresses: Address) -> Connection:
        return Connection(self.session, ACCESS, addresses, on_change=self._changed)

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def house():
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(session, stack)


@pytest.fixture(autouse=True)
def no_clock(monkeypatch):
    """Let nobody wait for a search to be allowed again, and choose as if every machine were fast."""
    monkeypatch.setattr(module, "SEARCH_PAUSE", 0)
    monkeypatch.setattr(module, "GRACE", 60.0)


def test_ranking():
    best_first = [
        Address("http://typed:1", Place.REMOTE, manual=True),
        Address("https://local:1"),
        Address("https://local6:1", ipv6=True),
        Address("http://local:1"),
        Address("https://remote:1", Place.REMOTE),
        Address("http://remote:1", Place.REMOTE),
        Address("https://relay:1", Place.RELAY),
    ]
    mixed = best_first[::-1]
    mixed.sort(key=lambda address: address.rank)
    assert mixed == best_first
    assert [Address.from_dict(address.as_dict()) for address in best_first] == best_first


async def test_the_best_address_that_answers_is_used(house):
    remote, local = await house.server(), await house.server()
    connection = house.connection(Address(remote.url, Place.REMOTE), Address(local.url))
    assert await connection.get("/x") == X["/x"]
    assert connection.url == local.url
    assert connection.address == Address(local.url)
    assert connection.endpoint() == (local.url, ACCESS)
    assert not remote.knows_token()
    assert house.changes == 1


async def test_a_stranger_never_hears_the_token(house):
    """The one promise: another server behind a known address is asked who it is, and nothing else."""
    stranger, ours = await house.server(machine="stranger"), await house.server()
    connection = house.connection(Address(stranger.url), Address(ours.url, Place.REMOTE))
    assert await connection.get("/x") == X["/x"]
    assert connection.url == ours.url
    assert stranger.paths == ["GET /identity"]
    assert not stranger.knows_token()
    assert CLIENT_ID not in stranger.heard

    alone = house.connection(Address(stranger.url))
    for attempt in (
        alone.connect(),
        alone.request("PUT", "/x"),
        alone.get("/x"),
        alone.websocket("/x", heartbeat=30),
        anext(alone.stream("/x")),
    ):
        with pytest.raises(errors.WrongServer) as caught:
            await attempt
        assert caught.value.found == "stranger"
        assert "stranger" not in str(caught.value)
    assert set(stranger.paths) == {"GET /identity"}
    assert not stranger.knows_token()
    assert CLIENT_ID not in stranger.heard


async def test_a_stranger_who_moves_in_later_never_hears_the_token(house, monkeypatch):
    """The router gives the server's address to another machine between two calls."""
    monkeypatch.setattr(transport_module, "TRUST", -1.0)  # long ago
    plex = await house.server()
    connection = house.connection(Address(plex.url))
    await connection.get("/x")
    plex.machine = "stranger"
    plex.seen.clear()
    with pytest.raises(errors.WrongServer):
        await connection.get("/x")
    assert set(plex.paths) == {"GET /identity"}
    assert not plex.knows_token()


async def test_each_handshake_of_a_websocket_asks_first(house):
    """Just heard or not: aiohttp may carry it to a new line by itself."""
    plex = await house.server()
    plex.replies["/ws"] = plex.websocket
    connection = house.connection(Address(plex.url))
    await connection.get("/x")
    plex.seen.clear()
    socket = await connection.websocket("/ws", heartbeat=30)
    await socket.close()
    assert plex.paths == ["GET /identity", "GET /ws"]
    plex.machine = "stranger"
    plex.seen.clear()
    with pytest.raises(errors.WrongServer):
        await connection.websocket("/ws", heartbeat=30)
    assert set(plex.paths) == {"GET /identity"}


async def test_a_stranger_after_a_broken_line_never_hears_the_token(house):
    """However short the time was: a broken line may come back to another machine."""
    plex = await house.server()
    connection = house.connection(Address(plex.url))
    await connection.get("/x")
    plex.fault = "drop"
    with pytest.raises(errors.Unreachable):
        await connection.get("/x")
    plex.fault, plex.machine = None, "stranger"
    plex.seen.clear()
    with pytest.raises(errors.WrongServer):
        await connection.get("/x")
    assert set(plex.paths) == {"GET /identity"}
    assert not plex.knows_token()


async def test_who_answers_is_asked_once_while_the_line_is_busy(house):
    plex = await house.server()
    connection = house.connection(Address(plex.url))
    await connection.connect()
    for _ in range(3):
        await connection.get("/x")
    # once by the search, once by the line that carries the token
    assert plex.paths.count("GET /identity") == 2


async def test_another_address_takes_over_and_the_better_one_comes_back(house):
    remote, local = await house.server(), await house.server()
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    await connection.get("/x")
    local.fault = "drop"
    assert await connection.get("/x") == X["/x"]
    assert connection.url == remote.url
    assert not await connection.improve()
    assert connection.url == remote.url
    local.fault, local.machine = None, "stranger"
    assert not await connection.improve()
    local.machine = MACHINE
    assert await connection.improve()
    assert connection.url == local.url
    assert not await connection.improve()
    assert house.changes == 3
    assert await connection.get("/x") == X["/x"]


async def test_what_changes_something_is_not_sent_twice(house):
    async def takes_and_dies(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    remote, local = await house.server(), await house.server()
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    await connection.connect()
    local.replies["/x"] = takes_and_dies
    with pytest.raises(errors.Unreachable) as caught:
        await connection.request("POST", "/x")
    assert caught.value.sent
    assert local.paths.count("POST /x") == 1
    assert "POST /x" not in remote.paths


async def test_what_never_arrived_is_sent_elsewhere(house):
    remote, local = await house.server(), await house.server()
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    await connection.connect()
    local.fault = 502  # a proxy that lost its server: already the question who it is gets no answer
    await connection.request("PUT", "/x")
    assert "PUT /x" not in local.paths
    assert remote.paths.count("PUT /x") == 1


async def test_a_slow_answer_is_not_asked_for_twice(house):
    async def slow(request: web.Request) -> web.StreamResponse:
        await plex.release.wait()
        return web.Response()

    plex = await house.server(replies={"/slow": slow})
    connection = house.connection(Address(plex.url))
    with pytest.raises(errors.TimedOut):
        await connection.request("GET", "/slow", timeout=0.5)
    assert plex.paths.count("GET /slow") == 1
    assert connection.url == plex.url


async def test_a_listing_moves_to_another_address_only_before_it_began(house):
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    remote, local = await house.server(), await house.server()
    remote.replies["/list"] = local.replies["/list"] = web.Response(text="<whole/>")
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    local.replies["/list"] = 504
    local.replies["/identity"] = 504
    assert b"".join([chunk async for chunk in connection.stream("/list", page=(0, 10))]) == b"<whole/>"
    assert remote.seen[-1].headers["Accept"] == "application/xml"
    remote.replies["/list"] = half
    got = []
    with pytest.raises(errors.Unreachable):
        got.extend([chunk async for chunk in connection.stream("/list")])
    assert remote.paths.count("GET /list") == 2


@pytest.mark.parametrize(
    ("status", "error"), [(401, errors.Unauthorized), (403, errors.Forbidden), (503, errors.NotReady)]
)
async def test_a_server_that_answers_badly_is_still_the_server(house, status, error):
    remote, local = await house.server(), await house.server()
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    await connection.connect()
    local.replies["/x"] = status
    with pytest.raises(error):
        await connection.get("/x")
    assert connection.url == local.url
    assert not remote.knows_token()


async def test_the_most_telling_failure_is_raised(house):
    stranger, starting = await house.server(machine="stranger"), await house.server(fault=503)
    other = await house.server(replies={"/identity": 404})
    with pytest.raises(errors.NotReady):
        await house.connection(*(Address(server.url) for server in (stranger, starting, other))).connect()
    with pytest.raises(errors.WrongServer):
        await house.connection(*(Address(server.url) for server in (other, stranger))).connect()
    with pytest.raises(errors.NotPlex):
        await house.connection(Address(other.url), Address("http://nonsense:99999")).connect()
    empty = house.connection()
    with pytest.raises(errors.Unreachable) as caught:
        await empty.connect()
    assert caught.value.reason == "no_address"
    assert empty.url is None
    with pytest.raises(errors.Unreachable):
        empty.endpoint()
    assert isinstance(most_telling([errors.InvalidAnswer(), errors.TimedOut()]), errors.TimedOut)


async def test_ten_callers_search_once(house, monkeypatch):
    monkeypatch.setattr(module, "SEARCH_PAUSE", 3600)
    plex = await house.server(fault="drop")
    connection = house.connection(Address(plex.url))
    results = await asyncio.gather(*(connection.get("/x") for _ in range(10)), return_exceptions=True)
    assert {type(result) for result in results} == {errors.Unreachable}
    searched_again = AssertionError("searched again")
    with patch.object(connection, "_best", side_effect=searched_again), pytest.raises(errors.Unreachable):
        await connection.get("/x")
    plex.fault = None
    connection.update(token=TOKEN)  # something is new: no need to wait
    assert await connection.get("/x") == X["/x"]


async def test_news_of_addresses_and_token(house):
    old, new = await house.server(), await house.server()
    connection = house.connection(Address(old.url, manual=True))
    await connection.get("/x")
    connection.update(addresses=[Address(new.url, Place.REMOTE)])
    assert connection.addresses == (Address(old.url, manual=True), Address(new.url, Place.REMOTE))
    new.token = old.token = "another-token"
    with pytest.raises(errors.Unauthorized):
        await connection.get("/x")
    connection.update(token="another-token")
    assert connection.access.token == "another-token"
    assert await connection.get("/x") == X["/x"]


async def test_every_address_is_tried_without_a_token(house):
    slow, ours, stranger = await house.server(fault=503), await house.server(), await house.server(machine="stranger")
    addresses = [Address(stranger.url, Place.RELAY), Address(slow.url, Place.REMOTE), Address(ours.url)]
    results = await probe_all(house.session, addresses, expected=MACHINE)
    assert [result.address for result in results] == addresses[::-1]
    assert [type(result.error) for result in results] == [type(None), errors.NotReady, errors.WrongServer]
    assert results[0].identity is not None
    assert results[0].identity.machine_identifier == MACHINE
    assert not any(server.knows_token() for server in (slow, ours, stranger))
    unknown = await probe_all(house.session, [Address(stranger.url)], expected=None)
    assert unknown[0].identity is not None
    assert unknown[0].identity.machine_identifier == "stranger"


async def test_a_websocket_moves_too(house):
    local, remote = await house.server(fault=502), await house.server()
    remote.replies["/ws"] = remote.websocket
    connection = house.connection(Address(local.url), Address(remote.url, Place.REMOTE))
    socket = await connection.websocket("/ws", heartbeat=30)
    assert not socket.closed
    await socket.close()
    with pytest.raises(errors.NotFound):
        await connection.websocket("/nothing", heartbeat=30)
    remote.token = "another"
    with pytest.raises(errors.Unauthorized):
        await connection.websocket("/ws", heartbeat=30)


async def test_a_dead_address_delays_nobody_for_long(house, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.05)
    monkeypatch.setattr(wire, "CONNECT", 3600)
    dead, remote, relay = await house.server(fault="hang"), await house.server(), await house.server()
    connection = house.connection(Address(dead.url), Address(remote.url, Place.REMOTE), Address(relay.url, Place.RELAY))
    assert await connection.get("/x") == X["/x"]
    assert connection.url in (remote.url, relay.url)


async def test_everybody_fails_at_once(house):
    """Two callers lose the same line; what the first one's search finds is news to the second."""
    plex = await house.server()
    connection = house.connection(Address(plex.url))
    await connection.get("/x")
    plex.fault = "drop"
    results = await asyncio.gather(*(connection.get("/x") for _ in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {errors.Unreachable}
    plex.fault = None
    assert await connection.get("/x") == X["/x"]


async def test_a_reader_that_stops_early_frees_the_line(house):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        finally:
            ended.set()

    ended = asyncio.Event()
    plex = await house.server(replies={"/list": endless})
    connection = house.connection(Address(plex.url))
    async with aclosing(connection.stream("/list")) as chunks:
        async for _ in chunks:
            break
    async with asyncio.timeout(60):
        await ended.wait()
