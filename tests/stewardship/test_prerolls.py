"""Which prerolls are in force, and never the loss of what was there before; the minutes are in test_every_minute."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.plex_steward.prerolls import (
    AUTOMATIC,
    NONE,
    Decision,
    Memory,
    Order,
    PrerollSet,
    UnspeakablePathError,
    decide,
    joined,
)
from custom_components.plex_steward.seasons import HOLIDAYS, Season, SeasonKind


def a_set(name: str, text: str, season: Season | None = None) -> PrerollSet:
    return PrerollSet(id=name, name=name, text=text, season=season or Season())


def test_holidays_of_known_years() -> None:
    """From the almanac."""
    known = {
        ("easter", 2026): (4, 5),
        ("easter", 2038): (4, 25),
        ("orthodox_easter", 2026): (4, 12),
        ("orthodox_easter", 2027): (5, 2),
        ("thanksgiving", 2026): (11, 26),
        ("thanksgiving", 2028): (11, 23),
        ("mothers_day", 2027): (5, 9),
        ("labor_day", 2026): (9, 7),
        ("advent", 2026): (11, 29),
        ("advent", 2028): (12, 3),
        ("carnival", 2026): (2, 16),
        ("pentecost", 2026): (5, 24),
    }
    assert {key: ((day := HOLIDAYS[key[0]](key[1])).month, day.day) for key in known} == known


@given(
    st.sampled_from(sorted(HOLIDAYS)),
    st.dates(date(1990, 1, 1), date(2090, 12, 31)),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_a_holidays_season_is_one_stretch_around_it(name: str, today: date, before: int, after: int) -> None:
    """Also over New Year."""
    season = Season(kind=SeasonKind.HOLIDAY, holiday=name, days_before=before, days_after=after)
    near = [HOLIDAYS[name](year) for year in (today.year - 1, today.year, today.year + 1)]
    assert season.on(today) is any(-before <= (today - day).days <= after for day in near)


@given(
    st.dates(date(2000, 1, 1), date(2050, 12, 31)),
    st.dates(date(2028, 1, 1), date(2028, 12, 31)),
    st.dates(date(2028, 1, 1), date(2028, 12, 31)),
)
def test_a_range_of_days_and_the_rest_of_the_year_part_it(today: date, start: date, end: date) -> None:
    """A day is in a range from its start to the day before another begins, or in that other one."""
    if (start - end).days == 1 or (start, end) == (date(2028, 1, 1), date(2028, 12, 31)):
        return  # the whole year has no rest
    one = Season(kind=SeasonKind.DATES, start=(start.month, start.day), end=(end.month, end.day))
    after, before = end + timedelta(days=1), start - timedelta(days=1)
    rest = Season(kind=SeasonKind.DATES, start=(after.month, after.day), end=(before.month, before.day))
    leap = {(2, 28), (2, 29)} & {(day.month, day.day) for day in (start, end, after, before)}
    if not leap:
        assert one.on(today) is not rest.on(today)


def test_a_calendar_decides_for_itself() -> None:
    season = Season.from_dict({"season": "calendar", "calendar": "calendar.school"})
    assert season.on(date(2026, 1, 1), {"calendar.school": True}.__getitem__)
    assert not season.on(date(2026, 1, 1), {"calendar.school": False}.__getitem__)
    assert not Season.from_dict({"season": "manual"}).on(date(2026, 1, 1))


def test_a_name_that_separates_cannot_be_said() -> None:
    assert joined([" /a.mp4 ", "", "/b.mp4"], Order.RANDOM) == "/a.mp4;/b.mp4"
    for bad in ("/a,b.mp4", "/a;b.mp4"):
        with pytest.raises(UnspeakablePathError) as raised:
            joined(["/a.mp4", bad], Order.SEQUENCE)
        assert raised.value.path == bad


class Server:
    """A server whose answers get lost, and a steward who may be switched off at any moment."""

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self.memory = Memory()
        self.kept = Memory()
        """What is on the disk."""

    def see_to(self, wanted: PrerollSet | None, fate: str) -> Decision:
        """One turn as the coordinator takes it: keep the intent, write, read back, keep the rest."""
        decision = decide(self.memory, wanted, self.setting)
        if decision.write is not None:
            assert decision.intent is not None
            self.memory = self.kept = decision.intent
            if fate != "refused":
                self.setting = decision.write
            if fate in ("refused", "lost"):
                return decision
        self.memory = self.kept = decision.memory
        return decision

    def restart(self) -> None:
        self.memory = self.kept


CHOICES = [None, a_set("a", "/a.mp4"), a_set("b", "/b.mp4,/b2.mp4"), a_set("c", "")]
TURNS = st.lists(
    st.tuples(st.sampled_from(CHOICES), st.sampled_from(["good", "good", "lost", "refused"]), st.booleans()),
    max_size=12,
)


@given(st.sampled_from(["", "/mine.mp4"]), TURNS)
@settings(max_examples=400)
def test_what_was_there_before_comes_back(original: str, turns: list[tuple[PrerollSet | None, str, bool]]) -> None:
    """Whatever is lost on the way and whenever Home Assistant starts anew."""
    server = Server(original)
    for wanted, fate, restart in turns:
        if restart:
            server.restart()
        server.see_to(wanted, fate)
        if fate == "good":
            assert server.setting == (original if wanted is None else wanted.text)
    server.see_to(None, "good")
    assert server.setting == original
    assert server.memory == Memory()
    assert server.see_to(None, "good").write is None, "and then there is nothing to do"


@given(TURNS, st.sampled_from(["/by hand.mp4", ""]), st.sampled_from([CHOICES[1], CHOICES[2]]), st.integers(1, 5))
@settings(max_examples=300)
def test_what_is_changed_by_hand_stays_until_the_next_season(
    turns: list[tuple[PrerollSet | None, str, bool]], by_hand: str, season: PrerollSet, looks: int
) -> None:
    """It is not fought over, not after a restart either; when the season ends it stays for good."""
    server = Server("/mine.mp4")
    for wanted, fate, _ in turns:
        server.see_to(wanted, fate)
    server.see_to(season, "good")
    server.setting = by_hand
    for _ in range(looks):
        server.restart()
        assert server.see_to(season, "good").write is None
        assert server.setting == by_hand
    ended = replace(server.memory)
    server.see_to(None, "good")
    assert server.setting == by_hand
    server.memory, server.setting = ended, by_hand
    other = CHOICES[2] if season is CHOICES[1] else CHOICES[1]
    assert other is not None
    server.see_to(other, "good")
    assert server.setting == other.text, "the next season begins"


def test_an_edited_set_is_written_unless_somebody_changed_it() -> None:
    server = Server("/mine.mp4")
    server.see_to(a_set("a", "/a.mp4"), "good")
    server.see_to(a_set("a", "/new.mp4"), "good")
    assert server.setting == "/new.mp4"
    server.setting = "/by hand.mp4"
    server.see_to(a_set("a", "/newer.mp4"), "good")
    assert server.setting == "/by hand.mp4"


def test_none_by_hand_clears_and_automatic_brings_back() -> None:
    server = Server("/mine.mp4")
    server.memory = replace(server.memory, mode=NONE)
    server.see_to(CHOICES[1], "good")
    assert (server.setting, server.memory.active) == ("", NONE)
    server.memory = replace(server.memory, mode=AUTOMATIC)
    server.see_to(None, "good")
    assert server.setting == "/mine.mp4"
