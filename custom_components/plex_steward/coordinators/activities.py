"""What the server is busy with: told by its notifications, and read now and then."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .. import border
from ..const import LOGGER
from ..data import StewardConfigEntry
from ..plex import answers
from ..plex.client import PlexClient
from ..plex.models import Activity, Event, Row
from ..stewardship.events import Events

RECONCILE: Final = timedelta(minutes=5)
"""Between reads of the list while the server pushes."""
WITHOUT_PUSH: Final = timedelta(seconds=20)
"""Between reads while it does not."""
PACE: Final = 1.0
"""Seconds between two tellings of mere progress: a scan sends thousands of messages."""
ENDED: Final = "ended"

type ActivityListener = Callable[[Activity], None]


class ActivitiesCoordinator(DataUpdateCoordinator[tuple[Activity, ...]]):
    """Knows what runs. Its data are the activities, oldest first."""

    config_entry: StewardConfigEntry

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, client: PlexClient, events: Events) -> None:
        """Prepare; `async_start` begins to listen."""
        super().__init__(hass, LOGGER, config_entry=entry, name="activities", update_interval=WITHOUT_PUSH)
        self.client = client
        self._events = events
        self._running: dict[str, Activity] = {}
        self._reading = asyncio.Lock()
        self._meanwhile: list[Row] = []
        """What was told while the list was being read."""
        self._timer: CALLBACK_TYPE | None = None
        self._listeners_of_each: list[ActivityListener] = []
        self.data = ()

    async def async_start(self) -> None:
        """Listen from now on, and read the list."""
        unload = self.config_entry.async_on_unload
        unload(self._events.async_listen({"activity"}, self._told))
        unload(self._events.async_listen_state(self._line))
        unload(self._stop_timer)
        await self.async_refresh()

    @callback
    def async_listen_each(self, listener: ActivityListener) -> CALLBACK_TYPE:
        """Call `listener` with each activity the server tells of, also with those that are over at once."""
        self._listeners_of_each.append(listener)
        return lambda: self._listeners_of_each.remove(listener)

    def find(self, wanted: Callable[[Activity], bool]) -> Activity | None:
        """The first running activity that is wanted."""
        return next((one for one in self._running.values() if wanted(one)), None)

    @override
    async def _async_update_data(self) -> tuple[Activity, ...]:
        """Read the list. What is pushed meanwhile may be newer than the answer, so it is taken in again after it."""
        async with self._reading:
            self._meanwhile.clear()
            with border.updates():
                found = await self.client.activities()
            self._running = {one.uuid: one for one in found}
            for row in self._meanwhile:
                self._take(row)
        return tuple(self._running.values())

    @callback
    def _told(self, event: Event) -> None:
        """Take in a message; beginnings and ends show at once, progress once a second."""
        before = set(self._running)
        for row in event.rows:
            if self._reading.locked():
                self._meanwhile.append(row)
            if (activity := self._take(row)) is not None:
                for listener in tuple(self._listeners_of_each):
                    listener(activity)
        if self._running.keys() != before:
            self._tell()
        elif self._timer is None:
            self._timer = async_call_later(self.hass, PACE, self._tell)

    def _take(self, row: Row) -> Activity | None:
        """Note what a row says; gives the activity, unless there is none in it."""
        told = row.get("Activity")
        if not isinstance(told, dict):
            return None
        activity = answers.activity(told)
        if row.get("event") == ENDED:
            self._running.pop(activity.uuid, None)
        elif activity.uuid:
            self._running[activity.uuid] = activity
        return activity

    @callback
    def _tell(self, _: datetime | None = None) -> None:
        self._stop_timer()
        if tuple(self._running.values()) != self.data or not self.last_update_success:
            self.async_set_updated_data(tuple(self._running.values()))

    @callback
    def _line(self, connected: bool) -> None:
        """While the server pushes, reading is for certainty only; when it begins to, things were missed."""
        self.update_interval = RECONCILE if connected else WITHOUT_PUSH
        self.config_entry.async_create_background_task(self.hass, self.async_refresh(), "plex_steward read activities")

    @callback
    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
