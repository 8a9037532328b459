"""Write docs/reference.md from the integration's translations, its services.yaml and its entity descriptions."""

from collections.abc import Iterator, Sequence
import json
from pathlib import Path
from typing import Any

import yaml

from scripts.lib.entities import INTEGRATION, described, devices_of

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
INTRODUCTION = """\
# Reference

Every field, option, entity, event, action and repair of Plex Steward, as the integration itself names them. This page
is written by `scripts/docs`; change the texts in `translations/en.json`, not here.
"""
DEVICES = {"server": "The server", "library": "Each library", "mirror": "Each mirror", "": "Others"}


def cell(text: str) -> str:
    """Return a text as it may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(*columns: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Give the lines of a table."""
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell(text) for text in row)} |"


def forms(flow: dict[str, Any]) -> Iterator[str]:
    """Give each step of a flow that asks for something, with its fields."""
    for name, step in flow.get("step", {}).items():
        parts = [step, *step.get("sections", {}).values()]
        rows = [
            (f"**{label}**", f"`{field}`", part.get("data_description", {}).get(field, ""))
            for part in parts
            for field, label in part.get("data", {}).items()
        ]
        if rows:
            yield ""
            yield f"### {step.get('title', name)} (`{name}`)"
            if step.get("description"):
                yield ""
                yield cell(step["description"])
            yield from table("field", "name", "meaning", rows=rows)


def entity_rows(texts: dict[str, Any], device: str) -> Sequence[tuple[str, ...]]:
    """Return the entities of a kind of device."""
    rows = []
    for platform, keys in texts.items():
        for key, words in keys.items():
            if device in (devices_of(platform, key) or ("",)):
                description = described().get(platform, {}).get(key)
                facts = ["off by default"] if description and not description.entity_registry_enabled_default else []
                if description and description.entity_category:
                    facts.append(str(description.entity_category))
                if states := words.get("state"):
                    facts.append("states: " + ", ".join(f"`{state}`" for state in states))
                rows.append((f"**{words.get('name', key)}**", platform.replace("_", " "), f"`{key}`", "; ".join(facts)))
    return rows


def events(texts: dict[str, Any]) -> Iterator[str]:
    """Give the event entities with the types of their events."""
    for key, words in texts.get("event", {}).items():
        types = words.get("state_attributes", {}).get("event_type", {}).get("state", {})
        yield ""
        yield f"### {words.get('name', key)} (`{key}`)"
        yield from table("event type", "name", rows=[(f"`{kind}`", label) for kind, label in types.items()])


def actions(texts: dict[str, Any], structure: dict[str, Any]) -> Iterator[str]:
    """Give the actions with their fields."""
    for name, words in texts.items():
        yield ""
        yield f"### {words['name']} (`plex_steward.{name}`)"
        yield ""
        yield cell(words["description"])
        flat: dict[str, Any] = {}
        for field, described_field in ((structure.get(name) or {}).get("fields") or {}).items():
            flat |= described_field["fields"] if "fields" in (described_field or {}) else {field: described_field or {}}
        rows = []
        for field, described_field in flat.items():
            label = words["fields"][field]
            needed = "yes" if described_field.get("required") else ""
            example = described_field.get("example", described_field.get("default"))
            shown = "" if example is None else f"`{json.dumps(example, ensure_ascii=False)}`"
            rows.append((f"**{label['name']}**", f"`{field}`", needed, label["description"], shown))
        if rows:
            yield from table("field", "name", "required", "meaning", "example", rows=rows)


def repairs(texts: dict[str, Any]) -> Iterator[str]:
    """Give the repairs, and whether Home Assistant offers to mend them."""
    rows = []
    for name, words in texts.items():
        steps = words.get("fix_flow", {}).get("step", {})
        step: dict[str, str] = next(iter(steps.values()), {})
        title = words.get("title") or step.get("title", name)
        rows.append((title, words.get("description") or step.get("description", ""), "yes" if steps else ""))
    yield from table("repair", "meaning", "mended here", rows=rows)


def lines() -> Iterator[str]:
    """Give the page line by line."""
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
    structure = yaml.safe_load((INTEGRATION / "services.yaml").read_text(encoding="utf-8")) or {}
    yield INTRODUCTION.rstrip()
    yield "\n## Setting up"
    yield from forms(texts["config"])
    yield "\n## Options"
    yield from forms(texts.get("options", {}))
    for words in texts.get("config_subentries", {}).values():
        yield f"\n## {words['entry_type']}"
        yield from forms({"step": {name: step for name, step in words["step"].items() if name != "reconfigure"}})
    yield "\n## Entities"
    for device, title in DEVICES.items():
        if rows := entity_rows(texts["entity"], device):
            yield f"\n### {title}"
            yield from table("entity", "kind", "key", "", rows=rows)
    yield "\n## Events"
    yield from events(texts["entity"])
    yield "\n## Actions"
    yield from actions(texts["services"], structure)
    yield "\n## Repairs"
    yield from repairs(texts.get("issues", {}))


def render() -> str:
    """Return the whole page."""
    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(PAGE)
