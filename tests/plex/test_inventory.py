"""The inventory against a simulated server: complete, or it says what is missing."""

import asyncio
from dataclasses import replace
from xml.parsers import expat

import pytest

from custom_components.plex_steward.plex import errors, inventory, listing, pages, reading as module
from custom_components.plex_steward.plex.find import find
from custom_components.plex_steward.plex.items import ItemParser
from custom_components.plex_steward.plex.query import Query
from custom_components.plex_steward.plex.reading import SWEEP_EVERY
from custom_components.plex_steward.plex.summary import summaries

from .shelf import ITEMS, LISTING, changed, ids, shelf

EVERYTHING = {"movie": 60, "show": 3, "artist": 2}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Let small libraries have many pages."""
    for name, size in (("PAGE", 20), ("LIGHT_PAGE", 25), ("PLAYED_PAGE", 5)):
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr("custom_components.plex_steward.plex.batches.BATCH", 7)


@pytest.fixture
async def full(tmp_path):
    """A server whose inventory was read once."""
    async with shelf(tmp_path, synthetic=EVERYTHING) as made:
        await made.refresh()
        yield made


@pytest.mark.parametrize(
    "quirks",
    [
        {},
        {"include_elements": "ignored"},
        {"include_elements": "error"},
        {"page_cap": 7},
        {"page_cap": 3, "include_elements": "ignored"},
        {"stream_details": False},
    ],
    ids=str,
)
async def test_everything_is_read(tmp_path, quirks):
    async with shelf(tmp_path, synthetic=EVERYTHING, **quirks) as made:
        reports = await made.refresh()
        assert {report.mode for report in reports.values()} == {"full"}
        assert all(report.complete for report in reports.values())
        made.check()
        for report in reports.values():
            for kind, count in report.counts.items():
                assert count == len(made.items(kind))
                assert count
        assert len(reports["movie"].changes.added) == 60
        films = [step for step in made.steps if step.kind == "movie"]
        assert (films[-1].done, films[-1].total) == (60, 60)
        again = await made.refresh()
        assert {report.mode for report in again.values()} == {"unchanged"}


async def test_a_second_full_read_changes_nothing(full):
    reports = await full.refresh(full=True)
    assert all(changed(report.changes) == (set(), set(), set()) for report in reports.values())
    full.check()


@pytest.mark.parametrize("mode", ["honoured", "ignored", "error"])
async def test_what_changed_is_read_alone(tmp_path, mode):
    async with shelf(tmp_path, synthetic=EVERYTHING, include_elements=mode) as made:
        await made.refresh()
        library = made.plex.state.library
        films = made.items()
        films[3].title = "Another"
        library.touch(films[3])
        library.remove(films[5])
        made.plex.state.log.clear()
        report = await made.films()
        assert report.mode == "delta"
        assert changed(report.changes) == (set(), {films[3].id}, {films[5].id})
        assert [name.title for name in report.changes.names.values()] == [films[5].title]
        made.check()


async def test_additions_need_no_sweep(full, monkeypatch):
    library, model = full.plex.state.library, full.items()[0]
    from simulator.control_library import copy

    new = [copy(full.plex, model.id, f"New {number}") for number in range(3)]
    assert library.items[new[0].id].title == "New 0"

    async def no_sweep(*_, **__):
        raise AssertionError("swept")

    monkeypatch.setattr(module.LibraryRead, "_sweep", no_sweep)
    report = await full.films()
    assert report.changes.added == ids(new)
    full.check()


async def test_as_many_went_as_came(full):
    from simulator.control_library import copy

    films = full.items()
    new = copy(full.plex, films[0].id, "New")
    full.plex.state.library.remove(films[9])
    report = await full.films()
    assert changed(report.changes) == ({new.id}, set(), {films[9].id})
    full.check()


async def test_plays_are_seen_although_nothing_else_moves(full):
    film, other = full.items()[7], full.items()[8]
    full.plex.state.library.played(film)
    full.plex.state.library.played(other)
    report = await full.films()
    assert (report.mode, report.changes.plays) == ("unchanged", 2)
    ((plays, played),) = full.store.query("SELECT plays, played FROM item WHERE id = ?", (film.id,))
    assert (plays, played) == (film.view_count, film.last_viewed_at)


async def test_a_film_marked_unseen_is_found_by_the_slow_sweep(full):
    film = full.items()[7]
    full.plex.state.library.played(film)
    await full.refresh()
    film.view_count, film.last_viewed_at = 0, None
    full.plex.state.library.version += 1
    full.now += SWEEP_EVERY
    report = await full.films()
    assert (report.mode, report.changes.plays) == ("sweep", 1)
    assert full.store.query("SELECT plays, played FROM item WHERE id = ?", (film.id,)) == [(0, None)]


async def test_the_slow_sweep_believes_no_gate(full):
    library, films = full.plex.state.library, full.items()
    gate = films[0].section.content_changed_at
    films[0].title = "Another"
    library.touch(films[0])
    library.remove(films[1])
    films[0].section.content_changed_at = gate
    assert (await full.films()).mode == "unchanged"
    full.now += SWEEP_EVERY
    report = await full.films()
    assert changed(report.changes) == (set(), {films[0].id}, {films[1].id})
    full.check()


async def test_a_server_that_ignores_the_filter(full, monkeypatch):
    monkeypatch.setattr(
        listing.Listing, "changed", lambda self, since, streams: self.full(streams=streams) | {"updatedAt>=": since}
    )
    film = full.items()[3]
    film.title = "Another"
    full.plex.state.library.touch(film)
    report = await full.films()
    assert changed(report.changes) == (set(), {film.id}, set())
    full.check()


async def test_a_server_without_a_gate(full, monkeypatch):
    plain = full.client.libraries

    async def ungated():
        return tuple(replace(library, content_changed_at=0) for library in await plain())

    monkeypatch.setattr(full.client, "libraries", ungated)
    await full.refresh()
    film = full.items()[3]
    film.title = "Another"
    full.plex.state.library.touch(film)
    report = await full.films()
    assert (report.mode, report.changes.updated) == ("delta", {film.id})
    full.check()


async def test_a_server_too_slow_for_big_pages(tmp_path, monkeypatch):
    async with shelf(tmp_path, synthetic={"movie": 60}) as made:
        plain, asked = made.client.stream, []

        async def slow(path, *, params=None, page=None):
            asked.append(page and page[1])
            if page and page[1] > 10:
                raise errors.TimedOut(reason="read")
            async for chunk in plain(path, params=params, page=page):
                yield chunk

        monkeypatch.setattr(made.client, "stream", slow)
        assert (await made.films()).complete
        made.check()
        assert asked.count(20) == 1


async def test_single_items(full):
    library = next(one for one in await full.client.libraries() if one.type == "movie")
    films = full.items()
    films[3].title = "Another"
    full.plex.state.library.touch(films[3])
    full.plex.state.library.remove(films[5])
    changes = await full.inventory.refresh_items(library, [films[3].id, films[5].id, 999_999])
    assert changed(changes) == (set(), {films[3].id}, {films[5].id})
    full.check()
    full.plex.state.library.remove(films[6])
    assert (await full.inventory.refresh_items(library, [films[6].id])).removed == {films[6].id}


async def test_a_library_that_is_off_is_forgotten(full):
    libraries = [library for library in await full.client.libraries() if library.type == "artist"]
    await full.inventory.refresh(libraries)
    assert not full.titles("movie")
    assert not full.titles("episode")
    assert len(full.titles("track")) == len(full.items("track"))
    assert {stored.type for stored in full.store.libraries()} == {"artist"}
    files = full.store.query("SELECT count(*) FROM part")
    assert files == [(len(full.items("track")),)]


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


async def test_sizes_are_those_on_disk(tmp_path):
    films = tmp_path / "films"
    for number, name in enumerate(
        ["A (2001)/A (2001).mkv", "B (2002)/B (2002) [1080p].mkv", "B (2002)/B (2002) [2160p].mkv"]
    ):
        file = films / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (number + 1) * 1000)
    async with shelf(tmp_path, media=[("Films", "movie", films)]) as made:
        assert (await made.films()).complete
        made.check()
        (summary,) = summaries(made.store).values()
        assert (summary.counts, summary.size) == ({"movie": 2}, 6000)


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
        before = sum(sum(report.counts.values()) for report in first)
        made.store.close()
        made.open()
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


async def test_sizes_count_every_file_once(full):
    totals = summaries(full.store)
    for library in full.plex.state.library.sections.values():
        files = {
            part.file: part.size
            for items in library.by_type.values()
            for item in items.values()
            for media in item.media
            if media.attrs.get("proxyType") != 42
            for part in media.parts
        }
        assert totals[library.uuid].size == sum(files.values())
        counts = {kind: len(items) for kind, items in library.by_type.items() if items}
        assert totals[library.uuid].counts == counts


async def test_find_agrees_with_the_server(full):
    found = find(full.store, Query(kinds=("movie",), limit=1000))
    assert found.total == 60
    assert [item["title"] for item in found.items] == [
        item.title for item in sorted(full.items(), key=lambda item: (item.title_sort, item.id))
    ]
