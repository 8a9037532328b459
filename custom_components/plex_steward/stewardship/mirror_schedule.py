"""Runs that nobody asks for: by the clock, and after new items came to the library behind a mirror's source."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..coordinators.jobs import Busy, CancelledWhileWaiting
from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from ..plex.models import Event, Library
from .memory import Memory
from .scheduler import Trigger
from .server_paths import overlap

QUIET: Final = 60.0
"""Seconds without a new item before a run: a season comes in many pieces."""
PROCESSED: Final = "5"
DELETED: Final = "9"
LIBRARY: Final = "com.plexapp.plugins.library"


async def async_setup(
    hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator, memory: Memory
) -> None:
    """Start what the mirror's options ask for; ends with the entry's unloading."""
    config = mirror.config

    async def due() -> None:
        await _run(mirror, "schedule")

    if config.schedule is not None:
        key = f"mirror_{mirror.subentry.subentry_id}"
        mirror.trigger = Trigger(hass, entry, memory, key, config.schedule, due, at=config.at)
        await mirror.trigger.async_start()
    if config.after_new_items:
        AfterNewItems(hass, entry, mirror).async_start()


class AfterNewItems:
    """Runs a mirror when the server has taken in new items, once they have stopped coming."""

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator) -> None:
        """Prepare; `async_start` listens."""
        self._hass = hass
        self._entry = entry
        self._mirror = mirror
        self._timer: CALLBACK_TYPE | None = None
        self._before: dict[str, int] | None = None
        """The libraries' counters of change when the push channel broke; None while it is up."""

    @callback
    def async_start(self) -> None:
        """Listen until the entry is unloaded."""
        unload, events = self._entry.async_on_unload, self._entry.runtime_data.events
        unload(events.async_listen({"timeline"}, self._told))
        unload(events.async_listen_state(self._line))
        unload(self._forget)

    @callback
    def _told(self, event: Event) -> None:
        sections = {
            str(row.get("sectionID"))
            for row in event.rows
            if str(row.get("state")) in (PROCESSED, DELETED) and row.get("identifier", LIBRARY) == LIBRARY
        }
        if sections & libraries_behind(self._mirror, self._entry.runtime_data.server.libraries):
            self._wait()

    @callback
    def _line(self, up: bool) -> None:
        """While the push channel is down, nobody tells of items that come."""
        if not up:
            self._before = self._counters() if self._before is None else self._before
        elif self._before is not None:
            self._entry.async_create_background_task(
                self._hass, self._catch_up(self._before), "plex_steward mirror catches up"
            )
            self._before = None

    async def _catch_up(self, before: dict[str, int]) -> None:
        """Look whether something came meanwhile."""
        server = self._entry.runtime_data.server
        await server.async_refresh()
        if not server.last_update_success:  # another time
            self._before = before if self._before is None else self._before
        elif self._counters() != before:
            self._wait()

    def _counters(self) -> dict[str, int]:
        libraries = self._entry.runtime_data.server.libraries
        behind = libraries_behind(self._mirror, libraries)
        return {library.key: library.content_changed_at for library in libraries if library.key in behind}

    @callback
    def _wait(self) -> None:
        self._forget()
        self._timer = async_call_later(self._hass, QUIET, self._quiet)

    @callback
    def _forget(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _quiet(self, _: object) -> None:
        """Run; while another run is under way, wait once more: it may have missed what came last."""
        self._timer = None
        if self._mirror.busy:
            self._wait()
            return
        self._entry.async_create_background_task(
            self._hass, _run(self._mirror, "new_items"), "plex_steward mirror after new items"
        )


def libraries_behind(mirror: MirrorCoordinator, libraries: Iterable[Library]) -> set[str]:
    """Keys of the libraries whose folders lie in a mirror's source, or hold it."""
    source = mirror.config.server_source
    return {library.key for library in libraries if any(overlap(source, location) for location in library.locations)}


async def _run(mirror: MirrorCoordinator, reason: str) -> None:
    """Run because nobody had to ask."""
    try:
        await mirror.async_run("sync", reason, wait=mirror.config.wait_for_idle)
    except Busy:
        LOGGER.debug("A run is under way already")
    except CancelledWhileWaiting:
        LOGGER.debug("A run was cancelled before it began")
