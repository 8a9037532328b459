"""The mirrors of one server: a coordinator each, around a job engine. What they do is in the `mirror` ring."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..const import LOGGER
from ..data import StewardConfigEntry
from ..mirror.garbage import unseen
from ..mirror.model import Report
from ..mirror.run import MirrorSettings, run
from ..stewardship.idle import until_idle
from ..stewardship.memory import Memory, made_of
from ..stewardship.mirror_answers import answer
from ..stewardship.mirror_health import examined, look
from ..stewardship.mirror_records import KEPT, RunRecord, Status, changed_folders
from ..stewardship.mirror_settings import MirrorConfig
from ..stewardship.scheduler import Trigger
from .jobs import IDLE, Busy, Cancelled, CancelledWhileWaiting, JobEngine, Progress, Tell

HEALTH_INTERVAL: Final = timedelta(minutes=5)
"""How often the two folders are looked at while nothing runs."""

LINK_TROUBLE: Final = frozenset({"cross_device", "reflink_unsupported"})
"""Refusals that the doctor can explain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorState:
    """A mirror as its entities show it."""

    status: Status = Status.IDLE
    progress: Progress = IDLE
    last: RunRecord | None = None
    """The last run."""
    last_attempt: RunRecord | None = None
    """The last one that was meant to write."""
    last_sync: RunRecord | None = None
    """The last one that came through."""
    linked: int | None = None
    """Files of the target that are right. This and what follows: from the last run that counted it."""
    pending: int | None = None
    strays: int | None = None
    losses: int | None = None
    trouble: str | None = None
    """What is wrong with the two folders, in the doctor's word; None when they are well or nobody has looked yet."""
    looked: bool = False

    @property
    def healthy(self) -> bool | None:
        """Both folders there, on one file system where that is needed, and nothing refused."""
        refused = self.last_attempt is not None and self.last_attempt.outcome == Status.REFUSED
        return (self.trouble is None and not refused) if self.looked else None

    def after(self, record: RunRecord) -> MirrorState:
        """Give the state after a run; what the run did not count stays as it was."""
        changes: dict[str, Any] = {
            name: value
            for name in ("linked", "pending", "strays", "losses")
            if (value := getattr(record, name)) is not None
        }
        status = Status(record.status) if record.status else self.status
        if record.wrote:
            changes["last_attempt"] = record
            if record.outcome in ("done", "partial"):
                changes["last_sync"] = record
        return replace(self, status=status, last=record, **changes)


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run gives to whoever asked for it."""

    record: RunRecord
    document: dict[str, Any] | None
    """The whole report as plain data, if it was asked for."""
    target_folders: tuple[str, ...] = field(default=(), repr=False)
    source_folders: tuple[str, ...] = field(default=(), repr=False)


type RunListener = Callable[[Finished], None]


class MirrorCoordinator(DataUpdateCoordinator[MirrorState]):
    """One mirror. There is no interval: it runs when told to, and its folders are looked at now and then."""

    config_entry: StewardConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, subentry: ConfigSubentry, memory: Memory
    ) -> None:
        """Prepare; `async_start` brings back what was known."""
        super().__init__(hass, LOGGER, config_entry=entry, name="mirror")
        self.subentry = subentry
        self.config = MirrorConfig.of(subentry.data)
        self.records: tuple[RunRecord, ...] = ()
        """The last runs, oldest first."""
        self.trigger: Trigger | None = None
        """What starts it by the clock, if anything does."""
        self.memory = memory
        self._key = f"runs_{subentry.subentry_id}"
        self._engine = JobEngine(hass, self._progressed)
        self._run_listeners: list[RunListener] = []
        self._settled = Status.IDLE
        self.data = MirrorState()

    @callback
    def async_start(self) -> None:
        """Show what the last runs found, and watch the folders."""
        if remembered := made_of(self.memory.get(self._key), _remembered, "mirror"):
            self.records, self.data = remembered
        self._settled = self.data.status
        unload = self.config_entry.async_on_unload
        unload(async_track_time_interval(self.hass, self._look_again, HEALTH_INTERVAL))
        unload(self.hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stopping))
        unload(self._engine.shut_down)
        self._look_again()

    @property
    def busy(self) -> bool:
        """Whether a run is under way or waiting."""
        return self._engine.busy

    @callback
    def async_listen_runs(self, listener: RunListener) -> CALLBACK_TYPE:
        """Call `listener` after each run, in the loop. Gives the way to stop."""
        self._run_listeners.append(listener)
        return lambda: self._run_listeners.remove(listener)

    @callback
    def async_launch(self, verb: str, reason: str, *, approve: str | None = None) -> None:
        """Begin a run and let it go on by itself. Raises `Busy`."""
        if self.busy:
            raise Busy
        self.config_entry.async_create_background_task(
            self.hass, self._launched(verb, reason, approve), f"plex_steward mirror {verb}", eager_start=True
        )

    async def _launched(self, verb: str, reason: str, approve: str | None) -> None:
        """Run with nobody to answer to."""
        try:
            await self.async_run(verb, reason, approve=approve)
        except Exception:  # noqa: BLE001 - a fault of ours: the log is the only one who can be told
            LOGGER.exception("The run of a mirror broke off")

    @callback
    def async_cancel(self) -> bool:
        """Stop the run at its next step; tells whether there was one."""
        return self._engine.cancel()

    async def async_run(
        self,
        verb: str,
        reason: str,
        *,
        dry_run: bool = False,
        delete: bool | None = None,
        only: tuple[str, ...] = (),
        verify: bool = False,
        approve: str | None = None,
        wait: bool = False,
        document: bool = False,
    ) -> Finished:
        """Run `sync`, `diff`, `plan` or `undo` to its end. What the run met is in its record.

        `wait` waits until nobody watches. `document` asks for the whole report. The rest is as in `mirror.run`.
        Raises `Busy`, or `CancelledWhileWaiting`.
        """
        settings = self.config.for_run(delete=delete, only=only)

        def work(tell: Tell, cancelled: Cancelled) -> Finished:
            with unseen():
                report = run(
                    settings, verb, dry_run=dry_run, verify=verify, approve=approve, progress=tell, cancel=cancelled
                )
                finished = _finish(settings, report, reason, whole=not only, document=document)
                del report
            return finished

        gate = None
        if wait and (sessions := self.config_entry.runtime_data.sessions) is not None:
            gate = until_idle(sessions)
        try:
            finished = await self._engine.run(reason, work, gate)
        except Busy, CancelledWhileWaiting:
            raise
        except Exception:
            self._settled = Status.FAILED
            self._progressed(self._engine.progress)
            raise
        await self._keep(finished)
        return finished

    async def _keep(self, finished: Finished) -> None:
        """Show and remember what came of a run."""
        record = finished.record
        self.records = (*self.records, record)[-KEPT:]
        state = self.data.after(record)
        self._settled = state.status
        self.async_set_updated_data(state)
        for listener in tuple(self._run_listeners):
            listener(finished)
        await self.memory.put(self._key, [row.as_dict() for row in self.records])
        await self._look()

    @callback
    def _progressed(self, progress: Progress) -> None:
        """Show where a run stands."""
        status = Status.RUNNING if self.busy else self._settled
        self.async_set_updated_data(replace(self.data, status=status, progress=progress))

    @callback
    def _look_again(self, *_: object) -> None:
        if not self.busy:
            self.config_entry.async_create_background_task(
                self.hass, self._look(), f"plex_steward look at mirror {self.subentry.subentry_id}"
            )

    async def _look(self) -> None:
        """Look at the two folders."""
        trouble = await self.hass.async_add_executor_job(look, self.config.settings)
        if trouble != self.data.trouble or not self.data.looked:
            self.async_set_updated_data(replace(self.data, trouble=trouble, looked=True))

    @callback
    def _stopping(self, event: Event) -> None:
        """Home Assistant ends: so does a run, between two actions."""
        self.async_cancel()


def _remembered(stored: Iterable[Mapping[str, Any]]) -> tuple[tuple[RunRecord, ...], MirrorState]:
    """Read the last runs, and what the mirror is after them."""
    records, state = tuple(RunRecord.from_dict(row) for row in stored), MirrorState()
    for record in records:
        state = state.after(record)
    return records, state


def _finish(settings: MirrorSettings, report: Report, reason: str, *, whole: bool, document: bool) -> Finished:
    """Look a report through, still in its thread."""
    record = RunRecord.of(report, reason, whole=whole)
    if record.refusal in LINK_TROUBLE and (found := examined(settings)) is not None:
        record = replace(record, facts={**record.facts, **dict(found.data), "doctor": found.code})
    targets, sources = changed_folders(report)
    return Finished(record, answer(report) if document else None, targets, sources)
