"""How the mirrors are, and running one."""

from typing import Any, Final, override

from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.intent import IntentHandleError
from homeassistant.helpers.llm import ToolAnnotations
import probatio

from ..const import DOMAIN
from ..coordinators.mirrors import MirrorCoordinator
from ..plex.describe import moment
from .base import READS, Asked, StewardIntent, choose, field

MIRROR: Final = {field("mirror", "Name of the mirror; leave out unless the user names one"): cv.string}
BUTTONS: Final = {"sync": "sync", "compare": "diff"}


def _mirrors(asked: Asked) -> list[MirrorCoordinator]:
    """Find the mirrors that are meant."""
    known = [
        (mirror.subentry.title, mirror)
        for entry, row in asked.found
        if (mirror := entry.runtime_data.mirrors.get(row.config_subentry_id or "")) is not None
    ]
    return choose(known, asked.said.get("mirror"))


class MirrorStatus(StewardIntent):
    """Whether a mirror is right."""

    intent_type = "PlexStewardMirrorStatus"
    tool = "mirror_status"
    title = "State of the mirrors"
    description = (
        "Tells for each mirror of a media library between the Plex and Jellyfin naming whether it is in sync, running, "
        "refused or failed, how many changes are pending, and when it last ran"
    )
    entity = ("sensor", "status")
    annotations = READS
    slots = MIRROR

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Look; nothing is read from disk for this."""
        return {"mirrors": [_told(mirror) for mirror in _mirrors(asked)]}


def _told(mirror: MirrorCoordinator) -> dict[str, Any]:
    state = mirror.data
    return {
        "name": mirror.subentry.title,
        "status": state.status.value,
        "percent": state.progress.percent,
        "pending": state.pending,
        "strays": state.strays,
        "losses": state.losses,
        "last_sync": moment(state.last_sync.started) if state.last_sync else None,
        "refusal": state.last_attempt.refusal if state.last_attempt else None,
        "healthy": state.healthy,
    }


RUN: Final = {
    **MIRROR,
    field("operation", "sync, or compare to change nothing; sync if left out"): probatio.In(list(BUTTONS)),
}


class RunMirror(StewardIntent):
    """Begins a run, as a press of the button does: the guard watches over it, and its sensors show the rest."""

    intent_type = "PlexStewardRunMirror"
    tool = "run_mirror"
    title = "Run a mirror"
    description = (
        "Begins to sync a mirror, or to compare it without changing anything. It goes on in the background; "
        "ask for the state of the mirrors to see how it went"
    )
    entity = ("button", "sync")
    annotations = ToolAnnotations(destructive=False, idempotent=True, open_world=False)
    slots = RUN

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Press the button."""
        mirrors = _mirrors(asked)
        if len(mirrors) > 1:
            names = ", ".join(mirror.subentry.title for mirror in mirrors)
            raise IntentHandleError(f"Which mirror is meant: {names}?", "plex_steward_which")
        (mirror,) = mirrors
        operation = asked.said.get("operation", "sync")
        unique_id = f"{mirror.subentry.subentry_id}_{BUTTONS[operation]}"
        button = er.async_get(asked.hass).async_get_entity_id("button", DOMAIN, unique_id)
        await asked.act("press", domain="button", response=False, entity_id=button)
        return {"name": mirror.subentry.title, "operation": operation}
