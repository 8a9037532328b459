"""Refusals: explained as repairs; where a person may overrule the guard, that very plan is allowed, once."""

from http import HTTPStatus
from pathlib import Path
import shutil
import threading
from typing import Any

from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators import mirrors as mirrors_module
from custom_components.plex_steward.mirror import doctor, run as run_module
from simulator import Simulator

from .conftest import MakeEntry, Setup, Until
from .mirror_house import FILMS, act, device_of, files, film, inodes, make_library, mirror_of, subentry

MANY = 30
"""Films; so many that losing most of them is beyond what may go unasked."""


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """A source with many films, and a target."""
    source, target = make_library(tmp_path)
    for number in range(MANY):
        film(source, f"Film {number:02} (2000)")
    return source, target


@pytest.fixture
async def ready(hass, make_entry: MakeEntry, plex: Simulator, library, setup: Setup) -> MockConfigEntry:
    """A server with a mirror that removes strays, in sync."""
    assert await async_setup_component(hass, "repairs", {})
    entry = await setup(make_entry(plex, subentries=(subentry(*library, delete=True),)))
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    return entry


def issues(hass: Any) -> dict[str, ir.IssueEntry]:
    """The mirror's repairs, by kind."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and str(issue.translation_key).startswith("mirror_")
    }


def lose(source: Path, count: int) -> None:
    """Let films vanish from the source."""
    for number in range(count):
        shutil.rmtree(source / f"Film {number:02} (2000)")


async def open_repair(client: Any, issue: ir.IssueEntry) -> dict[str, Any]:
    """Open the dialogue."""
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    assert answer.status == HTTPStatus.OK
    form: dict[str, Any] = await answer.json()
    return form


async def submit(client: Any, flow_id: str) -> dict[str, Any]:
    """Press submit."""
    answer = await client.post(f"/api/repairs/issues/fix/{flow_id}", json={})
    assert answer.status == HTTPStatus.OK
    result: dict[str, Any] = await answer.json()
    return result


async def refused(hass: Any, entry: MockConfigEntry, source: Path, hass_client: Any) -> tuple[Any, dict[str, Any]]:
    """Lose too many films, run, and open the repair; gives who looks at it, and what is shown."""
    lose(source, 20)
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    client = await hass_client()
    (issue,) = issues(hass).values()
    return client, await open_repair(client, issue)


async def test_too_many_removals_are_shown_and_allowed_once(hass, ready, library, hass_client, until: Until):
    """The dialogue shows the plan; submitting carries out that plan; the next one is refused again."""
    source, target = library
    lose(source, 20)
    report = await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    assert report["refusal"]["reason"] == "too_many_removals"
    (issue,) = issues(hass).values()
    assert issue.is_fixable
    assert len(inodes(target)) == len(FILMS) + MANY
    client = await hass_client()
    form = await open_repair(client, issue)
    told = form["description_placeholders"]
    assert (told["mirror"], told["removals"], told["limit"]) == ("Movies", "20", "17")
    assert "- `remove Film 00 (2000)`" in told["plan"]
    done = await submit(client, form["flow_id"])
    assert done["type"] == "create_entry"
    await until(lambda: not mirror_of(ready).busy and inodes(target) == inodes(source))
    await until(lambda: issues(hass) == {})
    assert mirror_of(ready).records[-1].reason == "repair"

    for number in range(20, 30):
        shutil.rmtree(source / f"Film {number:02} (2000)")
    film(source, "New (2026)")
    again = await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    assert again["outcome"] == "done"  # ten may always go
    for path in source.iterdir():
        shutil.rmtree(path)
    assert (await act(hass, "sync_mirror", mirror=device_of(hass, ready)))["outcome"] == "refused"
    assert set(issues(hass)) == {"mirror_source_empty"}


async def test_another_plan_than_the_approved_one_is_refused_again(hass, ready, library, hass_client, until: Until):
    """What changed between looking and submitting was not approved."""
    source, target = library
    client, form = await refused(hass, ready, source, hass_client)
    shutil.rmtree(source / FILMS[0])
    runs = len(mirror_of(ready).records)
    await submit(client, form["flow_id"])
    await until(lambda: len(mirror_of(ready).records) > runs)
    assert mirror_of(ready).records[-1].refusal == "too_many_removals"
    assert len(inodes(target)) == len(FILMS) + MANY
    await until(lambda: set(issues(hass)) == {"mirror_too_many_removals"})


async def test_a_repair_that_was_solved_meanwhile(hass, ready, library, hass_client):
    """The source is mounted again: the notice goes, and an open dialogue does nothing."""
    source, target = library
    away = source.with_name("away")
    source.rename(away)
    source.mkdir()
    await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    (issue,) = issues(hass).values()
    client = await hass_client()
    form = await open_repair(client, issue)
    assert form["type"] == "form"
    source.rmdir()
    away.rename(source)
    await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    assert issues(hass) == {}
    ended = await submit(client, form["flow_id"])
    assert (ended["type"], ended["reason"]) == ("abort", "mirror_gone")
    assert len(list(files(target))) == len(FILMS) + MANY


async def test_a_missing_source_is_explained_and_comes_back_after_a_restart(hass, ready, library, setup: Setup):
    """Nothing to approve; the notice goes with the next good run."""
    source, _ = library
    source.rename(source.with_name("away"))
    await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    (kind,) = issues(hass)
    assert (kind, issues(hass)[kind].is_fixable) == ("mirror_source_missing", False)
    ir.async_delete_issue(hass, DOMAIN, issues(hass)[kind].issue_id)
    await hass.config_entries.async_reload(ready.entry_id)
    await hass.async_block_till_done()
    assert set(issues(hass)) == {"mirror_source_missing"}
    source.with_name("away").rename(source)
    await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    assert issues(hass) == {}


async def test_looking_raises_no_repair(hass, ready, library):
    """Only a run that was meant to write has something in its way."""
    lose(library[0], 20)
    await act(hass, "sync_mirror", mirror=device_of(hass, ready), dry_run=True)
    await act(hass, "diff_mirror", mirror=device_of(hass, ready))
    assert issues(hass) == {}


async def test_the_doctor_explains_links_that_fail(hass, ready, library, monkeypatch):
    """The repair says which border the link cannot cross."""
    monkeypatch.setattr(run_module, "probe", lambda *_: 18)
    monkeypatch.setattr(doctor, "try_file", lambda *_: 18)
    monkeypatch.setattr(doctor, "_crossing", lambda *_: "zfs_datasets")
    film(library[0], "New (2026)")
    report = await act(hass, "sync_mirror", mirror=device_of(hass, ready))
    assert report["refusal"]["reason"] == "cross_device"
    assert set(issues(hass)) == {"mirror_links_zfs_datasets"}


async def test_a_busy_mirror_takes_no_approval(hass, ready, library, hass_client, until: Until, monkeypatch):
    """The dialogue says so and can be submitted again when the run is over."""
    source, target = library
    client, form = await refused(hass, ready, source, hass_client)
    go = threading.Event()
    real = run_module.run

    def slow(*arguments: Any, **more: Any) -> Any:
        go.wait(60)
        return real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(mirrors_module, "run", slow)
        mirror_of(ready).async_launch("diff", "button")
        again = await submit(client, form["flow_id"])
        assert (again["type"], again["errors"]) == ("form", {"base": "mirror_busy"})
        go.set()
        await until(lambda: not mirror_of(ready).busy)
    assert len(inodes(target)) == len(FILMS) + MANY
    assert (await submit(client, form["flow_id"]))["type"] == "create_entry"
    await until(lambda: not mirror_of(ready).busy and inodes(target) == inodes(source))


async def test_a_repair_of_a_server_that_is_switched_off(hass, ready, library, hass_client):
    """There is nothing to approve; nothing is removed."""
    source, target = library
    client, form = await refused(hass, ready, source, hass_client)
    assert await hass.config_entries.async_unload(ready.entry_id)
    ended = await submit(client, form["flow_id"])
    assert (ended["type"], ended["reason"]) == ("abort", "mirror_gone")
    assert len(inodes(target)) == len(FILMS) + MANY
