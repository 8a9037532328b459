"""Each blueprint can be imported from its address and saved, and says what its inputs are."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .conftest import BLUEPRINTS

NAMES = sorted(path.stem for path in BLUEPRINTS.glob("*.yaml"))


def read(name: str) -> dict[str, Any]:
    """Read what a blueprint says of itself."""
    document: Any = yaml_util.parse_yaml((BLUEPRINTS / f"{name}.yaml").read_text(encoding="utf-8"))
    head: dict[str, Any] = document["blueprint"]
    return head


def test_there_are_blueprints() -> None:
    """The list below is not empty by mistake."""
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_imported_and_saved(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    aioclient_mock: AiohttpClientMocker,
    tmp_path: Path,
    name: str,
) -> None:
    """The way of the import button: fetch, look, save; then it is in the list."""
    hass.config.config_dir = str(tmp_path)
    text = (BLUEPRINTS / f"{name}.yaml").read_text(encoding="utf-8")
    address = read(name)["source_url"]
    raw = address.replace("https://github.com/", "https://raw.githubusercontent.com/").replace("/blob/", "/")
    aioclient_mock.get(raw, text=text)
    assert await async_setup_component(hass, "automation", {})
    client = await hass_ws_client(hass)

    await client.send_json_auto_id({"type": "blueprint/import", "url": address})
    found = await client.receive_json()
    assert found["success"], found
    assert found["result"]["validation_errors"] is None
    assert found["result"]["suggested_filename"] == f"plex-steward/{name}"

    await client.send_json_auto_id(
        {
            "type": "blueprint/save",
            "domain": "automation",
            "path": found["result"]["suggested_filename"],
            "yaml": found["result"]["raw_data"],
            "source_url": address,
        }
    )
    assert (await client.receive_json())["success"]
    await client.send_json_auto_id({"type": "blueprint/list", "domain": "automation"})
    listed = (await client.receive_json())["result"]
    assert f"plex-steward/{name}.yaml" in listed
    assert "error" not in listed[f"plex-steward/{name}.yaml"]


@pytest.mark.parametrize("name", NAMES)
def test_it_explains_itself(name: str) -> None:
    """A name, a description, the address it is imported from, and words for each input."""
    head = read(name)
    assert head["name"].startswith("Plex: ")
    assert head["description"]
    assert head["source_url"].endswith(f"/main/blueprints/automation/plex_steward/{name}.yaml")
    assert head["homeassistant"]["min_version"] == "2026.10.0"
    for key, given in head["input"].items():
        assert given["name"], key
        assert given["selector"], key
