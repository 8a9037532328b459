"""Formats, errors, tokens: what holds for every answer."""

import json
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from simulator import Simulator

from .conftest import Asker, page


async def test_xml_is_the_default_and_json_needs_accept(ask: Asker) -> None:
    status, body, headers = await ask.call("GET", "/library/sections", accept="*/*")
    assert (status, headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert [one.get("title") for one in ET.fromstring(body)] == ["Films", "Shows", "Music"]
    status, body, headers = await ask.call("GET", "/library/sections")
    assert headers["Content-Type"].startswith("application/json")
    assert [one["title"] for one in json.loads(body)["MediaContainer"]["Directory"]] == ["Films", "Shows", "Music"]


@pytest.mark.parametrize("path", ["/library/sections", "/no/such/path", "/library/metadata/999999"])
async def test_every_answer_has_the_protocol_header(ask: Asker, path: str) -> None:
    assert (await ask.call("GET", path))[2]["X-Plex-Protocol"] == "1.0"


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", "/", "", 401),
        ("GET", "/library/sections", "wrong", 401),
        ("GET", "/resources", "", 403),
        ("GET", "/clients", "", 401),
        ("GET", "/library/sections/99", None, 404),
        ("GET", "/library/metadata/999999", None, 404),
        ("GET", "/nowhere", None, 404),
        ("PUT", "/library/sections/1/refresh", None, 405),
        ("GET", "/status/sessions/terminate?sessionId=unknown", None, 404),
        ("GET", "/status/sessions/terminate?sessionId=", None, 403),
        ("GET", "/status/sessions/terminate?sessionid=x", None, 400),
    ],
)
async def test_errors_are_html_whatever_was_asked_for(
    ask: Asker, method: str, path: str, token: str | None, status: int
) -> None:
    got, body, headers = await ask.call(method, path, token=token)
    assert got == status
    assert headers["Content-Type"].startswith("text/html")
    assert body.startswith(b"<html><head><title>")
    assert f"<h1>{status} ".encode() in body


async def test_the_token_may_come_in_the_query_and_is_not_kept(ask: Asker, plex: Simulator) -> None:
    assert await ask.status("GET", f"/library/sections?X-Plex-Token={plex.token}", token="") == 200
    [row] = plex.state.requests("/library/sections")
    assert (row.token, row.query) == ("owner", {})


async def test_identity_is_open(ask: Asker, plex: Simulator) -> None:
    who = await ask.get("/identity", token="")
    assert (who["machineIdentifier"], who["size"], who["claimed"]) == (plex.machine_identifier, 0, True)


async def test_a_slash_at_the_end_changes_nothing(ask: Asker) -> None:
    assert (await ask.get("/library/sections/"))["Directory"] == (await ask.get("/library/sections"))["Directory"]


async def test_head_gives_the_paging_headers(ask: Asker) -> None:
    status, body, headers = await ask.call("HEAD", "/library/sections/1/all", headers=page(0, 0))
    assert (status, body, headers["X-Plex-Container-Total-Size"]) == (200, b"", "24")


async def test_an_empty_list_is_left_out(ask: Asker) -> None:
    assert await ask.get("/status/sessions") == {"size": 0}
    assert await ask.get("/activities") == {"size": 0}


async def test_json_has_keys_as_text_and_numbers_as_numbers(ask: Asker) -> None:
    [film] = (await ask.get("/library/metadata/1"))["Metadata"]
    assert (film["ratingKey"], film["librarySectionID"]) == ("1", 1)
    assert isinstance(film["addedAt"], int)
    streams = film["Media"][0]["Part"][0]["Stream"]
    assert streams[0]["default"] is True
    assert all("forced" not in one and "hearingImpaired" not in one for one in streams)


async def test_an_open_network_needs_no_token(ask: Asker, plex: Simulator) -> None:
    plex.quirks.open_network = True
    assert await ask.status("GET", "/library/sections", token="") == 200
    assert await ask.status("GET", "/library/sections", token="wrong") == 401


async def test_a_starting_server_answers_503_to_everything(ask: Asker, plex: Simulator) -> None:
    plex.quirks.starting = True
    assert await ask.status("GET", "/identity") == 503
    assert await ask.control("POST", "quirks", {"starting": False})
    assert await ask.status("GET", "/identity") == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/:/prefs", 403),
        ("PUT", "/:/prefs?FriendlyName=x", 403),
        ("GET", "/butler", 403),
        ("GET", "/activities", 403),
        ("GET", "/status/sessions", 403),
        ("GET", "/library/sections/1/all", 200),
        ("GET", "/library/sections/2/all", 404),
        ("GET", "/library/sections/1/refresh", 403),
        ("PUT", "/library/sections/1/emptyTrash", 403),
        ("DELETE", "/library/metadata/1", 403),
        ("GET", "/library/metadata/1", 200),
    ],
)
async def test_a_shared_account_sees_less(session: aiohttp.ClientSession, method: str, path: str, status: int) -> None:
    async with Simulator(shared_token="friend", shared_sections=[1]) as plex:
        assert await Asker(plex, session).status(method, path, token="friend") == status


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_shared_account_is_refused_the_sessions_differently(
    session: aiohttp.ClientSession, status: int
) -> None:
    async with Simulator(shared_token="friend", shared_sessions_status=status) as plex:
        assert await Asker(plex, session).status("GET", "/status/sessions", token="friend") == status


async def test_the_root_tells_what_the_server_can_do(ask: Asker, plex: Simulator) -> None:
    root = await ask.get("/")
    assert root["friendlyName"] == "Simulated Plex"
    assert "session_kick" in root["ownerFeatures"]
    plex.quirks.plex_pass = False
    root = await ask.get("/")
    assert (root["myPlexSubscription"], "session_kick" in root["ownerFeatures"]) == (False, False)


def test_an_unknown_quirk_is_refused() -> None:
    with pytest.raises(KeyError):
        Simulator(no_such_quirk=1)
