"""What Home Assistant has told: its events, read from its states as an automation would."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import Event, EventStateChangedData, HomeAssistant

ABSENT = frozenset({"unavailable", "unknown"})


class Told:
    """Counts the events of the integration's event entities."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Listen from now on."""
        self._hass = hass
        self._registry, self._entry_id = er.async_get(hass), entry.entry_id
        self._latest: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        """`playback started` and the like; of an `item`, how many."""
        self.reasons: Counter[str] = Counter()
        """Why mirrors ran."""
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)

    def entity(self, platform: str, key: str, library: str = "") -> str:
        """Find an entity by what it is, and by its library's uuid if it belongs to one."""
        (found,) = [
            row.entity_id
            for row in self._registry.entities.values()
            if (row.domain, row.config_entry_id) == (platform, self._entry_id)
            and row.unique_id.partition("_")[2] == (f"{library}_{key}" if library else key)
        ]
        return found

    def state(self, key: str, library: str = "") -> str:
        """Read a sensor."""
        state = self._hass.states.get(self.entity("sensor", key, library))
        return state.state if state else "absent"

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or state.domain != "event" or state.state in ABSENT:
            return
        row = self._registry.async_get(state.entity_id)
        if row is None or row.config_entry_id != self._entry_id:
            return
        # What comes back after a reload is the last event once more, under the time it had.
        if state.state <= self._latest.get(state.entity_id, ""):
            return
        self._latest[state.entity_id] = state.state
        name = row.unique_id.rpartition("_")[2]
        word = f"{name} {state.attributes['event_type']}"
        self.counts[word] += state.attributes.get("count", 1) if name == "item" else 1
        if name == "run":
            self.reasons[state.attributes["reason"]] += 1
