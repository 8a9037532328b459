"""No folder of tests is forgotten by ``scripts/test``."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.lib import test as suite

from .reading import ROOT


def test_every_folder_of_tests_is_run():
    folders = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" for path in (ROOT / "tests").rglob("test_*.py")}
    run = {folder for part in suite.PARTS for folder in getattr(part, "folders", ())}
    assert folders == run


def test_groups_name_parts():
    names = {part.name for part in suite.PARTS}
    assert all(set(group) <= names for group in suite.GROUPS.values())
    assert suite.GROUPS["all"] == [part.name for part in suite.PARTS]


SAMPLE = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("name", {names})
def test_passes_at_the_second_try(name):
    once = Path(__file__).with_name(name)
    before = once.exists()
    once.touch()
    assert before

def test_passes():
    pass

def test_fails():
    assert {right}
"""


@pytest.fixture
def folder():
    """Return a folder in the checkout, as every part's is."""
    (ROOT / ".reports").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / ".reports") as made:
        yield Path(made)


def outcome_of(folder, monkeypatch, names, right):
    """Run a small suite of its own the way every part is run."""
    monkeypatch.setattr(suite, "REPORTS", folder / "reports")
    (folder / "test_sample.py").write_text(SAMPLE.format(names=names, right=right), encoding="utf-8")
    part = suite.Pytest("sample", (str(folder),), plain=True, covered=False)
    return part.run([])


def test_only_what_fails_twice_fails(folder, monkeypatch):
    outcome = outcome_of(folder, monkeypatch, names=["a b", "[c]"], right=False)
    assert [name.split("::")[1] for name in outcome.failed] == ["test_fails"]
    assert {name.split("::")[1] for name in outcome.unstable} == {
        "test_passes_at_the_second_try[[c]]",
        "test_passes_at_the_second_try[a b]",
    }
    assert "1 failed, 3 passed, 2 unstable" in suite.summary(outcome, 1.0)


def test_nothing_to_run_is_a_failure(folder, monkeypatch):
    monkeypatch.setattr(suite, "REPORTS", folder / "reports")
    part = suite.Pytest("empty", (str(folder),), plain=True, covered=False)
    assert part.run([]).failed
