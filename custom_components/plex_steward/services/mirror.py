"""The actions about mirrors: `sync_mirror`, `diff_mirror`, `plan_mirror`, `undo_mirror`."""

from collections.abc import Callable, Coroutine
import os
from typing import Any, Final, cast

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_device_and_config_entry, async_register_admin_service
import probatio

from ..const import ATTR_MIRROR, DOMAIN
from ..coordinators.jobs import Busy, CancelledWhileWaiting
from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from ..stewardship.mirror_records import RunRecord, Status

ATTR_DRY_RUN: Final = "dry_run"
ATTR_DELETE: Final = "delete"
ATTR_ONLY: Final = "only"
ATTR_VERIFY: Final = "verify"
ATTR_WAIT: Final = "wait_for_idle"
ATTR_APPROVE: Final = "approve"
"""Digest of a refused plan, from its report: the guard lets exactly that plan pass."""

MIRROR: Final = {probatio.Required(ATTR_MIRROR): cv.string}
FOLDERS: Final = {probatio.Optional(ATTR_ONLY): probatio.All(cv.ensure_list, [cv.string])}
SYNC_SCHEMA = probatio.Schema(
    {
        **MIRROR,
        **FOLDERS,
        probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        probatio.Optional(ATTR_DELETE): cv.boolean,
        probatio.Optional(ATTR_VERIFY, default=False): cv.boolean,
        probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
        probatio.Optional(ATTR_APPROVE): cv.string,
    }
)
LOOK_SCHEMA = probatio.Schema({**MIRROR, **FOLDERS, probatio.Optional(ATTR_DELETE): cv.boolean})
UNDO_SCHEMA = probatio.Schema({**MIRROR, probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean})

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them; all read folders, so they are for administrators."""
    looks = SupportsResponse.ONLY
    for verb, schema, response in (
        ("sync", SYNC_SCHEMA, SupportsResponse.OPTIONAL),
        ("diff", LOOK_SCHEMA, looks),
        ("plan", LOOK_SCHEMA, looks),
        ("undo", UNDO_SCHEMA, SupportsResponse.OPTIONAL),
    ):
        async_register_admin_service(hass, DOMAIN, f"{verb}_mirror", _handler(verb), schema, supports_response=response)


def _handler(verb: str) -> Handler:
    async def handle(call: ServiceCall) -> ServiceResponse:
        """Run, and give the report; who does not want it gets an error when the run came to nothing."""
        mirror = mirror_of(call)
        only = tuple(call.data.get(ATTR_ONLY, ()))
        for folder in only:
            if not _is_name(folder):
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="folder_only",
                    translation_placeholders={"folder": folder},
                )
        try:
            finished = await mirror.async_run(
                verb,
                "action",
                dry_run=call.data.get(ATTR_DRY_RUN, False),
                delete=call.data.get(ATTR_DELETE),
                only=only,
                verify=call.data.get(ATTR_VERIFY, False),
                approve=call.data.get(ATTR_APPROVE),
                wait=call.data.get(ATTR_WAIT, False),
                document=call.return_response,
            )
        except Busy:
            raise busy(mirror) from None
        except CancelledWhileWaiting:
            raise _error("mirror_cancelled", mirror) from None
        if not call.return_response:
            _insist(mirror, finished.record)
        return finished.document

    return handle


def _is_name(folder: str) -> bool:
    """Tell whether a folder of the source could be called so; names that are no text (`os.fsdecode`) may be."""
    try:
        os.fsencode(folder)
    except UnicodeEncodeError:
        return False
    return folder not in ("", ".", "..") and "/" not in folder and "\0" not in folder


def mirror_of(call: ServiceCall) -> MirrorCoordinator:
    """The mirror whose device an action names. Raises a translated `ServiceValidationError` for anything else."""
    device_id: str = call.data[ATTR_MIRROR]
    device, found = async_get_device_and_config_entry(call.hass, DOMAIN, device_id, include_child_devices=False)
    entry = cast("StewardConfigEntry", found)
    mirror = entry.runtime_data.mirrors.get(device.config_subentry_id or "")
    if mirror is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_mirror")
    return mirror


def busy(mirror: MirrorCoordinator) -> ServiceValidationError:
    """Say that a run is under way."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="mirror_busy",
        translation_placeholders={"name": mirror.subentry.title},
    )


def _insist(mirror: MirrorCoordinator, record: RunRecord) -> None:
    """Raise when a run did not do what was asked."""
    if record.outcome in (Status.REFUSED, Status.FAILED):
        raise _error(f"mirror_{record.outcome}", mirror, reason=(record.refusal or "").replace("_", " "))
    if record.outcome == "partial":
        raise _error("mirror_partial", mirror, problems=str(record.problems))
    if record.outcome == "cancelled":
        raise _error("mirror_cancelled", mirror)


def _error(key: str, mirror: MirrorCoordinator, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"name": mirror.subentry.title, **placeholders},
    )
