"""The house that the end-to-end tests live in; run with ``-p no:homeassistant`` (its plugin blocks sockets)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
import inspect
from pathlib import Path
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect
import pytest
import pytest_asyncio

from demo import browser as chromium, household, media
from demo.hass import Hass
from demo.plex import Plex
from demo.stand_in import ADDRESS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Browser

PATIENCE = 60.0
"""Seconds that something may take to show; a loaded two-core machine needs its time."""
LIBRARY = 12
expect.set_options(timeout=PATIENCE * 1000)

OURS = ("plex_steward",)
TROUBLE = re.compile(r" ERROR |Detected (?:blocking call|that|code)|deprecat|will stop working", re.IGNORECASE)
"""How Home Assistant and Python speak of errors, of blocking calls, and of what is on its way out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all coroutines of this folder share one event loop, as their fixtures do."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


async def until[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool] = bool, limit: float = PATIENCE) -> T:
    """Look again and again until the answer is wanted; fail with the last answer."""
    end = time.monotonic() + limit
    while True:
        seen = await look()
        if wanted(seen):
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"Not within {limit:.0f} s; last seen: {seen!r}")
        await asyncio.sleep(0.1)


def complaints(log: str) -> list[str]:
    """Return the log's lines that speak of an error of ours, or of what we use and ought not to."""
    ours = [line for line in log.splitlines() if any(name in line for name in OURS)]
    return [line for line in ours if TROUBLE.search(line)]


@dataclass
class House:
    """A Home Assistant, its Plex server, and the media that both see."""

    hass: Hass
    plex: Plex
    media: Path
    entry_id: str = ""
    mirror_id: str = ""
    troubled: list[str] = field(default_factory=list)
    """Servers that a test makes fail: Home Assistant may say so."""

    async def entity(self, *ending: str) -> str:
        """Return the entity id whose unique id ends with one of ``ending``; wait until it exists."""

        async def look() -> str:
            found = await self.hass.entities()
            return next((entity for unique, entity in found.items() if unique.endswith(ending)), "")

        return await until(look)

    async def state(self, entity_id: str) -> str:
        """Return an entity's state."""
        return str((await self.hass.state(entity_id))["state"])

    async def becomes(self, entity_id: str, *states: str, limit: float = PATIENCE) -> str:
        """Wait until the entity is in one of the states."""
        return await until(lambda: self.state(entity_id), lambda state: state in states, limit)

    async def device(self, identifier: str) -> str:
        """Return the id of the device one of whose identifiers ends with ``identifier``; wait until it exists."""

        async def look() -> str:
            rows: list[dict[str, Any]] = await self.hass.ws(type="config/device_registry/list")
            for row in rows:
                if any(
                    str(name).endswith(identifier) for domain, name in row["identifiers"] if domain == household.DOMAIN
                ):
                    return str(row["id"])
            return ""

        return await until(look)


def release(python: str) -> str:
    """Return which Home Assistant a Python has."""
    program = "import homeassistant.const as c; print(c.__version__)"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def environment(plex: Plex) -> dict[str, str]:
    """Return what Home Assistant's process must know; without a played plex.tv its address leads nowhere."""
    return {ADDRESS: "http://127.0.0.1:9"} | household.environment(plex)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media folder with a film library in the Plex layout and an empty one to mirror it into."""
    root = tmp_path_factory.mktemp("media")
    media.films(root / "plex" / "Movies", count=LIBRARY)
    (root / "jellyfin" / "Movies").mkdir(parents=True)
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plex(library: Path) -> AsyncIterator[Plex]:
    """The simulated server with that library; nothing plays by itself."""
    source = library / "plex" / "Movies"
    async with Plex("--port", "0", "--token", "owner-token", "--plex-tv", media=[f"Movies:movie:{source}"]) as server:
        yield server


@pytest.fixture(scope="module")
def surroundings() -> dict[str, str]:
    """What else is in the environment of Home Assistant's process; a file of tests may have its own."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bare(
    library: Path, plex: Plex, surroundings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A Home Assistant in which nothing is set up yet; its log must stay clean of ours."""
    hass = Hass(tmp_path_factory.mktemp("hass"), environment=environment(plex) | surroundings)
    home = House(hass, plex, library)
    try:
        await hass.start()
        assert (await hass.get("/api/config"))["version"] == release(hass.python)
        yield home
    finally:
        await hass.stop()
    found = complaints(hass.log())
    if home.troubled:  # logs name no server
        found = [line for line in found if "Error fetching " not in line]
    assert found == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(bare: House) -> House:
    """A Home Assistant with the server and the mirror "Movies"."""
    bare.entry_id = await household.add_server(bare.hass, bare.plex.url, bare.plex.token)
    movies = bare.media / "plex" / "Movies", bare.media / "jellyfin" / "Movies"
    bare.mirror_id = await household.add_mirror(bare.hass, bare.entry_id, "Movies", *movies)
    await household.settled(bare.hass)
    return bare


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the whole session; what needs it is skipped where there is none."""
    try:
        chromium.chromium()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    async with chromium.launched() as running:
        yield running
