"""The options of a server."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator
from tests.integration.conftest import MakeEntry, MakePlex, Setup
from tests.integration.flows import labels, options_step, section


async def test_the_limit(hass: HomeAssistant, entry: MockConfigEntry, setup: Setup) -> None:
    await setup(entry)
    assert entry.runtime_data.client.connection.access.timeout == 60
    flow = await section(hass, entry.entry_id, "connection")
    with pytest.raises(InvalidData):
        await options_step(hass, flow, {"timeout": 1})
    flow = await options_step(hass, flow, {"timeout": 90})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {"timeout": 90}
    assert entry.runtime_data.client.connection.access.timeout == 90


async def test_libraries_on_and_off(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, device_registry: dr.DeviceRegistry
) -> None:
    await setup(entry)
    first, *rest = entry.runtime_data.server.all_libraries
    flow = await section(hass, entry.entry_id, "libraries")
    assert labels(flow, "libraries") == {library.uuid: library.title for library in (first, *rest)}
    shown = flow["data_schema"]({})
    assert shown == {"libraries": [first.uuid, *(library.uuid for library in rest)], "new_libraries": True}
    chosen = [library.uuid for library in rest]
    flow = await options_step(hass, flow, {"libraries": chosen, "new_libraries": False})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["libraries"] == {first.uuid: False} | dict.fromkeys(chosen, True)
    assert [library.uuid for library in entry.runtime_data.server.libraries] == chosen
    names = {device.name for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)}
    assert first.title not in names
    assert {library.title for library in rest} <= names

    flow = await section(hass, entry.entry_id, "libraries")
    assert flow["data_schema"]({}) == {"libraries": chosen, "new_libraries": False}


async def test_a_missing_library_keeps_its_decision(
    hass: HomeAssistant, make_entry: MakeEntry, plex: Simulator, setup: Setup
) -> None:
    entry = make_entry(plex, options={"libraries": {"gone for now": False}, "timeout": 30})
    await setup(entry)
    flow = await section(hass, entry.entry_id, "libraries")
    await options_step(hass, flow, {"libraries": [], "new_libraries": True})
    await hass.async_block_till_done()
    assert entry.options["libraries"]["gone for now"] is False
    assert set(entry.options["libraries"].values()) == {False}
    assert entry.options["timeout"] == 30
    assert entry.runtime_data.server.libraries == ()


async def test_libraries_of_a_server_that_is_away(hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry) -> None:
    flow = await section(hass, entry.entry_id, "libraries")
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "not_loaded"


async def test_options_of_another_server(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    make_plex: MakePlex,
    make_entry: MakeEntry,
) -> None:
    await setup(entry)
    flow = await section(hass, entry.entry_id, "copy_from")
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "no_other_server"

    other = await make_plex(name="Other", machine_identifier="b" * 40)
    theirs = make_entry(other, options={"timeout": 120, "libraries": {"theirs": False}, "new_libraries": False})
    flow = await section(hass, entry.entry_id, "copy_from")
    assert labels(flow, "server") == {theirs.entry_id: "Other"}
    flow = await options_step(hass, flow, {"server": theirs.entry_id})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {"timeout": 120, "new_libraries": False}
    hass.config_entries.async_update_entry(theirs, options={"timeout": 10})
    assert entry.options["timeout"] == 120
    assert entry.state is ConfigEntryState.LOADED
