"""Clocks that are set: the server's while its library is read, and ours while people watch."""

from pathlib import Path

import pytest

from custom_components.plex_steward.plex import reading
from custom_components.plex_steward.plex.roster import LINGER, STALE, ChangeType, Roster
from custom_components.plex_steward.plex.sessions import streams_of

from .rows import session
from .shelf import changed, ids, shelf

pytestmark = pytest.mark.usefixtures("small_pages")
NOW = 1_800_000_000.0


async def test_the_servers_clock_was_in_the_future(tmp_path: Path) -> None:
    """Items of that time are newer than all that comes; changes are noticed all the same."""
    async with shelf(tmp_path, synthetic={"movie": 30}) as made:
        films = made.items()
        for item in films[:5]:
            made.plex.state.library.touch(item, int(made.now) + 10 * 365 * 86400)
        await made.films()
        films[7].title = "Another title"
        made.plex.state.library.touch(films[7], int(made.now) + 60)
        made.plex.state.library.trash(films[8])
        made.plex.state.library.remove(films[8])
        made.now += 120
        report = await made.films()
        added, updated, removed = changed(report.changes)
        assert (added, updated, removed) == (set(), ids([films[7]]), ids([films[8]]))
        made.check()


@pytest.mark.parametrize("by", [10 * 365 * 86400.0, -10 * 365 * 86400.0, 3600.0, -3600.0])
async def test_our_clock_is_set_between_two_reads(tmp_path: Path, by: float) -> None:
    """What came, changed and went is found, and the slow sweep is never put off for years."""
    async with shelf(tmp_path, synthetic={"movie": 30}) as made:
        await made.films()
        made.now += by
        films = made.items()
        films[3].title = "Another title"
        made.plex.state.library.touch(films[3])
        made.plex.state.library.remove(films[4])
        report = await made.films()
        assert changed(report.changes) == (set(), ids([films[3]]), ids([films[4]]))
        made.check()
        made.now += reading.SWEEP_EVERY + 1
        assert (await made.films()).mode == "sweep"


def test_durations_do_not_notice_that_the_clock_was_set() -> None:
    """Nobody has been silent, stopped or on for longer than was so."""
    roster = Roster()
    first, second = streams_of([session("1"), session("2")])
    roster.read([first, second], NOW)
    roster.report([{"sessionKey": "2", "state": "stopped"}], NOW)
    for by in (86400.0, -7 * 86400.0):
        roster.shift(by)
        now = NOW + by
        assert roster.tick(now + STALE - 1) == []
        assert [stream.key for stream in roster.streams] == ["1"]
        assert roster.streams[0].started == roster.streams[0].since == now
        assert roster.read([first, second], now + LINGER - 1) == []  # still only a stopped one that is listed
        roster.shift(-by)
    assert [change.type for change in roster.tick(NOW + 2 * STALE)] == [ChangeType.STOPPED]


def test_silence_of_ours_makes_no_ghosts() -> None:
    """Nobody could be heard for an hour; who has said nothing new since is not gone for that."""
    roster = Roster()
    (stream,) = streams_of([session("1")])
    roster.read([stream], NOW)
    roster.pardon(NOW + 3600)
    assert roster.read([stream], NOW + 3600) == []
    assert roster.tick(NOW + 3600 + STALE - 1) == []
    assert [change.type for change in roster.tick(NOW + 3600 + STALE)] == [ChangeType.STOPPED]
