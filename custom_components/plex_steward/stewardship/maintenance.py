"""Maintenance mode: nobody but the exempt watches, until it ends.

Plex cannot refuse a viewer, only end a stream that has begun. So each stream gets a grace of its own from the moment it
is seen, and is ended when that is over. The mode, its end, its exemptions and every grace are written down at once and
survive a restart.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..clock import Clock
from ..const import DOMAIN, LOGGER
from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..plex.errors import PlexError
from ..plex.streams import Stream
from ..plex.terminate import Refusal, Result, Selection
from . import health
from .memory import made_of

STORE_VERSION: Final = 1
AGAIN: Final = timedelta(seconds=15)
"""After which a stream that ignored the request, or could not be asked, is asked again."""


class Phase(StrEnum):
    """Where the mode stands."""

    OFF = "off"
    WAITING = "waiting"
    """Begins when the last stream ends."""
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceState:
    """All there is to know of the mode; this is what is written down."""

    phase: Phase = Phase.OFF
    message: str = ""
    grace: float = 0
    """Seconds each stream may go on."""
    duration: float | None = None
    """Seconds the mode lasts once it is on; None until it is switched off."""
    exempt: tuple[str, ...] = ()
    """Account ids or names of those who may watch."""
    housekeeping: bool = False
    """Whether the house is cleaned meanwhile."""
    ends: float | None = None
    """Epoch seconds."""
    due: dict[str, float] = field(default_factory=dict)
    """Stream -> epoch seconds when its grace is over."""

    @property
    def ends_at(self) -> datetime | None:
        """When the mode ends by itself."""
        return None if self.ends is None else dt_util.utc_from_timestamp(self.ends)

    def spares(self, stream: Stream) -> bool:
        """Tell whether the stream's viewer is exempt."""
        names = {name.casefold() for name in (stream.user.id, stream.user.name) if name}
        return any(one.casefold() in names for one in self.exempt)


class Maintenance(DataUpdateCoordinator[MaintenanceState]):
    """The maintenance mode of one server."""

    config_entry: StewardConfigEntry

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, sessions: SessionsCoordinator) -> None:
        """Prepare; `async_start` goes on where the last run stopped."""
        super().__init__(hass, LOGGER, config_entry=entry, name="maintenance")
        self.data = MaintenanceState()
        self._sessions = sessions
        self._store: Store[dict[str, Any]] = Store(hass, STORE_VERSION, store_key(entry), private=True)
        self._timer: CALLBACK_TYPE | None = None
        self._clock = Clock(self._clock_set)
        self._enforcing = False
        self._again = False
        self._begin_listeners: list[Callable[[MaintenanceState], None]] = []

    async def async_start(self) -> None:
        """Read what was written down and go on; call it once, after the first read of the streams."""
        self.data = made_of(await self._store.async_load(), _state_of, "maintenance mode") or self.data
        self.config_entry.async_on_unload(self._sessions.async_add_listener(self._look))
        self.config_entry.async_on_unload(self._stop_timer)
        self._look()

    @callback
    def async_on_begin(self, listener: Callable[[MaintenanceState], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever the mode is really on. Gives the way to stop."""
        self._begin_listeners.append(listener)
        return lambda: self._begin_listeners.remove(listener)

    async def start(
        self,
        *,
        message: str,
        grace: timedelta,
        duration: timedelta | None,
        exempt: tuple[str, ...] = (),
        wait: bool = False,
        housekeeping: bool = False,
    ) -> None:
        """Begin now, or `wait` for the last stream to end; replaces a mode that is on already."""
        state = MaintenanceState(
            phase=Phase.WAITING,
            message=message,
            grace=grace.total_seconds(),
            duration=None if duration is None else duration.total_seconds(),
            exempt=exempt,
            housekeeping=housekeeping,
        )
        await self._become(state if wait else self._on(state))
        if not wait:
            self._tell_begin()
        self._look()

    async def stop(self) -> None:
        """End it, whether it waits or is on."""
        if self.data.phase is not Phase.OFF:
            await self._become(MaintenanceState())
            self._stop_timer()

    @override
    async def _async_update_data(self) -> MaintenanceState:
        """Nothing is fetched: the mode is what was asked for."""
        return self.data

    @staticmethod
    def _on(state: MaintenanceState) -> MaintenanceState:
        """The state when the mode begins now."""
        now = dt_util.utcnow().timestamp()
        return replace(state, phase=Phase.ON, ends=None if state.duration is None else now + state.duration)

    @callback
    def _tell_begin(self) -> None:
        for listener in tuple(self._begin_listeners):
            listener(self.data)

    @callback
    def _clock_set(self, by: float) -> None:
        """Nobody's grace becomes shorter or longer; the mode itself ends at the time that was told."""
        if self.data.due:
            self.data = replace(self.data, due={name: moment + by for name, moment in self.data.due.items()})
            self.config_entry.async_create_background_task(
                self.hass, self._become(self.data), "plex_steward maintenance clock"
            )

    async def _become(self, state: MaintenanceState) -> None:
        """Write down first, then tell."""
        self.data = state
        await self._store.async_save(asdict(state))
        self.async_set_updated_data(state)

    @callback
    def _look(self, _: datetime | None = None) -> None:
        """Something changed, or a time came: see to it, one look at a time."""
        if self.data.phase is Phase.OFF:
            return
        if self._enforcing:
            self._again = True
            return
        self._enforcing = True
        self.config_entry.async_create_background_task(self.hass, self._enforce(), "plex_steward maintenance")

    async def _enforce(self) -> None:
        """Do what is due until nothing is left to do now."""
        try:
            while True:
                self._again = False
                await self._step()
                if not self._again:
                    break
        finally:
            self._enforcing = False

    async def _step(self) -> None:
        """Begin, end, or end streams; then wait for the next moment that matters."""
        now = self._clock.now()
        # A list that could not be read is not an empty list.
        known = self._sessions.last_update_success
        if self.data.phase is Phase.WAITING and known and not self._unwelcome():
            await self._become(self._on(self.data))
            self._tell_begin()
        if self.data.phase is not Phase.ON:
            return
        if self.data.ends is not None and self.data.ends <= now:
            await self.stop()
            return
        if known:
            await self._give_grace(now)
            await self._end_due(now)
        self._wait()

    def _unwelcome(self) -> dict[str, Stream]:
        """The streams of everyone who is not exempt, by a name that survives a restart of Home Assistant."""
        return {
            "|".join(part or "" for part in one.identity): one
            for one in self._sessions.data
            if not self.data.spares(one)
        }

    async def _give_grace(self, now: float) -> None:
        """Note when each new stream's grace is over; forget those that left."""
        streams = self._unwelcome()
        due = {name: self.data.due.get(name, now + self.data.grace) for name in streams}
        if due != self.data.due:
            await self._become(replace(self.data, due=due))

    async def _end_due(self, now: float) -> None:
        """End the streams whose grace is over."""
        streams = self._unwelcome()
        later = dict(self.data.due)
        for name, moment in self.data.due.items():
            if moment > now or (stream := streams.get(name)) is None:
                continue
            await self._end(stream)
            later[name] = now + AGAIN.total_seconds()
        if later != self.data.due and self.data.phase is Phase.ON:
            await self._become(replace(self.data, due=later))

    async def _end(self, stream: Stream) -> None:
        """End one; who cannot be ended is tried again later."""
        try:
            outcomes = await self._sessions.end(Selection(session=stream.key), self.data.message, linger=0)
        except PlexError as error:
            LOGGER.debug("Maintenance could not read the streams: %s", error)
            return
        for outcome in outcomes:
            if outcome.refusal is Refusal.NO_PLEX_PASS:
                health.raise_issue(self.hass, self.config_entry, "no_plex_pass_streams")
            if outcome.result is Result.REFUSED:
                LOGGER.debug("Maintenance could not end a stream: %s", outcome.refusal)

    @callback
    def _wait(self) -> None:
        """Wake up when the next grace is over or the mode ends."""
        self._stop_timer()
        moments = [*self.data.due.values(), *(() if self.data.ends is None else (self.data.ends,))]
        if self.data.phase is Phase.ON and moments:
            at = dt_util.utc_from_timestamp(min(moments))
            self._timer = async_track_point_in_utc_time(self.hass, self._wake, at)

    @callback
    def _wake(self, now: datetime) -> None:
        """The moment has come."""
        self._timer = None
        self._look(now)

    @callback
    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None


def _state_of(stored: Mapping[str, Any]) -> MaintenanceState:
    """Read what `asdict` gave."""
    due = {name: float(moment) for name, moment in stored["due"].items()}
    ends = stored["ends"] and float(stored["ends"])
    state = {"phase": Phase(stored["phase"]), "exempt": tuple(stored["exempt"]), "due": due, "ends": ends}
    return MaintenanceState(**{**stored, **state})


def store_key(entry: StewardConfigEntry) -> str:
    """Where the mode is written down."""
    return f"{DOMAIN}.{entry.entry_id}.maintenance"


async def forget(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Remove what was written down, with the entry."""
    await Store[dict[str, Any]](hass, STORE_VERSION, store_key(entry)).async_remove()
