"""What happens to streams, as an event entity: the ground that automations stand on."""

from typing import override

from homeassistant.components.event import EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..plex.describe import change_facts
from ..plex.roster import Change, ChangeType
from .patient_event import PatientEvent

PLAYBACK = EventEntityDescription(key="playback", event_types=[kind.value for kind in ChangeType])


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may see streams."""
    if (sessions := entry.runtime_data.sessions) is not None:
        add([Playback(entry, sessions, PLAYBACK)])


class Playback(PatientEvent[SessionsCoordinator], ServerEntity[SessionsCoordinator]):
    """Started, paused, resumed, buffering, stopped, conversion changed."""

    # Who watches what is for automations, not for the history.
    _unrecorded_attributes = frozenset(
        {"title", "user", "user_id", "player", "product", "session", "streams_of_user", "places_of_user"}
    )

    @override
    async def async_added_to_hass(self) -> None:
        """Listen as long as the entity lives."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen_changes(self._happened))

    @callback
    def _happened(self, change: Change) -> None:
        self.fire(change.type.value, change_facts(change))
