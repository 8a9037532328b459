"""Turns a schedule into calls: once for each match, whatever happens to the clock or to Home Assistant."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..schedule import DAILY_TIME, Schedule
from .memory import Memory, made_of

LATE: Final = timedelta(hours=24)
"""How long after its time a missed match is still made up for."""
LOOK: Final = timedelta(hours=1)
"""The clock is looked at this often at least: a machine without a battery may wake up in the wrong year, and stay
there for a while."""

type Action = Callable[[], Awaitable[None]]


class Trigger:
    """Calls an action at each match of a schedule.

    The last match dealt with is remembered before the action begins, so that a restart neither repeats nor loses
    one: what was missed is made up for once, within a day. A match that comes while the action still runs is left out.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        memory: Memory,
        key: str,
        schedule: Schedule,
        action: Action,
        *,
        at: time = DAILY_TIME,
    ) -> None:
        """Prepare; `async_start` begins. `key` names the memory, so it must stay the same over restarts."""
        self._hass = hass
        self._entry = entry
        self._memory = memory
        self._key = f"schedule_{key}"
        self._schedule = schedule
        self._action = action
        self._at = at
        self._dealt_with = dt_util.utcnow()
        self._timer: CALLBACK_TYPE | None = None
        self._running = False
        self.next_run: datetime | None = None
        """The next match, in UTC; None when there is none in sight."""

    async def async_start(self) -> None:
        """Begin, and make up for what was missed; ends with the entry's unloading."""
        signature = [self._schedule.text, self._at.isoformat()]
        known = self._memory.get(self._key)
        # A schedule that was changed begins anew: its past matches were never promised.
        moment = made_of(known, _dealt_with, "schedule")
        if moment is not None and known["schedule"] == signature:
            self._dealt_with = moment
        else:
            await self._remember(self._dealt_with)
        self._entry.async_on_unload(self.async_stop)
        self._entry.async_on_unload(self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._zone_changed))
        self._look()

    @callback
    def async_stop(self) -> None:
        """End; the action, if it runs, goes on."""
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _zone_changed(self, event: Event) -> None:
        self.async_stop()
        self._look()

    @callback
    def _look(self, planned: datetime | None = None) -> None:
        """See whether a match has come, and set the timer for the next look.

        The time the timer was `planned` for is no help: a machine that slept wakes up long after it.
        """
        now = dt_util.utcnow()
        if self._dealt_with - now > LATE:  # dealt with in a future that never came
            self._dealt_with = now
        latest = None
        self.next_run = None
        for moment in self._schedule.runs(max(self._dealt_with, now - LATE), dt_util.get_default_time_zone(), self._at):
            if moment > now:
                self.next_run = moment
                break
            latest = moment
        if latest is not None:
            self._dealt_with = latest
            self._entry.async_create_background_task(
                self._hass, self._fire(latest), f"plex_steward schedule {self._key}"
            )
        # By seconds that pass, not by the clock: one that is set back would not be looked at before it has caught up.
        wait = min(self.next_run - now, LOOK) if self.next_run else LOOK
        self._timer = async_call_later(self._hass, wait, self._look)

    async def _fire(self, match: datetime) -> None:
        """Remember, then act."""
        await self._remember(match)
        if self._running:
            return
        self._running = True
        try:
            await self._action()
        finally:
            self._running = False

    async def _remember(self, match: datetime) -> None:
        signature = [self._schedule.text, self._at.isoformat()]
        await self._memory.put(self._key, {"schedule": signature, "dealt_with": match.isoformat()})


def _dealt_with(stored: Mapping[str, Any]) -> datetime:
    """Read when the last match was dealt with."""
    return dt_util.as_utc(datetime.fromisoformat(stored["dealt_with"]))
