"""Take the pictures of README and docs: ``python -m demo.screenshots [FOLDER]``.

A demo of its own is started in a throw-away folder, on ports of its own, and played with as a visitor would. What is
shown is what the product draws; nothing is retouched.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
import tempfile
from typing import TYPE_CHECKING, Any

from demo import dashboard, household, media
from demo.__main__ import say, write_media
from demo.browser import goto, launched, signed_in
from demo.hass import ROOT, Hass
from demo.plex import Plex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Browser, FloatRect, Locator, Page

    from demo.browser import Scheme

PICTURES = ROOT / "docs" / "images"
WIDE, NARROW = 1400, 400
MARGIN = 12
SETTLE = 1500
"""Milliseconds for pictures to load and bars to glide; no answer is waited for with it."""

VIEWERS: tuple[dict[str, Any], ...] = (
    {
        "kind": "direct_play",
        "user": "Anna",
        "player": "Living room",
        "bandwidth": 24_000,
        "offset": 2_520_000,
    },
    {
        "kind": "transcode",
        "user": "Ben",
        "player": "Phone",
        "location": "wan",
        "hardware": "qsv",
        "bandwidth": 3_200,
        "resolution": "720",
        "offset": 1_140_000,
    },
    {
        "kind": "direct_stream",
        "user": "Chloé",
        "player": "Bedroom",
        "item": "episode",
        "bandwidth": 9_000,
        "offset": 480_000,
    },
    {"kind": "music", "item": "track", "user": "Dad", "player": "Kitchen", "bandwidth": 1_100, "offset": 61_000},
)


class Studio:
    """A demo with its viewers, and a browser to look at it."""

    def __init__(self, hass: Hass, plex: Plex, browser: Browser, folder: Path) -> None:
        """Take what runs already."""
        self.hass, self.plex, self.browser, self.folder = hass, plex, browser, folder

    async def fill(self) -> None:
        """Let people watch, and run the mirror once."""
        films = await self.plex.control("GET", "library/items?type=movie")
        best = [film["id"] for film in films if any("2160p" in file for file in film["files"][:1])]
        for viewer in VIEWERS:
            words = {**viewer, "item": best.pop(0)} if "item" not in viewer else viewer
            view = await self.plex.control("POST", "sessions", words)
            if words["player"] == "Bedroom":
                await self.plex.control("POST", f"sessions/{view['key']}/pause")
        entities = await self.hass.entities()
        button = next(entity for unique, entity in entities.items() if unique.endswith("_sync"))
        await self.hass.press(button)
        status = next(entity for unique, entity in entities.items() if unique.endswith("_status"))
        while (await self.hass.state(status))["state"] != "in_sync":
            await asyncio.sleep(0.2)

    async def play_on(self) -> None:
        """Move everybody a second on: who does not move for minutes is taken for a player that was switched off."""
        for view in await self.plex.control("GET", "sessions"):
            await self.plex.control("POST", f"sessions/{view['key']}/seek", {"offset": view["offset"] + 1000})

    async def keep(self, page: Page, name: str, part: Locator | None = None) -> None:
        """Save a picture of a page, or of a part of it with a little around it."""
        file = self.folder / name
        box = None if part is None else await part.bounding_box()
        clip: FloatRect | None = None
        if box is not None:
            x, y, width, height = (box[side] for side in ("x", "y", "width", "height"))
            clip = {"x": x - MARGIN, "y": y - MARGIN, "width": width + 2 * MARGIN, "height": height + 2 * MARGIN}
        await page.screenshot(path=file, animations="disabled", clip=clip)
        say(f"  {file.relative_to(self.folder.parent)}")

    async def whole(self, name: str, *, width: int, height: int, scheme: Scheme = "light") -> None:
        """The dashboard."""
        async with signed_in(self.browser, self.hass, width=width, height=height, scheme=scheme) as (page, _):
            await self.dashboard(page)
            await self.keep(page, name)

    async def dashboard(self, page: Page) -> None:
        """Open it, and wait until all cards are filled."""
        await self.play_on()
        await dashboard.visit(page, self.hass)
        await page.locator("plex-steward-streams .row").nth(len(VIEWERS) - 1).wait_for()
        await page.locator("plex-steward-mirror").get_by_role("button", name="Sync").wait_for()
        mirrored = page.locator("plex-steward-library section[aria-label='Mirrored movies']")
        await mirrored.get_by_text(f"{media.FILMS} films").wait_for()
        await page.wait_for_timeout(SETTLE)

    async def dialogues(self) -> None:
        """The plan of a mirror, and the question before a stream ends."""
        async with signed_in(self.browser, self.hass, width=WIDE, height=900) as (page, _):
            await self.dashboard(page)
            await page.locator("plex-steward-streams").get_by_role("button", name="End ").first.click()
            await page.wait_for_timeout(SETTLE)
            await self.keep(page, "end-stream.png")
            await page.keyboard.press("Escape")
            await page.locator("plex-steward-mirror").get_by_role("button", name="Undo").click()
            await page.locator("plex-steward-mirror").get_by_role("dialog").get_by_role("button", name="Undo").click()
            await page.locator("plex-steward-mirror").get_by_text("differ").first.wait_for()
            await page.locator("plex-steward-mirror").get_by_role("button", name="Show plan").click()
            await page.locator("plex-steward-mirror dialog summary").first.click()
            await page.wait_for_timeout(SETTLE)
            await self.keep(page, "mirror-plan.png")

    async def cards(self) -> None:
        """Parts: one library, and the streams while maintenance mode is on."""
        async with signed_in(self.browser, self.hass, width=WIDE, height=1400) as (page, _):
            await self.dashboard(page)
            await page.locator("plex-steward-library .growth").first.wait_for()
            await self.keep(page, "libraries.png", page.locator("plex-steward-library section").first)
            words = {"message": "Back at nine.", "grace": {"hours": 1}, "duration": {"hours": 2}}
            await self.hass.post("/api/services/plex_steward/start_maintenance", words)
            await page.locator("plex-steward-streams .banner").wait_for()
            await page.wait_for_timeout(SETTLE)
            await self.keep(page, "maintenance.png", page.locator("plex-steward-streams ha-card"))
            await self.hass.post("/api/services/plex_steward/stop_maintenance")

    async def integration(self) -> None:
        """The integration's own page, and a mirror's."""
        async with signed_in(self.browser, self.hass, width=1200, height=900) as (page, _):
            await goto(page, self.hass, "/config/integrations/integration/plex_steward")
            await page.locator("ha-config-entry-row").first.wait_for()
            await page.wait_for_timeout(SETTLE)
            await self.keep(page, "integration.png")


async def take(folder: Path, only: Sequence[str]) -> None:
    """Take all pictures, or some."""
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plex-steward-pictures-")))
        say("Writing the media library")
        libraries = await asyncio.to_thread(write_media, home)
        quiet = [word for word in household.ARGUMENTS if word != "--evening"]
        plex = await stack.enter_async_context(Plex(*quiet, "--port", "0", media=libraries))
        say("Starting Home Assistant")
        hass = Hass(home / "config", environment=household.environment(plex))
        stack.push_async_callback(hass.stop)
        await household.move_in(hass, plex, home / "media")
        await dashboard.install(hass)
        studio = Studio(hass, plex, await stack.enter_async_context(launched()), folder)
        await studio.fill()
        say("Taking the pictures")
        jobs = {
            "dashboard.png": lambda: studio.whole("dashboard.png", width=WIDE, height=1150),
            "dashboard-dark.png": lambda: studio.whole("dashboard-dark.png", width=WIDE, height=1150, scheme="dark"),
            "dashboard-narrow.png": lambda: studio.whole("dashboard-narrow.png", width=NARROW, height=860),
            "integration.png": studio.integration,
            "cards": studio.cards,
            "dialogues": studio.dialogues,
        }
        for name, job in jobs.items():
            if not only or name in only:
                await job()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Takes the pictures of README and docs.")
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where to put them (default: docs/images)")
    parser.add_argument(
        "only",
        nargs="*",
        help="names of pictures, cards or dialogues; all without one",
    )
    arguments = parser.parse_args()
    asyncio.run(take(arguments.folder, arguments.only))


if __name__ == "__main__":
    main()
