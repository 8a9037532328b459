"""The streams card: who watches what."""

from typing import TYPE_CHECKING, Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
import probatio

from ..plex.describe import content_facts, moment, seconds
from ..stewardship.maintenance import MaintenanceState, Phase
from ..views import artwork_url
from .feed import feed, known

if TYPE_CHECKING:
    from ..data import StewardConfigEntry
    from ..plex.streams import Stream


@websocket_api.websocket_command(
    {probatio.Required("type"): "plex_steward/streams", probatio.Optional("config_entry_id"): str}
)
@callback
def streams(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Who watches what, on every server or on one."""
    wanted: str | None = message.get("config_entry_id")

    @callback
    def payload() -> dict[str, Any]:
        return {"servers": [_server(hass, entry) for entry in known(hass, wanted)]}

    @callback
    def watch(entry: StewardConfigEntry, changed: CALLBACK_TYPE) -> list[CALLBACK_TYPE]:
        data = entry.runtime_data
        watched = (data.sessions, data.maintenance)
        return [one.async_add_listener(changed) for one in watched if one is not None]

    feed(hass, connection, message, payload, watch)


def _server(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, Any]:
    """One server's part; one that was not there when Home Assistant started has only its name."""
    if entry.state is not ConfigEntryState.LOADED:
        named = {"entry_id": entry.entry_id, "title": entry.title}
        return {**named, "available": False, "maintenance": None, "streams": []}
    data = entry.runtime_data
    sessions = data.sessions
    reported = {} if sessions is None else sessions.reported
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "available": data.server.last_update_success,
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
