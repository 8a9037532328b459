"""The demo's start page: the integration's own dashboard strategy, set as the default panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.browser import goto

if TYPE_CHECKING:
    from playwright.async_api import Page

    from demo.hass import Hass

PATH = "plex-steward"
CONFIG = {"strategy": {"type": "custom:plex-steward"}}


async def install(hass: Hass) -> None:
    """Make the dashboard and the start page, unless an earlier start has."""
    known = await hass.ws(type="lovelace/dashboards/list")
    if any(row["url_path"] == PATH for row in known):
        return
    await hass.ws(
        type="lovelace/dashboards/create",
        url_path=PATH,
        title="Plex Steward",
        icon="mdi:plex",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    await hass.ws(type="lovelace/config/save", url_path=PATH, config=CONFIG)
    await hass.ws(type="frontend/set_system_data", key="core", value={"default_panel": PATH})


async def visit(page: Page, hass: Hass, path: str = PATH) -> None:
    """Open the dashboard and wait for its first card."""
    await goto(page, hass, f"/{path}")
    await page.locator("plex-steward-streams").wait_for()
