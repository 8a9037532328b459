"""The form of a preroll set: every mistake is said and mended, and what is in force follows."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.prerolls import PREFERENCE
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until

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


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A server that plays something of its own already."""
    plex = await make_plex()
    plex.state.prefs[PREFERENCE] = MINE
    return plex


def playing(plex: Simulator) -> Any:
    """What the server plays before a film."""
    return plex.state.prefs[PREFERENCE]


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Begin to add a set."""
    return await hass.config_entries.subentries.async_init((entry.entry_id, "preroll_set"), context={"source": "user"})


async def step(hass: HomeAssistant, flow: Any, given: dict[str, Any]) -> Any:
    """Submit a step."""
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], given)


SET = {"name": "Halloween", "paths": ["/h.mp4"], "order": "sequence", "season": "always", "priority": 1}


def stored(entry: MockConfigEntry, name: str) -> dict[str, Any]:
    """The data of the set of this name."""
    return next(dict(one.data) for one in entry.subentries.values() if one.title == name)


async def test_a_set_is_added_and_is_on(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """Each mistake is said and mended."""
    entry = await setup(make_entry(plex))
    flow = await begin(hass, entry)
    for wrong, errors in (
        ({"name": "  "}, {"name": "name_missing"}),
        ({"paths": []}, {"paths": "paths_missing"}),
        ({"paths": ["  "]}, {"paths": "paths_missing"}),
        ({"paths": ["/a,b.mp4"]}, {"paths": "path_separator"}),
        ({"paths": ["/a;b.mp4"], "name": ""}, {"paths": "path_separator", "name": "name_missing"}),
    ):
        flow = await step(hass, flow, {**SET, **wrong})
        assert flow["type"] is FlowResultType.FORM
        assert flow["errors"] == errors
    assert flow["description_placeholders"]["path"] == "/a;b.mp4"
    flow = await step(hass, flow, SET)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await until(lambda: playing(plex) == "/h.mp4")
    assert stored(entry, "Halloween") == {key: value for key, value in SET.items() if key != "name"}


@pytest.mark.parametrize(
    ("season", "wrong", "right", "kept"),
    [
        (
            "dates",
            {"start_month": 2, "start_day": 30, "end_month": 4, "end_day": 31},
            {"start_month": 2, "start_day": 29, "end_month": 4, "end_day": 30},
            {"start": "02-29", "end": "04-30"},
        ),
        (
            "holiday",
            None,
            {"holiday": "easter", "days_before": 2, "days_after": 3},
            {"holiday": "easter", "days_before": 2, "days_after": 3},
        ),
        ("calendar", None, {"calendar": "calendar.school"}, {"calendar": "calendar.school"}),
    ],
)
async def test_each_season_asks_for_what_it_needs(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    season: str,
    wrong: dict[str, Any] | None,
    right: dict[str, Any],
    kept: dict[str, Any],
) -> None:
    """And keeps it, also when the set is changed later."""
    entry = await setup(make_entry(plex))
    flow = await step(hass, await begin(hass, entry), {**SET, "season": season})
    assert flow["step_id"] == season
    if wrong is not None:
        flow = await step(hass, flow, wrong)
        assert flow["errors"] == {"start_day": "no_such_day", "end_day": "no_such_day"}
    flow = await step(hass, flow, right)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    data = stored(entry, "Halloween")
    assert {key: data[key] for key in kept} == kept

    (subentry,) = entry.subentries.values()
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in flow["data_schema"].schema}
    assert suggested["name"] == "Halloween"
    flow = await step(hass, flow, {**SET, "name": "Ghosts", "season": season})
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in flow["data_schema"].schema}
    assert suggested == right
    flow = await step(hass, flow, right)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    data = stored(entry, "Ghosts")
    assert {key: data[key] for key in kept} == kept


async def test_days_beyond_a_month_are_no_choice(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup
) -> None:
    """The form's own limits hold too."""
    entry = await setup(make_entry(plex))
    flow = await step(hass, await begin(hass, entry), {**SET, "season": "dates"})
    right = {"start_month": 1, "start_day": 1, "end_month": 1, "end_day": 2}
    with pytest.raises(InvalidData):
        await step(hass, flow, {**right, "start_month": 13})
    flow = await step(hass, flow, right)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_an_edited_or_removed_set(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """What is in force follows; with the set goes what it wrote."""
    entry = await setup(make_entry(plex, subentries=(preroll_set(7, "Always"),)))
    assert playing(plex) == "/Always.mp4"
    (subentry,) = entry.subentries.values()
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    await step(hass, flow, {**SET, "name": "Always", "paths": ["/new.mp4"]})
    await until(lambda: playing(plex) == "/new.mp4")
    await hass.async_block_till_done()
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await until(lambda: playing(plex) == MINE)
    await hass.async_block_till_done()
