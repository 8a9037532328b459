"""The runs of a mirror, as an event entity: what notifications and automations stand on."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.mirrors import Finished, MirrorCoordinator
from ..data import StewardConfigEntry
from ..entity import MirrorEntity
from ..mirror.model import Outcome

RUN = EventEntityDescription(key="run", event_types=[outcome.value for outcome in Outcome])


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to each mirror."""
    for mirror in entry.runtime_data.mirrors.values():
        add([MirrorRun(entry, mirror, mirror.subentry, RUN)], config_subentry_id=mirror.subentry.subentry_id)


class MirrorRun(MirrorEntity[MirrorCoordinator], EventEntity):
    """A run has ended; its type is how."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen as long as the entity lives."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen_runs(self._ran))

    @callback
    def _ran(self, finished: Finished) -> None:
        """Fire."""
        record = finished.record
        self._trigger_event(
            record.outcome,
            {
                "operation": record.operation,
                "reason": record.reason,
                "dry_run": record.dry_run,
                "changed": record.changed,
                "removed_files": record.removed_files,
                "pending": record.pending,
                "problems": record.problems,
                "losses": record.losses,
                "refusal": record.refusal,
                "duration": round(record.duration, 1),
            },
        )
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Events come by themselves; progress is none."""
