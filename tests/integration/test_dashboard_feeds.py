"""What the cards and the dashboard are told while a server is away: it is set up, it just does not answer."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from simulator import Simulator

from .conftest import MakeEntry, Setup
from .mirror_house import make_library, subentry


async def asked(client: MockHAClientWebSocket, kind: str) -> dict[str, Any]:
    """Ask once; of a subscription give what it sends first, and end it."""
    await client.send_json_auto_id({"type": f"plex_steward/{kind}"})
    answer = await client.receive_json()
    assert answer["success"]
    if kind == "overview":
        return dict(answer["result"])
    event = await client.receive_json()
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": answer["id"]})
    assert (await client.receive_json())["success"]
    return dict(event["event"])


async def test_a_server_that_is_away_is_still_there(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    hass_ws_client: WebSocketGenerator,
    tmp_path: Path,
) -> None:
    entry: MockConfigEntry = await setup(make_entry(plex, subentries=(subentry(*make_library(tmp_path)),)))
    client = await hass_ws_client(hass)
    (before,) = (await asked(client, "overview"))["servers"]
    assert [mirror["name"] for mirror in before["mirrors"]] == ["Movies"]
    assert before["entities"]["streams"].startswith("sensor.")
    assert (await asked(client, "library"))["away"] is (await asked(client, "mirrors"))["away"] is False

    await plex.stop()
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    (after,) = (await asked(client, "overview"))["servers"]
    assert after == before | {"libraries": []}
    (server,) = (await asked(client, "streams"))["servers"]
    assert server == {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "available": False,
        "maintenance": None,
        "streams": [],
    }
    assert await asked(client, "library") == {"libraries": [], "away": True}
    assert await asked(client, "mirrors") == {"mirrors": [], "away": True}

    await plex.restart()
    assert await hass.config_entries.async_reload(entry.entry_id)
    (server,) = (await asked(client, "streams"))["servers"]
    assert server["available"] is True


async def test_a_server_that_was_never_reached(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """There is no device of it yet."""
    await plex.stop()
    entry = await setup(make_entry(plex), state=ConfigEntryState.SETUP_RETRY)
    client = await hass_ws_client(hass)
    (server,) = (await asked(client, "overview"))["servers"]
    assert (server["entry_id"], server["device_id"], server["entities"]) == (entry.entry_id, None, {})
    await plex.restart()


async def test_a_server_that_is_switched_off_is_not_shown(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, hass_ws_client: WebSocketGenerator
) -> None:
    await setup(entry)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    client = await hass_ws_client(hass)
    assert await asked(client, "overview") == {"servers": []}
    assert await asked(client, "streams") == {"servers": []}
