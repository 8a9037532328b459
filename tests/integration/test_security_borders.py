"""Who may do what, and which paths may be named. Everything there is is looked up, so that nothing new is forgotten."""

from http import HTTPStatus
from pathlib import Path
import re
from typing import Any

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.flow.callback import PATH, callback_url
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Setup
from .mirror_house import FILMS, act, device_of, files, film, make_library, subentry

EVERYONE = {"find_media", "get_on_deck", "get_recently_added", "get_sessions", "refresh_inventory"}
"""Actions that change nothing but what we know; all others are for administrators."""
SUBSCRIPTIONS = {"plex_steward/library", "plex_steward/mirrors", "plex_steward/overview", "plex_steward/streams"}
"""Websocket commands: they show, and change nothing."""
DOES = re.compile(r"terminate|refresh|emptyTrash")
"""What Plex does for a mere GET."""
ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "button": ("press", {}),
    "number": ("set_value", {"value": 64}),
    "select": ("select_option", {"option": "none"}),
    "switch": ("turn_on", {}),
    "update": ("install", {}),
}


@pytest.fixture
async def house(plex: Simulator, make_entry: MakeEntry, setup: Setup, tmp_path: Path) -> MockConfigEntry:
    """A server with a mirror; somebody is watching."""
    entry = await setup(make_entry(plex, subentries=(subentry(*make_library(tmp_path)),)))
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    return entry


@pytest.fixture(params=["reader", "resident"])
async def somebody(hass: HomeAssistant, request: pytest.FixtureRequest, hass_read_only_user: MockUser) -> MockUser:
    """Somebody who may only look, and somebody who lives here; neither is an administrator."""
    if request.param == "reader":
        return hass_read_only_user
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    return MockUser(groups=[group]).add_to_hass(hass)


def told(plex: Simulator) -> list[tuple[str, str]]:
    """What the server was told to do: whatever was not only read."""
    changing = [one for one in plex.state.requests("*") if one.method != "GET" or DOES.search(one.path)]
    return [(one.method, one.path) for one in changing]


async def test_every_action_that_changes_something_is_for_administrators(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, somebody: MockUser, tmp_path: Path
) -> None:
    """Whatever its arguments are: they are not even looked at."""
    assert not somebody.is_admin
    actions = hass.services.async_services_for_domain(DOMAIN)
    assert actions.keys() > EVERYONE
    before = sorted(tmp_path.rglob("*"))
    for name, action in actions.items():
        if name in EVERYONE:
            continue
        action.schema = None
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                name,
                {"mirror": device_of(hass, house), "all": True},
                blocking=True,
                context=Context(user_id=somebody.id),
                return_response=action.supports_response is SupportsResponse.ONLY,
            )
    assert told(plex) == []
    assert sorted(tmp_path.rglob("*")) == before


async def test_what_everyone_may_call_changes_nothing(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, somebody: MockUser, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*")), len(plex.state.library.items)
    for name in sorted(EVERYONE):
        await hass.services.async_call(
            DOMAIN, name, {}, blocking=True, context=Context(user_id=somebody.id), return_response=True
        )
    assert told(plex) == []
    assert (sorted(tmp_path.rglob("*")), len(plex.state.library.items)) == before


async def test_somebody_who_may_only_look_operates_no_entity(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, hass_read_only_user: MockUser, tmp_path: Path
) -> None:
    """Entities follow Home Assistant's permissions; every one of ours that does something is tried."""
    registry = er.async_get(hass)
    rows = [row for row in er.async_entries_for_config_entry(registry, house.entry_id) if row.domain in ORDERS]
    assert {row.domain for row in rows} == ORDERS.keys()
    before = sorted(tmp_path.rglob("*"))
    for row in rows:
        if row.disabled:
            continue
        order, data = ORDERS[row.domain]
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                row.domain,
                order,
                {"entity_id": row.entity_id, **data},
                blocking=True,
                context=Context(user_id=hass_read_only_user.id),
            )
    assert told(plex) == []
    assert sorted(tmp_path.rglob("*")) == before


async def test_websocket_commands_only_show(
    hass: HomeAssistant,
    plex: Simulator,
    house: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    tmp_path: Path,
) -> None:
    ours = {name for name in hass.data[WEBSOCKET] if name.startswith(DOMAIN)}
    assert ours == SUBSCRIPTIONS
    before = sorted(tmp_path.rglob("*"))
    client = await hass_ws_client(hass, hass_read_only_access_token)
    for name in sorted(ours):
        await client.send_json_auto_id({"type": name})
        assert (await client.receive_json())["success"], name
        if name != "plex_steward/overview":
            event = await client.receive_json()
            assert event["type"] == "event"
    for wrong in ({"config_entry_id": {"a": 1}}, {"device_id": ["x"]}, {"unknown": True}):
        await client.send_json_auto_id({"type": "plex_steward/library", **wrong})
        answer = await client.receive_json()
        assert (answer["success"], answer["error"]["code"]) == (False, "invalid_format")
    assert told(plex) == []
    assert sorted(tmp_path.rglob("*")) == before


async def test_every_address_of_ours_needs_a_sign_in(
    hass: HomeAssistant, house: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """But the page a browser comes back to from plex.tv, which knows nothing and tells nothing."""
    callback_url(hass, "http://127.0.0.1", "flow")
    browser = await hass_client_no_auth()
    found = {route.resource.canonical for route in hass.http.app.router.routes() if route.resource is not None}
    ours = {path for path in found if DOMAIN in path}
    assert PATH in ours
    for path in ours - {PATH}:
        filled = re.sub(r"\{[^}]*\}", "1", path)
        assert (await browser.get(filled)).status == HTTPStatus.UNAUTHORIZED, path


async def test_the_page_to_come_back_to_wakes_only_a_sign_in_of_ours(
    hass: HomeAssistant, house: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Not a form of ours that waits for answers, and nobody else's flow; what is in its address is not shown."""
    callback_url(hass, "http://127.0.0.1", "flow")
    browser = await hass_client_no_auth()
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert (await browser.get(PATH, params={"flow_id": form["flow_id"]})).status == HTTPStatus.OK
    assert hass.config_entries.flow.async_get(form["flow_id"])["step_id"] == form["step_id"]
    theirs = await hass.config_entries.flow.async_init("sun", context={"source": "user"})
    for flow in (theirs["flow_id"], "<script>alert(1)</script>", "", "../x"):
        answer = await browser.get(PATH, params={"flow_id": flow})
        assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST), flow
        assert "alert" not in await answer.text()
    assert theirs["flow_id"] in {flow["flow_id"] for flow in hass.config_entries.flow.async_progress()}


NOT_BELOW = [
    "..",
    "../etc",
    "{root}/../etc",
    "{root}/Film 1 (2001)/../../../etc",
    "{root}/./Film 1 (2001)",
    "/etc",
    "etc",
    "{root}x/Film 1 (2001)",
    "{bare}/Film 1 (2001)",
    "file://{root}",
    "{root}/Film 1\0",
    "{root}/Film\n1",
    "{root}\\..\\etc",
    "..\\etc",
    "%2e%2e/etc",
    "/%2e%2e/etc",
    "\uff0f\uff0e\uff0e/etc",
    "~/films",
    "",
]
"""What no scan may be asked for; `root` is the library's folder, `bare` the same without its first slash."""


@pytest.mark.parametrize("path", NOT_BELOW)
async def test_only_folders_of_a_library_are_scanned(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, tmp_path: Path, path: str
) -> None:
    folder = tmp_path / "films"
    film(folder, "Film 1 (2001)")
    plex = await make_plex(media=[("Films", "movie", str(folder))])
    await setup(make_entry(plex))
    asked = path.format(root=folder, bare=str(folder)[1:])
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "scan_library", path=asked)
    assert raised.value.translation_key == "path_outside"
    assert plex.state.scans == []


@pytest.mark.parametrize("folder", ["..", ".", "", "/", "/etc", "../plex", "a/b", "Alien\0", "\0", "./Dune (2021)"])
async def test_a_run_is_narrowed_to_names_of_folders_only(
    hass: HomeAssistant, house: MockConfigEntry, tmp_path: Path, folder: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    for action in ("sync_mirror", "diff_mirror", "plan_mirror"):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, action, mirror=device_of(hass, house), only=[folder])
        assert raised.value.translation_key == "folder_only"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("folder", ["Linked (2000)", "..\\..\\etc", "%2e%2e", "Nowhere (1900)", "x" * 300, "\u2025"])
async def test_a_name_that_is_no_folder_of_the_source_links_nothing(
    hass: HomeAssistant, house: MockConfigEntry, tmp_path: Path, folder: str
) -> None:
    """A symbolic link that leads out of the source is none, whatever it is called."""
    outside = tmp_path / "outside"
    film(outside, "Secret (1999)")
    (tmp_path / "plex" / "Linked (2000)").symlink_to(outside / "Secret (1999)")
    await act(hass, "sync_mirror", mirror=device_of(hass, house), only=[folder])
    assert list(files(tmp_path / "jellyfin")) == []


async def test_the_mirror_writes_into_its_own_folders_and_nowhere_else(
    hass: HomeAssistant, house: MockConfigEntry, tmp_path: Path
) -> None:
    source, target = tmp_path / "plex", tmp_path / "jellyfin"
    before = {path: path.stat().st_mtime_ns for path in [source, *source.rglob("*")]}
    await act(hass, "sync_mirror", mirror=device_of(hass, house))
    assert len(list(files(target))) == len(FILMS)
    assert {path: path.stat().st_mtime_ns for path in [source, *source.rglob("*")]} == before
    assert {path.name for path in tmp_path.iterdir()} == {"plex", "jellyfin"}


async def test_who_is_meant_must_be_one_of_ours(hass: HomeAssistant, house: MockConfigEntry) -> None:
    """An id of something else is no server and no mirror."""
    elsewhere = MockConfigEntry(domain="sun")
    elsewhere.add_to_hass(hass)
    wrong: Any
    for wrong in (elsewhere.entry_id, "unknown", "../x", ""):
        with pytest.raises(ServiceValidationError):
            await act(hass, "get_sessions", config_entry_id=wrong)
        with pytest.raises(ServiceValidationError):
            await act(hass, "diff_mirror", mirror=wrong)
