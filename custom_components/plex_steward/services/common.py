"""What the actions share: which server is meant."""

from typing import cast

from homeassistant.core import ServiceCall
from homeassistant.helpers import service

from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry


def entry_of(call: ServiceCall) -> StewardConfigEntry:
    """The loaded server an action names; it may be left out while there is just one.

    Raises a translated `ServiceValidationError` for one that is unknown, not ours, or not loaded.
    """
    entry = service.async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID))
    return cast("StewardConfigEntry", entry)
