"""A few faults in every kind of run; `scripts/faults` tries ten thousand, and every call."""

from __future__ import annotations

from pathlib import Path

import pytest

from .faults.calls import Fault
from .faults.one import reference, strike
from .faults.plans import choose
from .faults.stories import STORIES, Story

FAULTS = 6
"""Per kind of run."""


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_nothing_is_lost_and_the_next_run_puts_it_right(tmp_path: Path, story: Story) -> None:
    known = reference(tmp_path / "world", story)
    for _, fault in choose([known], FAULTS, seed=7):
        result = strike(tmp_path / "world", known, fault)
        assert result.reached
        assert not result.wrong, f"call {fault.number}: {fault}"


def test_the_harness_sees_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that loses a file is caught: the checks can fail."""
    monkeypatch.setattr("custom_components.plex_steward.mirror.apply.keep", lambda *_: True)
    story = next(story for story in STORIES if story.name == "changes, delete, copies")
    known = reference(tmp_path / "world", story)
    assert strike(tmp_path / "world", known, Fault("kill", len(known.calls))).wrong
