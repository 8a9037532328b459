"""The actions of the domain, one module per family.

Each module has a callback `async_setup(hass)` that registers its actions. They are registered when Home Assistant
starts, not when an entry loads, so that an automation always finds them and gets a clear error instead of "unknown".
"""

from homeassistant.core import HomeAssistant, callback

from . import find, housekeeping, library, maintenance, mirror, prerolls, sessions


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register every action."""
    find.async_setup(hass)
    housekeeping.async_setup(hass)
    library.async_setup(hass)
    maintenance.async_setup(hass)
    mirror.async_setup(hass)
    prerolls.async_setup(hass)
    sessions.async_setup(hass)
