"""What a section's listing can be filtered and ordered by, as clients ask before they search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Node
from .model import TYPES
from .query import DATES, FLAGS, NUMBERS, TEXTS

if TYPE_CHECKING:
    from .model import Attrs, Section

LEVELS = {
    "movie": ("movie",),
    "show": ("show", "season", "episode"),
    "artist": ("artist", "album", "track"),
    "photo": ("photo",),
}
OPERATORS = {
    "integer": {"=": "is", "!=": "is not", ">>=": "is greater than", "<<=": "is less than"},
    "string": {"=": "contains", "!=": "does not contain", "==": "is", "!==": "is not", "<=": "begins with"},
    "date": {">>=": "is after", "<<=": "is before"},
    "boolean": {"=": "is true", "!=": "is false"},
}


def fields() -> dict[str, str]:
    """Give every field with its kind."""
    rows = dict.fromkeys(NUMBERS, "integer") | dict.fromkeys(DATES, "date")
    return rows | dict.fromkeys(TEXTS, "string") | dict.fromkeys(FLAGS, "boolean")


def meta_node(section: Section) -> Node:
    """Make the Meta of a section's listing."""
    children = []
    for level in LEVELS[section.type]:
        root = f"/library/sections/{section.id}/all?type={TYPES[level]}"
        below = [
            Node("Filter", {"filter": name, "filterType": kind, "key": f"/library/sections/{section.id}/{name}"})
            for name, kind in fields().items()
        ]
        for node in below:
            node.attrs |= {"type": "filter", "title": str(node.attrs["filter"])}
        below += [
            Node("Sort", {"key": name, "descKey": f"{name}:desc", "title": name}) for name in (*DATES, "titleSort")
        ]
        below += [
            Node("Field", {"key": f"{level}.{name}", "type": kind, "title": name}) for name, kind in fields().items()
        ]
        attrs: Attrs = {"key": root, "type": level, "title": level.title(), "active": level == section.type}
        children.append(Node("Type", attrs, below))
    for kind, operators in OPERATORS.items():
        rows = [Node("Operator", {"key": key, "title": title}) for key, title in operators.items()]
        children.append(Node("FieldType", {"type": kind}, rows))
    return Node("Meta", {}, children)
