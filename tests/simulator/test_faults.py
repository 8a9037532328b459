"""What goes wrong on purpose."""

import asyncio
import json
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from simulator import Fault, Simulator

from .conftest import Asker

ALL = "/library/sections/1/all"


async def test_a_status_a_number_of_times_after_some(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/library/sections/*/all", "status", status=500, times=2, after=1))
    assert [await ask.status("GET", ALL) for _ in range(4)] == [200, 500, 500, 200]
    assert [row.status for row in plex.state.requests(ALL)] == [200, 500, 500, 200]


async def test_a_proxy_asks_for_a_password(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("*", "html"))
    status, body, headers = await ask.call("GET", "/identity")
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert b"<form>" in body


async def test_a_redirect(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("*", "redirect", status=301, location="http://127.0.0.1:1/"))
    status, _, headers = await ask.call("GET", "/identity")
    assert (status, headers["Location"]) == (301, "http://127.0.0.1:1/")


async def test_a_truncated_body_is_no_document(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault(ALL, "truncate", times=2))
    with pytest.raises(json.JSONDecodeError):
        json.loads((await ask.call("GET", ALL))[1])
    with pytest.raises(ET.ParseError):
        ET.fromstring((await ask.call("GET", ALL, accept="*/*"))[1])


async def test_a_cut_line(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault(ALL, "cut"))
    with pytest.raises(aiohttp.ClientError):
        await ask.call("GET", ALL)
    assert await ask.status("GET", ALL) == 200


async def test_broken_text(ask: Asker, plex: Simulator) -> None:
    plex.state.faults += [Fault(ALL, "broken_utf8"), Fault(ALL, "invalid_xml")]
    with pytest.raises(UnicodeDecodeError):
        (await ask.call("GET", ALL))[1].decode()
    body = (await ask.call("GET", ALL, accept="*/*"))[1]
    assert body.decode()
    with pytest.raises(ET.ParseError):
        ET.fromstring(body)


async def test_no_answer(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/identity", "hang"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask.call("GET", "/identity"), 0.1)


async def test_a_late_answer(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/identity", "delay", seconds=0.05))
    plex.quirks.delay = 0.01
    assert await ask.status("GET", "/identity") == 200


async def test_a_method_can_be_chosen(ask: Asker, plex: Simulator) -> None:
    plex.state.faults.append(Fault("*", "status", method="PUT", status=403, times=None))
    assert await ask.status("GET", "/:/prefs") == 200
    assert [await ask.status("PUT", "/:/prefs?FriendlyName=x") for _ in range(2)] == [403, 403]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="explode"):
        Fault("*", "explode")  # type: ignore[arg-type]  # the point of the test
