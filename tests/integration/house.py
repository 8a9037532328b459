"""What the tests of housekeeping share: haste, trash, and looks at what became of it."""

from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.plex_steward.stewardship import housekeeping_work
from simulator import Simulator

from .conftest import Until


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    monkeypatch.setattr(housekeeping_work, "SHOWS_WITHIN", 0.2)
    monkeypatch.setattr(housekeeping_work, "RECOUNTS", (0.0, 0.01))


def outcomes(hass: HomeAssistant, entity_id: str) -> dict[str, Any]:
    """What the sensor says of each step."""
    state = hass.states.get(entity_id)
    assert state is not None
    return {key: state.attributes[key] for key in ("empty_trash", "clean_bundles", "optimize_database")}


def throw_away(plex: Simulator, count: int) -> int:
    """Put so many films into the trash; gives the key of their section."""
    films = [item for item in plex.state.library.items.values() if item.type == "movie"][:count]
    assert len(films) == count
    for item in films:
        plex.state.library.trash(item)
    return films[0].section.id


def asked(plex: Simulator, path: str) -> int:
    """How often the server was told to."""
    return len(plex.state.requests(path, "PUT"))


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let it be this time."""
    freezer.move_to(moment)
    async_fire_time_changed(hass, moment)
    await hass.async_block_till_done()


async def gathered(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: Until, entry: MockConfigEntry, *steps: str
) -> None:
    """Wait until these steps stand in the queue, and let the moment pass in which those due together come in."""
    await until(lambda: entry.runtime_data.housekeeping.data.waiting == steps)
    freezer.tick(timedelta(seconds=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
