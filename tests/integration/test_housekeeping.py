"""The house kept in order: one step after the other, none asked for twice, and no trash of a disk that is away."""

from collections import Counter
from datetime import UTC, datetime, timedelta
import itertools
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.stewardship import housekeeping_work
from simulator import Simulator
from simulator.quirks import Fault

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .mirror_house import act, film, press, subentry


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    monkeypatch.setattr(housekeeping_work, "SHOWS_WITHIN", 0.2)
    monkeypatch.setattr(housekeeping_work, "RECOUNTS", (0.0, 0.01))


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A server that leaves its trash to us."""
    plex = await make_plex()
    plex.state.prefs["autoEmptyTrash"] = False
    return plex


def asked(plex: Simulator, path: str) -> int:
    """How often the server was told to."""
    return len(plex.state.requests(path, "PUT"))


def states_of(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Note every state an entity takes from now on."""
    states: list[str] = []

    def note(event: Any) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"].state)

    hass.bus.async_listen("state_changed", note)
    return states


def outcomes(hass: HomeAssistant, entity_id: str) -> dict[str, Any]:
    """What the sensor says of each step."""
    state = hass.states.get(entity_id)
    assert state is not None
    return {key: state.attributes[key] for key in ("empty_trash", "clean_bundles", "optimize_database")}


def throw_away(plex: Simulator, count: int) -> int:
    """Put so many films into the trash; gives the key of their section."""
    films = [item for item in plex.state.library.items.values() if item.type == "movie"][:count]
    assert len(films) == count
    for item in films:
        plex.state.library.trash(item)
    return films[0].section.id


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """The repairs about trash, by their kind."""
    found = ir.async_get(hass).issues.values()
    return {
        one.translation_key: one for one in found if one.translation_key and one.translation_key.startswith("trash_")
    }


async def submit_repair(hass: HomeAssistant, hass_client: Any, issue: ir.IssueEntry) -> dict[str, Any]:
    """Open a repair as an administrator does, look at it, and submit; gives what it explained."""
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    form = await answer.json()
    assert form["type"] == "form", form
    answer = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    done = await answer.json()
    assert done["type"] == "create_entry", done
    return dict(form["description_placeholders"])


async def repairs_ready(hass: HomeAssistant) -> None:
    """Load the part of Home Assistant that shows repairs."""
    from homeassistant.setup import async_setup_component

    assert await async_setup_component(hass, "repairs", {})


async def test_optimising_shows_running_and_finished(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """A press is over when the server has taken it; the sensors follow it to its end."""
    plex.quirks.optimize_seconds = 0.3
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    activity, last = entity_of(entry, "_activity"), entity_of(entry, "_last_housekeeping")
    states = states_of(hass, activity)
    await press(hass, entity_of(entry, f"{plex.machine_identifier}_optimize_database"))
    await until(lambda: outcomes(hass, last)["optimize_database"] == "done")
    await until(lambda: states and states[-1] == "idle")
    assert "Optimizing database" in states
    assert plex.state.housekeeping == ["optimize"]
    state = hass.states.get(last)
    assert state is not None
    assert state.state not in ("unknown", "unavailable")
    assert state.attributes["running"] is None


async def test_a_step_is_never_asked_for_twice(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Neither while it runs nor while it waits; who asks again waits for the same end."""
    plex.quirks.optimize_seconds = 0.5
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    button = entity_of(entry, f"{plex.machine_identifier}_optimize_database")
    for _ in range(4):
        await press(hass, button)
    answer = await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert [step["outcome"] for step in answer["steps"]] == ["done"]
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert asked(plex, "/library/optimize") == 1


async def test_what_the_server_does_already_is_only_waited_for(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """Its own nightly task counts as well."""
    await setup(entry)
    plex.state.butler.seconds = 0.5
    plex.state.butler.run("OptimizeDatabase")
    answer = await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert answer["steps"][0]["outcome"] == "done"
    assert plex.state.butler.done == ["OptimizeDatabase"]
    assert asked(plex, "/library/optimize") == 0


async def test_all_steps_in_order(hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup) -> None:
    """Whatever order they are asked for in: trash, bundles, database; the response tells of each."""
    key = throw_away(plex, 2)
    plex.quirks.optimize_seconds = 0.2
    await setup(entry)
    answer = await act(hass, "run_housekeeping", steps=["optimize_database", "clean_bundles", "empty_trash"])
    assert [step["step"] for step in answer["steps"]] == ["empty_trash", "clean_bundles", "optimize_database"]
    assert {step["outcome"] for step in answer["steps"]} == {"done"}
    assert plex.state.housekeeping == [f"emptyTrash/{key}", "clean/bundles", "optimize"]
    trashed = {row["library"]: row["trashed"] for row in answer["steps"][0]["libraries"]}
    assert sorted(trashed.values()) == [*[0] * (len(trashed) - 1), 2]
    assert not plex.state.library.trashed(plex.state.library.sections[key])


async def test_it_waits_for_the_last_stream(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Only when it was asked to; somebody who asks for it now gets it now."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    housekeeping = entry.runtime_data.housekeeping
    stream = plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "run_housekeeping", response=False, steps=["clean_bundles"], only_when_idle=True)
    await until(lambda: housekeeping.data.waiting == ("clean_bundles",))
    await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert plex.state.housekeeping == ["optimize"]
    plex.sessions.stop(stream)
    await until(lambda: plex.state.housekeeping == ["optimize", "clean/bundles"])
    await until(lambda: not housekeeping.busy)


async def test_no_name_for_the_activity_is_enough(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """A server that does not name it in its answer still lists it."""
    plex.quirks.activity_header = False
    plex.quirks.optimize_seconds = 0.5
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    answer = await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert answer["steps"][0]["outcome"] == "done"
    assert plex.state.housekeeping == ["optimize"]


async def test_a_server_that_tells_nothing_is_no_lie(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """No activity, no end: requested is all there is to say."""
    plex.quirks.activity_header = False
    plex.state.faults.append(Fault("/activities", "status", None, status=404))
    plex.state.faults.append(Fault("/:/websocket*", "status", None, status=500))
    await setup(entry)
    answer = await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert answer["steps"][0]["outcome"] == "requested"


async def test_a_long_call_is_not_repeated(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup
) -> None:
    """No answer in time may mean that the server is at work: it is watched, not asked again."""
    entry = make_entry(plex, options={"timeout": 2})
    plex.state.faults.append(Fault("/library/optimize", "hang", None))
    await setup(entry)
    answer = await act(hass, "run_housekeeping", steps=["optimize_database"])
    assert answer["steps"][0]["outcome"] == "requested"
    assert asked(plex, "/library/optimize") == 1
    plex.state.faults.clear()


async def test_a_refusal_of_the_server_is_told(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, entity_of: Named
) -> None:
    """By the press, and in the response; the next step goes on."""
    plex.state.faults.append(Fault("/library/clean/bundles", "status", None, status=500))
    await setup(entry)
    with pytest.raises(HomeAssistantError) as raised:
        await press(hass, entity_of(entry, f"{plex.machine_identifier}_clean_bundles"))
    assert raised.value.translation_key == "housekeeping_failed"
    answer = await act(hass, "run_housekeeping", steps=["clean_bundles", "optimize_database"])
    assert [(one["outcome"], one["reason"]) for one in answer["steps"]] == [
        ("failed", "server_fault"),
        ("done", None),
    ]
    assert asked(plex, "/library/clean/bundles") == 2


async def test_the_library_buttons(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Each for its own library."""
    key = throw_away(plex, 1)
    await setup(entry)
    library = next(one for one in entry.runtime_data.server.libraries if one.key == str(key))
    await press(hass, entity_of(entry, f"{library.uuid}_empty_trash"))
    assert plex.state.housekeeping == [f"emptyTrash/{key}"]
    await press(hass, entity_of(entry, f"{library.uuid}_scan"))
    assert [scan["section"] for scan in plex.state.scans] == [key]
    await until(lambda: not plex.state.activities.running)
    await press(hass, entity_of(entry, "_scan_libraries"))
    assert Counter(scan["section"] for scan in plex.state.scans[1:]) == Counter([*plex.state.library.sections])


async def test_too_much_trash_asks_first(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    hass_client: Any,
) -> None:
    """The repair shows the counts; its approval counts once and for no more than was shown."""
    await repairs_ready(hass)
    entry = make_entry(plex, options={"housekeeping": {"trash_limit": 1}})
    key = throw_away(plex, 2)
    await setup(entry)
    button = entity_of(entry, f"{plex.machine_identifier}_empty_trash")
    with pytest.raises(HomeAssistantError) as raised:
        await press(hass, button)
    assert raised.value.translation_key == "trash_refused"
    assert asked(plex, f"/library/sections/{key}/emptyTrash") == 0
    explained = await submit_repair(hass, hass_client, issues(hass)["trash_too_many"])
    assert (explained["trashed"], explained["limit"]) == ("2", "1")
    await until(lambda: plex.state.housekeeping == [f"emptyTrash/{key}"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert issues(hass) == {}

    throw_away(plex, 2)
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    issue = issues(hass)["trash_too_many"]
    throw_away(plex, 3)
    await submit_repair(hass, hass_client, issue)
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert plex.state.housekeeping == [f"emptyTrash/{key}"]
    assert issues(hass)["trash_too_many"].translation_placeholders["trashed"] == "3"  # type: ignore[index]  # it has them


async def test_a_refusal_survives_a_restart(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, entity_of: Named
) -> None:
    """So does what the sensor shows."""
    entry = make_entry(plex, options={"housekeeping": {"trash_limit": 1}})
    throw_away(plex, 2)
    await setup(entry)
    await act(hass, "run_housekeeping")
    before = outcomes(hass, last := entity_of(entry, "_last_housekeeping"))
    assert before == {"empty_trash": "refused", "clean_bundles": "done", "optimize_database": "done"}
    ir.async_delete_issue(hass, DOMAIN, issues(hass)["trash_too_many"].issue_id)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert outcomes(hass, last) == before
    assert set(issues(hass)) == {"trash_too_many"}


@pytest.fixture
async def disk(make_plex: MakePlex, tmp_path: Path) -> tuple[Simulator, Path]:
    """A server with films on a disk, one of which somebody deleted."""
    folder = tmp_path / "films"
    for number in range(6):
        film(folder, f"Film {number} (2001)")
    plex = await make_plex(media=[("Films", "movie", str(folder))])
    plex.state.prefs["autoEmptyTrash"] = False
    return plex, folder


async def scanned(plex: Simulator, until: Until) -> None:
    """Let the server look at its disk."""
    from simulator.maintenance import scan

    for section in plex.state.library.sections.values():
        scan(plex.state, section)
    await until(lambda: not plex.state.activities.running)


@pytest.mark.parametrize(
    ("seen_by", "away"), itertools.product(["mirror", "mapped path", "server"], ["renamed", "empty"])
)
async def test_a_disk_that_is_away_is_not_emptied(
    hass: HomeAssistant,
    disk: tuple[Simulator, Path],
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    entity_of: Named,
    hass_client: Any,
    seen_by: str,
    away: str,
) -> None:
    """Looked at on the disk where Home Assistant sees it, else asked of the server; an approval works once."""
    await repairs_ready(hass)
    plex, folder = disk
    target = tmp_path / "target"
    target.mkdir()
    entry = make_entry(
        plex,
        options={"housekeeping": {"mapped_paths": [f"{folder} = {folder}"]}} if seen_by == "mapped path" else {},
        subentries=(subentry(folder, target, scan_server=False),) if seen_by == "mirror" else (),
    )
    (folder / "Film 0 (2001)" / "Film 0 (2001) [1080p].mkv").unlink()
    await scanned(plex, until)
    aside = folder.rename(tmp_path / "aside")
    if away == "empty":
        folder.mkdir()
    await setup(entry)
    button = entity_of(entry, f"{plex.machine_identifier}_empty_trash")
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    assert plex.state.housekeeping == []
    expected = "unreachable" if seen_by == "server" else {"renamed": "folder_missing", "empty": "folder_empty"}[away]
    assert set(issues(hass)) == {f"trash_{expected}"}
    issue = issues(hass)[f"trash_{expected}"]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["folder"] == str(folder)

    await submit_repair(hass, hass_client, issue)
    await until(lambda: plex.state.housekeeping == ["emptyTrash/1"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    await scanned(plex, until)  # now everything is in the trash
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    assert plex.state.housekeeping == ["emptyTrash/1"]

    if away == "empty":
        folder.rmdir()
    aside.rename(folder)
    await scanned(plex, until)
    await press(hass, button)
    assert issues(hass) == {}
    assert len(plex.state.library.items) == 5


async def test_a_library_that_is_all_trash_is_not_emptied(
    hass: HomeAssistant, disk: tuple[Simulator, Path], make_entry: MakeEntry, setup: Setup, until: Until, tmp_path: Path
) -> None:
    """Where nobody sees the folder, everything at once is no tidying."""
    plex, folder = disk
    folder.rename(tmp_path / "aside")
    await scanned(plex, until)
    await setup(make_entry(plex))
    answer = await act(hass, "run_housekeeping", steps=["empty_trash"])
    assert answer["steps"][0]["outcome"] == "refused"
    assert answer["steps"][0]["libraries"][0]["reason"] == "all"
    assert len(plex.state.library.items) == 6


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let it be this time."""
    freezer.move_to(moment)
    async_fire_time_changed(hass, moment)
    await hass.async_block_till_done()


async def gathered(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: Until, entry: MockConfigEntry, *steps: str
) -> None:
    """Wait until these steps stand in the queue, and let the moment pass in which those due together come in."""
    await until(lambda: entry.runtime_data.housekeeping.data.waiting == steps)
    freezer.tick(timedelta(seconds=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_schedules_fire_once_for_each_match(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Steps due together run in their order, also over a restart; the others wait for their day."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))  # a Friday
    chosen = {
        "optimize_database": "weekly(saturday)",
        "clean_bundles": "daily",
        "empty_trash": "all[weekly(sunday), hourly(7)]",
        "time": "05:30:00",
    }
    entry = make_entry(plex, options={"housekeeping": chosen})
    key = throw_away(plex, 1)
    await setup(entry)
    housekeeping = entry.runtime_data.housekeeping
    saturday = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    assert housekeeping.triggers["clean_bundles"].next_run == saturday
    assert housekeeping.triggers["empty_trash"].next_run == datetime(2026, 11, 22, 6, tzinfo=UTC)
    await at(hass, freezer, saturday - timedelta(minutes=1))
    assert not housekeeping.busy
    await at(hass, freezer, saturday)
    await gathered(hass, freezer, until, entry, "clean_bundles", "optimize_database")
    await until(lambda: plex.state.housekeeping == ["clean/bundles", "optimize"])
    await until(lambda: not housekeeping.busy)
    await hass.config_entries.async_reload(entry.entry_id)
    await at(hass, freezer, saturday + timedelta(minutes=2))
    housekeeping = entry.runtime_data.housekeeping
    assert not housekeeping.busy
    await at(hass, freezer, saturday + timedelta(days=1))
    await gathered(hass, freezer, until, entry, "clean_bundles")
    await until(lambda: plex.state.housekeeping[2:] == ["clean/bundles"])
    await until(lambda: not housekeeping.busy)
    await at(hass, freezer, datetime(2026, 11, 22, 6, tzinfo=UTC))
    await gathered(hass, freezer, until, entry, "empty_trash")
    await until(lambda: plex.state.housekeeping[3:] == [f"emptyTrash/{key}"])
    await until(lambda: not housekeeping.busy)


async def test_a_scheduled_step_waits_for_the_last_stream_even_over_a_restart(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It was due and has not been done."""
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    await hass.config.async_set_time_zone("UTC")
    entry = make_entry(plex, options={"housekeeping": {"clean_bundles": "daily"}})
    stream = plex.sessions.start("direct_play", user="anna")
    await setup(entry)
    await at(hass, freezer, datetime(2026, 11, 21, 5, tzinfo=UTC))
    await gathered(hass, freezer, until, entry, "clean_bundles")
    await until(lambda: entry.runtime_data.housekeeping._memory.get("waiting"))
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.housekeeping.data.waiting == ("clean_bundles",)
    assert plex.state.housekeeping == []
    plex.sessions.stop(stream)
    await gathered(hass, freezer, until, entry, "clean_bundles")
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: plex.state.housekeeping == ["clean/bundles"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert entry.runtime_data.housekeeping._memory.get("waiting") is None


async def test_maintenance_mode_keeps_the_house(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Once those who must go are gone; whom it spares does not hold it up."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    plex.sessions.start("direct_play", user="anna")
    plex.sessions.start("direct_play", user="ben")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", grace={"seconds": 0}, exempt_users=["ben"], housekeeping=True)
    await until(lambda: plex.state.housekeeping == ["clean/bundles", "optimize"])
    assert {viewing.user.name for viewing in plex.sessions.current.values()} == {"ben"}
    await until(lambda: not entry.runtime_data.housekeeping.busy)


async def test_scan_library(
    hass: HomeAssistant, disk: tuple[Simulator, Path], make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """By title, uuid, device or path; with `wait` until it has ended."""
    plex, folder = disk
    plex.quirks.scan_seconds = 0.2
    entry = await setup(make_entry(plex))
    await until(lambda: entry.runtime_data.events.connected)
    (library,) = entry.runtime_data.server.libraries
    device = dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, f"{plex.machine_identifier}_{library.uuid}"), config_entry_id=entry.entry_id
    )
    film(folder, "Film 9 (2009)")
    answer = await act(hass, "scan_library", library="films", wait=True)
    assert answer["scans"] == [{"library": "Films", "uuid": library.uuid, "path": None, "outcome": "done"}]
    assert len(plex.state.library.items) == 7
    for choice in ({"library": library.uuid}, {"device": device}, {"path": str(folder / "Film 9 (2009)")}):
        answer = await act(hass, "scan_library", wait=True, **choice)
        assert answer["scans"][0]["outcome"] == "done"
    assert [scan["path"] for scan in plex.state.scans] == [None, None, None, str(folder / "Film 9 (2009)")]
    plex.quirks.scan_seconds = 3600
    assert (await act(hass, "scan_library", library="Films"))["scans"][0]["outcome"] == "requested"
    await until(lambda: entry.runtime_data.activities.data)
    await until(lambda: any(one.library_key for one in entry.runtime_data.activities.data))
    assert (await act(hass, "scan_library", library="Films"))["scans"][0]["outcome"] == "running"
    assert len(plex.state.scans) == 5


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        ({}, "nothing_to_scan"),
        ({"library": "Nowhere"}, "no_such_library"),
        ({"device": "unknown"}, "no_such_library"),
        ({"path": "/elsewhere"}, "path_outside"),
    ],
)
async def test_what_cannot_be_scanned(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, choice: dict[str, Any], error: str
) -> None:
    """The server would say yes and do nothing; we say why."""
    await setup(entry)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "scan_library", **choice)
    assert raised.value.translation_key == error
    assert plex.state.scans == []


async def test_not_for_everybody(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    hass_read_only_user: MockUser,
    entity_registry: er.EntityRegistry,
) -> None:
    """Neither for others than administrators, nor on a server that somebody else shares."""
    plex = await make_plex(shared_token="guest")
    entry = make_entry(plex, token="guest", owned=False)
    await setup(entry)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "run_housekeeping", blocking=True, context=Context(user_id=hass_read_only_user.id)
        )
    for action in ("run_housekeeping", "scan_library"):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, action)
        assert raised.value.translation_key == "owner_only"
    rows = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert not [
        row for row in rows if row.domain == "number" or row.unique_id.endswith(("_trash", "_scan", "_activity"))
    ]
