"""When something is due, said in Kometa's schedule words; pure and without a clock.

Where Kometa only asks "should this run be skipped", a schedule here names the moments itself: an alternative that
speaks of hours is due at each full hour it allows, any other at the daily time, once on each day it allows.

Grammar (keywords in any case; a list or a comma between items means "or", `all[...]` means "and"):
`daily`, `never`, `hourly(h|a-b)`, `weekly(day|day)`, `monthly(n|a-b|last)`, `yearly(mm/dd|mm/dd)`, `date(mm/dd/yyyy)`,
`range(mm/dd-mm/dd|...)`, `non_existing` (for what always exists: the same as `daily`).
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
import re

DAILY_TIME = time(5)
"""When a day's work is done unless the user says otherwise: Kometa's own hour."""
HORIZON = 366 * 6
"""Days to look ahead for the next run; a fixed date is found however far it is."""
LONGEST = 1000
"""Characters that a schedule may have: looking ahead must not take long."""
LAST = 32
"""Stands for the last day of a month while spans are compared."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ABBREVIATIONS = ("mon m", "tues tue tu t", "wed w", "thurs thur thu th r", "fri f", "sat s", "sun su u")
DAY_NUMBERS = {
    name: number
    for number, (full, short) in enumerate(zip(WEEKDAYS, ABBREVIATIONS, strict=True))
    for name in (full, *short.split())
}

type Span = tuple[int, int]
type MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """An item that cannot be understood; `code` is a word for translations."""

    code: str
    item: str


class _Bad(Exception):
    """Why an item is no rule."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on a day, and for `hours` on the hour too."""

    kind: str
    spans: tuple[Span, ...] = ()
    days: tuple[tuple[MonthDay, MonthDay], ...] = ()
    on: date | None = None

    def allows(self, day: date, hour: int) -> bool:
        """Tell whether the condition holds."""
        return _within(hour, self.spans) if self.kind == "hourly" else _CONDITIONS[self.kind](self, day)


type Part = tuple[tuple[Rule, ...], tuple[time, ...] | None]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule text, understood. It is due when one of its alternatives has all its rules fulfilled."""

    text: str
    alternatives: tuple[tuple[Rule, ...], ...] = ()
    problems: tuple[Problem, ...] = ()
    """Items that were left out; a form refuses a text that has any."""
    notes: tuple[Problem, ...] = ()
    """Items that are understood but may surprise, such as a day that some months lack."""

    @property
    def hourly(self) -> bool:
        """Whether it may be due at other hours than the daily time."""
        return any(_speaks_of_hours(rules) for rules in self.alternatives)

    def matches(self, moment: datetime) -> bool:
        """Tell whether something that runs at this local moment should do its work: Kometa's own question."""
        return any(all(rule.allows(moment.date(), moment.hour) for rule in rules) for rules in self.alternatives)

    def runs(self, after: datetime, zone: tzinfo, at: time = DAILY_TIME) -> Iterator[datetime]:
        """Yield the moments after an aware one, in UTC: one for each match, however often clocks are changed.

        A local time that the clocks jump over is due as if they had not; one that comes twice is due the first time.
        """
        start = after.astimezone(zone).date() - timedelta(days=1)
        fixed = {rule.on for rules in self.alternatives for rule in rules if rule.on and not _near(rule.on, start)}
        if not self.alternatives:
            return
        parts = [part for part in dict.fromkeys(map(_split, self.alternatives)) if part[1] != ()]
        days: Iterator[date] = (start + timedelta(days=number) for number in range(HORIZON))
        latest = after.astimezone(UTC)
        for stretch in (days, iter(sorted(day for day in fixed if day > start))):
            for day in stretch:
                for moment in _moments(parts, day, zone, at):
                    if moment > latest:
                        latest = moment  # also leaves out what a jump of the clocks threw onto the same moment
                        yield moment

    def next_runs(self, count: int, after: datetime, zone: tzinfo, at: time = DAILY_TIME) -> tuple[datetime, ...]:
        """Give the next moments, local, for a preview."""
        return tuple(moment.astimezone(zone) for moment in islice(self.runs(after, zone, at), count))


def parse(value: str | bool | Sequence[str | bool], *, pipes: bool = True) -> Schedule:
    """Understand a schedule: a text, a list of texts, or a plain yes (each day) or no (never).

    What cannot be understood becomes a problem and the rest still counts, as in Kometa. `pipes` allows lists and
    ranges inside `hourly`, `monthly` and `yearly`, which Kometa has known since August 2026.
    """
    entries = [value] if isinstance(value, str | bool) else list(value)
    if sum(len(entry) for entry in entries if isinstance(entry, str)) > LONGEST:
        return Schedule("", problems=(Problem("too_long", str(LONGEST)),))
    parts = [_parse_entry(entry, pipes) for entry in entries]
    return Schedule(
        ", ".join(part.text for part in parts),
        tuple(rules for part in parts for rules in part.alternatives),
        tuple(problem for part in parts for problem in part.problems),
        tuple(note for part in parts for note in part.notes),
    )


def _parse_entry(entry: str | bool, pipes: bool) -> Schedule:
    """Understand one text, which may hold several items."""
    if isinstance(entry, bool):
        return Schedule("daily" if entry else "never", ((Rule("daily" if entry else "never"),),))
    text = entry.strip()
    together = re.fullmatch(r"all\[([^\[\]]*)\]", text, re.IGNORECASE)
    if together is None and "all[" in text.lower():
        return Schedule(text, problems=(Problem("all_alone", text),))
    items = [item.strip() for item in (together[1] if together else text).split(",")]
    rules, problems, notes = [], [], []
    for item in items:
        try:
            rule = _parse_item(item, pipes)
        except _Bad as bad:
            problems.append(Problem(bad.code, item))
        else:
            rules.append(rule)
            notes += [Problem(code, item) for code in _surprises(item, rule)]
    alternatives: tuple[tuple[Rule, ...], ...] = tuple((rule,) for rule in rules)
    if together is not None:
        alternatives = () if problems else (tuple(rules),)
    return Schedule(text, alternatives, tuple(problems), tuple(notes))


def _parse_item(item: str, pipes: bool) -> Rule:
    """Understand one item. Keywords count by how they begin, as in Kometa."""
    if not item:
        raise _Bad("empty")
    keyword, bracket, rest = item.lower().partition("(")
    if keyword.startswith(("day", "daily", "non_existing")):
        return Rule("daily")
    if keyword == "never":
        return Rule("never")
    inside = rest[:-1] if bracket and rest.endswith(")") else ""
    for beginning, reader in (
        ("hour", _hourly),
        ("week", _weekly),
        ("month", _monthly),
        ("year", _yearly),
        ("date", _date),
        ("range", _range),
    ):
        if keyword.startswith(beginning):
            if not inside:
                raise _Bad(f"{reader.__name__[1:]}_form")
            return reader(inside, pipes)
    raise _Bad("unknown_word")


def _hourly(inside: str, pipes: bool) -> Rule:
    spans = tuple(_span(part, 0, 23, "hourly_form") for part in _parts(inside, pipes, "hourly_form"))
    return Rule("hourly", spans)


def _weekly(inside: str, pipes: bool) -> Rule:
    try:
        numbers = [DAY_NUMBERS[name] for name in inside.split("|")]
    except KeyError:
        raise _Bad("weekly_form") from None
    return Rule("weekly", tuple((number, number) for number in numbers))


def _monthly(inside: str, pipes: bool) -> Rule:
    spans = []
    for part in _parts(inside, pipes, "monthly_form"):
        if "-" in part and not pipes:
            raise _Bad("monthly_form")
        first, last = _span(part.replace("last", str(LAST)), 1, LAST, "monthly_form")
        if first > last:
            raise _Bad("monthly_form")
        spans.append((first, last))
    return Rule("monthly", tuple(spans))


def _yearly(inside: str, pipes: bool) -> Rule:
    days = [_month_day(part, "yearly_form") for part in _parts(inside, pipes, "yearly_form")]
    return Rule("yearly", days=tuple((day, day) for day in days))


def _date(inside: str, pipes: bool) -> Rule:
    month_day, _, year = inside.rpartition("/")
    if not re.fullmatch(r"\d{4}", year, re.ASCII) or not 1970 <= int(year) < 9999:
        raise _Bad("date_form")
    return Rule("date", on=_clamped(int(year), *_month_day(month_day, "date_form")))


def _range(inside: str, pipes: bool) -> Rule:
    days = []
    for part in inside.split("|"):
        first, _, last = part.partition("-")
        days.append((_month_day(first, "range_form"), _month_day(last, "range_form")))
    return Rule("range", days=tuple(days))


def _parts(inside: str, pipes: bool, code: str) -> list[str]:
    """Split at the pipes, where they are allowed."""
    parts = inside.split("|")
    if len(parts) > 1 and not pipes:
        raise _Bad(code)
    return parts


def _span(part: str, low: int, high: int, code: str) -> Span:
    """Read `5` or `5-7`; a range that begins where it ends says nothing and is an error."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*(?:-\s*(\d{1,2})\s*)?", part, re.ASCII)
    if found is None:
        raise _Bad(code)
    first, last = int(found[1]), int(found[2] or found[1])
    if not (low <= first <= high and low <= last <= high) or (found[2] and first == last):
        raise _Bad(code)
    return first, last


def _month_day(part: str, code: str) -> MonthDay:
    """Read `12/24`; 29 February is a day."""
    found = re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})\s*", part, re.ASCII)
    if found is None:
        raise _Bad(code)
    month, day = int(found[1]), int(found[2])
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2000, month)[1]:
        raise _Bad(code)
    return month, day


def _surprises(item: str, rule: Rule) -> list[str]:
    """Name what a user may not expect."""
    if item.lower().startswith("non_existing"):
        return ["means_daily"]
    if rule.kind == "monthly" and any(first == last and 28 < first < LAST for first, last in rule.spans):
        return ["not_every_month"]
    return []


def _monthly_allows(rule: Rule, day: date) -> bool:
    last = day.day == monthrange(day.year, day.month)[1]
    return _within(day.day, rule.spans) or (last and any(end == LAST for _, end in rule.spans))


def _range_allows(rule: Rule, day: date) -> bool:
    spans = [(_ordinary(*first), _ordinary(*last)) for first, last in rule.days]
    return _within(_ordinary(day.month, day.day), spans)


_CONDITIONS: dict[str, Callable[[Rule, date], bool]] = {
    "daily": lambda *_: True,
    "never": lambda *_: False,
    "weekly": lambda rule, day: _within(day.weekday(), rule.spans),
    "monthly": _monthly_allows,
    "yearly": lambda rule, day: any(_clamped(day.year, *first) == day for first, _ in rule.days),
    "range": _range_allows,
    "date": lambda rule, day: day == rule.on,
}


def _speaks_of_hours(rules: tuple[Rule, ...]) -> bool:
    return any(rule.kind == "hourly" for rule in rules)


def _split(rules: tuple[Rule, ...]) -> Part:
    """Split an alternative into what it asks of a day and its times; None is the daily time."""
    spans = [rule.spans for rule in rules if rule.kind == "hourly"]
    times = tuple(time(hour) for hour in range(24) if all(_within(hour, one) for one in spans))
    return tuple(rule for rule in rules if rule.kind != "hourly"), times if spans else None


def _moments(parts: Sequence[Part], day: date, zone: tzinfo, at: time) -> list[datetime]:
    """Give the moments of one local day in UTC, sorted."""
    times: set[time] = set()
    for rules, hours in parts:
        if all(rule.allows(day, at.hour) for rule in rules):
            times.update((at,) if hours is None else hours)
    if not times or _skipped(day, zone):
        return []
    return sorted({datetime.combine(day, moment, zone).astimezone(UTC) for moment in times})


def _within(value: int, spans: Sequence[Span]) -> bool:
    """Tell whether a value lies in a span, both ends included; one that begins after its end wraps."""
    return any(first <= value <= last if first <= last else value >= first or value <= last for first, last in spans)


def _ordinary(month: int, day: int) -> int:
    """Number a day of the year for comparing, 29 February as the 28th."""
    return month * 100 + (28 if (month, day) == (2, 29) else day)


def _clamped(year: int, month: int, day: int) -> date:
    """29 February is the 28th in a year without it."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def _near(day: date, start: date) -> bool:
    return start <= day < start + timedelta(days=HORIZON)


def _skipped(day: date, zone: tzinfo) -> bool:
    """Tell whether the zone has jumped over the whole day, as Samoa did on 30 December 2011."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() != day
