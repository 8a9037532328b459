"""The binary sensors: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import library_binary_sensor, mirror_binary_sensor, server_binary_sensor, streams_binary_sensor
from .entity import Family

# The coordinators fetch; nothing here asks the server.
PARALLEL_UPDATES = 0

FAMILIES: tuple[Family, ...] = (
    library_binary_sensor.setup,
    mirror_binary_sensor.setup,
    server_binary_sensor.setup,
    streams_binary_sensor.setup,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
