"""Schedule texts: Kometa's answers, and the moments they become."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.plex_steward.schedule import DAILY_TIME, Schedule, parse

TUESDAY = "2026-11-17"
SUNDAY = "2026-11-15"
RUN, SKIP = True, False

# Kometa's evaluator was asked these; its answer, and how many errors it told.
CONFORMANCE = [
    ("hourly(17)", f"{TUESDAY} 17:30", RUN, 0),
    ("hourly(17)", f"{TUESDAY} 18:00", SKIP, 0),
    ("hourly(17-04)", f"{TUESDAY} 23:00", RUN, 0),
    ("hourly(17-04)", f"{TUESDAY} 04:59", RUN, 0),
    ("hourly(17-04)", f"{TUESDAY} 05:00", SKIP, 0),
    ("hourly(4-6)", f"{TUESDAY} 06:30", RUN, 0),
    ("hourly(24)", f"{TUESDAY} 00:00", SKIP, 1),
    ("hourly(5-5)", f"{TUESDAY} 05:00", SKIP, 1),
    ("hourly", f"{TUESDAY} 05:00", SKIP, 1),
    ("weekly(sunday|tuesday)", f"{TUESDAY} 05:00", RUN, 0),
    ("weekly(tu)", f"{TUESDAY} 05:00", RUN, 0),
    ("weekly(r)", "2026-11-19 05:00", RUN, 0),
    ("Weekly(SUNDAY)", f"{SUNDAY} 05:00", RUN, 0),
    ("weekly(sunday | tuesday)", f"{TUESDAY} 05:00", SKIP, 1),
    ("weekly(sunday,tuesday)", f"{SUNDAY} 05:00", SKIP, 2),
    ("weekly(funday|sunday)", f"{SUNDAY} 05:00", SKIP, 1),
    ("monthly(31)", "2026-11-30 05:00", SKIP, 0),
    ("monthly(last)", "2026-02-28 05:00", RUN, 0),
    ("monthly(last)", "2028-02-29 05:00", RUN, 0),
    ("monthly(0)", "2026-11-30 05:00", SKIP, 1),
    ("monthly(1|15)", "2026-11-15 05:00", SKIP, 1),
    ("monthly()", "2026-11-15 05:00", SKIP, 1),
    ("yearly(02/29)", "2026-02-28 05:00", RUN, 0),
    ("yearly(02/29)", "2028-02-28 05:00", SKIP, 0),
    ("date(02/29/2027)", "2027-02-28 05:00", RUN, 0),
    ("date(12/25/2026)", "2026-12-25 05:00", RUN, 0),
    ("date(12/25/2026)", "2027-12-25 05:00", SKIP, 0),
    ("range(12/20-01/05)", "2026-01-03 05:00", RUN, 0),
    ("range(12/20-01/05)", "2026-12-20 05:00", RUN, 0),
    ("range(06/01-06/01)", "2026-06-01 05:00", RUN, 0),
    ("range(8/01-8/15|9/01-9/15)", "2026-09-02 05:00", RUN, 0),
    ("range(13/01-13/02)", "2026-01-01 05:00", SKIP, 1),
    ("all[weekly(sunday), hourly(17)]", f"{SUNDAY} 17:05", RUN, 0),
    ("all[weekly(sunday), hourly(17)]", f"{SUNDAY} 18:05", SKIP, 0),
    ("all[range(12/01-12/31), weekly(sat)]", "2026-12-05 05:00", RUN, 0),
    ("all[range(12/01-12/31), weekly(sat)]", "2026-11-07 05:00", SKIP, 0),
    ("all[weekly(sunday), bogus]", f"{SUNDAY} 05:00", SKIP, 1),
    ("all[daily], weekly(sunday)", f"{SUNDAY} 05:00", SKIP, 1),
    (["monthly(1)", "monthly(15)"], "2026-11-15 05:00", RUN, 0),
    ("monthly(1), monthly(15)", "2026-11-15 05:00", RUN, 0),
    (["all[weekly(sunday), hourly(5)]", "monthly(last)"], "2026-08-31 09:00", RUN, 0),
    (["never", "daily"], f"{TUESDAY} 05:00", RUN, 0),
    (["bogus", "daily"], f"{TUESDAY} 05:00", RUN, 1),
    ("never", f"{TUESDAY} 05:00", SKIP, 0),
    ("yes", f"{TUESDAY} 05:00", SKIP, 1),
    ("bogus", f"{TUESDAY} 05:00", SKIP, 1),
    ("non_existing", f"{TUESDAY} 05:00", RUN, 0),
    ("hourly(1-2-3)", f"{TUESDAY} 01:00", SKIP, 1),
    ("yearly(13/01)", "2026-01-13 05:00", SKIP, 1),
    ("date(12/25)", "2026-12-25 05:00", SKIP, 1),
]


@pytest.mark.parametrize(("value", "moment", "answer", "errors"), CONFORMANCE)
def test_kometas_answers(value, moment, answer, errors) -> None:
    """What Kometa skipped or ran before it knew pipe lists, so do we."""
    schedule = parse(value, pipes=False)
    assert schedule.matches(datetime.fromisoformat(moment)) is answer
    assert len(schedule.problems) == errors


@pytest.mark.parametrize(
    ("value", "moment", "answer"),
    [
        ("hourly(2|5-7|22)", f"{TUESDAY} 06:10", RUN),
        ("hourly(2|5-7|22)", f"{TUESDAY} 22:00", RUN),
        ("hourly(2|5-7|22)", f"{TUESDAY} 08:00", SKIP),
        ("monthly(1|15)", "2026-11-15 05:00", RUN),
        ("monthly(1|3|9-last)", "2026-02-28 05:00", RUN),
        ("monthly(1|3|9-last)", "2026-11-08 05:00", SKIP),
        ("monthly(1-7)", "2026-11-07 05:00", RUN),
        ("monthly(21-last)", "2026-11-20 05:00", SKIP),
        ("yearly(01/01|12/25)", "2026-12-25 05:00", RUN),
        ("yearly(01/01|12/25)", "2026-12-24 05:00", SKIP),
        ("all[monthly(1-7), weekly(sun)]", "2026-11-01 05:00", RUN),
    ],
)
def test_pipe_lists_and_ranges(value, moment, answer) -> None:
    """Kometa's newer forms."""
    schedule = parse(value)
    assert schedule.problems == ()
    assert schedule.matches(datetime.fromisoformat(moment)) is answer


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty"),
        ("daily,", "empty"),
        ("all[]", "empty"),
        ("never ever", "unknown_word"),
        ("hourly(a)", "hourly_form"),
        ("weekly(mon", "weekly_form"),
        ("monthly(7-1)", "monthly_form"),
        ("monthly(33)", "monthly_form"),
        ("yearly(02/30)", "yearly_form"),
        ("date(12/25/0001)", "date_form"),
        ("range(12/01)", "range_form"),
        ("range(22/22-33/33)", "range_form"),
        ("all[daily] all[never]", "all_alone"),
        ("daily, all[never]", "all_alone"),
    ],
)
def test_what_is_wrong_has_a_word(value, code) -> None:
    """The form can say what is wrong with an item."""
    assert {problem.code for problem in parse(value).problems} == {code}


def test_a_plain_yes_or_no() -> None:
    """`true` is each day, `false` never."""
    assert parse(True).matches(datetime.fromisoformat(f"{TUESDAY} 05:00"))
    assert not parse(False).matches(datetime.fromisoformat(f"{TUESDAY} 05:00"))
    assert parse([True, "bogus"]).problems


def test_surprises_are_noted() -> None:
    """A day that not every month has, and a word for what does not exist yet."""
    assert [note.code for note in parse("monthly(31), non_existing, monthly(28)").notes] == [
        "not_every_month",
        "means_daily",
    ]


BERLIN = ZoneInfo("Europe/Berlin")


def runs(value, count, after="2026-11-17 12:00", zone=BERLIN, at=DAILY_TIME) -> list[str]:
    """The next runs as local texts."""
    start = datetime.fromisoformat(after).replace(tzinfo=zone)
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in parse(value).next_runs(count, start, zone, at)]


def test_a_day_has_one_run_at_the_daily_time() -> None:
    """Whatever has no hours runs at the daily time."""
    assert runs("daily", 2) == ["2026-11-18 05:00", "2026-11-19 05:00"]
    assert runs("daily", 1, at=time(12, 30)) == ["2026-11-17 12:30"]
    assert runs("daily, weekly(wed), monthly(18)", 2) == ["2026-11-18 05:00", "2026-11-19 05:00"]
    assert runs("monthly(last)", 3) == ["2026-11-30 05:00", "2026-12-31 05:00", "2027-01-31 05:00"]


def test_hours_run_at_full_hours_and_days_beside_them_once() -> None:
    """An alternative with hours has its own moments; one without keeps the daily time."""
    assert runs("hourly(22-1)", 4) == [
        "2026-11-17 22:00",
        "2026-11-17 23:00",
        "2026-11-18 00:00",
        "2026-11-18 01:00",
    ]
    mixed = ["all[weekly(sunday), hourly(8)]", "monthly(last)"]
    assert runs(mixed, 4, after="2026-11-20 12:00") == [
        "2026-11-22 08:00",
        "2026-11-29 08:00",
        "2026-11-30 05:00",
        "2026-12-06 08:00",
    ]


def test_never_and_what_cannot_be_has_no_run() -> None:
    """The search ends."""
    assert runs("never", 5) == []
    assert runs("bogus", 5) == []
    assert runs("all[monthly(31), range(02/01-02/28)]", 5) == []
    assert runs("date(11/16/2026)", 5) == []


def test_a_far_date_is_found() -> None:
    """However far it is, once."""
    assert runs("date(05/06/2061)", 5) == ["2061-05-06 05:00"]
    assert runs("date(11/18/2026), date(05/06/2061)", 5) == ["2026-11-18 05:00", "2061-05-06 05:00"]


def test_clocks_forward_and_back() -> None:
    """A time that is jumped over is due right after; one that comes twice, the first time."""
    assert runs("daily", 2, after="2026-03-28 12:00", at=time(2, 30)) == ["2026-03-29 03:30", "2026-03-30 02:30"]
    assert runs("hourly(2)", 2, after="2026-03-28 12:00") == ["2026-03-29 03:00", "2026-03-30 02:00"]
    assert runs("hourly(1-4)", 4, after="2026-03-28 12:00") == [
        "2026-03-29 01:00",
        "2026-03-29 03:00",  # both two and three
        "2026-03-29 04:00",
        "2026-03-30 01:00",
    ]
    back = parse("hourly(2)").next_runs(2, datetime(2026, 10, 24, 12, tzinfo=BERLIN), BERLIN)
    assert [(moment.day, moment.hour, moment.fold) for moment in back] == [(25, 2, 0), (26, 2, 0)]


def test_a_day_that_never_was() -> None:
    """Samoa had no 30 December 2011."""
    samoa = ZoneInfo("Pacific/Apia")
    assert runs("daily", 3, after="2011-12-28 12:00", zone=samoa) == [
        "2011-12-29 05:00",
        "2011-12-31 05:00",
        "2012-01-01 05:00",
    ]


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo"]
ZONES += ["Asia/Kathmandu", "Pacific/Chatham", "America/Scoresbysund", "Antarctica/Troll", "Pacific/Apia"]

items = st.one_of(
    st.just("daily"),
    st.just("never"),
    st.builds("hourly({})".format, st.integers(0, 23)),
    st.builds("hourly({}-{})".format, st.integers(0, 11), st.integers(12, 23)),
    st.builds("weekly({})".format, st.sampled_from(["mon", "tu|r", "sat|sunday"])),
    st.builds("monthly({})".format, st.sampled_from(["1", "31", "last", "9-last", "1|15"])),
    st.builds("yearly({})".format, st.sampled_from(["02/29", "03/29", "10/25|10/26"])),
    st.builds("range({})".format, st.sampled_from(["12/20-01/05", "02/28-03/01", "03/01-04/01|10/01-11/01"])),
)
texts = st.one_of(
    st.lists(items, min_size=1, max_size=3).map(", ".join),
    st.lists(items, min_size=1, max_size=3).map(lambda parts: f"all[{', '.join(parts)}]"),
)
YEAR = 2026


def matches_in(schedule: Schedule, zone: ZoneInfo, at: time) -> set[datetime]:
    """Every match of a year, found the slow way: ask the schedule at each local hour and at each daily time."""
    found = set()
    for number in range(365):
        day = date(YEAR, 1, 1) + timedelta(days=number)
        for alternative in schedule.alternatives:
            alone = Schedule("", (alternative,))
            moments = [time(hour) for hour in range(24)] if alone.hourly else [at]
            local = [datetime.combine(day, moment) for moment in moments]
            found |= {moment.replace(tzinfo=zone).astimezone(UTC) for moment in local if alone.matches(moment)}
    return found


@settings(max_examples=40, deadline=None)
@given(
    texts,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.times(min_value=time(0), max_value=time(23, 59)).map(lambda moment: moment.replace(second=0, microsecond=0)),
)
def test_each_match_of_a_year_is_one_run(text, zone, at) -> None:
    """Through all changes of the clocks: no match is missed and none runs twice."""
    schedule = parse(text)
    start = datetime(YEAR, 1, 1, tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
    end = datetime(YEAR + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    seen = []
    for moment in schedule.runs(start, zone, at):
        if moment >= end:
            break
        seen.append(moment)
    assert seen == sorted(moment for moment in matches_in(schedule, zone, at) if start < moment < end)


@settings(max_examples=40, deadline=None)
@given(texts, st.sampled_from(ZONES).map(ZoneInfo), st.integers(0, 365 * 24 * 60))
def test_asking_again_from_a_run_gives_the_rest(text, zone, minutes) -> None:
    """The preview agrees with what then happens when each run asks for the next."""
    schedule = parse(text)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for expected in schedule.next_runs(4, moment, zone):
        moment = next(schedule.runs(moment, zone))
        assert moment == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="dailyhourweekmonthrange()|[]-/,0123456789 "))
def test_no_text_breaks_it(text) -> None:
    """Whatever is typed is a schedule or has problems."""
    schedule = parse(text)
    assert schedule.problems or schedule.alternatives
    schedule.matches(datetime(2026, 11, 17, 5, tzinfo=UTC))


def test_a_schedule_that_goes_on_for_ever_is_refused():
    found = parse(["all[hourly(1), hourly(2)]"] * 1000)
    assert [problem.code for problem in found.problems] == ["too_long"]
    assert not found.alternatives


def test_hours_that_exclude_each_other_are_never_due():
    found = parse(["all[hourly(1), hourly(2)]", "all[hourly(3-4), hourly(4-5), weekly(monday)]"])
    moments = found.next_runs(2, datetime(2026, 1, 1, tzinfo=UTC), UTC)
    assert [(moment.weekday(), moment.hour) for moment in moments] == [(0, 4), (0, 4)]
