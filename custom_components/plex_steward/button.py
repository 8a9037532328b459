"""The buttons: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import housekeeping_button, housekeeping_library_button, library_button, mirror_button, streams_button
from .entity import Family

# A server gets one order at a time.
PARALLEL_UPDATES = 1

FAMILIES: tuple[Family, ...] = (
    housekeeping_button.setup,
    housekeeping_library_button.setup,
    library_button.setup,
    mirror_button.setup,
    streams_button.setup,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
