"""The push channel, through every kind of bad day."""

import asyncio
import json

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import connection as connection_module, errors
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.models import Address, Event
from custom_components.plex_steward.plex.notifications import PATHS, Notifications, parse
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving, until


def message(kind: str, key: str = "Rows", *rows: dict[str, object]) -> str:
    return json.dumps({"NotificationContainer": {"type": kind, "size": len(rows), key: list(rows)}})


class Listener:
    """Runs a channel and keeps what it says."""

    def __init__(self, session, url: str, **options) -> None:
        access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE)
        self.connection = Connection(session, access, [Address(url)])
        self.events: list[Event] = []
        self.states: list[bool] = []
        self.channel = Notifications(
            self.connection,
            self.events.append,
            on_state=self.states.append,
            **{"back_off": (0.01, 0.05)} | options,
        )


@pytest.fixture
async def plex(monkeypatch):
    monkeypatch.setattr(connection_module, "SEARCH_PAUSE", 0)
    async with serving(StandIn()) as made:
        made.replies[PATHS[0]] = made.websocket
        yield made


@pytest.fixture
async def listen(plex):
    tasks = []
    async with aiohttp.ClientSession() as session:

        def start(**options) -> Listener:
            listener = Listener(session, plex.url, **options)
            tasks.append(asyncio.create_task(listener.channel.run()))
            return listener

        yield start
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_only_what_is_wanted_comes_through(plex, listen):
    listener = listen(types={"playing", "activity"})
    await until(lambda: listener.states == [True])
    assert listener.channel.connected
    (socket,) = plex.sockets
    await socket.send_str(message("timeline", "TimelineEntry", {"type": "playing"}))
    await socket.send_str("not JSON at all")
    await socket.send_bytes(b"binary")
    await socket.send_str('{"NotificationContainer": []}')
    await socket.send_str(message("playing", "PlaySessionStateNotification", {"sessionKey": "3", "state": "paused"}))
    await socket.send_str('{"NotificationContainer":{"size":1,"type":"timeline","TimelineEntry":[{}]}}')
    await socket.send_str(
        '{"NotificationContainer":{"size":1,"ActivityNotification":{"event":"ended"},"type":"activity"}}'
    )
    await until(lambda: len(listener.events) == 2)
    assert listener.events == [
        Event("playing", ({"sessionKey": "3", "state": "paused"},)),
        Event("activity", ({"event": "ended"},)),
    ]


async def test_the_second_spelling(plex, listen):
    del plex.replies[PATHS[0]]
    plex.replies[PATHS[1]] = plex.websocket
    listener = listen()
    await until(lambda: listener.states == [True])
    await plex.sockets[0].close()
    await until(lambda: listener.states == [True, False, True])
    assert [path for path in plex.paths if "websocket" in path] == [
        f"GET {PATHS[0]}",
        f"GET {PATHS[1]}",
        f"GET {PATHS[1]}",
    ]


async def test_it_comes_back_by_itself(plex, listen):
    listener = listen()
    await until(lambda: listener.states == [True])
    plex.fault = 503
    await plex.sockets[0].close()
    await until(lambda: isinstance(listener.channel.failure, errors.NotReady))
    assert listener.states == [True, False]
    plex.fault = None
    await until(lambda: listener.states == [True, False, True])
    assert listener.channel.failure is None
    await plex.sockets[1].send_str(message("status", "StatusNotification", {"title": "x"}))
    await until(lambda: [event.type for event in listener.events] == ["status"])


async def test_a_refused_token_waits_for_a_new_one(plex, listen):
    plex.token = "another"
    listener = listen(back_off=(3600, 3600))
    await until(lambda: isinstance(listener.channel.failure, errors.Unauthorized))
    assert listener.states == []
    listener.connection.update(token="another")
    listener.channel.retry_now()
    await until(lambda: listener.states == [True])


async def test_a_dead_line_is_noticed_by_its_silence(plex, listen):
    async def mute(request: web.Request) -> web.StreamResponse:
        """Open, and never answer a ping."""
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        plex.sockets.append(socket)
        await plex.release.wait()
        return socket

    plex.replies[PATHS[0]] = mute
    listener = listen(heartbeat=0.2)
    await until(lambda: listener.states[:3] == [True, False, True])


async def test_a_flood_starves_nobody(plex, listen):
    listener = listen(types={"playing"})
    await until(lambda: listener.states == [True])
    (socket,) = plex.sockets
    noise = message("activity", "ActivityNotification", {"event": "updated", "title": "x" * 500})
    for _ in range(5000):
        await socket.send_str(noise)
    await socket.send_str(message("playing"))
    await until(lambda: len(listener.events) == 1)
    assert listener.states == [True]


async def test_ending_says_so(plex):
    async with aiohttp.ClientSession() as session:
        listener = Listener(session, plex.url)
        task = asyncio.create_task(listener.channel.run())
        await until(lambda: listener.states == [True])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert listener.states == [True, False]
    await until(lambda: plex.sockets[0].closed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("[]", None),
        ("{}", None),
        ('{"NotificationContainer":{"size":0}}', None),
        ('{"NotificationContainer":{"type":"playing"}}', Event("playing", ())),
        ('{"NotificationContainer":{"type":"playing","size":1,"X":[1,{"a":1}]}}', Event("playing", ({"a": 1},))),
        ("[" * 100_000, None),
    ],
)
def test_reading_messages(text, expected):
    assert parse(text) == expected
