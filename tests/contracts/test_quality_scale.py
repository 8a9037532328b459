"""``quality_scale.yaml`` names every rule of Home Assistant's quality scale and tells the truth."""

from collections.abc import Callable
import re

import pytest

from .reading import INTEGRATION, ROOT, english, modules, read_json, read_yaml, text

BRONZE = """
    action-setup appropriate-polling brands common-modules config-flow-test-coverage config-flow
    dependency-transparency docs-actions docs-conditions docs-high-level-description
    docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup entity-unique-id
    has-entity-name runtime-data test-before-configure test-before-setup unique-config-entry
"""
SILVER = """
    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow
    test-coverage
"""
GOLD = """
    devices diagnostics discovery-update-info discovery docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
    entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
    icon-translations reconfiguration-flow repair-issues stale-devices
"""
PLATINUM = "async-dependency inject-websession strict-typing"
TIERS = {"bronze": BRONZE.split(), "silver": SILVER.split(), "gold": GOLD.split(), "platinum": PLATINUM.split()}
RULES = [rule for rules in TIERS.values() for rule in rules]


def code() -> str:
    return "\n".join(text(path) for path in modules())


def docs() -> str:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return "\n".join(text(path) for path in files).lower()


def heading(*words: str) -> Callable[[], bool]:
    """Tell whether README or a page of docs/ has a heading with one of the words."""
    return lambda: bool(re.search(rf"^#+ .*({'|'.join(words)})", docs(), re.MULTILINE))


def defined(name: str) -> Callable[[], bool]:
    return lambda: f"def {name}(" in code()


EVIDENCE: dict[str, Callable[[], bool]] = {
    "action-setup": lambda: "services.async_setup(hass)" in text(INTEGRATION / "__init__.py"),
    "brands": (INTEGRATION / "brand" / "icon.png").is_file,
    "config-flow": lambda: read_json(INTEGRATION / "manifest.json").get("config_flow") is True,
    "docs-high-level-description": lambda: "plex" in text(ROOT / "README.md").lower(),
    "docs-installation-instructions": heading("install"),
    "docs-removal-instructions": heading("remov"),
    "docs-actions": heading("action"),
    "docs-configuration-parameters": heading("option"),
    "docs-installation-parameters": heading("setting up", "set up", "setup", "install"),
    "docs-data-update": heading("updat"),
    "docs-examples": heading("example", "blueprint", "automation"),
    "docs-known-limitations": heading("limit"),
    "docs-supported-devices": heading("support"),
    "docs-supported-functions": heading("entit"),
    "docs-troubleshooting": heading("trouble"),
    "docs-use-cases": heading("use case", "what people do", "uses"),
    "has-entity-name": lambda: "_attr_has_entity_name = True" in text(INTEGRATION / "entity.py"),
    "runtime-data": lambda: "entry.runtime_data" in code() and "hass.data[DOMAIN]" not in code(),
    "unique-config-entry": lambda: "async_set_unique_id" in code(),
    "integration-owner": lambda: bool(read_json(INTEGRATION / "manifest.json")["codeowners"]),
    "reauthentication-flow": defined("async_step_reauth"),
    "reconfiguration-flow": defined("async_step_reconfigure"),
    "config-entry-unloading": defined("async_unload_entry"),
    "diagnostics": defined("async_get_config_entry_diagnostics"),
    "discovery": defined("async_step_zeroconf"),
    "entity-disabled-by-default": lambda: "entity_registry_enabled_default=False" in code(),
    "entity-translations": lambda: bool(english()["entity"]),
    "exception-translations": lambda: bool(english()["exceptions"]),
    "icon-translations": lambda: bool(read_json(INTEGRATION / "icons.json")["entity"]),
    "repair-issues": defined("async_create_fix_flow"),
    "inject-websession": lambda: "async_get_clientsession" in code(),
    "strict-typing": lambda: (INTEGRATION / "py.typed").is_file() and "strict = true" in text(ROOT / "pyproject.toml"),
}
"""What a machine can see of a rule: without it the rule cannot be done."""


@pytest.fixture(scope="module")
def rules():
    return read_yaml(INTEGRATION / "quality_scale.yaml")["rules"]


def status(rule) -> str:
    return rule if isinstance(rule, str) else rule["status"]


def test_every_rule_is_named(rules):
    assert len(RULES) == 54
    assert set(rules) == set(RULES)


def test_every_status_is_one_of_three(rules):
    for name, rule in rules.items():
        assert status(rule) in {"done", "todo", "exempt"}, name
        assert status(rule) != "exempt" or rule.get("comment"), f"{name}: exempt, but why?"


@pytest.mark.parametrize("name", sorted(EVIDENCE))
def test_what_is_done_can_be_seen(rules, name):
    assert status(rules[name]) != "done" or EVIDENCE[name](), f"{name} is called done, but nothing shows it"


def test_the_manifest_claims_no_more(rules):
    """The tier in the manifest is reached only when no rule of it, or of a lower one, is left to do."""
    claimed = read_json(INTEGRATION / "manifest.json").get("quality_scale", "custom")
    assert claimed in {*TIERS, "custom"}
    reached = list(TIERS)[: list(TIERS).index(claimed) + 1] if claimed in TIERS else []
    assert [name for tier in reached for name in TIERS[tier] if status(rules[name]) == "todo"] == [], (
        f"manifest: {claimed}"
    )
