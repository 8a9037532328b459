"""Two releases of Home Assistant: the one we are tested with throughout, and the next one beside it."""

import re

from awesomeversion import AwesomeVersion

from scripts.lib import test as suite

from .reading import ROOT, read_json, read_yaml, text


def pinned(file: str) -> str:
    """The release of Home Assistant that a file of requirements names."""
    found: list[str] = re.findall(r"^homeassistant==([\d.]+)", text(ROOT / "requirements" / file), re.MULTILINE)
    assert len(found) == 1
    return found[0]


def month(release: str) -> str:
    return ".".join(release.split(".")[:2])


def test_the_next_one_is_newer():
    assert AwesomeVersion(pinned("next.in")) > AwesomeVersion(pinned("dev.in"))


def test_what_is_named_is_what_is_installed():
    for name in ("dev", "next"):
        assert pinned(f"{name}.in") == pinned(f"{name}.txt")


def test_the_oldest_that_may_be_used_is_the_one_that_is_tested():
    assert month(read_json(ROOT / "hacs.json")["homeassistant"]) == month(pinned("dev.in"))


def test_the_workflow_runs_every_part_once_with_its_release():
    workflow = read_yaml(ROOT / ".github" / "workflows" / "test.yaml")
    jobs = workflow["jobs"]["test"]["strategy"]["matrix"]["include"]
    parts = [
        (job["release"], part)
        for job in jobs
        for word in job["parts"].split()
        for part in suite.GROUPS.get(word, [word])
    ]
    assert sorted(part for _, part in parts) == sorted(part.name for part in suite.PARTS)
    nexts = {part.name for part in suite.PARTS if part.next}
    assert {release for release, part in parts if part in nexts} == {month(pinned("next.in"))}
    assert {release for release, part in parts if part not in nexts} == {month(pinned("dev.in"))}


def test_the_core_stories_are_few_and_there():
    """What the next release must tell: setting up, one press, streams."""
    told = {path.stem for path in (ROOT / "tests" / "e2e").glob("test_*.py") if "mark.core" in text(path)}
    assert told == {"test_sign_in", "test_one_press", "test_streams"}
