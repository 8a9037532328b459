"""Every action is registered, described, named, drawn and translated; and nothing is that is not registered."""

import ast
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import SupportsResponse
import pytest

from custom_components.plex_steward import services
from custom_components.plex_steward.const import DOMAIN

from .reading import INTEGRATION, called, english, name_of, nodes, read_json, read_yaml


def fields_of(action: dict[str, Any] | None) -> dict[str, Any]:
    """Return an action's fields, those in sections too."""
    flat: dict[str, Any] = {}
    for name, field in ((action or {}).get("fields") or {}).items():
        flat |= field["fields"] if field and "fields" in field else {name: field or {}}
    return flat


def sections_of(action: dict[str, Any] | None) -> set[str]:
    return {name for name, field in ((action or {}).get("fields") or {}).items() if field and "fields" in field}


DESCRIBED = read_yaml(INTEGRATION / "services.yaml") or {}
TEXTS = english()["services"]
ICONS = read_json(INTEGRATION / "icons.json")["services"]
REGISTERING = {
    "async_register_admin_service",
    "async_register_entity_service",
    "async_register_platform_entity_service",
}


@pytest.fixture(scope="module")
def registered():
    """What Home Assistant is told when it starts: each action's schema and whether it answers."""
    hass = MagicMock()
    services.async_setup(hass)
    found = {}
    for call in hass.services.async_register.call_args_list:
        names = ("domain", "service", "func", "schema", "supports_response")
        given = dict(zip(names, call.args, strict=False)) | call.kwargs
        assert given["domain"] == DOMAIN
        found[given["service"]] = (given.get("schema"), given.get("supports_response", SupportsResponse.NONE))
    return found


def keys_of(schema: Any) -> set[str]:
    """Return the names a schema takes, also where it is made of several."""
    if isinstance(inner := getattr(schema, "schema", schema), dict):
        return {str(key) for key in inner}
    return {key for part in getattr(schema, "validators", ()) for key in keys_of(part)}


def test_the_same_actions_everywhere(registered):
    assert list(DESCRIBED) == list(TEXTS), "services.yaml and en.json, in one order"
    assert set(registered) == set(DESCRIBED) == set(ICONS)


def test_the_same_fields_everywhere(registered):
    for name, action in DESCRIBED.items():
        fields = fields_of(action)
        assert set(fields) == set(TEXTS[name].get("fields", {})), name
        assert set(fields) == keys_of(registered[name][0]) - {"entity_id", "device_id", "area_id"}, name
        assert sections_of(action) == set(TEXTS[name].get("sections", {})), name
        assert sections_of(action) == set(ICONS[name].get("sections", {})), name


def test_every_field_has_a_selector_and_words():
    for name, action in DESCRIBED.items():
        assert TEXTS[name]["name"]
        assert TEXTS[name]["description"]
        assert ICONS[name]["service"].startswith("mdi:")
        for field, described in fields_of(action).items():
            assert described.get("selector"), f"{name}.{field} has no selector"
            assert TEXTS[name]["fields"][field]["name"], f"{name}.{field}"
            assert TEXTS[name]["fields"][field]["description"], f"{name}.{field}"


def test_choices_have_words():
    texts = english()["selector"]
    for name, action in DESCRIBED.items():
        for field, described in fields_of(action).items():
            select = (described.get("selector") or {}).get("select") or {}
            if select and not all(isinstance(option, dict) for option in select["options"]):
                key = select.get("translation_key")
                assert key, f"{name}.{field}: choices without words"
                assert set(select["options"]) == set(texts[key]["options"]), f"{name}.{field}"


def test_targets_do_not_filter_by_device():
    for name, action in DESCRIBED.items():
        assert "device" not in ((action or {}).get("target") or {}), name


def test_actions_are_registered_in_their_package_only():
    """A registration somewhere else would escape the tests above."""
    for path, call in nodes(ast.Call):
        name = ast.unparse(call.func)
        if name.endswith("services.async_register") or called(call) in REGISTERING:
            assert path.is_relative_to(INTEGRATION / "services"), name_of(path)
