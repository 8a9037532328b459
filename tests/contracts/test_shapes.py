"""The shapes that hassfest wants: ``translations/en.json``, ``icons.json`` and ``services.yaml``, key by key."""

from collections.abc import Iterator
import json
import re
from typing import Any

from homeassistant.helpers.selector import validate_selector
import pytest

from .reading import INTEGRATION, ROOT, english, leaves, name_of, read_json, read_yaml, text, tracked

TEXTS = english()
ICONS = read_json(INTEGRATION / "icons.json")
ACTIONS = read_yaml(INTEGRATION / "services.yaml")

SECTIONS = {
    *(
        "title",
        "config",
        "config_subentries",
        "options",
        "entity",
        "entity_component",
        "device",
        "exceptions",
        "issues",
    ),
    *("services", "selector", "system_health", "triggers", "conditions", "common", "preview_features"),
}
FLOW = {"flow_title", "step", "error", "abort", "progress", "create_entry", "entry_type", "initiate_flow"}
STEP = {
    *("title", "description", "data", "data_description", "menu_options", "menu_option_descriptions", "sections"),
    "submit",
}
ENTITY = {"name", "state", "state_attributes", "unit_of_measurement"}
KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
"""How keys of states, options and the like are written."""


def flows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give everything that has steps."""
    yield "config", TEXTS["config"]
    yield "options", TEXTS["options"]
    yield from TEXTS["config_subentries"].items()
    yield from ((key, issue["fix_flow"]) for key, issue in TEXTS["issues"].items() if "fix_flow" in issue)


def test_all_json_can_be_read():
    for path in tracked():
        if path.suffix == ".json":
            json.loads(text(path))


def test_sections_are_known():
    assert TEXTS.keys() <= SECTIONS
    assert not (INTEGRATION / "strings.json").exists(), "a file of the core's build; the frontend would show raw keys"
    assert not [path for path, said in leaves(TEXTS) if "[%key:" in said]


def test_flows_and_their_steps():
    for name, flow in flows():
        assert flow.keys() <= FLOW, name
        for key, step in flow.get("step", {}).items():
            assert step.keys() <= STEP, f"{name}.{key}"
            assert "title" in step, f"{name}.{key}"
            for section in step.get("sections", {}).values():
                assert section.keys() <= {"name", "description", "data", "data_description"}, f"{name}.{key}"
                assert section["name"]
            assert set(step.get("menu_option_descriptions", {})) <= set(step.get("menu_options", {})), f"{name}.{key}"


def test_entities():
    for platform, entities in TEXTS["entity"].items():
        for key, words in entities.items():
            assert words.keys() <= ENTITY, f"{platform}.{key}"
            states = {*words.get("state", {})}
            for attribute, said in words.get("state_attributes", {}).items():
                assert said.keys() <= {"name", "state"}, f"{platform}.{key}.{attribute}"
                states |= {attribute, *said.get("state", {})}
            assert {state for state in states if not KEY.fullmatch(state)} == set(), f"{platform}.{key}"


def test_exceptions_issues_and_actions():
    assert all(exception.keys() == {"message"} for exception in TEXTS["exceptions"].values())
    for key, issue in TEXTS["issues"].items():
        assert issue.keys() in ({"title", "description"}, {"title", "fix_flow"}), key
    for key, action in TEXTS["services"].items():
        assert {"name", "description"} <= action.keys() <= {"name", "description", "fields", "sections"}, key
        assert all(field.keys() == {"name", "description"} for field in action.get("fields", {}).values()), key
    for key, selector in TEXTS["selector"].items():
        assert selector.keys() <= {"options", "choices", "fields"}, key
        assert all(KEY.fullmatch(option) for option in selector.get("options", {})), key
    assert TEXTS.get("system_health", {"info": {}}).keys() == {"info"}
    assert all(device.keys() == {"name"} for device in TEXTS.get("device", {}).values())


def icons(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a block of icons and those of its attributes."""
    yield block
    yield from block.get("state_attributes", {}).values()


def test_icons_have_their_shape():
    assert ICONS.keys() <= {"entity", "services", "triggers", "conditions", "config", "options", "issues"}
    for platform, entities in ICONS["entity"].items():
        for key, words in entities.items():
            for block in icons(words):
                assert block.keys() <= {"default", "state", "range", "state_attributes"}, f"{platform}.{key}"
                assert "default" in block, f"{platform}.{key}"
                same = [state for state, icon in block.get("state", {}).items() if icon == block["default"]]
                assert same == [], f"{platform}.{key}: no need to say the default again"
                steps = [float(step) for step in block.get("range", {})]
                assert steps == sorted(steps), f"{platform}.{key}"
                assert not (block.get("range") and block.get("state")), f"{platform}.{key}"
    assert all(action.keys() <= {"service", "sections"} for action in ICONS["services"].values())


def test_icons_of_states_are_of_states_that_exist():
    switched = {"on", "off"}
    for platform, entities in ICONS["entity"].items():
        for key, words in entities.items():
            known = {*TEXTS["entity"][platform][key].get("state", {})} or switched
            assert set(words.get("state", {})) <= known | switched, f"{platform}.{key}"


def fields(action: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give an action's fields as they stand there, twice if they stand there twice."""
    for name, field in (action.get("fields") or {}).items():
        if field and "fields" in field:
            assert field.keys() <= {"collapsed", "fields"}, name
            yield from ((inner, one or {}) for inner, one in field["fields"].items())
        else:
            yield name, field or {}


@pytest.mark.parametrize("name", ACTIONS)
def test_services_have_their_shape(name):
    action = ACTIONS[name] or {}
    assert action.keys() <= {"target", "fields"}
    names = [field for field, _ in fields(action)]
    assert len(names) == len(set(names)), "a field in two sections"
    for field, described in fields(action):
        assert described.keys() <= {"required", "example", "default", "selector", "filter", "advanced"}, field
        # A selector without settings is written without a value.
        validate_selector({kind: settings or {} for kind, settings in described["selector"].items()})


def test_what_is_not_brought_has_no_file():
    """Triggers and conditions of our own would need their tests."""
    for name in ("triggers", "conditions"):
        assert not (INTEGRATION / f"{name}.yaml").exists()
        assert not (INTEGRATION / f"{name.removesuffix('s')}.py").exists()
        assert name not in TEXTS


def test_images_lie_where_they_belong():
    """Icons in the root of the repository or of the integration are from older days."""
    pictures = {path for path in tracked() if path.suffix in {".png", ".svg", ".jpg"}}
    folders = {"docs/images", "brand", name_of(INTEGRATION / "brand")}
    assert {name_of(path) for path in pictures if name_of(path.parent) not in folders} == set()
    assert (ROOT / "docs" / "images" / "dashboard.png") in pictures
