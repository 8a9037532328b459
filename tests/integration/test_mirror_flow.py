"""Adding and changing mirrors: three fields are enough, each mistake is explained and can be mended."""

import errno
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.mirror import doctor, facts
from custom_components.plex_steward.mirror.model import Materializer

from .conftest import Setup, Until
from .mirror_house import MIRROR_ID, make_library, mirror_of, subentry


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """Source and target."""
    return make_library(tmp_path)


@pytest.fixture
async def ready(entry: MockConfigEntry, setup: Setup) -> MockConfigEntry:
    """A server that is set up."""
    return await setup(entry)


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Open the form."""
    form = await hass.config_entries.subentries.async_init((entry.entry_id, "mirror"), context={"source": SOURCE_USER})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    return form["flow_id"]


async def send(hass: HomeAssistant, flow_id: str, values: dict[str, Any]) -> SubentryFlowResult:
    """Submit it."""
    return await hass.config_entries.subentries.async_configure(flow_id, values)


def three(library: tuple[Path, Path]) -> dict[str, Any]:
    """The fields that are enough."""
    return {"name": "Movies", "source": str(library[0]), "target": str(library[1])}


async def test_three_fields_are_enough(hass, ready, library, until: Until):
    """The mirror has its device and entities at once; nothing was written into either folder."""
    done = await send(hass, await begin(hass, ready), three(library))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (added,) = ready.subentries.values()
    assert added.title == "Movies"
    assert added.data["materializer"] == "hardlink"
    assert added.data["delete"] is False
    assert "name" not in added.data
    await until(lambda: added.subentry_id in mirrors_of(ready))
    await hass.async_block_till_done()
    assert hass.states.get("sensor.movies_status").state == "idle"
    assert list(library[1].iterdir()) == []


async def test_sections_may_be_sent_too(hass, ready, library):
    """What the form's sections hold lies flat in the data."""
    values = three(library) | {
        "source_layout": "plex",
        "target_layout": "jellyfin",
        "materializer": "copy",
        "delete": True,
        "advanced": {"anchor": "Dune (2021)", "max_removals": "25", "trash_days": 3},
        "automatic": {"schedule": "weekly(sun)", "wait_for_idle": True},
    }
    done = await send(hass, await begin(hass, ready), values)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (added,) = ready.subentries.values()
    assert "advanced" not in added.data
    assert added.data["anchor"] == "Dune (2021)"
    assert added.data["max_removals"] == "25"
    assert added.data["schedule"] == "weekly(sun)"
    assert added.data["after_new_items"] is False


def mirrors_of(entry: MockConfigEntry) -> dict[str, Any]:
    """The mirrors at work; none while the entry is being loaded again."""
    return entry.runtime_data.mirrors if entry.state is ConfigEntryState.LOADED else {}


def mistake(library: tuple[Path, Path], change: str) -> dict[str, Any]:
    """Values with one mistake."""
    source, target = library
    (target / "inside").mkdir()
    (source / "file.txt").write_text("no folder")
    changes: dict[str, dict[str, Any]] = {
        "relative": {"source": "media/movies"},
        "empty": {"target": "  "},
        "no source": {"source": str(source / "nothing")},
        "no target": {"target": str(target / "nothing")},
        "file": {"source": str(source / "file.txt")},
        "same": {"target": str(source)},
        "same by link": {"target": str(target / ".." / "plex")},
        "inside": {"target": str(source / "Dune (2021)")},
        "around": {"source": str(target / "inside")},
        "nameless": {"name": " "},
        "anchor": {"advanced": {"anchor": "nothing"}},
        "removals": {"advanced": {"max_removals": "many"}},
        "schedule": {"automatic": {"schedule": "weekly(funday)"}},
    }
    return changes[change]


@pytest.mark.parametrize(
    ("change", "field", "error"),
    [
        ("relative", "source", "not_absolute"),
        ("empty", "target", "not_absolute"),
        ("no source", "source", "source_missing"),
        ("no target", "target", "target_missing"),
        ("file", "source", "source_not_a_directory"),
        ("same", "target", "same_folder"),
        ("same by link", "target", "same_folder"),
        ("inside", "target", "target_in_source"),
        ("around", "target", "source_in_target"),
        ("nameless", "name", "name_missing"),
        ("anchor", "base", "anchor_missing"),
        ("removals", "base", "max_removals_form"),
        ("schedule", "base", "schedule_weekly_form"),
    ],
)
async def test_each_mistake_is_explained_and_can_be_mended(hass, ready, library, change, field, error):
    """The form comes back with what was typed, and works when it is right."""
    flow = await begin(hass, ready)
    form = await send(hass, flow, three(library) | mistake(library, change))
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {field: error}
    if change == "schedule":
        assert (form["description_placeholders"] or {})["item"] == "weekly(funday)"
    done = await send(hass, flow, three(library))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_file_is_really_tried(hass, ready, library, monkeypatch):
    """Where the file system says no, the form says why before the first run; copies work everywhere."""
    tried = []

    def refuse(root: str, path: str, folder: str, kind: Materializer) -> int:
        tried.append((root, folder, kind))
        return errno.EDQUOT if kind is Materializer.HARDLINK else 0

    monkeypatch.setattr(doctor, "try_file", refuse)
    flow = await begin(hass, ready)
    form = await send(hass, flow, three(library))
    assert form["errors"] == {"materializer": "quota"}
    assert tried == [(str(library[0]), str(library[1]), Materializer.HARDLINK)]
    done = await send(hass, flow, three(library) | {"materializer": "copy"})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_the_doctor_explains_the_border(hass, ready, library, monkeypatch):
    """Two file systems, with their names."""
    monkeypatch.setattr(doctor, "try_file", lambda *_: errno.EXDEV)
    monkeypatch.setattr(doctor, "_crossing", lambda *_: "two_file_systems")
    flow = await begin(hass, ready)
    form = await send(hass, flow, three(library))
    assert form["errors"] == {"materializer": "two_file_systems"}
    assert (form["description_placeholders"] or {}).keys() >= {"source", "target", "detail"}
    monkeypatch.setattr(doctor, "try_file", facts.try_file)
    assert (await send(hass, flow, three(library)))["type"] is FlowResultType.CREATE_ENTRY


async def test_two_mirrors_do_not_share_a_target(hass, ready, library, tmp_path, until):
    """They would take each other's files for strays."""
    await send(hass, await begin(hass, ready), three(library))
    await until(lambda: mirrors_of(ready))
    flow = await begin(hass, ready)
    form = await send(hass, flow, three(library) | {"name": "Again"})
    assert form["errors"] == {"target": "target_taken"}
    other = tmp_path / "other"
    other.mkdir()
    done = await send(hass, flow, three(library) | {"name": "Again", "target": str(other)})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_changing_a_mirror(hass, make_entry, plex, setup: Setup, library, until: Until):
    """The form holds what is set; afterwards the mirror works with the new settings."""
    entry = await setup(make_entry(plex, subentries=(subentry(*library, schedule="weekly(sun)"),)))
    form = await entry.start_subentry_reconfigure_flow(hass, MIRROR_ID)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert form["description_placeholders"]["next_runs"].count(",") == 4
    wrong = await send(hass, form["flow_id"], three(library) | {"target": str(library[0])})
    assert wrong["errors"] == {"target": "same_folder"}
    before = mirror_of(entry)
    done = await send(
        hass, form["flow_id"], three(library) | {"name": "Films", "delete": True, "automatic": {"schedule": ""}}
    )
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await until(lambda: mirrors_of(entry).get(MIRROR_ID) not in (None, before))
    mirror = mirror_of(entry)
    assert mirror.subentry.title == "Films"
    assert mirror.config.settings.options.delete is True
    assert mirror.config.schedule is None
