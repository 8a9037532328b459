"""What we ask all the time, of the simulated server."""

from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import errors
from custom_components.plex_steward.plex.client import MAX_ARTWORK, PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.models import Address
from custom_components.plex_steward.plex.transport import Access
from simulator import Simulator

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving, until


def speak(session: aiohttp.ClientSession, url: str, token: str, machine: str) -> PlexClient:
    access = Access(token=token, client_id=CLIENT_ID, machine_identifier=machine)
    return PlexClient(Connection(session, access, [Address(url)]))


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
async def plex():
    async with Simulator(shared_token="guest") as made:
        yield made


@pytest.fixture
def client(session, plex):
    return speak(session, plex.url, plex.token, plex.machine_identifier)


@pytest.fixture
def guest(session, plex):
    return speak(session, plex.url, "guest", plex.machine_identifier)


@asynccontextmanager
async def answering(session, path: str, reply):
    """A client whose server gives one odd answer."""
    async with serving(StandIn(replies={"/": {"size": 0}, path: reply})) as odd:
        yield speak(session, odd.url, TOKEN, MACHINE)


async def test_who_it_is(client, plex):
    identity = await client.identity()
    assert identity.machine_identifier == plex.machine_identifier
    info = await client.info()
    assert info.machine_identifier == plex.machine_identifier
    assert info.name == "Simulated Plex"
    assert info.version == identity.version
    assert info.platform
    assert info.plex_pass
    assert info.can_terminate
    assert info.remote_access is not None


async def test_libraries_and_counts(client):
    libraries = await client.libraries()
    assert {library.type for library in libraries} == {"movie", "show", "artist"}
    assert len({library.uuid for library in libraries}) == len(libraries)
    assert all(library.locations and library.title and not library.refreshing for library in libraries)
    films = next(library for library in libraries if library.type == "movie")
    total = await client.count(films.key, 1)
    assert total > 0
    assert await client.count(films.key, 1, extra={"trash": 1}) < total
    with pytest.raises(errors.NotFound):
        await client.count("999", 1)


async def test_sessions_come_and_go(client, plex):
    assert await client.sessions() == []
    plex.sessions.start("transcode", user="anna")
    (row,) = await client.sessions()
    key = row["ratingKey"]
    items = await client.metadata([key, key, "999999"])
    assert list(items) == [key]
    assert items[key]["Media"]
    assert await client.metadata([]) == {}
    assert await client.metadata(["999999"]) == {}
    await client.terminate(row["Session"]["id"], "Bed time; really")
    assert await client.sessions() == []
    with pytest.raises(errors.NotFound):
        await client.terminate("gone", "x")


async def test_no_plex_pass_is_no_bad_token(client, plex, session):
    plex.quirks.plex_pass = False
    with pytest.raises(errors.PlexPassRequired):
        await client.terminate("1", "x")
    stranger = speak(session, plex.url, "wrong", plex.machine_identifier)
    with pytest.raises(errors.Unauthorized):
        await stranger.terminate("1", "x")
    with pytest.raises(errors.Unauthorized):
        await stranger.info()
    with pytest.raises(errors.Unauthorized):
        await stranger.libraries()


async def test_a_guest_is_told_what_is_missing(client, guest, plex):
    assert await client.is_owner()
    assert not await guest.is_owner()
    assert await guest.libraries()
    plex.quirks.shared_sessions_status = 401  # as old servers say it
    for owners_only in (guest.settings(), guest.sessions(), guest.butler_tasks()):
        with pytest.raises(errors.Forbidden):
            await owners_only


async def test_an_old_server_cannot_give_a_single_preference(session):
    async with answering(session, "/:/prefs/get", 404) as client:
        assert await client.is_owner()


async def test_preferences(client):
    settings = await client.settings()
    assert settings["CinemaTrailersPrerollID"].type == "text"
    assert settings["FriendlyName"].value == "Simulated Plex"
    hour = settings["ButlerStartHour"]
    assert isinstance(hour.value, int)
    assert dict(hour.choices).keys() >= {"0", "23"}
    assert isinstance(settings["autoEmptyTrash"].value, bool)


async def test_what_the_server_is_busy_with(client, plex):
    assert await client.activities() == ()
    plex.quirks.scan_seconds = 60
    library = (await client.libraries())[0]
    await client.connection.request("GET", f"/library/sections/{library.key}/refresh")
    (activity,) = await client.activities()
    assert activity.type == "library.update.section"
    assert activity.uuid
    assert (await client.libraries())[0].refreshing
    await client.cancel_activity(activity.uuid)
    await until(lambda: not plex.state.activities.running)
    assert await client.activities() == ()
    with pytest.raises(errors.NotFound):
        await client.cancel_activity("nonsense")


async def test_the_butler(client):
    tasks = {task.name: task for task in await client.butler_tasks()}
    assert tasks["OptimizeDatabase"].interval > 0


async def test_the_butler_answers_nonsense(session):
    async with answering(session, "/butler", {"size": 0}) as client:
        with pytest.raises(errors.InvalidAnswer):
            await client.butler_tasks()


async def test_updates(client, plex):
    assert (await client.update_status()).release is None
    plex.state.updater.offer("1.99.0", can_install=True)
    status = await client.update_status()
    assert status.release is not None
    assert status.release.version == "1.99.0"
    assert status.release.added
    assert status.can_install


async def test_how_busy_the_machine_is(session):
    rows = [
        {"at": 2, "hostCpuUtilization": "12.5", "processCpuUtilization": 3, "hostMemoryUtilization": 50},
        {"at": 1, "hostCpuUtilization": 99},
    ]
    async with answering(session, "/statistics/resources", {"StatisticsResources": rows}) as client:
        load = await client.load()
        assert load is not None
        assert (load.host_cpu, load.process_cpu, load.host_memory, load.process_memory) == (12.5, 3.0, 50.0, 0.0)
    for reply in ({"size": 0}, 404, 403, 401):
        async with answering(session, "/statistics/resources", reply) as client:
            assert await client.load() is None


async def test_a_listing_streams(client):
    films = next(library for library in await client.libraries() if library.type == "movie")
    path = f"/library/sections/{films.key}/all"
    chunks = [chunk async for chunk in client.stream(path, params={"type": 1}, page=(0, 2))]
    text = b"".join(chunks).decode()
    assert text.count("<Video ") == 2
    assert 'totalSize="' in text


async def test_artwork(session):
    picture = web.Response(body=b"\xff\xd8jpeg", content_type="image/jpeg")
    async with answering(session, "/photo/:/transcode", picture) as client:
        assert await client.artwork("/library/metadata/1/thumb/2") == (b"\xff\xd8jpeg", "image/jpeg")
        for elsewhere in (
            "http://internal/x",
            "//internal/x",
            "",
            "/",
            "/\\internal/x",
            "@internal/x",
            "/library/../x",
        ):
            with pytest.raises(errors.Rejected):
                await client.artwork(elsewhere)
    big = web.Response(body=bytes(MAX_ARTWORK + 1), content_type="image/jpeg")
    async with answering(session, "/photo/:/transcode", big) as client:
        with pytest.raises(errors.InvalidAnswer) as raised:
            await client.artwork("/library/metadata/1/thumb/2")
        assert raised.value.reason == "too_large"
    async with answering(session, "/photo/:/transcode", {"size": 0}) as client:
        with pytest.raises(errors.InvalidAnswer):
            await client.artwork("/library/metadata/1/thumb/2")


@pytest.mark.parametrize("call", ["sessions", "libraries", "activities", "settings", "info", "update_status"])
async def test_answers_that_are_none(session, call):
    path = {
        "sessions": "/status/sessions",
        "libraries": "/library/sections",
        "activities": "/activities",
        "settings": "/:/prefs",
        "info": "/",
        "update_status": "/updater/status",
    }[call]
    for body in ("[]", "{}", '{"MediaContainer": []}', "<xml/>", "", '{"MediaContainer": {"size": 1'):
        async with answering(session, path, web.Response(text=body)) as client:
            with pytest.raises(errors.InvalidAnswer):
                await getattr(client, call)()


async def test_a_listing_without_a_total(session):
    async with answering(session, "/library/sections/1/all", {}) as client:
        with pytest.raises(errors.InvalidAnswer):
            await client.count("1", 1)


async def test_a_server_that_starts(client, plex):
    await client.info()
    plex.quirks.starting = True
    with pytest.raises(errors.NotReady):
        await client.sessions()
    plex.quirks.starting = False
    assert await client.sessions() == []
