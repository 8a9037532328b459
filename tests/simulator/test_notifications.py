"""The websocket and the event source, and the ways in which they fail."""

import asyncio

import aiohttp
import pytest

from simulator import Simulator

from .conftest import Asker, receive, until

PATHS = ["/:/websockets/notifications", "/:/websocket/notifications"]


@pytest.mark.parametrize("path", PATHS)
async def test_playing_is_told(ask: Asker, plex: Simulator, path: str) -> None:
    async with ask.socket(path) as socket:
        await until(lambda: plex.state.bus.listeners)
        view = plex.sessions.start("transcode", item=1)
        assert (await receive(socket, "transcodeSession.start"))["key"] == f"/transcode/sessions/{view.transcode_id}"
        row = await receive(socket, "playing")
        assert (row["sessionKey"], row["ratingKey"], row["state"]) == ("1", "1", "playing")
        assert row["transcodeSession"] == view.transcode_id
        assert "User" not in row
        for act, state in ((plex.sessions.pause, "paused"), (plex.sessions.buffer, "buffering")):
            act(view)
            assert (await receive(socket, "playing"))["state"] == state
        plex.sessions.seek(view, 5000)
        assert (await receive(socket, "playing"))["viewOffset"] == 5000
        plex.sessions.stop(view)
        assert (await receive(socket, "playing"))["state"] == "stopped"


async def test_a_websocket_needs_a_token(ask: Asker) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with ask.session.ws_connect(f"{ask.plex.url}{PATHS[0]}"):
            pass
    assert caught.value.status == 401


async def test_filters_choose_the_types(ask: Asker, plex: Simulator) -> None:
    async with ask.socket(f"{PATHS[0]}?filters=timeline") as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.sessions.start()
        plex.state.timeline(plex.state.library.items[1], 5)
        assert (await socket.receive_json())["NotificationContainer"]["type"] == "timeline"


async def test_ids_in_timelines_are_text_today_and_were_numbers(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.state.timeline(plex.state.library.items[1], 9)
        row = await receive(socket, "timeline")
        assert (row["itemID"], row["sectionID"], row["metadataState"]) == ("1", "1", "deleted")
        plex.quirks.numeric_ids = True
        plex.state.timeline(plex.state.library.items[1], 9)
        assert (await receive(socket, "timeline"))["itemID"] == 1


async def test_the_event_source_tells_the_same(ask: Asker, plex: Simulator) -> None:
    headers = {"X-Plex-Token": plex.token}
    async with ask.session.get(f"{plex.url}/:/eventsource/notifications", headers=headers) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        await until(lambda: plex.state.bus.listeners)
        plex.sessions.start()
        lines = [await answer.content.readline(), await answer.content.readline()]
    assert lines[0] == b"event: playing\n"
    assert lines[1].startswith(b'data: {"PlaySessionStateNotification": {"sessionKey": "1"')


@pytest.mark.parametrize("clean", [True, False])
async def test_lines_can_be_dropped(ask: Asker, plex: Simulator, clean: bool) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        assert plex.state.bus.drop(clean=clean) == 1
        message = await asyncio.wait_for(socket.receive(), 30)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    await until(lambda: not plex.state.bus.listeners)


async def test_a_silent_line_stays_open_and_speaks_again(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.state.bus.silence(True)
        plex.sessions.start()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.1)
        plex.state.bus.silence(False)
        assert (await receive(socket, "playing"))["state"] == "playing"


async def test_a_silent_line_answers_no_pings(plex: Simulator, session: aiohttp.ClientSession) -> None:
    headers = {"X-Plex-Token": plex.token}
    async with session.ws_connect(f"{plex.url}{PATHS[0]}", headers=headers, heartbeat=0.05) as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.state.bus.silence(True)
        message = await asyncio.wait_for(socket.receive(), 30)
        assert message.type in (aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSED)


async def test_a_flood_comes_through_whole(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.state.bus.flood(500)
        events = [(await receive(socket, "activity"))["event"] for _ in range(500)]
    assert (events[0], events[-1], events.count("updated")) == ("started", "ended", 498)


async def test_a_preference_that_changes_is_told(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        assert await ask.status("PUT", "/:/prefs?FriendlyName=Other") == 200
        row = await receive(socket, "preference")
    assert (row["id"], row["value"]) == ("FriendlyName", "Other")
