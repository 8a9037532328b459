"""Whether anybody is on."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity

BUSY = BinarySensorEntityDescription(key="busy", device_class=BinarySensorDeviceClass.RUNNING)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may see streams."""
    if (sessions := entry.runtime_data.sessions) is not None:
        add([Busy(entry, sessions, BUSY)])


class Busy(ServerEntity[SessionsCoordinator], BinarySensorEntity):
    """On while there is a stream, playing or paused."""

    @property
    @override
    def is_on(self) -> bool:
        """Read it."""
        return bool(self.coordinator.data)
