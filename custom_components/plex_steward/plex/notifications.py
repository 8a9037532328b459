"""The server's push channel: a websocket that comes back by itself."""

import asyncio
from collections.abc import Callable, Collection
import logging
import random
import re
from typing import Final

import aiohttp

from . import errors, wire
from .connection import Connection
from .fields import text
from .models import Event, Row

LOGGER: Final = logging.getLogger(__name__)

PATHS: Final = ("/:/websockets/notifications", "/:/websocket/notifications")
"""Players and libraries use the first; Plex's description names the second."""
HEARTBEAT: Final = 30.0
"""Seconds between pings; a line that stays silent for half as long again is dead."""
BACK_OFF: Final = (2.0, 300.0)
"""Shortest and longest wait in seconds before the next attempt; doubled each time, then spread at random."""
STEADY: Final = 60.0
"""Seconds a line must have held before the waits start again from the shortest."""
BREATH: Final = 50
"""Messages after which others get their turn: a scan sends thousands, all in the buffer already."""

_TYPE: Final = re.compile(r'\s*\{\s*"NotificationContainer"\s*:\s*\{\s*"type"\s*:\s*"([^"]*)"')
"""Where a message says its type; read without decoding the rest."""


class Notifications:
    """Listens to one server until cancelled.

    `on_event` gets each wanted message, `on_state` whether the line is up; both are called in the loop and must be
    quick. `types`: only these (all when None). After each `on_state(True)` things may have been missed: poll once.
    """

    def __init__(
        self,
        connection: Connection,
        on_event: Callable[[Event], None],
        *,
        on_state: Callable[[bool], None] | None = None,
        types: Collection[str] | None = None,
        heartbeat: float = HEARTBEAT,
        back_off: tuple[float, float] = BACK_OFF,
    ) -> None:
        """Prepare; `run` does it."""
        self._connection = connection
        self._on_event = on_event
        self._on_state = on_state
        self._types = None if types is None else frozenset(types)
        self._heartbeat = heartbeat
        self._back_off = back_off
        self._path = 0
        self._again = asyncio.Event()
        self._ended = False
        self.connected = False
        """Whether the line is up."""
        self.failure: errors.PlexError | None = None
        """Why the last attempt failed; None while the line is up. `Unauthorized` waits for a new token."""

    async def run(self) -> None:
        """Listen for ever, however often the line breaks; end it by `stop` and by cancelling the task.

        `stop` alone ends it at the next break; a cancellation alone may be lost when the line breaks at that moment.
        """
        shortest, longest = self._back_off
        wait = shortest
        loop = asyncio.get_running_loop()
        while True:
            self._again.clear()
            began = loop.time()
            try:
                await self._listen()
            except errors.PlexError as err:
                LOGGER.debug("notifications: %s", err)
                self.failure = err
            finally:
                self._report(False)
            if self._ended:
                return
            if loop.time() - began >= STEADY:
                wait = shortest
            spread = random.uniform(0.5, 1.0)  # noqa: S311 - servers must not be stormed in step, that is all
            try:
                async with asyncio.timeout(wait * spread):
                    await self._again.wait()
                wait = shortest
            except TimeoutError:
                wait = min(wait * 2, longest)

    def stop(self) -> None:
        """Make no further attempt."""
        self._ended = True
        self._again.set()

    def retry_now(self) -> None:
        """Cut the wait for the next attempt short, because the server was just seen or its token is new."""
        self._again.set()

    async def _listen(self) -> None:
        """Connect once and listen until the line breaks."""
        try:
            socket = await self._connection.websocket(PATHS[self._path], heartbeat=self._heartbeat)
        except errors.NotFound:
            self._path = (self._path + 1) % len(PATHS)
            socket = await self._connection.websocket(PATHS[self._path], heartbeat=self._heartbeat)
        try:
            self.failure = None
            self._report(True)
            count = 0
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and (event := parse(message.data, self._types)) is not None:
                    self._on_event(event)
                count += 1
                if count % BREATH == 0:
                    await asyncio.sleep(0)
        finally:
            self._connection.doubt()
            await socket.close()
        raise errors.Unreachable(path=PATHS[self._path], reason="closed")

    def _report(self, connected: bool) -> None:
        """Tell of a change."""
        if connected != self.connected:
            self.connected = connected
            if self._on_state is not None:
                self._on_state(connected)


def parse(message: str, types: Collection[str] | None = None) -> Event | None:
    """Read a message; None when it is of another type than wanted, or unreadable."""
    if types is not None and (found := _TYPE.match(message)) and found[1] not in types:
        return None
    try:
        document = wire.loads(message)
    except ValueError:
        return None
    container = document.get("NotificationContainer") if isinstance(document, dict) else None
    if not isinstance(container, dict):
        return None
    kind = text(container, "type")
    if kind is None or (types is not None and kind not in types):
        return None
    return Event(kind, tuple(_rows(container)))


def _rows(container: Row) -> list[Row]:
    """Give the rows of a message, whatever their key is called; a single one may stand alone."""
    for value in container.values():
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list):
            return [row for row in value if isinstance(row, dict)]
    return []
