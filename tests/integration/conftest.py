"""Fixtures for tests with a real Home Assistant core and a simulated Plex server, all in this process.

`plex` is a running server, `entry` its config entry (not yet set up), `setup` sets entries up, `until` waits for
something that comes over the network. `make_plex` starts further servers, `make_entry` makes further entries.
`entity_of` and `state_of` look entities up by the end of their unique id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
import ssl
import time
from typing import Any, Protocol
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Imported here, before any test: else the plugin's own folder of custom components is taken.
from custom_components.plex_steward.const import CONF_ADDRESSES, CONF_CLIENT_ID, CONF_OWNED, DOMAIN
from custom_components.plex_steward.plex import account
from simulator import PlexTv, Simulator

from .deprecations import listening
from .mirror_house import film

CLIENT_ID = "6f1c0f5e-client-of-the-tests"
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens; stands for plex.tv in tests that do not play it."""

PATIENCE = 60.0
"""Seconds that something may take; a loaded machine needs its time."""
PAUSE = 0.005


class Until(Protocol):
    """Waits for a condition."""

    async def __call__(self, condition: Callable[[], Any], limit: float = PATIENCE) -> Any:
        """Give the condition's first true value; fail after about `limit` seconds."""


class Setup(Protocol):
    """Sets an entry up."""

    async def __call__(
        self, entry: MockConfigEntry, *, state: ConfigEntryState = ConfigEntryState.LOADED
    ) -> MockConfigEntry:
        """Set it up and insist on the state it then has."""


class Named(Protocol):
    """Looks something up by the end of an entity's unique id."""

    def __call__(self, entry: MockConfigEntry, ending: str) -> str:
        """Look at the one entity of the entry whose unique id ends so; fail if there is none, or are several."""


class MakePlex(Protocol):
    """Starts servers."""

    async def __call__(self, **options: Any) -> Simulator:
        """Start one; it is stopped at the end of the test. `options` as `Simulator` has them."""


class MakeEntry(Protocol):
    """Makes entries."""

    def __call__(
        self,
        plex: Simulator,
        *,
        options: dict[str, Any] | None = None,
        subentries: tuple[ConfigSubentryDataWithId, ...] = (),
        token: str | None = None,
        owned: bool = True,
        data: dict[str, Any] | None = None,
    ) -> MockConfigEntry:
        """Make the entry of a server and add it to Home Assistant; `data` overrides single keys."""


@pytest.fixture(autouse=True)
def integration(enable_custom_integrations: None, socket_enabled: None) -> Iterator[None]:
    """Let Home Assistant find the integration and let it speak on loopback; plex.tv is nowhere."""
    with patch.object(account, "PLEX_TV", account.PlexTv.at(NOWHERE)):
        yield


@pytest.fixture(autouse=True)
def reports() -> Iterator[list[str]]:
    """What Home Assistant reports of our use of it; whatever is left at the end fails the test."""
    with listening() as heard:
        yield heard
    assert heard == []


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write snapshots without what changes from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def until(hass: HomeAssistant) -> Until:
    """Wait in real time, even where a test has stopped the clock: attempts are counted, not seconds."""

    async def wait(condition: Callable[[], Any], limit: float = PATIENCE) -> Any:
        for _ in range(int(limit / PAUSE)):
            if found := condition():
                return found
            await hass.loop.run_in_executor(None, time.sleep, PAUSE)
        raise AssertionError(f"not within {limit} s")

    return wait


@pytest.fixture
def entity_of(entity_registry: er.EntityRegistry) -> Named:
    """Find entities by what they are, not by what they are called."""

    def find(entry: MockConfigEntry, ending: str) -> str:
        rows = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        ids = [row.entity_id for row in rows if row.unique_id.endswith(ending)]
        assert len(ids) == 1, f"{ending}: {ids} among {sorted(row.unique_id for row in rows)}"
        return ids[0]

    return find


@pytest.fixture
def state_of(hass: HomeAssistant, entity_of: Named) -> Named:
    """Read states."""

    def read(entry: MockConfigEntry, ending: str) -> str:
        state = hass.states.get(entity_of(entry, ending))
        return state.state if state else "no state"

    return read


@pytest.fixture
async def make_plex() -> AsyncIterator[MakePlex]:
    """Start servers that stop by themselves."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Simulator:
            return await stack.enter_async_context(Simulator(**options))

        yield make


@pytest.fixture
async def plex(make_plex: MakePlex) -> Simulator:
    """A healthy server with a small made-up library of each type."""
    return await make_plex()


@pytest.fixture
async def tv(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PlexTv]:
    """A played plex.tv with one account ("owner") and no server; sign-ins are looked at every few milliseconds."""
    assert account.PlexAccount.wait_for_pin.__kwdefaults__ is not None
    monkeypatch.setitem(account.PlexAccount.wait_for_pin.__kwdefaults__, "interval", 0.02)
    async with PlexTv() as tv:
        monkeypatch.setattr(account, "PLEX_TV", account.PlexTv.at(tv.url))
        yield tv


@pytest.fixture
def broken_handshakes(hass: HomeAssistant) -> Iterator[None]:
    """Let the simulator, which shares our loop, suffer failed TLS handshakes without failing the test."""
    loop, before = hass.loop, hass.loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if before is not None and not isinstance(context.get("exception"), ssl.SSLError | ConnectionError):
            before(loop, context)

    loop.set_exception_handler(handle)
    yield
    loop.set_exception_handler(before)


@pytest.fixture
def make_entry(hass: HomeAssistant) -> MakeEntry:
    """Make entries as the flow makes them."""

    def make(
        plex: Simulator,
        *,
        options: dict[str, Any] | None = None,
        subentries: tuple[ConfigSubentryDataWithId, ...] = (),
        token: str | None = None,
        owned: bool = True,
        data: dict[str, Any] | None = None,
    ) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=plex.state.identity.name,
            unique_id=plex.machine_identifier,
            data={
                "url": plex.url,
                "token": token or plex.token,
                "verify_ssl": True,
                CONF_CLIENT_ID: CLIENT_ID,
                CONF_OWNED: owned,
                CONF_ADDRESSES: [{"url": plex.url, "place": "local", "ipv6": False, "manual": True}],
                **(data or {}),
            },
            options=options or {},
            subentries_data=subentries,
        )
        entry.add_to_hass(hass)
        return entry

    return make


@pytest.fixture
def entry(make_entry: MakeEntry, plex: Simulator) -> MockConfigEntry:
    """The entry of `plex`, not yet set up."""
    return make_entry(plex)


@pytest.fixture
async def setup(hass: HomeAssistant) -> AsyncIterator[Setup]:
    """Set entries up; at the end each is unloaded, so that nothing talks to a server that is gone."""
    done: list[MockConfigEntry] = []

    async def set_up(entry: MockConfigEntry, *, state: ConfigEntryState = ConfigEntryState.LOADED) -> MockConfigEntry:
        done.append(entry)
        if entry.state is ConfigEntryState.NOT_LOADED:  # the first of several brings the others along
            await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.state is state, entry.reason
        return entry

    yield set_up
    for entry in done:
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def disk(make_plex: MakePlex, tmp_path: Path) -> tuple[Simulator, Path]:
    """A server with films on a disk, one of which somebody deleted."""
    folder = tmp_path / "films"
    for number in range(6):
        film(folder, f"Film {number} (2001)")
    plex = await make_plex(media=[("Films", "movie", str(folder))])
    plex.state.prefs["autoEmptyTrash"] = False
    return plex, folder
