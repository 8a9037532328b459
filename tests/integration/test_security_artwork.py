"""The way pictures take to a browser: signed, one picture, nothing else of the server and nobody else's address."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward import views
from custom_components.plex_steward.plex.client import MAX_ARTWORK
from custom_components.plex_steward.plex.streams import Stream
from simulator import Fault, Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until

type Browser = TestClient[web.Request, web.Application]

REFUSED = (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
"""Home Assistant itself refuses what looks like a way out."""
TRANSCODE = "/photo/:/transcode"


@pytest.fixture
async def entry(make_entry: MakeEntry, plex: Simulator, setup: Setup, until: Until) -> MockConfigEntry:
    """A server on which one film is on."""
    entry = await setup(make_entry(plex))
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: entry.runtime_data.sessions.data)
    return entry


@pytest.fixture
async def stranger(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> Browser:
    """A browser that is not signed in."""
    return cast("Browser", await hass_client_no_auth())


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Browser:
    """A browser that is."""
    return cast("Browser", await hass_client())


def stream_of(entry: MockConfigEntry) -> Stream:
    return cast("Stream", entry.runtime_data.sessions.data[0])


def show(entry: MockConfigEntry, thumb: str | None) -> None:
    """Let the server name another picture for the stream."""
    stream = stream_of(entry)
    entry.runtime_data.sessions.data = (replace(stream, item=replace(stream.item, thumb=thumb)),)


def address(entry: MockConfigEntry, **other: str) -> str:
    stream = stream_of(entry)
    parts = {"entry_id": entry.entry_id, "session": stream.key, "item": str(stream.item.rating_key), **other}
    return views.URL.format(**parts)


def signed(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    found = views.artwork_url(hass, entry, stream_of(entry))
    assert found is not None
    return found


async def test_a_signed_address_is_enough_and_gives_a_picture(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, stranger: Browser
) -> None:
    url = signed(hass, entry)
    answer = await stranger.get(url)
    assert answer.status == HTTPStatus.OK
    assert answer.content_type in views.TYPES
    assert await answer.read()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private,")
    for secret in (plex.token, plex.url, "127.0.0.1", str(stream_of(entry).item.thumb), "X-Plex"):
        assert secret not in url
        assert secret not in str(answer.headers.items())


async def test_without_a_signature_or_a_sign_in_nobody_gets_in(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, stranger: Browser
) -> None:
    url = signed(hass, entry)
    before = len(plex.state.requests(TRANSCODE))
    other = address(entry, session="999") + "?" + url.partition("?")[2]
    for wrong in (address(entry), url[:-3] + "abc", url + "&url=other", other):
        assert (await stranger.get(wrong)).status == HTTPStatus.UNAUTHORIZED
    late = async_sign_path(hass, address(entry), timedelta(seconds=-1))
    assert (await stranger.get(late)).status == HTTPStatus.UNAUTHORIZED
    assert len(plex.state.requests(TRANSCODE)) == before


async def test_only_the_picture_of_a_stream_that_is_on(
    hass: HomeAssistant, plex: Simulator, make_plex: MakePlex, entry: MockConfigEntry, make_entry: MakeEntry,
    browser: Browser, setup: Setup,
) -> None:  # fmt: skip
    """Nothing in the address becomes a path on the server: it only chooses among the streams."""
    other = await setup(make_entry(await make_plex()))
    elsewhere = MockConfigEntry(domain="sun", state=ConfigEntryState.LOADED)
    elsewhere.add_to_hass(hass)
    path = quote("../../:/prefs", safe="")
    before = len(plex.state.requests(TRANSCODE))
    for wrong in (
        {"entry_id": "unknown"},
        {"entry_id": other.entry_id},
        {"entry_id": elsewhere.entry_id},
        {"session": "999"},
        {"item": "999"},
        {"item": path},
        {"session": path},
        {"item": quote("http://127.0.0.1:9/", safe="")},
        {"item": "%00"},
    ):
        assert (await browser.get(address(entry, **wrong))).status in REFUSED, wrong
    assert (await browser.get(address(entry) + "?url=/:/prefs&X-Plex-Token=x")).status == HTTPStatus.OK
    asked = plex.state.requests(TRANSCODE)[before:]
    assert [one.query["url"] for one in asked] == [stream_of(entry).item.thumb]
    for method in ("POST", "PUT", "DELETE"):
        assert (await browser.request(method, address(entry))).status == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    "thumb",
    [
        "http://127.0.0.1:9/x.png",
        "//127.0.0.1:9/x.png",
        "/\\127.0.0.1/x.png",
        "@127.0.0.1:9/x.png",
        "library/metadata/1/thumb",
        "/library/../:/prefs",
        "/library/metadata/1/..",
        "",
        None,
    ],
)
async def test_a_server_that_names_another_place_is_not_followed(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, browser: Browser, thumb: str | None
) -> None:
    url = address(entry)
    before = len(plex.state.requests(TRANSCODE))
    show(entry, thumb)
    assert (await browser.get(url)).status == HTTPStatus.NOT_FOUND
    assert len(plex.state.requests(TRANSCODE)) == before
    if not thumb:
        assert views.artwork_url(hass, entry, stream_of(entry)) is None


async def test_a_redirect_is_not_followed(plex: Simulator, entry: MockConfigEntry, browser: Browser) -> None:
    visitors: list[str] = []

    async def note(request: web.Request) -> web.Response:
        visitors.append(str(request.headers))
        return web.Response(body=b"\x89PNG", content_type="image/png")

    app = web.Application()
    app.router.add_get("/{path:.*}", note)
    async with TestServer(app, host="127.0.0.1") as elsewhere:
        plex.state.faults.append(Fault(TRANSCODE, "redirect", location=str(elsewhere.make_url("/x.png"))))
        assert (await browser.get(address(entry))).status == HTTPStatus.NOT_FOUND
    assert visitors == []


@pytest.mark.parametrize("fault", [Fault(TRANSCODE, "html"), Fault(TRANSCODE, "status", status=500)])
async def test_what_is_no_picture_is_not_passed_on(
    plex: Simulator, entry: MockConfigEntry, browser: Browser, fault: Fault
) -> None:
    plex.state.faults.append(fault)
    answer = await browser.get(address(entry))
    assert answer.status == HTTPStatus.NOT_FOUND
    assert "Sign in" not in await answer.text()


@pytest.mark.parametrize(
    ("media_type", "passed"),
    [
        ("image/jpeg", True),
        ("image/webp; charset=x", True),
        ("image/svg+xml", False),
        ("image/svg+xml; charset=utf-8", False),
        ("IMAGE/SVG+XML", False),
        ("text/html", False),
        ("application/xml", False),
        ("image/", False),
        ("", False),
    ],
)
async def test_pictures_that_can_hold_a_script_are_not_passed_on(
    entry: MockConfigEntry, browser: Browser, monkeypatch: pytest.MonkeyPatch, media_type: str, passed: bool
) -> None:
    async def artwork(*_: Any, **__: Any) -> Any:
        return await _evil(b"<svg onload=alert(1)>", media_type)

    monkeypatch.setattr(entry.runtime_data.client.connection, "request", artwork)
    answer = await browser.get(address(entry))
    assert answer.status == (HTTPStatus.OK if passed else HTTPStatus.NOT_FOUND)
    if passed:
        assert answer.headers["Content-Type"] == media_type.partition(";")[0]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def _evil(body: bytes, media_type: str) -> Any:
    """What a server says that is not what it seems."""
    from multidict import CIMultiDict, CIMultiDictProxy

    from custom_components.plex_steward.plex.wire import Answer

    return Answer(200, CIMultiDictProxy(CIMultiDict({"Content-Type": media_type})), body)


async def test_a_picture_without_end_is_cut_off(
    entry: MockConfigEntry, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is asked for with each picture; that it holds is a test of the ring below."""
    asked: list[Any] = []
    client = entry.runtime_data.client.connection
    real = client.request

    async def request(*words: Any, **named: Any) -> Any:
        asked.append(named["limit"])
        return await real(*words, **{**named, "limit": 8})

    monkeypatch.setattr(client, "request", request)
    assert (await browser.get(address(entry))).status == HTTPStatus.NOT_FOUND
    assert asked == [MAX_ARTWORK]


async def test_no_picture_once_the_server_is_no_longer_looked_after(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser
) -> None:
    url = address(entry)
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await browser.get(url)).status == HTTPStatus.NOT_FOUND


async def test_none_for_a_server_whose_streams_are_not_ours_to_see(
    make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, hass_client: ClientSessionGenerator
) -> None:
    plex = await make_plex(shared_token="guest")
    entry = await setup(make_entry(plex, token="guest", owned=False))
    assert entry.runtime_data.sessions is None
    url = views.URL.format(entry_id=entry.entry_id, session="1", item="1")
    assert (await (await hass_client()).get(url)).status == HTTPStatus.NOT_FOUND
