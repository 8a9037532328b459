"""Changes of the streams, from reads of the list and from reports of the players."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.plex_steward.plex.describe import change_facts
from custom_components.plex_steward.plex.roster import BRIEF, LINGER, SETTLE, STALE, ChangeType, Roster
from custom_components.plex_steward.plex.sessions import streams_of
from custom_components.plex_steward.plex.streams import State

from .rows import session, stream, transcoded

STARTED, PAUSED, RESUMED, BUFFERING, STOPPED, CHANGED = ChangeType


class House:
    """A roster with a clock; every step gives the changes as (type, session key)."""

    def __init__(self):
        self.roster, self.now = Roster(), 1000.0
        self.changes = []

    def _kept(self, changes):
        self.changes = changes
        return [(change.type, change.stream.key) for change in changes]

    def read(self, *rows, after=0.0):
        self.now += after
        return self._kept(self.roster.read(streams_of(rows), self.now))

    def report(self, key="1", state="playing", after=0.0, **row):
        self.now += after
        changes, self.again = self.roster.report([{"sessionKey": key, "state": state, **row}], self.now)
        return self._kept(changes)

    def tick(self, after):
        self.now += after
        return self._kept(self.roster.tick(self.now))

    @property
    def keys(self):
        return [stream.key for stream in self.roster.streams]


@pytest.fixture
def house():
    return House()


def at(state, offset=60000, key="1", **more):
    return session(key, player={"state": state}, viewOffset=offset, **more)


def test_a_stream_comes_pauses_resumes_and_goes(house):
    assert house.read() == []
    assert house.read(at("playing")) == [(STARTED, "1")]
    assert house.read(at("playing", 70000), after=10) == []
    assert house.read(at("paused", 75000), after=5) == [(PAUSED, "1")]
    assert house.roster.streams[0].since == house.now
    assert house.read(at("paused", 75000), after=600) == []
    assert house.roster.streams[0].since == house.now - 600
    assert house.read(at("playing", 75000), after=5) == [(RESUMED, "1")]
    assert house.read(after=5) == [(STOPPED, "1")]
    assert house.read() == []


def test_buffering_between_two_stretches_of_play_is_no_resumption(house):
    house.read(at("playing"))
    assert house.read(at("buffering"), after=20) == [(BUFFERING, "1")]
    assert house.read(at("playing", 61000), after=2) == []


def test_a_pause_that_buffers_is_still_the_same_pause(house):
    house.read(at("paused"))
    assert house.read(at("buffering"), after=20) == [(BUFFERING, "1")]
    assert house.read(at("paused"), after=2) == []
    house.read(at("buffering"), after=2)
    assert house.read(at("playing"), after=2) == [(RESUMED, "1")]


def test_a_start_is_told_when_it_plays(house):
    assert house.read(at("buffering", 0)) == []
    assert house.keys == ["1"]
    assert house.read(at("playing", 500), after=2) == [(STARTED, "1")]


def test_a_start_that_buffers_for_long_is_told_too(house):
    house.read(at("buffering", 0))
    assert house.tick(BRIEF) == [(STARTED, "1")]
    assert house.tick(1) == []


def test_a_false_start_is_never_told(house):
    house.read(at("buffering", 0))
    assert house.read(after=2) == []


def test_the_next_item_under_the_same_key(house):
    house.read(session(title="One"))
    assert house.read(session(ratingKey="78"), after=60) == [(STOPPED, "1"), (STARTED, "1")]


def test_a_restarted_server_counts_anew(house):
    house.read(session("1"), session("2", ratingKey="5", user={"id": "2"}))
    assert house.read(session("1", ratingKey="5", user={"id": "2"}), after=60) == [
        (STOPPED, "2"),
        (STOPPED, "1"),
        (STARTED, "1"),
    ]


def test_another_conversion_is_told_once_and_not_in_the_first_seconds(house):
    house.read(transcoded())
    assert house.read(session(viewOffset=2), after=SETTLE / 2) == []
    assert house.read(session(viewOffset=3), after=SETTLE) == [(CHANGED, "1")]
    assert house.read(session(viewOffset=4), after=5) == []
    assert house.read(transcoded(), after=5) == [(CHANGED, "1")]


def test_wrong_first_seconds_that_correct_themselves_are_never_told(house):
    house.read(transcoded())
    assert house.read(session(viewOffset=1), after=2) == []
    assert house.read(transcoded(), after=2) == []
    assert house.tick(60) == []


def test_hardware_that_gives_up_is_a_change(house):
    base = {"videoDecision": "transcode", "audioDecision": "transcode"}
    house.read(transcoded(work=base | {"transcodeHwEncoding": "qsv"}))
    assert house.read(transcoded(work=base), after=60) == [(CHANGED, "1")]


def test_subtitles_switched_on_are_a_change(house):
    house.read(session())
    burned = [stream(1, "h264", decision="transcode"), stream(2, "ac3"), stream(3, "pgs", decision="burn")]
    house.read(transcoded(streams=burned), after=60)
    assert change_facts(house.changes[0])["subtitle_decision"] == "transcode"


def test_ghosts_leave_and_come_back(house):
    house.read(at("playing"))
    assert house.read(at("playing"), after=STALE - 1) == []
    assert house.read(at("playing"), after=1) == [(STOPPED, "1")]
    assert house.keys == []
    assert house.changes[0].streams_of_user == 0
    assert house.read(at("playing"), after=60) == []
    assert house.read(at("playing", 70000), after=60) == [(STARTED, "1")]
    assert house.keys == ["1"]


def test_a_ghost_that_vanishes_is_not_told_twice(house):
    house.read(at("playing"))
    house.tick(STALE)
    assert house.read() == []


@pytest.mark.parametrize("row", [at("paused"), at("playing", live=True), at("playing", type="photo")])
def test_what_has_no_moving_position_is_no_ghost(house, row):
    house.read(row)
    assert house.tick(10 * STALE) == []
    assert house.keys == ["1"]


def test_reports_are_signs_of_life(house):
    house.read(at("playing"))
    for _ in range(10):
        assert house.report(after=STALE / 2) == []
    assert house.keys == ["1"]


def test_a_transcoder_that_works_is_a_sign_of_life(house):
    house.read(transcoded(work={"progress": 1}))
    assert house.read(transcoded(work={"progress": 2}), after=STALE) == []


def test_reports_change_states_at_once(house):
    house.read(at("playing"))
    assert house.report(state="paused", viewOffset=61000) == [(PAUSED, "1")]
    assert house.again
    assert house.roster.streams[0].offset == 61000
    assert house.report(state="paused", viewOffset=61000) == []
    assert not house.again
    assert house.report(state="playing") == [(RESUMED, "1")]


def test_a_report_of_a_stranger_asks_for_a_read(house):
    assert house.report("7") == []
    assert house.again
    assert house.report("7", "stopped") == []
    assert not house.again
    assert house.report(key=None) == []
    assert not house.again


def test_a_report_of_another_item_asks_for_a_read(house):
    house.read(at("playing"))
    assert house.report(ratingKey="99") == []
    assert house.again


def test_a_report_of_another_transcoder_asks_for_a_read(house):
    house.read(transcoded())
    house.report(transcodeSession="abc")
    assert not house.again
    house.report(transcodeSession="def")
    assert house.again


def test_what_was_reported_stopped_stays_away_while_the_list_lags(house):
    house.read(at("playing"))
    assert house.report(state="stopped") == [(STOPPED, "1")]
    assert house.again
    assert house.read(at("playing")) == []
    assert house.read(at("playing"), after=30) == []
    assert house.keys == []
    house.read(after=5)
    assert house.read(at("playing"), after=5) == [(STARTED, "1")]


def test_what_was_reported_stopped_but_reports_again_is_back(house):
    house.read(at("playing"))
    house.report(state="stopped")
    house.report(state="playing", after=1)
    assert house.again
    assert house.read(at("playing")) == [(STARTED, "1")]


def test_error_is_an_end(house):
    house.read(at("playing"))
    assert house.report(state="error") == [(STOPPED, "1")]


def test_facts_about_the_user(house):
    away = {"local": False, "remotePublicAddress": "198.51.100.7"}
    house.read(
        session("1", player={"machineIdentifier": "a"}),
        session("2", player={"machineIdentifier": "b"}),
        session("3", player=away, session={"location": "wan"}),
        session("4", user={"id": "2"}),
    )
    assert [(change.streams_of_user, change.places_of_user) for change in house.changes][2:] == [(3, 2), (1, 1)]
    house.read(session("3", player=away, session={"location": "wan"}), after=5)
    assert [(change.stream.key, change.streams_of_user) for change in house.changes] == [("1", 2), ("2", 1), ("4", 0)]
    assert change_facts(house.changes[0])["places_of_user"] == 2


def test_strangers_without_a_user_do_not_add_up(house):
    house.read(session("1", drop=("User",)), session("2", drop=("User",)))
    assert {change.streams_of_user for change in house.changes} == {0}


def test_reads_and_reports_in_any_order_agree(house):
    house.read(at("playing"))
    house.report(state="paused")
    assert house.read(at("paused")) == []
    other = House()
    other.read(at("playing"))
    other.read(at("paused"))
    assert other.report(state="paused") == []
    mine, others = house.roster.streams[0], other.roster.streams[0]
    assert mine.state is others.state is State.PAUSED
    assert replace(mine, since=0) == replace(others, since=0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["playing", "paused", "buffering", "stopped", "error", "read", "tick", "gone"]),
        st.sampled_from("123"),
        st.sampled_from([0, 1, 9, 60, 400]),
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_happened_the_next_quiet_read_is_the_truth(steps):
    house, told, truth = House(), [], {"1": 0, "2": 0}
    for number, (step, key, after) in enumerate(steps):
        if step == "read":
            told += house.read(*(at("playing", number, one) for one in truth), after=after)
        elif step == "tick":
            told += house.tick(after)
        elif step == "gone":
            truth.pop(key, None)
        else:
            truth.setdefault(key, 0)
            told += house.report(key, step, after=after)
    house.now += LINGER
    for number in (100, 101):
        told += house.read(*(at("playing", number, one) for one in truth), after=1)
    assert set(house.keys) == set(truth)
    told += house.read()
    assert house.keys == []
    for key in "123":  # every start has its end, and nothing is told of a stream outside of its time
        own = [kind for kind, one in told if one == key]
        on = False
        for kind in own:
            assert (kind is STARTED) is not on
            on = kind is not STOPPED
        assert not on
