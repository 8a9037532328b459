"""Bringing films in from a staging folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from custom_components.plex_steward.mirror.importer import bring_in
from custom_components.plex_steward.mirror.model import Layout, Options, Outcome, Report
from custom_components.plex_steward.mirror.run import MirrorSettings

from .disk import codes, failing, files, frozen, tree, write

STAGED = {
    "N (2011) {imdb-tt2}.m4v": "film",
    "N (2011) {imdb-tt2}.en.srt": "words",
    "deep/er/M (2012) [1080p].mkv": "other film",
    "O (2013)/odd name.mkv": "named by its folder",
    "readme.txt": "text",
    ".hidden/P (2014).mkv": "hidden",
}
ARRIVED = {
    "N (2011) [imdbid-tt2]/N (2011) [imdbid-tt2].m4v",
    "N (2011) [imdbid-tt2]/N (2011) [imdbid-tt2].en.srt",
    "M (2012)/M (2012) - BD.mkv",
    "O (2013)/O (2013).mkv",
}


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return write(tmp_path / "staging", STAGED)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return tmp_path / "library"


def imported(staging: Path, library: Path, **more: Any) -> Report:
    create = bool(more.pop("create", False))
    settings = MirrorSettings(str(staging), str(library), Options(source_layout=Layout.PLEX), create=create)
    return bring_in(settings, **more)


def test_moves(staging: Path, library: Path) -> None:
    number = (staging / "N (2011) {imdb-tt2}.m4v").stat().st_ino
    report = imported(staging, library)
    assert (report.outcome, report.exit_code) == (Outcome.DONE, 0)
    assert files(library) == ARRIVED
    assert files(staging) == {"readme.txt", ".hidden/P (2014).mkv"}
    assert (library / "N (2011) [imdbid-tt2]/N (2011) [imdbid-tt2].m4v").stat().st_ino == number, "moved, not copied"
    assert report.plan is not None
    assert [one.path for one in report.plan.ignored] == ["readme.txt"]


def test_copies(staging: Path, library: Path) -> None:
    before = frozen(staging)
    assert imported(staging, library, move=False).exit_code == 0
    assert frozen(staging) == before
    assert files(library) == ARRIVED
    assert set(tree(library).values()).isdisjoint(set(tree(staging).values()) - {"folder"})


def test_moves_across_file_systems(staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def link(path: str, *rest: object, src_dir_fd: int, dst_dir_fd: int, **more: object) -> None:
        if src_dir_fd != dst_dir_fd:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(path, *rest, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **more)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(os, "link", link)
    assert imported(staging, library).exit_code == 0
    assert files(library) == ARRIVED
    assert files(staging) == {"readme.txt", ".hidden/P (2014).mkv"}


def test_moves_where_there_are_no_links(staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    assert imported(staging, library).exit_code == 0
    assert files(library) == ARRIVED


def test_never_overwrites_whatever_comes_in_between(
    staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custom_components.plex_steward.mirror import importer

    place = library / "M (2012)/M (2012) - BD.mkv"
    real = importer._Import.bring

    def bring(self: importer._Import, action) -> None:
        if action.target.endswith("BD.mkv"):
            place.write_text("came meanwhile")
        real(self, action)

    monkeypatch.setattr(importer._Import, "bring", bring)
    report = imported(staging, library)
    assert codes(report) == {"M (2012)/M (2012) - BD.mkv": "exists"}
    assert place.read_text() == "came meanwhile"
    assert (staging / "deep/er/M (2012) [1080p].mkv").read_text() == "other film"


def test_again_after_an_interruption(staging: Path, library: Path) -> None:
    """Killed between the second name and the removal of the first."""
    imported(staging, library)
    os.link(library / "M (2012)/M (2012) - BD.mkv", staging / "M (2012) [1080p].mkv")
    report = imported(staging, library)
    assert (report.exit_code, report.skipped) == (0, 1)
    assert files(staging) == {"readme.txt", ".hidden/P (2014).mkv"}
    assert files(library) == ARRIVED


def test_two_of_one_name(library: Path, tmp_path: Path) -> None:
    staging = write(tmp_path / "staging", ["a/M (2010).mkv", "b/M (2010).mkv"])
    report = imported(staging, library)
    assert report.exit_code == 3
    assert codes(report) == {"b/M (2010).mkv": "exists"}
    assert files(staging) == {"b/M (2010).mkv"}


def test_dry(staging: Path, tmp_path: Path) -> None:
    report = imported(staging, tmp_path / "new", create=True, dry_run=True)
    assert len(report.done) == 3 + 4
    assert not (tmp_path / "new").exists()
    assert len(files(staging)) == len(STAGED)


def test_refusals(staging: Path, library: Path, tmp_path: Path) -> None:
    assert imported(staging, tmp_path / "none").refusal == "target_missing"
    assert imported(tmp_path / "none", library).refusal == "staging_missing"
    assert imported(staging, staging / "inside", create=True).refusal == "target_in_source"
    assert imported(library, library).refusal == "same_folder"
    for report in (imported(staging, tmp_path / "none"), imported(library, library)):
        assert report.exit_code == 1


def test_undecided(tmp_path: Path, library: Path) -> None:
    staging = write(tmp_path / "staging", ["Film.mkv"])
    report = bring_in(MirrorSettings(str(staging), str(library)))
    assert (report.refusal, report.exit_code) == ("layout_undecided", 1)


def test_cancelled(staging: Path, library: Path) -> None:
    asked = iter([False] * 8)
    report = imported(staging, library, cancel=lambda: next(asked, True))
    assert (report.outcome, report.exit_code) == (Outcome.CANCELLED, 10)
    assert imported(staging, library).exit_code == 0
    assert files(library) == ARRIVED


BRIDGE = "M (2012)/M (2012) - BD.mkv"
STAGED_BRIDGE = "deep/er/M (2012) [1080p].mkv"


def test_a_library_that_cannot_be_locked(staging: Path, library: Path) -> None:
    """What the system answered is in the report, and nothing was touched."""
    write(library, {".plex-steward": "a file in the way"})
    before = frozen(staging)
    report = imported(staging, library)
    assert (report.outcome, report.exit_code, report.refusal) == (Outcome.FAILED, 1, "system")
    assert dict(report.refusal_data) == {
        "detail": os.strerror(errno.EEXIST),
        "path": str(library / ".plex-steward"),
    }
    assert frozen(staging) == before
    assert set(tree(library, own=True)) == {".plex-steward"}


def test_progress(staging: Path, library: Path) -> None:
    told: list[tuple[str, int, int]] = []
    report = imported(staging, library, progress=lambda *state: told.append(state))
    assert told == [("apply", number, 7) for number in range(7)]
    assert len(report.done) == 7


def test_a_folder_that_cannot_be_made(staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", failing(os.mkdir, errno.ENOSPC, lambda name: name == "M (2012)"))
        report = imported(staging, library)
    assert report.outcome is Outcome.PARTIAL
    assert codes(report) == {"M (2012)": "no_space", BRIDGE: "gone"}
    assert files(library) == ARRIVED - {BRIDGE}
    assert (staging / STAGED_BRIDGE).read_text() == "other film"
    assert imported(staging, library).exit_code == 0
    assert files(library) == ARRIVED


def test_a_copy_that_gets_no_name_leaves_nothing(staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", failing(os.link, errno.EIO, lambda _: True))
        report = imported(staging, library, move=False)
    assert set(codes(report).values()) == {"io_error"}
    assert files(library) == set()
    assert len(files(staging)) == len(STAGED)


def test_without_links_nothing_that_came_meanwhile_is_overwritten(
    staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = library / BRIDGE

    def link(*_: object, **__: object) -> None:
        if place.parent.is_dir():
            place.write_text("came meanwhile")
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    report = imported(staging, library)
    assert codes(report) == {BRIDGE: "exists"}
    assert place.read_text() == "came meanwhile"
    assert files(library) == ARRIVED, "and no copy lies aside"
    assert (staging / STAGED_BRIDGE).read_text() == "other film"


def test_what_was_copied_before_is_there(staging: Path, library: Path) -> None:
    imported(staging, library, move=False)
    before = frozen(staging), tree(library)
    report = imported(staging, library, move=False)
    assert (report.exit_code, report.skipped, report.done) == (0, 4, ())
    assert (frozen(staging), tree(library)) == before


def test_a_staged_name_that_cannot_go_is_told(staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(staging, library)
    again = staging / "M (2012) [1080p].mkv"
    os.link(library / BRIDGE, again)
    monkeypatch.setattr(os, "unlink", failing(os.unlink, errno.EROFS, lambda name: name == again.name))
    report = imported(staging, library)
    assert (report.exit_code, report.skipped) == (3, 1)
    assert codes(report) == {BRIDGE: "read_only"}
    assert again.samefile(library / BRIDGE)


def test_a_staged_file_that_left_is_not_taken_for_arrived(staging: Path, library: Path) -> None:
    """Another file of its name is in the library: it stays, and is not counted as the staged one."""
    write(library, {BRIDGE: "mine"})

    def leave(*_: object) -> None:
        (staging / STAGED_BRIDGE).unlink(missing_ok=True)

    report = imported(staging, library, progress=leave)
    assert codes(report) == {BRIDGE: "exists"}
    assert report.skipped == 0
    assert (library / BRIDGE).read_text() == "mine"


def test_a_staging_folder_that_is_marked_stays(staging: Path, library: Path) -> None:
    write(staging, ["deep/.jellyplex-sync-ignore"])
    assert imported(staging, library).exit_code == 0
    assert files(library) == ARRIVED - {BRIDGE}
    assert (staging / STAGED_BRIDGE).is_file()
