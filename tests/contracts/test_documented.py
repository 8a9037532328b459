"""What exists is documented, and what is documented exists."""

import ast
import re

import pytest

from custom_components.plex_steward.intent import INTENTS
from custom_components.plex_steward.plex import describe
from custom_components.plex_steward.plex.terminate import Refusal, Result

from .documents import PAGES, blocks, prose
from .reading import INTEGRATION, ROOT, english, literal, name_of, read_json, read_yaml, text, tree

DOCS = ROOT / "docs"
TEXTS = english()
ACTIONS = set(read_yaml(INTEGRATION / "services.yaml"))
GUIDE = DOCS / "guide.md"


def everything() -> str:
    return "\n".join(text(page) for page in PAGES)


def test_every_action_has_an_example():
    called = {name for block in blocks("yaml") for name in re.findall(r"action: plex_steward\.(\w+)", block.body)}
    assert ACTIONS - called == set()


def test_every_action_is_in_the_guide():
    listed = set(re.findall(r"`plex_steward\.(\w+)`", text(GUIDE)))
    assert listed == ACTIONS


def test_no_action_is_documented_that_does_not_exist():
    named = {
        (name_of(page), name)
        for page in PAGES
        for name in re.findall(r"\bplex_steward\.(\w+)", text(page))
        if name not in {"zip", "yaml"}
    }
    assert {one for one in named if one[1] not in ACTIONS} == set()


FAMILIES = {"resolution": "Resolution 8K … SD", "dynamic_range": "Dynamic range", "audio_profile": "Sound Dolby Atmos"}
"""Families of entities that the guide names as a whole; the reference has each."""


def test_every_entity_is_in_the_guide():
    page = text(GUIDE).lower()
    missing = set()
    for platform, keys in TEXTS["entity"].items():
        for key, words in keys.items():
            family = next((said for prefix, said in FAMILIES.items() if key.startswith(f"{prefix}_")), words["name"])
            if family.lower() not in page:
                missing.add((platform, key, words["name"]))
    assert missing == set()


def test_every_entity_of_the_guide_exists():
    """The first column of its tables of entities."""
    names = {words["name"].lower() for keys in TEXTS["entity"].values() for words in keys.values()}
    tables = re.findall(r"^\| entity \|.*?\n\| --- .*?\n((?:\|.*\n)+)", text(GUIDE), re.MULTILINE)
    assert len(tables) >= 3
    for row in "".join(tables).splitlines():
        if "…" in row:
            continue
        for name in row.split("|")[1].split(","):
            assert name.strip().lower() in names, name


def labels(flow):
    """Return what each field of a flow is called."""
    steps = flow.get("step", {}).values()
    forms = [form for step in steps for form in (step, *step.get("sections", {}).values())]
    return {label for form in forms for label in form.get("data", {}).values()}


@pytest.mark.parametrize("flow", ["options", "mirror", "preroll_set", "config"])
def test_every_option_is_in_the_guide(flow):
    found = labels(TEXTS["config_subentries"].get(flow) or TEXTS[flow])
    # Details of the dates of a season, which the form explains, and the name of a set.
    found -= {label for label in found if flow == "preroll_set" and label not in {"Files", "Order", "When", "Priority"}}
    found -= {"Server", "Address to use"}
    page = text(GUIDE).lower()
    assert found
    assert {label for label in found if label.lower() not in page} == set()


def test_every_menu_of_the_options_is_in_the_guide():
    page = text(GUIDE)
    for name in TEXTS["options"]["step"]["init"]["menu_options"].values():
        assert f"**{name}**" in page, name


def test_every_event_is_described():
    page = text(DOCS / "automations.md")
    for key, words in TEXTS["entity"]["event"].items():
        assert f"*{words['name']}*" in page, key
        for kind in words["state_attributes"]["event_type"]["state"]:
            assert f"`{kind}`" in page, f"{key}: {kind}"


def keys_of(module: str, *functions: str) -> set[str]:
    """Return the keys of the mappings that functions of a module make."""
    found = set()
    for node in ast.walk(tree(INTEGRATION / module)):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Dict):
                    found |= {key for one in inner.keys if (key := literal(one))}
    return found


def table_after(page: str, heading: str) -> set[str]:
    """Return the words in code style in the first columns of the tables below a heading."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text(DOCS / page), re.MULTILINE | re.DOTALL)
    assert section, heading
    rows = [row.split("|")[1] for row in section[1].splitlines() if row.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}


def test_attributes_of_playback():
    assert table_after("automations.md", "When something happens to a stream") == keys_of(
        "plex/describe.py", describe.change_facts.__name__
    )


def test_attributes_of_a_run():
    assert table_after("automations.md", "Mirrors") == keys_of("entities/mirror_event.py", "_ran")


def test_attributes_of_library_items():
    page = text(DOCS / "automations.md")
    keys = keys_of("entities/library_event.py", "_heard", "_facts")
    assert keys >= {"count", "titles", "items", "rating_key"}
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_fields_of_a_stream():
    known = keys_of("plex/describe.py", describe.stream_facts.__name__) | keys_of("services/sessions.py", "_of_user")
    assert table_after("streams.md", "Fields of a stream") == known


def test_outcomes_of_ending_a_stream():
    assert table_after("streams.md", "Ending a stream") >= {one.value for one in (*Result, *Refusal)}


def test_assist():
    page = text(DOCS / "assist.md")
    for kind in INTENTS:
        assert f"`{kind.intent_type}`" in page
        assert f"`plex_steward__{kind.tool}`" in page
        platform, key = kind.entity
        assert f"*{TEXTS['entity'][platform][key]['name']}*" in page
    tools = {kind.tool for kind in INTENTS}
    assert set(re.findall(r"`plex_steward__(\w+)`", page)) == tools


def test_every_blueprint_is_listed():
    page = text(DOCS / "automations.md")
    files = {path.name for path in (ROOT / "blueprints/automation/plex_steward").glob("*.yaml")}
    assert set(re.findall(r"blueprints/automation/plex_steward/(\w+\.yaml)\)", page)) == files


def test_every_blueprint_runs_in_a_test():
    tests = "".join(text(path) for path in (ROOT / "tests/integration/blueprints").glob("test_*.py"))
    run = set(re.findall(r'automate\(\s*"(\w+)"', tests))
    assert run == {path.stem for path in (ROOT / "blueprints/automation/plex_steward").glob("*.yaml")}


def test_numbers_in_words_are_right():
    """Ten blueprints, three cards: what the pages count."""
    count = len(list((ROOT / "blueprints/automation/plex_steward").glob("*.yaml")))
    assert count == 10
    assert "Ten blueprints" in text(DOCS / "automations.md")
    assert "ten blueprints" in text(ROOT / "README.md")


def test_pages_are_reached_from_the_readme():
    start = text(ROOT / "README.md")
    for page in DOCS.glob("*.md"):
        assert f"docs/{page.name}" in start, page.name


def test_the_readme_fits_a_screen():
    assert len(text(ROOT / "README.md").splitlines()) <= 60


def test_words_of_the_documents():
    """Placeholders and promises of later have no place in them."""
    for page in PAGES:
        assert not re.search(r"\b(TODO|TBD|FIXME|lorem|coming soon)\b", prose(page), re.IGNORECASE), name_of(page)


def test_the_oldest_version_is_the_same_everywhere():
    oldest = read_json(ROOT / "hacs.json")["homeassistant"].removesuffix(".0")
    for page in (ROOT / "README.md", GUIDE):
        assert f"Home Assistant {oldest} or newer" in text(page), name_of(page)
