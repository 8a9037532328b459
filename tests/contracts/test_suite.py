"""No folder of tests is forgotten by ``scripts/test``."""

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
