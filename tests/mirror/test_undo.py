"""Taking back a run: all of it, nothing else, and never the last name of a file."""

from __future__ import annotations

from pathlib import Path
import shutil

import pytest

from custom_components.plex_steward.mirror import journal, undo
from custom_components.plex_steward.mirror.model import Outcome, Verb
from custom_components.plex_steward.mirror.state import State

from .disk import COPY, FILMS, codes, sync, tree, verbs, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source")


@pytest.fixture
def target(tmp_path: Path, source: Path) -> Path:
    sync(source, tmp_path / "target")
    return tmp_path / "target"


def test_runs_are_taken_back_one_after_the_other(source: Path, target: Path) -> None:
    first = tree(target)
    write(source, ["Dog (2002)/Dog (2002).mkv"])
    second = (sync(source, target), tree(target))[1]
    write(source, ["Emu (2003)/Emu (2003).mkv"])
    sync(source, target)
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert tree(target) == second
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert tree(target) == first
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert tree(target) == {}
    report = sync(source, target, verb="undo")
    assert (report.refusal, report.exit_code) == ("nothing_to_undo", 1)


def test_a_run_without_changes_is_not_in_the_way(source: Path, target: Path) -> None:
    assert sync(source, target).journal is None
    assert sync(source, target, verb="undo").removed_files == len(FILMS)


def test_dry(source: Path, target: Path) -> None:
    before = tree(target, own=True)
    report = sync(source, target, verb="undo", dry_run=True)
    assert report.removed_files == len(FILMS)
    assert tree(target, own=True) == before


def test_what_changed_since_is_left_alone(source: Path, target: Path) -> None:
    mine = target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
    mine.unlink()
    mine.write_text("mine")
    (mine.parent / "notes.txt").write_text("notes")
    report = sync(source, target, verb="undo")
    assert (report.outcome, report.exit_code) == (Outcome.PARTIAL, 3)
    assert codes(report) == {"Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4": "changed"}
    assert mine.read_text() == "mine"
    assert set(tree(target)) == {mine.parent.name, f"{mine.parent.name}/{mine.name}", f"{mine.parent.name}/notes.txt"}


def test_a_film_whose_source_has_gone_is_not_lost(source: Path, target: Path) -> None:
    shutil.rmtree(source / "Cat (1999) {imdb-tt3}")
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert list((target / ".plex-steward/trash").rglob("*.mp4")), "its last name is in the trash"


def test_a_replaced_file_comes_back_in_one_step(source: Path, target: Path) -> None:
    place = target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
    before = place.stat().st_ino
    new = source / FILMS[6]
    new.unlink()
    new.write_text("new")
    assert verbs(sync(source, target)) == ["replace"]
    assert sync(source, target, verb="undo").done[0].verb is Verb.REPLACE
    assert place.stat().st_ino == before


def test_names_come_back(source: Path, target: Path) -> None:
    before = tree(target)
    (source / "Boat (1981) {imdb-tt2}").rename(source / "Boat (1981) {imdb-tt77}")
    report = sync(source, target, delete=True)
    assert verbs(report).count("rename") == 3, "a right link is renamed, not made anew"
    assert "link" not in verbs(report)
    sync(source, target, verb="undo")
    assert tree(target) == before


def test_copies_are_taken_back_into_the_trash(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies"
    sync(source, target, materializer=COPY)
    assert sync(source, target, materializer=COPY, verb="undo").outcome is Outcome.DONE
    assert tree(target) == {}
    assert len([path for path in (target / ".plex-steward/trash").rglob("*") if path.is_file()]) == len(FILMS)


def test_a_killed_run_is_taken_back_too(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    sync(source, target)
    (path,) = journal.runs(str(target / ".plex-steward/journal"))
    lines = Path(path).read_text().splitlines()
    Path(path).write_text("\n".join(lines[:-1]) + '\n[["link","half a li')
    assert journal.read(path).ended is None
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert tree(target) == {}


def test_an_entry_that_left_the_trash_is_a_line_of_the_report(source: Path, target: Path) -> None:
    write(target, ["Old (1990)/old.mkv", "Older (1980)/older.mkv"])
    sync(source, target, delete=True)
    (entry,) = (target / ".plex-steward/trash").glob("*/Old (1990)")
    shutil.rmtree(entry)
    report = sync(source, target, verb="undo")
    assert codes(report) == {"Old (1990)": "gone"}
    assert (target / "Older (1980)/older.mkv").is_file()


def test_never_over_something_new(source: Path, target: Path) -> None:
    write(target, ["Old (1990)/old.mkv"])
    sync(source, target, delete=True)
    write(target, {"Old (1990)/old.mkv": "new"})
    report = sync(source, target, verb="undo")
    assert codes(report) == {"Old (1990)": "exists"}
    assert (target / "Old (1990)/old.mkv").read_text() == "new"


def test_cancelled(source: Path, target: Path) -> None:
    asked = iter([False] * 3)
    report = sync(source, target, verb="undo", cancel=lambda: next(asked, True))
    assert report.outcome is Outcome.CANCELLED
    assert sync(source, target, verb="undo").outcome is Outcome.DONE, "it can be gone on with"
    assert tree(target) == {}


def test_the_last_run_is_the_newest(target: Path) -> None:
    record = undo.last_run(State(str(target)))
    assert record is not None
    assert record.header["target"] == str(target)
    assert record.ended == "done"
    assert abs(journal.born(record.run) - Path(record.path).stat().st_mtime) < 3600


def test_journal_ids_sort_by_time() -> None:
    names = [journal.new_id() for _ in range(50)]
    assert names == sorted(names)
    assert journal.born("no id") == 0
