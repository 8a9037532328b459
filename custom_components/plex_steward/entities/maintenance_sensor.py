"""When maintenance mode ends."""

from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..stewardship.maintenance import Maintenance

ENDS = SensorEntityDescription(key="maintenance_ends", device_class=SensorDeviceClass.TIMESTAMP)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may end streams."""
    if (maintenance := entry.runtime_data.maintenance) is not None:
        add([MaintenanceEnds(entry, maintenance, ENDS)])


class MaintenanceEnds(ServerEntity[Maintenance], SensorEntity):
    """Unknown while the mode is off, waits, or lasts until it is switched off."""

    @property
    @override
    def native_value(self) -> datetime | None:
        """Read it."""
        return self.coordinator.data.ends_at
