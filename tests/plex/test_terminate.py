"""Ending streams: the right ones, and the truth about what became of each."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.plex_steward.plex import errors
from custom_components.plex_steward.plex.decisions import Decision
from custom_components.plex_steward.plex.sessions import streams_of
from custom_components.plex_steward.plex.terminate import Refusal, Result, Selection, end_streams

from .rows import session, transcoded

NOW = 5000.0


def streams():
    found = streams_of(
        [
            session("1"),
            transcoded("2", user={"id": "2", "title": "Ben"}, player={"title": "Phone", "product": "Plex for Android"}),
            session("3", user={"id": "2", "title": "Ben"}, player={"state": "paused", "machineIdentifier": "box"}),
        ]
    )
    return [replace(stream, since=NOW - 100) for stream in found]


@pytest.mark.parametrize(
    ("selection", "keys"),
    [
        ({}, ""),
        ({"everyone": True}, "123"),
        ({"session": "2"}, "2"),
        ({"session": "s3"}, "3"),
        ({"user": "ben"}, "23"),
        ({"user": "1"}, "1"),
        ({"user": "nobody"}, ""),
        ({"player": "phone"}, "2"),
        ({"player": "box"}, "3"),
        ({"player": "Plex for LG"}, "13"),
        ({"decision": Decision.TRANSCODE}, "2"),
        ({"decision": Decision.DIRECT_PLAY}, "13"),
        ({"video_decision": Decision.TRANSCODE}, "2"),
        ({"paused_longer_than": 99}, "3"),
        ({"paused_longer_than": 100}, ""),
        ({"paused_longer_than": 0}, "3"),
        ({"user": "ben", "decision": Decision.DIRECT_PLAY}, "3"),
        ({"everyone": True, "user": "ana"}, "1"),
    ],
)
def test_selection(selection, keys):
    assert "".join(stream.key for stream in Selection(**selection).choose(streams(), NOW)) == keys


def test_a_pause_of_unknown_age_is_left_alone():
    young = [replace(stream, since=None) for stream in streams()]
    assert Selection(paused_longer_than=0).choose(young, NOW) == ()


class Server:
    """Ends streams, at once or never, or refuses."""

    def __init__(self, found, failures=None, *, zombies=()):
        self.found = list(found)
        self.failures = failures or {}
        self.zombies = zombies
        self.told = {}
        self.reads = 0

    async def terminate(self, session_id, reason):
        self.told[session_id] = reason
        if error := self.failures.get(session_id):
            raise error
        if session_id not in self.zombies:
            self.found = [stream for stream in self.found if stream.id != session_id]

    async def read(self):
        self.reads += 1
        return list(self.found)

    async def end(self, linger=15.0, **selection):
        outcomes = await end_streams(
            self, Selection(**selection), "Bye", read=self.read, clock=lambda: NOW, linger=linger
        )
        return {outcome.stream.key: (outcome.result, outcome.refusal) for outcome in outcomes}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    async def sleep(_):
        pass

    monkeypatch.setattr(asyncio, "sleep", sleep)


async def test_streams_are_ended_with_the_reason():
    server = Server(streams())
    assert await server.end(user="ben") == {"2": (Result.ENDED, None), "3": (Result.ENDED, None)}
    assert server.told == {"s2": "Bye", "s3": "Bye"}
    assert [stream.key for stream in server.found] == ["1"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.NotFound(), (Result.GONE, None)),
        (errors.PlexPassRequired(), (Result.REFUSED, Refusal.NO_PLEX_PASS)),
        (errors.Forbidden(), (Result.REFUSED, Refusal.NOT_OWNER)),
        (errors.Unauthorized(), (Result.REFUSED, Refusal.NOT_OWNER)),
        (errors.Rejected(), (Result.REFUSED, Refusal.REJECTED)),
        (errors.TimedOut(), (Result.REFUSED, Refusal.UNREACHABLE)),
        (errors.NotReady(), (Result.REFUSED, Refusal.UNREACHABLE)),
        (errors.ServerFault(), (Result.REFUSED, Refusal.UNREACHABLE)),
    ],
)
async def test_one_failure_does_not_stop_the_others(error, outcome):
    server = Server(streams(), {"s2": error})
    assert await server.end(everyone=True) == {"1": (Result.ENDED, None), "2": outcome, "3": (Result.ENDED, None)}


async def test_a_stream_without_an_id_cannot_be_ended():
    server = Server(streams_of([session(drop=("Session",))]))
    assert await server.end(everyone=True) == {"1": (Result.REFUSED, Refusal.NO_SESSION_ID)}
    assert server.told == {}


async def test_a_player_that_ignores_it_is_still_there():
    server = Server(streams(), zombies=("s2",))
    assert (await server.end(everyone=True))["2"] == (Result.STILL_THERE, None)
    assert server.reads == 16


async def test_a_list_that_cannot_be_read_for_a_while_does_no_harm():
    server: Any = Server(streams())
    good = server.read

    async def read():
        if 0 < server.reads < 4:
            server.reads += 1
            raise errors.NotReady
        return await good()

    server.read = read
    assert set((await server.end(everyone=True)).values()) == {(Result.ENDED, None)}


async def test_a_first_read_that_fails_is_raised():
    server: Any = Server(streams())

    async def read():
        raise errors.Unreachable

    server.read = read
    with pytest.raises(errors.Unreachable):
        await server.end(everyone=True)
    assert server.told == {}


async def test_nobody_selected_nobody_asked():
    server = Server(streams())
    assert await server.end() == {}
    assert server.reads == 1
