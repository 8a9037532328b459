"""Automations made from the blueprints of this repository, run by Home Assistant's own automation component."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any, Protocol

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from simulator import Simulator

from ..conftest import Setup, Until

MADE = "automation.made"
BLUEPRINTS = Path(__file__).parents[3] / "blueprints" / "automation" / "plex_steward"
TOLD = [{"action": "test.told", "data": {"user": "{{ user }}", "player": "{{ player }}", "title": "{{ title }}"}}]
"""What the tests give for the input `afterwards`."""


class Automate(Protocol):
    """Makes an automation."""

    async def __call__(self, name: str, **inputs: Any) -> str:
        """Make it from the blueprint of that name; gives its entity id. Once a test."""


class GoOn(Protocol):
    """Lets time pass."""

    def __call__(self, **by: float) -> None:
        """Let everything begin that is due by then; wait for what comes of it."""


class Seen(Protocol):
    """Waits until streams are known."""

    async def __call__(self, count: int) -> None:
        """Wait for so many."""


class Ran(Protocol):
    """Waits for runs of the automation."""

    async def __call__(self, times: int) -> None:
        """Wait until it has run so many times since the test began, and no more, and is at rest."""


type Runs = Callable[[], int]


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect what automations tell."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "told")
    return calls


@pytest.fixture
async def automate(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Automate]:
    """Put the blueprints where an import puts them; at the end the automation is off, so that nothing ticks on."""
    hass.config.config_dir = str(tmp_path / "config")
    shutil.copytree(BLUEPRINTS, Path(hass.config.path("blueprints", "automation", "plex_steward")))

    async def make(name: str, **inputs: Any) -> str:
        assert await async_setup_component(hass, "homeassistant", {})
        made = {
            "alias": "made",
            "use_blueprint": {"path": f"plex_steward/{name}.yaml", "input": inputs},
        }
        assert await async_setup_component(hass, "automation", {"automation": made})
        await hass.async_block_till_done()
        state = hass.states.get(MADE)
        assert state is not None
        assert state.state == "on", "the blueprint does not fit its inputs"
        return MADE

    yield make
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.fixture
def go_on(hass: HomeAssistant) -> GoOn:
    """Let what is due in the future happen now. The clock itself runs on: the tests speak over sockets."""

    def go(**by: float) -> None:
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**by))

    return go


@pytest.fixture
async def house(setup: Setup, entry: MockConfigEntry, until: Until) -> MockConfigEntry:
    """A server that pushes."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    return entry


@pytest.fixture
def runs(hass: HomeAssistant) -> Runs:
    """Count the runs of the automation that are under way or waiting."""
    return lambda: state.attributes["current"] if (state := hass.states.get(MADE)) else 0


@pytest.fixture
def ran(hass: HomeAssistant, runs: Runs, until: Until) -> Ran:
    """Wait until the automation has run so many times and is at rest."""
    begun = async_capture_events(hass, "automation_triggered")

    async def wait(times: int) -> None:
        await until(lambda: len(begun) >= times and runs() == 0)
        assert len(begun) == times

    return wait


@pytest.fixture
def seen(house: MockConfigEntry, until: Until) -> Seen:
    """Wait until so many streams are known."""

    async def wait(count: int) -> None:
        await until(lambda: len(house.runtime_data.sessions.data) == count)

    return wait


def users(plex: Simulator) -> list[str]:
    """Who is on, in the order of starting."""
    return [viewing.user.name for viewing in plex.sessions.current.values()]
