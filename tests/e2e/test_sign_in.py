"""Signing in with Plex in the browser: setting up, again after a refusal, and anew."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import expect
import pytest
import pytest_asyncio

from demo import household
from demo.browser import goto, signed_in
from demo.hass import Hass
from demo.plex import Plex

from .conftest import complaints, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.core

PAGE = "/config/integrations/integration/plex_steward"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[Plex]:
    """A server whose owner has an account at the played plex.tv."""
    async with Plex("--port", "0", "--plex-tv", "--synthetic", "6") as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(server: Plex, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hass]:
    """A Home Assistant in which nothing is set up yet; its log must stay clean of ours and hold no token."""
    folder: Path = tmp_path_factory.mktemp("signing-in")
    hass = Hass(folder, environment=household.environment(server), own_level="debug")
    try:
        await hass.start()
        yield hass
    finally:
        await hass.stop()
    log = hass.log()
    assert complaints(log) == []
    assert server.token not in log
    assert str(server.ready["account_token"]) not in log


async def state(hass: Hass) -> str:
    """Give the state of the one entry, or "none"."""
    found = await household.entries(hass)
    return str(found[0]["state"]) if found else "none"


@asynccontextmanager
async def approving(page: Page) -> AsyncIterator[None]:
    """Do what opens the Plex page; it is approved there, and the tab closes by itself."""
    async with page.context.expect_page() as opened:
        yield
    tab = await opened.value
    assert "/auth#?clientID=" in tab.url
    async with tab.expect_event("close"):
        await tab.get_by_role("button", name="Allow").click()


async def test_from_the_button_to_the_entry(home: Hass, server: Plex, browser: Browser) -> None:
    async with signed_in(browser, home) as (page, errors):
        await goto(page, home, "/config/integrations/dashboard/add?domain=plex_steward")
        await page.get_by_role("button", name="OK").click()
        async with approving(page):
            await page.get_by_text("Sign in with Plex", exact=True).click()
        await expect(page.get_by_text("Choose a server")).to_be_visible()
        await expect(page.get_by_text("yours · online")).to_be_visible()
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("local · answers")).to_be_visible()
        await page.get_by_role("button", name="Submit").click()
        await page.get_by_role("button", name="Skip and finish").click()
        assert errors == []

    async def loaded() -> str:
        return await state(home)

    await until(loaded, lambda found: found == "loaded")
    entities = await home.entities()
    connectivity = next(entity for unique, entity in entities.items() if unique.endswith("_connectivity"))
    assert (await home.state(connectivity))["state"] == "on"


async def refuse(home: Hass, server: Plex) -> None:
    """Let the server refuse the token, so that the entry fails."""
    (entry,) = await household.entries(home)
    await server.control("POST", "faults", {"path": "/", "kind": "status", "status": 401, "times": None})
    await home.post(f"/api/config/config_entries/entry/{entry['entry_id']}/reload")
    await server.control("DELETE", "faults")
    assert await state(home) == "setup_error"


async def test_again_after_a_refusal(home: Hass, server: Plex, browser: Browser) -> None:
    await refuse(home, server)
    async with signed_in(browser, home) as (page, errors):
        await goto(page, home, PAGE)
        await page.get_by_role("button", name="Reconfigure").click()
        async with approving(page):
            await page.get_by_text("Sign in with Plex", exact=True).click()

        async def loaded() -> str:
            return await state(home)

        await until(loaded, lambda found: found == "loaded")
        assert errors == []
    assert await home.ws(type="config_entries/flow/progress") == []


async def test_anew(home: Hass, server: Plex, browser: Browser) -> None:
    async with signed_in(browser, home) as (page, errors):
        await goto(page, home, PAGE)
        await page.locator("ha-config-entry-row ha-dropdown").first.click()
        await page.get_by_text("Reconfigure", exact=True).click()
        async with approving(page):
            await page.get_by_text("Sign in with Plex again", exact=True).click()
        await expect(page.get_by_text("local · answers")).to_be_visible()
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("success", exact=False).first).to_be_visible()
        assert errors == []

    async def loaded() -> str:
        return await state(home)

    await until(loaded, lambda found: found == "loaded")
