"""The actions about streams: `get_sessions` and `terminate_session`."""

from datetime import timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from .. import border
from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..coordinators.sessions import SessionsCoordinator
from ..plex.decisions import Decision
from ..plex.describe import stream_facts
from ..plex.streams import Stream
from ..plex.terminate import Outcome, Selection
from ..validators import period, text
from .common import entry_of

GET_SESSIONS: Final = "get_sessions"
TERMINATE_SESSION: Final = "terminate_session"

CHOICES: Final = ("session", "user", "player", "decision", "paused_longer_than", "all")
REASON_LENGTH: Final = 500

GET_SCHEMA = probatio.Schema({probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})
TERMINATE_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("session"): cv.string,
        probatio.Optional("user"): cv.string,
        probatio.Optional("player"): cv.string,
        probatio.Optional("decision"): probatio.In([decision.value for decision in Decision]),
        probatio.Optional("paused_longer_than"): period,
        probatio.Optional("all", default=False): cv.boolean,
        probatio.Optional("reason", default=""): probatio.All(text, probatio.Length(max=REASON_LENGTH)),
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    hass.services.async_register(DOMAIN, GET_SESSIONS, _get, schema=GET_SCHEMA, supports_response=SupportsResponse.ONLY)
    async_register_admin_service(
        hass, DOMAIN, TERMINATE_SESSION, _terminate, TERMINATE_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )


def sessions_of(call: ServiceCall) -> SessionsCoordinator:
    """Find the server's streams; only its owner may see them."""
    entry = entry_of(call)
    if (sessions := entry.runtime_data.sessions) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_owner", translation_placeholders={"name": entry.title}
        )
    return sessions


async def _get(call: ServiceCall) -> ServiceResponse:
    """Read the list anew and give every stream with all its details."""
    sessions = sessions_of(call)
    with border.actions():
        streams = await sessions.read_now()
    return {"sessions": [{**stream_facts(one), **_of_user(sessions, one)} for one in streams]}


async def _terminate(call: ServiceCall) -> ServiceResponse:
    """End the chosen streams and say what became of each."""
    sessions = sessions_of(call)
    if not any(call.data.get(choice) for choice in CHOICES):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_chosen")
    paused: timedelta | None = call.data.get("paused_longer_than")
    decision: str | None = call.data.get("decision")
    selection = Selection(
        session=call.data.get("session"),
        user=call.data.get("user"),
        player=call.data.get("player"),
        decision=None if decision is None else Decision(decision),
        paused_longer_than=None if paused is None else paused.total_seconds(),
        everyone=call.data["all"],
    )
    with border.actions():
        outcomes = await sessions.end(selection, call.data["reason"])
    return {"streams": [_told(outcome) for outcome in outcomes]}


def _told(outcome: Outcome) -> dict[str, Any]:
    """Say what became of a stream."""
    stream = outcome.stream
    return {
        "session": stream.key,
        "title": stream.item.full_title,
        "user": stream.user.name,
        "player": stream.player.name,
        "outcome": outcome.result.value,
        "refusal": None if outcome.refusal is None else outcome.refusal.value,
    }


def _of_user(sessions: SessionsCoordinator, stream: Stream) -> dict[str, int]:
    """What rules about sharing ask for."""
    count, places = sessions.of_user(stream)
    return {"streams_of_user": count, "places_of_user": places}
