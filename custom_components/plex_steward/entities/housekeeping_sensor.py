"""What the server is busy with, and when the house was last kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.activities import ActivitiesCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..stewardship.housekeeping import Housekeeping
from ..stewardship.housekeeping_values import STEPS

ACTIVITY = SensorEntityDescription(key="activity")
LAST = SensorEntityDescription(key="last_housekeeping", device_class=SensorDeviceClass.TIMESTAMP)
IDLE: Final = "idle"
LONGEST: Final = 250
"""Characters of a state at most."""


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add both; only the owner sees what the server does."""
    data = entry.runtime_data
    if data.activities is not None and data.housekeeping is not None:
        add([ActivitySensor(entry, data.activities, ACTIVITY), LastHousekeeping(entry, data.housekeeping, LAST)])


class ActivitySensor(ServerEntity[ActivitiesCoordinator], SensorEntity):
    """The activity that has run longest, in the server's words, or `idle`."""

    _unrecorded_attributes = frozenset({"progress", "subtitle", "count"})

    @property
    @override
    def native_value(self) -> str:
        """Read it."""
        running = self.coordinator.data
        return (running[0].title or running[0].type)[:LONGEST] if running else IDLE

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """How far it is, and how many there are."""
        running = self.coordinator.data
        first = running[0] if running else None
        return {
            "type": first.type if first else None,
            "subtitle": first.subtitle if first else None,
            "progress": first.progress if first else None,
            "count": len(running),
        }


class LastHousekeeping(ServerEntity[Housekeeping], SensorEntity):
    """When the last step ended; what came of the last of each, what runs and what waits."""

    @property
    @override
    def native_value(self) -> datetime | None:
        """Read it."""
        last = self.coordinator.data.last
        return last.ended_at if last else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """A word for each step."""
        state = self.coordinator.data
        words = {step.value: state.results[step].outcome.value if step in state.results else None for step in STEPS}
        return {
            **words,
            "running": state.running.value if state.running else None,
            "waiting": [step.value for step in state.waiting],
        }
