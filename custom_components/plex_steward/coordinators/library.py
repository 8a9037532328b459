"""The libraries of one server: read in the background, kept current, and asked.

One task reads, one library after the other. It is woken by the server's messages, by its poll, by the clock, and by
orders; entities hear of it once for each library. Everything that touches the file happens in threads.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
import time
from typing import Final, override

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event as HassEvent, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..const import DOMAIN, LOGGER
from ..data import StewardConfigEntry
from ..plex.client import PlexClient
from ..plex.database import StoreBroken
from ..plex.errors import PlexError
from ..plex.inventory import NEVER, Inventory, LibraryReport, Step
from ..plex.listing import listings
from ..plex.models import Event, Library
from ..plex.names import Name, names
from ..plex.store import Changes, Store
from ..plex.summary import Summary, summaries
from ..stewardship import inventory_file
from ..stewardship.health import clear_issue, raise_issue
from ..stewardship.inventory_file import InventoryFile
from ..stewardship.libraries import is_on
from ..stewardship.library_news import Calm, NewsDesk, Timeline
from .rounds import Rounds
from .server import ServerCoordinator

INTERVAL: Final = timedelta(minutes=15)
"""Between reads that nobody asks for: plays move nothing that is told."""
QUIET, LONGEST = 5.0, 60.0
"""Seconds without a message before the items spoken of are read, and the longest wait for that."""
FEW: Final = 200
"""Up to so many items are read one by one; for more, what changed is asked for."""
PACE: Final = 3.0
"""Seconds between two looks at the numbers while reading."""
SCAN: Final = "library.update.section"

type Reports = list[LibraryReport]


@dataclass(frozen=True, slots=True)
class LibraryState:
    """A library that has been read."""

    summary: Summary
    complete: bool = True
    """Whether the inventory holds everything the server has."""
    missing: int = 0
    """Items the server lists and cannot tell."""


class LibraryCoordinator(DataUpdateCoordinator[Mapping[str, LibraryState]]):
    """Knows what the libraries hold. Its data are those that have been read, by uuid."""

    config_entry: StewardConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, client: PlexClient, server: ServerCoordinator
    ) -> None:
        """Prepare; `async_start` begins."""
        super().__init__(hass, LOGGER, config_entry=entry, name="libraries")
        self.client = client
        self.server = server
        self.data = {}
        self.reports: dict[str, LibraryReport] = {}
        """The last report of each library, without its changes."""
        self.progress: Step | None = None
        """How far the read that is under way has come."""
        self.failure: str | None = None
        """Code of the error that made the last round come to nothing."""
        self.news = NewsDesk(hass, entry, self._names_of)
        self._rounds: Rounds[Reports] = Rounds(hass, entry, self._round, self._failed, INTERVAL.total_seconds())
        self._file = InventoryFile(hass, entry, self._rebuilt)
        self._inventory: Inventory | None = None
        self._publishing = asyncio.Lock()
        self._published = 0.0
        self._seen: object = None
        self._timeline, self._calm = Timeline(), Calm(hass, QUIET, LONGEST, self._items_settled)

    @callback
    def async_start(self) -> None:
        """Begin to read, and to listen; never waits for either."""
        unload, events = self.config_entry.async_on_unload, self.config_entry.runtime_data.events
        unload(self.server.async_add_listener(self._server_told))
        unload(events.async_listen({"timeline"}, self._timeline_told))
        unload(events.async_listen({"activity"}, self._activity_told))
        unload(self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping))
        unload(self.close)
        self._rounds.async_start(self._publish)
        self._server_told()

    async def close(self) -> None:
        """Stop reading and close the file; what was read so far is kept, and gone on with later."""
        self._calm.stop()
        await self._rounds.close()
        await self.news.close()
        await self._file.close()

    async def _stopping(self, _: HassEvent) -> None:
        await self.close()

    # What others ask

    async def refresh(self, *, full: bool = False) -> Reports:
        """Read now (only what changed, unless `full`) and give the reports. Raises a `PlexError`."""
        return await self._rounds.order(full=full)

    async def ask[T](self, question: Callable[[Store], T]) -> T:
        """Ask the inventory something, in a thread. Raises `StoreBroken` or `StoreFailed`."""
        return await self._file.ask(question)

    async def _names_of(self, ids: set[int]) -> dict[int, Name]:
        return await self.ask(lambda store: names(store, ids))

    @override
    async def _async_update_data(self) -> Mapping[str, LibraryState]:
        """Somebody wants an entity to be current: the task sees to it."""
        if not self.server.last_update_success:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="unreachable")
        self._rounds.wake()
        return self.data

    # What wakes the task

    @callback
    def _server_told(self) -> None:
        """Read when a library came, went or changed; share the server's fate."""
        up = self.server.last_update_success
        back = up and not self.last_update_success
        if up is not self.last_update_success:
            self.last_update_success = up
            self.async_update_listeners()
        seen = [(one.uuid, one.key, one.title, one.content_changed_at) for one in self.server.libraries]
        if up and (back or seen != self._seen):
            self._seen = seen
            self._rounds.wake()

    @callback
    def _timeline_told(self, event: Event) -> None:
        if self._timeline.note(event, self.server.libraries):
            self._calm.stir()

    @callback
    def _items_settled(self) -> None:
        """Read them; but while a scan runs, more is to come."""
        if any(library.refreshing for library in self.server.libraries):
            self._calm.stir()
        else:
            self._rounds.wake(due=False)

    @callback
    def _activity_told(self, event: Event) -> None:
        """A scan begins or ends: the server knows more than its last poll."""
        for row in event.rows:
            activity = row.get("Activity")
            if isinstance(activity, dict) and activity.get("type") == SCAN and row.get("event") in ("started", "ended"):
                self.config_entry.async_create_background_task(
                    self.hass, self.server.async_request_refresh(), "plex_steward scan"
                )
                return

    # A round

    async def _round(self, due: bool, full: bool) -> tuple[Reports, bool]:
        """Read what there is to read."""
        inventory = await self._ready()
        items = self._timeline.take()
        few = all(uuid in self.data and len(ids) <= FEW for uuid, ids in items.items())
        try:
            if due or not few:
                reports, came_through = await self._refresh(inventory, full=full, stirred=items.keys())
                failed = {report.uuid for report in reports if report.error}
                self._timeline.put_back({uuid: ids for uuid, ids in items.items() if uuid in failed})
                return reports, came_through
            return await self._refresh_items(inventory, items)
        except StoreBroken:
            await self._file.give_up(inventory.store)
            raise
        except PlexError:
            self._timeline.put_back(items)
            raise
        finally:
            self.progress = None
            await self._publish()

    async def _refresh_items(self, inventory: Inventory, items: dict[str, set[int]]) -> tuple[Reports, bool]:
        """Read what the server spoke of."""
        for library in self.server.libraries:
            if ids := items.get(library.uuid):
                self._changed(library.uuid, await inventory.refresh_items(library, ids))
        return [], True

    async def _ready(self) -> Inventory:
        """Give the inventory of the file that is open."""
        store = await self._file.store()
        if self._inventory is None or self._inventory.store is not store:
            self._inventory = Inventory(self.client, store, progress=self._progressed, reported=self._reported)
        return self._inventory

    async def _refresh(self, inventory: Inventory, *, full: bool, stirred: Collection[str]) -> tuple[Reports, bool]:
        """Bring all libraries up to date; those that are being scanned come last."""
        options = self.config_entry.options
        libraries = [one for one in await self.client.libraries() if is_on(options, one.uuid)]
        libraries.sort(key=lambda library: library.refreshing)
        reports = await inventory.refresh(libraries, full=full, stirred=stirred)
        self.failure = None
        inventory_file.tell(self.hass, self.config_entry, None)
        self._judge(libraries)
        return reports, not any(report.error for report in reports)

    def _judge(self, libraries: list[Library]) -> None:
        """Say what the server lists and cannot tell; nobody should have to find out."""
        there = {library.uuid: library for library in libraries}
        for uuid, report in tuple(self.reports.items()):
            lost = len(report.missing) + report.unlisted
            if uuid not in there:
                del self.reports[uuid]
            if uuid not in there or not lost:
                clear_issue(self.hass, self.config_entry, "inventory_incomplete", uuid)
                continue
            raise_issue(
                self.hass,
                self.config_entry,
                "inventory_incomplete",
                fixable=False,
                subject=uuid,
                placeholders={"library": there[uuid].title, "count": str(lost)},
            )

    @callback
    def _reported(self, report: LibraryReport) -> None:
        """Take in a library that has been dealt with; one whose reading ended early is as it was before."""
        if report.error is None:
            self.reports[report.uuid] = replace(report, changes=Changes())
        self._changed(report.uuid, report.changes)
        if time.monotonic() - self._published > PACE and not self._publishing.locked():
            self.config_entry.async_create_background_task(self.hass, self._publish(), "plex_steward numbers")

    @callback
    def _changed(self, uuid: str, changes: Changes) -> None:
        """Hand on what happened; a library that is read for the first time is no news."""
        if uuid in self.data:
            self.news.take(uuid, changes)

    @callback
    def _progressed(self, step: Step) -> None:
        self.progress = step

    @callback
    def _failed(self, error: PlexError) -> None:
        """Remember a failure; it is told once, and by a repair where the user can do something."""
        if error.code != self.failure and self.server.last_update_success:
            LOGGER.warning("The libraries of the Plex server could not be read: %s", error)
        self.failure = error.code
        inventory_file.tell(self.hass, self.config_entry, error)

    @callback
    def _rebuilt(self) -> None:
        """The file is a new one: nothing is known, and everything is to be read."""
        self.data = {}
        self.reports.clear()
        self.async_update_listeners()
        self._rounds.wake()

    # What comes of it

    async def _publish(self) -> None:
        """Look at the numbers and tell the entities, if they have moved."""
        async with self._publishing:
            self._published = time.monotonic()
            with suppress(PlexError):  # the next round finds the same, and tells it
                found = await self.ask(_numbers)
                data = {uuid: self._state(uuid, *numbers) for uuid, numbers in found.items()}
                if data != self.data:
                    self.data = data
                    self.async_update_listeners()

    def _state(self, uuid: str, summary: Summary, sure: bool) -> LibraryState:
        report = self.reports.get(uuid)
        if report is None:
            return LibraryState(summary, sure)
        return LibraryState(summary, report.complete, len(report.missing) + report.unlisted)


def readable(library: Library) -> bool:
    """Tell whether there is anything to read of a library: photos are left alone."""
    return bool(listings(library.key, library.type))


def _numbers(store: Store) -> dict[str, tuple[Summary, bool]]:
    """Give the numbers of the libraries that have been read at least once, and whether nothing was in doubt."""
    read = {one.uuid: one.changed for one in store.libraries() if one.changed is not None}
    return {uuid: (one, read[uuid] != NEVER) for uuid, one in summaries(store).items() if uuid in read}
