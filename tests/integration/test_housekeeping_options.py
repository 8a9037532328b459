"""What the options say about housekeeping, Kometa's block among it, and the preferences that are numbers."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.plex_steward.coordinators.preferences import DATABASE_CACHE, INTERVAL
from simulator import Simulator
from simulator.quirks import Fault

from .conftest import MakeEntry, Named, Setup, Until
from .flows import Flow, options_step, section
from .house import at, gathered, hurry


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    hurry(monkeypatch)


FORM = {
    "empty_trash": "off",
    "clean_bundles": "daily",
    "optimize_database": "all[weekly(sunday), hourly(4)]; monthly(1)",
    "time": "05:30:00",
    "only_when_idle": True,
    "trash_limit": 20,
    "mapped_paths": ["/data/films = /media/films"],
}


async def choose(hass: HomeAssistant, flow: Flow, step: str) -> Flow:
    """Choose from a menu of the options."""
    return await options_step(hass, flow, {"next_step_id": step})


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("empty_trash", "hourly(24)", "schedule_hourly_form"),
        ("clean_bundles", "weekly(funday)", "schedule_weekly_form"),
        ("optimize_database", "monthly(0)", "schedule_monthly_form"),
        ("empty_trash", "yearly(13/01)", "schedule_yearly_form"),
        ("empty_trash", "date(12/25)", "schedule_date_form"),
        ("empty_trash", "range(13/01-13/02)", "schedule_range_form"),
        ("empty_trash", "yes", "schedule_unknown_word"),
        ("empty_trash", "daily,,", "schedule_empty"),
        ("empty_trash", "all[daily], weekly(sunday)", "schedule_all_alone"),
        ("mapped_paths", ["/data/films"], "mapped_path_form"),
        ("mapped_paths", ["/data = media"], "mapped_path_form"),
    ],
)
async def test_what_cannot_be_understood_is_said_and_mended(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, field: str, text: Any, error: str
) -> None:
    """Everything else that was typed stays."""
    await setup(entry)
    flow = await section(hass, entry.entry_id, "housekeeping")
    assert flow["description_placeholders"]["database_cache"] == "40 MB"
    flow = await options_step(hass, flow, {**FORM, field: text})
    assert flow["errors"] == {field: error}
    assert flow["description_placeholders"]["item"] in str(text)
    flow = await options_step(hass, flow, FORM)
    assert flow["type"] is FlowResultType.MENU
    flow = await choose(hass, flow, "housekeeping_save")
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["housekeeping"] == FORM


async def test_the_preview_is_what_then_happens(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    """At each moment the server is asked, and at no other; going back keeps what was typed."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-20 12:00:00+00:00")
    await setup(entry)
    hass.config_entries.async_update_entry(entry, options={"timeout": 77})
    flow = await section(hass, entry.entry_id, "housekeeping")
    flow = await options_step(hass, flow, FORM)
    assert flow["description_placeholders"]["empty_trash"] == "–"
    assert flow["description_placeholders"]["optimize_database"] == (
        "2026-11-22 04:00, 2026-11-29 04:00, 2026-12-01 05:30, 2026-12-06 04:00, 2026-12-13 04:00"
    )
    steps = {"clean_bundles": "clean/bundles", "optimize_database": "optimize"}
    promised = [
        (datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin")), step)
        for step in steps
        for moment in flow["description_placeholders"][step].split(", ")
    ]
    assert len(promised) == 10
    flow = await choose(hass, flow, "housekeeping")
    assert flow["type"] is FlowResultType.FORM
    shown = {str(key): key.description for key in flow["data_schema"].schema}
    assert shown["trash_limit"]["suggested_value"] == 20
    flow = await options_step(hass, flow, FORM)
    await choose(hass, flow, "housekeeping_save")
    await hass.async_block_till_done()
    assert entry.options["timeout"] == 77
    housekeeping = entry.runtime_data.housekeeping
    assert set(housekeeping.triggers) == set(steps)
    last = max(moment for moment, step in promised if step == "clean_bundles")
    done = []
    for moment, step in sorted(row for row in promised if row[0] <= last):
        await at(hass, freezer, moment - timedelta(minutes=1))
        assert not housekeeping.busy
        await at(hass, freezer, moment)
        await gathered(hass, freezer, until, entry, step)
        done.append(steps[step])
        await until(lambda: plex.state.housekeeping == done)
        await until(lambda: not housekeeping.busy)
    assert Counter(done) == {"clean/bundles": 5, "optimize": 1}


@pytest.mark.parametrize(
    ("hours", "chosen", "warned"),
    [
        ((2, 5), {"time": "02:00:00"}, True),
        ((2, 5), {"time": "04:59:00"}, True),
        ((2, 5), {"time": "05:00:00"}, False),
        ((2, 5), {"time": "01:59:00"}, False),
        ((2, 5), {"time": "03:00:00", "clean_bundles": "off"}, False),
        ((2, 5), {"time": "12:00:00", "empty_trash": "hourly(0|4)"}, True),
        ((22, 4), {"time": "23:30:00"}, True),
        ((22, 4), {"time": "03:30:00"}, True),
        ((22, 4), {"time": "12:00:00"}, False),
        ((3, 3), {"time": "03:00:00"}, False),
    ],
)
async def test_the_servers_own_nightly_work_is_pointed_out(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    hours: tuple[int, int],
    chosen: dict[str, str],
    warned: bool,
) -> None:
    """Where runs fall into it; saving is possible all the same."""
    plex.state.prefs["ButlerStartHour"], plex.state.prefs["ButlerEndHour"] = hours
    await setup(entry)
    flow = await section(hass, entry.entry_id, "housekeeping")
    flow = await options_step(hass, flow, {**FORM, "optimize_database": "off", **chosen})
    assert flow["step_id"] == ("housekeeping_collision" if warned else "housekeeping_preview")
    told = flow["description_placeholders"]
    expected = [f"{hour:02}:00" for hour in hours] if warned else [None, None]
    assert [told.get("start"), told.get("end")] == expected
    flow = await choose(hass, flow, "housekeeping")
    flow = await options_step(hass, flow, {**FORM, "optimize_database": "off", **chosen})
    flow = await choose(hass, flow, "housekeeping_save")
    assert flow["type"] is FlowResultType.CREATE_ENTRY


async def test_no_hours_no_warning(hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup) -> None:
    """An old server does not tell them."""
    plex.quirks.missing_prefs = {"ButlerStartHour"}
    await setup(entry)
    flow = await section(hass, entry.entry_id, "housekeeping")
    flow = await options_step(hass, flow, {**FORM, "optimize_database": "off", "time": "03:00:00"})
    assert flow["step_id"] == "housekeeping_preview"


KOMETA = """
libraries:
  Movies:
    collection_files:
      - file: config/Movies.yml
  Movies_on_Second_Plex:
    library_name: Movies
    plex:
      url: http://plex.boing.bong
      timeout: 360
plex:
  url: http://192.168.1.12:32400
  token: ####################
  timeout: 90
  db_cache: 512
  clean_bundles: true
  empty_trash: weekly(sunday)
  optimize: false
  verify_ssl: false
"""


async def test_a_kometa_block_is_taken_over(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Its numbers, flags and schedules; never its address or token."""
    await setup(entry)
    hass.config_entries.async_update_entry(entry, options={"housekeeping": {"trash_limit": 7}})
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": KOMETA})
    assert flow["step_id"] == "kometa_confirm"
    told = flow["description_placeholders"]
    assert "- `empty_trash`: weekly(sunday)" in told["changes"]
    assert told["ignored"] == "`token`, `url`"
    assert told["libraries"] == "Movies_on_Second_Plex"
    flow = await options_step(hass, flow, {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {
        "timeout": 90,
        "housekeeping": {
            "trash_limit": 7,
            "empty_trash": "weekly(sunday)",
            "clean_bundles": "daily",
            "optimize_database": "off",
            "database_cache": 512,
        },
    }
    assert entry.data["verify_ssl"] is False
    assert entry.data["url"] == plex.url
    await until(lambda: plex.state.prefs[DATABASE_CACHE] == 512)
    flow = await section(hass, entry.entry_id, "housekeeping")
    assert flow["description_placeholders"]["database_cache"] == "512 MB"


TWO_SERVERS = """
libraries:
  Movies:
    collection_files:
      - file: config/Movies.yml
  Movies_on_Second_Plex:
    library_name: Movies
    collection_files:
      - file: config/Movies.yml
    plex:
      url: {url}/
      token: SOME_TOKEN
      timeout: 360
      db_cache: 8192
  More_on_Second_Plex:
    library_name: More
    plex:
      url: {url}
      optimize: true
...
plex:
  url: http://plex.bing.bang
  token: SOME_TOKEN
  timeout: 60
  db_cache: 4096
  clean_bundles: true
  empty_trash: false
  optimize: false
...
"""


async def test_a_configuration_for_two_servers_is_read_as_kometa_reads_it(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """What the first library on this server says goes before the rest; each attribute inherits for itself."""
    await setup(entry)
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": TWO_SERVERS.format(url=plex.url.upper())})
    told = flow["description_placeholders"]
    assert (told["library"], told["libraries"]) == ("Movies_on_Second_Plex", "More_on_Second_Plex")
    await options_step(hass, flow, {})
    await hass.async_block_till_done()
    steps = {"empty_trash": "off", "clean_bundles": "daily", "optimize_database": "off"}
    assert entry.options == {"timeout": 360, "housekeeping": {**steps, "database_cache": 8192}}
    assert "verify_ssl" not in told["changes"]


async def test_the_global_block_counts_for_the_server_it_names(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """Also where a library on the same server has its own, and for a server that nothing names."""
    await setup(entry)
    for theirs in (plex.url, "http://plex.bing.bang"):
        block = TWO_SERVERS.format(url="http://plex.boing.bong").replace("http://plex.bing.bang", theirs)
        flow = await section(hass, entry.entry_id, "kometa")
        flow = await options_step(hass, flow, {"block": block})
        told = flow["description_placeholders"]
        assert (told["library"], told["libraries"]) == ("–", "Movies_on_Second_Plex, More_on_Second_Plex")
        assert "- `timeout`: 60" in told["changes"]


async def test_a_library_may_be_all_there_is(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """Kometa needs no global block where each library has its own."""
    await setup(entry)
    for rest in ("", "plex:\n"):
        flow = await section(hass, entry.entry_id, "kometa")
        block = f"libraries:\n  Movies:\n    plex: {{url: '{plex.url}', timeout: 90}}\n{rest}"
        flow = await options_step(hass, flow, {"block": block})
        assert flow["description_placeholders"]["changes"] == "- `timeout`: 90"
    other = "libraries:\n  Movies:\n    plex: {url: 'http://plex.boing.bong', timeout: 90}"
    flow = await section(hass, entry.entry_id, "kometa")
    assert (await options_step(hass, flow, {"block": other}))["errors"] == {"block": "kometa_no_block"}


async def test_kometas_word_on_certificates_counts_at_once(
    hass: HomeAssistant, make_entry: MakeEntry, plex: Simulator, setup: Setup
) -> None:
    """Also where nothing else changes: the server is set up anew."""
    entry = make_entry(plex, options={"housekeeping": {"optimize_database": "daily"}})
    await setup(entry)
    before = entry.runtime_data
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": "verify_ssl: false"})
    await options_step(hass, flow, {})
    await hass.async_block_till_done()
    assert entry.data["verify_ssl"] is False
    assert entry.runtime_data is not before
    assert entry.options == {"housekeeping": {"optimize_database": "daily"}}


async def test_kometas_own_example(hass: HomeAssistant, entry: MockConfigEntry, setup: Setup) -> None:
    """As its documentation has it: the token left out, and nothing said of certificates."""
    await setup(entry)
    example = """
plex:
  url: http://192.168.1.12:32400
  token: ####################
  timeout: 60
  db_cache: 4096
  clean_bundles: true
  empty_trash: true
  optimize: false
  verify_ssl:
"""
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": example})
    await options_step(hass, flow, {})
    await hass.async_block_till_done()
    steps = {"empty_trash": "daily", "clean_bundles": "daily", "optimize_database": "off"}
    assert entry.options == {"timeout": 60, "housekeeping": {**steps, "database_cache": 4096}}
    assert entry.data["verify_ssl"] is True


async def test_a_kometa_block_changes_only_what_it_says(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup
) -> None:
    """What it does not name stays as it was."""
    await setup(entry)
    hass.config_entries.async_update_entry(entry, options={"timeout": 33})
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": "plex:\n  optimize: daily\n"})
    flow = await options_step(hass, flow, {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {"timeout": 33, "housekeeping": {"optimize_database": "daily"}}


@pytest.mark.parametrize(
    ("block", "error", "item"),
    [
        ("plex:\n  - [", "kometa_yaml", "2"),
        ("plex:\n  timeout: 2026-13-01", "kometa_yaml", "?"),
        (f"plex:\n  <<: {{{', '.join(f'k{number}: 0' for number in range(1001))}}}", "kometa_yaml", "2"),
        ("", "kometa_no_block", ""),
        ("radarr:\n  url: x", "kometa_no_block", ""),
        ("plex: nothing", "kometa_no_block", ""),
        ("timeout: soon", "kometa_number", "timeout"),
        ("timeout: true", "kometa_number", "timeout"),
        ("db_cache: -1", "kometa_number", "db_cache"),
        ("verify_ssl: maybe", "kometa_bool", "verify_ssl"),
        ("optimize: 'true'", "kometa_quoted", "optimize"),
        ("optimize: weekly(funday)", "kometa_flag", "optimize"),
        ("empty_trash: 5", "kometa_flag", "empty_trash"),
    ],
)
async def test_a_kometa_block_that_is_none(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, block: str, error: str, item: str
) -> None:
    """What is wrong is said; the mended one is taken."""
    await setup(entry)
    flow = await section(hass, entry.entry_id, "kometa")
    flow = await options_step(hass, flow, {"block": block})
    assert flow["errors"] == {"block": error}
    assert flow["description_placeholders"]["item"] == item
    flow = await options_step(
        hass, flow, {"block": "timeout: 2\ndb_cache: 0\noptimize: [monthly(1), 'all[weekly(sun), hourly(5)]']"}
    )
    flow = await options_step(hass, flow, {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {
        "timeout": 5,
        "housekeeping": {"optimize_database": "monthly(1); all[weekly(sun), hourly(5)]"},
    }
    flow = await section(hass, entry.entry_id, "housekeeping")
    flow = await options_step(hass, flow, {**FORM, **entry.options["housekeeping"]})
    assert flow["type"] is FlowResultType.MENU


async def set_number(hass: HomeAssistant, entity_id: str, value: float) -> None:
    """Set a number as a user does."""
    await hass.services.async_call("number", "set_value", {"entity_id": entity_id, "value": value}, blocking=True)


async def test_the_database_cache(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, entity_of: Named, until: Until
) -> None:
    """Written only on change; the old value is shown; what somebody else sets shows."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    number = entity_of(entry, "_database_cache")
    state = hass.states.get(number)
    assert state is not None
    assert float(state.state) == 40
    assert state.attributes["previous"] is None
    await set_number(hass, number, 40)
    assert plex.state.prefs.writes == []
    await set_number(hass, number, 128)
    state = hass.states.get(number)
    assert state is not None
    assert (float(state.state), state.attributes["previous"]) == (128, 40)
    assert plex.state.prefs.writes == [{DATABASE_CACHE: 128}]
    plex.state.prefs[DATABASE_CACHE] = 256
    await until(lambda: (found := hass.states.get(number)) and float(found.state) == 256)
    plex.quirks.refused_prefs = {DATABASE_CACHE}
    with pytest.raises(HomeAssistantError) as raised:
        await set_number(hass, number, 99)
    assert raised.value.translation_key == "rejected"


async def test_numbers_that_are_off_by_default(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, entity_registry: er.EntityRegistry
) -> None:
    """They are there for who wants them."""
    await setup(entry)
    rows = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    numbers = {row.translation_key: row.disabled for row in rows if row.domain == "number"}
    assert numbers == {
        "database_cache": False,
        "paused_stream_limit": True,
        "remote_streams_per_user": True,
        "transcode_limit": True,
    }
    (row,) = [row for row in rows if row.translation_key == "remote_streams_per_user"]
    entity_registry.async_update_entity(row.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    state = hass.states.get(row.entity_id)
    assert state is not None
    assert state.attributes["max"] == 2, "the server's own limit"
    await set_number(hass, row.entity_id, 2)
    assert plex.state.prefs["WanPerUserStreamCount"] == 2


async def test_an_old_server_has_no_cache_until_it_is_updated(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """An option for what is not there does no harm."""
    plex.quirks.missing_prefs = {DATABASE_CACHE}
    entry = make_entry(plex, options={"housekeeping": {"database_cache": 64}})
    await setup(entry)

    def numbers() -> set[str | None]:
        rows = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        return {row.translation_key for row in rows if row.domain == "number"}

    assert "database_cache" not in numbers()
    assert plex.state.prefs.writes == []
    plex.quirks.missing_prefs = set()
    freezer.tick(INTERVAL)
    async_fire_time_changed(hass)
    await until(lambda: "database_cache" in numbers())


async def test_the_option_is_applied_at_the_start(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, entity_of: Named
) -> None:
    """Once, and only if the server has another value; the number entity and the option do not fight."""
    entry = make_entry(plex, options={"housekeeping": {"database_cache": 64}})
    await setup(entry)
    assert plex.state.prefs.writes == [{DATABASE_CACHE: 64}]
    await hass.config_entries.async_reload(entry.entry_id)
    assert len(plex.state.prefs.writes) == 1
    await set_number(hass, entity_of(entry, "_database_cache"), 80)
    assert entry.options["housekeeping"]["database_cache"] == 80
    await hass.config_entries.async_reload(entry.entry_id)
    assert plex.state.prefs[DATABASE_CACHE] == 80
    assert len(plex.state.prefs.writes) == 2


async def test_a_failing_write_of_the_option_is_tried_again(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The server may be busy when Home Assistant starts."""
    plex.state.faults.append(Fault("/:/prefs", "status", 1, method="PUT", status=500))
    entry = make_entry(plex, options={"housekeeping": {"database_cache": 64}})
    await setup(entry)
    assert plex.state.prefs.writes == []
    freezer.tick(INTERVAL)
    async_fire_time_changed(hass)
    await until(lambda: plex.state.prefs.writes == [{DATABASE_CACHE: 64}])
