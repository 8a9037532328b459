"""What the documents show can be read, and names what exists. That Home Assistant takes it is an integration test."""

import argparse
from collections.abc import Iterator
import configparser
import json
from pathlib import Path
import re
import shlex
import shutil
import subprocess
from typing import Any

from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.helpers import template
from homeassistant.util import slugify, yaml as yaml_util
import jinja2
import pytest
import yaml

from custom_components.plex_steward.mirror import cli

from .documents import CARDS, COMPOSE, EXAMPLES, PAGES, Block, blocks, prose
from .reading import INTEGRATION, ROOT, english, name_of, read_yaml, text
from .test_actions import fields_of

KNOWN = {"", "yaml", "json", "sh", "ini", "cron", "text", "python"}
ACTIONS = read_yaml(INTEGRATION / "services.yaml")
TEXTS = english()
BLUEPRINTS = {path.stem: path for path in (ROOT / "blueprints/automation/plex_steward").glob("*.yaml")}
EVENTS = {key: set(words["state_attributes"]["event_type"]["state"]) for key, words in TEXTS["entity"]["event"].items()}


def named(block: Block) -> str:
    return str(block)


def parsed(block: Block) -> Any:
    return yaml_util.parse_yaml(block.body)


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Give every mapping in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


def test_blocks_say_their_language():
    assert {str(block): block.language for block in blocks() if block.language not in KNOWN} == {}
    assert len(EXAMPLES) >= 15


def test_json_and_ini_can_be_read():
    for block in blocks("json"):
        json.loads(block.body)
    for block in blocks("ini"):
        reader = configparser.RawConfigParser(strict=False)
        reader.read_string(block.body)
        assert reader.sections(), block


def test_compose_is_yaml():
    assert COMPOSE
    assert all(yaml.safe_load(block.body)["services"] for block in COMPOSE)


def test_cards_are_written_as_their_forms_write_them():
    options = {}
    for path in (INTEGRATION / "frontend").glob("*-card.js"):
        (form,) = re.findall(r"return form\((.*)\);", text(path))
        options[f"custom:plex-steward-{path.stem.removesuffix('-card')}"] = set(re.findall(r'"(\w+)"', form))
    assert len(options) == 3
    written = [yaml.safe_load(block.body) for block in CARDS]
    assert {"strategy": {"type": "custom:plex-steward"}} in written
    assert [one for one in written if "type" in one]
    for one in written:
        assert "strategy" in one or one.keys() - {"type"} <= options[one["type"]]
    page = text(ROOT / "docs" / "guide.md").partition("## Dashboard")[2]
    assert {name for names in options.values() for name in names if f"`{name}`" not in page} == set()


def test_pictures_are_shown():
    shown = {Path(link).name for page in PAGES for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text(page))}
    assert shown == {path.name for path in (ROOT / "docs" / "images").iterdir()}


@pytest.mark.parametrize("block", EXAMPLES, ids=named)
def test_our_actions_are_called_with_fields_they_have(block):
    for part in parts(parsed(block)):
        domain, _, action = str(part.get("action", "")).partition(".")
        if domain == "plex_steward":
            known = fields_of(ACTIONS[action])
            given = set(part.get("data", {}))
            assert given <= set(known), f"{action} has no {given - set(known)}"
            assert {name for name, field in known.items() if field.get("required")} <= given, action


@pytest.mark.parametrize("block", EXAMPLES, ids=named)
def test_event_types_exist(block):
    for part in parts(parsed(block)):
        if part.get("trigger") == "event.received":
            entity, wanted = part["target"]["entity_id"], part["options"]["event_type"]
            (known,) = [types for key, types in EVENTS.items() if entity.endswith(f"_{slug('event', key)}")]
            assert set([wanted] if isinstance(wanted, str) else wanted) <= known, entity


def slug(platform: str, key: str) -> str:
    """The last part of an entity's id."""
    return slugify(TEXTS["entity"][platform][key]["name"])


@pytest.mark.parametrize("block", EXAMPLES, ids=named)
def test_entities_exist(block):
    """Examples call the server `home`, and libraries and mirrors by what they hold."""
    for platform, name in re.findall(r"\b([a-z_]+)\.(?:home|films|movies)_([a-z0-9_]+)", block.body):
        assert name in {slug(platform, key) for key in TEXTS["entity"][platform]}, f"{platform} {name}"


@pytest.mark.parametrize("block", EXAMPLES, ids=named)
def test_templates_can_be_read(block):
    environment = template.TemplateEnvironment(None)
    for one in strings(parsed(block)):
        if template.is_template_string(one):
            environment.parse(one)
            assert ".items " not in one, "a mapping's method, not its key"


@pytest.mark.parametrize("name", sorted(BLUEPRINTS))
def test_templates_of_blueprints_can_be_read(name):
    environment = template.TemplateEnvironment(None)
    for one in strings(yaml_util.parse_yaml(text(BLUEPRINTS[name]))):
        try:
            environment.parse(one)
        except jinja2.TemplateSyntaxError as error:
            raise AssertionError(f"{one}: {error}") from error


def test_a_blueprint_in_use_has_the_inputs_it_needs():
    used = [parsed(block)["use_blueprint"] for block in EXAMPLES if "use_blueprint" in parsed(block)]
    assert used
    for one in used:
        data = yaml_util.parse_yaml(text(BLUEPRINTS[one["path"].split("/")[1].removesuffix(".yaml")]))
        assert isinstance(data, dict)
        blueprint = Blueprint(data, schema=BLUEPRINT_SCHEMA)
        needed = {key for key, given in blueprint.inputs.items() if given is None or "default" not in given}
        assert needed <= set(one["input"]) <= set(blueprint.inputs)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash to read shell blocks")
@pytest.mark.parametrize("block", blocks("sh"), ids=named)
def test_shell_blocks_can_be_read(block):
    done = subprocess.run(["bash", "-n"], input=block.body, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def commands() -> list[tuple[Block, str]]:
    """Return every call of the mirror's command in a document."""
    found = []
    for block in blocks("sh", "ini", "cron"):
        for line in block.body.replace("\\\n", " ").splitlines():
            call = re.search(
                r"(?:plex-steward|-m plex_steward_mirror) +((?:sync|diff|plan|undo|import|doctor)\b[^|#]*)", line
            )
            if call:
                found.append((block, call[1].split("2>")[0].replace("|| exit 1", "").strip()))
    return found


def test_commands_are_taken_by_the_command_line():
    """Subcommand and options, as they stand there."""
    assert len(commands()) >= 10
    for block, call in commands():
        words = shlex.split(call)
        try:
            cli._parser(words).parse_args(words)
        except (SystemExit, argparse.ArgumentError) as error:
            raise AssertionError(f"{block}: {call}") from error


def test_every_option_of_the_command_is_documented():
    page = text(ROOT / "docs" / "cli.md")
    options = set(re.findall(r'"(--[a-z][a-z-]+)"', text(INTEGRATION / "mirror" / "cli.py")))
    assert options
    assert {option for option in options if option not in page} == {"--verbose"}  # it is there as -v


def test_scripts_that_are_named_exist():
    for page in PAGES:
        for name in re.findall(r"`?scripts/([a-z]+)", text(page)):
            assert (ROOT / "scripts" / name).is_file(), f"{name_of(page)}: scripts/{name}"


def test_anchors_lead_to_headings():
    def anchor(heading: str) -> str:
        return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")

    headings = {page: {anchor(one) for one in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)} for page in PAGES}
    for page in PAGES:
        for target, mark in re.findall(r"\]\(((?!https?:)[^)#\s]*)#([^)\s]+)\)", text(page)):
            there = (page.parent / target).resolve() if target else page
            assert mark in headings[there], f"{name_of(page)}: {target}#{mark}"
