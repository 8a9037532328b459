"""When a preroll set is on: dates that come back each year, computed holidays, calendars. Pure."""

from calendar import isleap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final


class SeasonKind(StrEnum):
    """What decides."""

    ALWAYS = "always"
    MANUAL = "manual"
    """Only when chosen by hand."""
    DATES = "dates"
    """From one day of the year to another, over New Year if the second is earlier."""
    HOLIDAY = "holiday"
    CALENDAR = "calendar"
    """While an event of a Home Assistant calendar is on."""


def easter(year: int) -> date:
    """Western Easter Sunday, by Gauss's rule in the form of Lichtenberg."""
    moon = year % 19
    century = year // 100
    correction = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    full = (19 * moon + correction) % 30
    full_moon = 21 + full - ((full + moon // 11) // 29)
    sunday = 7 - (year + year // 4 + 2 - (3 * century + 3) // 4) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - sunday) % 7 - 1)


def orthodox_easter(year: int) -> date:
    """Orthodox Easter Sunday: Meeus' Julian rule, moved to the Gregorian calendar."""
    moon = (19 * (year % 19) + 15) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + weekday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=year // 100 - year // 400 - 2)


def nth(weekday: int, number: int, month: int) -> Callable[[int], date]:
    """The rule "the third Sunday in June"; weekdays count from Monday, 0."""

    def of(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))

    return of


def fixed(month: int, day: int) -> Callable[[int], date]:
    """The rule "always on this day"."""
    return lambda year: date(year, month, day)


MONDAY, THURSDAY, SUNDAY = 0, 3, 6
HOLIDAYS: Final[Mapping[str, Callable[[int], date]]] = {
    "new_year": fixed(1, 1),
    "valentines_day": fixed(2, 14),
    "carnival": lambda year: easter(year) - timedelta(days=48),
    "st_patricks_day": fixed(3, 17),
    "easter": easter,
    "orthodox_easter": orthodox_easter,
    "mothers_day": nth(SUNDAY, 2, 5),
    "pentecost": lambda year: easter(year) + timedelta(days=49),
    "fathers_day": nth(SUNDAY, 3, 6),
    "independence_day": fixed(7, 4),
    "labor_day": nth(MONDAY, 1, 9),
    "halloween": fixed(10, 31),
    "thanksgiving": nth(THURSDAY, 4, 11),
    "st_nicholas": fixed(12, 6),
    "advent": lambda year: date(year, 12, 24) - timedelta(days=(date(year, 12, 24).weekday() + 1) % 7 + 21),
    "christmas": fixed(12, 25),
    "new_years_eve": fixed(12, 31),
}
"""Name -> its day in a year. Carnival is Monday before Lent, advent its first Sunday."""

DAYS_MAX: Final = 60
"""A holiday's season reaches at most so many days before and after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """When a set is on."""

    kind: SeasonKind = SeasonKind.ALWAYS
    start: tuple[int, int] | None = None
    """Month and day, inclusive; the 29th of February counts as the 28th in other years."""
    end: tuple[int, int] | None = None
    holiday: str | None = None
    days_before: int = 0
    days_after: int = 0
    calendar: str | None = None
    """Entity id."""

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Season:
        """Read what the flow stored."""
        return cls(
            kind=SeasonKind(stored.get("season", SeasonKind.ALWAYS)),
            start=_month_day(stored.get("start")),
            end=_month_day(stored.get("end")),
            holiday=stored.get("holiday"),
            days_before=int(stored.get("days_before", 0)),
            days_after=int(stored.get("days_after", 0)),
            calendar=stored.get("calendar"),
        )

    def on(self, today: date, calendar_on: Callable[[str], bool] = lambda _: False) -> bool:
        """Tell whether it is on; `calendar_on` knows the calendars. `today` is the local day."""
        match self.kind:
            case SeasonKind.ALWAYS:
                return True
            case SeasonKind.DATES if self.start and self.end:
                first, last = (_in_year(day, today.year) for day in (self.start, self.end))
                day = (today.month, today.day)
                return first <= day <= last if first <= last else day >= first or day <= last
            case SeasonKind.HOLIDAY if rule := HOLIDAYS.get(self.holiday or ""):
                return any(self._around(rule(year), today) for year in self._years(today))
            case SeasonKind.CALENDAR if self.calendar:
                return calendar_on(self.calendar)
        return False

    def _around(self, holiday: date, today: date) -> bool:
        return -self.days_before <= (today - holiday).days <= self.days_after

    @staticmethod
    def _years(today: date) -> range:
        """A holiday of the next or the last year may reach over New Year."""
        return range(max(2, today.year - 1), today.year + 2)


def _in_year(day: tuple[int, int], year: int) -> tuple[int, int]:
    """29 February is the 28th in a year without it."""
    return (2, 28) if day == (2, 29) and not isleap(year) else day


def _month_day(text: str | None) -> tuple[int, int] | None:
    """Read `MM-DD`."""
    if not text:
        return None
    month, day = (int(part) for part in text.split("-"))
    return month, day
