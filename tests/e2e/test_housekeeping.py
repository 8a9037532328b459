"""The house kept in order: scans after a mirror run, a database that is optimised, and trash that is guarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import expect
import pytest_asyncio

from demo import dashboard, household
from demo.browser import goto, signed_in
from demo.hass import HassError
from demo.plex import Plex

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from .conftest import House

OPTIMISING = 20
"""Seconds that the server takes for it; long enough to be seen."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plex(library: Path) -> AsyncIterator[Plex]:
    """A server with a library in the source and one in the target of the mirror."""
    folders = {"Movies": library / "plex" / "Movies", "Mirrored": library / "jellyfin" / "Movies"}
    rows = [f"{name}:movie:{folder}" for name, folder in folders.items()]
    async with Plex("--port", "0", "--token", "owner-token", "--plex-tv", media=rows) as server:
        await server.control("POST", "prefs", {"autoEmptyTrash": False})
        yield server


async def world(house: House) -> dict[str, Any]:
    """The server at a glance."""
    found: dict[str, Any] = await house.plex.control("GET", "state")
    return found


async def scanned(house: House) -> list[str]:
    """The paths the server was asked to scan, sorted; an empty one stands for a whole library."""
    return sorted(row["path"] or "" for row in (await world(house))["scans"])


async def movies(house: House) -> dict[str, Any]:
    """The library of the source, as the server has it."""
    return next(dict(row) for row in (await world(house))["sections"] if row["title"] == "Movies")


async def films_of(house: House) -> int:
    return int((await movies(house))["counts"].get("movie", 0))


async def trashed(house: House) -> int:
    return int((await movies(house))["trashed"])


async def issues(house: House) -> list[str]:
    """The kinds of the repairs that are shown."""
    answer = await house.hass.ws(type="repairs/list_issues")
    return [row["translation_key"] for row in answer["issues"] if row["domain"] == household.DOMAIN]


async def test_a_run_is_followed_by_scans_of_exactly_the_changed_folders(house: House) -> None:
    source, target = house.media / "plex" / "Movies", house.media / "jellyfin" / "Movies"
    device = await house.device(house.mirror_id)
    assert await scanned(house) == []
    await house.hass.action("sync_mirror", {"mirror": device})
    first = sorted(str(folder) for folder in target.iterdir() if not folder.name.startswith("."))
    await until(lambda: scanned(house), lambda paths: paths == first)

    film = source / "A New Film (2026) {imdb-tt9999999}"
    film.mkdir()
    (film / f"{film.name}.mkv").write_bytes(b"film")
    await house.hass.action("sync_mirror", {"mirror": device})
    second = sorted([*first, str(target / "A New Film (2026) [imdbid-tt9999999]")])
    await until(lambda: scanned(house), lambda paths: paths == second)

    async def known() -> list[str]:
        answer = await house.plex.control("GET", "library/items?type=movie")
        return [row["title"] for row in answer if row["files"] and row["files"][0].startswith(str(target))]

    await until(known, lambda titles: "A New Film" in titles)
    await house.hass.action("sync_mirror", {"mirror": device})  # nothing changed, so nothing is asked
    (film / f"{film.name}.en.srt").write_bytes(b"words")
    await house.hass.action("sync_mirror", {"mirror": device})
    third = sorted([*second, str(target / "A New Film (2026) [imdbid-tt9999999]")])
    await until(lambda: scanned(house), lambda paths: paths == third)


async def test_optimising_shows_running_and_finished(house: House, browser: Browser) -> None:
    await house.plex.control("POST", "quirks", {"optimize_seconds": OPTIMISING})
    await dashboard.install(house.hass)
    machine = house.plex.ready["machineIdentifier"]
    activity, last = await house.entity(f"{machine}_activity"), await house.entity(f"{machine}_last_housekeeping")

    async def told() -> tuple[str | None, str | None]:
        facts = (await house.hass.state(last))["attributes"]
        return facts["running"], facts["optimize_database"]

    async with signed_in(browser, house.hass) as (page, errors):
        await dashboard.visit(page, house.hass)
        row = page.locator("hui-button-entity-row").filter(has_text="Optimise database")
        await row.get_by_text("Press").click()
        await until(told, lambda seen: seen == ("optimize_database", None))
        await house.becomes(activity, "Optimizing database")
        await expect(page.locator("hui-sensor-entity-row").filter(has_text="Activity")).to_contain_text("Optimizing")
        assert errors == []
    await until(told, lambda seen: seen == (None, "done"))
    await house.becomes(activity, "idle")
    assert (await world(house))["housekeeping"] == ["optimize"]
    assert await house.state(last) != "unknown"


async def empty_trash(house: House) -> str:
    """Press the button; say what Home Assistant answered."""
    button = await house.entity(f"{house.plex.ready['machineIdentifier']}_empty_trash")
    try:
        await house.hass.press(button)
    except HassError as error:
        return error.body
    return ""


async def test_trash_of_a_disk_that_is_away_is_kept_until_somebody_says_so(house: House, browser: Browser) -> None:
    source = house.media / "plex" / "Movies"
    away = source.with_name("Unmounted")
    films = await films_of(house)
    emptied = f"emptyTrash/{(await movies(house))['id']}"
    source.rename(away)
    await house.plex.control("POST", "library/scan")
    await until(lambda: trashed(house), lambda count: count == films)

    assert await empty_trash(house) != ""
    assert await trashed(house) == films
    assert await issues(house) == ["trash_folder_missing"]
    async with signed_in(browser, house.hass) as (page, errors):
        await goto(page, house.hass, "/config/repairs")
        await page.get_by_text("Movies: a folder is not there").click()
        dialogue = page.locator("ha-dialog")
        await expect(dialogue).to_contain_text(f"{films} of {films} items of Movies are in the trash")
        await dialogue.get_by_role("button", name="Submit").click()
        await until(lambda: trashed(house), lambda count: count == 0)
        await until(lambda: issues(house), lambda shown: shown == [])
        assert errors == []
    assert (await world(house))["housekeeping"].count(emptied) == 1

    # Once is once: the next time it is refused again.
    away.rename(source)
    await house.plex.control("POST", "library/scan")

    films = await until(lambda: films_of(house))
    source.rename(away)
    await house.plex.control("POST", "library/scan")
    await until(lambda: trashed(house), lambda count: count == films)
    assert await empty_trash(house) != ""
    assert await trashed(house) == films
    assert await issues(house) == ["trash_folder_missing"]
    assert (await world(house))["housekeeping"].count(emptied) == 1
    away.rename(source)
