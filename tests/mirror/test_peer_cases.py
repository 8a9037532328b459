"""What jellyplex-sync answers, case by case: ours is the same, or `docs/naming.md` has the row that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.plex_steward.mirror.model import Kind, Layout, Plan, Sidecars

from .trees import film, wanted

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "peer_cases.json").read_text("utf-8"))
NAMING = Path(__file__).parents[2] / "docs" / "naming.md"


def planned(case: dict[str, Any]) -> Plan:
    """Plan a case the peer's way: films only, sidecars left alone."""
    layouts = Layout(case["from"]), Layout(case["to"])
    return film(case["folder"], *case["files"], layouts=layouts, kind=Kind.MOVIES, sidecars=Sidecars.KEEP)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_names(case: dict[str, Any]) -> None:
    found = {source.partition("/")[2]: target for source, target in wanted(planned(case)).items()}
    assert found == case.get("ours", case["theirs"])


@pytest.mark.parametrize("case", [case for case in CASES if "rule" not in case], ids=lambda case: case["case"])
def test_every_loss_they_report_we_report(case: dict[str, Any]) -> None:
    ours = [[loss.kind, loss.key, loss.value] for title in planned(case).titles for loss in title.losses]
    assert [loss for loss in case.get("their_losses", []) if loss not in ours] == []


def test_there_are_all_cases() -> None:
    assert len({case["case"] for case in CASES}) == len(CASES) == 217


@pytest.mark.parametrize("rule", sorted({case["rule"] for case in CASES if "rule" in case}))
def test_every_difference_has_its_row(rule: str) -> None:
    assert f"| `{rule}` |" in NAMING.read_text("utf-8")


def test_every_row_has_its_difference() -> None:
    text = NAMING.read_text("utf-8").partition("## Where we differ")[2].partition("\n## ")[0]
    rows = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert rows == {case["rule"] for case in CASES if "rule" in case}


def test_the_same_case_differs_where_it_says_so() -> None:
    for case in CASES:
        if "rule" in case and case["ours"] == case["theirs"]:
            losses = [[loss.kind, loss.key, loss.value] for title in planned(case).titles for loss in title.losses]
            assert any(loss not in losses for loss in case["their_losses"]), case["case"]
