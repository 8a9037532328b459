"""Streams of a simulated server: what it says is read as what it does, and ending them tells the truth."""

import asyncio
import time

import aiohttp
import pytest

from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.decisions import Decision
from custom_components.plex_steward.plex.models import Address
from custom_components.plex_steward.plex.roster import ChangeType, Roster
from custom_components.plex_steward.plex.sessions import streams_of
from custom_components.plex_steward.plex.streams import Kind, State
from custom_components.plex_steward.plex.terminate import Refusal, Result, Selection, end_streams
from custom_components.plex_steward.plex.transport import Access
from simulator import Simulator

from .stand_in import CLIENT_ID

PLAY, STREAM, CONVERT = Decision


@pytest.fixture
async def plex():
    async with Simulator() as made:
        yield made


@pytest.fixture
async def client(plex):
    async with aiohttp.ClientSession() as session:
        access = Access(token=plex.token, client_id=CLIENT_ID, machine_identifier=plex.machine_identifier)
        yield PlexClient(Connection(session, access, [Address(plex.url)]))


@pytest.mark.parametrize(
    ("kind", "decisions", "item"),
    [
        ("direct_play", (PLAY, PLAY, PLAY, None), Kind.MOVIE),
        ("direct_stream", (STREAM, STREAM, STREAM, None), Kind.MOVIE),
        ("audio_transcode", (CONVERT, STREAM, CONVERT, None), Kind.MOVIE),
        ("transcode", (CONVERT, CONVERT, CONVERT, None), Kind.MOVIE),
        ("burn", (CONVERT, CONVERT, STREAM, CONVERT), Kind.MOVIE),
        ("live", (CONVERT, CONVERT, CONVERT, None), Kind.LIVE),
        ("photo", (PLAY, None, None, None), Kind.PHOTO),
        ("music", (PLAY, None, PLAY, None), Kind.TRACK),
        ("music_transcode", (CONVERT, None, CONVERT, None), Kind.TRACK),
    ],
)
@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
async def test_every_kind(plex, client, kind, decisions, item, old):
    plex.quirks.old_sessions = old
    plex.sessions.start(kind, user="anna")
    (found,) = streams_of(await client.sessions())
    assert (found.decision, found.video_decision, found.audio_decision, found.subtitle_decision) == decisions
    assert found.item.kind is item
    assert found.user.name == "anna"
    assert found.state is State.PLAYING


@pytest.mark.parametrize("kind", ["preroll", "trailer"])
async def test_what_belongs_to_no_library_is_no_stream(plex, client, kind):
    plex.sessions.start(kind)
    assert len(await client.sessions()) == 1
    assert streams_of(await client.sessions()) == ()


async def test_the_source_of_a_conversion(plex, client):
    viewing = plex.sessions.start("transcode", hardware="nvenc", resolution="720")
    streams = streams_of(await client.sessions())
    known = await client.metadata([streams[0].item.rating_key or ""])
    (found,) = streams_of(await client.sessions(), known)
    source = viewing.item.media[0]
    assert found.hardware
    assert found.source.container == source.attrs["container"]
    assert found.source.video
    assert found.delivered.video
    assert found.source.video.codec == source.attrs["videoCodec"]
    assert found.delivered.video.resolution == "720p"


@pytest.mark.parametrize("missing", ["User", "Player", "Session", "TranscodeSession", "Media", "decision", "file"])
async def test_anything_may_be_missing(plex, client, missing):
    plex.sessions.start("transcode", missing=frozenset({missing}))
    assert len(streams_of(await client.sessions())) == 1


class Watch:
    """A roster that reads a simulated server."""

    def __init__(self, client):
        self.client, self.roster, self.changes = client, Roster(), []

    async def read(self):
        self.changes += self.roster.read(streams_of(await self.client.sessions()), time.time())
        return self.roster.streams

    async def end(self, linger=15.0, **selection):
        outcomes = await end_streams(
            self.client, Selection(**selection), "Bye", read=self.read, clock=time.time, linger=linger
        )
        return sorted((outcome.result, outcome.refusal) for outcome in outcomes)


@pytest.fixture
def watch(client, monkeypatch):
    plain = asyncio.sleep

    async def short(seconds):
        await plain(min(seconds, 0.01))

    monkeypatch.setattr("custom_components.plex_steward.plex.terminate.asyncio.sleep", short)
    return Watch(client)


async def test_ending_everyone(plex, watch):
    for user in ("anna", "ben"):
        plex.sessions.start("transcode", user=user)
    assert await watch.end(everyone=True) == [(Result.ENDED, None)] * 2
    assert {message.reason for message in plex.sessions.messages} == {"Bye"}
    assert len(plex.sessions) == 0
    assert [change.type for change in watch.changes] == [ChangeType.STARTED] * 2 + [ChangeType.STOPPED] * 2


async def test_ending_one_user(plex, watch):
    for user in ("anna", "ben"):
        plex.sessions.start("direct_play", user=user)
    assert await watch.end(user="ANNA") == [(Result.ENDED, None)]
    assert [viewing.user.name for viewing in plex.sessions.current.values()] == ["ben"]


@pytest.mark.parametrize(
    ("quirks", "outcome"),
    [
        ({"plex_pass": False}, (Result.REFUSED, Refusal.NO_PLEX_PASS)),
        ({"terminate_status": 403}, (Result.REFUSED, Refusal.NOT_OWNER)),
        ({"terminate_status": 404}, (Result.GONE, None)),
        ({"terminate_status": 400}, (Result.REFUSED, Refusal.REJECTED)),
        ({"terminate_status": 500}, (Result.REFUSED, Refusal.UNREACHABLE)),
        ({"zombies": True}, (Result.STILL_THERE, None)),
        ({"vanish_delay": 0.2, "terminate_delay": 0.1}, (Result.ENDED, None)),
    ],
    ids=str,
)
async def test_every_answer_of_the_server(plex, watch, quirks, outcome):
    plex.quirks.update(quirks)
    plex.sessions.start("direct_play", user="anna")
    # Long enough for a slow machine where the stream does vanish, short where it never will.
    assert await watch.end(everyone=True, linger=1000 if outcome[0] is Result.ENDED else 5) == [outcome]


async def test_a_stream_that_cannot_be_named(plex, watch):
    plex.sessions.start("direct_play", missing=frozenset({"Session"}))
    assert await watch.end(everyone=True) == [(Result.REFUSED, Refusal.NO_SESSION_ID)]


async def test_two_hundred_streams(plex, watch):
    for number in range(200):
        plex.sessions.start("transcode" if number % 2 else "direct_play", user=f"user{number % 20}")
    assert len(await watch.read()) == 200
    assert max(change.streams_of_user for change in watch.changes) == 10
    await plex.restart()
    await watch.read()
    assert len(watch.roster.streams) == 200
