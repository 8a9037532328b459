"""What fields of actions and forms may hold; Home Assistant's validators let pass what no date or database takes."""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

LARGEST: Final = 2**53
"""Bound of whole numbers: far beyond every size and year, and within what the inventory can compare."""
LONGEST: Final = timedelta(days=366)
"""Bound of durations: later ends are no dates."""


def text(value: Any) -> str:
    """Read a text; halves of characters, which JSON allows, are none."""
    found: str = cv.string(value)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise probatio.Invalid("expected a text of whole characters") from None
    return found


def whole(value: Any) -> int:
    """Read a whole number from 0 on."""
    try:
        number = int(value)
    except OverflowError, TypeError, ValueError:
        raise probatio.Invalid("expected a whole number") from None
    if not 0 <= number <= LARGEST:
        raise probatio.Invalid("expected a number that is neither negative nor absurd")
    return number


def period(value: Any) -> timedelta:
    """Read a duration of up to a year."""
    try:
        found: timedelta = cv.positive_time_period(value)
    except OverflowError, ValueError:
        raise probatio.Invalid("expected a duration") from None
    if found > LONGEST:
        raise probatio.Invalid(f"expected a duration of at most {LONGEST.days} days")
    return found


def moment(value: Any) -> datetime:
    """Read a time; one without a zone is meant in Home Assistant's."""
    try:
        return dt_util.as_utc(cv.datetime(value))
    except OverflowError:
        raise probatio.Invalid("expected a time that exists everywhere") from None


TEXTS: Final = probatio.All(cv.ensure_list, [text])
