"""Every row of ``docs/faults.md`` names tests, and every test it names exists."""

import re

import pytest

from .reading import ROOT, text, tree
from .test_security_page import named_in

PAGE = text(ROOT / "docs" / "faults.md")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(::\w+)`", PAGE)))
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| fault |", "| during |", "| ---"))
]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_named_test_exists(file, name):
    assert name in named_in(tree(ROOT / file))
    assert name.startswith("::test_")


def test_every_row_is_whole():
    """The fault, what happens, what is seen, how it passes, and tests."""
    assert len(ROWS) > 30
    for row in ROWS:
        assert len(row) == 5, row[0]
        assert all(row), row[0]
        assert re.fullmatch(r"(`tests/[\w/]+\.py::\w+`(, )?)+ ?\|?", row[4]), row[4]


def test_every_test_about_faults_has_a_row():
    files = sorted(ROOT.glob("tests/*/test_faults_*.py"))
    files = [file for file in files if file.parent.name in ("plex", "integration")]
    assert len(files) >= 7
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        assert f"`{path}::" in PAGE, path
