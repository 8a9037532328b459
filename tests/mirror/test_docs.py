"""The guide and the promises say what is there."""

from __future__ import annotations

import ast
from pathlib import Path
import re

import pytest

from custom_components.plex_steward.mirror import cli

ROOT = Path(__file__).parents[2]
SAFETY = (ROOT / "docs/safety.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs/cli.md").read_text(encoding="utf-8")

PROMISES = sorted(set(re.findall(r"`(test_\w+\.py)((?:::\w+)+)`", SAFETY)))


def names(tree: ast.AST, before: str = "") -> set[str]:
    """Tests of a file, as pytest names them."""
    found = set()
    for node in getattr(tree, "body", []):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found |= {f"{before}::{node.name}", *names(node, f"{before}::{node.name}")}
    return found


@pytest.mark.parametrize(("file", "name"), PROMISES)
def test_every_promise_has_its_test(file: str, name: str) -> None:
    assert name in names(ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8")))


def test_every_promise_names_a_test() -> None:
    rows = [line for line in SAFETY.splitlines() if line.startswith("| ") and "---" not in line]
    rows = [row for row in rows if not row.startswith("| promise")]
    assert len(rows) > 30
    assert all("`test_" in row.rsplit("|", 2)[1] for row in rows)


def test_every_option_and_command_is_in_the_guide() -> None:
    parser = cli._parser([])
    (commands,) = (action for action in parser._actions if action.dest == "command")
    assert commands.choices
    for name, command in dict(commands.choices).items():
        assert f"`{name} " in GUIDE
        for action in command._actions:
            long = [option for option in action.option_strings if option.startswith("--")]
            assert not long or any(option in GUIDE for option in (*long, *action.option_strings)) or "--help" in long


def test_every_option_in_the_guide_exists() -> None:
    parser = cli._parser([])
    (commands,) = (action for action in parser._actions if action.dest == "command")
    known = {
        option
        for command in dict(commands.choices or {}).values()
        for action in command._actions
        for option in action.option_strings
    }
    named = set(re.findall(r"`(--[a-z-]+)", GUIDE)) | set(re.findall(r"plex-steward[^\n]*? (--[a-z-]+)", GUIDE))
    assert named <= known
