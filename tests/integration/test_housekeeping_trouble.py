"""Housekeeping on a server that fails or dawdles: the rest goes on, and nothing is claimed that is not so."""

from pathlib import Path
import time
from typing import Any, NoReturn

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.plex.errors import NotReady, PlexError, TimedOut, Unreachable
from custom_components.plex_steward.stewardship import housekeeping_work, trash_guard
from simulator import Simulator
from simulator.quirks import Fault

from .conftest import MakeEntry, MakePlex, Setup, Until
from .house import asked, hurry, throw_away
from .mirror_house import act, film


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    hurry(monkeypatch)


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A server that leaves its trash to us."""
    plex = await make_plex()
    plex.state.prefs["autoEmptyTrash"] = False
    return plex


def failing(error: Exception) -> Any:
    """Something that cannot be done."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


async def step(hass: HomeAssistant, name: str) -> dict[str, Any]:
    """Carry one step out and give what came of it."""
    answer = await act(hass, "run_housekeeping", steps=[name])
    (found,) = answer["steps"]
    return dict(found)


async def test_one_librarys_trouble_is_not_the_others(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """Its own result says so, and the step is as good as its worst library."""
    key = throw_away(plex, 1)
    plex.state.faults.append(Fault(f"/library/sections/{key}/emptyTrash", "status", None, status=500))
    await setup(entry)
    result = await step(hass, "empty_trash")
    outcomes = [row["outcome"] for row in result["libraries"]]
    assert result["outcome"] == "failed"
    assert sorted(outcomes) == ["done"] * (len(plex.state.library.sections) - 1) + ["failed"]
    assert [row["reason"] for row in result["libraries"] if row["outcome"] == "failed"] == ["server_fault"]


async def test_a_server_that_is_gone_is_asked_once(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further library would wait as long for nothing."""
    await setup(entry)
    assert len(entry.runtime_data.server.libraries) > 1
    monkeypatch.setattr(trash_guard, "look", failing(Unreachable(reason="refused")))
    result = await step(hass, "empty_trash")
    assert [row["reason"] for row in result["libraries"]] == ["unreachable"]


async def test_trash_that_stays_is_only_requested(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """The server said yes and has not done it while we looked."""
    key = throw_away(plex, 1)
    plex.state.faults.append(Fault(f"/library/sections/{key}/emptyTrash", "status", None, status=200))
    await setup(entry)
    assert (await step(hass, "empty_trash"))["outcome"] == "requested"
    assert asked(plex, f"/library/sections/{key}/emptyTrash") == 1


async def test_a_busy_server_is_looked_at_again(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it empties the trash it may not answer."""
    throw_away(plex, 1)
    await setup(entry)
    count, looks = trash_guard.count, iter([None, NotReady(status=503)])

    async def busy(*arguments: Any) -> int:
        if error := next(looks, None):
            raise error
        return await count(*arguments)

    library = next(one for one in entry.runtime_data.server.libraries if one.type == "movie")
    monkeypatch.setattr(trash_guard, "count", busy)
    (result,) = await entry.runtime_data.housekeeping.work.empty_trash(library.uuid)
    assert result.outcome == "done"
    assert next(looks, "all looks were taken") == "all looks were taken"


async def test_what_never_ends_is_only_requested(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever."""
    monkeypatch.setattr(housekeeping_work, "LONGEST", 0.2)
    plex.quirks.optimize_seconds = 60
    await setup(entry)
    assert (await step(hass, "optimize_database"))["outcome"] == "requested"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimedOut(reason="connect"), "timed_out"),
        (PlexError(), "plex_error"),
        (ValueError("a fault of ours"), "unexpected"),
    ],
)
async def test_what_breaks_off_does_not_stop_the_queue(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    """A request that never reached the server has failed; whatever else happens becomes the step's result, too."""
    await setup(entry)
    monkeypatch.setattr(entry.runtime_data.control, "clean_bundles", failing(error))
    answer = await act(hass, "run_housekeeping", steps=["clean_bundles", "optimize_database"])
    assert [(one["outcome"], one["reason"]) for one in answer["steps"]] == [("failed", reason), ("done", None)]
    assert plex.state.housekeeping == ["optimize"]


async def test_a_step_that_is_cut_off_says_so(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Whoever waits for it is not left waiting when the server is unloaded."""
    plex.quirks.optimize_seconds = 60
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    housekeeping = entry.runtime_data.housekeeping
    job = housekeeping.ask("optimize_database")
    await until(job.accepted.is_set)
    await hass.config_entries.async_unload(entry.entry_id)
    await until(job.ended.is_set)
    assert (job.result.outcome, job.result.reason) == ("failed", "interrupted")


@pytest.fixture
async def disk(make_plex: MakePlex, tmp_path: Path, until: Until) -> tuple[Simulator, Path]:
    """A server with films on a disk, one of which somebody deleted."""
    from simulator.maintenance import scan

    folder = tmp_path / "films"
    for number in range(4):
        film(folder, f"Film {number} (2001)")
    plex = await make_plex(media=[("Films", "movie", str(folder))])
    plex.state.prefs["autoEmptyTrash"] = False
    next(folder.rglob("*.mkv")).unlink()
    for section in plex.state.library.sections.values():
        scan(plex.state, section)
    await until(lambda: not plex.state.activities.running)
    return plex, folder


@pytest.mark.parametrize(("here", "outcome"), [("there", "done"), ("away", "refused")])
async def test_a_mapped_folder_within_a_library_is_looked_at(
    hass: HomeAssistant,
    disk: tuple[Simulator, Path],
    make_entry: MakeEntry,
    setup: Setup,
    tmp_path: Path,
    here: str,
    outcome: str,
) -> None:
    """It may be empty, but not away; one that has nothing to do with the library says nothing."""
    plex, folder = disk
    (tmp_path / "there").mkdir()
    paths = [f"/elsewhere = {tmp_path / 'nowhere'}", f"{folder / 'new'} = {tmp_path / here}"]
    await setup(make_entry(plex, options={"housekeeping": {"mapped_paths": paths}}))
    (row,) = (await step(hass, "empty_trash"))["libraries"]
    assert row["outcome"] == outcome
    assert row["reason"] == (None if outcome == "done" else "folder_missing")


async def test_a_disk_that_does_not_answer_is_away(
    hass: HomeAssistant,
    disk: tuple[Simulator, Path],
    make_entry: MakeEntry,
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network folder whose server is off may block for ever."""
    plex, folder = disk

    def slow(*_: Any) -> str:
        time.sleep(1)
        return ""

    monkeypatch.setattr(trash_guard, "DISK_PATIENCE", 0.05)
    monkeypatch.setattr(trash_guard, "_trouble", slow)
    await setup(make_entry(plex, options={"housekeeping": {"mapped_paths": [f"{folder} = {folder}"]}}))
    (row,) = (await step(hass, "empty_trash"))["libraries"]
    assert (row["outcome"], row["reason"]) == ("refused", "folder_missing")
    assert plex.state.housekeeping == []
