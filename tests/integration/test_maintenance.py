"""Maintenance mode keeps its word: the grace, the exempt, the end, and a restart in the middle."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.plex_steward.const import DOMAIN
from simulator import Simulator

from .conftest import Named, Setup, Until


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and give its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def go_on(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **by: float) -> None:
    """Let time pass."""
    freezer.tick(timedelta(**by))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


def users(plex: Simulator) -> set[str]:
    """Who is on."""
    return {viewing.user.name for viewing in plex.sessions.current.values()}


async def test_running_and_new_streams_end_after_their_grace(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each has a grace of its own; the exempt are left alone; the mode ends by itself."""
    await setup(entry)
    maintenance = entry.runtime_data.maintenance
    streams = entry.runtime_data.sessions
    plex.sessions.start("direct_play", user="anna")
    plex.sessions.start("direct_play", user="ben")
    await streams.async_refresh()
    answer = await act(
        hass,
        "start_maintenance",
        message="Closed",
        grace={"seconds": 60},
        duration={"minutes": 10},
        exempt_users=["BEN"],
    )
    assert answer["phase"] == "on"
    assert state_of(entry, "_maintenance") == "on"
    assert state_of(entry, "_maintenance_ends") == answer["ends"]
    await until(lambda: len(maintenance.data.due) == 1)
    await go_on(hass, freezer, seconds=30)
    plex.sessions.start("transcode", user="cleo")
    await streams.async_refresh()
    await until(lambda: len(maintenance.data.due) == 2)
    assert users(plex) == {"anna", "ben", "cleo"}
    await go_on(hass, freezer, seconds=31)
    await until(lambda: users(plex) == {"ben", "cleo"})
    await go_on(hass, freezer, seconds=31)
    await until(lambda: users(plex) == {"ben"})
    assert {message.reason for message in plex.sessions.messages} == {"Closed"}
    await go_on(hass, freezer, minutes=10)
    await until(lambda: state_of(entry, "_maintenance") == "off")
    assert state_of(entry, "_maintenance_ends") == "unknown"
    plex.sessions.start("direct_play", user="dora")
    await streams.async_refresh()
    await go_on(hass, freezer, minutes=5)
    assert users(plex) == {"ben", "dora"}


async def test_a_restart_in_the_middle_of_a_grace_changes_nothing(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The mode, its end, its exemptions and the grace that has begun survive; the grace does not begin again."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    plex.sessions.start("direct_play", user="ben")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", grace={"seconds": 60}, duration={"hours": 1}, exempt_users=["ben"])
    await until(lambda: len(entry.runtime_data.maintenance.data.due) == 1)
    before = entry.runtime_data.maintenance.data
    freezer.tick(timedelta(seconds=40))
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    after = entry.runtime_data.maintenance.data
    assert (after.due, after.ends, after.exempt) == (before.due, before.ends, before.exempt)
    assert state_of(entry, "_maintenance") == "on"
    await go_on(hass, freezer, seconds=21)
    await until(lambda: users(plex) == {"ben"})


async def test_it_can_wait_for_the_last_stream(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Nobody is interrupted, and a list that cannot be read is not an empty one."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    maintenance = entry.runtime_data.maintenance
    stream = plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    assert (await act(hass, "start_maintenance", wait=True, grace={"seconds": 0}))["phase"] == "waiting"
    await plex.stop()
    await entry.runtime_data.sessions.async_refresh()
    await hass.async_block_till_done()
    assert maintenance.data.phase == "waiting"
    await plex.restart(down=0, keep_streams=True)
    await entry.runtime_data.sessions.async_refresh()
    assert maintenance.data.phase == "waiting"
    plex.sessions.stop(stream)
    await entry.runtime_data.sessions.async_refresh()
    await until(lambda: maintenance.data.phase == "on")
    assert plex.sessions.messages == []
    assert (await act(hass, "stop_maintenance"))["phase"] == "off"


async def test_one_who_ignores_it_is_asked_again(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A player that goes on is told again and again."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna", zombie=True)
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", grace={"seconds": 0})
    await until(lambda: len(plex.sessions.messages) == 1)
    maintenance = entry.runtime_data.maintenance
    for _ in range(2):
        await until(lambda: min(maintenance.data.due.values()) > dt_util.utcnow().timestamp())
        plex.sessions.messages.clear()
        await go_on(hass, freezer, seconds=16)
        await until(lambda: plex.sessions.messages)


async def test_the_switch_uses_the_options(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, entity_of: Named
) -> None:
    """What was set up in the options is what the switch does."""
    chosen = {
        "message": "Sleep well",
        "grace": {"hours": 0, "minutes": 5, "seconds": 0},
        "duration": {"hours": 8, "minutes": 0, "seconds": 0},
        "exempt_users": ["1"],
        "wait": False,
        "housekeeping": False,
    }
    hass.config_entries.async_update_entry(entry, options={"maintenance": chosen})
    await setup(entry)
    switch = {"entity_id": entity_of(entry, f"{plex.machine_identifier}_maintenance")}
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    state = entry.runtime_data.maintenance.data
    assert (state.message, state.grace, state.duration, state.exempt) == ("Sleep well", 300, 28800, ("1",))
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    assert entry.runtime_data.maintenance.data.phase == "off"


async def test_the_options_form_keeps_what_is_typed(hass: HomeAssistant, entry: MockConfigEntry, setup: Setup) -> None:
    """The section saves its own keys and no others."""
    await setup(entry)
    hass.config_entries.async_update_entry(entry, options={"timeout": 33})
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {"next_step_id": "maintenance"})
    result = await hass.config_entries.options.async_configure(
        flow["flow_id"],
        {
            "message": "Back soon",
            "grace": {"hours": 0, "minutes": 2, "seconds": 0},
            "exempt_users": ["7"],
            "wait": True,
            "housekeeping": False,
        },
    )
    assert result["type"] == "create_entry"
    assert entry.options["timeout"] == 33
    assert entry.options["maintenance"]["message"] == "Back soon"
    await hass.async_block_till_done()


async def test_without_plex_pass_it_says_so(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A server that cannot end streams is a repair, and the stream goes on."""
    plex.quirks.terminate_status = 401
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    await act(hass, "start_maintenance", grace={"seconds": 0})
    await until(lambda: [key for key in issue_registry.issues if "no_plex_pass_streams" in key[1]])
    assert users(plex) == {"anna"}
