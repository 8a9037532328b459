"""Servers that misbehave and disks that fail: the inventory is complete, or it says what is missing."""

from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.plex import database
from custom_components.plex_steward.plex.database import StoreBroken, StoreFailed
from custom_components.plex_steward.stewardship import inventory_file
from custom_components.plex_steward.stewardship.inventory_file import path_of
from simulator import Simulator
from simulator.control_library import copy

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .library_house import ITEMS, LISTING, act, fault, hurry, items, known, small_pages

__all__ = ["hurry", "small_pages"]  # fixtures

pytestmark = pytest.mark.usefixtures("hurry", "small_pages")


def issues(hass: HomeAssistant) -> set[str]:
    """The kinds of repairs that are shown."""
    found = ir.async_get(hass).issues.items()
    return {str(issue.translation_key) for (domain, _), issue in found if domain == DOMAIN}


@pytest.mark.parametrize(
    "quirks",
    [
        {"include_elements": "ignored"},
        {"include_elements": "error"},
        {"page_cap": 3},
        {"page_cap": 3, "include_elements": "ignored"},
    ],
    ids=str,
)
async def test_odd_servers_are_read_completely(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    quirks: dict[str, Any],
) -> None:
    """Without streams in listings, with small pages: every item, every stream."""
    plex = await make_plex(**quirks)
    entry = await setup(make_entry(plex))
    await until(lambda: known(entry))
    answer = await act(hass, "refresh_inventory")
    assert answer["complete"] is True
    found = await act(hass, "find_media", fields=["rating_key", "versions"], limit=10000)
    assert {row["rating_key"] for row in found["items"]} == {
        item.id for kind in ("movie", "episode", "track") for item in items(plex, kind)
    }
    for row in found["items"]:
        item = plex.state.library.items[row["rating_key"]]
        sounds = sum(
            one.kind == 2
            for media in item.media
            if media.attrs.get("proxyType") != 42
            for one in media.parts[0].streams
        )
        assert sum(len(version["audio"]) for version in row["versions"]) == sounds


@pytest.mark.parametrize("kind", ["truncate", "cut", "broken_utf8", "invalid_xml", "status"])
async def test_a_hiccup_costs_nothing(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    kind: str,
) -> None:
    """An answer that breaks off in the middle is asked for again."""
    fault(plex, kind, after=2)
    await setup(entry)
    await until(lambda: known(entry))
    films = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    assert state_of(entry, f"{films}_items") == str(len(items(plex)))
    assert all(state.complete for state in entry.runtime_data.libraries.data.values())


async def test_an_item_that_cannot_be_told_is_named(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """In the answer, beside the number, in find_media, and as a repair; until it comes."""
    plex = await make_plex(include_elements="ignored", synthetic={"movie": 12})
    ill = items(plex)[7]
    fault(plex, "status", f"/library/metadata/*{ill.id}*", times=None)
    entry = await setup(make_entry(plex))
    await until(lambda: known(entry, 1))
    (library,) = entry.runtime_data.server.libraries
    answer = await act(hass, "refresh_inventory")
    assert answer["complete"] is False
    (row,) = answer["libraries"]
    assert ill.id in row["missing"]
    assert row["missing_count"] == len(row["missing"])
    state = hass.states.get(entity_of(entry, f"{library.uuid}_items"))
    assert state
    assert state.attributes["complete"] is False
    assert state.attributes["missing"] == row["missing_count"]
    assert int(state.state) == 12 - row["missing_count"]
    found = await act(hass, "find_media")
    assert found["incomplete"] == [
        {"library": "Films", "uuid": library.uuid, "reason": "items_missing", "missing": row["missing_count"]}
    ]
    assert "inventory_incomplete" in issues(hass)
    plex.state.faults.clear()
    answer = await act(hass, "refresh_inventory")
    assert answer["complete"] is True
    state = hass.states.get(entity_of(entry, f"{library.uuid}_items"))
    assert state
    assert (state.state, state.attributes["complete"]) == ("12", True)
    assert "inventory_incomplete" not in issues(hass)


async def test_a_library_that_fails_leaves_the_others_alone(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """What is not known is unknown, and the answer says why; the numbers of before stay."""
    films = next(section for section in plex.state.library.sections.values() if section.type == "movie")
    fault(plex, "status", f"/library/sections/{films.id}/all", times=None)
    await setup(entry)
    await until(lambda: len(entry.runtime_data.libraries.data) == 2)
    assert state_of(entry, f"{films.uuid}_items") == STATE_UNKNOWN
    answer = await act(hass, "refresh_inventory")
    row = next(one for one in answer["libraries"] if one["uuid"] == films.uuid)
    assert row["error"]
    assert not row["complete"]
    plex.state.faults.clear()
    await act(hass, "refresh_inventory")
    assert state_of(entry, f"{films.uuid}_items") == str(len(items(plex)))
    fault(plex, "status", LISTING, times=None)
    copy(plex, items(plex)[0].id, "New")
    await act(hass, "refresh_inventory")
    assert state_of(entry, f"{films.uuid}_items") == str(len(items(plex)) - 1)
    assert "error" in str(answer)


async def test_an_unreadable_file_is_set_aside_and_read_anew(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    hass_client: ClientSessionGenerator,
) -> None:
    """The repair says so, and deletes what was set aside."""
    assert await async_setup_component(hass, "repairs", {})
    path = path_of(hass, entry)
    aside = database.broken_path(path)

    def spoil() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no database at all " * 500)

    await hass.async_add_executor_job(spoil)
    await setup(entry)
    await until(lambda: known(entry))
    films = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    assert state_of(entry, f"{films}_items") == str(len(items(plex)))
    assert "inventory_rebuilt" in issues(hass)
    assert await hass.async_add_executor_job(aside.exists)
    client = await hass_client()
    issue = f"inventory_rebuilt_{entry.entry_id}"
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue})
    flow = await answer.json()
    assert flow["step_id"] == "confirm"
    answer = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})
    assert (await answer.json())["type"] == "create_entry"
    assert not await hass.async_add_executor_job(aside.exists)
    assert "inventory_rebuilt" not in issues(hass)


async def test_a_file_that_breaks_while_it_is_used(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks then is told so; the next one is answered."""
    await setup(entry)
    await until(lambda: known(entry))

    def broken(*_: object) -> None:
        raise StoreBroken

    with pytest.raises(StoreBroken):
        await entry.runtime_data.libraries.ask(broken)
    await until(lambda: known(entry))
    assert "inventory_rebuilt" in issues(hass)
    answer = await act(hass, "find_media", kind="movie")
    assert answer["total"] == len(items(plex))
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.plex_steward.services.find.find", broken)
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, "find_media")
        assert error.value.translation_key == "store_broken"
    await until(lambda: known(entry))


async def test_a_disk_that_is_full(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A repair names the reason and goes when it can be written again; nothing is thrown away."""

    def full(*_: object) -> None:
        raise StoreFailed(reason="full")

    with monkeypatch.context() as patch:
        patch.setattr(inventory_file, "Store", full)
        await setup(entry)
        assert entry.state is ConfigEntryState.LOADED
        await until(lambda: "inventory_failed" in issues(hass))
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, "refresh_inventory")
        assert error.value.translation_key == "store_failed"
    await act(hass, "refresh_inventory")
    assert known(entry)
    assert "inventory_failed" not in issues(hass)
    assert not await hass.async_add_executor_job(database.broken_path(path_of(hass, entry)).exists)


async def test_a_file_of_another_release_is_read_anew(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Without a word: nothing is lost."""
    await setup(entry)
    await until(lambda: known(entry))
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = path_of(hass, entry)

    def age() -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 12345")
        connection.close()

    await hass.async_add_executor_job(age)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: known(entry))
    assert "inventory_rebuilt" not in issues(hass)
    answer = await act(hass, "find_media", kind="movie")
    assert answer["total"] == len(items(plex))


async def test_unloading_in_the_middle_answers_who_waits(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """Nobody waits for ever."""
    plex = await make_plex(synthetic={"movie": 60})
    entry = await setup(make_entry(plex))
    await until(lambda: known(entry, 1))
    fault(plex, "hang", ITEMS, times=None)
    fault(plex, "hang", LISTING, times=None)
    waiting = hass.async_create_task(act(hass, "refresh_inventory", full=True), eager_start=True)
    plex.state.log.clear()
    await until(lambda: plex.state.requests("/library/sections/1/all"))
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await waiting
    assert error.value.translation_key == "inventory_stopped"


async def test_nothing_is_read_without_reason(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    """Polls of a server on which nothing changed ask nothing of its libraries."""
    await setup(entry)
    await until(lambda: known(entry))
    plex.state.log.clear()
    for _ in range(3):
        await entry.runtime_data.server.async_refresh()
    await hass.async_block_till_done()
    assert not plex.state.requests("/library/sections/1/all")
    assert Path(path_of(hass, entry)).name.endswith(".inventory.db")
