"""Hands the server's push messages to whoever wants them: one line to the server, many listeners."""

from collections.abc import Callable, Collection
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback

from ..const import LOGGER
from ..plex.connection import Connection
from ..plex.models import Event
from ..plex.notifications import Notifications

TYPES: Final = frozenset(
    {
        "activity",
        "backgroundProcessingQueue",
        "playing",
        "preference",
        "progress",
        "reachability",
        "status",
        "timeline",
        "transcodeSession.end",
        "transcodeSession.start",
        "transcodeSession.update",
        "update.statechange",
    }
)
"""What is listened to at all; the rest is dropped before it is decoded."""

type Listener = Callable[[Event], None]


class Events:
    """The push channel of one server, run as a background task of its entry."""

    def __init__(self, connection: Connection) -> None:
        """Prepare; `run` listens."""
        self._listeners: list[tuple[frozenset[str], Listener]] = []
        self._state_listeners: list[Callable[[bool], None]] = []
        self._notifications = Notifications(connection, self._event, on_state=self._state, types=TYPES)

    @property
    def connected(self) -> bool:
        """Whether the line is up."""
        return self._notifications.connected

    @callback
    def async_listen(self, types: Collection[str], listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` with each message of these types, in the loop; it must be quick. Gives the way to stop."""
        return self._add(self._listeners, (frozenset(types), listener))

    @callback
    def async_listen_state(self, listener: Callable[[bool], None]) -> CALLBACK_TYPE:
        """Call `listener` when the line comes up or goes down. When it comes up, things may have been missed."""
        return self._add(self._state_listeners, listener)

    @callback
    def async_server_seen(self) -> None:
        """Try again at once when the line is down: the server has just answered somebody."""
        if not self.connected:
            self._notifications.retry_now()

    @callback
    def async_stop(self) -> None:
        """Make no further attempt; the task is cancelled after this."""
        self._notifications.stop()

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._notifications.run()

    @staticmethod
    def _add[T](listeners: list[T], listener: T) -> CALLBACK_TYPE:
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    @callback
    def _event(self, event: Event) -> None:
        for types, listener in tuple(self._listeners):
            if event.type in types:
                _call(listener, event)

    @callback
    def _state(self, connected: bool) -> None:
        for listener in tuple(self._state_listeners):
            _call(listener, connected)


def _call[T](listener: Callable[[T], None], value: T) -> None:
    """Call a listener; one that fails must not cost the others, or the line, their message."""
    try:
        listener(value)
    except Exception:  # noqa: BLE001 - whatever it is, it must stay with its listener
        LOGGER.exception("A listener to the server's messages failed")
