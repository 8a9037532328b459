"""What the cards show at times: maintenance, growth, a crowd, nobody; in another language; and to everybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect
import pytest
import pytest_asyncio

from demo import dashboard, history
from demo.browser import Scheme, goto, signed_in

from .conftest import until

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page, Route

    from .conftest import House

CARDS = ("plex-steward-streams", "plex-steward-mirror", "plex-steward-library")
LONG = (
    "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb – Donaudampfschifffahrtsgesellschaftskapitän"
)
AUDIT = """card => {
  const colour = text => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext("2d");
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => below.map((part, index) => index === 3 ? 1 : top[index] * top[3] + part * (1 - top[3]));
  const parent = element => element.parentElement ?? element.getRootNode().host;
  const ground = element => {
    const layers = [];
    for (let one = element; one; one = parent(one)) layers.push(colour(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, top) => top[3] ? over(top, below) : below, [255, 255, 255, 1]);
  };
  const light = rgb => rgb.slice(0, 3)
    .map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = element => {
    const below = ground(element);
    const [one, other] = [light(over(colour(getComputedStyle(element).color), below)), light(below)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const wrong = [];
  const root = card.shadowRoot;
  const ids = [...root.querySelectorAll("[id]")].map(element => element.id);
  if (new Set(ids).size < ids.length) wrong.push(`ids twice: ${ids}`);
  for (const element of root.querySelectorAll("button, summary, input, img, dialog, section, [role]")) {
    const name = element.getAttribute("aria-label") ?? element.textContent.trim();
    const labelled = root.getElementById(element.getAttribute("aria-labelledby"))?.textContent;
    const decoration = element.getAttribute("alt") === "" || element.getAttribute("role") === "status";
    const named = name || labelled || element.closest("label")?.textContent.trim();
    if (!named && !decoration) wrong.push(`no name: ${element.outerHTML}`);
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
    if (element.matches("button.strong")) continue; // the theme's own pair of colours
    const found = contrast(element);
    if (found < 4.5) wrong.push(`contrast ${found.toFixed(2)}: ${element.outerHTML}`);
  }
  return wrong;
}"""
"""What is wrong with a card for those who do not see well or at all: names, ids, contrast."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(house: House) -> House:
    """A house with the dashboard."""
    await dashboard.install(house.hass)
    return house


async def watch(home: House, **words: Any) -> dict[str, Any]:
    """Let somebody watch."""
    return dict(await home.plex.control("POST", "sessions", {"kind": "transcode", "player": "Sofa", **words}))


@pytest_asyncio.fixture(loop_scope="session")
async def anna(home: House) -> House:
    """One viewer, and no other."""
    await home.plex.control("DELETE", "sessions")
    await watch(home, user="anna", hardware="qsv", location="wan")
    return home


async def fits(page: Page, width: int) -> None:
    """No card is wider than the page, and nothing in it wider than the card."""
    for name in CARDS:
        box = await page.locator(name).locator("ha-card").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert await page.locator(name).evaluate("card => card.scrollWidth - card.clientWidth") <= 0, name
        assert await page.locator(name).locator("ha-card").evaluate("card => card.scrollWidth - card.clientWidth") <= 0


async def filled(page: Page) -> None:
    """Wait until every card shows what it knows."""
    await expect(page.locator("plex-steward-mirror button").first).to_be_visible()
    await expect(page.locator("plex-steward-library .bar").first).to_be_visible()


async def seconds(timer: Locator) -> int:
    """Read a countdown."""
    clock = (await timer.inner_text()).split()[-1].rstrip(".")
    return sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))


async def test_maintenance_counts_down_and_is_ended(anna: House, browser: Browser) -> None:
    switch = await anna.entity("_maintenance")
    async with signed_in(browser, anna.hass) as (page, errors):
        await dashboard.visit(page, anna.hass)
        banner = page.locator("plex-steward-streams .banner")
        await expect(page.locator("plex-steward-streams .row")).to_have_count(1)
        await expect(banner).to_have_count(0)

        await anna.hass.post("/api/services/plex_steward/start_maintenance", {"wait": True, "duration": {"hours": 2}})
        await expect(banner).to_contain_text("begins when the last stream ends")
        await banner.get_by_role("button", name="End maintenance").click()
        await expect(banner).to_have_count(0)

        await anna.hass.post(
            "/api/services/plex_steward/start_maintenance", {"grace": {"hours": 1}, "duration": {"hours": 2}}
        )
        timer = banner.get_by_role("timer")
        await expect(timer).to_contain_text("Maintenance mode is on for another")
        first = await seconds(timer)
        assert 0 < first <= 7200
        await until(lambda: seconds(timer), lambda left: left < first)
        await banner.get_by_role("button", name="End maintenance").click()
        await expect(banner).to_have_count(0)
        assert await anna.becomes(switch, "off")
        await expect(page.locator("plex-steward-streams .row")).to_have_count(1)
        assert errors == []


async def test_growth_is_drawn(home: House, browser: Browser) -> None:
    await history.write(home.hass)
    size = next(iter(await history.sizes(home.hass)))

    async def kept() -> int:
        rows = await home.hass.ws(
            type="recorder/statistics_during_period",
            start_time="2020-01-01T00:00:00+00:00",
            statistic_ids=[size],
            period="day",
            types=["mean"],
        )
        return len(rows.get(size, []))

    await until(kept, lambda days: days >= history.DAYS)
    async with signed_in(browser, home.hass) as (page, errors):
        await dashboard.visit(page, home.hass)
        library = page.locator("plex-steward-library section").filter(has_text="Growth in 30 days")
        await expect(library).to_contain_text("+")
        bars = library.locator(".growth > span")
        assert await bars.count() >= history.DAYS - 1
        heights = await bars.evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().height)")
        assert heights == sorted(heights)
        assert heights[0] < heights[-1]
        assert errors == []


async def test_the_dashboard_is_offered_where_a_new_one_is_added(home: House, browser: Browser) -> None:
    async with signed_in(browser, home.hass) as (page, errors):
        await goto(page, home.hass, "/config/lovelace/dashboards")
        await page.get_by_role("button", name="Add dashboard").click()
        offer = page.locator("dashboard-card").filter(has_text="Streams, mirrors and libraries of every server.")
        await expect(offer).to_contain_text("Plex Steward")
        await offer.click()
        form = page.locator("dialog-lovelace-dashboard-detail")
        await form.get_by_role("textbox", name="Title").fill("Our cinema")
        await form.get_by_role("button", name="Create").click()
        await expect(page.get_by_text("Our cinema").first).to_be_visible()
        await dashboard.visit(page, home.hass, "our-cinema")
        for name in CARDS:
            await expect(page.locator(name).locator("ha-card")).to_be_visible()
        assert errors == []
    rows = await home.hass.ws(type="lovelace/config", url_path="our-cinema")
    assert rows == {"strategy": {"type": "custom:plex-steward"}}


@pytest.mark.parametrize("late", ["**/frontend_latest/app.*.js", "**/*-card.js"])
async def test_the_order_in_which_modules_come_does_not_matter(anna: House, browser: Browser, late: str) -> None:
    """What is defined before the frontend's own registry would be lost; cards may come after their dashboard."""

    async def slowly(route: Route) -> None:
        await asyncio.sleep(6)
        await route.continue_()

    async with signed_in(browser, anna.hass) as (page, errors):
        await page.route(late, slowly)
        await dashboard.visit(page, anna.hass)
        await filled(page)
        await expect(page.locator("plex-steward-streams .row")).to_have_count(1)
        assert errors == []


async def test_a_crowd_with_long_names_fits(home: House, browser: Browser) -> None:
    await home.plex.control("DELETE", "sessions")
    item = (await home.plex.control("GET", "library/items?type=movie"))[0]["id"]
    await home.plex.control("POST", f"library/items/{item}", {"title": LONG})
    for number in range(12):
        await watch(home, item=item, user=f"friedhelm.wuestenhagen-oberlaender-{number}@example.org", player="T" * 60)
    async with signed_in(browser, home.hass, width=400) as (page, errors):
        await dashboard.visit(page, home.hass)
        rows = page.locator("plex-steward-streams .row")
        await expect(rows).to_have_count(12)
        await filled(page)
        await fits(page, 400)
        lines = await rows.first.locator(".name").evaluate(
            "name => name.clientHeight / parseFloat(getComputedStyle(name).lineHeight)"
        )
        assert lines < 2.5
        await home.plex.control("DELETE", "sessions")
        await expect(page.locator("plex-steward-streams")).to_contain_text("Nobody is watching.")
        await expect(rows).to_have_count(0)
        assert errors == []


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_other_languages_fit(anna: House, browser: Browser, language: str) -> None:
    """On a telephone, where words are longest for the space there is."""
    said = {
        "de": ("Beenden", "Synchronisieren", "Mediatheken"),
        "fr": ("Arrêter", "Synchroniser", "Bibliothèques"),
    }
    async with signed_in(browser, anna.hass, width=400, language=language) as (page, errors):
        await dashboard.visit(page, anna.hass)
        await filled(page)
        for name, word in zip(CARDS, said[language], strict=True):
            await expect(page.locator(name)).to_contain_text(word)
        await fits(page, 400)
        offered = await page.evaluate("customCards.find(card => card.type === 'plex-steward-library').name")
        assert offered == f"Plex Steward: {said[language][2]}"
        assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_has_a_name_and_can_be_read(anna: House, browser: Browser, scheme: Scheme) -> None:
    async with signed_in(browser, anna.hass, scheme=scheme) as (page, errors):
        await dashboard.visit(page, anna.hass)
        await expect(page.locator("plex-steward-streams .row")).to_have_count(1)
        await filled(page)
        for name in CARDS:
            assert await page.locator(name).evaluate(AUDIT) == [], name
        await page.locator("plex-steward-streams").get_by_role("button", name="End ").click()
        await expect(page.locator("plex-steward-streams").get_by_role("dialog")).to_be_visible()
        assert await page.locator("plex-steward-streams").evaluate(AUDIT) == []
        await page.keyboard.press("Escape")
        await page.locator("plex-steward-mirror").get_by_role("button", name="Show plan").click()
        await expect(page.locator("plex-steward-mirror dialog summary").first).to_be_visible()
        await page.locator("plex-steward-mirror dialog summary").first.click()
        assert await page.locator("plex-steward-mirror").evaluate(AUDIT) == []
        assert errors == []


async def test_focus_is_seen_and_stays_in_a_dialogue(anna: House, browser: Browser) -> None:
    inside = """card => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      if (focused === document.body) return "the browser";
      return focused.getRootNode() === card.shadowRoot && focused.closest("dialog") ? "dialogue" : "elsewhere";
    }"""
    seen = """card => {
      const style = getComputedStyle(card.shadowRoot.activeElement);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    }"""
    async with signed_in(browser, anna.hass) as (page, errors):
        await dashboard.visit(page, anna.hass)
        await filled(page)
        card = page.locator("plex-steward-mirror")
        button = card.get_by_role("button", name="Undo")
        await button.focus()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Tab")
        await expect(button).to_be_focused()
        assert await card.evaluate(seen)
        await page.keyboard.press("Enter")
        await expect(card.get_by_role("dialog")).to_be_visible()
        places = set()
        for _ in range(6):
            await page.keyboard.press("Tab")
            places.add(await card.evaluate(inside))
            if await card.evaluate(inside) == "dialogue":
                assert await card.evaluate(seen)
        assert "dialogue" in places
        assert places <= {"dialogue", "the browser"}
        await page.keyboard.press("Escape")
        await expect(card.get_by_role("dialog")).to_have_count(0)
        await expect(button).to_be_focused()
        assert errors == []
