"""The streams of one server: pushed by its notifications, read again where these say too little, and now and then."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .. import border
from ..clock import Clock
from ..const import LOGGER
from ..data import StewardConfigEntry
from ..plex.client import PlexClient
from ..plex.decisions import Decision
from ..plex.errors import PlexError
from ..plex.models import Event, Row
from ..plex.roster import SETTLE, Change, ChangeType, Roster
from ..plex.sessions import streams_of
from ..plex.streams import Kind, Stream
from ..plex.terminate import Outcome, Selection, end_streams
from ..stewardship.events import Events

RECONCILE: Final = timedelta(seconds=60)
"""Between reads of the list while the server pushes."""
WITHOUT_PUSH: Final = timedelta(seconds=10)
"""Between reads while it does not."""
AT_MOST: Final = 1.0
"""Seconds between two reads, however much happens."""
TICK: Final = timedelta(seconds=5)
"""How often time alone may change something: late starts, ghosts."""
MANY: Final = 20
"""From so many streams on the list is parsed in a thread: each costs about a tenth of a millisecond."""
REMEMBERED: Final = 400
"""Source files that are kept in mind, for streams that are converted."""

type ChangeListener = Callable[[Change], None]


class SessionsCoordinator(DataUpdateCoordinator[tuple[Stream, ...]]):
    """Knows who is on. Its data are the streams, oldest first; positions move without telling the entities."""

    config_entry: StewardConfigEntry

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, client: PlexClient, events: Events) -> None:
        """Prepare; `async_start` begins to listen."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="streams",
            update_interval=WITHOUT_PUSH,
            request_refresh_debouncer=Debouncer(hass, LOGGER, cooldown=AT_MOST, immediate=True),
        )
        self.client = client
        self._events = events
        self._roster = Roster()
        self._clock = Clock(self._clock_set)
        self._first = True
        self._missed = False
        """Whether the list could not be read the last time."""
        self._sources: dict[str, Row] = {}
        self._reading = asyncio.Lock()
        self._change_listeners: list[ChangeListener] = []
        self._settling: set[CALLBACK_TYPE] = set()
        self.reported: dict[str, float] = {}
        """Session key -> epoch seconds of the player's last report: from then on a card counts on."""

    @callback
    def async_start(self) -> None:
        """Listen from now on; call it once, after the first refresh."""
        unload = self.config_entry.async_on_unload
        unload(self._events.async_listen({"playing"}, self._playing))
        unload(self._events.async_listen({"transcodeSession.start", "transcodeSession.end"}, self._transcoding))
        unload(self._events.async_listen_state(self._line))
        unload(async_track_time_interval(self.hass, self._tick, TICK))
        unload(self._forget_settling)

    @callback
    def async_listen_changes(self, listener: ChangeListener) -> CALLBACK_TYPE:
        """Call `listener` with each change, in the loop. Gives the way to stop."""
        self._change_listeners.append(listener)
        return lambda: self._change_listeners.remove(listener)

    def of_user(self, stream: Stream) -> tuple[int, int]:
        """Count the streams of a stream's user, and the places they are watched in."""
        return self._roster.of_user(stream)

    async def read_now(self) -> tuple[Stream, ...]:
        """Read the list anew and return it; raises a `PlexError` when that fails, which is not an empty list."""
        streams = await self._read()
        self.async_set_updated_data(streams)
        return streams

    async def end(self, selection: Selection, reason: str, *, linger: float | None = None) -> list[Outcome]:
        """End the selected streams and say what became of each; raises a `PlexError` when the list cannot be read."""
        waiting = {} if linger is None else {"linger": linger}
        return await end_streams(self.client, selection, reason, read=self.read_now, clock=self._clock.now, **waiting)

    @override
    async def _async_update_data(self) -> tuple[Stream, ...]:
        """Read the list because it is time to, or because something happened."""
        with border.updates():
            return await self._read()

    async def _read(self) -> tuple[Stream, ...]:
        """Read the list, one read at a time, and take it into the roster."""
        async with self._reading:
            rows = await self._rows()
            streams = await self._parse(rows)
            unknown = _converted(streams) - self._sources.keys()
            if unknown:
                await self._learn(unknown)
                streams = await self._parse(rows)
            now = self._clock.now()
            if self._missed:
                self._roster.pardon(now)
                self._missed = False
            offsets = {stream.key: stream.offset for stream in self._roster.streams}
            changes = self._roster.read(streams, now)
            self._note_reports({one.key for one in streams if offsets.get(one.key) != one.offset}, now)
        if self._first:  # who was on before us has not started now
            self._first = False
        else:
            self._announce(changes)
        return self._roster.streams

    async def _rows(self) -> list[Row]:
        """Fetch the list; not to get it is to miss what happens."""
        try:
            return await self.client.sessions()
        except PlexError:
            self._missed = True
            raise

    async def _parse(self, rows: list[Row]) -> tuple[Stream, ...]:
        """Read the rows, in a thread when there are many."""
        if len(rows) <= MANY:
            return streams_of(rows, self._sources)
        return await self.hass.async_add_executor_job(streams_of, rows, dict(self._sources))

    async def _learn(self, keys: set[str]) -> None:
        """Ask what converted files were before; not to know it is no failure."""
        try:
            found = await self.client.metadata(sorted(keys))
        except PlexError as error:
            LOGGER.debug("The files behind the streams are not told: %s", error)
            return
        # A key nobody knows is kept too, or each read would ask again.
        self._sources |= {key: found.get(key, {}) for key in keys}
        for key in list(self._sources)[:-REMEMBERED]:
            del self._sources[key]

    @callback
    def _playing(self, event: Event) -> None:
        """Take a player's report; read the list where it says too little."""
        now = self._clock.now()
        changes, read = self._roster.report(event.rows, now)
        self._note_reports({str(key) for row in event.rows if (key := row.get("sessionKey")) is not None}, now)
        self._announce(changes)
        if changes:
            self.async_set_updated_data(self._roster.streams)
        else:
            self.data = self._roster.streams
        if read:
            self._ask()

    @callback
    def _transcoding(self, _: Event) -> None:
        """A conversion began or ended: only the list says whose."""
        self._ask()

    @callback
    def _ask(self) -> None:
        """Read soon, at most once a second."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), "plex_steward read streams", eager_start=True
        )

    @callback
    def _line(self, connected: bool) -> None:
        """While the server pushes, reading is for certainty only; when it begins to, things were missed."""
        self.update_interval = RECONCILE if connected else WITHOUT_PUSH
        self._ask()

    @callback
    def _tick(self, _: datetime) -> None:
        """Let time pass."""
        if not self.data or self._missed:
            return
        changes = self._roster.tick(self._clock.now())
        if changes:
            self._announce(changes)
            self.async_set_updated_data(self._roster.streams)

    @callback
    def _announce(self, changes: list[Change]) -> None:
        """Tell what happened; look at a new stream again when its decisions can be trusted."""
        for change in changes:
            if change.type is ChangeType.STARTED:
                self._ask_when_settled()
            for listener in tuple(self._change_listeners):
                listener(change)

    @callback
    def _ask_when_settled(self) -> None:
        """Read when the first moments of a stream are over; the timer is kept only until then."""

        @callback
        def settled(_: datetime) -> None:
            self._settling.discard(cancel)
            self._ask()

        cancel = async_call_later(self.hass, SETTLE + AT_MOST, settled)
        self._settling.add(cancel)

    @callback
    def _forget_settling(self) -> None:
        """Wait for no stream any more."""
        for cancel in self._settling:
            cancel()
        self._settling.clear()

    @callback
    def _clock_set(self, by: float) -> None:
        """Let nobody seem to have been on, silent or paused for longer or shorter than was so."""
        self._roster.shift(by)
        self.data = self._roster.streams
        self.reported = {key: at + by for key, at in self.reported.items()}

    def _note_reports(self, keys: set[str], now: float) -> None:
        """Remember when positions were true; forget who left."""
        present = {stream.key for stream in self._roster.streams}
        self.reported = {key: at for key, at in self.reported.items() if key in present}
        self.reported |= dict.fromkeys(keys & present, now)


def _converted(streams: tuple[Stream, ...]) -> set[str]:
    """The rating keys whose files are worth asking for: something of them is converted, and the session hides what."""
    return {
        key
        for stream in streams
        if stream.decision is not Decision.DIRECT_PLAY
        and stream.item.kind is not Kind.LIVE
        and (key := stream.item.rating_key)
        and key.isdecimal()
    }
