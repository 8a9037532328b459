"""What every subscription shares: sent once, then again after each change, but not more often than eyes can see."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN

if TYPE_CHECKING:
    from ..data import StewardConfigEntry

PAUSE: Final = 0.5
"""Seconds between two messages of one subscription: eyes see no more."""

type Watch = Callable[[StewardConfigEntry, CALLBACK_TYPE], list[CALLBACK_TYPE]]
"""Calls back when a server's part of the payload changed; gives the ways to stop."""


def known(hass: HomeAssistant, entry_id: str | None = None) -> list[StewardConfigEntry]:
    """The servers that are set up, or the one that is meant; whether they answer or not."""
    entries: list[StewardConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    return [entry for entry in entries if entry_id in (None, entry.entry_id)]


def loaded(hass: HomeAssistant, entry_id: str | None = None) -> list[StewardConfigEntry]:
    """Those of them that are looked after now: only these have anything to tell."""
    return [entry for entry in known(hass, entry_id) if entry.state is ConfigEntryState.LOADED]


def away(hass: HomeAssistant, entry_id: str | None = None) -> bool:
    """Tell whether one of them is not: what is missing then is not missing for good."""
    return any(entry.state is not ConfigEntryState.LOADED for entry in known(hass, entry_id))


@callback
def feed(
    hass: HomeAssistant,
    connection: ActiveConnection,
    message: dict[str, Any],
    payload: Callable[[], dict[str, Any]],
    watch: Watch,
) -> None:
    """Send the payload now and after each change, but not more often than eyes can see."""
    number: int = message["id"]
    watched: list[CALLBACK_TYPE] = []
    waiting: list[CALLBACK_TYPE] = []

    @callback
    def send(_: object = None) -> None:
        waiting.clear()
        connection.send_message(websocket_api.event_message(number, payload()))

    @callback
    def changed() -> None:
        if not waiting:
            waiting.append(async_call_later(hass, PAUSE, send))

    @callback
    def look(*_: object) -> None:
        """Servers come and go."""
        for stop in watched:
            stop()
        watched[:] = [stop for entry in loaded(hass) for stop in watch(entry, changed)]
        changed()

    @callback
    def end() -> None:
        for stop in (*watched, *waiting, stop_looking):
            stop()

    stop_looking = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look)
    connection.subscriptions[number] = end
    connection.send_result(number)
    look()
    for stop in waiting:
        stop()
    send()
