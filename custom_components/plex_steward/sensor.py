"""The sensors: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import housekeeping_sensor, library_sensor, maintenance_sensor, mirror_sensor, streams_sensor
from .entity import Family

# The coordinators fetch; nothing here asks the server.
PARALLEL_UPDATES = 0

FAMILIES: tuple[Family, ...] = (
    housekeeping_sensor.setup,
    library_sensor.setup,
    maintenance_sensor.setup,
    mirror_sensor.setup,
    streams_sensor.setup,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
