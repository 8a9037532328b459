"""What the cards listen to: one subscription each, for everyone who may see the dashboard."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
import probatio

from .const import DOMAIN
from .devices import server_device_id, server_identifier
from .plex.describe import content_facts, moment, seconds
from .stewardship.maintenance import MaintenanceState, Phase
from .views import artwork_url

if TYPE_CHECKING:
    from .data import StewardConfigEntry
    from .plex.streams import Stream

PAUSE: Final = 0.5
"""Seconds between two messages of one subscription: eyes see no more."""

type Watch = Callable[[StewardConfigEntry, CALLBACK_TYPE], list[CALLBACK_TYPE]]
"""Calls back when a server's part of the payload changed; gives the ways to stop."""


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands."""
    websocket_api.async_register_command(hass, overview)
    websocket_api.async_register_command(hass, streams)


def loaded(hass: HomeAssistant, entry_id: str | None = None) -> list[StewardConfigEntry]:
    """The servers that are looked after, or the one that is meant."""
    entries: list[StewardConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry for entry in entries if entry_id in (None, entry.entry_id)]


@callback
def feed(
    hass: HomeAssistant,
    connection: ActiveConnection,
    message: dict[str, Any],
    payload: Callable[[], dict[str, Any]],
    watch: Watch,
) -> None:
    """Send the payload now and after each change, but not more often than eyes can see."""
    number: int = message["id"]
    watched: list[CALLBACK_TYPE] = []
    waiting: list[CALLBACK_TYPE] = []

    @callback
    def send(_: object = None) -> None:
        waiting.clear()
        connection.send_message(websocket_api.event_message(number, payload()))

    @callback
    def changed() -> None:
        if not waiting:
            waiting.append(async_call_later(hass, PAUSE, send))

    @callback
    def look(*_: object) -> None:
        """Servers come and go."""
        for stop in watched:
            stop()
        watched[:] = [stop for entry in loaded(hass) for stop in watch(entry, changed)]
        changed()

    @callback
    def end() -> None:
        for stop in (*watched, *waiting, stop_looking):
            stop()

    stop_looking = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look)
    connection.subscriptions[number] = end
    connection.send_result(number)
    look()
    for stop in waiting:
        stop()
    send()


@websocket_api.websocket_command(
    {probatio.Required("type"): "plex_steward/streams", probatio.Optional("config_entry_id"): str}
)
@callback
def streams(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Who watches what, on every server or on one."""
    wanted: str | None = message.get("config_entry_id")

    @callback
    def payload() -> dict[str, Any]:
        return {"servers": [_server(hass, entry) for entry in loaded(hass, wanted)]}

    @callback
    def watch(entry: StewardConfigEntry, changed: CALLBACK_TYPE) -> list[CALLBACK_TYPE]:
        data = entry.runtime_data
        watched = (data.sessions, data.maintenance)
        return [one.async_add_listener(changed) for one in watched if one is not None]

    feed(hass, connection, message, payload, watch)


def _server(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, Any]:
    """One server's part."""
    data = entry.runtime_data
    sessions = data.sessions
    reported = {} if sessions is None else sessions.reported
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "available": entry.state is ConfigEntryState.LOADED and data.server.last_update_success,
        "maintenance": None if data.maintenance is None else _maintenance(data.maintenance.data),
        "streams": [
            _stream(stream, reported.get(stream.key), artwork_url(hass, entry, stream))
            for stream in (() if sessions is None else sessions.data)
        ],
    }


def _maintenance(state: MaintenanceState) -> dict[str, Any]:
    """The banner's part."""
    return {"on": state.phase is not Phase.OFF, "waiting": state.phase is Phase.WAITING, "ends": moment(state.ends)}


def _stream(stream: Stream, reported: float | None, image: str | None) -> dict[str, Any]:
    """What the card shows of a stream; no address, no machine."""
    return {
        "session": stream.key,
        "can_end": stream.id is not None,
        "title": stream.item.full_title,
        "kind": stream.item.kind.value,
        "user": stream.user.name,
        "player": stream.player.name,
        "state": stream.state.value,
        "since": moment(stream.since),
        "offset": seconds(stream.offset),
        "duration": seconds(stream.item.duration),
        "reported": reported,
        "decision": stream.decision.value,
        "source": content_facts(stream.source),
        "delivered": content_facts(stream.delivered),
        "hardware": stream.hardware,
        "bandwidth": stream.bandwidth,
        "location": stream.location,
        "image": image,
    }


@websocket_api.websocket_command({probatio.Required("type"): "plex_steward/overview"})
@callback
def overview(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """What there is, for the dashboard strategy: servers with their entities, libraries and mirrors."""
    connection.send_result(message["id"], {"servers": [_overview(hass, entry) for entry in loaded(hass)]})


def _overview(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, Any]:
    """One server with all that hangs on it."""
    _, machine = server_identifier(entry)
    registry = er.async_get(hass)
    server_device = server_device_id(hass, entry)
    entities = {
        row.unique_id.removeprefix(f"{machine}_"): row.entity_id
        for row in er.async_entries_for_config_entry(registry, entry.entry_id)
        if row.device_id == server_device and row.disabled_by is None
    }
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "device_id": server_device,
        "entities": entities,
        "libraries": [],
        "mirrors": [],
    }
