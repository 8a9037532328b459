"""Libraries in Home Assistant: the numbers are the server's own, and they come and go with it."""

from pathlib import Path
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.plex_steward.const import CONF_LIBRARIES, CONF_NEW_LIBRARIES
from custom_components.plex_steward.devices import library_identifier
from custom_components.plex_steward.plex.inventory import Inventory
from demo import media
from simulator import Simulator
from simulator.control_library import copy
from simulator.state import Seen
from simulator.synthetic import FILLERS

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .library_house import fault, files, hurry, items, known, small_pages

__all__ = ["hurry", "small_pages"]  # fixtures

CODES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "artist": 8, "album": 9, "track": 10}
COUNTS = {
    "movie": {"items": "movie"},
    "show": {"items": "show", "seasons": "season", "episodes": "episode"},
    "artist": {"items": "artist", "albums": "album", "tracks": "track"},
}
pytestmark = pytest.mark.usefixtures("hurry")


async def test_counts_equal_the_servers_own(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named, entity_of: Named
) -> None:
    """For each type what the server calls its total."""
    await setup(entry)
    await until(lambda: known(entry))
    client = entry.runtime_data.client
    for library in entry.runtime_data.server.libraries:
        for key, kind in COUNTS[library.type].items():
            total = await client.count(library.key, CODES[kind])
            assert state_of(entry, f"{library.uuid}_{key}") == str(total)
            assert total
        state = hass.states.get(entity_of(entry, f"{library.uuid}_items"))
        assert state
        attributes = state.attributes
        assert (attributes["complete"], attributes["missing"]) == (True, 0)
        assert attributes["state_class"] == "measurement"


async def test_sizes_equal_the_files_on_disk(
    hass: HomeAssistant,
    tmp_path: Path,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
) -> None:
    """A library of real folders; what two episodes share counts once."""
    roots = {"Films": "movie", "Shows": "show", "Music": "artist"}
    await hass.async_add_executor_job(media.films, tmp_path / "Films")
    await hass.async_add_executor_job(media.shows, tmp_path / "Shows")
    await hass.async_add_executor_job(media.music, tmp_path / "Music")
    plex = await make_plex(media=[(name, kind, tmp_path / name) for name, kind in roots.items()])
    entry = await setup(make_entry(plex))
    await until(lambda: known(entry))
    for library in entry.runtime_data.server.libraries:
        named = dict(files(plex, library.uuid))
        on_disk = sum(Path(file).stat().st_size for file in named)
        state = hass.states.get(entity_of(entry, f"{library.uuid}_size"))
        assert state
        assert state.attributes["unit_of_measurement"] == "GB"
        assert round(float(state.state) * 10**9) == on_disk
        assert entry.runtime_data.libraries.data[library.uuid].summary.size == on_disk
        assert on_disk


async def test_quality_sensors_add_up(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """They are off until somebody wants them; each item is in one of them."""
    await setup(entry)
    await until(lambda: known(entry))
    registry = er.async_get(hass)
    rows = er.async_entries_for_config_entry(registry, entry.entry_id)
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie").uuid
    quality = [
        row
        for row in rows
        for group in ("resolution", "dynamic_range", "audio_profile")
        if f"{films}_{group}" in row.unique_id
    ]
    assert quality
    assert all(row.disabled_by is er.RegistryEntryDisabler.INTEGRATION for row in quality)
    for row in quality:
        registry.async_update_entity(row.entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: known(entry))
    for group in ("resolution", "dynamic_range", "audio_profile"):
        values = [state_of(entry, row.unique_id) for row in quality if f"{films}_{group}" in row.unique_id]
        assert sum(map(int, values)) == len(items(plex))
        assert len([value for value in values if int(value)]) > 1
    music = next(one for one in entry.runtime_data.server.libraries if one.type == "artist").uuid
    assert not [row for row in rows if f"{music}_resolution" in row.unique_id]


async def test_unknown_until_read(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
) -> None:
    """Setting up waits for no library; half a library is not shown as a whole one."""
    fault(plex, "status", times=None)
    await setup(entry)
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie").uuid
    await until(lambda: plex.state.requests("/library/sections/1/all"))
    assert state_of(entry, f"{films}_items") == STATE_UNKNOWN
    plex.state.faults.clear()
    await entry.runtime_data.libraries.refresh()
    assert state_of(entry, f"{films}_items") == str(len(items(plex)))


async def test_the_last_added(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """The newest item's time."""
    await setup(entry)
    await until(lambda: known(entry))
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie").uuid
    new = copy(plex, items(plex)[0].id, "New")
    when = dt_util.utc_from_timestamp(new.added_at).isoformat()
    await until(lambda: state_of(entry, f"{films}_last_added") == when)


async def test_a_library_that_is_off_is_neither_read_nor_counted(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """No request, no row, no entity; switched off later, it is forgotten."""
    sections = {section.uuid: section for section in plex.state.library.sections.values()}
    off = next(uuid for uuid, section in sections.items() if section.type == "movie")
    entry = make_entry(plex, options={CONF_LIBRARIES: {off: False}})
    await setup(entry)
    await until(lambda: known(entry, 2))
    assert not plex.state.requests(f"/library/sections/{sections[off].id}/")
    rows = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not [row for row in rows if off in row.unique_id]
    stored = await entry.runtime_data.libraries.ask(lambda store: [one.uuid for one in store.libraries()])
    assert off not in stored
    hass.config_entries.async_update_entry(entry, options={CONF_NEW_LIBRARIES: False})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await entry.runtime_data.libraries.refresh()
    assert await entry.runtime_data.libraries.ask(lambda store: store.libraries()) == []
    assert entry.runtime_data.libraries.data == {}


async def test_libraries_come_and_go_without_a_reload(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """A new one is read, one that is gone leaves nothing, one with a new name keeps everything."""
    await setup(entry)
    await until(lambda: known(entry))
    data = entry.runtime_data
    library = plex.state.library
    section = library.section("Children", "movie", ["/children"])
    FILLERS["movie"](library, section, 7, 3)
    await data.server.async_refresh()
    await until(lambda: known(entry, 4))
    assert state_of(entry, f"{section.uuid}_items") == "7"
    section.title = "Kids"
    await data.server.async_refresh()
    await until(lambda: data.libraries.data[section.uuid].summary.title == "Kids")
    device = dr.async_get(hass).async_get_device_by_identifier(library_identifier(entry, section.uuid), entry.entry_id)
    assert device
    assert device.name == "Kids"
    library.drop_section(section.id)
    await data.server.async_refresh()
    await until(lambda: known(entry, 3))
    rows = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not [row for row in rows if section.uuid in row.unique_id]
    assert entry.runtime_data is data


async def test_the_servers_absence_is_shown(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """Unavailable while it is away, and as before when it is back."""
    await setup(entry)
    await until(lambda: known(entry))
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie").uuid
    before = state_of(entry, f"{films}_items")
    await plex.stop()
    await entry.runtime_data.server.async_refresh()
    assert state_of(entry, f"{films}_items") == STATE_UNAVAILABLE
    await plex.restart()
    await entry.runtime_data.server.async_refresh()
    await until(lambda: state_of(entry, f"{films}_items") == before)


async def test_an_entity_can_be_asked_to_be_current(
    plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """The task reads; nobody waits for it. A server that is away stays away."""
    await setup(entry)
    await until(lambda: known(entry))
    libraries = entry.runtime_data.libraries
    plex.state.log.clear()
    await libraries.async_refresh()
    await until(lambda: plex.state.requests("/library/sections/1/all"))
    await plex.stop()
    await entry.runtime_data.server.async_refresh()
    await libraries.async_refresh()
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie").uuid
    assert state_of(entry, f"{films}_items") == STATE_UNAVAILABLE


async def test_a_mistake_of_ours_does_not_end_the_reading(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged, who waits hears of it, and the next round is as good as any."""
    await setup(entry)
    await until(lambda: known(entry))
    libraries = entry.runtime_data.libraries
    with monkeypatch.context() as patch:

        async def fail(*_: object, **__: object) -> None:
            raise RuntimeError("a mistake")

        patch.setattr(Inventory, "refresh", fail)
        with pytest.raises(RuntimeError):
            await libraries.refresh()
    assert "Reading the libraries failed" in caplog.text
    assert len(await libraries.refresh()) == 3


async def test_a_scan_shows(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """At once, without waiting for the poll."""
    plex.quirks.scan_seconds = 2.0
    await setup(entry)
    await until(lambda: known(entry))
    await until(lambda: entry.runtime_data.events.connected)
    library = next(one for one in entry.runtime_data.server.libraries if one.type == "show")
    assert state_of(entry, f"{library.uuid}_scanning") == "off"
    await hass.async_add_executor_job(entry.runtime_data.control.scan, library.key)
    await until(lambda: state_of(entry, f"{library.uuid}_scanning") == "on")
    films = next(one for one in entry.runtime_data.server.libraries if one.type == "movie")
    assert state_of(entry, f"{films.uuid}_scanning") == "off"
    await until(lambda: not plex.state.library.sections[int(library.key)].refreshing)
    await entry.runtime_data.server.async_refresh()
    await until(lambda: state_of(entry, f"{library.uuid}_scanning") == "off")


async def test_what_is_known_is_shown_before_the_server_is_asked(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
) -> None:
    """After a restart the numbers come from the file; the items are not read again."""
    await setup(entry)
    await until(lambda: known(entry))
    assert await hass.config_entries.async_unload(entry.entry_id)
    plex.state.log.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: known(entry))
    modes = {report.mode for report in entry.runtime_data.libraries.reports.values()}
    assert modes == {"unchanged"}


@pytest.mark.usefixtures("small_pages")
async def test_a_restart_in_the_middle_of_a_read_completes_it(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
) -> None:
    """The second start goes on where the first was stopped."""
    plex = await make_plex(synthetic={"movie": 200}, delay=0.01)
    entry = await setup(make_entry(plex))
    libraries = entry.runtime_data.libraries
    await until(lambda: libraries.progress is not None and libraries.progress.done >= 20)
    assert await hass.config_entries.async_unload(entry.entry_id)
    before = len(plex.state.requests("/library/sections/1/all"))
    assert before < 200 / 5
    plex.quirks.delay = 0.0
    plex.state.log.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: known(entry, 1))
    (library,) = entry.runtime_data.server.libraries
    assert state_of(entry, f"{library.uuid}_items") == "200"
    requests = plex.state.requests("/library/sections/1/all")
    starts = [row.paging[0] for row in requests if row.paging is not None and full_page(row)]
    assert starts, "it was not gone on with"
    assert "0" not in starts, "it was begun anew"


def full_page(row: Seen) -> bool:
    """Tell whether items with everything were asked for."""
    return "includeElements" in row.query and row.paging is not None and row.paging[1] == "5"


async def test_removing_the_entry_removes_the_file(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, until: Until, hass_ws_client: WebSocketGenerator
) -> None:
    """Nothing stays behind."""
    await setup(entry)
    await until(lambda: known(entry))
    folder = Path(hass.config.path(".storage"))

    def mine() -> list[str]:
        return [path.name for path in folder.glob(f"*{entry.entry_id}.inventory*")]

    assert await hass.async_add_executor_job(mine)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.async_add_executor_job(mine) == []


async def test_the_overview_names_the_libraries(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """For the dashboard, by uuid and device; and the card's feed has their numbers."""
    await setup(entry)
    await until(lambda: known(entry))
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "plex_steward/overview"})
    (server,) = (await client.receive_json())["result"]["servers"]
    assert {row["kind"] for row in server["libraries"]} == {"movie", "show", "artist"}
    device = next(row["device_id"] for row in server["libraries"] if row["kind"] == "movie")
    await client.send_json_auto_id({"type": "plex_steward/library", "device_id": device})
    assert (await client.receive_json())["success"]
    message: dict[str, Any] = await client.receive_json()
    (row,) = message["event"]["libraries"]
    assert row["read"] is True
    assert row["items"] == len(items(plex))
    assert sum(row["resolution"].values()) == len(items(plex))
    assert row["size_entity"].startswith("sensor.")
