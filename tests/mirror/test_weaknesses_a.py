"""Data loss and wrong deletes: what a mirror tool was seen to do, and that ours does not. One test per finding."""

from __future__ import annotations

import errno
import os
from pathlib import Path
import shutil

import pytest

from custom_components.plex_steward.mirror import facts, importer, look, materialize
from custom_components.plex_steward.mirror.guard import APPROVABLE
from custom_components.plex_steward.mirror.model import Layout, Options, Outcome, Verb
from custom_components.plex_steward.mirror.run import MirrorSettings, run

from .disk import COPY, FILMS, codes, failing, frozen, planned, sync, tree, verbs, write


def trashed(target: Path) -> set[str]:
    """Files in the trash, by the path they had."""
    bins = target / ".plex-steward/trash"
    return {str(Path(*path.relative_to(bins).parts[1:])) for path in bins.rglob("*") if not path.is_dir()}


def many(root: Path, count: int) -> Path:
    """Films enough for a share to matter."""
    return write(root, [f"Film {number:02} (2001)/Film {number:02} (2001).mkv" for number in range(count)])


class TestA1ErrorIsNotEmpty:
    def test_source_root_gives_an_error(self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = tree(target)
        monkeypatch.setattr(os, "scandir", failing(os.scandir, errno.EIO, lambda path: path == str(source)))
        report = sync(source, target, delete=True)
        assert (report.outcome, report.refusal, report.exit_code) == (Outcome.FAILED, "source_unreadable", 1)
        assert tree(target) == before

    @pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOENT])
    def test_one_folder_gives_an_error(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, error: int
    ) -> None:
        (source / "Cat (1999) {imdb-tt3}/new.srt").write_text("new")
        before = tree(target)
        real = os.scandir
        monkeypatch.setattr(os, "scandir", failing(real, error, lambda path: path.endswith("Boat (1981) {imdb-tt2}")))
        report = sync(source, target, delete=True)
        monkeypatch.setattr(os, "scandir", real)
        assert report.exit_code == 3
        assert codes(report) == {"Boat (1981) {imdb-tt2}": "unreadable"}
        assert before.items() <= tree(target).items(), "nothing went, and the others were done"
        assert len(tree(target)) == len(before) + 1

    def test_one_folder_of_extras_gives_an_error(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = tree(target)
        monkeypatch.setattr(os, "scandir", failing(os.scandir, errno.EIO, lambda path: path.endswith("}/Trailers")))
        assert sync(source, target, delete=True).exit_code == 3
        monkeypatch.undo()
        assert tree(target) == before

    def test_an_error_in_the_middle_of_a_listing(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = tree(target)
        real = os.scandir

        class Breaks:
            def __init__(self, path: str) -> None:
                self.entries = real(path)

            def __iter__(self):
                yield next(self.entries)
                raise OSError(errno.EIO, "listing broke off")

            def __enter__(self):
                return self

            def __exit__(self, *_: object) -> None:
                self.close()

            def close(self) -> None:
                self.entries.close()

        monkeypatch.setattr(
            os, "scandir", lambda path: Breaks(path) if str(path).endswith("Bridge (1977) {imdb-tt1}") else real(path)
        )
        assert sync(source, target, delete=True).exit_code == 3
        monkeypatch.undo()
        assert tree(target) == before


class TestA2EmptySource:
    def test_empty_source_is_refused(self, source: Path, target: Path) -> None:
        before = tree(target)
        for entry in source.iterdir():
            shutil.rmtree(entry)
        for dry_run in (True, False):
            report = sync(source, target, delete=True, dry_run=dry_run)
            assert (report.outcome, report.refusal) == (Outcome.REFUSED, "source_empty")
            assert report.exit_code == 4
        assert tree(target) == before

    def test_an_empty_source_has_no_layout_to_be_in_doubt_about(self, source: Path, target: Path) -> None:
        before = tree(target)
        for entry in source.iterdir():
            shutil.rmtree(entry)
        report = run(MirrorSettings(str(source), str(target), Options(delete=True)))
        assert (report.refusal, report.exit_code) == ("source_empty", 4)
        assert tree(target) == before

    def test_a_mount_point_with_lost_and_found_is_empty(self, source: Path, target: Path) -> None:
        before = tree(target)
        for entry in source.iterdir():
            shutil.rmtree(entry)
        (source / "lost+found").mkdir()
        assert sync(source, target, delete=True).refusal == "source_empty"
        assert tree(target) == before

    def test_folders_without_a_file_are_empty(self, source: Path, target: Path) -> None:
        for path in [path for path in source.rglob("*") if path.is_file()]:
            path.unlink()
        assert sync(source, target, delete=True).refusal == "source_empty"

    def test_a_disk_of_a_union_gone(self, tmp_path: Path) -> None:
        source, target = many(tmp_path / "s", 40), tmp_path / "t"
        sync(source, target)
        before = tree(target)
        for number in range(35):
            shutil.rmtree(source / f"Film {number:02} (2001)")
        report = sync(source, target, delete=True)
        assert report.refusal == "too_many_removals"
        assert dict(report.refusal_data) == {"removals": 35, "limit": 20, "files": 40}
        assert tree(target) == before

    def test_a_person_may_allow_that_very_plan_once(self, tmp_path: Path) -> None:
        source, target = many(tmp_path / "s", 40), tmp_path / "t"
        sync(source, target)
        for number in range(35):
            shutil.rmtree(source / f"Film {number:02} (2001)")
        refused = sync(source, target, delete=True)
        assert refused.refusal in APPROVABLE
        assert refused.digest
        assert sync(source, target, delete=True, approve="0" * 16).refusal == "too_many_removals"
        shutil.rmtree(source / "Film 35 (2001)")
        assert sync(source, target, delete=True, approve=refused.digest).refusal == "too_many_removals", "another plan"
        again = sync(source, target, delete=True)
        allowed = sync(source, target, delete=True, approve=again.digest)
        assert (allowed.outcome, allowed.removed_files) == (Outcome.DONE, 36)
        assert len([path for path in tree(target).values() if path != "folder"]) == 4
        assert len(trashed(target)) == 36, "the last links are in the trash"

    @pytest.mark.parametrize(("limit", "refused"), [("3", False), ("2", True), ("100%", False), ("0", True)])
    def test_limits_by_count_and_share(self, tmp_path: Path, limit: str, refused: bool) -> None:
        source, target = many(tmp_path / "s", 4), tmp_path / "t"
        sync(source, target)
        for number in range(3):
            shutil.rmtree(source / f"Film {number:02} (2001)")
        report = sync(source, target, delete=True, max_removals=limit)
        assert (report.refusal == "too_many_removals") is refused

    def test_a_share_always_allows_ten(self, tmp_path: Path) -> None:
        source, target = many(tmp_path / "s", 12), tmp_path / "t"
        sync(source, target)
        for number in range(10):
            shutil.rmtree(source / f"Film {number:02} (2001)")
        assert sync(source, target, delete=True, max_removals="1%").removed_files == 10


class TestA2Mounts:
    def test_another_folder_at_the_source_path(self, source: Path, target: Path, tmp_path: Path) -> None:
        before = tree(target)
        source.rename(tmp_path / "away")
        write(source, ["Other (2000)/Other (2000).mkv"])
        report = sync(source, target)
        assert (report.refusal, report.exit_code) == ("source_changed", 4)
        assert report.digest
        assert tree(target) == before
        allowed = sync(source, target, approve=report.digest)
        assert allowed.outcome is Outcome.DONE
        assert sync(source, target).refusal is None, "now this is the known one"

    def test_another_folder_at_the_target_path(self, source: Path, target: Path, tmp_path: Path) -> None:
        state = str(tmp_path / "state")
        sync(source, target, state=state)
        target.rename(tmp_path / "away")
        target.mkdir()
        assert sync(source, target, state=state).refusal == "target_changed"
        assert tree(target) == {}, "an empty mount point is not filled"

    def test_missing_anchor(self, source: Path, target: Path) -> None:
        before = tree(target)
        assert sync(source, target, delete=True, anchor=".mounted").refusal == "anchor_missing"
        assert tree(target) == before
        (source / ".mounted").touch()
        assert sync(source, target, delete=True, anchor=".mounted").outcome is Outcome.DONE

    def test_missing_source(self, source: Path, target: Path) -> None:
        before = tree(target)
        shutil.rmtree(source)
        report = sync(source, target, delete=True)
        assert (report.refusal, report.exit_code) == ("source_missing", 1)
        assert tree(target) == before


class TestA3Unreadable:
    @pytest.mark.parametrize("mode", [0o000, 0o111])
    @pytest.mark.parametrize("folder", ["", "Boat (1981) {imdb-tt2}"])
    def test_without_permission(self, source: Path, target: Path, as_user, mode: int, folder: str) -> None:
        before = tree(target)
        locked = source / folder
        locked.chmod(mode)
        try:
            report = as_user(lambda: sync(source, target, delete=True).exit_code)
            differs = as_user(lambda: sync(source, target, verb="diff").exit_code)
        finally:
            locked.chmod(0o755)
        assert report == (3 if folder else 1)
        assert differs == (1 if folder else 2), "never in sync"
        assert tree(target) == before


class TestA4A5Nested:
    def test_source_inside_target(self, tmp_path: Path) -> None:
        source = write(tmp_path / "target/src")
        before = frozen(source)
        report = sync(source, tmp_path / "target", delete=True)
        assert (report.refusal, report.exit_code) == ("source_in_target", 1)
        assert frozen(source) == before

    def test_target_inside_source(self, source: Path) -> None:
        report = sync(source, source / "Jellyfin", missing=True, create=True)
        assert report.refusal == "target_in_source"
        assert not (source / "Jellyfin").exists()

    def test_same_folder(self, source: Path) -> None:
        assert sync(source, source).refusal == "same_folder"

    @pytest.mark.parametrize("case", ["same_folder", "source_in_target", "target_in_source"])
    def test_links_hide_nothing(self, tmp_path: Path, case: str) -> None:
        outer = write(tmp_path / "outer/inner").parent
        inner, alias = outer / "inner", tmp_path / "alias"
        where = {"same_folder": (inner, inner), "source_in_target": (inner, outer), "target_in_source": (outer, inner)}
        real, hidden = where[case]
        alias.symlink_to(hidden)
        assert sync(real, alias).refusal == case


class TestA6WrongMode:
    def test_links_across_file_systems_touch_nothing(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "target"
        sync(source, target, materializer=COPY)
        (source / FILMS[0]).write_text("changed")
        before = tree(target, content=True)

        def crossing(*_: object, **__: object) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "link", crossing)
        report = sync(source, target)
        assert (report.refusal, report.exit_code) == ("cross_device", 1)
        assert tree(target, content=True) == before

    def test_a_dry_run_says_so(self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (source / "Cat (1999) {imdb-tt3}/new.srt").write_text("new")
        monkeypatch.setattr("custom_components.plex_steward.mirror.run.foreseen", lambda *_: errno.EXDEV)
        assert sync(source, target, dry_run=True).refusal == "cross_device"

    def test_other_devices_are_foreseen(self, tmp_path: Path) -> None:
        elsewhere = Path("/dev/shm")
        if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("this machine has no second file system to try")
        from custom_components.plex_steward.mirror.model import Materializer

        assert facts.foreseen(str(tmp_path), str(elsewhere / "new"), Materializer.HARDLINK) == errno.EXDEV
        assert facts.foreseen(str(tmp_path), str(elsewhere / "new"), COPY) == 0


class TestA7DiskFull:
    @pytest.mark.parametrize("moment", ["before", "within"])
    def test_the_old_copy_stays(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        target = tmp_path / "target"
        sync(source, target, materializer=COPY)
        before = tree(target, content=True)
        (source / FILMS[3]).write_text("a new cut, longer than the old one")
        (source / FILMS[6]).write_text("another new file")
        real = materialize._copy

        def full(reading: int, writing: int, *more: object) -> None:
            if moment == "within":
                os.write(writing, b"a piece")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def only_the_first(reading: int, writing: int, cancel: object) -> None:
            monkeypatch.setattr(materialize, "_copy", real)
            full(reading, writing)

        monkeypatch.setattr(materialize, "_copy", only_the_first)
        report = sync(source, target, materializer=COPY)
        assert report.exit_code == 3
        assert list(codes(report).values()) == ["no_space"]
        after = tree(target, content=True)
        assert set(after) == set(before), "no piece under any name"
        assert sum(after[key] != before[key] for key in before) == 1, "the other was done"

    def test_too_big_is_known_before_the_first_byte(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            f_bavail, f_frsize = 0, 4096

        monkeypatch.setattr(os, "fstatvfs", lambda _: Full)
        report = sync(source, tmp_path / "target", materializer=COPY)
        assert set(codes(report).values()) == {"no_space"}


class TestA9Import:
    def test_never_overwrites(self, tmp_path: Path) -> None:
        library = write(tmp_path / "library", {"M (2010) [imdbid-tt1]/M (2010) [imdbid-tt1].mkv": "GOOD 4K"})
        staging = write(tmp_path / "staging", {"M (2010) {imdb-tt1}.mkv": "bad cam rip"})
        report = importer.bring_in(
            MirrorSettings(str(staging), str(library), Options(source_layout=Layout.PLEX)), move=True
        )
        assert report.exit_code == 3
        assert codes(report) == {"M (2010) [imdbid-tt1]/M (2010) [imdbid-tt1].mkv": "exists"}
        assert (library / "M (2010) [imdbid-tt1]/M (2010) [imdbid-tt1].mkv").read_text() == "GOOD 4K"
        assert (staging / "M (2010) {imdb-tt1}.mkv").read_text() == "bad cam rip"


class TestA10SymlinkInTarget:
    def test_a_title_folder_that_is_a_link_is_not_entered(self, source: Path, target: Path, tmp_path: Path) -> None:
        outside = write(tmp_path / "outside", {"precious.txt": "precious"})
        folder = target / "Cat (1999) [imdbid-tt3]"
        shutil.rmtree(folder)
        folder.symlink_to(outside)
        report = sync(source, target, delete=True)
        assert (outside / "precious.txt").read_text() == "precious"
        assert sorted(path.name for path in outside.iterdir()) == ["precious.txt"]
        assert report.exit_code == 3
        assert folder.is_symlink()

    def test_a_folder_swapped_for_a_link_after_the_scan(
        self, source: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outside = write(tmp_path / "outside", {"precious.txt": "precious"})
        (source / "Cat (1999) {imdb-tt3}/new.srt").write_text("new")
        stray = target / "Cat (1999) [imdbid-tt3]/precious.txt"
        stray.write_text("stray")
        real = look.look

        def swapped(*arguments, **more):
            view = real(*arguments, **more)
            stray.parent.rename(tmp_path / "aside")
            stray.parent.symlink_to(outside)
            return view

        monkeypatch.setattr(look, "look", swapped)
        report = sync(source, target, delete=True)
        assert sorted(path.name for path in outside.iterdir()) == ["precious.txt"]
        assert (outside / "precious.txt").read_text() == "precious"
        assert report.exit_code == 3


class TestA11Case:
    @pytest.fixture
    def folding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(look, "folds_case", lambda _: True)

    @pytest.mark.usefixtures("folding")
    def test_names_are_unique_after_folding(self, tmp_path: Path) -> None:
        source = write(
            tmp_path / "source",
            [
                "Alien (1979)/Alien (1979) {edition-Cut}.mkv",
                "Alien (1979)/Alien (1979) {edition-CUT}.mkv",
                "Alien (1979)/poster.jpg",
                "Alien (1979)/Poster.jpg",
                "ALIEN (1979)/ALIEN (1979) {edition-Other}.mkv",
                "Am\u00e9lie (2001)/Am\u00e9lie (2001).mkv",
                "Ame\u0301lie (2001)/Ame\u0301lie (2001) [720p].mkv",
            ],
        )
        target = tmp_path / "target"
        report = sync(source, target, delete=True)
        import unicodedata

        names = [unicodedata.normalize("NFC", name).casefold() for name in tree(target)]
        assert len(names) == len(set(names))
        there = set(tree(target).values())
        missing = {name for name, number in tree(source).items() if number != "folder" and number not in there}
        told = {name for title in planned(report).titles for clash in title.clashes for name in clash.sources}
        assert missing in ({"Alien (1979)/poster.jpg"}, {"Alien (1979)/Poster.jpg"})
        assert missing <= told, "what could not be given a name of its own is reported"
        again = sync(source, target, delete=True)
        assert verbs(again) == []

    def test_a_folding_file_system_is_noticed(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert look.folds_case(str(target)) is False
        real = os.lstat
        monkeypatch.setattr(
            os, "lstat", lambda path: real(str(path).replace("PLEX", "plex").replace("STEWARD", "steward"))
        )
        assert look.folds_case(str(target)) is True


class TestA12Detection:
    def test_the_order_of_making_does_not_matter(self, tmp_path: Path) -> None:
        names = [*FILMS, "Dog (2002) {tmdb-4}/Dog (2002) {tmdb-4}.mkv"]
        layouts = set()
        for number, order in enumerate((names, names[::-1])):
            source = write(tmp_path / str(number), order)
            report = run(MirrorSettings(str(source), str(tmp_path / f"t{number}"), create=True))
            layouts.add(report.source_layout)
        assert layouts == {Layout.PLEX}

    def test_undecided_touches_nothing_and_names_the_flag(self, tmp_path: Path) -> None:
        source = write(tmp_path / "source", ["M (2010)/M (2010).mkv"])
        target = write(tmp_path / "target", ["M (2010)/old.mkv"])
        report = run(MirrorSettings(str(source), str(target), Options(delete=True)))
        assert (report.refusal, report.exit_code) == ("layout_undecided", 1)
        assert dict(report.refusal_data)["flag"] == "--source-format"
        assert list(tree(target)) == ["M (2010)", "M (2010)/old.mkv"]


class TestA13ServerFiles:
    SERVER = (
        "Cat (1999) [imdbid-tt3]/movie.nfo",
        "Cat (1999) [imdbid-tt3]/folder.jpg",
        "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].de.srt",
        "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].trickplay/320 - 10x10/0.jpg",
    )

    def test_what_the_server_wrote_stays(self, source: Path, target: Path) -> None:
        write(target, self.SERVER)
        write(target, ["Cat (1999) [imdbid-tt3]/old.mkv"])
        report = sync(source, target, delete=True)
        assert [action.target for action in report.done] == ["Cat (1999) [imdbid-tt3]/old.mkv"]
        assert all((target / name).is_file() for name in self.SERVER)
        assert {stray.kept for stray in planned(report).all_strays()} == {"", "server_file"}
        assert planned(sync(source, target, delete=True)).empty

    def test_unless_asked_otherwise(self, source: Path, target: Path) -> None:
        write(target, self.SERVER)
        sync(source, target, delete=True, keep_server_files=False)
        assert not any((target / name).exists() for name in self.SERVER)
        assert set(self.SERVER) <= trashed(target)

    def test_our_own_leftovers_are_no_server_files(self, source: Path, target: Path) -> None:
        (source / "Boat (1981) {imdb-tt2}/poster.jpg").unlink()
        report = sync(source, target, delete=True)
        assert [action.target for action in report.done] == ["Boat (1981) [imdbid-tt2]/poster.jpg"]

    def test_hidden_files_and_markers_stay(self, source: Path, target: Path) -> None:
        write(target, [".stfolder/x", ".ignore", "Marked (2000)/.jellyplex-sync-ignore", "Marked (2000)/own.mkv"])
        before = tree(target)
        assert verbs(sync(source, target, delete=True)) == []
        assert tree(target) == before

    def test_removed_goes_to_the_trash_and_comes_back(self, source: Path, target: Path) -> None:
        write(target, ["Unknown/holiday.mkv", "Unknown/deep/er.txt"])
        before = tree(target)
        report = sync(source, target, delete=True)
        assert report.removed_files == 2
        assert trashed(target) == {"Unknown/holiday.mkv", "Unknown/deep/er.txt"}
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == before


class TestA14HashedNames:
    def test_runs_settle(self, tmp_path: Path) -> None:
        source = write(
            tmp_path / "source",
            [
                "M (2010)/M (2010) [1080p].mkv",
                "M (2010)/M (2010) [1080p] [remux].mkv",
                "M (2010)/M (2010) [BD] {edition-[799ccec6]}.mkv",
            ],
        )
        target = tmp_path / "target"
        assert verbs(sync(source, target, delete=True)).count(Verb.LINK) == 3
        assert len([one for one in tree(target).values() if one != "folder"]) == 3
        assert verbs(sync(source, target, delete=True)) == []


class TestA15EditedTarget:
    def test_a_replaced_target_file_is_kept_and_reported(self, source: Path, target: Path) -> None:
        name = "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
        (target / name).unlink()
        (target / name).write_text("edited by hand")
        report = sync(source, target)
        assert [(action.verb, action.target) for action in report.done] == [(Verb.REPLACE, name)]
        assert trashed(target) == {name}
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert (target / name).read_text() == "edited by hand"
