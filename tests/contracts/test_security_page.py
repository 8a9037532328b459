"""Every promise of ``docs/security.md`` names tests, and every test it names exists."""

import ast
import re

import pytest

from .reading import ROOT, text, tree

PAGE = text(ROOT / "docs" / "security.md")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)((?:::\w+)+)`", PAGE)))


def named_in(node: ast.AST, before: str = "") -> set[str]:
    """Return the tests of a file, as pytest names them."""
    found: set[str] = set()
    for inner in getattr(node, "body", []):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{before}::{inner.name}"
            found |= {name, *named_in(inner, name)}
    return found


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_named_test_exists(file, name):
    assert name in named_in(tree(ROOT / file))
    assert name.rpartition("::")[2].startswith(("test_", "Test"))


def test_every_promise_names_its_tests():
    rows = []
    for table in re.findall(r"\| promise \| test \|\n\|[ -|]+\|\n((?:\|.*\n)+)", PAGE):
        rows += table.splitlines()
    assert len(rows) > 35
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py::", row.rsplit("|", 2)[1])] == []


def test_every_test_about_security_holds_a_promise():
    """What is tested under that name is promised, or helps to test what is."""
    files = sorted((ROOT / "tests" / "integration").glob("test_security_*.py"))
    assert files
    for file in files:
        assert f"tests/integration/{file.name}::" in PAGE
