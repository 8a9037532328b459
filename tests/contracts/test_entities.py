"""Every entity's key has a name and an icon, and every name and icon has an entity."""

import ast
from collections.abc import Iterator
import re
from typing import Any

import pytest

from custom_components.plex_steward.const import PLATFORMS
from scripts.lib.entities import described

from .reading import INTEGRATION, english, keyword, literal, modules, name_of, nodes, read_json, text, tree, used


@pytest.fixture(scope="module")
def names():
    return english()["entity"]


def test_there_are_descriptions():
    assert described().keys() >= {"binary_sensor", "button", "sensor"}


def test_every_entity_has_a_name(names):
    nameless = {
        (platform, key) for platform, keys in described().items() for key in keys if key not in names.get(platform, {})
    }
    assert nameless == set()


def test_every_name_has_an_entity(names):
    left_over = {
        (platform, key)
        for platform, keys in names.items()
        for key in keys
        if key not in described().get(platform, {}) and not used(key)
    }
    assert left_over == set()


def test_every_entity_without_a_device_class_has_an_icon():
    icons = read_json(INTEGRATION / "icons.json")["entity"]
    without = {
        (platform, key)
        for platform, keys in described().items()
        for key, description in keys.items()
        if not description.device_class and key not in icons.get(platform, {})
    }
    assert without == set()


def test_every_icon_has_an_entity(names):
    icons = read_json(INTEGRATION / "icons.json")["entity"]
    assert {
        (platform, key) for platform in icons for key in icons[platform] if key not in names.get(platform, {})
    } == set()


def test_icons_are_of_the_known_family():
    def values(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for inner in value.values():
                yield from values(inner)
        else:
            yield value

    icons = read_json(INTEGRATION / "icons.json")
    assert all(re.fullmatch(r"mdi:[a-z0-9-]+", icon) for icon in values(icons))


def test_states_of_enums_have_words(names):
    for platform, keys in described().items():
        for key, description in keys.items():
            options = getattr(description, "options", None)
            if platform == "sensor" and options:
                assert set(options) == set(names[platform][key].get("state", {})), key


def test_no_entity_brings_its_own_name_or_icon():
    for path, call in nodes(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id.endswith("Description"):
            assert literal(keyword(call, "name")) is None, name_of(path)
            assert keyword(call, "icon") is None, name_of(path)
    for path in modules():
        assert "_attr_icon" not in text(path), name_of(path)


def test_every_platform_says_how_many_requests_it_makes_at_once():
    assert {str(platform) for platform in PLATFORMS} == {
        path.stem for path in INTEGRATION.glob("*.py") if "async_setup_entry" in text(path) and path.stem != "__init__"
    }
    for platform in PLATFORMS:
        assigned = [
            target.id
            for node in tree(INTEGRATION / f"{platform}.py").body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        assert "PARALLEL_UPDATES" in assigned, platform
