"""What a mirror's sensors say; lists of files are for the actions, never for the recorder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from ..entity import MirrorEntity
from ..stewardship.mirror_records import Status


@dataclass(frozen=True, kw_only=True)
class MirrorSensorDescription(SensorEntityDescription):
    """How to read the state from the coordinator."""

    value_fn: Callable[[MirrorCoordinator], StateType | datetime]
    attributes_fn: Callable[[MirrorCoordinator], Mapping[str, Any]] | None = None


def _last_sync(mirror: MirrorCoordinator) -> datetime | None:
    record = mirror.data.last_sync
    return dt_util.utc_from_timestamp(record.started + record.duration) if record else None


def _stage(mirror: MirrorCoordinator) -> Mapping[str, Any]:
    """What automations and people want beside the word."""
    state = mirror.data
    return {
        "stage": state.progress.stage or None,
        "reason": state.progress.reason or (state.last.reason if state.last else None),
        "refusal": state.last.refusal if state.last else None,
    }


def _next_run(mirror: MirrorCoordinator) -> datetime | None:
    return mirror.trigger.next_run if mirror.trigger else None


DESCRIPTIONS = (
    MirrorSensorDescription(
        key="status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        value_fn=lambda mirror: mirror.data.status.value,
        attributes_fn=_stage,
    ),
    MirrorSensorDescription(
        key="progress",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        value_fn=lambda mirror: mirror.data.progress.percent,
    ),
    MirrorSensorDescription(key="last_sync", device_class=SensorDeviceClass.TIMESTAMP, value_fn=_last_sync),
    MirrorSensorDescription(
        key="next_sync",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_next_run,
    ),
    MirrorSensorDescription(
        key="pending_changes",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda mirror: mirror.data.pending,
    ),
    MirrorSensorDescription(
        key="linked_files",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda mirror: mirror.data.linked,
    ),
    MirrorSensorDescription(
        key="strays",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda mirror: mirror.data.strays,
    ),
    MirrorSensorDescription(
        key="losses",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda mirror: mirror.data.losses,
    ),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add all of each mirror; one without a schedule has no next run."""
    for mirror in entry.runtime_data.mirrors.values():
        add(
            (
                MirrorSensor(entry, mirror, mirror.subentry, description)
                for description in DESCRIPTIONS
                if description.key != "next_sync" or mirror.trigger is not None
            ),
            config_subentry_id=mirror.subentry.subentry_id,
        )


class MirrorSensor(MirrorEntity[MirrorCoordinator], SensorEntity):
    """One number or word about a mirror."""

    entity_description: MirrorSensorDescription
    _unrecorded_attributes = frozenset({"stage", "reason", "refusal"})

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Read it."""
        return self.entity_description.value_fn(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """A few words beside the state."""
        read = self.entity_description.attributes_fn
        return read(self.coordinator) if read else None
