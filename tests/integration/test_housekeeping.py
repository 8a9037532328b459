"""The house kept in order: one step after the other, none asked for twice, each by its clock."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.stewardship.housekeeping_values import STEPS
from simulator import Simulator
from simulator.quirks import Fault

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .house import asked, at, gathered, hurry, outcomes, throw_away
from .mirror_house import act, press


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


def states_of(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Note every state an entity takes from now on."""
    states: list[str] = []

    def note(event: Any) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"].state)

    hass.bus.async_listen("state_changed", note)
    return states


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
    await until(lambda: not plex.state.activities.running and not entry.runtime_data.activities.data)
    await press(hass, entity_of(entry, "_scan_libraries"))
    assert Counter(scan["section"] for scan in plex.state.scans[1:]) == Counter([*plex.state.library.sections])


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


async def test_maintenance_that_begins_while_everything_starts_keeps_the_house(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    hass_storage: dict[str, Any],
) -> None:
    """The last stream ended while Home Assistant was off: the mode begins in the midst of the setup."""
    key = f"plex_steward.{entry.entry_id}.maintenance"
    waiting = {"phase": "waiting", "message": "", "grace": 0, "duration": None, "exempt": [], "housekeeping": True}
    hass_storage[key] = {"version": 1, "key": key, "data": {**waiting, "ends": None, "due": {}}}
    await setup(entry)
    await until(lambda: entry.runtime_data.maintenance.data.phase == "on")
    await until(lambda: plex.state.housekeeping == ["clean/bundles", "optimize"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)


async def test_the_housekeeping_of_maintenance_mode_survives_a_restart(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """It was asked for with the mode; who must go may still be there."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    stream = plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", grace={"hours": 1}, housekeeping=True)
    await until(lambda: len(entry.runtime_data.housekeeping._memory.get("waiting") or ()) == len(STEPS))
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.housekeeping.data.waiting == STEPS
    assert plex.state.housekeeping == []
    plex.sessions.stop(stream)
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: plex.state.housekeeping == ["clean/bundles", "optimize"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
