"""A year has half a million minutes: what is in force and what fires at each, wherever the clocks are changed."""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, groupby, pairwise, repeat
import json
from operator import itemgetter
import random
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.util import dt as dt_util
from hypothesis import Phase, given, settings, strategies as st
import pytest

from custom_components.plex_steward.prerolls import Memory, PrerollSet, choose, decide, settled
from custom_components.plex_steward.schedule import parse
from custom_components.plex_steward.seasons import Season, SeasonKind
from custom_components.plex_steward.stewardship import scheduler

from .clocks import DAY, EPOCH, MINUTE, Year, year_of, years

LEAP_YEAR, USUAL_YEAR = 2028, 2027
MINE = "/mine.mp4"


def preroll(name: str, priority: int = 0, **season: Any) -> PrerollSet:
    """A set whose file is called like it."""
    return PrerollSet(id=name, name=name, text=f"/{name}.mp4", season=Season(**season), priority=priority)


def by_id(*sets: PrerollSet) -> dict[str, PrerollSet]:
    """Return them as the coordinator has them."""
    return {one.id: one for one in sets}


SETS = by_id(
    preroll("christmas", kind=SeasonKind.DATES, start=(12, 20), end=(1, 6)),
    preroll("easter", kind=SeasonKind.HOLIDAY, holiday="easter", days_before=3, days_after=1),
    preroll("leap", kind=SeasonKind.DATES, start=(2, 29), end=(2, 29)),
    # From here on, one for each season in which clocks are changed somewhere, beginning or ending on such a day.
    preroll("spring", -1, kind=SeasonKind.DATES, start=(3, 12), end=(3, 26)),
    preroll("april", -2, kind=SeasonKind.DATES, start=(4, 2), end=(4, 28)),
    preroll("autumn", -1, kind=SeasonKind.DATES, start=(9, 3), end=(10, 29)),
    preroll("thanks", kind=SeasonKind.HOLIDAY, holiday="thanksgiving", days_before=18, days_after=0),
)
THANKSGIVING = {2027: date(2027, 11, 25), 2028: date(2028, 11, 23)}
EASTER = {2027: date(2027, 3, 28), 2028: date(2028, 4, 16)}


def expected(day: date) -> str:
    """The text that should be played, said without the code under test."""
    number = day.month * 100 + day.day
    if number >= 1220 or number <= 106:  # also the days of other years that begin or end the year of UTC
        return "/christmas.mp4"
    if -3 <= (day - EASTER[day.year]).days <= 1:
        return "/easter.mp4"
    if day in (date(2027, 2, 28), date(2028, 2, 29)):
        return "/leap.mp4"
    if -18 <= (day - THANKSGIVING[day.year]).days <= 0:
        return "/thanks.mp4"
    rest = {"/spring.mp4": (312, 326), "/april.mp4": (402, 428), "/autumn.mp4": (903, 1029)}
    return next((text for text, (first, last) in rest.items() if first <= number <= last), MINE)


class Steward:
    """What the coordinator does each minute, with the product's own rules, and a server that keeps what is written."""

    def __init__(self, sets: Mapping[str, PrerollSet]) -> None:
        self.sets = sets
        self.setting = MINE
        self.memory = Memory()
        self.writes = 0

    def minute(self, today: date, calendars: Mapping[str, bool]) -> str:
        """Give what is in force then. Home Assistant starts anew each time: only what is on the disk is known."""
        self.memory = Memory.from_dict(json.loads(json.dumps(asdict(self.memory))))
        wanted = choose(self.sets, self.memory.mode, today, lambda name: calendars[name])
        if not settled(self.memory, wanted):
            decision = decide(self.memory, wanted, self.setting)
            self.memory = decision.memory
            if decision.write is not None:
                self.setting, self.writes = decision.write, self.writes + 1
        return self.setting


def days_seen(year: Year) -> Iterator[date]:
    """The day of each minute, as `now().date()` gives it."""
    return map(datetime.date, map(datetime.fromtimestamp, year.minutes, repeat(year.zone)))


def in_force(
    steward: Steward, minutes: Iterable[Any], look: Callable[[Any], tuple[date, Mapping[str, bool]]]
) -> Iterator[tuple[str, int]]:
    """Give what is in force, and for how many minutes.

    All of a minute is in what is looked at: where that stays, and a second look changed nothing, no later one will.
    """
    for seen, same in groupby(minutes):
        text = steward.minute(*look(seen))
        before = (steward.memory, steward.writes)
        assert steward.minute(*look(seen)) == text
        assert (steward.memory, steward.writes) == before
        yield text, len(list(same))


def merged(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add up neighbours with the same text: two such lists that are equal agree at each minute."""
    return [(text, sum(count for _, count in same)) for text, same in groupby(rows, itemgetter(0))]


@pytest.mark.parametrize("number", [LEAP_YEAR, pytest.param(USUAL_YEAR, id="usual")])
def test_the_zones_of_a_year(number: int) -> None:
    """There are many kinds of them, and none is taken for another."""
    assert len(years(number)) > 50
    assert sum(len(one.changes) for one in years(number)) > 50
    assert {len(one.minutes) for one in years(number)} == {(366 if number == LEAP_YEAR else 365) * 24 * 60}


def test_at_every_minute_of_a_year_the_right_one_is_in_force_in_all_zones() -> None:
    """Whatever the clocks do; between the seasons the value from before the first is back."""
    for year in years(LEAP_YEAR):
        steward = Steward(SETS)
        played = merged(in_force(steward, days_seen(year), lambda day: (day, {})))
        assert played == merged((expected(day), count) for day, count in year.days()), year.zone
        assert sum(count for _, count in played) == len(year.minutes)
        assert steward.writes == len(played), "written only when it changes"


SEASONS: dict[str, tuple[dict[str, Any], Callable[[date], bool]]] = {
    "always": ({}, lambda _: True),
    "manual": ({"kind": SeasonKind.MANUAL}, lambda _: False),
    "new year": (
        {"kind": SeasonKind.DATES, "start": (12, 28), "end": (1, 3)},
        lambda day: day.timetuple().tm_yday <= 3 or (day + timedelta(days=4)).year > day.year,
    ),
    "march": ({"kind": SeasonKind.DATES, "start": (3, 1), "end": (3, 31)}, lambda day: day.month == 3),
    "november": ({"kind": SeasonKind.DATES, "start": (11, 1), "end": (11, 30)}, lambda day: day.month == 11),
    "easter": (
        {"kind": SeasonKind.HOLIDAY, "holiday": "easter", "days_before": 10, "days_after": 10},
        lambda day: abs((day - EASTER.get(day.year, date.min)).days) <= 10,
    ),
    "silvester": (
        {"kind": SeasonKind.HOLIDAY, "holiday": "new_years_eve", "days_before": 1, "days_after": 2},
        lambda day: (day.month, day.day) in ((12, 30), (12, 31), (1, 1), (1, 2)),
    ),
    "school": ({"kind": SeasonKind.CALENDAR, "calendar": "calendar.school"}, lambda _: False),
    "bin day": ({"kind": SeasonKind.CALENDAR, "calendar": "calendar.bins"}, lambda _: False),
}
MOMENTS = st.lists(st.integers(0, 365 * 24 * 60), min_size=1, max_size=9).map(sorted)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(SEASONS)), st.integers(0, 2)), min_size=1, max_size=5),
    st.sampled_from([LEAP_YEAR, USUAL_YEAR]),
    st.integers(0, 10_000),
    MOMENTS,
    MOMENTS,
)
@settings(max_examples=10, deadline=None, phases=[Phase.generate])  # a smaller example is not worth its minutes
def test_any_sets_and_calendars_at_every_minute(
    rows: list[tuple[str, int]], number: int, zone: int, school: list[int], bins: list[int]
) -> None:
    """Events of a calendar begin and end at any minute; the highest priority wins, then the name."""
    year = years(number)[zone % len(years(number))]
    names = dict(rows)
    steward = Steward(by_id(*(preroll(name, priority, **SEASONS[name][0]) for name, priority in names.items())))
    length = len(year.minutes)
    flags = {"school": _flags(school, length), "bin day": _flags(bins, length)}
    minutes = zip(days_seen(year), flags["school"], flags["bin day"], strict=True)
    played = in_force(steward, minutes, lambda seen: (seen[0], {"calendar.school": seen[1], "calendar.bins": seen[2]}))

    ranked = sorted(names, key=lambda name: (-names[name], name))
    wanted = []
    walls = chain.from_iterable(repeat(day, count) for day, count in year.days())
    for (day, *on), same in groupby(zip(walls, *flags.values(), strict=True)):
        events = dict(zip(flags, on, strict=True))
        due = (name for name in ranked if SEASONS[name][1](day) or events.get(name))
        wanted.append((next((f"/{name}.mp4" for name in due), MINE), len(list(same))))
    assert merged(played) == merged(wanted)
    steward.sets = {}
    assert steward.minute(date(number + 1, 2, 1), {}) == MINE
    assert steward.memory == Memory()


def _flags(moments: list[int], length: int) -> list[bool]:
    """Off, then on and off by turns at these minutes."""
    bounds = [0, *(min(moment, length) for moment in moments), length]
    return list(chain.from_iterable(repeat(turn % 2 == 1, b - a) for turn, (a, b) in enumerate(pairwise(bounds))))


type Due = Callable[[date, int], list[int]]
"""The minutes of a day at which something is due, of which the daily time is one."""


def each_day(on: Callable[[date], bool]) -> Due:
    """At the daily time of such days."""
    return lambda day, at: [at] if on(day) else []


def hours(*wanted: int, on: Callable[[date], bool] = lambda _: True) -> Due:
    """At these full hours of such days."""
    return lambda day, _: [hour * 60 for hour in wanted] if on(day) else []


SCHEDULES: dict[str, Due] = {
    "daily": each_day(lambda _: True),
    "hourly(0-23)": hours(*range(24)),
    "hourly(23-2)": hours(0, 1, 2, 23),
    "weekly(sun|m)": each_day(lambda day: day.weekday() in (6, 0)),
    "monthly(last|1)": each_day(lambda day: day.day == 1 or (day + timedelta(days=1)).day == 1),
    "yearly(02/29|03/26)": each_day(
        lambda day: (day.month, day.day) == (3, 26) or (day.month, (day + timedelta(days=1)).month) == (2, 3)
    ),
    "range(12/20-01/05|09/03-10/29)": each_day(
        lambda day: day.month * 100 + day.day not in range(106, 1220) or (9, 3) <= (day.month, day.day) <= (10, 29)
    ),
    "date(11/05/2028)": each_day(lambda day: day == date(2028, 11, 5)),
    "all[weekly(sat|sun), hourly(1-3)]": hours(1, 2, 3, on=lambda day: day.weekday() in (5, 6)),
    "monthly(21|30)": each_day(lambda day: day.day in (21, 30)),
    "never": each_day(lambda _: False),
}
TIMES = (time(0, 30), time(2, 30))
"""Those that are jumped over or come twice, in one zone or another."""


def moments(year: Year, due: Due, at: time, within: range | None = None) -> list[int]:
    """When it should fire, in UTC, found without the code under test: once for each match that is on the wall."""
    within = within or year.minutes
    first, last = within.start // DAY, within.stop // DAY
    walls = (
        number * DAY + minute * MINUTE
        for number in range(first - 1, last + 2)  # a wall is less than a day off
        for minute in due(EPOCH + timedelta(days=number), at.hour * 60 + at.minute)
    )
    shown = {year.first_shown(wall) for wall in walls}
    return sorted(moment for moment in shown if moment is not None and moment in within)


def fired(year: Year, text: str, at: time) -> list[int]:
    """When it fires."""
    begin, end = (datetime.fromtimestamp(one, UTC) for one in (year.minutes.start, year.minutes.stop))
    found = []
    for moment in parse(text).runs(begin - timedelta(seconds=1), year.zone, at):
        if moment >= end:
            break
        found.append(int(moment.timestamp()))
    return found


@pytest.mark.parametrize("text", SCHEDULES)
def test_each_match_of_a_year_fires_once_at_its_minute_in_all_zones(text: str) -> None:
    """Two lists of moments that are equal agree on each minute of the year, and a list with one twice would not."""
    hourly = "hourly" in text
    for year in years(LEAP_YEAR):
        for at in TIMES[:1] if hourly else TIMES:
            assert fired(year, text, at) == moments(year, SCHEDULES[text], at), (year.zone, at)


@pytest.mark.parametrize(
    ("zone", "number"),
    [
        ("Pacific/Apia", 2011),  # had no 30 December
        ("Pacific/Kwajalein", 1993),  # had no 21 August
        ("Pacific/Kiritimati", 1994),  # had no 31 December
        ("America/St_Johns", 2010),  # put its clocks back at one past midnight: the day before came back
        ("Antarctica/Troll", 2026),  # changes by two hours
        ("Australia/Lord_Howe", 2026),  # by half an hour
        ("Africa/Casablanca", 2026),  # twice around Ramadan
    ],
)
@pytest.mark.parametrize("text", SCHEDULES)
def test_odd_years(zone: str, number: int, text: str) -> None:
    """What clocks have done may be done again."""
    year = year_of(zone, number)
    assert year.changes
    for at in TIMES:
        assert fired(year, text, at) == moments(year, SCHEDULES[text], at)


class Clock:
    """Time for a trigger: it goes from timer to timer, and Home Assistant is off now and then."""

    def __init__(self, year: Year, now: int) -> None:
        self.year = year
        self.now = datetime.fromtimestamp(now, UTC)
        self.timer: tuple[Callable[[datetime], None], datetime] | None = None
        self.kept: dict[str, Any] = {}
        self.fired: list[int] = []

    # What a trigger needs of Home Assistant.

    def __getattr__(self, name: str) -> Any:
        return getattr(dt_util, name)

    def utcnow(self) -> datetime:
        return self.now

    def get_default_time_zone(self) -> Any:
        return self.year.zone

    def later(self, _: Any, delay: timedelta, look: Callable[[datetime], None]) -> Callable[[], None]:
        self.timer = (look, self.now + delay)
        return lambda: setattr(self, "timer", None)

    def get(self, key: str) -> Any:
        return self.kept.get(key)

    async def put(self, key: str, value: Any) -> None:
        self.kept[key] = json.loads(json.dumps(value))

    async def act(self) -> None:
        self.fired.append(int(self.now.timestamp()))

    def run(self, _: Any, work: Coroutine[Any, Any, None], name: str) -> None:
        """Nothing here waits for anything, so a coroutine is over at its first step."""
        with pytest.raises(StopIteration):
            work.send(None)

    # The test's side.

    def begin(self, text: str, at: time) -> scheduler.Trigger:
        """Start as Home Assistant does."""
        entry: Any = SimpleNamespace(async_on_unload=lambda _: None, async_create_background_task=self.run)
        hass: Any = SimpleNamespace(bus=SimpleNamespace(async_listen=lambda *_: None))
        memory = cast("Any", self)  # it can get and put
        trigger = scheduler.Trigger(hass, entry, memory, "test", parse(text), self.act, at=at)
        self.run(None, trigger.async_start(), "start")
        return trigger

    def until(self, end: int) -> None:
        """Let it go on."""
        while self.timer is not None and self.timer[1].timestamp() < end:
            look, moment = self.timer
            self.now = max(self.now, moment)
            look(moment)


def test_a_trigger_fires_once_for_each_match_around_every_change_of_the_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the very minute, although it is started anew in between; the days around each change in all zones."""
    chance = random.Random(8)  # the same moments in each run
    for year in years(LEAP_YEAR):
        for change in year.changes:
            for text in ("daily", "hourly(0-23)", "all[weekly(sat|sun), hourly(1-3)]", "weekly(sun|m)"):
                begin, end = change - DAY, change + DAY
                clock = Clock(year, begin)
                monkeypatch.setattr(scheduler, "dt_util", clock)
                monkeypatch.setattr(scheduler, "async_call_later", clock.later)
                trigger = clock.begin(text, time(2, 30))
                for stop in sorted(chance.randrange(begin, end) for _ in range(4)):
                    clock.until(stop)
                    trigger.async_stop()
                    clock.now = max(clock.now, datetime.fromtimestamp(stop, UTC))
                    trigger = clock.begin(text, time(2, 30))
                clock.until(end)
                wanted = moments(year, SCHEDULES[text], time(2, 30), range(begin + MINUTE, end, MINUTE))
                assert clock.fired == wanted, (year.zone, text)
