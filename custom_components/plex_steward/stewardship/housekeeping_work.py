"""Carries out one step of housekeeping and watches how it ends. Asks the server once: never a second time in doubt."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
import re
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..coordinators.activities import ActivitiesCoordinator
from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..plex.client import PlexClient
from ..plex.control import Control
from ..plex.errors import AddressError, PlexError, TimedOut
from ..plex.models import Activity, Library
from . import trash_guard
from .housekeeping_values import HousekeepingConfig, LibraryResult, Outcome, Step
from .trash_guard import Finding
from .trash_repairs import raise_refusal, take_back

SHOWS_WITHIN: Final = 10.0
"""Seconds in which work that was asked for shows up among the activities, if the server tells of it at all."""
LONGEST: Final = 6 * 3600.0
"""Seconds after which a step counts as requested although its end was not seen."""
RECOUNTS: Final = (0.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds between looks at a trash that was emptied."""

# The names of these activities differ between servers; what they contain does not.
SIGNS: Final[Mapping[Step, re.Pattern[str]]] = {
    Step.CLEAN_BUNDLES: re.compile(r"bundle", re.IGNORECASE),
    Step.OPTIMIZE_DATABASE: re.compile(
        r"library\.optimi[sz]e|optimi[sz]e ?database|optimi[sz]ing (the )?database", re.IGNORECASE
    ),
}
SCAN: Final = "library.update.section"

type Accepted = Callable[[], None]
"""Called once the server has taken the request."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody has seen why a trash was not emptied, and wants it emptied."""

    reason: str
    trashed: int
    """With so many items at most."""

    def covers(self, finding: Finding) -> bool:
        """Tell whether that is what was seen."""
        return finding.reason == self.reason and finding.trashed <= self.trashed


class Work:
    """The steps of one server."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        client: PlexClient,
        control: Control,
        server: ServerCoordinator,
        activities: ActivitiesCoordinator,
    ) -> None:
        """Prepare."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._control = control
        self._server = server
        self._activities = activities
        self.approvals: dict[str, Approval] = {}
        """Library uuid -> what was approved; each is good for one time."""

    async def empty_trash(self, uuid: str | None = None) -> tuple[LibraryResult, ...]:
        """Empty the trash of a library, or of all that are switched on, one after the other."""
        results = []
        for library in self._server.libraries:
            if uuid is not None and library.uuid != uuid:
                continue
            try:
                result = await self._empty(library)
            except PlexError as error:
                result = LibraryResult(
                    uuid=library.uuid, title=library.title, outcome=Outcome.FAILED, reason=error.code
                )
                results.append(result)
                if isinstance(error, AddressError):  # the next one would wait as long for nothing
                    break
                continue
            results.append(result)
        return tuple(results)

    async def clean_bundles(self, accepted: Accepted) -> Outcome:
        """Remove metadata nobody uses. Raises a `PlexError` when the server does not take the request."""
        return await self._long(self._control.clean_bundles, _signed(Step.CLEAN_BUNDLES), accepted)

    async def optimize_database(self, accepted: Accepted) -> Outcome:
        """Tidy the database. Raises a `PlexError` when the server does not take the request."""
        return await self._long(self._control.optimize, _signed(Step.OPTIMIZE_DATABASE), accepted)

    async def request_scan(self, library: Library, path: str | None = None) -> bool:
        """Ask for a scan without waiting for it; tells whether that was needed. Raises a `PlexError`."""
        if path is None and self._activities.find(_scanning(library)):
            return False
        await self._ask(lambda: self._control.scan(library.key, path))
        return True

    async def scan(self, library: Library, path: str | None = None) -> Outcome:
        """Look for new and changed files; a whole library that is being scanned already is only waited for."""

        def ask() -> None:
            self._control.scan(library.key, path)

        return await self._long(ask, _scanning(library), lambda: None, join=path is None)

    async def _empty(self, library: Library) -> LibraryResult:
        """Empty the trash of one library, unless the guard says no."""
        config = HousekeepingConfig.of(self._entry.options)
        paths = (*config.mapped_paths, *mirror_paths(self._entry))
        finding = await trash_guard.look(self._hass, self._client, library, config.trash_limit, paths)
        approval = self.approvals.pop(library.uuid, None)
        result = LibraryResult(
            uuid=library.uuid,
            title=library.title,
            outcome=Outcome.DONE,
            trashed=finding.trashed,
            items=finding.items,
            limit=config.trash_limit,
        )
        if finding.reason and not (approval and approval.covers(finding)):
            refused = _changed(result, Outcome.REFUSED, finding.reason, finding.folder)
            raise_refusal(self._hass, self._entry, refused)
            return refused
        if finding.trashed:
            await self._ask(lambda: self._control.empty_trash(library.key))
            if not await self._is_empty(library):
                result = _changed(result, Outcome.REQUESTED)
        take_back(self._hass, self._entry, library.uuid)
        return result

    async def _is_empty(self, library: Library) -> bool:
        """Look until the trash is empty; after a while it is up to the server."""
        for pause in RECOUNTS:
            await asyncio.sleep(pause)
            try:
                if not await trash_guard.count(self._client, library):
                    return True
            except PlexError:
                continue  # busy with it, most likely
        return False

    async def _long(
        self,
        ask: Callable[[], str | None],
        wanted: Callable[[Activity], bool],
        accepted: Accepted,
        *,
        join: bool = True,
    ) -> Outcome:
        """Ask for something that takes long, unless the server is at it already, and wait for its end."""
        seen: list[Activity] = []

        @callback
        def note(activity: Activity) -> None:
            if wanted(activity):
                seen.append(activity)

        stop = self._activities.async_listen_each(note)
        try:
            await self._activities.async_refresh()
            running = self._activities.find(wanted) if join else None
            uuid = running.uuid if running else await self._ask(ask)
            accepted()
            async with asyncio.timeout(LONGEST):
                await self._activities.async_refresh()  # from here on, what is not listed has ended
                uuid = uuid or await self._shown(wanted, seen)
                if uuid is None:
                    return Outcome.REQUESTED
                await self._until(lambda: self._activities.last_update_success and not self._runs(uuid))
        except TimeoutError:
            return Outcome.REQUESTED
        finally:
            stop()
        return Outcome.DONE

    async def _ask[T](self, ask: Callable[[], T]) -> T | None:
        """Ask once. No answer in time is no refusal: the server may be at work."""
        try:
            return await self._hass.async_add_executor_job(ask)
        except TimedOut as error:
            if not error.sent:
                raise
            return None

    async def _shown(self, wanted: Callable[[Activity], bool], seen: list[Activity]) -> str | None:
        """Find the activity of something the server gave no name for; None if it does not tell of it."""

        def look() -> Activity | None:
            return self._activities.find(wanted) or (seen[-1] if seen else None)

        try:
            async with asyncio.timeout(SHOWS_WITHIN):
                await self._until(lambda: look() is not None)
        except TimeoutError:
            return None
        found = look()
        return found.uuid if found else None

    def _runs(self, uuid: str) -> bool:
        return self._activities.find(lambda one: one.uuid == uuid) is not None

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for something about the activities."""
        changed = asyncio.Event()
        stop = self._activities.async_add_listener(changed.set)
        try:
            while not condition():
                await changed.wait()
                changed.clear()
        finally:
            stop()


def mirror_paths(entry: StewardConfigEntry) -> tuple[tuple[str, str], ...]:
    """The folders that the mirrors know on both sides: as the server sees them, and as Home Assistant does."""
    return tuple(
        pair
        for mirror in entry.runtime_data.mirrors.values()
        for pair in (
            (mirror.config.server_source, mirror.config.settings.source),
            (mirror.config.server_target, mirror.config.settings.target),
        )
    )


def _signed(step: Step) -> Callable[[Activity], bool]:
    """Recognise a step's activity."""
    return lambda activity: SIGNS[step].search(f"{activity.type} {activity.title}") is not None


def _scanning(library: Library) -> Callable[[Activity], bool]:
    """Recognise the scan of a library."""
    return lambda activity: activity.type == SCAN and activity.library_key == library.key


def _changed(result: LibraryResult, outcome: Outcome, reason: str = "", folder: str = "") -> LibraryResult:
    return replace(result, outcome=outcome, reason=reason, folder=folder)
