"""Streams of every kind, ending them, and the ways in which the list lies."""

from typing import Any

import pytest

from simulator import Simulator
from simulator.sessions import Kind

from .conftest import Asker, receive, until


async def only(ask: Asker) -> dict[str, Any]:
    [row] = (await ask.get("/status/sessions"))["Metadata"]
    return row  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize(
    ("kind", "decision", "video", "audio", "subtitle"),
    [
        ("direct_play", "directplay", None, None, None),
        ("direct_stream", "transcode", "copy", "copy", None),
        ("audio_transcode", "transcode", "copy", "transcode", None),
        ("transcode", "transcode", "transcode", "transcode", None),
        ("burn", "transcode", "transcode", "copy", "burn"),
        ("live", "transcode", "transcode", "transcode", None),
        ("preroll", "directplay", None, None, None),
        ("trailer", "directplay", None, None, None),
        ("photo", "directplay", None, None, None),
        ("music", "directplay", None, None, None),
        ("music_transcode", "transcode", None, "transcode", None),
    ],
)
async def test_every_kind(
    ask: Asker,
    plex: Simulator,
    kind: Kind,
    decision: str,
    video: str | None,
    audio: str | None,
    subtitle: str | None,
) -> None:
    plex.sessions.start(kind)
    row = await only(ask)
    assert row["Media"][0]["Part"][0]["decision"] == decision
    transcode = row.get("TranscodeSession", {})
    assert transcode.get("videoDecision") == video
    assert transcode.get("audioDecision") == audio
    assert transcode.get("subtitleDecision") == subtitle
    assert ("Session" in row) == (kind != "photo")


async def test_ids_are_text_in_sessions(ask: Asker, plex: Simulator) -> None:
    plex.sessions.start("direct_play", item=1, user="anna")
    row = await only(ask)
    media = row["Media"][0]
    part = media["Part"][0]
    ids = [row["sessionKey"], media["id"], part["id"], part["Stream"][0]["id"], row["User"]["id"]]
    assert all(isinstance(one, str) for one in [*ids, row["librarySectionID"]])
    assert isinstance(row["Player"]["userID"], int)


async def test_a_transcode_shows_what_is_delivered_and_titles_of_the_source(ask: Asker, plex: Simulator) -> None:
    film = next(
        item
        for item in plex.state.library.items.values()
        if item.type == "movie" and item.media[0].attrs["videoResolution"] == "4k"
    )
    plex.sessions.start("transcode", item=film, hardware="nvenc")
    row = await only(ask)
    media = row["Media"][0]
    assert (media["videoResolution"], media["videoCodec"], media["protocol"]) == ("720p", "h264", "dash")
    stream = media["Part"][0]["Stream"][0]
    assert stream["displayTitle"].startswith("4K")
    assert (stream["height"], "colorTrc" in stream, "DOVIPresent" in stream) == (720, False, False)
    transcode = row["TranscodeSession"]
    assert transcode["sourceVideoCodec"] == "hevc"
    assert (transcode["transcodeHwEncoding"], transcode["transcodeHwDecoding"]) == ("nvenc", "nvdec")
    assert transcode["key"].startswith("/transcode/sessions/")
    bare = (await ask.get("/transcode/sessions"))["TranscodeSession"][0]
    assert transcode["key"].endswith(f"/{bare['key']}")


async def test_asking_for_hardware_is_not_having_it(ask: Asker, plex: Simulator) -> None:
    plex.sessions.start("transcode", hardware="", hardware_requested=True)
    transcode = (await only(ask))["TranscodeSession"]
    assert transcode["transcodeHwRequested"] is True
    assert "transcodeHwEncoding" not in transcode


@pytest.mark.parametrize("lost", ["User", "Session", "TranscodeSession", "Player", "Media"])
async def test_parts_may_be_missing(ask: Asker, plex: Simulator, lost: str) -> None:
    plex.sessions.start("transcode", missing=lost)
    assert lost not in await only(ask)


async def test_old_servers_tell_no_decisions(ask: Asker, plex: Simulator) -> None:
    plex.quirks.old_sessions = True
    plex.sessions.start("direct_stream")
    part = (await only(ask))["Media"][0]["Part"][0]
    assert not {"decision", "location"} & ({*part} | {key for stream in part["Stream"] for key in stream})


async def test_absurd_numbers(ask: Asker, plex: Simulator) -> None:
    plex.sessions.start(
        "transcode", override={"Session": {"bandwidth": 10_000_000}, "Stream1": {"bitrate": 2_147_483_647}}
    )
    row = await only(ask)
    assert row["Session"]["bandwidth"] == 10_000_000
    assert row["Media"][0]["Part"][0]["Stream"][0]["bitrate"] == 2_147_483_647
    assert row["TranscodeSession"]["size"] == -22


async def test_prerolls_and_live_television_are_in_no_library(ask: Asker, plex: Simulator) -> None:
    plex.sessions.start("preroll")
    clip = await only(ask)
    assert (clip["type"], clip["librarySectionID"]) == ("clip", "-2")
    assert clip["guid"].startswith("analyzed.prerolls://")
    plex.sessions.stop_all()
    plex.sessions.start("live")
    live = await only(ask)
    assert live["key"].startswith("/livetv/sessions/")
    assert "librarySectionID" not in live
    assert (live["TranscodeSession"]["progress"], live["TranscodeSession"]["sourceVideoCodec"]) == (-1, "")


async def test_ending_a_stream_tells_the_player_why(ask: Asker, plex: Simulator) -> None:
    view = plex.sessions.start("direct_play", user="anna", player="Living room")
    assert (
        await ask.status("POST", f"/status/sessions/terminate?sessionId={view.id}&reason=Bed%20time%20%F0%9F%98%B4")
        == 200
    )
    [message] = plex.sessions.messages
    assert (message.reason, message.user, message.player) == ("Bed time 😴", "anna", "Living room")
    assert await ask.get("/status/sessions") == {"size": 0}
    assert await ask.status("GET", f"/status/sessions/terminate?sessionId={view.id}") == 404


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_ending_may_be_refused(ask: Asker, plex: Simulator, status: int) -> None:
    view = plex.sessions.start()
    plex.quirks.terminate_status = status
    assert await ask.status("GET", f"/status/sessions/terminate?sessionId={view.id}") == status
    assert len(plex.sessions) == 1


async def test_without_plex_pass_ending_is_401(ask: Asker, plex: Simulator) -> None:
    view = plex.sessions.start()
    plex.quirks.plex_pass = False
    assert await ask.status("GET", f"/status/sessions/terminate?sessionId={view.id}") == 401


async def test_zombies_ignore_being_ended(ask: Asker, plex: Simulator) -> None:
    view = plex.sessions.start(zombie=True)
    assert await ask.status("GET", f"/status/sessions/terminate?sessionId={view.id}&reason=x") == 200
    assert len(plex.sessions.messages) == len(plex.sessions) == 1


async def test_a_stream_may_vanish_late(ask: Asker, plex: Simulator) -> None:
    plex.quirks.vanish_delay = 0.05
    view = plex.sessions.start()
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        plex.sessions.stop(view)
        assert (await receive(socket, "playing"))["state"] == "stopped"
    await until(lambda: len(plex.sessions) == 0)


async def test_a_player_may_react_late(ask: Asker, plex: Simulator) -> None:
    plex.quirks.terminate_delay = 0.05
    view = plex.sessions.start()
    assert await ask.status("GET", f"/status/sessions/terminate?sessionId={view.id}&reason=x") == 200
    await until(lambda: len(plex.sessions) == 0)


async def test_a_transcode_can_be_killed(ask: Asker, plex: Simulator) -> None:
    view = plex.sessions.start("transcode")
    assert await ask.status("DELETE", f"/transcode/sessions/{view.transcode_id}") == 200
    assert (len(plex.sessions), plex.sessions.messages) == (0, [])
    assert await ask.status("DELETE", "/transcode/sessions/none") == 404


async def test_two_hundred_streams(ask: Asker, plex: Simulator) -> None:
    for number in range(200):
        plex.sessions.start(("direct_play", "transcode")[number % 2], user=f"viewer {number}")
    plex.quirks.moving_order = True
    first, second = await ask.get("/status/sessions"), await ask.get("/status/sessions")
    keys = [[row["sessionKey"] for row in answer["Metadata"]] for answer in (first, second)]
    assert keys[0] != keys[1]
    assert sorted(keys[0]) == sorted(keys[1])
    assert len(set(keys[0])) == 200


async def test_watching_to_the_end_counts(plex: Simulator) -> None:
    film = plex.state.library.items[1]
    before = film.view_count
    view = plex.sessions.start(item=1, offset=film.duration)
    plex.sessions.stop(view)
    assert film.view_count == before + 1


async def test_changing_the_quality_begins_another_transcode(plex: Simulator) -> None:
    view = plex.sessions.start("direct_play")
    assert view.transcode_id == ""
    first = plex.sessions.change(view, kind="transcode").transcode_id
    assert first
    assert plex.sessions.change(view, hardware="qsv").transcode_id not in ("", first)
