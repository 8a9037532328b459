"""The images: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import library_image
from .entity import Family

# Pictures are fetched when somebody looks, and nothing is polled.
PARALLEL_UPDATES = 0

FAMILIES: tuple[Family, ...] = (library_image.setup,)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the images of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
