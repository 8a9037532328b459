"""The mirror card in the browser: plan, sync, a refusal with its approval, undo. No source file is ever touched."""

from __future__ import annotations

from contextlib import asynccontextmanager
import os
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import expect
import pytest_asyncio

from demo import dashboard, household
from demo.browser import signed_in

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Locator, Page

    from .conftest import House

VIDEOS = (".mkv", ".mp4", ".m4v")
OWN = ".plex-steward"
"""Where the target keeps trash and journals."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def films(bare: House) -> House:
    """A house with a mirror that removes what the source does not have."""
    bare.entry_id = await household.add_server(bare.hass, bare.plex.url, bare.plex.token)
    bare.mirror_id = await household.add_mirror(
        bare.hass, bare.entry_id, "Movies", source_of(bare), target_of(bare), delete=True
    )
    await household.settled(bare.hass)
    await dashboard.install(bare.hass)
    return bare


def source_of(house: House) -> Path:
    return house.media / "plex" / "Movies"


def target_of(house: House) -> Path:
    return house.media / "jellyfin" / "Movies"


def files(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below a folder: what tells whether it was touched."""
    found = {}
    for folder, folders, names in os.walk(root):
        if OWN in folders:
            folders.remove(OWN)
        for name in names:
            facts = Path(folder, name).stat()
            found[os.path.relpath(Path(folder, name), root)] = facts.st_ino, facts.st_size, facts.st_mtime_ns
    return found


def videos(root: Path) -> list[int]:
    """The inode numbers of the videos below a folder."""
    return sorted(inode for name, (inode, _, _) in files(root).items() if name.endswith(VIDEOS))


def move_films(one: Path, other: Path) -> None:
    """Move all films, as somebody does who empties a disk; the folder itself stays."""
    other.mkdir(exist_ok=True)
    for film in sorted(one.iterdir()):
        film.rename(other / film.name)


@asynccontextmanager
async def card_of(house: House, browser: Browser) -> AsyncIterator[tuple[Page, Locator]]:
    """The mirror's card on the dashboard; no error of ours may show."""
    async with signed_in(browser, house.hass) as (page, errors):
        await dashboard.visit(page, house.hass)
        card = page.locator("plex-steward-mirror")
        await expect(card.get_by_role("button", name="Sync")).to_be_enabled()
        yield page, card
        assert errors == []


async def status(house: House) -> str:
    return await house.entity(f"{house.mirror_id}_status")


async def test_the_plan_is_shown_and_run(films: House, browser: Browser) -> None:
    before = files(source_of(films))
    async with card_of(films, browser) as (_, card):
        await card.get_by_role("button", name="Compare").click()
        await expect(card).to_contain_text("Source and target differ.")
        assert files(target_of(films)) == {}
        await card.get_by_role("button", name="Show plan").click()
        plan = card.get_by_role("dialog")
        some = min(path.name for path in source_of(films).iterdir() if path.is_dir())
        await expect(plan).to_contain_text(some.partition(" (")[0])
        await plan.locator("summary").first.click()
        await expect(plan.locator("li").first).to_contain_text("not there yet")
        await plan.get_by_role("button", name="Sync").click()
        await expect(card).to_contain_text("In sync.")
    assert videos(target_of(films)) == videos(source_of(films)) != []
    assert files(source_of(films)) == before


async def test_an_undo_takes_the_run_back(films: House, browser: Browser) -> None:
    before = files(source_of(films))
    async with card_of(films, browser) as (_, card):
        await card.get_by_role("button", name="Undo").click()
        await card.get_by_role("dialog").get_by_role("button", name="Undo").click()
        await expect(card).to_contain_text("Source and target differ.")
        assert files(target_of(films)) == {}
        await card.get_by_role("button", name="Sync").click()
        await expect(card).to_contain_text("In sync.")
    assert videos(target_of(films)) == videos(source_of(films))
    assert files(source_of(films)) == before


async def issues(house: House) -> list[str]:
    """The kinds of the repairs that are shown."""
    answer = await house.hass.ws(type="repairs/list_issues")
    return [row["translation_key"] for row in answer["issues"] if row["domain"] == household.DOMAIN]


async def test_a_refusal_is_explained_and_approved_once(films: House, browser: Browser) -> None:
    source, target, away = source_of(films), target_of(films), films.media / "away"
    linked = files(target)
    move_films(source, away)
    moved = files(away)
    async with card_of(films, browser) as (page, card):
        await card.get_by_role("button", name="Sync").click()
        await expect(card.get_by_role("alert")).to_contain_text("holds no film or show")
        assert files(target) == linked
        assert await issues(films) == ["mirror_source_empty"]

        await card.get_by_role("button", name="Look and approve").click()
        await page.get_by_text("Movies: the source is empty").click()
        dialogue = page.locator("ha-dialog")
        await expect(dialogue).to_contain_text("This is what the run would do")
        await expect(dialogue.locator("li").first).to_contain_text("remove")
        await dialogue.get_by_role("button", name="Submit").click()
        await until(lambda: issues(films), lambda shown: shown == [])
        await films.becomes(await status(films), "in_sync")
    assert videos(target) == []
    assert files(away) == moved

    async with card_of(films, browser) as (_, card):
        await card.get_by_role("button", name="Undo").click()
        await card.get_by_role("dialog").get_by_role("button", name="Undo").click()
        await films.becomes(await status(films), "differs")
        assert files(target) == linked
        # The approval was for one run: the very same plan is refused again.
        await card.get_by_role("button", name="Sync").click()
        await films.becomes(await status(films), "refused")
        assert files(target) == linked
        assert await issues(films) == ["mirror_source_empty"]

        move_films(away, source)
        await card.get_by_role("button", name="Sync").click()
        await expect(card).to_contain_text("In sync.")
    assert await issues(films) == []
    assert files(source) == moved
    assert videos(target) == videos(source)


async def test_a_source_that_was_renamed_away(films: House) -> None:
    """Nothing to approve here: there is nothing to compare with."""
    source, target = source_of(films), target_of(films)
    linked, away = files(target), source.with_name("Elsewhere")
    device = await films.device(films.mirror_id)
    source.rename(away)
    report = await films.hass.action("sync_mirror", {"mirror": device, "delete": True})
    assert report["outcome"] == "refused"
    assert report["exit_code"] != 0
    assert files(target) == linked
    assert await issues(films) == ["mirror_source_missing"]
    away.rename(source)
    report = await films.hass.action("sync_mirror", {"mirror": device})
    assert (report["exit_code"], report["summary"]["files_updated"]) == (0, 0)
    assert await issues(films) == []
