"""The selects: a table of contents of their families, each in its module under `entities/`."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import StewardConfigEntry
from .entities import prerolls_select
from .entity import Family

# A server gets one order at a time.
PARALLEL_UPDATES = 1

FAMILIES: tuple[Family, ...] = (prerolls_select.setup,)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the selects of every family."""
    for setup in FAMILIES:
        setup(hass, entry, async_add_entities)
