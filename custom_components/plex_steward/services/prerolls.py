"""The action `set_preroll`."""

from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio

from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..prerolls import AUTOMATIC, NONE, Order, UnspeakablePathError, joined
from ..stewardship.prerolls import Prerolls
from ..validators import TEXTS
from .common import entry_of

SET_PREROLL: Final = "set_preroll"
SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Exclusive("preroll_set", "what"): cv.string,
        probatio.Exclusive("paths", "what"): TEXTS,
        probatio.Optional("order", default=Order.SEQUENCE.value): probatio.In([one.value for one in Order]),
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it."""
    async_register_admin_service(hass, DOMAIN, SET_PREROLL, _set, SCHEMA, supports_response=SupportsResponse.OPTIONAL)


async def _set(call: ServiceCall) -> ServiceResponse:
    """Choose a set, or write files; an empty list clears. Gives the setting before and after."""
    entry = entry_of(call)
    if (prerolls := entry.runtime_data.prerolls) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_owner", translation_placeholders={"name": entry.title}
        )
    if "preroll_set" in call.data:
        before, after = await prerolls.choose(_chosen(prerolls, call.data["preroll_set"]))
    elif "paths" in call.data:
        try:
            text = joined(call.data["paths"], Order(call.data["order"]))
        except UnspeakablePathError as error:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="path_separator",
                translation_placeholders={"path": error.path},
            ) from error
        before, after = await prerolls.write(text)
    else:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_preroll_given")
    return {"before": before, "after": after}


def _chosen(prerolls: Prerolls, name: str) -> str:
    """The set meant by a name or id, `automatic` or `none`."""
    if name in (AUTOMATIC, NONE) or name in prerolls.sets:
        return name
    for one in prerolls.sets.values():
        if one.name.casefold() == name.casefold():
            return one.id
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_such_preroll_set",
        translation_placeholders={
            "name": name,
            "names": ", ".join(sorted(one.name for one in prerolls.sets.values())) or "-",
        },
    )
