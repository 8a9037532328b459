"""A headless Chromium that is signed in to Home Assistant; for the end-to-end tests and the pictures."""

from __future__ import annotations

from contextlib import asynccontextmanager
import json
import os
import shutil
from typing import TYPE_CHECKING, Literal

from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, ConsoleMessage, Page

    from demo.hass import Hass

type Scheme = Literal["light", "dark"]

FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
]
PATIENCE = 90_000
"""Milliseconds that a page element may take; a loaded two-core machine needs its time."""

HARMLESS = ("Object", "ResizeObserver loop", "Transition was skipped", "AbortError")
"""Beginnings of page errors that Home Assistant's own frontend throws without us."""


def chromium() -> str:
    """Return the system's Chromium; raise `FileNotFoundError` with what to do where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    raise FileNotFoundError("No Chromium on this machine; run scripts/setup --chromium")


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Run one Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


class Errors(list[str]):
    """Page errors and console errors of ours, seen on one page."""


@asynccontextmanager
async def signed_in(
    browser: Browser,
    hass: Hass,
    *,
    width: int = 1280,
    height: int = 900,
    scheme: Scheme = "light",
    language: str = "en",
) -> AsyncIterator[tuple[Page, Errors]]:
    """Open a page whose frontend is signed in, with a list that gathers its errors."""
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    # The frontend reads these keys before it shows the sign-in page.
    for key, value in (("hassTokens", hass.tokens), ("selectedLanguage", language)):
        await context.add_init_script(f"localStorage.setItem('{key}', JSON.stringify({json.dumps(value)}))")
    page = await context.new_page()
    errors = Errors()
    page.on("pageerror", lambda error: None if error.message.startswith(HARMLESS) else errors.append(error.message))

    def heard(message: ConsoleMessage) -> None:
        """Keep an error that names us, or comes from our modules, or is about something they asked for."""
        said = f"{message.text} ({message.location['url']})"
        if message.type == "error" and "plex_steward" in said:
            errors.append(said)

    page.on("console", heard)
    try:
        yield page, errors
    finally:
        await context.close()


async def goto(page: Page, hass: Hass, path: str) -> None:
    """Open a path of the frontend and wait until the splash is gone."""
    await page.goto(hass.base + path)
    await page.locator("#ha-launch-screen").wait_for(state="detached")
