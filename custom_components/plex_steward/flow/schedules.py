"""What forms tell of schedules."""

from datetime import time
from typing import Final

from homeassistant.util import dt as dt_util

from ..schedule import Schedule

PREVIEWED: Final = 5
"""So many runs are shown."""
NONE: Final = "–"


def preview(schedule: Schedule | None, at: time) -> str:
    """Tell the next runs, in local time."""
    if schedule is None:
        return NONE
    moments = schedule.next_runs(PREVIEWED, dt_util.utcnow(), dt_util.get_default_time_zone(), at)
    return ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in moments) or NONE
