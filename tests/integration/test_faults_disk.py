"""The disk of Home Assistant fails: full, read-only, or with something else in a file than was written."""

import errno
import logging
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir, storage
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.plex import database
from simulator import Simulator
from simulator.control_library import copy

from .conftest import MakeEntry, Named, Setup, Until
from .library_house import act, hurry, items, known, small_pages
from .mirror_house import MIRROR_ID, make_library, mirror_of, subentry

__all__ = ["hurry", "small_pages"]  # fixtures

pytestmark = pytest.mark.usefixtures("hurry")


def reasons(hass: HomeAssistant) -> set[str]:
    """Why the inventory cannot be kept, as the repair says it."""
    found = ir.async_get(hass).issues.items()
    rows = [one for (domain, _), one in found if domain == DOMAIN and one.translation_key == "inventory_failed"]
    return {str((one.translation_placeholders or {})["reason"]) for one in rows}


class Disk:
    """What SQLite finds when it opens the inventory's file."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.connect = database._connect
        self.trouble = ""
        patch.setattr(database, "_connect", self.open)

    def open(self, path: Path) -> sqlite3.Connection:
        if self.trouble == "readonly":
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        connection = self.connect(path)
        if self.trouble == "full":
            ((pages,),) = connection.execute("PRAGMA page_count")
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection


@pytest.mark.parametrize("trouble", ["full", "readonly"])
async def test_the_inventory_cannot_be_written(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    """What is known is still shown, a repair says why nothing new comes, and all is read once it can be written."""
    disk = Disk(monkeypatch)
    await setup(entry)
    await until(lambda: known(entry))
    films = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    before = state_of(entry, f"{films}_items")
    assert await hass.config_entries.async_unload(entry.entry_id)
    disk.trouble = trouble
    for number in range(200):
        copy(plex, items(plex)[0].id, f"New {number}")
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await until(lambda: reasons(hass))
    assert reasons(hass) == {trouble}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "refresh_inventory")
    assert error.value.translation_key == "store_failed"
    assert state_of(entry, f"{films}_items") == before
    answer = await act(hass, "find_media", kind="movie")
    assert answer["total"] == int(before)
    assert await hass.config_entries.async_unload(entry.entry_id)
    disk.trouble = ""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: state_of(entry, f"{films}_items") == str(int(before) + 200))
    await until(lambda: not reasons(hass))


async def test_what_is_decided_holds_although_it_cannot_be_written_down(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No room for our small files: maintenance mode works, the log says so, and the next change is written again."""
    written: list[str] = []

    async def full(store: Any, _: Any) -> None:
        raise WriteError(OSError(errno.ENOSPC, "No space left on device", store.path))

    async def room(store: Any, _: Any) -> None:
        written.append(store.key)

    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    await entry.runtime_data.sessions.async_refresh()
    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "_async_write_data", full)
        await act(hass, "start_maintenance", config_entry_id=entry.entry_id, grace={"seconds": 0}, message="Closed")
        await until(lambda: plex.sessions.messages)
        assert entry.runtime_data.maintenance.data.phase == "on"
    assert "No space left on device" in caplog.text
    with monkeypatch.context() as patch:
        patch.setattr(storage.Store, "_async_write_data", room)
        await act(hass, "stop_maintenance", config_entry_id=entry.entry_id)
        assert f"{DOMAIN}.{entry.entry_id}.maintenance" in written


JUNK: list[Any] = [
    {"phase": "on"},
    {"phase": "no such phase", "exempt": [], "due": {}, "ends": None},
    {"phase": "on", "exempt": 5, "due": [], "ends": "soon"},
    {"results": [1, 2], "waiting": "x", "schedule_empty_trash": {"schedule": 1}, f"runs_{MIRROR_ID}": [{"x": 1}, 7]},
    {"results": {"a": 1}, "waiting": [["dance", 1]], "schedule_empty_trash": 5, f"runs_{MIRROR_ID}": "nonsense"},
    {"mode": "automatic", "later": "a field of another release"},
    [1, 2, 3],
    "text",
    7,
]


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: str(junk)[:24])
async def test_small_files_with_something_else_in_them(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    state_of: Named,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    junk: Any,
) -> None:
    """Of another release, or of a disk that failed: it begins anew and says so; the server is looked after."""
    source, target = await hass.async_add_executor_job(make_library, tmp_path)
    options = {"housekeeping": {"empty_trash": "daily"}}
    entry = make_entry(plex, options=options, subentries=(subentry(source, target),))
    for name in ("maintenance", "prerolls", "housekeeping", "mirrors"):
        key = f"{DOMAIN}.{entry.entry_id}.{name}"
        hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": junk}
    await setup(entry)
    assert state_of(entry, "_maintenance") == "off"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert "begins anew" in caplog.text
    await act(hass, "start_maintenance", config_entry_id=entry.entry_id, grace={"minutes": 5})
    await mirror_of(entry).async_run("sync", "button")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state_of(entry, "_maintenance") == "on"
    assert mirror_of(entry).data.last is not None
    assert entry.runtime_data.housekeeping.triggers
