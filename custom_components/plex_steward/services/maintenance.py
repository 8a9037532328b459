"""The actions `start_maintenance` and `stop_maintenance`."""

from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..flow.options_maintenance import defaults
from ..plex.describe import moment
from ..stewardship.maintenance import Maintenance
from ..validators import TEXTS, period, text
from .common import entry_of
from .sessions import REASON_LENGTH

START: Final = "start_maintenance"
STOP: Final = "stop_maintenance"

START_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("message"): probatio.All(text, probatio.Length(max=REASON_LENGTH)),
        probatio.Optional("grace"): period,
        probatio.Optional("duration"): period,
        probatio.Optional("exempt_users"): TEXTS,
        probatio.Optional("wait"): cv.boolean,
        probatio.Optional("housekeeping"): cv.boolean,
    }
)
STOP_SCHEMA = probatio.Schema({probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    optional = SupportsResponse.OPTIONAL
    async_register_admin_service(hass, DOMAIN, START, _start, START_SCHEMA, supports_response=optional)
    async_register_admin_service(hass, DOMAIN, STOP, _stop, STOP_SCHEMA, supports_response=optional)


def maintenance_of(call: ServiceCall) -> Maintenance:
    """Find the server's maintenance mode; only its owner has one."""
    entry = entry_of(call)
    if (maintenance := entry.runtime_data.maintenance) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_owner", translation_placeholders={"name": entry.title}
        )
    return maintenance


async def _start(call: ServiceCall) -> ServiceResponse:
    """Begin; what is not said is taken from the options."""
    maintenance = maintenance_of(call)
    said = {key: value for key, value in call.data.items() if key != ATTR_CONFIG_ENTRY_ID}
    if "exempt_users" in said:
        said["exempt"] = tuple(said.pop("exempt_users"))
    await maintenance.start(**{**defaults(maintenance.config_entry.options), **said})
    return _told(maintenance)


async def _stop(call: ServiceCall) -> ServiceResponse:
    """End it."""
    maintenance = maintenance_of(call)
    await maintenance.stop()
    return _told(maintenance)


def _told(maintenance: Maintenance) -> ServiceResponse:
    """Say where the mode stands."""
    return {"phase": maintenance.data.phase.value, "ends": moment(maintenance.data.ends)}
