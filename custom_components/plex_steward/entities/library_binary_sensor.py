"""Whether a library is being scanned."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.library import SCAN
from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..entity import LibraryEntity, for_each_library

SCANNING = BinarySensorEntityDescription(
    key="scanning", device_class=BinarySensorDeviceClass.RUNNING, entity_category=EntityCategory.DIAGNOSTIC
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to each library."""
    server = entry.runtime_data.server
    for_each_library(entry, add, lambda library: [Scanning(entry, server, library.uuid, SCANNING)])


class Scanning(LibraryEntity[ServerCoordinator], BinarySensorEntity):
    """The poll says it of every library; the server's activities say it at once, to its owner."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the activities too."""
        await super().async_added_to_hass()
        if (activities := self.steward.activities) is not None:
            self.async_on_remove(activities.async_add_listener(self.async_write_ha_state))

    @property
    @override
    def is_on(self) -> bool | None:
        """Look."""
        library = self.coordinator.library(self.uuid)
        if library is None:
            return None
        running = () if self.steward.activities is None else self.steward.activities.data
        return library.refreshing or any(one.type == SCAN and one.library_key == library.key for one in running)
