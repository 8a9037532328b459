"""Reading an inventory while things go wrong: it is complete, or it says what is missing; never silently wrong."""

import asyncio
import re
from xml.parsers import expat

import pytest

from custom_components.plex_steward.plex import errors, inventory, listing, pages, reading as module
from custom_components.plex_steward.plex.items import ItemParser
from custom_components.plex_steward.plex.reading import SWEEP_EVERY
from custom_components.plex_steward.plex.summary import summaries

from .shelf import EVERYTHING, ITEMS, LISTING, ids, shelf

pytestmark = pytest.mark.usefixtures("small_pages")


@pytest.mark.parametrize("kind", ["broken_utf8", "invalid_xml", "truncate", "cut", "html"])
async def test_a_page_that_breaks_once(tmp_path, kind):
    async with shelf(tmp_path, synthetic=EVERYTHING) as made:
        made.fault(kind, after=2)
        assert all(report.complete for report in (await made.refresh()).values())
        made.check()


@pytest.mark.parametrize("kind", ["broken_utf8", "invalid_xml"])
async def test_text_that_is_always_broken_is_repaired(tmp_path, kind):
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        made.fault(kind, times=None)
        report = await made.films()
        assert report.complete
        assert report.counts == {"movie": 60}
        assert len(made.store.query("SELECT id FROM version")) == sum(len(item.media) for item in made.items())


@pytest.mark.parametrize("kind", ["status", "delay"])
async def test_a_server_that_needs_a_moment(tmp_path, kind):
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        made.fault(kind, after=1, times=2, status=503)
        assert (await made.films()).complete
        made.check()


async def test_a_server_without_streams_whose_first_answer_was_broken(tmp_path):
    """The first look told nothing, so the first page has to."""
    async with shelf(tmp_path, synthetic={"movie": 60}, include_elements="ignored") as made:
        made.fault("truncate", times=1)
        assert (await made.films()).complete
        made.check()


async def test_streams_that_some_films_came_without_are_read_one_by_one(tmp_path, monkeypatch):
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        plain = made.client.stream

        async def forgetful(path, *, params=None, page=None):
            whole = b"".join([piece async for piece in plain(path, params=params, page=page)])
            before, film, after = whole.partition(b'ratingKey="34"')
            if film and path.endswith("/all"):
                its, end, others = after.partition(b"</Video>")
                after = re.sub(rb"<Stream [^>]*>", b"", its) + end + others
            yield before + film + after

        monkeypatch.setattr(made.client, "stream", forgetful)
        assert (await made.films()).complete
        made.check()


async def test_a_list_of_plays_that_is_not_sorted_is_left_to_the_slow_sweep(full, monkeypatch):
    films = full.items()
    for film in (films[30], films[9]):
        full.plex.state.library.played(film)
    await full.refresh()
    monkeypatch.setattr(listing.Listing, "played", lambda self: self.light() | {"sort": "addedAt"})
    films[40].view_count, films[40].last_viewed_at = 3, 1_700_000_000
    films[30].view_count, films[30].last_viewed_at = 0, None  # as many unplayed as before
    full.plex.state.library.version += 1
    assert (await full.films()).changes.plays == 0
    full.now += SWEEP_EVERY
    assert (await full.films()).changes.plays == 2


async def test_one_bad_film_costs_one_film(tmp_path, monkeypatch):
    """The server breaks every answer that holds one certain film."""
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        bad = made.items()[33]
        bad.title = "Bad"
        plain = ItemParser.feed

        def feed(self, data):
            if 'title="Bad"' in bytes(data).decode() if not isinstance(data, str) else 'title="Bad"' in data:
                raise expat.ExpatError("unreadable")
            plain(self, data)

        monkeypatch.setattr(ItemParser, "feed", feed)
        monkeypatch.setattr(pages, "SLICE", 2**20)
        report = await made.films()
        assert report.missing == (bad.id,)
        assert not report.complete
        assert set(made.titles()) == ids(made.items()) - {bad.id}
        monkeypatch.setattr(ItemParser, "feed", plain)
        report = await made.films()
        assert report.complete
        made.check()


async def test_what_cannot_be_read_any_more_is_kept_as_it_was(full, monkeypatch):
    bad = full.items()[33]
    full.plex.state.faults.clear()
    full.fault("status", ITEMS, times=None, status=500)
    full.plex.quirks.include_elements = "error"
    full.store.close()
    full.open()
    report = await full.films(full=True)
    assert len(report.missing) == 60
    assert bad.id in full.titles()


async def test_a_server_that_goes_away_is_not_an_empty_one(full):
    libraries = await full.client.libraries()
    full.plex.quirks.starting = True
    reports = await full.inventory.refresh(libraries, full=True)
    assert [report.error for report in reports] == ["not_ready"] * 3
    assert not any(report.complete for report in reports)
    full.check()
    full.plex.quirks.starting = False
    assert all(report.complete for report in (await full.refresh()).values())
    full.check()


async def test_an_ill_library_does_not_keep_others_from_being_read(tmp_path):
    async with shelf(tmp_path, synthetic=EVERYTHING) as made:
        section = made.items()[0].section
        made.fault("status", f"/library/sections/{section.id}/all", times=None, status=404)
        reports = await made.refresh()
        assert {kind: report.error for kind, report in reports.items()} == {
            "movie": "not_found",
            "show": None,
            "artist": None,
        }
        made.plex.state.faults.clear()
        assert (await made.films()).complete
        made.check()


async def test_a_refused_token_is_raised(full):
    libraries = await full.client.libraries()
    full.fault("status", LISTING, times=None, status=401)
    with pytest.raises(errors.Unauthorized):
        await full.inventory.refresh(libraries, full=True)
    full.check()


@pytest.mark.parametrize("mode", ["honoured", "ignored"])
@pytest.mark.parametrize("after", [1, 2, 3, 5, 8])
async def test_an_interrupted_read_goes_on(tmp_path, mode, after):
    async with shelf(tmp_path, synthetic=EVERYTHING, include_elements=mode) as made:
        made.fault("status", "/library/*", after=after, times=None, status=503)
        libraries = await made.client.libraries()
        first = await made.inventory.refresh(libraries)
        assert any(report.error for report in first)
        # What was kept is in the store; the report of a library that broke early may not count it.
        made.store.close()
        made.open()
        before = sum(sum(one.counts.values()) for one in summaries(made.store).values())
        made.plex.state.faults.clear()
        second = await made.refresh()
        assert all(report.complete for report in second.values())
        read = sum(len(report.changes.added) for report in second.values())
        assert before + read == sum(
            len(made.items(kind)) for kind in ("movie", "show", "season", "episode", "artist", "album", "track")
        )
        made.check()


async def test_a_cancelled_read_goes_on(tmp_path):
    async with shelf(tmp_path, synthetic=EVERYTHING) as made:

        def cancel(step):
            if step.kind == "movie" and step.done >= 40:
                task.cancel()

        made.inventory._source.progress = cancel
        task = asyncio.create_task(made.refresh())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 40 <= len(made.titles()) < 60
        made.inventory._source.progress = made.steps.append
        assert all(report.complete for report in (await made.refresh()).values())
        assert next(step.done for step in made.steps if step.kind == "movie") > 40
        made.check()


async def test_the_library_changes_while_it_is_read(tmp_path):
    from simulator.control_library import copy

    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        films = made.items()

        def disturb(step):
            if step.done == 40:
                made.plex.state.library.remove(films[2])
                copy(made.plex, films[0].id, "New")

        made.inventory._source.progress = disturb
        assert (await made.films()).complete
        made.inventory._source.progress = made.steps.append
        await made.refresh()
        made.check()


async def test_the_library_changes_between_two_halves_of_a_read(tmp_path):
    from simulator.control_library import copy

    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        films = made.items()
        made.fault("status", after=3, times=None, status=503)
        libraries = await made.client.libraries()
        (report,) = await made.inventory.refresh(libraries)
        assert report.error == "not_ready"
        assert report.counts == {"movie": 40}
        made.plex.state.faults.clear()
        made.plex.state.library.remove(films[2])
        copy(made.plex, films[0].id, "New")
        assert (await made.films()).complete
        made.check()


async def test_a_library_that_never_holds_still_loses_nothing(tmp_path, monkeypatch):
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        await made.films()
        plain, section = made.client.libraries, made.items()[0].section

        async def restless():
            section.content_changed_at += 1
            return await plain()

        monkeypatch.setattr(made.client, "libraries", restless)
        made.plex.state.library.remove(made.items()[5])
        report = await made.films()
        assert report.error is None
        assert report.changes.removed == set()
        monkeypatch.undo()
        monkeypatch.setattr(module, "PAGE", 20)
        report = await made.films()
        assert (report.mode, len(report.changes.removed)) == ("sweep", 1)
        made.check()


async def test_it_waits_for_a_scan(tmp_path, monkeypatch):
    async with shelf(tmp_path, synthetic={"movie": 20}) as made:
        section = made.items()[0].section
        section.refreshing = True
        waited = []
        plain = asyncio.sleep

        async def sleep(seconds):
            if seconds == inventory.SCAN_CHECK:
                waited.append(seconds)
                assert not made.titles()
                section.refreshing = len(waited) < 3
            await plain(0)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        assert (await made.films()).complete
        assert len(waited) == 3
        made.check()
