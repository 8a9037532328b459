"""What happens to streams, as an event entity: the ground that automations stand on."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..plex.describe import change_facts
from ..plex.roster import Change, ChangeType

PLAYBACK = EventEntityDescription(key="playback", event_types=[kind.value for kind in ChangeType])


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may see streams."""
    if (sessions := entry.runtime_data.sessions) is not None:
        add([Playback(entry, sessions, PLAYBACK)])


class Playback(ServerEntity[SessionsCoordinator], EventEntity):
    """Started, paused, resumed, buffering, stopped, conversion changed."""

    # Who watches what is for automations, not for the history.
    _unrecorded_attributes = frozenset(
        {"title", "user", "user_id", "player", "product", "session", "streams_of_user", "places_of_user"}
    )

    _was_available = True
    _held: list[Change]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen as long as the entity lives."""
        self._held = []
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen_changes(self._happened))

    @callback
    def _happened(self, change: Change) -> None:
        """Fire, or keep it until the entity is available: triggers do not hear an event that ends unavailability."""
        if not self.available:
            self._held.append(change)
            return
        self._trigger_event(change.type.value, change_facts(change))
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Only whether the server answers matters here; events come by themselves.

        A read that finds the server back tells its changes first and counts as an answer only then.
        """
        if self._was_available is not self.available:
            self._was_available = self.available
            self.async_write_ha_state()
        held, self._held = self._held, []
        for change in held:
            self._happened(change)
