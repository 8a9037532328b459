"""Reads the libraries again with one press."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .. import border
from ..coordinators.library import LibraryCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity

REFRESH_INVENTORY = ButtonEntityDescription(key="refresh_inventory", entity_category=EntityCategory.CONFIG)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to the server."""
    add([RefreshInventory(entry, entry.runtime_data.libraries, REFRESH_INVENTORY)])


class RefreshInventory(ServerEntity[LibraryCoordinator], ButtonEntity):
    """Reads what changed; the action `refresh_inventory` can read everything and tells what it found."""

    @override
    async def async_press(self) -> None:
        """Read, and say when it fails."""
        with border.actions():
            await self.coordinator.refresh()
