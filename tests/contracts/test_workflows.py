"""The workflows parse, ask for no more than they need, end by themselves, and call scripts that exist."""

import os
import re

import pytest

from .reading import ROOT, read_yaml

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow(path):
    workflow = read_yaml(path)
    assert workflow["name"]
    assert workflow[True], "YAML reads the key `on` as true"
    assert workflow["permissions"].keys() == {"contents"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert "uses" in step or "run" in step
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@(v\d+|main|master)", step["uses"])
            for script in re.findall(r"(?:^|\s)((?:scripts|\.ci)/\w+)", step.get("run", "")):
                assert os.access(ROOT / script, os.X_OK), script


def test_what_must_be_there():
    assert {path.stem for path in WORKFLOWS} >= {"test", "validate", "release"}
    validate = read_yaml(ROOT / ".github" / "workflows" / "validate.yaml")
    uses = {step.get("uses", "").split("@")[0] for job in validate["jobs"].values() for step in job["steps"]}
    assert uses >= {"home-assistant/actions/hassfest", "hacs/action"}


def test_ci_runs_everything():
    assert "scripts/test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
