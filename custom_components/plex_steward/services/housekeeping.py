"""The actions `run_housekeeping` and `scan_library`."""

from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .. import border
from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry
from ..devices import library_identifier
from ..plex.describe import moment
from ..plex.models import Library
from ..stewardship.housekeeping import Housekeeping
from ..stewardship.housekeeping_values import STEPS, Outcome, StepResult
from ..stewardship.server_paths import sound, within
from .common import entry_of

RUN: Final = "run_housekeeping"
SCAN: Final = "scan_library"

RUN_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("steps", default=[step.value for step in STEPS]): probatio.All(
            cv.ensure_list, [probatio.In([step.value for step in STEPS])]
        ),
        probatio.Optional("only_when_idle", default=False): cv.boolean,
    }
)
SCAN_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Exclusive("library", "which"): cv.string,
        probatio.Exclusive("device", "which"): cv.string,
        probatio.Optional("path"): cv.string,
        probatio.Optional("wait", default=False): cv.boolean,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    optional = SupportsResponse.OPTIONAL
    async_register_admin_service(hass, DOMAIN, RUN, _run, RUN_SCHEMA, supports_response=optional)
    async_register_admin_service(hass, DOMAIN, SCAN, _scan, SCAN_SCHEMA, supports_response=optional)


async def _run(call: ServiceCall) -> ServiceResponse:
    """Ask for the steps; who wants to know what came of them waits for the end."""
    _, housekeeping = _housekeeping_of(call)
    steps = [step for step in STEPS if step.value in call.data["steps"]]
    idle = call.data["only_when_idle"]
    if not call.return_response:
        for step in steps:
            housekeeping.ask(step, only_when_idle=idle)
        return None
    return {"steps": [_told(result) for result in await housekeeping.run(steps, only_when_idle=idle)]}


async def _scan(call: ServiceCall) -> ServiceResponse:
    """Scan a library or one path; `wait` waits for its end."""
    entry, housekeeping = _housekeeping_of(call)
    path: str | None = call.data.get("path")
    libraries = _libraries(call, entry, path)
    scans: list[dict[str, Any]] = []
    with border.actions():
        for library in libraries:
            if call.data["wait"]:
                outcome = (await housekeeping.work.scan(library, path)).value
            else:
                asked = await housekeeping.work.request_scan(library, path)
                outcome = Outcome.REQUESTED.value if asked else "running"
            scans.append({"library": library.title, "uuid": library.uuid, "path": path, "outcome": outcome})
    return {"scans": list(scans)}


def _housekeeping_of(call: ServiceCall) -> tuple[StewardConfigEntry, Housekeeping]:
    """Find the server's housekeeping; only its owner may do any of it."""
    entry = entry_of(call)
    if (housekeeping := entry.runtime_data.housekeeping) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="owner_only", translation_placeholders={"name": entry.title}
        )
    return entry, housekeeping


def _libraries(call: ServiceCall, entry: StewardConfigEntry, path: str | None) -> list[Library]:
    """The libraries meant by a title, uuid, device or path."""
    known = entry.runtime_data.server.all_libraries
    chosen = list(known)
    if (name := call.data.get("library")) is not None:
        chosen = [one for one in known if name == one.uuid or name.casefold() == one.title.casefold()]
    elif (device_id := call.data.get("device")) is not None:
        device = dr.async_get(call.hass).async_get(device_id)
        identifiers = device.identifiers if device else set()
        chosen = [one for one in known if library_identifier(entry, one.uuid) in identifiers]
    elif path is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_scan")
    if not chosen:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_such_library",
            translation_placeholders={"names": ", ".join(sorted(one.title for one in known)) or "-"},
        )
    if path is not None:
        chosen = [one for one in chosen if sound(path) and any(within(path, folder) for folder in one.locations)]
        if not chosen:  # the server would say yes and do nothing
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="path_outside", translation_placeholders={"path": path}
            )
    return chosen


def _told(result: StepResult) -> dict[str, Any]:
    """Say what came of a step."""
    told: dict[str, Any] = {
        "step": result.step.value,
        "outcome": result.outcome.value,
        "reason": result.reason or None,
        "began": moment(result.began),
        "ended": moment(result.ended),
    }
    if result.libraries:
        told["libraries"] = [
            {
                "library": row.title,
                "uuid": row.uuid,
                "outcome": row.outcome.value,
                "trashed": row.trashed,
                "reason": row.reason or None,
            }
            for row in result.libraries
        ]
    return told
