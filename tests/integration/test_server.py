"""The server itself in Home Assistant: its device, its libraries, its health, its updates."""

from datetime import timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.update import DOMAIN as UPDATE
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.plex_steward import async_remove_config_entry_device
from custom_components.plex_steward.const import DOMAIN, RELEASE_INTERVAL, SERVER_INTERVAL
from custom_components.plex_steward.plex import connection
from custom_components.plex_steward.stewardship import health
from simulator import Fault, PlexTv, Simulator
from tests.integration.conftest import NOWHERE, MakeEntry, MakePlex, Named, Setup, Until


def issues(hass: HomeAssistant) -> set[str]:
    """Give what is wrong, by its kind."""
    return {str(i.translation_key) for (domain, _), i in ir.async_get(hass).issues.items() if domain == DOMAIN}


async def test_the_servers_device(
    plex: Simulator, entry: MockConfigEntry, setup: Setup, device_registry: dr.DeviceRegistry
) -> None:
    await setup(entry)
    device = device_registry.async_get_device_by_identifier((DOMAIN, plex.machine_identifier), entry.entry_id)
    assert device is not None
    assert device.name == "Simulated Plex"
    assert device.manufacturer == "Plex"
    assert device.model == "Plex Media Server (Linux)"
    assert device.sw_version == plex.state.identity.version
    assert device.configuration_url == f"{plex.url}/web"
    assert device.entry_type is dr.DeviceEntryType.SERVICE

    plex.state.identity.version = "1.44.0.1-new"
    await entry.runtime_data.server.async_refresh()
    device = device_registry.async_get_device_by_identifier((DOMAIN, plex.machine_identifier), entry.entry_id)
    assert device is not None
    assert device.sw_version == "1.44.0.1-new"


async def test_libraries_come_and_go(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, device_registry: dr.DeviceRegistry
) -> None:
    await setup(entry)
    server = entry.runtime_data.server

    def names() -> dict[str | None, dr.DeviceEntry]:
        return {d.name: d for d in dr.async_entries_for_config_entry(device_registry, entry.entry_id)}

    before = names()
    new = plex.state.library.section("Concerts", "movie", ["/media/Concerts"])
    await server.async_refresh()
    await hass.async_block_till_done()
    device = names()["Concerts"]
    assert device.via_device_id == before["Simulated Plex"].id
    assert not await async_remove_config_entry_device(hass, entry, device)
    (library,) = (library for library in server.libraries if library.title == "Concerts")
    assert server.library(library.uuid) == library

    new.title = "Live music"
    await server.async_refresh()
    assert "Concerts" not in names()
    assert names()["Live music"].id == device.id

    plex.state.library.drop_section(new.id)
    await server.async_refresh()
    await hass.async_block_till_done()
    assert names() == before
    assert server.library(library.uuid) is None
    orphan = device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "left over")})
    assert await async_remove_config_entry_device(hass, entry, orphan)


async def test_the_server_goes_and_comes_back(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    state_of: Named,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await setup(entry)
    assert state_of(entry, "_connectivity") == "on"
    assert state_of(entry, "_remote_access") == "on"
    plex.quirks.starting = True
    caplog.clear()
    for _ in range(3):
        await entry.runtime_data.server.async_refresh()
    assert state_of(entry, "_connectivity") == "off"
    assert state_of(entry, "_remote_access") == "unavailable"
    lost = [r for r in caplog.records if r.levelno >= logging.INFO and "Error fetching server data" in r.getMessage()]
    assert len(lost) == 1
    plex.quirks.starting = False
    await entry.runtime_data.server.async_refresh()
    assert state_of(entry, "_connectivity") == "on"
    assert state_of(entry, "_remote_access") == "on"
    assert issues(hass) == set()


async def test_the_poll_is_once_a_minute(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    await setup(entry)
    plex.state.log.clear()
    freezer.tick(SERVER_INTERVAL + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await until(lambda: plex.state.requests("/library/sections"))


@pytest.mark.parametrize("fault", [Fault("/", "status", times=None, status=500), Fault("/", "html", times=None)])
async def test_not_ready(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, fault: Fault
) -> None:
    plex.state.faults.append(fault)
    await setup(entry, state=ConfigEntryState.SETUP_RETRY)
    assert entry.error_reason_translation_key in {"server_fault", "invalid_answer"}
    plex.state.faults.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED


async def test_still_starting(hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup) -> None:
    plex.quirks.starting = True
    await setup(entry, state=ConfigEntryState.SETUP_RETRY)
    assert entry.error_reason_translation_key == "not_ready"
    assert not hass.config_entries.flow.async_progress()
    plex.quirks.starting = False
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_the_token_is_revoked_while_running(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    await setup(entry)
    plex.state.accounts.clear()
    await entry.runtime_data.server.async_refresh()
    await until(hass.config_entries.flow.async_progress)
    assert {flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()} == {SOURCE_REAUTH}


async def test_a_failing_address_is_changed_over_and_back(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, state_of: Named
) -> None:
    """Two addresses of one server: a second simulator that is the same server."""
    plex = await make_plex(machine_identifier="d" * 40)
    far = await make_plex(machine_identifier="d" * 40)
    rows = [
        {"url": plex.url, "place": "local", "ipv6": False, "manual": False},
        {"url": far.url, "place": "remote", "ipv6": False, "manual": False},
    ]
    entry = make_entry(plex, data={"addresses": rows})
    await setup(entry)
    way = entry.runtime_data.client.connection
    assert way.url == plex.url
    await plex.stop()
    await entry.runtime_data.server.async_refresh()
    assert way.url == far.url
    assert state_of(entry, "_connectivity") == "on"
    await plex.restart()
    await entry.runtime_data.server.async_refresh()
    assert way.url == plex.url


async def test_a_stranger_behind_the_address(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, make_plex: MakePlex
) -> None:
    port = plex.port
    await plex.stop()
    stranger = await make_plex(machine_identifier="e" * 40, port=port)
    await setup(entry, state=ConfigEntryState.SETUP_RETRY)
    assert entry.error_reason_translation_key == "wrong_server"
    assert {seen.token for seen in stranger.state.log} == {""}


async def test_away_for_long(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = make_entry(plex, data={"addresses": [{"url": NOWHERE, "place": "local", "ipv6": False, "manual": True}]})
    await setup(entry, state=ConfigEntryState.SETUP_RETRY)
    assert issues(hass) == set()
    freezer.tick(health.PATIENCE + timedelta(seconds=1))
    await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == {"address_gone"}
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == set()


async def test_no_longer_the_owner(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, entity_registry: er.EntityRegistry
) -> None:
    plex = await make_plex(shared_token="guest")
    entry = make_entry(plex, token="guest")
    await setup(entry)
    assert issues(hass) == {"not_owner"}
    assert entry.runtime_data.server.data.owner is False
    assert not [e for e in er.async_entries_for_config_entry(entity_registry, entry.entry_id) if e.domain == UPDATE]
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": plex.token})
    await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == set()


async def test_a_plex_pass_takes_its_notice_back(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    plex.quirks.plex_pass = False
    await setup(entry)
    health.raise_issue(hass, entry, "no_plex_pass")
    await entry.runtime_data.server.async_refresh()
    assert issues(hass) == {"no_plex_pass"}
    plex.quirks.plex_pass = True
    await entry.runtime_data.server.async_refresh()
    assert issues(hass) == set()


async def test_an_update_of_the_server(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    state_of: Named,
    entity_of: Named,
    until: Until,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
) -> None:
    await setup(entry)
    name = entity_of(entry, "_server")
    assert state_of(entry, "_server") == "off"
    await until(lambda: entry.runtime_data.events.connected)
    plex.state.updater.offer("1.99.0.1-abc", can_install=True)
    await until(lambda: state_of(entry, "_server") == "on")  # pushed, not polled
    assert (state := hass.states.get(name)) is not None
    assert state.attributes["latest_version"] == "1.99.0.1-abc"
    assert state.attributes["installed_version"] == plex.state.identity.version
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "update/release_notes", "entity_id": name})
    notes = (await client.receive_json())["result"]
    assert "Films are found faster" in notes
    assert "Folders with a comma" in notes

    await hass.services.async_call(UPDATE, "install", {"entity_id": name}, blocking=True)
    assert plex.state.updater.applied == 1

    plex.quirks.starting = True
    with pytest.raises(HomeAssistantError) as failure:
        await hass.services.async_call(UPDATE, "install", {"entity_id": name}, blocking=True)
    assert failure.value.translation_key == "not_ready"
    plex.quirks.starting = False

    plex.state.updater.release = None
    freezer.tick(RELEASE_INTERVAL + timedelta(seconds=1))
    await entry.runtime_data.server.async_refresh()
    assert state_of(entry, "_server") == "off"
    await client.send_json_auto_id({"type": "update/release_notes", "entity_id": name})
    assert not (await client.receive_json()).get("result")


async def test_a_server_that_does_not_tell_about_updates(
    plex: Simulator, entry: MockConfigEntry, setup: Setup, state_of: Named
) -> None:
    plex.state.faults.append(Fault("/updater/status", "status", times=None, status=404))
    await setup(entry)
    assert entry.runtime_data.server.data.update is None
    assert state_of(entry, "_server") == "off"
    await entry.runtime_data.server.async_refresh()
    assert len(plex.state.requests("/updater/status")) == 1


async def test_reachability_is_pushed(plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until) -> None:
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    plex.state.log.clear()
    plex.state.bus.publish("reachability", "ReachabilityNotification", [{"reachability": False}])
    await until(lambda: [seen for seen in plex.state.log if seen.path == "/"])


async def test_two_servers_and_one_of_them_suffers(
    hass: HomeAssistant,
    plex: Simulator,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    state_of: Named,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "SEARCH_PAUSE", 0.0)
    other = await make_plex(name="Other", machine_identifier="b" * 40, token="other-token")
    well, ill = make_entry(plex), make_entry(other)
    await setup(well)
    await setup(ill)
    seen: list[str] = []

    def note(event: Any) -> None:
        state = event.data["new_state"]
        if state is not None and event.data["entity_id"] in mine and state.state == "unavailable":
            seen.append(event.data["entity_id"])

    registry = er.async_get(hass)
    mine = {row.entity_id for row in er.async_entries_for_config_entry(registry, well.entry_id)}
    hass.bus.async_listen("state_changed", note)
    for fault in (
        Fault("/*", "status", times=None, status=500),
        Fault("/*", "status", times=None, status=401),
        Fault("/*", "html", times=None),
        Fault("/*", "truncate", times=None),
        Fault("/*", "cut", times=None),
        Fault("/*", "redirect", times=None, location=plex.url),
    ):
        other.state.faults.append(fault)
        await ill.runtime_data.server.async_refresh()
        assert state_of(ill, "_connectivity") == "off"
        await well.runtime_data.server.async_refresh()
        assert state_of(well, "_connectivity") == "on"
        other.state.faults.clear()
        await ill.runtime_data.server.async_refresh()
        assert state_of(ill, "_connectivity") == "on"
    await other.stop()
    await ill.runtime_data.server.async_refresh()
    assert state_of(ill, "_connectivity") == "off"
    assert state_of(well, "_connectivity") == "on"
    assert seen == []
    assert {row.token for row in plex.state.log} <= {"", "owner"}
    assert "wrong" not in {row.token for row in other.state.log}


async def test_a_restart_without_plex_tv(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, make_entry: MakeEntry, setup: Setup
) -> None:
    tv.add(plex)
    tv.fault = 500
    data = {"account_token": tv.account.token, "account_id": tv.account.id}
    entry = make_entry(plex, data=data)
    await setup(entry)
    states = {state.entity_id for state in hass.states.async_all() if state.state != "unavailable"}
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert {state.entity_id for state in hass.states.async_all() if state.state != "unavailable"} == states
    assert tv.log == []
