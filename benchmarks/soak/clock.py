"""Time that moves only while nothing happens: an event loop that never sleeps, and the clocks that agree with it.

Timers, time limits and pauses of everything in the process take as long as they say, by a clock that jumps to the next
of them as soon as nobody has anything to do. Sockets and threads are real, and the clock stands still while they work.
`install` must come before anything that keeps a clock function for itself is imported.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, tzinfo
import selectors
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

GLANCES = 3
"""Looks at the sockets: what this thread has sent over the loopback has arrived when it is back from sending."""
THREADS = 1.0
"""Real seconds that threads at work may keep the clock from moving; one may itself wait for a timer of the loop."""

real_monotonic = time.monotonic


class Clock:
    """The time of the process."""

    def __init__(self, start: datetime) -> None:
        """Begin at a moment."""
        self._wall = start.timestamp()
        self._steady = real_monotonic()
        self.moves = 0
        """How often it jumped."""

    def time(self) -> float:
        """Stand in for `time.time`."""
        return self._wall

    def time_ns(self) -> int:
        """Stand in for `time.time_ns`."""
        return round(self._wall * 1e9)

    def monotonic(self) -> float:
        """Stand in for `time.monotonic`."""
        return self._steady

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._wall += seconds
        self._steady += seconds
        self.moves += 1

    def now(self) -> datetime:
        """Give the moment, in UTC."""
        return datetime.fromtimestamp(self._wall, UTC)


class _Selector(selectors.DefaultSelector):
    """Looks for input; where the loop would sleep, the clock moves instead."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.working = 0
        """Jobs in threads."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None:
            return super().select(None if self.working else 1.0)
        for _ in range(GLANCES):
            if events := super().select(THREADS / GLANCES if self.working else 0):
                return events
        self._clock.move(timeout)
        return []


def make_loop(clock: Clock) -> asyncio.SelectorEventLoop:
    """Make an event loop that lives by a clock."""
    selector = _Selector(clock)
    loop = asyncio.SelectorEventLoop(selector)
    run_in_executor: Callable[..., asyncio.Future[Any]] = loop.run_in_executor

    def counted(executor: Any, function: Any, *args: Any) -> asyncio.Future[Any]:
        selector.working += 1
        try:
            future = run_in_executor(executor, function, *args)
        except BaseException:
            selector.working -= 1
            raise
        future.add_done_callback(ended)
        return future

    def ended(_: object) -> None:
        selector.working -= 1

    loop.run_in_executor = counted  # type: ignore[assignment, method-assign]  # it is to be counted for everybody
    return loop


def install(clock: Clock) -> None:
    """Let everything that is imported from now on, and Home Assistant, ask this clock."""
    time.time = clock.time
    time.time_ns = clock.time_ns
    time.monotonic = clock.monotonic
    from homeassistant.util import dt as dt_util  # noqa: PLC0415 - it would keep the other clock

    def now(time_zone: tzinfo | None = None) -> datetime:
        return clock.now().astimezone(time_zone or dt_util.get_default_time_zone())

    dt_util.utcnow = clock.now  # type: ignore[assignment]  # it is a partial there
    dt_util.now = now
