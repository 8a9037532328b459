"""Mirrors in Home Assistant: a press fills the target; what came of it shows, is told, and survives a restart."""

from dataclasses import replace
from pathlib import Path
import shutil
import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry

from custom_components.plex_steward.coordinators import jobs, mirrors as mirrors_module
from custom_components.plex_steward.mirror import run as mirror_run
from custom_components.plex_steward.mirror.model import Outcome
from simulator import Simulator

from .conftest import MakeEntry, Named, Setup, Until
from .mirror_house import (
    FILMS,
    MIRROR_ID,
    act,
    device_of,
    files,
    film,
    inodes,
    make_library,
    mirror_of,
    press,
    subentry,
)


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """Source and target."""
    return make_library(tmp_path)


@pytest.fixture
def entry(make_entry: MakeEntry, plex: Simulator, library: tuple[Path, Path]) -> MockConfigEntry:
    """A server with one mirror."""
    return make_entry(plex, subentries=(subentry(*library),))


async def ran(hass: HomeAssistant, entry: MockConfigEntry, until: Until, runs: int = 1) -> None:
    """Wait until so many runs have ended."""
    mirror = mirror_of(entry)
    await until(lambda: len(mirror.records) >= runs and not mirror.busy)
    await hass.async_block_till_done()


async def test_a_press_fills_the_target(
    hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, library
):
    """Hard links, counted; the source is as it was."""
    source, target = library
    await setup(entry)
    assert state_of(entry, "_status") == "idle"
    assert state_of(entry, "_linked_files") == "unknown"
    await until(lambda: state_of(entry, "_healthy") == "on")
    before = {path: path.stat().st_mtime_ns for path in files(source)}
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await ran(hass, entry, until)
    assert state_of(entry, "_status") == "in_sync"
    assert inodes(target) == inodes(source)
    assert {path: path.stat().st_mtime_ns for path in files(source)} == before
    assert state_of(entry, "_linked_files") == str(len(FILMS))
    assert state_of(entry, "_pending_changes") == "0"
    assert state_of(entry, "_strays") == "0"
    assert state_of(entry, "_last_sync") not in ("unknown", "unavailable")
    event = hass.states.get(entity_of(entry, f"{MIRROR_ID}_run"))
    assert event.attributes["event_type"] == "done"
    assert event.attributes["changed"] == len(FILMS)
    assert event.attributes["reason"] == "button"


async def test_compare_tells_and_touches_nothing(
    hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, library
):
    """The button counts what a run would do."""
    await setup(entry)
    await press(hass, entity_of(entry, f"{MIRROR_ID}_diff"))
    await ran(hass, entry, until)
    assert state_of(entry, "_status") == "differs"
    assert int(state_of(entry, "_pending_changes")) == len(FILMS)
    assert list(library[1].iterdir()) == []


async def test_actions_answer_with_reports(hass, entry, setup: Setup, library, state_of: Named):
    """Dry run, sync, compare, plan and undo; each says what it did."""
    source, target = library
    await setup(entry)
    device = device_of(hass, entry)
    dry = await act(hass, "sync_mirror", mirror=device, dry_run=True)
    assert dry["dry_run"] is True
    assert dry["summary"]["files_updated"] == len(FILMS)
    assert inodes(target) == set()
    plan = await act(hass, "plan_mirror", mirror=device)
    assert {movie["target_folder"] for movie in plan["movies"]} == {
        "Alien (1979) [imdbid-tt0078748]",
        "Brazil (1985)",
        "Cube (1997) [tmdbid-431]",
        "Dune (2021)",
    }
    report = await act(hass, "sync_mirror", mirror=device)
    assert (report["outcome"], report["exit_code"]) == ("done", 0)
    assert len(report["events"]) == len(FILMS)
    again = await act(hass, "sync_mirror", mirror=device)
    assert again["summary"]["files_updated"] == 0
    assert again["events"] == []
    assert (await act(hass, "diff_mirror", mirror=device))["in_sync"] is True
    assert (await act(hass, "plan_mirror", mirror=device))["movies"] == []
    assert state_of(entry, "_status") == "in_sync"
    undone = await act(hass, "undo_mirror", mirror=device)
    assert undone["operation"] == "undo"
    assert inodes(target) == set()
    assert inodes(source)
    assert state_of(entry, "_status") == "differs"


async def test_overrides_for_one_run(hass, entry, setup: Setup, library, state_of: Named):
    """`only` looks at some films; `delete` takes strays away this once."""
    _, target = library
    await setup(entry)
    device = device_of(hass, entry)
    await act(hass, "sync_mirror", mirror=device, only=[FILMS[1]])
    assert [path.parent.name for path in files(target)] == ["Brazil (1985)"]
    assert state_of(entry, "_status") == "idle"  # of the whole it says nothing
    stray = film(target, "Stray (2000)")
    await act(hass, "sync_mirror", mirror=device)
    assert stray.exists()
    assert state_of(entry, "_strays") == "1"
    await act(hass, "sync_mirror", mirror=device, delete=True)
    assert not stray.exists()
    assert state_of(entry, "_strays") == "0"


@pytest.mark.parametrize("folder", ["..", "a/b", ""])
async def test_only_takes_names_of_folders(hass, entry, setup: Setup, folder):
    """Nothing that could lead elsewhere."""
    await setup(entry)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "sync_mirror", mirror=device_of(hass, entry), only=[folder])
    assert error.value.translation_key == "folder_only"


async def test_actions_say_what_is_wrong(hass, entry, setup: Setup, device_registry, library, hass_admin_user):
    """Not a mirror, not an administrator, refused without anybody who reads the report."""
    source, _ = library
    await setup(entry)
    device = device_of(hass, entry)
    server = device_registry.async_get_device_by_identifier(("plex_steward", entry.unique_id), entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "diff_mirror", mirror=server.id)
    assert error.value.translation_key == "not_a_mirror"
    with pytest.raises(ServiceValidationError):
        await act(hass, "diff_mirror", mirror="unknown")
    guest = await hass.auth.async_create_user("guest")
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "plex_steward", "sync_mirror", {"mirror": device}, blocking=True, context=Context(user_id=guest.id)
        )
    shutil.rmtree(source)
    source.mkdir()
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, "sync_mirror", response=False, mirror=device)
    assert refused.value.translation_key == "mirror_refused"
    report = await act(hass, "sync_mirror", mirror=device)
    assert report["outcome"] == "refused"
    assert report["refusal"]["reason"] == "source_empty"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold each run until the event is set, or until it is cancelled."""
    go = threading.Event()

    def slow(settings: Any, verb: str, **options: Any) -> Any:
        options["progress"]("apply", 1, 4)
        pause = threading.Event()
        while not go.is_set() and not options["cancel"]():
            pause.wait(0.005)
        return mirror_run.run(settings, verb, **options)

    monkeypatch.setattr(mirrors_module, "run", slow)
    return go


async def test_one_run_at_a_time_with_progress(
    hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, held: threading.Event
):
    """A second press says so; the loop never waits."""
    await setup(entry)
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await until(lambda: state_of(entry, "_progress") == "25")
    assert state_of(entry, "_status") == "running"
    with pytest.raises(ServiceValidationError) as error:
        await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    assert error.value.translation_key == "mirror_busy"
    with pytest.raises(ServiceValidationError) as busy:
        await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    assert busy.value.translation_key == "mirror_busy"
    held.set()
    await ran(hass, entry, until)
    assert state_of(entry, "_status") == "in_sync"
    assert state_of(entry, "_progress") == "unknown"


async def test_cancel(hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, held, library):
    """The run ends between two actions and says so; nothing running is nothing to cancel."""
    await setup(entry)
    await press(hass, entity_of(entry, f"{MIRROR_ID}_cancel"))
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await until(lambda: state_of(entry, "_status") == "running")
    await press(hass, entity_of(entry, f"{MIRROR_ID}_cancel"))
    await ran(hass, entry, until)
    assert mirror_of(entry).records[-1].outcome == "cancelled"
    assert state_of(entry, "_status") == "differs"
    assert inodes(library[1]) == set()


async def test_unloading_stops_a_run(hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, held):
    """No thread goes on writing when its entry is gone."""
    await setup(entry)
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await until(lambda: state_of(entry, "_status") == "running")
    mirror = mirror_of(entry)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert not mirror.busy


async def test_a_fault_of_ours_is_no_endless_run(
    hass, entry, setup: Setup, until: Until, entity_of: Named, state_of: Named, monkeypatch, caplog
):
    """The log gets it, and the mirror can run again."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(mirrors_module, "run", broken)
    await setup(entry)
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await until(lambda: state_of(entry, "_status") == "failed")
    assert "broke off" in caplog.text
    monkeypatch.undo()
    await press(hass, entity_of(entry, f"{MIRROR_ID}_sync"))
    await until(lambda: state_of(entry, "_status") == "in_sync")


async def test_what_was_known_survives_a_restart(hass, entry, setup: Setup, state_of: Named):
    """Status and numbers come back; at most twenty runs are kept."""
    await setup(entry)
    device = device_of(hass, entry)
    for _ in range(22):
        await act(hass, "sync_mirror", mirror=device)
    assert len(mirror_of(entry).records) == 20
    records, last = mirror_of(entry).records, state_of(entry, "_last_sync")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert mirror_of(entry).records == records
    assert state_of(entry, "_status") == "in_sync"
    assert state_of(entry, "_last_sync") == last


async def test_what_a_removed_mirror_and_server_leave(hass, entry, setup: Setup, hass_storage, library):
    """Nothing in Home Assistant; all files where they are."""
    await setup(entry)
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    key = f"plex_steward.{entry.entry_id}.mirrors"
    assert hass_storage[key]["data"]
    linked = list(files(library[1]))
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert key not in hass_storage
    assert list(files(library[1])) == linked


async def test_healthy_notices_a_missing_folder(
    hass, entry, setup: Setup, until: Until, state_of: Named, entity_of, library
):
    """Looked at also while nothing runs."""
    await setup(entry)
    await until(lambda: state_of(entry, "_healthy") == "on")
    library[0].rename(library[0].with_name("unmounted"))
    mirror_of(entry)._look_again()
    await until(lambda: state_of(entry, "_healthy") == "off")
    assert hass.states.get(entity_of(entry, "_healthy")).attributes["trouble"] == "source_missing"


async def test_diagnostics_hold_the_runs_without_names(hass, entry, setup: Setup, hass_client, library):
    """Neither folders nor films."""
    await setup(entry)
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    (mirror,) = told["mirrors"]
    assert mirror["runs"][0]["changed"] == len(FILMS)
    assert "Alien" not in str(told)
    assert str(library[0]) not in str(told)


async def test_guests_of_a_shared_server_mirror_too(hass, make_entry, plex, library, setup: Setup):
    """A mirror needs no more of the server than that it is there."""
    entry = make_entry(plex, subentries=(subentry(*library, wait_for_idle=True),), owned=False)
    await setup(entry)
    report = await act(hass, "sync_mirror", mirror=device_of(hass, entry), wait_for_idle=True)
    assert report["outcome"] == "done"


async def test_who_does_not_read_the_report_gets_an_error(hass, entry, setup: Setup, until: Until, held, monkeypatch):
    """Cancelled or partly done is not done."""
    await setup(entry)
    device = device_of(hass, entry)

    async def call() -> str | None:
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, "sync_mirror", response=False, mirror=device)
        return error.value.translation_key

    run = hass.async_create_task(call())
    await until(lambda: mirror_of(entry).data.progress.percent == 25)
    mirror_of(entry).async_cancel()
    assert await run == "mirror_cancelled"

    def partly(*arguments: Any, **options: Any) -> Any:
        return replace(mirror_run.run(*arguments, **options), outcome=Outcome.PARTIAL)

    monkeypatch.setattr(mirrors_module, "run", partly)
    assert await call() == "mirror_partial"


async def test_an_action_that_waits_can_be_cancelled(hass, entry, setup: Setup, until: Until, plex):
    """Before it has begun."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    await until(lambda: entry.runtime_data.sessions.data)
    call = hass.async_create_task(act(hass, "sync_mirror", mirror=device_of(hass, entry), wait_for_idle=True))
    await until(lambda: mirror_of(entry).data.progress.stage == jobs.WAITING)
    mirror_of(entry).async_cancel()
    with pytest.raises(HomeAssistantError) as error:
        await call
    assert error.value.translation_key == "mirror_cancelled"


async def test_the_memory_of_a_removed_mirror_goes(hass, make_entry, plex, library, setup: Setup, hass_storage, until):
    """That of its neighbours stays."""
    other = library[1].with_name("other")
    other.mkdir()
    neighbour = subentry(library[0], other)
    neighbour |= {"subentry_id": "01NEIGHBOUR", "title": "Other"}
    entry = await setup(make_entry(plex, subentries=(subentry(*library), neighbour)))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    assert hass_storage[key := f"plex_steward.{entry.entry_id}.mirrors"]["data"].keys() == {f"runs_{MIRROR_ID}"}
    hass.config_entries.async_remove_subentry(entry, MIRROR_ID)
    await until(lambda: entry.state is ConfigEntryState.LOADED and list(entry.runtime_data.mirrors) == ["01NEIGHBOUR"])
    assert hass_storage[key]["data"] == {}
