"""``manifest.json`` and ``hacs.json`` as hassfest and HACS want them."""

import ast
import importlib.metadata
import json
from pathlib import Path
import re

from awesomeversion import AwesomeVersion
import homeassistant
from homeassistant.const import Platform
from packaging.requirements import Requirement
import pytest

from .reading import INTEGRATION, ROOT, name_of, nodes, read_json, text

CORE = Path(homeassistant.__file__).parent / "components"
REQUIRED = {
    "domain",
    "name",
    "codeowners",
    "documentation",
    "issue_tracker",
    "iot_class",
    "version",
    "integration_type",
}
KNOWN = (
    REQUIRED
    | {"after_dependencies", "config_flow", "dependencies", "loggers", "quality_scale", "requirements"}
    | {"zeroconf"}
)
ALWAYS_THERE = {
    *Platform,
    *(
        "api",
        "auth",
        "config",
        "diagnostics",
        "frontend",
        "homeassistant",
        "http",
        "llm",
        "lovelace",
        "persistent_notification",
    ),
    *("repairs", "system_health", "webhook", "websocket_api"),
}
"""Parts of Home Assistant that may be used without being named as dependencies."""


@pytest.fixture(scope="module")
def manifest():
    return read_json(INTEGRATION / "manifest.json")


def test_keys_are_known_complete_and_in_order(manifest):
    assert manifest.keys() >= REQUIRED
    assert manifest.keys() <= KNOWN
    assert list(manifest) == ["domain", "name", *sorted(manifest.keys() - {"domain", "name"})]


def test_values(manifest):
    assert manifest["domain"] == INTEGRATION.name
    assert not (CORE / manifest["domain"]).exists(), "a domain of the core's"
    assert manifest["issue_tracker"].startswith("https://")
    assert manifest["iot_class"] == "local_push"
    assert manifest["integration_type"] in {"hub", "service"}
    assert AwesomeVersion(manifest["version"]).valid
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["documentation"].startswith("https://")
    assert "home-assistant.io" not in manifest["documentation"]
    assert manifest["zeroconf"] == ["_plexmediasvr._tcp.local."]


def test_plexapi_may_be_what_the_core_pins(manifest):
    """Both integrations live in one process: a range that leaves the core's version out would break one of them."""
    (ours,) = [Requirement(line) for line in manifest["requirements"]]
    core = json.loads((CORE / "plex" / "manifest.json").read_text(encoding="utf-8"))
    (pinned,) = [Requirement(line) for line in core["requirements"] if Requirement(line).name == "PlexAPI"]
    (version,) = [clause.version for clause in pinned.specifier]
    assert ours.name == "PlexAPI"
    assert ours.specifier.contains(version)
    assert importlib.metadata.version("plexapi") == version


def test_dependencies_exist_and_are_named(manifest):
    named = {*manifest.get("dependencies", []), *manifest.get("after_dependencies", [])}
    assert all((CORE / name / "manifest.json").is_file() for name in named)
    for path, node in nodes(ast.ImportFrom):
        parts = (node.module or "").split(".")
        if not node.level and parts[:2] == ["homeassistant", "components"]:
            used = {parts[2]} if len(parts) > 2 else {alias.name for alias in node.names}
            assert used <= named | ALWAYS_THERE, f"{name_of(path)} uses {used - named - ALWAYS_THERE}"


def test_hacs_json():
    hacs = read_json(ROOT / "hacs.json")
    assert hacs.keys() <= {"name", "homeassistant", "hide_default_branch", "zip_release", "filename"}
    assert hacs["name"] == "Plex Steward"
    assert hacs["zip_release"] is True
    assert hacs["filename"] == "plex_steward.zip"


def test_the_oldest_home_assistant_is_the_one_we_test_with():
    (tested,) = re.findall(r"^homeassistant==(\d+\.\d+)\.", text(ROOT / "requirements" / "dev.in"), re.MULTILINE)
    assert read_json(ROOT / "hacs.json")["homeassistant"] == f"{tested}.0"


def test_the_release_attaches_what_hacs_downloads():
    assert f"dist/{read_json(ROOT / 'hacs.json')['filename']}" in text(ROOT / ".github" / "workflows" / "release.yaml")


def test_one_integration_in_the_repository():
    folders = [path.name for path in (ROOT / "custom_components").iterdir() if path.is_dir()]
    assert [name for name in folders if name != "__pycache__"] == [INTEGRATION.name]


def test_the_licence_is_one_that_is_known():
    """HACS asks what the licence is; the text must be the usual one."""
    licence = text(ROOT / "LICENSE")
    assert licence.startswith("MIT License\n")
    assert "Permission is hereby granted, free of charge, to any person obtaining a copy" in licence


def test_the_code_keeps_what_the_manifest_says(manifest):
    """A flow, a step for what is discovered that knows which server it is, and nothing to write in YAML."""
    assert manifest["config_flow"] is True
    assert (INTEGRATION / "config_flow.py").is_file()
    assert "CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)" in text(INTEGRATION / "__init__.py")
    discovery = text(INTEGRATION / "flow" / "discovery.py")
    assert "async def async_step_zeroconf" in discovery
    assert "async_set_unique_id" in discovery
