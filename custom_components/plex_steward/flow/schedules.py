"""What forms tell of schedules."""

from datetime import datetime, time
from typing import Final

from homeassistant.util import dt as dt_util

from ..schedule import Schedule

PREVIEWED: Final = 5
"""So many runs are shown."""
NONE: Final = "–"


def upcoming(schedule: Schedule | None, at: time) -> tuple[datetime, ...]:
    """Give the next runs, in local time."""
    if schedule is None:
        return ()
    return schedule.next_runs(PREVIEWED, dt_util.utcnow(), dt_util.get_default_time_zone(), at)


def preview(moments: tuple[datetime, ...]) -> str:
    """Tell them."""
    return ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in moments) or NONE
