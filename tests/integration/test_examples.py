"""Home Assistant takes every example of the documents as it stands there."""

from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
import pytest

from tests.contracts.documents import EXAMPLES, Block

from .blueprints.conftest import BLUEPRINTS


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
async def test_it_is_taken(hass: HomeAssistant, tmp_path: Path, block: Block) -> None:
    """An automation is switched on after it was checked; a single action is valid."""
    hass.config.config_dir = str(tmp_path)
    # An import puts blueprints below the name of the repository's owner.
    shutil.copytree(BLUEPRINTS, Path(hass.config.path("blueprints", "automation", "plex-steward")))
    for component in ("homeassistant", "webhook", "conversation"):
        assert await async_setup_component(hass, component, {})
    document: Any = yaml_util.parse_yaml(block.body)
    if "action" in document:
        cv.SERVICE_SCHEMA(document)
        return
    assert await async_setup_component(hass, "automation", {"automation": document})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on"
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
