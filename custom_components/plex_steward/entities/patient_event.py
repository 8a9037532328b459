"""An event entity of which no event is lost while its server does not answer."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.core import callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..entity import StewardEntity


class PatientEvent[C: DataUpdateCoordinator[Any]](StewardEntity[C], EventEntity):
    """Fires only while it is available: triggers do not hear an event that ends unavailability."""

    _was_available = True
    _held: list[tuple[str, Mapping[str, Any]]]

    @override
    async def async_added_to_hass(self) -> None:
        """Begin with nothing held back."""
        self._held = []
        await super().async_added_to_hass()

    @callback
    def fire(self, event_type: str, facts: Mapping[str, Any]) -> None:
        """Fire, or keep it until the entity is available."""
        if not self.available:
            self._held.append((event_type, facts))
            return
        self._trigger_event(event_type, dict(facts))
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
        for event_type, facts in held:
            self.fire(event_type, facts)
