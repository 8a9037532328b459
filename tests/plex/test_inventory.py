"""The inventory against a simulated server: complete, or it says what is missing."""

from dataclasses import replace

import pytest

from custom_components.plex_steward.plex import errors, listing, reading as module
from custom_components.plex_steward.plex.find import find
from custom_components.plex_steward.plex.query import Query
from custom_components.plex_steward.plex.reading import SWEEP_EVERY
from custom_components.plex_steward.plex.summary import summaries

from .shelf import EVERYTHING, changed, ids, shelf

pytestmark = pytest.mark.usefixtures("small_pages")


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


async def test_what_the_server_speaks_of_is_read_whatever_the_gate_says(full):
    films = full.items()
    gate = films[0].section.content_changed_at
    films[3].title = "Another"
    full.plex.state.library.touch(films[3])
    films[0].section.content_changed_at = gate
    assert (await full.films()).mode == "unchanged"
    report = await full.films(stirred={library.uuid for library in await full.client.libraries()})
    assert (report.mode, changed(report.changes)) == ("delta", (set(), {films[3].id}, set()))
    full.check()


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


def mark_unseen(made, film):
    """Mark a film as not seen, which moves no date."""
    film.view_count, film.last_viewed_at = 0, None
    made.plex.state.library.version += 1


def plays_of(made, film):
    return made.store.query("SELECT plays, played FROM item WHERE id = ?", (film.id,))


async def test_a_film_marked_unseen_is_found_with_the_next_refresh(full):
    film, other = full.items()[7:9]
    full.plex.state.library.played(film)
    await full.refresh()
    mark_unseen(full, film)
    full.plex.state.library.played(other)  # as many unseen as before
    report = await full.films()
    assert (report.mode, report.changes.plays) == ("unchanged", 2)
    assert plays_of(full, film) == [(0, None)]
    assert (await full.films()).changes.plays == 0


@pytest.mark.parametrize("told", [60, 13], ids=["ignores", "otherwise"])
async def test_a_server_that_counts_unseen_films_otherwise_is_not_swept_all_the_time(full, monkeypatch, told):
    film = full.items()[7]
    full.plex.state.library.played(film)
    plain, said, swept = full.client.count, [told], []

    async def count(key, kind, *, extra=None):
        return said[0] if extra and kind == 1 else await plain(key, kind, extra=extra)

    async def sweep(read, one, **options):
        swept.append(one.kind)
        await plain_sweep(read, one, **options)

    plain_sweep = module.LibraryRead._sweep
    monkeypatch.setattr(full.client, "count", count)
    monkeypatch.setattr(module.LibraryRead, "_sweep", sweep)
    for _ in range(3):
        await full.films()
    assert swept == ["movie"]
    mark_unseen(full, film)
    said[0] += 1
    await full.films()
    assert swept == ["movie", "movie"]
    assert plays_of(full, film) == [(0, None)]


async def test_a_film_marked_unseen_is_found_by_the_slow_sweep_too(full):
    film = full.items()[7]
    full.plex.state.library.played(film)
    await full.refresh()
    mark_unseen(full, film)
    full.now += SWEEP_EVERY
    report = await full.films()
    assert (report.mode, report.changes.plays) == ("sweep", 1)
    assert plays_of(full, film) == [(0, None)]


async def test_the_slow_sweep_believes_no_gate(full):
    library, films = full.plex.state.library, full.items()
    library.played(films[1])
    await full.refresh()
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


async def test_optimised_versions_count_for_nothing(tmp_path):
    """Films with several versions, with stacked files, and with what the server made for telephones."""
    async with shelf(tmp_path, synthetic={"movie": 400}) as made:
        await made.films()
        made.check()
        every = [media for film in made.items() for media in film.media]
        real = [media for media in every if media.attrs.get("proxyType") != 42]
        assert len(made.items()) < len(real) < len(every)
        assert any(len(media.parts) > 1 for media in real)
        (summary,) = summaries(made.store).values()
        assert summary.size == sum(part.size for media in real for part in media.parts)
        found = find(made.store, Query(fields=("size", "version_count"), limit=1000)).items
        assert sum(item["size"] for item in found) == summary.size
        assert sum(item["version_count"] for item in found) == len(real)


ON_DISK = {
    "movie": (
        "A (2001)/A (2001).mkv",
        "B (2002)/B (2002) [1080p].mkv",
        "B (2002)/B (2002) [2160p].mkv",
        "C (2003)/C (2003) - cd1.avi",
        "C (2003)/C (2003) - cd2.avi",
    ),
    "show": (
        "S (2004)/Season 01/S - s01e01-e02.mkv",
        "S (2004)/Season 01/S - s01e03.mkv",
        "S (2004)/Season 02/S - s02e01.mkv",
    ),
    "artist": ("Artist/Album (2005)/01 - One.flac", "Artist/Album (2005)/02 - Two.flac"),
}


async def test_sizes_are_those_on_disk_and_counts_the_servers(tmp_path):
    for number, (kind, name) in enumerate((kind, name) for kind, names in ON_DISK.items() for name in names):
        file = tmp_path / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (number + 1) * 1000)
    async with shelf(tmp_path, media=[(kind, kind, tmp_path / kind) for kind in ON_DISK]) as made:
        reports = await made.refresh()
        made.check()
        libraries = {library.type: library for library in await made.client.libraries()}
        totals = {summary.type: summary for summary in summaries(made.store).values()}
        for kind, library in libraries.items():
            assert reports[kind].complete
            assert totals[kind].size == sum(file.stat().st_size for file in (tmp_path / kind).rglob("*.*"))
            codes = listing.KINDS[kind]
            assert totals[kind].counts == {name: await made.client.count(library.key, codes[name]) for name in codes}
        assert totals["movie"].counts == {"movie": 3}
        assert totals["show"].counts == {"show": 1, "season": 2, "episode": 4}
        assert totals["artist"].counts == {"artist": 1, "album": 1, "track": 2}
