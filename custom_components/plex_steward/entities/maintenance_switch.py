"""Maintenance mode as a switch, with the options' defaults."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..flow.options_maintenance import defaults
from ..stewardship.maintenance import Maintenance, Phase

MAINTENANCE = SwitchEntityDescription(key="maintenance")


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may end streams."""
    if (maintenance := entry.runtime_data.maintenance) is not None:
        add([MaintenanceSwitch(entry, maintenance, MAINTENANCE)])


class MaintenanceSwitch(ServerEntity[Maintenance], SwitchEntity):
    """On while the mode is on or waits for the last stream."""

    @property
    @override
    def is_on(self) -> bool:
        """Read it."""
        return self.coordinator.data.phase is not Phase.OFF

    @override
    async def async_turn_on(self, **_: Any) -> None:
        """Begin, as the options say."""
        await self.coordinator.start(**defaults(self.entry.options))

    @override
    async def async_turn_off(self, **_: Any) -> None:
        """End it."""
        await self.coordinator.stop()
