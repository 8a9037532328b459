"""The clocks of all time zones over a year: what people see on the wall at each minute, and when they change it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

MINUTE, DAY = 60, 24 * 60 * 60
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time without a change of the clocks: seconds in UTC, the end exclusive, and seconds that the wall is ahead."""

    begin: int
    end: int
    ahead: int

    @property
    def wall(self) -> range:
        """The minutes that are seen on the wall meanwhile, counted as if the wall were in UTC."""
        return range(self.begin + self.ahead, self.end + self.ahead, MINUTE)


@dataclass(frozen=True, slots=True)
class Year:
    """A year of UTC where the clocks change as they do in one zone."""

    zone: ZoneInfo
    stretches: tuple[Stretch, ...]

    @property
    def minutes(self) -> range:
        """Its minutes, in UTC."""
        return range(self.stretches[0].begin, self.stretches[-1].end, MINUTE)

    @property
    def changes(self) -> list[int]:
        """The seconds at which the clocks are changed."""
        return [one.begin for one in self.stretches[1:]]

    def days(self) -> Iterator[tuple[date, int]]:
        """Each day as the wall has it, and for how many minutes; one that comes back comes twice."""
        for stretch in self.stretches:
            moment, end = stretch.wall.start, stretch.wall.stop
            while moment < end:
                midnight = min(end, (moment // DAY + 1) * DAY)
                yield EPOCH + timedelta(days=moment // DAY), (midnight - moment) // MINUTE
                moment = midnight

    def first_shown(self, wall: int) -> int | None:
        """When a minute is on the wall first, or would have been had the clocks not been put forward over it.

        None for one outside of the year, and for one of a day that is left out whole.
        """
        for one in self.stretches:
            if one.wall.start <= wall < one.wall.stop:
                return wall - one.ahead
        today = wall // DAY
        for before, after in pairwise(self.stretches):
            if before.wall.stop <= wall < after.wall.start:
                shown = today in ((before.wall.stop - MINUTE) // DAY, after.wall.start // DAY)
                return wall - before.ahead if shown else None
        return None


def year_of(name: str, number: int) -> Year:
    """A zone's year: its clocks are asked once a day, and a change is searched to the minute."""
    zone = ZoneInfo(name)

    def ahead(moment: int) -> int:
        told = datetime.fromtimestamp(moment, zone).utcoffset()
        assert told is not None
        return int(told.total_seconds())

    begin, end = (int(datetime(number + more, 1, 1, tzinfo=UTC).timestamp()) for more in (0, 1))
    starts = [begin]
    for day in range(begin, end, DAY):
        low, high = day, day + DAY
        if ahead(low) != ahead(high):
            while high - low > MINUTE:
                middle = (low + high) // 2 // MINUTE * MINUTE
                low, high = (middle, high) if ahead(middle) == ahead(low) else (low, middle)
            starts += [high] if high < end else []
    return Year(zone, tuple(Stretch(start, stop, ahead(start)) for start, stop in pairwise([*starts, end])))


@cache
def years(number: int) -> tuple[Year, ...]:
    """The year in all zones there are; those whose clocks agree at each minute count once."""
    unlike: dict[tuple[Stretch, ...], Year] = {}
    for name in sorted(available_timezones()):
        one = year_of(name, number)
        unlike.setdefault(one.stretches, one)
    return tuple(unlike.values())
