"""Beside Home Assistant's own Plex integration for the same server: neither takes anything from the other."""

from collections.abc import Iterator
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import plexapi
import plexapi.exceptions
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from simulator import Simulator
from tests.integration.conftest import Named, Setup, Until


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Put up with the other integration's debouncer, which outlives its entry."""
    return True


@pytest.fixture
def own_plex(hass: HomeAssistant, plex: Simulator) -> Iterator[MockConfigEntry]:
    """The other integration's entry; it is kept from the internet and from broadcasting."""
    entry = MockConfigEntry(
        domain="plex",
        title=plex.state.identity.name,
        unique_id=plex.machine_identifier,
        data={
            "server": plex.state.identity.name,
            "server_id": plex.machine_identifier,
            "server_config": {"url": plex.url, "token": plex.token, "client_id": "theirs", "verify_ssl": True},
        },
        options={"media_player": {}},
    )
    entry.add_to_hass(hass)
    with (
        patch("homeassistant.components.plex.GDM.scan"),
        patch("plexapi.myplex.MyPlexAccount", side_effect=plexapi.exceptions.Unauthorized),
    ):
        yield entry


async def test_both_work_and_neither_disturbs_the_other(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    own_plex: MockConfigEntry,
    setup: Setup,
    state_of: Named,
    until: Until,
    device_registry: dr.DeviceRegistry,
) -> None:
    headers = dict(plexapi.BASE_HEADERS)
    await setup(entry)
    assert dict(plexapi.BASE_HEADERS) == headers  # they are the whole process's
    assert await hass.config_entries.async_setup(own_plex.entry_id)
    await until(lambda: own_plex.state is ConfigEntryState.LOADED)

    plex.sessions.start("direct_play", user="anna")
    streams = f"{plex.machine_identifier}_streams"
    await until(lambda: state_of(entry, streams) == "1")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert own_plex.state is ConfigEntryState.LOADED
    await until(lambda: state_of(entry, streams) == "1")

    devices = {
        (identifier[0], device.config_entry_id)
        for one in (entry, own_plex)
        for device in dr.async_entries_for_config_entry(device_registry, one.entry_id)
        for identifier in device.identifiers
        if identifier[1] == plex.machine_identifier
    }
    assert devices == {(DOMAIN, entry.entry_id), ("plex", own_plex.entry_id)}
    assert await hass.config_entries.async_unload(own_plex.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(entry, "_connectivity") == "on"
    await hass.async_block_till_done()
