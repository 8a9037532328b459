"""Prerolls in Home Assistant: the season's files are in force, by hand is by hand, and what was there comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.prerolls import PREFERENCE
from simulator import Simulator
from simulator.quirks import Fault

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .mirror_house import act

MINE = "/mine.mp4"


def preroll_set(number: int, name: str, **data: Any) -> ConfigSubentryDataWithId:
    """A set as the form makes it; its file is called like it."""
    return ConfigSubentryDataWithId(
        subentry_id=f"01PREROLLSETOFTHETESTS{number:04}",
        subentry_type="preroll_set",
        title=name,
        unique_id=None,
        data={"paths": [f"/{name}.mp4"], "order": "sequence", "season": "always", "priority": 0, **data},
    )


CHRISTMAS = preroll_set(1, "Christmas", season="dates", start="12-20", end="01-06", paths=["/c1.mp4", "/c2.mp4"])
THANKS = preroll_set(2, "Thanks", season="holiday", holiday="thanksgiving", days_before=1, days_after=0)
PARTY = preroll_set(3, "Party", season="manual", order="random", paths=["/p1.mp4", "/p2.mp4"])


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A server that plays something of its own already."""
    plex = await make_plex()
    plex.state.prefs[PREFERENCE] = MINE
    return plex


@pytest.fixture
def entry(make_entry: MakeEntry, plex: Simulator, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Three sets, none of them on."""
    freezer.move_to("2026-11-10 12:00:00+00:00")
    return make_entry(plex, subentries=(CHRISTMAS, THANKS, PARTY))


def playing(plex: Simulator) -> Any:
    """What the server plays before a film."""
    return plex.state.prefs[PREFERENCE]


async def day(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: str) -> None:
    """Let it be another moment, and the next minute begin."""
    freezer.move_to(f"{moment}:00+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def next_minute(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let a minute pass."""
    freezer.tick(timedelta(seconds=61))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def comes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: Until, condition: Callable[[], Any]
) -> None:
    """Let minutes pass until something has come true: a jump of the clock also cuts idle lines to the server."""
    for _ in range(20):
        try:
            await until(condition, 3.0)
        except AssertionError:
            await next_minute(hass, freezer)
        else:
            return
    assert condition()


async def select(hass: HomeAssistant, entity_id: str, option: str) -> None:
    """Choose as a user does."""
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": option}, blocking=True)


async def test_seasons_come_and_go(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """At midnight where the user lives; in between the value from before the first is back."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    await setup(entry)
    entity = entity_of(entry, "_preroll")

    def active() -> Any:
        state = hass.states.get(entity)
        return state and state.attributes.get("active")

    assert playing(plex) == MINE
    assert plex.state.prefs.writes == []
    await day(hass, freezer, "2026-11-24 22:58")
    assert playing(plex) == MINE
    await day(hass, freezer, "2026-11-24 23:01")  # the 25th in Berlin
    await comes(hass, freezer, until, lambda: playing(plex) == "/Thanks.mp4")
    await comes(hass, freezer, until, lambda: active() == "Thanks")
    await day(hass, freezer, "2026-11-26 23:01")
    await comes(hass, freezer, until, lambda: playing(plex) == MINE)
    await day(hass, freezer, "2026-12-20 12:00")
    await comes(hass, freezer, until, lambda: playing(plex) == "/c1.mp4,/c2.mp4")
    await day(hass, freezer, "2027-01-06 22:00")
    assert playing(plex) == "/c1.mp4,/c2.mp4"
    await day(hass, freezer, "2027-01-06 23:30")
    await comes(hass, freezer, until, lambda: playing(plex) == MINE)
    await comes(hass, freezer, until, lambda: active() is None)


async def test_by_hand_in_plex_is_respected(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is noticed, not fought over, over a restart too, and stays when the season ends."""
    freezer.move_to("2026-12-24 12:00:00+00:00")
    await setup(entry)
    assert playing(plex) == "/c1.mp4,/c2.mp4"
    plex.state.prefs[PREFERENCE] = "/hand.mp4"
    await day(hass, freezer, "2026-12-24 12:11")

    def by_hand() -> bool:
        state = hass.states.get(entity_of(entry, "_preroll"))
        return state is not None and state.attributes.get("by_hand") is True

    await comes(hass, freezer, until, by_hand)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert playing(plex) == "/hand.mp4"
    assert by_hand()
    await day(hass, freezer, "2027-02-01 12:00")
    await comes(hass, freezer, until, lambda: not by_hand())
    assert playing(plex) == "/hand.mp4"
    assert len(plex.state.prefs.writes) == 1


async def test_a_restart_wipes_nothing(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Neither a value that is not ours, nor the memory of it, nor what was chosen."""
    await setup(entry)
    await hass.config_entries.async_reload(entry.entry_id)
    assert playing(plex) == MINE
    entity = entity_of(entry, "_preroll")
    await select(hass, entity, "Party")
    assert playing(plex) == "/p1.mp4;/p2.mp4"
    await hass.config_entries.async_reload(entry.entry_id)
    state = hass.states.get(entity)
    assert state is not None
    assert state.state == "Party"
    assert playing(plex) == "/p1.mp4;/p2.mp4"
    await select(hass, entity, "automatic")
    assert playing(plex) == MINE
    await select(hass, entity, "none")
    assert playing(plex) == ""
    await hass.config_entries.async_reload(entry.entry_id)
    assert playing(plex) == ""
    await select(hass, entity, "automatic")
    assert playing(plex) == MINE


@pytest.mark.parametrize("fault", ["status", "cut"])
async def test_a_failing_write_is_tried_again(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
    fault: Any,
) -> None:
    """Refused, or carried out and its answer lost: in the end ours is in force, and then the one before it."""
    await setup(entry)
    plex.state.faults.append(Fault("/:/prefs", fault, 1, method="PUT", status=500))
    await day(hass, freezer, "2026-12-20 12:00")
    await comes(hass, freezer, until, lambda: not plex.state.faults[0].times)
    await comes(hass, freezer, until, lambda: playing(plex) == "/c1.mp4,/c2.mp4")
    await comes(hass, freezer, until, lambda: not entry.runtime_data.prerolls.data.memory.pending)
    await day(hass, freezer, "2027-01-07 12:00")
    await comes(hass, freezer, until, lambda: playing(plex) == MINE)


async def test_a_choice_that_fails_is_told_and_not_made(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    entity_of: Named,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The select shows what is chosen, not what was wished for."""
    await setup(entry)
    entity = entity_of(entry, "_preroll")
    plex.quirks.refused_prefs = {PREFERENCE}
    with pytest.raises(HomeAssistantError) as raised:
        await select(hass, entity, "Party")
    assert raised.value.translation_key == "rejected"
    state = hass.states.get(entity)
    assert state is not None
    assert state.state == "automatic"
    plex.quirks.refused_prefs = set()
    await next_minute(hass, freezer)
    assert playing(plex) == MINE
    await select(hass, entity, "Party")
    assert playing(plex) == "/p1.mp4;/p2.mp4"


async def test_a_calendar(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """Any calendar of Home Assistant decides, as soon as its event begins; higher priority wins."""
    school = preroll_set(4, "School", season="calendar", calendar="calendar.school", priority=5)
    always = preroll_set(5, "Always")
    hass.states.async_set("calendar.school", "off")
    await setup(make_entry(plex, subentries=(school, always)))
    assert playing(plex) == "/Always.mp4"
    hass.states.async_set("calendar.school", "on")
    await until(lambda: playing(plex) == "/School.mp4")
    hass.states.async_set("calendar.school", "off")
    await until(lambda: playing(plex) == "/Always.mp4")


async def test_the_action_gives_before_and_after(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """By name, by file, and cleared."""
    await setup(entry)
    assert await act(hass, "set_preroll", preroll_set="party") == {"before": MINE, "after": "/p1.mp4;/p2.mp4"}
    answer = await act(hass, "set_preroll", paths=["/a.mp4", "/b.mp4"], order="random")
    assert answer == {"before": "/p1.mp4;/p2.mp4", "after": "/a.mp4;/b.mp4"}
    assert await act(hass, "set_preroll", paths=[]) == {"before": "/a.mp4;/b.mp4", "after": ""}
    assert playing(plex) == ""


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({}, "no_preroll_given"),
        ({"preroll_set": "Nobody"}, "no_such_preroll_set"),
        ({"paths": ["/a,b.mp4"]}, "path_separator"),
        ({"paths": ["/a;b.mp4"]}, "path_separator"),
    ],
)
async def test_what_the_action_refuses(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, words: dict[str, Any], error: str
) -> None:
    """With the reason, and nothing is written."""
    await setup(entry)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_preroll", **words)
    assert raised.value.translation_key == error
    assert plex.state.prefs.writes == []


async def test_the_action_is_not_for_everybody(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, hass_read_only_user: MockUser
) -> None:
    """Neither for others than administrators, nor on a server that somebody else shares."""
    plex = await make_plex(shared_token="guest")
    await setup(make_entry(plex, token="guest", owned=False))
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "set_preroll", paths=[])
    assert raised.value.translation_key == "not_owner"
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "set_preroll", {"paths": []}, blocking=True, context=Context(user_id=hass_read_only_user.id)
        )


async def test_without_plex_pass_it_is_said_once(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    issue_registry: ir.IssueRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a repair, not in every line of the log; it goes when the server has it."""
    plex = await make_plex(plex_pass=False)
    entry = make_entry(plex, subentries=(preroll_set(6, "Always"),))
    await setup(entry)
    issue = f"no_plex_pass_prerolls_{entry.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue) is not None
    caplog.clear()
    for _ in range(3):
        await entry.runtime_data.prerolls.async_refresh()
    loud = [row for row in caplog.records if row.levelname in ("WARNING", "ERROR") and "plex_steward" in row.name]
    assert loud == []
    plex.quirks.plex_pass = True
    await entry.runtime_data.server.async_refresh()
    await entry.runtime_data.prerolls.async_refresh()
    await until(lambda: issue_registry.async_get_issue(DOMAIN, issue) is None)
