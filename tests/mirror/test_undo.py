"""Taking back a run: all of it, nothing else, and never the last name of a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
import shutil

import pytest

from custom_components.plex_steward.mirror import journal, undo
from custom_components.plex_steward.mirror.model import Outcome, Verb
from custom_components.plex_steward.mirror.state import State

from .disk import COPY, FILMS, codes, failing, sync, tree, verbs, write


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


CAT = "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"


def replaced(source: Path, target: Path) -> int:
    """A mirror whose last run replaced a film; the inode number of the new one."""
    (source / FILMS[6]).unlink()
    (source / FILMS[6]).write_text("new")
    assert verbs(sync(source, target)) == ["replace"]
    return (target / CAT).stat().st_ino


def test_dry_of_every_kind_of_line(source: Path, target: Path) -> None:
    """What was replaced, renamed and removed is told as it would come back, and stays as it is."""
    write(target, ["Old (1990)/old.mkv"])
    old = (target / CAT).stat().st_ino
    (source / FILMS[6]).unlink()
    (source / FILMS[6]).write_text("new")
    (source / FILMS[2]).rename((source / FILMS[2]).with_name("trailer.mkv"))
    assert sorted(verbs(sync(source, target, delete=True))) == ["remove", "rename", "replace"]
    before = tree(target, own=True)
    told = sync(source, target, verb="undo", dry_run=True)
    assert told.outcome is Outcome.DONE
    assert tree(target, own=True) == before
    folder = "A Bridge (1977) [imdbid-tt1]/Trailers"
    assert {(one.verb, one.target, one.origin) for one in told.done} == {
        (Verb.RENAME, "Old (1990)", None),
        (Verb.REPLACE, CAT, None),
        (Verb.RENAME, f"{folder}/teaser.mkv", f"{folder}/trailer.mkv"),
    }
    done = sync(source, target, verb="undo")
    assert [one[:3] for one in done.done] == [one[:3] for one in told.done], "what was told is what is done"
    assert (target / CAT).stat().st_ino == old
    assert (target / "Old (1990)/old.mkv").is_file()


def test_dry_tells_what_changed_since(source: Path, target: Path) -> None:
    (source / FILMS[6]).rename(source / FILMS[6].replace(".mp4", " [720p].mp4"))
    (renamed,) = sync(source, target, delete=True).done
    (target / renamed.target).unlink()
    (target / renamed.target).write_text("mine")
    report = sync(source, target, verb="undo", dry_run=True)
    assert (report.outcome, codes(report)) == (Outcome.PARTIAL, {renamed.target: "changed"})
    assert report.done == ()


def test_a_replaced_file_that_was_replaced_again_stays(source: Path, target: Path) -> None:
    replaced(source, target)
    (target / CAT).unlink()
    (target / CAT).write_text("mine")
    report = sync(source, target, verb="undo")
    assert codes(report) == {CAT: "changed"}
    assert (target / CAT).read_text() == "mine"


def test_a_replacing_that_did_not_come_to_its_end(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file already had its second name in the trash: it is left with the one it had."""
    (source / FILMS[6]).unlink()
    (source / FILMS[6]).write_text("new")
    old = (target / CAT).stat().st_ino
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", failing(os.rename, errno.EIO, lambda name: name.startswith(".plex-steward-")))
        assert codes(sync(source, target)) == {CAT: "io_error"}
    assert (target / CAT).stat().st_nlink == 2
    report = sync(source, target, verb="undo")
    assert (report.outcome, report.problems) == (Outcome.DONE, ())
    assert ((target / CAT).stat().st_ino, (target / CAT).stat().st_nlink) == (old, 1)


def test_a_removal_that_was_announced_only(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(target, ["Old (1990)/old.mkv", "Older (1980)/older.mkv"])
    before = tree(target)
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", failing(os.rename, errno.EIO, lambda name: name == "Old (1990)"))
        assert codes(sync(source, target, delete=True)) == {"Old (1990)": "io_error"}
    assert (target / "Old (1990)/old.mkv").is_file()
    assert not (target / "Older (1980)").exists()
    report = sync(source, target, verb="undo")
    assert (report.outcome, report.problems) == (Outcome.DONE, ())
    assert [one.target for one in report.done] == ["Older (1980)"]
    assert tree(target) == before
