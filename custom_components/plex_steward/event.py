"""The event entities: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import library_event, mirror_event, streams_event
from .entity import Family

# The coordinators tell; nothing here asks the server.
PARALLEL_UPDATES = 0

FAMILIES: tuple[Family, ...] = (
    library_event.setup,
    mirror_event.setup,
    streams_event.setup,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
