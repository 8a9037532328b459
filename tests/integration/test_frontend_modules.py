"""The cards' modules: every page loads two of them, an update reaches browsers, and nothing else is served."""

from http import HTTPStatus
import os
from pathlib import Path
from unittest.mock import patch

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward import cards
from custom_components.plex_steward.const import DOMAIN


async def module_urls(hass: HomeAssistant) -> list[str]:
    for component in ("frontend", DOMAIN):
        assert await async_setup_component(hass, component, {})
    return [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]


async def folder_url(hass: HomeAssistant) -> str:
    (folder,) = {url.rsplit("/", 1)[0] for url in await module_urls(hass)}
    return folder


async def test_every_page_loads_the_cards(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> None:
    """They hold nothing private, and are served like the frontend itself: before anybody has signed in."""
    urls = await module_urls(hass)
    browser = await hass_client_no_auth()
    assert {url.rsplit("/", 1)[1] for url in urls} == set(cards.MODULES)
    for url in urls:
        answer = await browser.get(url)
        assert answer.status == HTTPStatus.OK
        assert "javascript" in answer.headers["Content-Type"]
        assert "max-age" in answer.headers["Cache-Control"]
        assert await answer.text() == (cards.FOLDER / url.rsplit("/", 1)[1]).read_text(encoding="utf-8")


async def test_what_a_module_imports_is_there(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> None:
    base = await folder_url(hass)
    browser = await hass_client_no_auth()
    for file in sorted(cards.FOLDER.rglob("*.js")):
        path = file.relative_to(cards.FOLDER).as_posix()
        assert (await browser.get(f"{base}/{path}")).status == HTTPStatus.OK, path


@pytest.mark.parametrize("path", ["..%2fmanifest.json", "%2e%2e/const.py", "..%5cconst.py", "//etc/passwd", "none.js"])
async def test_nothing_else_is_served(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, path: str
) -> None:
    base = await folder_url(hass)
    answer = await (await hass_client_no_auth()).get(f"{base}/{path}")
    assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)


async def test_a_changed_module_has_another_address(hass: HomeAssistant, tmp_path: Path) -> None:
    """Who changes a file by hand sees it after a restart."""
    file = tmp_path / "card.js"
    file.write_text("1")
    with patch.object(cards, "FOLDER", tmp_path):
        before = cards._stamp()
        stat = file.stat()
        os.utime(file, (stat.st_atime, stat.st_mtime + 5))
        assert cards._stamp() == before + 5


async def test_without_a_frontend_there_is_nothing_to_do(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert DATA_EXTRA_MODULE_URL not in hass.data
