"""What the mirror card listens to."""

from typing import TYPE_CHECKING, Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio

from ..const import SUBENTRY_MIRROR
from ..devices import mirror_identifier
from ..plex.describe import moment
from .feed import away, feed, loaded

if TYPE_CHECKING:
    from ..coordinators.mirrors import MirrorCoordinator
    from ..data import StewardConfigEntry
    from ..stewardship.mirror_records import RunRecord


@websocket_api.websocket_command(
    {probatio.Required("type"): "plex_steward/mirrors", probatio.Optional("device_id"): str}
)
@callback
def mirrors(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Every mirror, or the one of a device: how it stands, its last run, its progress."""
    wanted: str | None = message.get("device_id")

    @callback
    def payload() -> dict[str, Any]:
        rows = [
            _mirror(hass, entry, mirror) for entry in loaded(hass) for mirror in entry.runtime_data.mirrors.values()
        ]
        return {"mirrors": [row for row in rows if wanted in (None, row["device_id"])], "away": away(hass)}

    @callback
    def watch(entry: StewardConfigEntry, changed: CALLBACK_TYPE) -> list[CALLBACK_TYPE]:
        return [mirror.async_add_listener(changed) for mirror in entry.runtime_data.mirrors.values()]

    feed(hass, connection, message, payload, watch)


def mirrors_of(hass: HomeAssistant, entry: StewardConfigEntry) -> list[dict[str, Any]]:
    """The mirrors of a server, for the dashboard strategy."""
    registry = dr.async_get(hass)
    return [
        {"device_id": device.id, "name": subentry.title}
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_MIRROR
        and (device := registry.async_get_device_by_identifier(mirror_identifier(subentry), entry.entry_id))
    ]


def _mirror(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator) -> dict[str, Any]:
    """What the card shows of one."""
    state, progress = mirror.data, mirror.data.progress
    return {
        "device_id": _device(hass, entry, mirror),
        "name": mirror.subentry.title,
        "status": state.status.value,
        "stage": progress.stage or None,
        "done": progress.done,
        "total": progress.total,
        "linked": state.linked,
        "pending": state.pending,
        "strays": state.strays,
        "losses": state.losses,
        "problems": 0 if state.last is None else state.last.problems,
        "refusal": None if state.last is None else state.last.refusal,
        "last": None if state.last is None else _run(state.last),
        "cancel_entity": er.async_get(hass).async_get_entity_id(
            "button", mirror_identifier(mirror.subentry)[0], f"{mirror_identifier(mirror.subentry)[1]}_cancel"
        ),
    }


def _run(record: RunRecord) -> dict[str, Any]:
    """The last run."""
    return {
        "operation": record.operation,
        "outcome": record.outcome,
        "finished": moment(record.started + record.duration),
        "changed": record.changed if record.wrote or record.operation == "undo" else 0,
    }


def _device(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator) -> str | None:
    """The registry's id of a mirror's device."""
    return dr.async_get_device_id_by_identifier(
        hass, mirror_identifier(mirror.subentry), config_entry_id=entry.entry_id
    )
