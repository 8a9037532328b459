"""Triggers: once for each match, over restarts and changes of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.schedule import parse
from custom_components.plex_steward.stewardship.memory import Memory
from custom_components.plex_steward.stewardship.scheduler import Trigger

KEY = "optimise"


class Rig:
    """A trigger that notes when it fired, in local time."""

    def __init__(self, hass: HomeAssistant, freezer, zone: str = "Europe/Berlin") -> None:
        self.hass, self.freezer, self.zone = hass, freezer, ZoneInfo(zone)
        self.entry = MockConfigEntry(domain=DOMAIN)
        self.entry.add_to_hass(hass)
        self.fired: list[str] = []

    async def begin(self, text: str, at: time = time(5)) -> Trigger:
        """Start as after a restart: with nothing but what is on disk."""
        memory = Memory(self.hass, self.entry.entry_id)
        await memory.load()
        self.trigger = Trigger(self.hass, self.entry, memory, KEY, parse(text), self.act, at=at)
        await self.trigger.async_start()
        await self.settle()
        return self.trigger

    async def act(self) -> None:
        self.fired.append(f"{datetime.now(self.zone):%m-%d %H:%M}")

    async def settle(self) -> None:
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def at(self, local: str) -> None:
        """Let it be this local time."""
        await self.moment(datetime.fromisoformat(local).replace(tzinfo=self.zone))

    async def moment(self, moment: datetime) -> None:
        self.freezer.move_to(moment)
        async_fire_time_changed(self.hass, moment)
        await self.settle()


@pytest.fixture
async def rig(hass, freezer):
    """A machine in Berlin."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    rig = Rig(hass, freezer)
    freezer.move_to(datetime(2026, 11, 17, 11, tzinfo=UTC))
    yield rig
    rig.trigger.async_stop()


async def test_each_match_fires_once(rig) -> None:
    """However often the clock is looked at."""
    await rig.begin("daily")
    await rig.at("2026-11-18 04:59")
    assert rig.fired == []
    await rig.at("2026-11-18 05:00")
    await rig.at("2026-11-18 05:00")
    await rig.at("2026-11-18 06:30")
    assert rig.fired == ["11-18 05:00"]
    await rig.at("2026-11-19 05:00")
    assert rig.fired == ["11-18 05:00", "11-19 05:00"]
    assert rig.trigger.next_run == datetime(2026, 11, 20, 4, tzinfo=UTC)


async def test_a_restart_repeats_nothing(rig) -> None:
    """What was dealt with stays dealt with."""
    await rig.begin("daily")
    await rig.at("2026-11-18 05:00")
    rig.trigger.async_stop()
    await rig.begin("daily")
    await rig.at("2026-11-18 05:01")
    assert rig.fired == ["11-18 05:00"]


async def test_a_missed_match_is_made_up_for_once(rig) -> None:
    """Home Assistant was off at the time, for a while; several missed ones count as one."""
    await rig.begin("hourly(14-20)")
    rig.trigger.async_stop()
    rig.freezer.move_to(datetime(2026, 11, 17, 17, 30, tzinfo=UTC))
    await rig.begin("hourly(14-20)")
    assert rig.fired == ["11-17 18:30"]
    await rig.at("2026-11-17 19:00")
    assert rig.fired == ["11-17 18:30", "11-17 19:00"]


async def test_what_is_missed_by_more_than_a_day_is_let_go(rig) -> None:
    """Nobody wants last month's work at an unexpected hour."""
    await rig.begin("monthly(20)")
    rig.trigger.async_stop()
    rig.freezer.move_to(datetime(2026, 11, 25, 12, tzinfo=UTC))
    trigger = await rig.begin("monthly(20)")
    assert rig.fired == []
    assert trigger.next_run == datetime(2026, 12, 20, 4, tzinfo=UTC)


async def test_a_changed_schedule_begins_anew(rig) -> None:
    """Matches of the new text before the change were never promised."""
    await rig.begin("weekly(mon)")
    rig.trigger.async_stop()
    rig.freezer.move_to(datetime(2026, 11, 18, 11, tzinfo=UTC))
    await rig.begin("daily")
    assert rig.fired == []
    await rig.at("2026-11-19 05:00")
    assert rig.fired == ["11-19 05:00"]


async def test_a_clock_that_jumps_ahead(rig) -> None:
    """A machine without a battery learns the time long after its start."""
    await rig.begin("daily")
    await rig.at("2026-11-21 05:30")
    assert rig.fired == ["11-21 05:30"]
    await rig.at("2026-11-22 05:00")
    assert rig.fired == ["11-21 05:30", "11-22 05:00"]


async def test_a_match_during_the_action_is_left_out(rig, hass) -> None:
    """Never two at a time, never a queue."""
    rig.trigger = await rig.begin("hourly(14-20)")
    rig.trigger._running = True
    await rig.at("2026-11-17 14:00")
    assert rig.fired == []
    rig.trigger._running = False
    await rig.at("2026-11-17 15:00")
    assert rig.fired == ["11-17 15:00"]


async def test_another_time_zone_counts_at_once(rig, hass) -> None:
    """The user corrects the zone in the settings."""
    trigger = await rig.begin("daily")
    assert trigger.next_run == datetime(2026, 11, 18, 4, tzinfo=UTC)
    await hass.config.async_update(time_zone="America/New_York")
    await rig.settle()
    assert trigger.next_run == datetime(2026, 11, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
async def test_months_with_clock_changes(hass, freezer, zone) -> None:
    """Looked at every few hours, each day has one run, and the preview said so."""
    await hass.config.async_set_time_zone(zone)
    for month in (3, 4, 10, 11):
        rig = Rig(hass, freezer, zone)
        start = datetime(2026, month, 1, tzinfo=rig.zone)
        freezer.move_to(start)
        trigger = await rig.begin("daily", time(2, 30))
        promised = parse("daily").next_runs(30, start, rig.zone, time(2, 30))
        moment = start.astimezone(UTC)
        while moment < promised[-1]:
            moment = min([moment + timedelta(hours=5), *(run for run in promised if run > moment)]).astimezone(UTC)
            await rig.moment(moment)
        assert rig.fired == [f"{run:%m-%d %H:%M}" for run in promised]
        trigger.async_stop()
