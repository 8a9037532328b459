"""Housekeeping: one queue for each server. One step at a time, in order, and nothing stands in it twice."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .. import border
from ..const import DOMAIN, LOGGER
from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..plex.errors import PlexError
from .housekeeping_values import STEPS, HousekeepingConfig, LibraryResult, Outcome, Step, StepResult
from .housekeeping_work import Approval, Work
from .maintenance import Maintenance, MaintenanceState
from .memory import Memory, made_of
from .scheduler import Trigger
from .trash_repairs import raise_refusal

MEMORY: Final = "housekeeping"
RESULTS: Final = "results"
WAITING: Final = "waiting"
GATHER: Final = 1.0
"""Seconds to wait before the first of some steps nobody stands beside: those due together come in their order."""
STALE: Final = timedelta(hours=24)
"""How long a step that waits for the last stream is remembered over a restart."""
INTERRUPTED: Final = "interrupted"
UNEXPECTED: Final = "unexpected"


@dataclass(frozen=True, slots=True)
class HousekeepingState:
    """Where housekeeping stands."""

    running: Step | None = None
    waiting: tuple[Step, ...] = ()
    results: Mapping[Step, StepResult] = field(default_factory=dict)
    """The last of each step."""

    @property
    def last(self) -> StepResult | None:
        """The step that ended last."""
        return max(self.results.values(), key=lambda result: result.ended, default=None)


class Job:
    """A step that was asked for."""

    def __init__(self, step: Step, library: str | None, *, only_when_idle: bool, unattended: bool) -> None:
        """Ask for a step, for trash of one library or of all."""
        self.step = step
        self.library = library
        self.only_when_idle = only_when_idle
        self.unattended = unattended
        """Asked by the clock or by maintenance mode: a restart must not make it forgotten."""
        self.asked = dt_util.utcnow().timestamp()
        self.accepted = asyncio.Event()
        self.ended = asyncio.Event()
        self.result: StepResult | None = None

    async def wait(self) -> StepResult:
        """Wait for the end."""
        await self.ended.wait()
        assert self.result is not None  # it is there before the end is told
        return self.result

    @callback
    def end(self, result: StepResult) -> None:
        """Tell everybody who waits."""
        self.result = result
        self.ended.set()


class Housekeeping(DataUpdateCoordinator[HousekeepingState]):
    """The housekeeping of one server."""

    config_entry: StewardConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        work: Work,
        sessions: SessionsCoordinator,
        maintenance: Maintenance,
    ) -> None:
        """Prepare; `async_start` goes on where the last run stopped."""
        super().__init__(hass, LOGGER, config_entry=entry, name="housekeeping")
        self.work = work
        self.config = HousekeepingConfig.of(entry.options)
        self.triggers: dict[Step, Trigger] = {}
        """What starts the steps by the clock."""
        self.data = HousekeepingState()
        self._sessions = sessions
        self._maintenance = maintenance
        self._memory = Memory(hass, entry.entry_id, MEMORY)
        self._jobs: list[Job] = []
        self._current: Job | None = None
        self._worker: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def async_start(self) -> None:
        """Bring back what was known, ask again for what still waited, and follow the clock."""
        await self._memory.load()
        rows = made_of(self._memory.get(RESULTS), _results_of, "housekeeping") or ()
        self.data = HousekeepingState(results={row.step: row for row in rows})
        for result in self.data.results.values():
            for library in result.libraries:
                if library.outcome is Outcome.REFUSED:
                    raise_refusal(self.hass, self.config_entry, library)
        unload = self.config_entry.async_on_unload
        unload(self._sessions.async_add_listener(self._wake.set))
        unload(self._maintenance.async_add_listener(self._wake.set))
        unload(self._maintenance.async_on_begin(self._maintenance_began))
        oldest = (dt_util.utcnow() - STALE).timestamp()
        for step, asked in made_of(self._memory.get(WAITING), _waiting_of, "housekeeping") or ():
            if asked > oldest:
                self.ask(step, only_when_idle=True, unattended=True).asked = asked
        for step, schedule in self.config.schedules.items():
            trigger = Trigger(
                self.hass, self.config_entry, self._memory, step, schedule, self._due(step), at=self.config.at
            )
            self.triggers[step] = trigger
            await trigger.async_start()

    @property
    def busy(self) -> bool:
        """Whether a step runs or waits."""
        return self._current is not None or bool(self._jobs)

    @callback
    def ask(
        self, step: Step, library: str | None = None, *, only_when_idle: bool = False, unattended: bool = False
    ) -> Job:
        """Put a step into the queue, or find it there: whoever asks for the same thing waits for the same end."""
        for job in (self._current, *self._jobs):
            if job is not None and (job.step, job.library) == (step, library):
                job.only_when_idle &= only_when_idle
                job.unattended |= unattended
                self._wake.set()
                return job
        job = Job(step, library, only_when_idle=only_when_idle, unattended=unattended)
        self._jobs.append(job)
        self._jobs.sort(key=lambda one: STEPS.index(one.step))
        self._tell()
        self._wake.set()
        if self._worker is None:
            self._worker = self.config_entry.async_create_background_task(
                self.hass, self._run(GATHER if unattended else 0.0), "plex_steward housekeeping"
            )
        return job

    async def run(self, steps: Iterable[Step], *, only_when_idle: bool = False) -> list[StepResult]:
        """Ask for steps and wait for all their ends; what they met is in the results."""
        jobs = [self.ask(step, only_when_idle=only_when_idle) for step in STEPS if step in set(steps)]
        return [await job.wait() for job in jobs]

    async def press(self, step: Step, library: str | None = None) -> None:
        """Ask for a step and wait until the server has taken it. Raises `HomeAssistantError` when it comes to nothing.

        While something else runs there is nothing to wait for: the step stands in the queue.
        """
        busy = self.busy
        job = self.ask(step, library)
        if busy:
            return
        await job.accepted.wait()
        if job.result is not None and job.result.outcome in (Outcome.REFUSED, Outcome.FAILED):
            raise failure(job.result)

    async def scan(self, uuid: str | None = None) -> None:
        """Ask for a scan of a library, or of all. Raises `HomeAssistantError`."""
        with border.actions():
            for library in self.config_entry.runtime_data.server.libraries:
                if uuid in (None, library.uuid):
                    await self.work.request_scan(library)

    @callback
    def approve(self, uuid: str, approval: Approval) -> None:
        """Empty a library's trash although the guard has refused, this once and as it was seen."""
        self.work.approvals[uuid] = approval
        self.ask(Step.EMPTY_TRASH, uuid)

    @override
    async def _async_update_data(self) -> HousekeepingState:
        """Nothing is fetched: the state is what is done here."""
        return self.data

    async def _run(self, gather: float) -> None:
        """Do what is in the queue until nothing is left."""
        try:
            await self._remember_waiting()
            if gather:
                await asyncio.sleep(gather)
            while self._jobs:
                job = self._next()
                if job is None:
                    await self._remember_waiting()
                    await self._wake.wait()
                    continue
                self._jobs.remove(job)
                self._current = job
                self._tell()
                await self._remember_waiting()
                result = await self._do(job)
                self._current = None
                await self._keep(result)
                job.end(result)
                job.accepted.set()
        finally:
            self._worker = None
            for job in (self._current, *self._jobs):
                if job is not None:
                    job.end(_result(job.step, job.asked, Outcome.FAILED, INTERRUPTED))
                    job.accepted.set()

    def _next(self) -> Job | None:
        """The first step that may begin; None while all wait for the last stream."""
        self._wake.clear()
        return next((job for job in self._jobs if not job.only_when_idle or self._idle()), None)

    def _idle(self) -> bool:
        """Whether nobody watches, but for those whom maintenance mode spares. A list not read is no empty list."""
        spares = self._maintenance.data.spares
        return self._sessions.last_update_success and all(spares(stream) for stream in self._sessions.data)

    async def _do(self, job: Job) -> StepResult:
        """Carry out a step; whatever happens becomes its result."""
        began = dt_util.utcnow().timestamp()
        try:
            if job.step is Step.EMPTY_TRASH:
                return _of_libraries(began, await self.work.empty_trash(job.library))
            long = self.work.clean_bundles if job.step is Step.CLEAN_BUNDLES else self.work.optimize_database
            outcome = await long(job.accepted.set)
        except PlexError as error:
            return _result(job.step, began, Outcome.FAILED, error.code)
        except Exception:  # noqa: BLE001 - a fault of ours must not stop the queue
            LOGGER.exception("A step of housekeeping broke off")
            return _result(job.step, began, Outcome.FAILED, UNEXPECTED)
        return _result(job.step, began, outcome)

    async def _keep(self, result: StepResult) -> None:
        """Show and remember what came of a step."""
        LOGGER.debug("Housekeeping: %s %s %s", result.step, result.outcome, result.reason)
        results = {**self.data.results, result.step: result}
        self.data = HousekeepingState(results=results)
        self._tell()
        await self._memory.put(RESULTS, [row.as_dict() for row in results.values()])

    @callback
    def _tell(self) -> None:
        running = self._current.step if self._current else None
        waiting = tuple(dict.fromkeys(job.step for job in self._jobs))
        self.async_set_updated_data(HousekeepingState(running, waiting, self.data.results))

    async def _remember_waiting(self) -> None:
        """Write down what nobody stands beside and still waits for the last stream."""
        rows = [[job.step.value, job.asked] for job in self._jobs if job.unattended]
        if rows != (self._memory.get(WAITING) or []):
            await self._memory.put(WAITING, rows or None)

    def _due(self, step: Step) -> Callable[[], Awaitable[None]]:
        async def due() -> None:
            await self.ask(step, only_when_idle=self.config.only_when_idle, unattended=True).wait()

        return due

    @callback
    def _maintenance_began(self, state: MaintenanceState) -> None:
        """Clean up while the mode is on, once those who must go are gone."""
        if state.housekeeping:
            for step in STEPS:
                self.ask(step, only_when_idle=True, unattended=True)


def _waiting_of(stored: Iterable[tuple[str, float]]) -> list[tuple[Step, float]]:
    return [(Step(step), float(asked)) for step, asked in stored]


def _results_of(stored: Iterable[Mapping[str, Any]]) -> list[StepResult]:
    return [StepResult.from_dict(row) for row in stored]


def failure(result: StepResult) -> HomeAssistantError:
    """Say why a step came to nothing."""
    refused = next((row for row in result.libraries if row.outcome is Outcome.REFUSED), None)
    if refused is not None:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="trash_refused",
            translation_placeholders={"library": refused.title, "trashed": str(refused.trashed)},
        )
    reason = result.reason or next((row.reason for row in result.libraries if row.reason), "")
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="housekeeping_failed",
        translation_placeholders={"reason": reason.replace("_", " ")},
    )


def _result(step: Step, began: float, outcome: Outcome, reason: str = "") -> StepResult:
    ended = dt_util.utcnow().timestamp()
    return StepResult(step=step, outcome=outcome, began=began, ended=ended, reason=reason)


def _of_libraries(began: float, rows: tuple[LibraryResult, ...]) -> StepResult:
    """The step is as good as its worst library."""
    order = list(Outcome)
    worst = max((row.outcome for row in rows), key=order.index, default=Outcome.DONE)
    return StepResult(
        step=Step.EMPTY_TRASH, outcome=worst, began=began, ended=dt_util.utcnow().timestamp(), libraries=rows
    )


async def async_start(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Begin to keep the house of a server that is ours; everything it needs is there."""
    data = entry.runtime_data
    if data.activities is None or data.sessions is None or data.maintenance is None:
        return
    work = Work(hass, entry, data.client, data.control, data.server, data.activities)
    data.housekeeping = Housekeeping(hass, entry, work, data.sessions, data.maintenance)
    await data.housekeeping.async_start()


async def forget(hass: HomeAssistant, entry: Any) -> None:
    """Delete what is remembered: the server is being removed."""
    await Memory(hass, entry.entry_id, MEMORY).remove()
