"""Runs nobody asks for, and what the Plex server is told afterwards."""

from datetime import UTC, datetime
from pathlib import Path
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.plex_steward.coordinators import jobs, mirrors as mirrors_module
from custom_components.plex_steward.mirror import run as run_module
from custom_components.plex_steward.plex.models import Library
from custom_components.plex_steward.stewardship import mirror_schedule
from custom_components.plex_steward.stewardship.mirror_scans import MANY, Scan, plan_scans
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .mirror_house import FILMS, act, device_of, film, inodes, make_library, mirror_of, subentry


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """Source and target."""
    return make_library(tmp_path)


@pytest.fixture
async def watching(make_plex: MakePlex, library: tuple[Path, Path]) -> Simulator:
    """A server whose library is the mirror's source."""
    return await make_plex(media=[("Movies", "movie", library[0])])


async def test_a_schedule_runs_it(
    hass, make_entry: MakeEntry, plex, library, setup: Setup, until: Until, state_of, freezer
):
    """At the time the form's preview said, and once."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(datetime(2026, 11, 17, 12, tzinfo=UTC))
    entry = await setup(make_entry(plex, subentries=(subentry(*library, schedule="hourly(14)"),)))
    due = datetime(2026, 11, 17, 13, tzinfo=UTC)
    assert state_of(entry, "_next_sync") == due.isoformat()
    freezer.move_to(due)
    async_fire_time_changed(hass, due)
    await until(lambda: state_of(entry, "_status") == "in_sync")
    assert inodes(library[1]) == inodes(library[0])
    assert [record.reason for record in mirror_of(entry).records] == ["schedule"]


async def test_without_a_schedule_there_is_no_next_run(hass, make_entry, plex, library, setup, entity_registry):
    """No entity that could only ever be unknown."""
    entry = await setup(make_entry(plex, subentries=(subentry(*library),)))
    assert not [row for row in entity_registry.entities.values() if row.unique_id.endswith("_next_sync")]
    assert mirror_of(entry).trigger is None


async def test_a_run_waits_until_nobody_watches(
    hass, make_entry: MakeEntry, plex, library, setup: Setup, until: Until, state_of: Named, entity_of: Named
):
    """A stream holds it back, its end lets it go; a press of the button does not wait."""
    entry = await setup(make_entry(plex, subentries=(subentry(*library, schedule="daily", wait_for_idle=True),)))
    await until(lambda: entry.runtime_data.events.connected)
    stream = plex.sessions.start("direct_play", user="anna")
    await until(lambda: entry.runtime_data.sessions.data)
    run = hass.async_create_task(mirror_schedule._run(mirror_of(entry), "schedule"))
    await until(lambda: mirror_of(entry).data.progress.stage == jobs.WAITING)
    assert state_of(entry, "_status") == "running"
    assert inodes(library[1]) == set()
    plex.sessions.stop(stream)
    await run
    assert inodes(library[1]) == inodes(library[0])
    assert hass.states.get(entity_of(entry, "_status")).attributes["reason"] == "schedule"


async def test_cancelling_a_waiting_run(hass, make_entry, plex, library, setup: Setup, until: Until, state_of: Named):
    """Nothing is done, and nothing is wrong."""
    entry = await setup(make_entry(plex, subentries=(subentry(*library, wait_for_idle=True),)))
    plex.sessions.start("direct_play", user="anna")
    await until(lambda: entry.runtime_data.sessions.data)
    run = hass.async_create_task(mirror_schedule._run(mirror_of(entry), "schedule"))
    await until(lambda: mirror_of(entry).data.progress.stage == jobs.WAITING)
    mirror_of(entry).async_cancel()
    await run
    assert state_of(entry, "_status") == "idle"
    assert mirror_of(entry).records == ()


async def test_new_items_start_a_run(
    hass, make_entry: MakeEntry, watching: Simulator, library, setup: Setup, until: Until, monkeypatch
):
    """Once they have stopped coming; items of other libraries do not."""
    monkeypatch.setattr(mirror_schedule, "QUIET", 0.05)
    entry = await setup(make_entry(watching, subentries=(subentry(*library, after_new_items=True),)))
    await until(lambda: entry.runtime_data.events.connected)
    film(library[0], "New (2026)")
    item = next(item for item in watching.state.library.items.values() if item.type == "movie")
    watching.state.timeline(item, 5)
    await until(lambda: inodes(library[1]) == inodes(library[0]))
    await until(lambda: mirror_of(entry).records)
    assert mirror_of(entry).records[0].reason == "new_items"


async def test_only_the_libraries_behind_the_source_count(hass, make_entry, plex, library, setup: Setup):
    """Seen from the server, whose paths may be others."""
    entry = await setup(make_entry(plex, subentries=(subentry(*library, server_source="/data/films"),)))
    shelves = [
        shelf("1", "/data/films"),
        shelf("2", "/data"),
        shelf("3", "/data/films/classic"),
        shelf("4", "/data/tv"),
    ]
    assert mirror_schedule.libraries_behind(mirror_of(entry), shelves) == {"1", "2", "3"}


def scanned(plex: Simulator) -> list[str]:
    """Paths the server was asked to scan."""
    rows = [row for row in plex.state.log if row.path.endswith("/refresh")]
    return sorted(row.query["path"] for row in rows)


async def test_changed_folders_are_scanned(
    hass, make_entry: MakeEntry, make_plex: MakePlex, library, setup: Setup, until: Until
):
    """Exactly those, in the library the target belongs to; a run without changes asks for nothing."""
    source, target = library
    plex = await make_plex(media=[("Mirrored", "movie", target)])
    entry = await setup(make_entry(plex, subentries=(subentry(*library),)))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    await until(lambda: len(scanned(plex)) == len(FILMS))
    assert scanned(plex) == sorted(str(path) for path in target.iterdir() if not path.name.startswith("."))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    film(source, "New (2026)")
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    await until(lambda: len(scanned(plex)) > len(FILMS))
    assert set(scanned(plex)) - {str(target / "New (2026)")} == {
        str(path) for path in target.iterdir() if path.name[0] != "." and path.name != "New (2026)"
    }
    assert len(scanned(plex)) == len(FILMS) + 1


async def test_a_server_that_knows_only_the_source_is_told_of_that(hass, make_entry, watching, library, setup, until):
    """New films were found there by the run; the server may not have seen them yet."""
    entry = await setup(make_entry(watching, subentries=(subentry(*library),)))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry), only=[FILMS[0]])
    await until(lambda: scanned(watching))
    assert scanned(watching) == [str(library[0] / FILMS[0])]


async def test_no_scan_when_it_is_not_wanted_or_the_server_is_away(hass, make_entry, watching, library, setup, caplog):
    """The run is as good without."""
    entry = await setup(make_entry(watching, subentries=(subentry(*library, scan_server=False),)))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    assert scanned(watching) == []


async def test_a_server_that_is_away_costs_a_line_in_the_log(
    hass, make_entry, watching, library, setup, until: Until, caplog
):
    """Not the run."""
    entry = await setup(make_entry(watching, subentries=(subentry(*library),)))
    await watching.stop()
    report = await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    assert report["outcome"] == "done"
    await until(lambda: "not told of all changed folders" in caplog.text)


def shelf(key: str, *locations: str) -> Library:
    """A library of the server."""
    return Library(uuid=f"uuid-{key}", key=key, title=key, type="movie", locations=locations)


@pytest.mark.parametrize(
    ("root", "folders", "libraries", "expected"),
    [
        ("/m/jf", ["A", "B"], [("1", "/m/jf")], [("1", "/m/jf/A"), ("1", "/m/jf/B")]),
        ("/m/jf/", ["A"], [("1", "/m")], [("1", "/m/jf/A")]),
        ("/m/jf", ["A"], [("1", "/m/j")], []),
        ("/m", ["A", "B"], [("1", "/m/A"), ("2", "/m/C")], [("1", "/m/A")]),
        (r"D:\Films", ["A"], [("1", "d:/films")], [("1", r"D:\Films\A")]),
        ("/m/jf", [], [("1", "/m/jf")], []),
    ],
)
def test_where_folders_lie_for_the_server(root: str, folders: list[str], libraries: list[Any], expected: list[Any]):
    """Mapped to the server's paths, in whatever system it runs on."""
    shelves = [shelf(key, location) for key, location in libraries]
    assert plan_scans(root, folders, shelves) == tuple(Scan(*scan) for scan in expected)


def test_very_many_folders_are_one_scan():
    """The server would queue them for hours."""
    folders = [f"Film {number}" for number in range(MANY)]
    assert plan_scans("/m/jf", folders, [shelf("1", "/m/jf"), shelf("2", "/tv")]) == (Scan("1", "/m/jf"),)
    assert plan_scans("/m/jf", folders, [shelf("1", "/m")]) == (Scan("1", "/m/jf"),)
    split = [shelf("1", *(f"/m/jf/{folder}" for folder in folders))]
    assert len(plan_scans("/m/jf", folders, split)) == MANY


async def test_items_that_come_during_a_run_are_waited_for(
    hass, make_entry: MakeEntry, watching: Simulator, library, setup: Setup, until: Until, monkeypatch
):
    """The run under way may have missed them, so another follows; a schedule's match during a run is let go."""
    monkeypatch.setattr(mirror_schedule, "QUIET", 0.05)
    entry = await setup(make_entry(watching, subentries=(subentry(*library, after_new_items=True),)))
    await until(lambda: entry.runtime_data.events.connected)
    go = threading.Event()

    def slow(*arguments: Any, **options: Any) -> Any:
        go.wait(60)
        return run_module.run(*arguments, **options)

    monkeypatch.setattr(mirrors_module, "run", slow)
    mirror_of(entry).async_launch("sync", "button")
    await mirror_schedule._run(mirror_of(entry), "schedule")
    told: list[object] = []
    real = mirror_schedule.AfterNewItems._wait

    def counted(self: mirror_schedule.AfterNewItems) -> None:
        told.append(self)
        real(self)

    monkeypatch.setattr(mirror_schedule.AfterNewItems, "_wait", counted)
    item = next(item for item in watching.state.library.items.values() if item.type == "movie")
    watching.state.timeline(item, 5)
    await until(lambda: len(told) > 1)  # its time came, and the run was still under way
    go.set()
    await until(lambda: [record.reason for record in mirror_of(entry).records] == ["button", "new_items"])


async def test_unloading_forgets_a_wait(hass, make_entry: MakeEntry, watching: Simulator, library, setup, until):
    """No run of an entry that is gone."""
    entry = await setup(make_entry(watching, subentries=(subentry(*library, after_new_items=True),)))
    await until(lambda: entry.runtime_data.events.connected)
    mirror = mirror_of(entry)
    item = next(item for item in watching.state.library.items.values() if item.type == "movie")
    seen: list[object] = []
    entry.runtime_data.events.async_listen({"timeline"}, seen.append)
    watching.state.timeline(item, 5)
    await until(lambda: seen)
    await hass.config_entries.async_unload(entry.entry_id)
    assert mirror.records == ()
