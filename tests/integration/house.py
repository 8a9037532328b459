"""What the tests of housekeeping share: haste, trash, and looks at what became of it."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.plex_steward.stewardship import housekeeping_work
from simulator import Simulator


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
