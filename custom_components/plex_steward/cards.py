"""Brings the cards and the dashboard strategy to the frontend: no resource to add, no file to copy."""

from pathlib import Path
from typing import Final

from homeassistant.components import frontend
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "frontend"
MODULES: Final = ("strategy.js", "plex-steward.js")
"""What a page loads by itself; the first is waited for, and not long."""


async def async_setup(hass: HomeAssistant) -> None:
    """Serve the modules and let every page load those that bring the others.

    The version is part of the path, so an update reaches browsers together with all that the modules import.
    Without a frontend (`frontend:` is not set up) there is nothing to do.
    """
    if "frontend" not in hass.config.components:
        return
    integration = await async_get_integration(hass, DOMAIN)
    stamp = await hass.async_add_executor_job(_stamp)
    url = f"/{DOMAIN}/{integration.version}-{stamp}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER), cache_headers=True)])
    for module in MODULES:
        frontend.add_extra_js_url(hass, f"{url}/{module}")


def _stamp() -> int:
    """The newest modification time: who changes a file by hand sees it after a restart."""
    return max(int(file.stat().st_mtime) for file in FOLDER.rglob("*.js"))
