"""The time, and whether somebody has set the clock meanwhile."""

from collections.abc import Callable
import time
from typing import Final

from homeassistant.util import dt as dt_util

LEAST: Final = 2.0
"""Seconds by which a clock must be off at once to count as set; a clock that is being corrected slowly is not."""


class Clock:
    """Tells epoch seconds to somebody who measures with them.

    A machine without a battery wakes up in the past and is put right minutes later, and a virtual one may sleep. What
    was noted before would then seem hours old. So `moved` is called with the seconds by which to move it along.
    """

    def __init__(self, moved: Callable[[float], None]) -> None:
        """Begin to watch."""
        self._moved = moved
        self._wall, self._steady = _look()

    def now(self) -> float:
        """Give the time; what was noted before has been moved along when this returns."""
        before = self._wall - self._steady
        self._wall, self._steady = _look()
        by = self._wall - self._steady - before
        if abs(by) >= LEAST:
            self._moved(by)
        return self._wall


def _look() -> tuple[float, float]:
    return dt_util.utcnow().timestamp(), time.monotonic()
