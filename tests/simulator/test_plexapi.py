"""plexapi, which knows real servers and not this one, gets along with it."""

import asyncio
from collections.abc import Callable

from plexapi.exceptions import BadRequest, NotFound, Unauthorized
from plexapi.server import PlexServer
import pytest

from simulator import Simulator

from .conftest import until


async def of[T](function: Callable[[], T]) -> T:
    """Run something that blocks beside the server."""
    return await asyncio.to_thread(function)


async def connect(plex: Simulator) -> PlexServer:
    """Connect, and read what plexapi would otherwise read when it is first looked at, in the loop's own thread."""

    def blocking() -> PlexServer:
        server = PlexServer(plex.url, plex.token, timeout=30)
        assert server.library
        return server

    return await of(blocking)


async def test_connects_and_lists_the_sections(plex: Simulator) -> None:
    server = await connect(plex)
    assert (server.friendlyName, server.machineIdentifier) == ("Simulated Plex", plex.machine_identifier)
    sections = await of(server.library.sections)
    assert [(one.title, one.type) for one in sections] == [("Films", "movie"), ("Shows", "show"), ("Music", "artist")]
    assert sections[0].uuid == plex.state.library.sections[1].uuid


async def test_a_wrong_token_is_refused(plex: Simulator) -> None:
    with pytest.raises(Unauthorized):
        await of(lambda: PlexServer(plex.url, "wrong", timeout=30))


async def test_pages_through_a_section(plex: Simulator) -> None:
    server = await connect(plex)
    films = await of(lambda: server.library.section("Films").all(container_size=10))
    assert len({film.ratingKey for film in films}) == 24
    assert len([row for row in plex.state.requests("/library/sections/1/all") if row.paging]) >= 3


async def test_counts_every_type(plex: Simulator) -> None:
    server = await connect(plex)
    shows, music = await of(lambda: (server.library.section("Shows"), server.library.section("Music")))
    counts = await of(
        lambda: (
            [shows.totalViewSize(kind, includeCollections=False) for kind in ("show", "season", "episode")],
            [music.totalViewSize(kind, includeCollections=False) for kind in ("artist", "album", "track")],
        )
    )
    assert counts == ([2, 4, 24], [2, 4, 32])


async def test_reads_a_batch_with_streams(plex: Simulator) -> None:
    server = await connect(plex)
    films = await of(lambda: server.fetchItems([1, 2, 3]))
    assert [film.ratingKey for film in films] == [1, 2, 3]
    part = films[0].media[0].parts[0]
    assert part.size > 0
    assert {stream.streamType for stream in part.streams} >= {1, 2}
    assert [guid.id for guid in films[0].guids][:1] == ["imdb://tt0000001"]


async def test_walks_down_shows_and_music(plex: Simulator) -> None:
    server = await connect(plex)
    show = (await of(lambda: server.library.section("Shows").all()))[0]
    assert len(await of(show.seasons)) == 2
    assert [one.index for one in (await of(show.episodes))[:6]] == [1, 2, 3, 4, 5, 6]
    artist = (await of(lambda: server.library.section("Music").all()))[0]
    assert len(await of(artist.albums)) == 2


async def test_an_unknown_item_is_not_found(plex: Simulator) -> None:
    server = await connect(plex)
    with pytest.raises(NotFound):
        await of(lambda: server.fetchItem(987654))


async def test_reads_sessions_and_ends_one(plex: Simulator) -> None:
    plex.sessions.start("transcode", item=1, user="anna", player="Living room", hardware="nvenc", offset=60_000)
    server = await connect(plex)
    [session] = await of(server.sessions)
    assert (session.usernames, session.player.title, session.player.state) == (["anna"], "Living room", "playing")
    assert session.transcodeSession.videoDecision == "transcode"
    assert session.transcodeSession.transcodeHwEncoding == "nvenc"
    await of(lambda: session.stop("Bed time"))
    assert [message.reason for message in plex.sessions.messages] == ["Bed time"]
    assert await of(server.sessions) == []


async def test_edits_a_preference(plex: Simulator) -> None:
    server = await connect(plex)
    settings = await of(lambda: server.settings)
    settings.get("cinemaTrailersPrerollID").set("/prerolls/a.mp4,/prerolls/b;c.mp4")
    settings.get("databaseCacheSize").set(256)
    settings.get("autoEmptyTrash").set(False)
    await of(settings.save)
    assert plex.state.prefs["CinemaTrailersPrerollID"] == "/prerolls/a.mp4,/prerolls/b;c.mp4"
    assert plex.state.prefs["DatabaseCacheSize"] == 256
    assert plex.state.prefs["autoEmptyTrash"] is False
    again = await connect(plex)
    assert (await of(lambda: again.settings)).get("databaseCacheSize").value == 256


async def test_empties_the_trash_cleans_and_optimizes(plex: Simulator) -> None:
    library = plex.state.library
    library.trash(library.items[1])
    server = await connect(plex)
    await of(lambda: server.library.section("Films").emptyTrash())
    assert 1 not in library.items
    await of(server.library.cleanBundles)
    await of(server.library.optimize)
    await until(lambda: plex.state.housekeeping == ["emptyTrash/1", "clean/bundles", "optimize"])


async def test_scans_one_path(plex: Simulator) -> None:
    server = await connect(plex)
    await of(lambda: server.library.section("Films").update("/synthetic/films/New Film & Co, 2"))
    assert plex.state.scans == [{"section": 1, "path": "/synthetic/films/New Film & Co, 2", "force": False}]


async def test_runs_a_butler_task(plex: Simulator) -> None:
    server = await connect(plex)
    assert "OptimizeDatabase" in [task.name for task in await of(server.butlerTasks)]
    await of(lambda: server.runButlerTask("OptimizeDatabase"))
    await until(lambda: plex.state.butler.done == ["OptimizeDatabase"])
    with pytest.raises(BadRequest):
        await of(lambda: server.runButlerTask("NoSuchTask"))


async def test_finds_an_update(plex: Simulator) -> None:
    server = await connect(plex)
    assert await of(lambda: server.checkForUpdate(download=False)) is None
    plex.state.updater.offer("1.99.0.1-abc")
    assert (await of(lambda: server.checkForUpdate(download=False))).version == "1.99.0.1-abc"


async def test_reads_load_accounts_and_history(plex: Simulator) -> None:
    server = await connect(plex)
    assert len(await of(server.resources)) == 6
    assert [one.name for one in await of(server.systemAccounts)] == ["owner"]
    played = [item for item in plex.state.library.items.values() if item.last_viewed_at]
    assert len(await of(server.history)) == len(played) > 0


async def test_lists_what_was_added_and_begun(plex: Simulator) -> None:
    server = await connect(plex)
    recent = await of(server.library.recentlyAdded)
    assert recent
    assert await of(server.library.onDeck) == []
    plex.state.library.items[3].extra["viewOffset"] = 1000
    assert [item.ratingKey for item in await of(server.library.onDeck)] == [3]
