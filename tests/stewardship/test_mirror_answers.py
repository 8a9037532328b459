"""What is kept and told of a run, from reports of the mirror itself."""

from collections.abc import Callable
from dataclasses import replace
import json
import os
from pathlib import Path
from typing import Any

import pytest

from custom_components.plex_steward.mirror.model import Layout, Materializer, Options, Outcome
from custom_components.plex_steward.mirror.run import MirrorSettings, run
from custom_components.plex_steward.stewardship import mirror_answers
from custom_components.plex_steward.stewardship.mirror_answers import answer
from custom_components.plex_steward.stewardship.mirror_records import (
    LINES,
    RunRecord,
    Status,
    changed_folders,
    plan_text,
)
from custom_components.plex_steward.stewardship.mirror_settings import MirrorConfig

type Make = Callable[..., MirrorSettings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a library with so many films and give the settings of its mirror."""

    def library(films: int, **options: Any) -> MirrorSettings:
        (tmp_path / "target").mkdir(exist_ok=True)
        for number in range(films):
            folder = tmp_path / "source" / f"Film {number:03} (2000)"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"Film {number:03} (2000).mkv").write_text(str(number))
        base = MirrorConfig.of({"source": str(tmp_path / "source"), "target": str(tmp_path / "target")}).settings
        return replace(base, options=Options(source_layout=Layout.PLEX, **options))

    return library


def test_a_dry_run_counts_what_would_be_done(make: Make) -> None:
    record = RunRecord.of(run(make(3), dry_run=True), "action")
    assert (record.status, record.changed, record.pending) == (Status.DIFFERS, 0, 3)
    assert record.linked == 0
    assert not record.wrote


def test_a_run_counts_what_it_did(make: Make) -> None:
    settings = make(3)
    report = run(settings)
    record = RunRecord.of(report, "button")
    assert (record.status, record.changed, record.pending, record.linked) == (Status.IN_SYNC, 3, 0, 3)
    assert changed_folders(report)[0] == ("Film 000 (2000)", "Film 001 (2000)", "Film 002 (2000)")
    again = RunRecord.of(run(settings), "button")
    assert (again.status, again.changed, again.pending) == (Status.IN_SYNC, 0, 0)
    assert again.linked in (None, 3)  # a quick run does not count


def test_strays_are_counted_until_they_are_removed(make: Make) -> None:
    settings = make(3)
    stray = Path(settings.target, "Stray (1999)")
    stray.mkdir()
    (stray / "Stray (1999).mkv").write_text("stray")
    record = RunRecord.of(run(settings), "button")
    assert (record.status, record.strays) == (Status.IN_SYNC, 1)
    compared = RunRecord.of(run(settings, "diff"), "button")
    assert (compared.status, compared.outcome, compared.strays) == (Status.IN_SYNC, "differs", 1)
    gone = RunRecord.of(run(replace(settings, options=replace(settings.options, delete=True))), "button")
    assert (gone.status, gone.strays, gone.removed_files) == (Status.IN_SYNC, 0, 1)


def test_a_refused_run_keeps_its_plan_and_no_count_of_links(make: Make) -> None:
    settings = make(30, delete=True)
    run(settings)
    for number in range(25):
        folder = Path(settings.source, f"Film {number:03} (2000)")
        (folder / f"{folder.name}.mkv").unlink()
        folder.rmdir()
    record = RunRecord.of(run(settings), "schedule")
    assert (record.status, record.linked, record.pending, record.approvable) == (Status.REFUSED, None, 25, True)
    assert record.lines[0] == "remove Film 000 (2000)"
    assert plan_text(record).splitlines()[0] == "- `remove Film 000 (2000)`"
    assert RunRecord.from_dict(json.loads(json.dumps(record.as_dict()))) == record


def test_nothing_to_undo_says_nothing_of_the_mirror(make: Make) -> None:
    report = run(make(1), "undo")
    assert report.outcome is Outcome.REFUSED
    assert RunRecord.of(report, "action").status == ""


def test_a_limited_run_says_nothing_of_the_whole(make: Make) -> None:
    record = RunRecord.of(run(make(3, only=("Film 001 (2000)",))), "action", whole=False)
    assert (record.status, record.changed, record.linked, record.pending) == ("", 1, None, None)


def test_long_plans_are_cut(make: Make) -> None:
    record = RunRecord.of(run(make(LINES + 5), "plan"), "action")
    assert len(record.lines) == LINES
    assert plan_text(record).splitlines()[-1] == "- … 5"


def test_records_of_another_version_can_be_read() -> None:
    row = {"operation": "sync", "outcome": "done", "status": "in_sync", "reason": "button", "started": 1.0}
    record = RunRecord.from_dict({**row, "duration": 2.0, "a_field_of_tomorrow": 1})
    assert (record.lines, record.facts) == ((), {})


def test_answers_are_cut_and_say_so(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_answers, "MOST", 2)
    settings = make(5)
    plan = answer(run(settings, "plan"))
    assert (len(plan["movies"]), plan["left_out"]) == (2, {"movies": 3})
    assert plan["movies"][0]["actions"][-1]["action"] == "link"
    assert "videos" not in plan["movies"][0]
    done = answer(run(settings))
    assert (len(done["events"]), done["left_out"]["events"]) == (2, 3)
    assert answer(run(settings, "plan"))["movies"] == []


def test_names_that_are_no_text_can_be_told(make: Make) -> None:
    settings = make(1)
    folder = os.fsencode(settings.source) + b"/Caf\xe9 (2001)"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder + b"/Caf\xe9 (2001).mkv")).touch()
    report = run(settings)
    json.dumps(answer(report)).encode()
    assert "Caf" in json.dumps(answer(report))
    for line in RunRecord.of(report, "button").lines:
        line.encode()


def test_copies_are_counted_like_links(make: Make) -> None:
    settings = make(2, materializer=Materializer.COPY)
    record = RunRecord.of(run(settings), "button")
    assert (record.linked, record.pending) == (2, 0)
