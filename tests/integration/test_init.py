"""Setting up, unloading, coming back."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Named, Setup


async def test_one_server_comes_and_goes(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, state_of: Named
) -> None:
    await setup(entry)
    assert state_of(entry, "_connectivity") == "on"
    assert await hass.config_entries.async_unload(entry.entry_id)
