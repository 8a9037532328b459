"""The dashboard as people see it: light and dark, wide and narrow, with the keyboard alone, and in the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect
import pytest
import pytest_asyncio

from demo import dashboard
from demo.browser import Scheme, goto, signed_in

from .conftest import until

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from .conftest import House

CARDS = ("plex-steward-streams", "plex-steward-mirror", "plex-steward-library")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy(house: House) -> House:
    """A house where two people watch, and the dashboard is there."""
    await dashboard.install(house.hass)
    for words in (
        {"kind": "transcode", "user": "anna", "player": "Living room"},
        {"kind": "direct_play", "user": "ben", "player": "Phone"},
    ):
        await house.plex.control("POST", "sessions", words)
    return house


async def background(page: Page) -> int:
    """How light a card is, 0 to 255."""
    red = await page.locator("plex-steward-streams ha-card").evaluate(
        "card => getComputedStyle(card).backgroundColor.match(/\\d+/g)[0]"
    )
    return int(red)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(400, 860), (1400, 1000)])
async def test_every_card_fits(busy: House, browser: Browser, scheme: Scheme, width: int, height: int) -> None:
    async with signed_in(browser, busy.hass, width=width, height=height, scheme=scheme) as (page, errors):
        await dashboard.visit(page, busy.hass)
        for name in CARDS:
            await expect(page.locator(name).locator("ha-card")).to_be_visible()
        await expect(page.locator("plex-steward-streams .row")).to_have_count(2)
        await expect(page.locator("plex-steward-mirror").get_by_role("button", name="Sync")).to_be_enabled()
        await expect(page.locator("plex-steward-library .bar").first).to_be_visible()
        for name in CARDS:
            box = await page.locator(name).locator("ha-card").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            wide = await page.locator(name).evaluate("card => card.scrollWidth - card.clientWidth")
            assert wide <= 0, name
        assert (await background(page) > 127) is (scheme == "light")
        assert await page.locator("hui-error-card").count() == 0
        assert errors == []


async def test_posters_come_through_home_assistant(busy: House, browser: Browser) -> None:
    """The browser gets pictures, and neither the server's address nor its token."""
    async with signed_in(browser, busy.hass) as (page, errors):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await dashboard.visit(page, busy.hass)
        poster = page.locator("plex-steward-streams img").first
        await poster.wait_for()

        async def drawn() -> bool:
            return bool(await poster.evaluate("image => image.complete && image.naturalWidth"))

        await until(drawn)
        assert {url for url in asked if busy.plex.url in url or busy.plex.token in url} == set()
        assert errors == []


async def focused(page: Page) -> str:
    """What has the focus, however deep."""
    name: str = await page.evaluate(
        """() => {
          let element = document.activeElement;
          while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
          return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
        }"""
    )
    return name


async def test_a_stream_is_ended_with_the_keyboard_alone(busy: House, browser: Browser) -> None:
    async with signed_in(browser, busy.hass) as (page, errors):
        await dashboard.visit(page, busy.hass)
        card = page.locator("plex-steward-streams")
        await expect(card.locator(".row")).to_have_count(2)
        for _ in range(60):
            await page.keyboard.press("Tab")
            if (await focused(page)).startswith("End "):
                break
        label = await focused(page)
        assert label.startswith("End ")
        dialogue = card.get_by_role("dialog")

        await page.keyboard.press("Enter")
        await expect(dialogue).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialogue).to_have_count(0)
        assert await focused(page) == label  # back where it was

        await page.keyboard.press("Enter")
        await expect(dialogue.get_by_role("textbox")).to_be_focused()
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("Off to bed")
        await page.keyboard.press("Enter")
        await expect(card.get_by_role("status").first).to_contain_text("was ended")
        await expect(card.locator(".row")).to_have_count(1)
        assert errors == []
    assert [row["reason"] for row in await busy.plex.control("GET", "messages")] == ["Off to bed"]


async def test_the_editor_opens_for_every_card(busy: House, browser: Browser) -> None:
    """A card is set up in a form, without YAML."""
    await busy.hass.ws(
        type="lovelace/dashboards/create",
        url_path="by-hand",
        title="By hand",
        icon="mdi:hand",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    cards = [{"type": f"custom:{name}"} for name in CARDS]
    await busy.hass.ws(
        type="lovelace/config/save",
        url_path="by-hand",
        config={"views": [{"title": "Cards", "type": "sections", "sections": [{"type": "grid", "cards": cards}]}]},
    )
    async with signed_in(browser, busy.hass, width=1400) as (page, errors):
        await goto(page, busy.hass, "/by-hand/0?edit=1")
        for name in CARDS:
            await expect(page.locator(name).locator("ha-card")).to_be_visible()
        for index, name in enumerate(CARDS):
            await page.locator("hui-card-edit-mode").nth(index).click()
            editor = page.locator("hui-dialog-edit-card")
            await expect(editor.locator("ha-form").first).to_be_visible()
            await editor.locator("ha-form").get_by_role("textbox").first.fill(f"My {name}")
            await expect(editor.locator(name)).to_contain_text(f"My {name}")
            await editor.get_by_role("button", name="Save").click()
            await expect(editor.locator("ha-form").first).to_be_hidden()
            await expect(page.locator("hui-card-edit-mode").nth(index)).to_contain_text(f"My {name}")
        assert errors == []
