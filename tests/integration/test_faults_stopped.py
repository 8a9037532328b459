"""Home Assistant stops in the middle of each job: in order, or because the power went. The next start makes it good.

`cut` takes the power away: what is written down after it is lost, as are all thoughts; only the disk stays.
"""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.coordinators import mirrors as mirrors_module
from custom_components.plex_steward.mirror import run
from custom_components.plex_steward.plex import terminate
from custom_components.plex_steward.prerolls import PREFERENCE
from custom_components.plex_steward.stewardship import library_news
from custom_components.plex_steward.stewardship.housekeeping_values import Step
from simulator import Fault, Simulator
from simulator.control_library import copy

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .library_house import act, hurry, items, known, small_pages
from .mirror_house import device_of, inodes, make_library, mirror_of, subentry
from .test_prerolls import comes, day, preroll_set

__all__ = ["hurry", "small_pages"]  # fixtures

type Cut = Callable[[MockConfigEntry], Awaitable[None]]


@pytest.fixture
def cut(hass: HomeAssistant, hass_storage: dict[str, Any]) -> Cut:
    """Take the power away, and start again with what was on the disk."""

    async def power_cut(entry: MockConfigEntry) -> None:
        disk = deepcopy(hass_storage)
        await hass.config_entries.async_unload(entry.entry_id)
        hass_storage.clear()
        hass_storage.update(disk)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()

    return power_cut


@pytest.mark.usefixtures("hurry", "small_pages")
@pytest.mark.parametrize("order", [True, False], ids=["in order", "power cut"])
async def test_in_the_middle_of_a_read(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, until: Until, cut: Cut, order: bool
) -> None:
    """What was read is kept, the rest follows, and nothing is missing or told twice."""
    plex = await make_plex(synthetic={"movie": 120}, delay=0.01)
    entry = await setup(make_entry(plex))
    libraries = entry.runtime_data.libraries
    await until(lambda: libraries.progress is not None and libraries.progress.done >= 20)
    if order:
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await until(lambda: libraries._rounds._task is None)
    await cut(entry)
    await until(lambda: known(entry, 1))
    (state,) = entry.runtime_data.libraries.data.values()
    assert state.complete
    answer = await act(hass, "find_media", limit=1)
    assert answer["total"] == len(items(plex)) == 120


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let a run begin and wait for the test, then do its work."""
    go = threading.Event()
    real = run.run

    def wait(*args: Any, **words: Any) -> Any:
        words["progress"]("waiting", 0, 0)
        go.wait(60)
        return real(*args, **words)

    monkeypatch.setattr(mirrors_module, "run", wait)
    return go


async def test_in_the_middle_of_a_mirrors_run(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    held: threading.Event,
    cut: Cut,
) -> None:
    """It ends between two actions and says so; the next run does what is left. (Killed: `tests/mirror`.)"""
    source, target = await hass.async_add_executor_job(make_library, tmp_path)
    entry = await setup(make_entry(plex, subentries=(subentry(source, target),)))
    mirror = mirror_of(entry)
    mirror.async_launch("sync", "button")
    await until(lambda: mirror.busy)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await until(lambda: mirror.data.progress.state == "cancelling")
    held.set()
    await until(lambda: not mirror.busy and mirror.records)
    assert mirror.records[-1].outcome == "cancelled"
    await cut(entry)
    assert mirror_of(entry).records[-1].outcome == "cancelled"
    answer = await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    assert answer["outcome"] == "done"
    assert await hass.async_add_executor_job(inodes, source) == await hass.async_add_executor_job(inodes, target)


async def test_in_the_middle_of_housekeeping(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, cut: Cut
) -> None:
    """The server goes on with what it was told; after the start it is joined, not told again."""
    plex.quirks.optimize_seconds = 3600
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    asking = hass.async_create_task(
        act(hass, "run_housekeeping", config_entry_id=entry.entry_id, steps=["optimize_database"])
    )
    await until(lambda: plex.state.requests("/library/optimize", "PUT"))
    await cut(entry)
    (row,) = (await asking)["steps"]
    assert (row["outcome"], row["reason"]) == ("failed", "interrupted")
    job = entry.runtime_data.housekeeping.ask(Step.OPTIMIZE_DATABASE)
    await until(job.accepted.is_set)
    assert len(plex.state.requests("/library/optimize", "PUT")) == 1


async def test_in_the_middle_of_ending_a_stream(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    cut: Cut,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asked gets an answer, the viewer is told once, and a player that went on is shown after the start."""
    monkeypatch.setattr(terminate, "_STEP", 0.01)
    await setup(entry)
    plex.sessions.start("direct_play", user="anna", zombie=True)
    ending = hass.async_create_task(
        act(hass, "terminate_session", config_entry_id=entry.entry_id, user="anna", reason="Bye")
    )
    await until(lambda: plex.sessions.messages)
    await cut(entry)
    assert [row["outcome"] for row in (await ending)["streams"]] == ["still_there"]
    assert [stream.user.name for stream in entry.runtime_data.sessions.data] == ["anna"]
    assert len(plex.sessions.messages) == 1


@pytest.mark.parametrize("kind", ["cut", "status"], ids=["arrived", "never arrived"])
async def test_in_the_middle_of_writing_prerolls(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    cut: Cut,
    freezer: FrozenDateTimeFactory,
    kind: Any,
) -> None:
    """Sent, and nobody knows whether it arrived: ours is never taken for the user's, and the user's comes back."""
    plex.state.prefs[PREFERENCE] = "/mine.mp4"
    freezer.move_to("2026-12-24 12:00:00+00:00")
    plex.state.faults.append(Fault("/:/prefs", kind, method="PUT"))
    christmas = preroll_set(1, "Christmas", season="dates", start="12-20", end="12-26")
    entry = await setup(make_entry(plex, subentries=(christmas,)))
    await cut(entry)
    await until(lambda: plex.state.prefs[PREFERENCE] == "/Christmas.mp4")
    await until(lambda: not entry.runtime_data.prerolls.data.memory.pending)
    assert entry.runtime_data.prerolls.data.memory.original == "/mine.mp4"
    await day(hass, freezer, "2026-12-27 12:00")
    await comes(hass, freezer, until, lambda: plex.state.prefs[PREFERENCE] == "/mine.mp4")


async def test_in_the_middle_of_a_maintenance_countdown(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, cut: Cut
) -> None:
    """The grace that has begun goes on; who came while nobody looked gets one of their own."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", config_entry_id=entry.entry_id, grace={"minutes": 10}, message="Closed")
    await until(lambda: len(entry.runtime_data.maintenance.data.due) == 1)
    before = dict(entry.runtime_data.maintenance.data.due)
    plex.sessions.start("direct_play", user="ben", quiet=True)
    await cut(entry)
    maintenance = entry.runtime_data.maintenance
    await until(lambda: len(maintenance.data.due) == 2)
    assert before.items() <= maintenance.data.due.items()
    assert min(maintenance.data.due.values()) > dt_util.utcnow().timestamp()
    assert plex.sessions.messages == []


@pytest.mark.usefixtures("hurry")
async def test_before_the_news_is_told(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The inventory knows it already and would never tell it again: it is told after the start, once."""
    monkeypatch.setattr(library_news, "NEWS_QUIET", 3600.0)
    await setup(entry)
    await until(lambda: known(entry) and entry.runtime_data.events.connected)
    films = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    gone = items(plex)[0]
    plex.state.timeline(gone, 9)
    plex.state.library.remove(gone)
    new = copy(plex, items(plex)[0].id, "New")
    news = entry.runtime_data.libraries.news
    await until(
        lambda: films in news._changes and {len(news._changes[films].added), len(news._changes[films].removed)} == {1}
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    said: list[dict[str, Any]] = []

    @callback
    def changed(event: Any) -> None:
        if (state := event.data["new_state"]) is not None and state.attributes.get("event_type"):
            said.append(dict(state.attributes))

    async_track_state_change_event(hass, [entity_of(entry, f"{films}_library_item")], changed)
    monkeypatch.setattr(library_news, "NEWS_QUIET", 0.05)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: len(said) >= 2)
    told = {one["event_type"]: one["titles"] for one in said}
    assert told == {"added": [new.title], "removed": [gone.title]}
    said.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: known(entry))
    assert entry.runtime_data.libraries.news._changes == {}
