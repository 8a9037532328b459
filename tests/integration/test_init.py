"""Setting up, unloading, coming back."""

from types import MappingProxyType
from unittest.mock import patch

from homeassistant import block_async_io
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.config_flow import StewardConfigFlow
from custom_components.plex_steward.const import DOMAIN, SUBENTRY_MIRROR, SUBENTRY_PREROLL_SET
from custom_components.plex_steward.plex.models import Event
from simulator import Simulator
from tests.integration.conftest import Named, Setup, Until


async def test_one_server_comes_and_goes(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, state_of: Named
) -> None:
    await setup(entry)
    assert state_of(entry, "_connectivity") == "on"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert {state.state for state in hass.states.async_all() if state.domain != "zone"} == {"unavailable"}
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.states.async_all()


async def test_a_subentry_is_loaded_by_one_reload(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    await setup(entry)
    before = entry.runtime_data
    reloads: list[str] = []
    schedule = hass.config_entries.async_schedule_reload

    def note(entry_id: str) -> None:
        reloads.append(entry_id)
        schedule(entry_id)

    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", note)
    data = {"name": "Always", "paths": ["/prerolls/a.mp4"], "order": "sequence", "season": "manual"}
    subentry = ConfigSubentry(
        data=MappingProxyType(data), subentry_type=SUBENTRY_PREROLL_SET, title="Always", unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    assert reloads == [entry.entry_id]
    assert entry.runtime_data is not before
    hass.config_entries.async_update_entry(entry, title="Another name")
    await hass.async_block_till_done()
    assert reloads == [entry.entry_id]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    assert reloads == [entry.entry_id] * 2
    assert entry.state is ConfigEntryState.LOADED


def test_what_can_be_added_to_a_server() -> None:
    types = StewardConfigFlow.async_get_supported_subentry_types(MockConfigEntry(domain=DOMAIN))
    assert set(types) == {SUBENTRY_MIRROR, SUBENTRY_PREROLL_SET}


async def test_a_listener_that_fails_costs_nobody_else_the_message(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await setup(entry)
    events = entry.runtime_data.events
    await until(lambda: events.connected)
    heard: list[Event] = []
    lines: list[bool] = []

    def fail(_: object) -> None:
        raise RuntimeError("on purpose")

    stops = [
        events.async_listen({"status"}, fail),
        events.async_listen({"status"}, heard.append),
        events.async_listen_state(lines.append),
    ]
    plex.state.scan_status("Library scan", "begins")
    await until(lambda: heard)
    assert heard[0].type == "status"
    assert "on purpose" in caplog.text
    for stop in stops:
        stop()
    plex.state.scan_status("Library scan", "ends")
    plex.state.bus.drop(clean=True)
    await until(lambda: not events.connected)
    assert len(heard) == 1
    assert lines == []


async def test_the_line_comes_back_when_the_server_is_seen(
    plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    await setup(entry)
    events = entry.runtime_data.events
    await until(lambda: events.connected)
    plex.state.bus.drop(clean=False)
    await until(lambda: not events.connected)
    await entry.runtime_data.server.async_refresh()
    await until(lambda: events.connected)


@pytest.mark.usefixtures("disable_block_async_io")
async def test_nothing_blocks_the_loop(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(block_async_io, "_IN_TESTS", new=False):
        block_async_io.enable()
        await setup(entry)
        plex.sessions.start("transcode")
        await entry.runtime_data.server.async_refresh()
        await entry.runtime_data.sessions.async_refresh()
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert await hass.config_entries.async_unload(entry.entry_id)
    ours = [text for record in caplog.records if "plex_steward" in (text := record.getMessage())]
    assert [text for text in ours if "blocking call" in text] == []
