"""No trash of a disk that is away is emptied, unless somebody has seen it and says so, once."""

import itertools
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.plex_steward.const import DOMAIN
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .house import asked, hurry, outcomes, throw_away
from .mirror_house import act, press, subentry


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    hurry(monkeypatch)


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A server that leaves its trash to us."""
    plex = await make_plex()
    plex.state.prefs["autoEmptyTrash"] = False
    return plex


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """The repairs about trash, by their kind."""
    found = ir.async_get(hass).issues.values()
    return {
        one.translation_key: one for one in found if one.translation_key and one.translation_key.startswith("trash_")
    }


async def submit_repair(hass: HomeAssistant, hass_client: Any, issue: ir.IssueEntry) -> dict[str, Any]:
    """Open a repair as an administrator does, look at it, and submit; gives what it explained."""
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    form = await answer.json()
    assert form["type"] == "form", form
    answer = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    done = await answer.json()
    assert done["type"] == "create_entry", done
    return dict(form["description_placeholders"])


async def repairs_ready(hass: HomeAssistant) -> None:
    """Load the part of Home Assistant that shows repairs."""
    from homeassistant.setup import async_setup_component

    assert await async_setup_component(hass, "repairs", {})


async def test_too_much_trash_asks_first(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    hass_client: Any,
) -> None:
    """The repair shows the counts; its approval counts once and for no more than was shown."""
    await repairs_ready(hass)
    entry = make_entry(plex, options={"housekeeping": {"trash_limit": 1}})
    key = throw_away(plex, 2)
    await setup(entry)
    button = entity_of(entry, f"{plex.machine_identifier}_empty_trash")
    with pytest.raises(HomeAssistantError) as raised:
        await press(hass, button)
    assert raised.value.translation_key == "trash_refused"
    assert asked(plex, f"/library/sections/{key}/emptyTrash") == 0
    explained = await submit_repair(hass, hass_client, issues(hass)["trash_too_many"])
    assert (explained["trashed"], explained["limit"]) == ("2", "1")
    await until(lambda: plex.state.housekeeping == [f"emptyTrash/{key}"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert issues(hass) == {}

    throw_away(plex, 2)
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    issue = issues(hass)["trash_too_many"]
    throw_away(plex, 3)
    await submit_repair(hass, hass_client, issue)
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    assert plex.state.housekeeping == [f"emptyTrash/{key}"]
    assert issues(hass)["trash_too_many"].translation_placeholders["trashed"] == "3"  # type: ignore[index]  # it has them


async def test_an_approval_while_the_server_is_switched_off(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, entity_of: Named, hass_client: Any
) -> None:
    """The dialogue says so, and nothing is emptied."""
    await repairs_ready(hass)
    entry = make_entry(plex, options={"housekeeping": {"trash_limit": 1}})
    throw_away(plex, 2)
    await setup(entry)
    with pytest.raises(HomeAssistantError):
        await press(hass, entity_of(entry, f"{plex.machine_identifier}_empty_trash"))
    client = await hass_client()
    issue = issues(hass)["trash_too_many"]
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    form = await answer.json()
    assert await hass.config_entries.async_unload(entry.entry_id)
    answer = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    again = await answer.json()
    assert (again["type"], again["errors"]) == ("form", {"base": "server_away"})
    assert plex.state.housekeeping == []


async def test_a_refusal_survives_a_restart(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, entity_of: Named
) -> None:
    """So does what the sensor shows."""
    entry = make_entry(plex, options={"housekeeping": {"trash_limit": 1}})
    throw_away(plex, 2)
    await setup(entry)
    await act(hass, "run_housekeeping")
    before = outcomes(hass, last := entity_of(entry, "_last_housekeeping"))
    assert before == {"empty_trash": "refused", "clean_bundles": "done", "optimize_database": "done"}
    ir.async_delete_issue(hass, DOMAIN, issues(hass)["trash_too_many"].issue_id)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert outcomes(hass, last) == before
    assert set(issues(hass)) == {"trash_too_many"}


async def scanned(plex: Simulator, until: Until) -> None:
    """Let the server look at its disk."""
    from simulator.maintenance import scan

    for section in plex.state.library.sections.values():
        scan(plex.state, section)
    await until(lambda: not plex.state.activities.running)


@pytest.mark.parametrize(
    ("seen_by", "away"), itertools.product(["mirror", "mapped path", "server"], ["renamed", "empty"])
)
async def test_a_disk_that_is_away_is_not_emptied(
    hass: HomeAssistant,
    disk: tuple[Simulator, Path],
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    entity_of: Named,
    hass_client: Any,
    seen_by: str,
    away: str,
) -> None:
    """Looked at on the disk where Home Assistant sees it, else asked of the server; an approval works once."""
    await repairs_ready(hass)
    plex, folder = disk
    target = tmp_path / "target"
    target.mkdir()
    entry = make_entry(
        plex,
        options={"housekeeping": {"mapped_paths": [f"{folder} = {folder}"]}} if seen_by == "mapped path" else {},
        subentries=(subentry(folder, target, scan_server=False),) if seen_by == "mirror" else (),
    )
    (folder / "Film 0 (2001)" / "Film 0 (2001) [1080p].mkv").unlink()
    await scanned(plex, until)
    aside = folder.rename(tmp_path / "aside")
    if away == "empty":
        folder.mkdir()
    await setup(entry)
    button = entity_of(entry, f"{plex.machine_identifier}_empty_trash")
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    assert plex.state.housekeeping == []
    expected = "unreachable" if seen_by == "server" else {"renamed": "folder_missing", "empty": "folder_empty"}[away]
    assert set(issues(hass)) == {f"trash_{expected}"}
    issue = issues(hass)[f"trash_{expected}"]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["folder"] == str(folder)

    await submit_repair(hass, hass_client, issue)
    await until(lambda: plex.state.housekeeping == ["emptyTrash/1"])
    await until(lambda: not entry.runtime_data.housekeeping.busy)
    await scanned(plex, until)  # now everything is in the trash
    with pytest.raises(HomeAssistantError):
        await press(hass, button)
    assert plex.state.housekeeping == ["emptyTrash/1"]

    if away == "empty":
        folder.rmdir()
    aside.rename(folder)
    await scanned(plex, until)
    await press(hass, button)
    assert issues(hass) == {}
    assert len(plex.state.library.items) == 5


async def test_a_library_that_is_all_trash_is_not_emptied(
    hass: HomeAssistant, disk: tuple[Simulator, Path], make_entry: MakeEntry, setup: Setup, until: Until, tmp_path: Path
) -> None:
    """Where nobody sees the folder, everything at once is no tidying."""
    plex, folder = disk
    folder.rename(tmp_path / "aside")
    await scanned(plex, until)
    await setup(make_entry(plex))
    answer = await act(hass, "run_housekeeping", steps=["empty_trash"])
    assert answer["steps"][0]["outcome"] == "refused"
    assert answer["steps"][0]["libraries"][0]["reason"] == "all"
    assert len(plex.state.library.items) == 6
