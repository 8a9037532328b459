"""What the library card listens to."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio

from ..const import DOMAIN
from ..coordinators.library import readable
from ..devices import library_identifier
from .feed import away, feed, loaded

if TYPE_CHECKING:
    from ..data import StewardConfigEntry
    from ..plex.models import Library
    from ..plex.summary import Summary

PARTS: Final = {"season": "seasons", "episode": "episodes", "album": "albums", "track": "tracks"}
"""What is in the items of a library, by the inventory's word and by the card's."""


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "plex_steward/library",
        probatio.Optional("config_entry_id"): str,
        probatio.Optional("device_id"): str,
    }
)
@callback
def library(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """What the libraries hold: of every server, of one, or the one library of a device."""
    server: str | None = message.get("config_entry_id")
    wanted: str | None = message.get("device_id")

    @callback
    def payload() -> dict[str, Any]:
        rows = [
            _library(hass, entry, one)
            for entry in loaded(hass, server)
            for one in entry.runtime_data.server.libraries
            if readable(one)
        ]
        return {
            "libraries": [row for row in rows if wanted in (None, row["device_id"])],
            "away": away(hass, server),
        }

    @callback
    def watch(entry: StewardConfigEntry, changed: CALLBACK_TYPE) -> list[CALLBACK_TYPE]:
        data = entry.runtime_data
        return [data.libraries.async_add_listener(changed), data.server.async_add_listener(changed)]

    feed(hass, connection, message, payload, watch)


def _library(hass: HomeAssistant, entry: StewardConfigEntry, one: Library) -> dict[str, Any]:
    """One library; without its numbers until it has been read."""
    identifier = library_identifier(entry, one.uuid)
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
    state = entry.runtime_data.libraries.data.get(one.uuid)
    return {
        "device_id": None if device is None else device.id,
        "name": one.title,
        "kind": one.type,
        "read": state is not None,
        "size_entity": er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{identifier[1]}_size"),
        **_numbers(None if state is None else state.summary),
    }


def _numbers(summary: Summary | None) -> dict[str, Any]:
    """The figures and the bars."""
    if summary is None:
        return {"items": None, "size": None}
    return {
        "items": summary.items,
        "size": summary.size,
        **{word: summary.counts[kind] for kind, word in PARTS.items() if kind in summary.counts},
        "resolution": summary.by_resolution,
        "dynamic_range": summary.by_dynamic_range,
        "audio_profile": summary.by_audio_profile,
    }
