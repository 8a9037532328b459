"""What the actions share: which server is meant, and which of its libraries."""

from collections.abc import Iterable
from typing import cast

from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, service

from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry
from ..devices import library_identifier
from ..plex.models import Library


def entry_of(call: ServiceCall) -> StewardConfigEntry:
    """The loaded server an action names; it may be left out while there is just one.

    Raises a translated `ServiceValidationError` for one that is unknown, not ours, or not loaded.
    """
    entry = service.async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID))
    return cast("StewardConfigEntry", entry)


def libraries_of(call: ServiceCall, entry: StewardConfigEntry, names: Iterable[str]) -> list[Library]:
    """The libraries of a server, among those that are on, by title, uuid or device.

    Raises a translated `ServiceValidationError` when one of them does not exist.
    """
    known = entry.runtime_data.server.libraries
    registry = dr.async_get(call.hass)
    found: dict[str, Library] = {}
    for name in names:
        device = registry.async_get(name)
        identifiers = device.identifiers if device else set()
        chosen = {
            one.uuid: one
            for one in known
            if name == one.uuid
            or name.casefold() == one.title.casefold()
            or library_identifier(entry, one.uuid) in identifiers
        }
        if not chosen:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_such_library",
                translation_placeholders={"names": ", ".join(sorted(one.title for one in known)) or "-"},
            )
        found |= chosen
    return list(found.values())
