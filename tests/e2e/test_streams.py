"""Streams: seen, ended politely, and kept away by a maintenance mode that keeps its word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect
import pytest

from demo import dashboard
from demo.browser import signed_in

from .conftest import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from .conftest import House

pytestmark = pytest.mark.core

GRACE = 20
"""Seconds; long enough for a kill in the middle of it."""


async def start(house: House, user: str, **words: object) -> dict[str, Any]:
    """Let somebody play something, and wait until Home Assistant knows."""
    view: dict[str, Any] = await house.plex.control("POST", "sessions", {"user": user, **words})

    async def known() -> bool:
        return any(row["session"] == view["key"] for row in await sessions(house))

    await until(known)
    return view


async def sessions(house: House) -> list[dict[str, Any]]:
    """The streams that Home Assistant has."""
    answer = await house.hass.action("get_sessions")
    rows: list[dict[str, Any]] = answer["sessions"]
    return rows


async def watching(house: House) -> set[str]:
    """Who watches, as the server knows it."""
    return {row["user"] for row in await house.plex.control("GET", "sessions")}


async def told(house: House, view: dict[str, Any]) -> list[str]:
    """What the player of a stream was told."""
    return [row["reason"] for row in await house.plex.control("GET", "messages") if row["key"] == view["key"]]


async def everyone_leaves(house: House) -> None:
    """Begin a test with nobody watching and the mode off."""
    await house.plex.control("DELETE", "sessions")
    await house.hass.action("stop_maintenance")
    await house.becomes(await sensor(house, "streams"), "0")


async def sensor(house: House, key: str) -> str:
    """An entity of the server."""
    return await house.entity(f"{house.plex.ready['machineIdentifier']}_{key}")


async def written(house: House) -> dict[str, Any]:
    """What is on the disk of the maintenance mode."""
    file = house.hass.folder / ".storage" / f"plex_steward.{house.entry_id}.maintenance"
    document = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"data": {}}
    found: dict[str, Any] = document["data"]
    return found


async def test_the_card_shows_a_stream_and_ends_it_with_a_reason(house: House, browser: Browser) -> None:
    await dashboard.install(house.hass)
    async with signed_in(browser, house.hass) as (page, errors):
        await dashboard.visit(page, house.hass)
        card = page.locator("plex-steward-streams")
        await expect(card).to_contain_text("Nobody is watching.")
        view = await start(house, "anna", kind="transcode", player="Living room", hardware="qsv")
        row = card.locator(".row")
        await expect(row).to_contain_text(view["title"])
        await expect(row).to_contain_text("anna · Living room")
        await expect(row).to_contain_text("Transcode")
        await expect(row).to_contain_text("Hardware")
        await row.get_by_role("button", name=f"End {view['title']}").click()
        dialogue = card.get_by_role("dialog")
        await expect(dialogue).to_contain_text("for anna?")
        await dialogue.get_by_role("textbox").fill("Dinner is ready")
        await dialogue.get_by_role("button", name="End", exact=True).click()
        await expect(card.get_by_role("status")).to_contain_text("was ended")
        await expect(card).to_contain_text("Nobody is watching.")
        assert errors == []
    assert await told(house, view) == ["Dinner is ready"]
    assert await watching(house) == set()


async def test_the_action_ends_what_it_names(house: House) -> None:
    await everyone_leaves(house)
    mine = await start(house, "ben", kind="direct_play")
    other = await start(house, "anna", kind="direct_play")
    answer = await house.hass.action("terminate_session", {"user": "ben", "reason": "Bedtime"})
    assert [(row["session"], row["outcome"]) for row in answer["streams"]] == [(mine["key"], "ended")]
    assert await told(house, mine) == ["Bedtime"]
    assert await told(house, other) == []
    assert await watching(house) == {"anna"}
    await house.becomes(await sensor(house, "streams"), "1")


async def test_maintenance_ends_everyone_but_the_exempt(house: House) -> None:
    await everyone_leaves(house)
    early = await start(house, "ben", kind="transcode")
    spared = await start(house, "anna", kind="direct_play")
    (account,) = {row["user_id"] for row in await sessions(house) if row["user"] == "anna"}
    began = await house.hass.action(
        "start_maintenance", {"message": "Back at nine", "grace": 0, "exempt_users": [account]}
    )
    assert began["phase"] == "on"
    assert await until(lambda: told(house, early)) == ["Back at nine"]
    late = await house.plex.control("POST", "sessions", {"user": "chloé", "kind": "direct_play"})
    assert await until(lambda: told(house, late)) == ["Back at nine"]
    await until(lambda: watching(house), lambda who: who == {"anna"})
    assert await told(house, spared) == []
    assert await house.state(await sensor(house, "maintenance")) == "on"


async def test_a_kill_in_the_middle_of_a_grace_changes_nothing(house: House) -> None:
    await everyone_leaves(house)
    view = await start(house, "ben", kind="transcode")
    spared = await start(house, "anna", kind="direct_play")
    await house.hass.action(
        "start_maintenance",
        {"message": "Back at ten", "grace": GRACE, "duration": 3600, "exempt_users": ["anna"]},
    )
    before = await until(lambda: written(house), lambda found: bool(found.get("due")))
    ends = await sensor(house, "maintenance_ends")
    end = await house.state(ends)
    await house.hass.kill()
    assert "ben" in await watching(house)
    await house.hass.start()
    await house.becomes(await sensor(house, "maintenance"), "on")
    await house.becomes(ends, end)
    after = await written(house)
    if "ben" in await watching(house):  # his grace goes on where it was
        assert after["due"] == before["due"]
    assert await until(lambda: told(house, view)) == ["Back at ten"]
    await until(lambda: watching(house), lambda who: who == {"anna"})
    assert await told(house, spared) == []


async def test_maintenance_ends_by_itself(house: House) -> None:
    await everyone_leaves(house)
    switch = await sensor(house, "maintenance")
    await house.hass.action("start_maintenance", {"duration": 5, "grace": 0})
    await house.becomes(switch, "off")
    assert await house.state(await sensor(house, "maintenance_ends")) == "unknown"
    view = await start(house, "ben", kind="direct_play")
    assert await watching(house) == {"ben"}
    assert await told(house, view) == []
