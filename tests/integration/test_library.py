"""Libraries in Home Assistant: the numbers are the server's own, and what cannot be known is said."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Named, Setup, Until

CODES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "artist": 8, "album": 9, "track": 10}


def read(entry: MockConfigEntry, number: int = 3) -> bool:
    """Tell whether that many libraries have been read."""
    return len(entry.runtime_data.libraries.data) == number


async def test_counts_equal_the_servers_own(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """For each type what the server calls its total."""
    await setup(entry)
    await until(lambda: read(entry))
    await hass.async_block_till_done()
    client = entry.runtime_data.client
    for library in entry.runtime_data.server.libraries:
        keys = {
            "movie": {"items": "movie"},
            "show": {"items": "show", "seasons": "season", "episodes": "episode"},
            "artist": {"items": "artist", "albums": "album", "tracks": "track"},
        }[library.type]
        for key, kind in keys.items():
            total = await client.count(library.key, CODES[kind])
            assert state_of(entry, f"{library.uuid}_{key}") == str(total)
            assert total
