"""Starting, stopping, restarting, TLS, the control, the evening, discovery, the program."""

import asyncio
import json
from pathlib import Path
import signal
import ssl
import sys

import aiohttp
import pytest

from simulator import Simulator
from simulator.evening import SCRIPT, Evening
from simulator.gdm import Gdm

from .conftest import Asker, receive, until

ROOT = Path(__file__).parents[2]


async def test_a_stopped_server_is_gone_and_the_control_stays(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        await ask.control("POST", "server", {"action": "stop"})
        kinds = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)
        assert (await asyncio.wait_for(socket.receive(), 30)).type in kinds
    with pytest.raises(aiohttp.ClientError):
        await ask.call("GET", "/identity")
    about = await ask.control("POST", "server", {"action": "start"})
    assert about["url"] == plex.url
    assert await ask.status("GET", "/identity") == 200


async def test_a_restart_numbers_the_streams_anew(ask: Asker, plex: Simulator) -> None:
    for _ in range(3):
        plex.sessions.start()
    plex.sessions.stop("1")
    stays = plex.sessions["3"].id
    await plex.restart(starting=True)
    assert await ask.status("GET", "/status/sessions") == 503
    plex.quirks.starting = False
    rows = (await ask.get("/status/sessions"))["Metadata"]
    assert [row["sessionKey"] for row in rows] == ["1", "2"]
    assert rows[1]["Session"]["id"] == stays
    await plex.restart(keep_streams=False)
    assert await ask.get("/status/sessions") == {"size": 0}
    assert plex.sessions.start().key == "1"


async def test_a_restart_may_move_to_another_port(ask: Asker, plex: Simulator) -> None:
    old = plex.port
    await plex.restart(new_port=True)
    assert plex.port != old
    assert await ask.status("GET", "/identity") == 200


async def test_tls_with_a_certificate_nobody_vouches_for(session: aiohttp.ClientSession) -> None:
    async with Simulator(tls=True, tls_names=["192-168-1-10.abc.plex.direct"]) as plex:
        assert plex.url.startswith("https://")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            async with session.get(f"{plex.url}/identity"):
                pass
        assert await Asker(plex, session).status("GET", "/identity") == 200
        trusting = ssl.create_default_context(cadata=plex.certificate)
        async with session.get(f"{plex.url}/identity", ssl=trusting) as answer:
            assert answer.status == 200


async def test_streams_are_steered_from_outside(ask: Asker, plex: Simulator) -> None:
    made = await ask.control("POST", "sessions", {"kind": "transcode", "user": "anna", "item": 2, "hardware": "qsv"})
    assert (made["user"], made["kind"], made["item"]) == ("anna", "transcode", 2)
    path = f"sessions/{made['key']}"
    assert (await ask.control("POST", f"{path}/pause"))["state"] == "paused"
    assert (await ask.control("POST", f"{path}/seek", {"offset": 7000}))["offset"] == 7000
    assert (await ask.control("POST", f"{path}/change", {"kind": "direct_play"}))["transcode"] == ""
    assert len(await ask.control("GET", "sessions")) == 1
    await ask.control("POST", f"{path}/stop")
    assert (await ask.control("POST", "sessions", {"count": 30}))["sessions"] == 30
    await ask.control("DELETE", "sessions")
    assert len(plex.sessions) == 0


async def test_a_mistake_is_told(ask: Asker) -> None:
    for path, words in (
        ("sessions", {"kind": "nonsense"}),
        ("quirks", {"nonsense": 1}),
        ("websocket", {"action": "x"}),
    ):
        async with ask.session.post(f"{ask.plex.control_url}/_sim/{path}", json=words) as answer:
            assert answer.status == 400
            assert "error" in await answer.json()


async def test_the_rest_of_the_control(ask: Asker, plex: Simulator) -> None:
    await ask.control("POST", "prefs", {"CinemaTrailersPrerollID": "/a.mp4"})
    assert (await ask.control("GET", "prefs"))["CinemaTrailersPrerollID"] == "/a.mp4"
    await ask.control("POST", "faults", {"path": "/identity", "kind": "status", "status": 500})
    assert await ask.status("GET", "/identity") == 500
    await ask.control("POST", "faults", {"path": "/identity", "kind": "html"})
    await ask.control("DELETE", "faults")
    assert await ask.status("GET", "/identity") == 200
    assert [row["path"] for row in await ask.control("GET", "log?path=/identity&method=GET")] == ["/identity"] * 2
    await ask.control("DELETE", "log")
    assert await ask.control("GET", "log") == []
    assert (await ask.control("GET", "state"))["sections"][0]["counts"] == {"movie": 24}
    await ask.control("POST", "updater", {"version": "9"})
    assert plex.state.updater.release is not None
    await ask.control("POST", "butler", {"seconds": 0, "task": "BackupDatabase"})
    await until(lambda: plex.state.butler.done)


async def test_the_library_is_steered_from_outside(ask: Asker, plex: Simulator) -> None:
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        made = await ask.control("POST", "library/items", {"like": 1, "title": "Fresh"})
        assert (await receive(socket, "timeline"))["title"] == "Fresh"
        number = made["id"]
        before = plex.state.library.items[number].updated_at
        assert (await ask.control("POST", f"library/items/{number}", {"title": "Stale"}))["updated_at"] > before
        await ask.control("POST", f"library/items/{number}/trash")
        assert (await ask.control("GET", "state"))["sections"][0]["trashed"] == 1
        await ask.control("POST", f"library/items/{number}/restore")
        await ask.control("DELETE", f"library/items/{number}")
    assert number not in plex.state.library.items
    assert len(await ask.control("GET", "library/items?section=1&type=movie")) == 24
    await ask.control("POST", "library/scan", {"section": 1, "path": "/synthetic/films/x"})
    assert plex.state.scans == [{"section": 1, "path": "/synthetic/films/x", "force": False}]


async def test_the_evening_goes_its_way(plex: Simulator) -> None:
    evening = Evening(plex)
    seen: set[str] = set()
    states: set[str] = set()
    for _, who, what, facts in SCRIPT:
        if who:
            evening.act(who, what, facts)
        seen |= {view.kind for view in plex.sessions.current.values()}
        states |= {view.state for view in plex.sessions.current.values()}
    assert seen == {"preroll", "direct_play", "transcode", "direct_stream", "music", "burn", "audio_transcode", "live"}
    assert states == {"playing", "paused", "buffering"}
    assert len(plex.sessions) == 0


async def test_the_evening_puts_up_with_being_ended(plex: Simulator) -> None:
    evening = Evening(plex)
    for _, who, what, facts in SCRIPT:
        if who:
            evening.act(who, what, facts)
            plex.sessions.stop_all()
    assert len(plex.sessions) == 0


async def test_the_evening_moves_by_itself() -> None:
    async with Simulator(evening=True, evening_speed=1000.0) as plex:
        await until(lambda: len(plex.sessions) > 2)
        assert plex.evening is not None
        plex.evening.stop()
        await until(lambda: plex.evening is not None and not plex.evening.running)


async def test_discovery_answers_on_loopback(plex: Simulator) -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    class Searching(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            answers.put_nowait(data)

    async with Gdm(plex) as gdm:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Searching, remote_addr=("127.0.0.1", gdm.port))
        transport.sendto(b"HELLO")
        transport.sendto(b"M-SEARCH * HTTP/1.0")
        lines = (await asyncio.wait_for(answers.get(), 30)).decode().split("\r\n")
        transport.close()
    assert lines[0] == "HTTP/1.0 200 OK"
    assert f"Port: {plex.port}" in lines
    assert f"Resource-Identifier: {plex.machine_identifier}" in lines


async def test_the_program_says_where_it_is_and_ends(session: aiohttp.ClientSession) -> None:
    words = ["--synthetic", "50", "--plex-tv", "--token", "abc", "--quirk", "page_cap=7", "--name", "From a shell"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        about = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert about["token"] == "abc"
        async with session.get(f"{about['url']}/identity") as answer:
            assert answer.status == 200
        async with session.get(f"{about['control']}/_sim/quirks") as answer:
            assert (await answer.json())["page_cap"] == 7
        async with session.get(about["plex_tv_page"]) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_players_report_by_themselves() -> None:
    async with Simulator(report_every=0.02) as plex:
        first, second = plex.sessions.start(), plex.sessions.start("transcode")
        plex.sessions.pause(second)
        await until(lambda: first.offset > 50)
        assert second.offset == 0


async def test_an_evening_without_shows_or_music_has_films() -> None:
    async with Simulator(synthetic=10) as plex:
        evening = Evening(plex)
        evening.act("eva", "start", {"kind": "audio_transcode", "item": "episode"})
        evening.act("dad", "start", {"kind": "music"})
        assert [view.item.type for view in plex.sessions.current.values()] == ["movie"]
