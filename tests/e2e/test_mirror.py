"""A mirror's life: filled, doubted, allowed, taken back; each in the browser where a person would do it there."""

from __future__ import annotations

from pathlib import Path
import shutil
from typing import TYPE_CHECKING

from playwright.async_api import expect

from demo import household
from demo.browser import goto, signed_in

from .conftest import House, until
from .test_one_press import VIDEOS, inodes

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


async def press(page: Page, house: House, device: str, button: str) -> None:
    """Press one of the mirror's buttons on its device's page."""
    await goto(page, house.hass, f"/config/devices/device/{device}")
    row = page.locator("hui-button-entity-row").filter(has_text=button).first
    await row.get_by_text("Press").click()


def move(here: Path, there: Path) -> None:
    """Move all that is in a folder into another one."""
    for path in list(here.iterdir()):
        path.rename(there / path.name)


async def test_fill_doubt_allow_and_take_back(house: House, browser: Browser) -> None:
    """An empty source is refused; an administrator sees the plan and allows it; `undo_mirror` brings all of it back."""
    source, target = house.media / "doubt" / "Movies", house.media / "doubt" / "Mirror"
    shutil.copytree(house.media / "plex" / "Movies", source)
    target.mkdir()
    mirror = await household.add_mirror(house.hass, house.entry_id, "Doubtful", source, target, delete=True)
    status = await house.entity(f"{mirror}_status")
    device = await house.device(mirror)
    films = inodes(source)
    assert films

    async with signed_in(browser, house.hass) as (page, errors):
        await press(page, house, device, "Sync")
        await house.becomes(status, "in_sync")
        assert inodes(target) == films
        await press(page, house, device, "Compare")
        await house.becomes(await house.entity(f"{mirror}_pending_changes"), "0")

        away = source.with_name("Unmounted")
        away.mkdir()
        move(source, away)
        await press(page, house, device, "Sync")
        await house.becomes(status, "refused")
        assert inodes(target) == films
        assert (await house.hass.state(await house.entity(f"{mirror}_healthy")))["state"] == "off"

        await goto(page, house.hass, "/config/repairs")
        await page.get_by_text("Doubtful: the source is empty").first.click()
        await expect(page.get_by_text("This is what the run would do:")).to_be_visible()
        await expect(page.get_by_text("remove", exact=False).first).to_be_visible()
        await page.get_by_role("button", name="Submit").click()

        async def left() -> list[int]:
            return inodes(target)

        await until(left, lambda found: found == [])
        await house.becomes(status, "in_sync")
        assert errors == []

    issues = await house.hass.ws(type="repairs/list_issues")
    assert not [issue for issue in issues["issues"] if str(issue["translation_key"]).startswith("mirror_")]
    report = await house.hass.action("undo_mirror", {"mirror": device})
    assert report["outcome"] == "done"
    assert inodes(target) == films
    move(away, source)
    assert (await house.hass.action("diff_mirror", {"mirror": device}))["in_sync"] is True


async def test_a_mirror_is_added_in_the_browser_and_its_mistakes_are_explained(house: House, browser: Browser) -> None:
    """The form, with a target that lies in the source, and then with one that does not."""
    source, target = house.media / "plex" / "Movies", house.media / "added"
    target.mkdir()
    async with signed_in(browser, house.hass) as (page, errors):
        await goto(page, house.hass, f"/config/integrations/integration/{household.DOMAIN}")
        await page.get_by_role("button", name="Add mirror").first.click()
        dialog = page.locator("dialog-data-entry-flow")
        await dialog.get_by_role("textbox", name="Name").fill("Added")
        await dialog.get_by_role("textbox", name="Source folder").fill(str(source))
        await dialog.get_by_role("textbox", name="Target folder").fill(str(source))
        await dialog.get_by_role("button", name="Submit").click()
        await expect(dialog.get_by_text("Source and target are one and the same folder.")).to_be_visible()
        await dialog.get_by_role("textbox", name="Target folder").fill(str(target))
        await dialog.get_by_role("button", name="Submit").click()

        async def added() -> list[str]:
            rows = await house.hass.ws(type="config_entries/subentries/list", entry_id=house.entry_id)
            return [str(row["subentry_id"]) for row in rows if row["title"] == "Added"]

        (mirror,) = await until(added)
        status = await house.entity(f"{mirror}_status")
        await house.becomes(status, "idle")
        assert errors == []
    report = await house.hass.action("sync_mirror", {"mirror": await house.device(mirror), "only": ["nothing"]})
    assert report["summary"]["files_updated"] == 0


async def test_changed_folders_are_scanned_by_the_server(house: House) -> None:
    """After a run the server is asked to look at exactly the folders of the new films."""
    source = house.media / "plex" / "Movies"
    target = house.media / "scanned"
    target.mkdir()
    mirror = await household.add_mirror(house.hass, house.entry_id, "Scanned", source, target)
    await house.entity(f"{mirror}_status")
    device = await house.device(mirror)
    await house.hass.action("sync_mirror", {"mirror": device})
    new = source / "A New Film (2026)"
    new.mkdir()
    (new / f"{new.name}{VIDEOS[0]}").write_bytes(b"film")
    before = len(await refreshes(house))
    await house.hass.action("sync_mirror", {"mirror": device})

    async def asked() -> list[str]:
        return (await refreshes(house))[before:]

    await until(asked)
    assert str(new) in await asked()
    shutil.rmtree(new)


async def refreshes(house: House) -> list[str]:
    """Paths the server was asked to scan."""
    rows = await house.plex.control("GET", "log?path=/library/sections/&method=GET")
    return [str(Path(row["query"]["path"])) for row in rows if row["path"].endswith("/refresh")]
