"""What there is, for the dashboard strategy."""

from typing import TYPE_CHECKING, Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio

from ..devices import library_identifier, server_identifier
from .feed import known
from .mirrors import mirrors_of

if TYPE_CHECKING:
    from ..data import StewardConfigEntry


@websocket_api.websocket_command({probatio.Required("type"): "plex_steward/overview"})
@callback
def overview(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """What there is, for the dashboard strategy: servers with their entities, libraries and mirrors."""
    connection.send_result(message["id"], {"servers": [_overview(hass, entry) for entry in known(hass)]})


def _overview(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, Any]:
    """One server with all that hangs on it, by the registries: they know it also while it does not answer."""
    _, machine = server_identifier(entry)
    registry = er.async_get(hass)
    device = dr.async_get(hass).async_get_device_by_identifier(server_identifier(entry), entry.entry_id)
    entities = {
        row.unique_id.removeprefix(f"{machine}_"): row.entity_id
        for row in er.async_entries_for_config_entry(registry, entry.entry_id)
        if device is not None and row.device_id == device.id and row.disabled_by is None
    }
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "device_id": None if device is None else device.id,
        "entities": entities,
        "libraries": _libraries(hass, entry),
        "mirrors": mirrors_of(hass, entry),
    }


def _libraries(hass: HomeAssistant, entry: StewardConfigEntry) -> list[dict[str, Any]]:
    """The libraries that are switched on and have their device; unknown while the server was never reached."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    registry = dr.async_get(hass)
    return [
        {"uuid": library.uuid, "name": library.title, "kind": library.type, "device_id": device.id}
        for library in entry.runtime_data.server.libraries
        if (device := registry.async_get_device_by_identifier(library_identifier(entry, library.uuid), entry.entry_id))
    ]
