"""Home Assistant's clock is set while people watch: nobody is ended, told or waited for because of that."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.schedule import parse
from custom_components.plex_steward.stewardship import health
from custom_components.plex_steward.stewardship.memory import Memory
from custom_components.plex_steward.stewardship.scheduler import LATE, LOOK, Trigger
from simulator import Simulator

from .conftest import MakeEntry, Named, Setup, Until
from .library_house import act

HOUR = 3600.0
JUMPS = [HOUR, -HOUR, 365 * 24 * HOUR, -365 * 24 * HOUR]


class Wall:
    """The clock on the wall, which somebody sets; time itself goes on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.off = timedelta()
        patch.setattr(dt_util, "utcnow", lambda: datetime.now(UTC) + self.off)

    def set(self, by: float) -> None:
        self.off += timedelta(seconds=by)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Set it in a test."""
    return Wall(monkeypatch)


@pytest.mark.parametrize("by", JUMPS)
async def test_nobody_is_gone_or_paused_for_hours(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, wall: Wall, by: float
) -> None:
    """No end is told, nothing is ended for having been paused too long, and what is shown moves along."""
    await setup(entry)
    sessions = entry.runtime_data.sessions
    plex.sessions.start("direct_play", user="anna")
    plex.sessions.pause(plex.sessions.start("direct_play", user="ben"))
    await sessions.async_refresh()
    told: list[str] = []
    entry.async_on_unload(sessions.async_listen_changes(lambda change: told.append(change.type.value)))
    before = [stream.since for stream in sessions.data]
    wall.set(by)
    sessions._tick(dt_util.utcnow())
    answer = await act(
        hass, "terminate_session", config_entry_id=entry.entry_id, paused_longer_than={"minutes": 30}, reason="Bye"
    )
    assert answer["streams"] == []
    assert told == []
    assert plex.sessions.messages == []
    moved = [after - since for after, since in zip((one.since for one in sessions.data), before, strict=True)]
    assert moved == pytest.approx([by, by], abs=60)
    assert all(abs(at - dt_util.utcnow().timestamp()) < HOUR / 2 for at in sessions.reported.values())


@pytest.mark.parametrize("by", JUMPS)
async def test_a_grace_is_as_long_as_was_said(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, wall: Wall, by: float
) -> None:
    """Maintenance mode: who was given ten minutes has them, whatever the clock says, over a restart too."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", config_entry_id=entry.entry_id, grace={"minutes": 10})
    maintenance = entry.runtime_data.maintenance
    await until(lambda: len(maintenance.data.due) == 1)

    def left() -> float:
        return float(min(maintenance.data.due.values())) - dt_util.utcnow().timestamp()

    wall.set(by)
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: 300 < left() <= 600)
    await hass.async_block_till_done()
    assert plex.sessions.messages == []
    assert len(plex.sessions) == 1
    assert await hass.config_entries.async_reload(entry.entry_id)
    maintenance = entry.runtime_data.maintenance
    assert 300 < left() <= 600


async def test_a_mode_that_is_to_end_ends_at_the_time_that_was_told(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, wall: Wall
) -> None:
    """The end is a time of the day, not a number of minutes."""
    await setup(entry)
    await act(hass, "start_maintenance", config_entry_id=entry.entry_id, duration={"hours": 2})
    maintenance = entry.runtime_data.maintenance
    wall.set(1.5 * HOUR)
    await entry.runtime_data.sessions.async_refresh()
    await hass.async_block_till_done()
    assert maintenance.data.phase == "on"
    wall.set(HOUR)
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: maintenance.data.phase == "off")


class Rig:
    """A trigger that notes when it fired."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass, self.freezer = hass, freezer
        self.entry = MockConfigEntry(domain=DOMAIN)
        self.entry.add_to_hass(hass)
        self.fired: list[str] = []

    async def begin(self) -> Trigger:
        memory = Memory(self.hass, self.entry.entry_id)
        await memory.load()
        trigger = Trigger(self.hass, self.entry, memory, "night", parse("daily"), self.act)
        await trigger.async_start()
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return trigger

    async def act(self) -> None:
        self.fired.append(f"{datetime.now(UTC):%Y-%m-%d %H:%M}")

    async def look(self, moment: str) -> None:
        """Let the wall say so, and the next look come."""
        self.freezer.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        async_fire_time_changed(self.hass, fire_all=True)
        await self.hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("restart", [False, True])
async def test_a_schedule_that_ran_in_a_future_that_never_came(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, restart: bool
) -> None:
    """A machine without a battery wakes up years ahead and is put right: the very next match fires."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime(2035, 5, 1, 12, tzinfo=UTC))
    rig = Rig(hass, freezer)
    trigger = await rig.begin()
    await rig.look("2035-05-02 05:00")
    assert rig.fired == ["2035-05-02 05:00"]
    if restart:
        trigger.async_stop()
        freezer.move_to(datetime(2026, 11, 17, 23, tzinfo=UTC))
        trigger = await rig.begin()
    await rig.look("2026-11-18 04:00")
    assert trigger.next_run == datetime(2026, 11, 18, 5, tzinfo=UTC)
    await rig.look("2026-11-18 05:00")
    assert rig.fired == ["2035-05-02 05:00", "2026-11-18 05:00"]
    trigger.async_stop()


@pytest.mark.parametrize("restart", [False, True])
async def test_a_clock_that_is_set_back_a_little_repeats_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, restart: bool
) -> None:
    """The same hour twice is one night all the same."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime(2026, 11, 17, 12, tzinfo=UTC))
    rig = Rig(hass, freezer)
    trigger = await rig.begin()
    await rig.look("2026-11-18 05:10")
    assert len(rig.fired) == 1
    if restart:
        trigger.async_stop()
        freezer.move_to(datetime(2026, 11, 18, 4, 40, tzinfo=UTC))
        trigger = await rig.begin()
    await rig.look("2026-11-18 04:40")
    await rig.look("2026-11-18 05:00")
    assert len(rig.fired) == 1
    await rig.look("2026-11-19 05:00")
    assert len(rig.fired) == 2
    trigger.async_stop()
    assert LOOK < LATE


async def test_a_server_that_is_away_is_told_of_in_time(
    hass: HomeAssistant, make_entry: MakeEntry, plex: Simulator, setup: Setup, state_of: Named, wall: Wall, until: Until
) -> None:
    """The clock is set back for years meanwhile: the repair does not wait for years."""
    entry = await setup(make_entry(plex))
    await plex.stop()
    await entry.runtime_data.server.async_refresh()
    wall.set(-365 * 24 * HOUR)
    await entry.runtime_data.server.async_refresh()
    wall.set(health.PATIENCE.total_seconds() + 1)
    await entry.runtime_data.server.async_refresh()
    assert health.issue_id(entry, "address_gone") in issue_ids(hass)


def issue_ids(hass: HomeAssistant) -> set[Any]:
    """The repairs that are shown."""
    from homeassistant.helpers import issue_registry as ir

    return {name for domain, name in ir.async_get(hass).issues if domain == DOMAIN}
