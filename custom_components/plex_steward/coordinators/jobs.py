"""Runs long work on files: one at a time, in a thread, with progress and a way to stop it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
import threading
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback

PACE: Final = 0.4
"""Seconds between two tellings of progress, however often the work tells."""
STRETCH: Final = 0.002
"""Seconds the work goes on before it lets the event loop in."""
BREATH: Final = 0.0001
"""Seconds it then rests: long enough for a waiting thread to wake."""
WAITING: Final = "waiting"
"""The stage before the work may begin."""


class JobState(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands. State, stage and reason are three things and never mixed in one word."""

    state: JobState = JobState.IDLE
    stage: str = ""
    """What part of the work it is at, in the work's own words; `waiting` before it may begin."""
    reason: str = ""
    """Why it runs: `button`, `action`, `schedule` ..."""
    done: int = 0
    total: int = 0
    """0 when it is not known."""

    @property
    def percent(self) -> int | None:
        """How much is done; None when nobody can tell."""
        return min(100, self.done * 100 // self.total) if self.total else None


IDLE: Final = Progress()

type Tell = Callable[[str, int, int], None]
"""Tells stage, done and total; called from the work's thread as often as it likes."""
type Cancelled = Callable[[], bool]
"""Asked by the work between two steps; true means stop soon."""
type Work[T] = Callable[[Tell, Cancelled], T]
type Gate = Callable[[], Awaitable[None]]
"""Awaited before the work begins, such as until nobody watches."""


class Busy(Exception):
    """Another job is running; it can be tried again when that has ended."""


class CancelledWhileWaiting(Exception):
    """Somebody stopped the job before its work had begun."""


class JobEngine:
    """One job at a time; knows nothing of what it does or of who looks at it."""

    def __init__(self, hass: HomeAssistant, on_change: Callable[[Progress], None]) -> None:
        """`on_change` is called in the loop, a few times a second at most."""
        self._hass = hass
        self._on_change = on_change
        self._stop = threading.Event()
        self._waiting: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()
        self._ended.set()
        self.progress = IDLE

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        return self.progress.state is not JobState.IDLE

    async def run[T](self, reason: str, work: Work[T], gate: Gate | None = None) -> T:
        """Do the work and give its result.

        Raises `Busy`, `CancelledWhileWaiting`, or what the work raises. When the waiting task is cancelled, the work
        is stopped at its next step; its thread is never left behind.
        """
        if self.busy:
            raise Busy
        self._stop.clear()
        self._ended.clear()
        self._set(Progress(JobState.RUNNING, WAITING if gate else "", reason))
        try:
            if gate is not None:
                await self._wait(gate)
                self._set(Progress(JobState.RUNNING, "", reason))
            return await self._work(work)
        finally:
            self._ended.set()
            self._set(IDLE)

    @callback
    def cancel(self) -> bool:
        """Ask the running job to stop; tells whether there was one."""
        if not self.busy:
            return False
        self._stop.set()
        if self._waiting is not None:
            self._waiting.cancel()
        now = self.progress
        self._set(Progress(JobState.CANCELLING, now.stage, now.reason, now.done, now.total))
        return True

    async def shut_down(self) -> None:
        """Stop what runs and wait until it has ended."""
        self.cancel()
        await self._ended.wait()

    async def _wait(self, gate: Gate) -> None:
        """Wait for the gate; a cancelled job is no cancelled task."""
        self._waiting = asyncio.ensure_future(gate())
        try:
            await self._waiting
        except asyncio.CancelledError:
            if self._stop.is_set():
                raise CancelledWhileWaiting from None
            raise
        finally:
            self._waiting.cancel()
            self._waiting = None

    async def _work[T](self, work: Work[T]) -> T:
        """Run the work in a thread."""
        told = _Pace(self._hass, self._told)
        thread = self._hass.async_add_executor_job(work, told, _Breath(self._stop))
        try:
            result = await asyncio.shield(thread)
        except asyncio.CancelledError:
            self._stop.set()
            await asyncio.wait([thread])
            raise
        await asyncio.sleep(0)  # what the work told last is still on its way into the loop
        return result

    @callback
    def _told(self, stage: str, done: int, total: int) -> None:
        if self.busy:
            self._set(Progress(self.progress.state, stage, self.progress.reason, done, total))

    @callback
    def _set(self, progress: Progress) -> None:
        if progress != self.progress:
            self.progress = progress
            self._on_change(progress)


class _Pace:
    """Passes progress from the work's thread into the loop, seldom enough to cost nothing."""

    def __init__(self, hass: HomeAssistant, told: Callable[[str, int, int], None]) -> None:
        self._loop = hass.loop
        self._told = told
        self._stage = ""
        self._next = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take the work's word."""
        now = time.monotonic()
        if stage == self._stage and now < self._next:
            return
        self._stage = stage
        self._next = now + PACE
        self._loop.call_soon_threadsafe(self._told, stage, done, total)


class _Breath:
    """Tells the work whether to stop, and rests now and then.

    A thread that asks for the interpreter waits up to five milliseconds, and the loop asks twice for each timer. A
    thread that rests gives it away at once.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._next = 0.0

    def __call__(self) -> bool:
        """Take a step's question."""
        if time.monotonic() > self._next:
            self._stop.wait(BREATH)
            self._next = time.monotonic() + STRETCH
        return self._stop.is_set()
