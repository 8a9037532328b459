"""Libraries at the edges: an empty one, one that is being scanned, a file opened or closed at a bad moment."""

import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward.plex.database import StoreBroken, StoreFailed
from custom_components.plex_steward.plex.store import Store
from custom_components.plex_steward.stewardship import inventory_file
from simulator import Simulator
from simulator.control_library import copy

from .conftest import Named, Setup, Until
from .library_house import act, hurry, items, known

__all__ = ["hurry"]  # a fixture

pytestmark = pytest.mark.usefixtures("hurry")


async def test_an_empty_library(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    entity_of: Named,
    hass_client: ClientSessionGenerator,
) -> None:
    """Nothing is a number too; the newest of nothing is unknown. Photos are left alone."""
    empty = plex.state.library.section("Empty", "movie", ["/empty"])
    photos = plex.state.library.section("Photos", "photo", ["/photos"])
    await setup(entry)
    await until(lambda: known(entry, 4))
    assert state_of(entry, f"{empty.uuid}_items") == "0"
    assert state_of(entry, f"{empty.uuid}_last_added") == STATE_UNKNOWN
    assert state_of(entry, f"{empty.uuid}_newest_poster") == STATE_UNKNOWN
    picture = hass.states.get(entity_of(entry, f"{empty.uuid}_newest_poster"))
    assert picture
    client = await hass_client()
    assert (await client.get(picture.attributes["entity_picture"])).status == 500
    assert not plex.state.requests(f"/library/sections/{photos.id}/all")
    assert state_of(entry, f"{photos.uuid}_scanning") == "off"
    answer = await act(hass, "find_media")
    assert answer["incomplete"] == []


async def test_a_library_that_is_deleted_is_no_longer_scanned(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Its sensor never says that it rests or works: there is nothing to say that of."""
    gone = plex.state.library.section("Old films", "movie", ["/old"])
    await setup(entry)
    await until(lambda: known(entry, 4))
    sensor = entity_of(entry, f"{gone.uuid}_scanning")
    said: list[str | None] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        said.append(None if new is None else new.state)

    async_track_state_change_event(hass, sensor, note)
    del plex.state.library.sections[gone.id]
    await entry.runtime_data.server.async_refresh()
    await until(lambda: hass.states.get(sensor) is None)
    await hass.async_block_till_done()
    assert set(said) <= {STATE_UNKNOWN, None}


async def test_while_a_scan_runs_what_it_finds_is_gathered(
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is read when the scan is over."""
    await setup(entry)
    await until(lambda: known(entry) and entry.runtime_data.events.connected)
    libraries, server = entry.runtime_data.libraries, entry.runtime_data.server
    section = next(one for one in plex.state.library.sections.values() if one.type == "movie")
    section.refreshing = True
    await server.async_refresh()
    plex.state.log.clear()
    stirred: list[bool] = []
    stir = libraries._calm.stir

    def stirring() -> None:
        stirred.append(True)
        stir()

    monkeypatch.setattr(libraries._calm, "stir", stirring)
    new = copy(plex, items(plex)[0].id, "Found")
    await until(lambda: len(stirred) >= 4)
    assert not plex.state.requests(f"/library/metadata/{new.id}")
    section.refreshing = False
    await server.async_refresh()
    await until(lambda: state_of(entry, f"{section.uuid}_items") == str(len(items(plex))))


async def test_the_file_is_closed_when_home_assistant_stops(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Who asks then is told so."""
    await setup(entry)
    await until(lambda: known(entry))
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "find_media")
    assert error.value.translation_key == "store_failed"
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "refresh_inventory")
    assert error.value.translation_key == "inventory_stopped"


async def test_a_file_that_breaks_while_it_is_written(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is set aside, and the next round fills a new one by itself."""
    await setup(entry)
    await until(lambda: known(entry))

    def broken(*_: object) -> None:
        raise StoreBroken(reason="corrupt")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "forget_libraries", broken)
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, "refresh_inventory")
        assert error.value.translation_key == "store_broken"
    await act(hass, "refresh_inventory")
    assert (await act(hass, "find_media", kind="movie"))["total"] == len(items(plex))


async def test_unloading_while_the_file_is_being_opened(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting up does not wait for a slow disk, and nothing stays open."""
    reached, go_on = threading.Event(), threading.Event()
    opened: list[Store] = []

    def slow(*arguments: Any) -> Store:
        reached.set()
        go_on.wait(60)
        opened.append(Store(*arguments))
        return opened[0]

    monkeypatch.setattr(inventory_file, "Store", slow)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await until(reached.is_set)
    unloading = hass.async_create_task(hass.config_entries.async_unload(entry.entry_id), eager_start=True)
    go_on.set()
    assert await unloading
    with pytest.raises(StoreFailed, match="closed"):
        await hass.async_add_executor_job(opened[0].libraries)
