"""Whether a mirror can do its work."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from ..entity import MirrorEntity

HEALTHY = BinarySensorEntityDescription(key="healthy")


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to each mirror."""
    for mirror in entry.runtime_data.mirrors.values():
        add(
            [MirrorHealthy(entry, mirror, mirror.subentry, HEALTHY)],
            config_subentry_id=mirror.subentry.subentry_id,
        )


class MirrorHealthy(MirrorEntity[MirrorCoordinator], BinarySensorEntity):
    """Source and target mounted, on one file system where that is needed, nothing refused."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Read it."""
        return self.coordinator.data.healthy

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Name what is wrong, in the doctor's word."""
        return {"trouble": self.coordinator.data.trouble}
