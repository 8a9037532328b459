"""What the fault harness found, one test per finding: each was a broken promise once."""

from __future__ import annotations

from collections.abc import Callable
import errno
import json
import os
from pathlib import Path
import re
import shutil
from typing import Any

import pytest

from custom_components.plex_steward.mirror import facts, journal
from custom_components.plex_steward.mirror.entries import temporary
from custom_components.plex_steward.mirror.errors import ScanError
from custom_components.plex_steward.mirror.importer import bring_in
from custom_components.plex_steward.mirror.journal import new_id
from custom_components.plex_steward.mirror.model import Layout, Options, Outcome, Report
from custom_components.plex_steward.mirror.run import MirrorSettings
from custom_components.plex_steward.mirror.state import State

from .disk import COPY, codes, failing, frozen, planned, sync, tree, verbs, write

CAT = "Cat (1999) {imdb-tt3}"
NEW_CAT = "Cat (1999) [imdbid-tt3]"


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def closing(number: int, ending: str) -> Callable[[int], None]:
    """A close that fails for one file: it is closed all the same."""
    real = os.close

    def close(descriptor: int) -> None:
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)
        if path.endswith(ending):
            raise error(number)

    return close


def fails(number: int, match: Callable[[str], object] = lambda _: True, *, times: int = 1000) -> Callable[..., Any]:
    """A call that fails for some first arguments, so many times."""
    left = [times]

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if left[0] and match(str(arguments[0])):
                left[0] -= 1
                raise error(number)
            return real(*arguments, **more)

        return call

    return wrap


class TestReading:
    def test_a_link_that_cannot_be_followed_is_unknown_not_gone(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (source / CAT / "link.mkv").symlink_to("../Boat (1981) {imdb-tt2}/poster.jpg")
        (source / CAT / "Trailers").mkdir()
        (source / CAT / "Trailers" / "other.mkv").symlink_to("../../Boat (1981) {imdb-tt2}/poster.jpg")
        sync(source, target)
        before = tree(target)
        with monkeypatch.context() as patch:
            patch.setattr(os, "readlink", fails(errno.EIO)(os.readlink))
            report = sync(source, target, delete=True)
        assert report.exit_code == 3
        assert set(codes(report)) == {f"{CAT}/link.mkv", f"{CAT}/Trailers/other.mkv"}
        assert tree(target) == before
        assert sync(source, target, delete=True).outcome is Outcome.DONE

    def test_a_forbidden_place_elsewhere_is_no_reason_to_stop(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (source / CAT / "away.mkv").symlink_to("/forbidden/film.mkv")
        real = os.stat
        monkeypatch.setattr(os, "lstat", fails(errno.EACCES, lambda path: path.startswith("/forbidden"))(os.lstat))
        monkeypatch.setattr(os, "stat", fails(errno.EACCES, lambda path: path.startswith("/forbidden"))(real))
        assert sync(source, target, delete=True).outcome is Outcome.DONE

    def test_half_a_listing_is_none(self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The name of a film may depend on what lies beside it."""
        film = "Two (2001)"
        write(source, [f"{film}/{film} [1080p].mkv", f"{film}/{film} [1080p] [remux].mkv"])
        sync(source, target)
        before = tree(target)
        real = os.scandir

        class Half:
            def __init__(self, path: str) -> None:
                self.entries, self.close = real(path), lambda: None

            def __iter__(self) -> Any:
                with self.entries:
                    yield next(self.entries)
                raise error(errno.EIO)

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", lambda path: Half(path) if path == str(source / film) else real(path))
            report = sync(source, target, delete=True)
        assert codes(report) == {film: "unreadable"}
        assert tree(target) == before

    def test_another_folder_of_the_same_film_cannot_be_read(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With `--only`: what it holds is not taken for strays."""
        write(source, ["M (2010)/M (2010) [1080p].mkv", "M (2010) [4k]/M (2010) [4k].mkv"])
        sync(source, target)
        before = tree(target)
        match = str(source / "M (2010) [4k]")
        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", fails(errno.EIO, lambda path: path == match)(os.stat))
            report = sync(source, target, delete=True, only=("M (2010)",))
        assert (report.exit_code, tree(target)) == (3, before)

    def test_whether_folders_lie_in_each_other_is_never_guessed(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (source / "inner").mkdir()
        hidden = tmp_path / "hidden"
        hidden.symlink_to(source / "inner")
        assert facts.relation(str(source), str(hidden)) == "target_in_source"
        for name in ("source", "hidden"):
            with monkeypatch.context() as patch:
                patch.setattr(os, "stat", fails(errno.EIO, re.compile(name).search)(os.stat))
                with pytest.raises(ScanError):
                    facts.relation(str(source), str(hidden))
        before = frozen(source)
        for call in ("stat", "lstat"):
            for times in range(1, 5):
                with monkeypatch.context() as patch:
                    patch.setattr(
                        os, call, fails(errno.EIO, lambda path: "hidden" in path, times=times)(getattr(os, call))
                    )
                    report = sync(source, hidden, delete=True, missing=True)
                assert report.outcome in {Outcome.FAILED, Outcome.REFUSED}
                assert frozen(source) == before

    def test_an_unreadable_memory_does_not_make_another_disk_right(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source.rename(source.with_name("away"))
        write(source, ["Other (2020)/Other (2020).mkv"])
        before = tree(target)
        assert sync(source, target, delete=True).refusal == "source_changed"
        monkeypatch.setattr("builtins.open", fails(errno.EIO, lambda path: path.endswith("last-run.json"))(open))
        assert sync(source, target, delete=True).outcome is Outcome.FAILED
        assert tree(target) == before

    def test_whether_names_differ_by_case_is_never_guessed(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "lstat", fails(errno.EIO, lambda path: path.endswith(".PLEX-STEWARD"))(os.lstat))
        report = sync(source, target)
        assert (report.outcome, report.refusal) == (Outcome.FAILED, "target_unreadable")

    def test_the_root_of_links_must_be_known(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from custom_components.plex_steward.mirror.scan import scan

        monkeypatch.setattr(os, "lstat", fails(errno.EIO)(os.lstat))
        with pytest.raises(ScanError):
            scan(str(source))


class TestJournal:
    def test_a_line_cut_short_by_a_full_disk_counts_for_nothing(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, real, full = tmp_path / "target", os.write, [False]

        def short(descriptor: int, data: bytes) -> int:
            if full[0]:
                raise error(errno.ENOSPC)
            if b'"mkdir"' in data:
                full[0] = True
                return real(descriptor, data[: len(data) // 2])
            return real(descriptor, data)

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", short)
            report = sync(source, target)
        assert report.exit_code == 3
        assert set(codes(report).values()) == {"no_space"}
        assert tree(target) == {}, "what cannot be announced is not done"
        assert sync(source, target).outcome is Outcome.DONE
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}

    def test_lines_after_a_cut_one_are_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = journal.Journal(str(tmp_path), new_id(), {})
        made.open()
        real, left = os.write, [1]

        def once(descriptor: int, data: bytes) -> int:
            left[0] -= 1
            if left[0] == 0:
                real(descriptor, data[:5])
            if left[0] in {0, -1}:
                raise error(errno.EIO)
            return real(descriptor, data)

        status = tmp_path.stat()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", once)
            with pytest.raises(OSError, match="Input/output"):
                made.made("one", status)
        made.made("two", status)
        made.close("done")
        record = journal.read(made.path)
        assert (set(record.made), record.ended) == ({"two"}, "done")

    def test_one_that_cannot_be_begun_is_not_there(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(source, ["New (2020)/New (2020).mkv"])
        before = tree(target)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fails(errno.ENOSPC)(os.write))
            assert sync(source, target).outcome is Outcome.FAILED
        assert tree(target) == before
        assert len(journal.runs(State(str(target)).journals)) == 1
        assert sync(source, target, verb="undo").outcome is Outcome.DONE, "the run before it"
        assert tree(target) == {}

    def test_an_empty_one_is_passed_over(self, source: Path, target: Path) -> None:
        Path(State(str(target)).journals, f"{new_id()}.jsonl").touch()
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}

    def test_an_end_that_cannot_be_written_is_a_line(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal.Journal, "close", fails(errno.EIO)(journal.Journal.close))
        report = sync(source, tmp_path / "target")
        assert (report.exit_code, list(codes(report).values())) == (3, ["io_error"])
        assert report.done


class TestActing:
    def test_no_folder_stays_open(self, source: Path, target: Path) -> None:
        """A film renamed and one removed left one descriptor each: a big clean-up ran out of them."""
        (source / CAT / f"{CAT}.mp4").rename(source / CAT / f"{CAT} [1080p].mp4")
        write(target, [f"{NEW_CAT}/stray.mkv"])
        before = open_files()
        report = sync(source, target, delete=True)
        assert sorted(verbs(report)) == ["remove", "rename"]
        assert open_files() == before

    def test_what_was_done_is_told_although_it_cannot_be_remembered(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "replace", fails(errno.ENOSPC, lambda path: path.endswith("made.tmp"))(os.replace))
        report = sync(source, tmp_path / "target")
        assert (report.exit_code, codes(report)) == (3, {".plex-steward/made": "no_space"})
        assert len([verb for verb in verbs(report) if verb == "link"]) == 7

    def test_a_lock_that_cannot_be_closed_undoes_nothing(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "close", closing(errno.EIO, "/lock"))
        assert sync(source, tmp_path / "target").outcome is Outcome.DONE

    def test_a_copy_that_cannot_be_closed_leaves_nothing(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "target"
        monkeypatch.setattr(os, "close", closing(errno.EDQUOT, ".tmp"))
        report = sync(source, target, materializer=COPY)
        assert set(codes(report).values()) == {"quota"}
        assert set(tree(target).values()) == {"folder"}

    def test_without_second_names_a_file_keeps_its_own(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """FAT: the old copy goes to the trash; if the new one cannot take its place it comes back."""
        target = tmp_path / "target"
        sync(source, target, materializer=COPY)
        before = tree(target, content=True)
        (source / CAT / f"{CAT}.mp4").write_text("a new cut")
        monkeypatch.setattr(os, "link", fails(errno.EPERM)(os.link))
        with monkeypatch.context() as patch:
            patch.setattr(os, "rename", fails(errno.EIO, lambda path: path.endswith(".tmp"), times=1)(os.rename))
            report = sync(source, target, materializer=COPY)
        assert (report.exit_code, tree(target, content=True)) == (3, before)
        assert sync(source, target, materializer=COPY).outcome is Outcome.DONE
        assert sync(source, target, materializer=COPY, verb="undo").outcome is Outcome.DONE
        assert tree(target, content=True) == before

    def test_leftovers_go_whatever_run_left_them(self, source: Path, target: Path) -> None:
        left = [target / NEW_CAT / temporary(new_id()), target / ".plex-steward/made.tmp"]
        for path in left:
            path.write_text("half")
        assert sync(source, target).outcome is Outcome.DONE
        assert not [path for path in left if path.exists()]


class TestUndo:
    def test_what_the_system_refused_can_be_tried_again(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", fails(errno.EIO, lambda path: path.endswith(".mp4"))(os.unlink))
            report = sync(source, target, verb="undo")
        assert (report.exit_code, list(codes(report).values())) == (3, ["io_error"])
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}

    def test_a_trash_that_cannot_be_read_is_not_empty(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(target, ["Old (1990)/old.mkv"])
        before = tree(target)
        sync(source, target, delete=True)
        with monkeypatch.context() as patch:
            patch.setattr(os, "lstat", fails(errno.EIO, lambda path: "/trash/" in path)(os.lstat))
            assert codes(sync(source, target, verb="undo")) == {"Old (1990)": "io_error"}
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == before

    @pytest.mark.parametrize(("times", "code"), [(1, 0), (1000, 3)])
    def test_a_trash_that_cannot_be_looked_at_is_no_file_in_the_way(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, times: int, code: int
    ) -> None:
        """Making a folder that is there says "exists" when looking at it fails: that was taken for somebody's file."""
        sync(source, target, verb="undo")
        sync(source, target, materializer=COPY)
        with monkeypatch.context() as patch:
            in_trash = fails(errno.ESTALE, lambda path: path.endswith(f"/{NEW_CAT}") and "/trash/" in path, times=times)
            patch.setattr(os, "stat", in_trash(os.stat))
            (target / ".plex-steward/trash").mkdir()
            patch.setattr("custom_components.plex_steward.mirror.undo.journal.new_id", lambda: "again")
            (target / f".plex-steward/trash/again/{NEW_CAT}").mkdir(parents=True)
            assert sync(source, target, verb="undo").exit_code == code
        assert code == 0 or sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}

    def test_it_is_done_although_its_journal_stays(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "replace", fails(errno.EROFS)(os.replace))
        report = sync(source, target, verb="undo")
        assert (report.exit_code, list(codes(report).values())) == (3, ["read_only"])
        assert len(report.done) > 7
        assert tree(target) == {}

    def test_a_half_made_copy_does_not_keep_its_folder(self, source: Path, target: Path) -> None:
        """Taken back at once after a kill, without a run between."""
        (path,) = journal.runs(State(str(target)).journals)
        lines = Path(path).read_text().splitlines()
        Path(path).write_text("\n".join(line for line in lines if line and "end" not in json.loads(line)) + "\n")
        (target / NEW_CAT / temporary(Path(path).name.removesuffix(".jsonl"))).write_text("half")
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}


class TestImport:
    @pytest.fixture
    def staging(self, tmp_path: Path) -> Path:
        return write(tmp_path / "staging", {"N (2011).mkv": "film", "N (2011).en.srt": "words"})

    @pytest.fixture
    def library(self, tmp_path: Path) -> Path:
        (tmp_path / "library").mkdir()
        return tmp_path / "library"

    def bring(self, staging: Path, library: Path, **more: Any) -> Report:
        return bring_in(MirrorSettings(str(staging), str(library), Options(source_layout=Layout.PLEX)), **more)

    def test_a_copy_that_arrived_is_not_in_its_own_way(
        self, staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed between the copy and taking the staged name away."""
        monkeypatch.setattr(os, "link", fails(errno.EXDEV)(os.link))
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", fails(errno.EIO, lambda path: path.endswith((".mkv", ".srt")))(os.unlink))
            assert self.bring(staging, library).exit_code == 3
        assert self.bring(staging, library).outcome is Outcome.DONE
        assert set(tree(library, content=True).values()) == {"folder", b"film", b"words"}
        assert tree(staging) == {}

    def test_a_name_is_given_up_only_for_the_very_same_bytes(self, staging: Path, library: Path) -> None:
        write(library, {"N (2011)/N (2011).mkv": "FILM"})
        stamp = (staging / "N (2011).mkv").stat().st_mtime_ns
        os.utime(library / "N (2011)/N (2011).mkv", ns=(stamp, stamp))
        assert codes(self.bring(staging, library)) == {"N (2011)/N (2011).mkv": "exists"}
        assert (staging / "N (2011).mkv").read_text() == "film"

    def test_subtitles_that_fail_hold_their_film_back(
        self, staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Alone in the staging folder nobody would know what they belong to."""
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", fails(errno.EIO, lambda path: path.endswith(".srt"))(os.link))
            report = self.bring(staging, library)
        assert set(codes(report).values()) == {"io_error"}
        assert set(tree(staging)) == {"N (2011).mkv", "N (2011).en.srt"}
        assert self.bring(staging, library).outcome is Outcome.DONE
        assert tree(staging) == {}

    def test_a_folder_that_cannot_be_read_is_named(
        self, staging: Path, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(library, {"N (2011)/poster.jpg": "picture"})
        monkeypatch.setattr(os, "scandir", failing(os.scandir, errno.EIO, lambda path: path.endswith("N (2011)")))
        report = self.bring(staging, library)
        assert (report.exit_code, codes(report)) == (3, {"N (2011)": "unreadable"})

    def test_half_a_copy_goes_with_the_next_import(self, staging: Path, library: Path) -> None:
        write(library, {f"N (2011)/{temporary(new_id())}": "half"})
        assert self.bring(staging, library).outcome is Outcome.DONE
        assert {Path(name).suffix for name, held in tree(library).items() if held != "folder"} == {".mkv", ".srt"}


def test_a_target_that_is_another_folder_by_now(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its disk went while the trees were compared: nothing is made in the folder that shows below."""
    write(source, ["New (2020)/New (2020).mkv"])

    def swapped(stage: str, *_: object) -> None:
        if stage == "plan" and not target.with_name("gone").exists():
            target.rename(target.with_name("gone"))
            target.mkdir()

    report = sync(source, target, progress=swapped)
    assert (report.outcome, report.exit_code) == (Outcome.FAILED, 1)
    assert tree(target, own=True) == {}
    shutil.rmtree(target)
    target.with_name("gone").rename(target)
    assert sync(source, target).outcome is Outcome.DONE
    assert planned(sync(source, target, verb="plan")).empty
