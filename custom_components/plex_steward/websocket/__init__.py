"""What the cards listen to: one subscription each, for everyone who may see the dashboard. A module per card."""

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from .library import library
from .mirrors import mirrors
from .overview import overview
from .streams import streams

COMMANDS = (library, mirrors, overview, streams)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands."""
    for command in COMMANDS:
        websocket_api.async_register_command(hass, command)
