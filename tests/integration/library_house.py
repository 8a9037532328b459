"""What the tests of libraries share."""

from collections.abc import Iterator
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators import library as coordinator
from custom_components.plex_steward.plex import inventory, pages, reading
from custom_components.plex_steward.stewardship import library_news
from simulator import Fault, Simulator
from simulator.model import Item

SOON = 0.05
LISTING = "/library/sections/*/all"
ITEMS = "/library/metadata/*"


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for things to settle, nor between two tries."""
    for module, names in (
        (coordinator, ("QUIET", "PACE")),
        (library_news, ("NEWS_QUIET",)),
        (inventory, ("SCAN_CHECK",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, SOON)
    defaults = pages.PageReader.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pause", 0.0)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small library have many pages."""
    monkeypatch.setattr(reading, "PAGE", 5)
    monkeypatch.setattr(reading, "LIGHT_PAGE", 5)


def known(entry: MockConfigEntry, number: int = 3) -> bool:
    """Tell whether that many libraries have been read, and nothing is being read now."""
    libraries = entry.runtime_data.libraries
    return len(libraries.data) == number and len(libraries.reports) == number and libraries.progress is None


def items(plex: Simulator, kind: str = "movie") -> list[Item]:
    """What the server really has."""
    return [item for item in plex.state.library.items.values() if item.type == kind]


def files(plex: Simulator, library: str) -> Iterator[tuple[str, int]]:
    """The files of a library, each once, with their sizes."""
    found = {
        part.file: part.size
        for item in plex.state.library.items.values()
        if item.section.uuid == library
        for media in item.media
        if media.attrs.get("proxyType") != 42
        for part in media.parts
    }
    yield from found.items()


def fault(plex: Simulator, kind: Any, path: str = LISTING, **more: Any) -> None:
    """Let requests go wrong."""
    plex.state.faults.append(Fault(path, kind, **more))


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and give its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
