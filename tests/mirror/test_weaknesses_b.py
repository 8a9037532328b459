"""Runs that get stuck, crash or lie: what a mirror tool was seen to do, and ours does not. One test per finding."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from typing import Any

import pytest

from custom_components.plex_steward.mirror import cli, materialize
from custom_components.plex_steward.mirror.model import Materializer, Outcome, Verb
from custom_components.plex_steward.mirror.report import as_dict, write as write_report

from .disk import COPY, FILMS, codes, planned, sync, tree, verbs, write
from .shell import shell


class TestB1OneBadItem:
    def bad(self, source: Path, target: Path, name: str) -> None:
        """Mirror with one thing in the way; everything else must be done, every time."""
        for _ in range(2):
            report = sync(source, target, delete=True)
            assert report.exit_code == 3
            assert report.outcome is Outcome.PARTIAL
            assert len(report.problems) == 1, report.problems
            assert report.problems[0].path.startswith(name)
            document = as_dict(report)
            assert document["exit_code"] == 3
            assert len(document["problems"]) == 1
        numbers = set(tree(target).values())
        missing = [path for path, number in tree(source).items() if number not in numbers]
        assert all(path.startswith(name[:4]) for path in missing), "the others are there"

    def test_name_too_long(self, tmp_path: Path) -> None:
        long = "Boat " + "x" * (255 - len("Boat  {imdb-tt2}.mkv")) + " {imdb-tt2}"
        source = write(tmp_path / "source", [*FILMS[:3], f"{long}/{long}.mkv", FILMS[6]])
        target = tmp_path / "target"
        report = sync(source, target)
        assert report.exit_code == 3
        assert set(codes(report).values()) == {"name_too_long"}
        assert (target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4").is_file()

    def test_directory_where_a_file_is_expected(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        (target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4").mkdir(parents=True)
        first = sync(source, target)
        assert codes(first) == {"Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4": "folder_in_the_way"}
        assert first.exit_code == 3
        assert verbs(first).count(Verb.LINK) == len(FILMS) - 1
        sync(source, target, delete=True)
        assert sync(source, target, delete=True).exit_code == 0, "with delete it goes to the trash"
        assert (target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4").is_file()

    def test_file_where_a_folder_is_expected(self, source: Path, tmp_path: Path) -> None:
        target = write(tmp_path / "target", ["Cat (1999) [imdbid-tt3]"])
        self.bad(source, target, "Cat (1999) [imdbid-tt3]")

    def test_dangling_link_where_a_folder_is_expected(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.mkdir()
        (target / "Cat (1999) [imdbid-tt3]").symlink_to("nowhere")
        self.bad(source, target, "Cat (1999) [imdbid-tt3]")

    def test_dangling_link_where_a_file_is_expected_is_replaced(self, source: Path, target: Path) -> None:
        place = target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
        place.unlink()
        place.symlink_to("nowhere")
        report = sync(source, target)
        assert verbs(report) == ["replace"]
        assert not place.is_symlink()
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert place.is_symlink()

    @pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EMLINK])
    def test_one_file_the_system_refuses(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
    ) -> None:
        real = os.link

        def link(path: str, *arguments: Any, **more: Any) -> None:
            if path.endswith("poster.jpg"):
                raise OSError(error, os.strerror(error))
            real(path, *arguments, **more)

        monkeypatch.setattr(os, "link", link)
        self.bad(source, tmp_path / "target", "Boat (1981) [imdbid-tt2]/poster.jpg")

    def test_a_folder_that_cannot_be_made_is_one_line(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.mkdir

        def mkdir(path: str, *arguments: Any, **more: Any) -> None:
            if "A Bridge" in str(path):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            real(path, *arguments, **more)

        monkeypatch.setattr(os, "mkdir", mkdir)
        self.bad(source, tmp_path / "target", "A Bridge (1977) [imdbid-tt1]")

    def test_asset_folder_named_like_a_video(self, tmp_path: Path) -> None:
        source = write(
            tmp_path / "source",
            ["M (2010)/M (2010) [1080p].mkv", "M (2010)/M (2010) - BD.mkv/inside.mkv", "N (2011)/N (2011).mkv"],
        )
        target = tmp_path / "target"
        report = sync(source, target)
        assert report.exit_code in {0, 3}
        assert (target / "N (2011)/N (2011).mkv").is_file()
        left = [name for name, number in tree(source).items() if number not in set(tree(target).values())]
        told = {problem.path for problem in report.problems} | {
            name for title in planned(report).titles for clash in title.clashes for name in clash.sources
        }
        assert bool(left) <= bool(told), "what is not there is told"


class TestB2DeepDiff:
    def differs(self, source: Path, target: Path) -> dict[str, Any]:
        report = sync(source, target, verb="diff")
        assert (report.outcome, report.exit_code) == (Outcome.DIFFERS, 1)
        return as_dict(report)

    def test_in_sync(self, source: Path, target: Path) -> None:
        report = sync(source, target, verb="diff")
        assert (report.outcome, report.exit_code, report.skipped) == (Outcome.IN_SYNC, 0, len(FILMS))

    def test_other_file_under_a_right_name(self, source: Path, target: Path) -> None:
        place = target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
        place.unlink()
        place.touch()
        movie = self.differs(source, target)["differing_movies"][0]
        assert movie["other_file"] == ["Cat (1999) [imdbid-tt3].mp4"]

    def test_missing_inside_an_extras_folder(self, source: Path, target: Path) -> None:
        next((target / "A Bridge (1977) [imdbid-tt1]").glob("*/teaser.mkv")).unlink()
        movie = self.differs(source, target)["differing_movies"][0]
        assert [Path(name).name for name in movie["only_in_source"]] == ["teaser.mkv"]

    def test_extra_inside_an_extras_folder(self, source: Path, target: Path) -> None:
        next((target / "A Bridge (1977) [imdbid-tt1]").glob("*/teaser.mkv")).with_name("more.mkv").touch()
        movie = self.differs(source, target)["differing_movies"][0]
        assert [Path(name).name for name in movie["only_in_target"]] == ["more.mkv"]

    def test_file_at_the_root_of_the_target(self, source: Path, target: Path) -> None:
        (target / "note.txt").touch()
        assert self.differs(source, target)["files_only_in_target"] == ["note.txt"]

    def test_size_of_a_copy(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "copies"
        sync(source, target, materializer=COPY)
        assert sync(source, target, materializer=COPY, verb="diff").exit_code == 0
        place = target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
        os.truncate(place, 3)
        assert sync(source, target, materializer=COPY, verb="diff").exit_code == 1


def test_b3_what_is_skipped_for_a_clash_is_told(tmp_path: Path) -> None:
    source = write(tmp_path / "source", ["M (2010)/M (2010) [1080p].mkv", "M (2010)/M (2010) [1080p] [remux].mkv"])
    target = tmp_path / "target"
    document = as_dict(sync(source, target))
    assert len([event for event in document["events"] if event["action"] == "link"]) == 2, "both are there"
    assert document["disambiguations"][0]["source_filenames"]
    assert sync(source, target, verb="diff").exit_code == 0


def test_b4_two_folders_of_one_film_stop_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "source", ["M (2010) [a]/M (2010).mkv", "M (2010) [b]/other.mkv", *FILMS])
    target = tmp_path / "target"
    report = sync(source, target)
    assert report.exit_code == 0
    numbers = set(tree(target).values())
    assert all(number in numbers for number in tree(source).values())
    assert max(len(title.sources) for title in planned(report).titles) == 2, "and the report says which were merged"


class TestB5DryRun:
    def test_makes_nothing_at_all(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "new/target"
        report = sync(source, target, create=True, missing=True, dry_run=True)
        assert (report.outcome, verbs(report).count(Verb.LINK)) == (Outcome.DONE, len(FILMS))
        assert not (tmp_path / "new").exists()

    def test_writes_nothing_into_a_target(self, source: Path, target: Path) -> None:
        (source / "Cat (1999) {imdb-tt3}/new.srt").touch()
        write(target, ["Old (1990)/old.mkv"])
        before = tree(target, own=True)
        report = sync(source, target, dry_run=True, delete=True)
        assert verbs(report) == ["link", "remove"]
        assert report.removed_files == 1
        sync(source, target, verb="diff")
        sync(source, target, verb="plan")
        sync(source, target, verb="undo", dry_run=True)
        assert tree(target, own=True) == before

    def test_says_what_the_run_then_does(self, source: Path, target: Path) -> None:
        shutil.rmtree(source / "Boat (1981) {imdb-tt2}")
        write(source, ["Dog (2002)/Dog (2002) [720p].mkv"])
        dry = sync(source, target, dry_run=True, delete=True)
        assert sync(source, target, delete=True).done == dry.done


def test_b6_strays_inside_folders_are_reported(source: Path, target: Path) -> None:
    write(target, ["Cat (1999) [imdbid-tt3]/left over.mkv", "A Bridge (1977) [imdbid-tt1]/Trailers/old.mkv"])
    document = as_dict(sync(source, target))
    assert {stray["path"] for stray in document["strays"]} >= {"Cat (1999) [imdbid-tt3]/left over.mkv"}
    assert document["summary"]["strays_in_movies"] == 2
    assert document["strays_in_target"] == [], "the peer's field goes on meaning the root"


class TestB7Lock:
    def test_a_second_run_is_refused_with_the_holder(self, source: Path, target: Path) -> None:
        with (target / ".plex-steward/lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            report = sync(source, target)
        assert (report.outcome, report.refusal, report.exit_code) == (Outcome.REFUSED, "busy", 1)
        assert dict(report.refusal_data)["process"] == os.getpid(), "who held it last is written there"
        assert sync(source, target).outcome is Outcome.DONE

    def test_looking_needs_no_lock(self, source: Path, target: Path) -> None:
        with (target / ".plex-steward/lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert sync(source, target, verb="diff").exit_code == 0
            assert sync(source, target, verb="plan").exit_code == 0
            assert sync(source, target, dry_run=True).exit_code == 0

    def test_it_does_not_outlive_its_process(self, source: Path, target: Path) -> None:
        code = (
            "import fcntl, os, signal, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        killed = subprocess.run([sys.executable, "-c", code, str(target / ".plex-steward/lock")], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert sync(source, target).outcome is Outcome.DONE

    def test_no_locks_on_this_file_system_is_said(
        self, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsupported(*_: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", unsupported)
        report = sync(source, target)
        assert [problem.code for problem in report.problems] == ["no_locks"]


class TestB8B9Symlinks:
    def test_a_link_inside_the_source(self, source: Path, tmp_path: Path) -> None:
        (source / "Cat (1999) {imdb-tt3}/Cat (1999) {imdb-tt3}.en.srt").symlink_to("../" + FILMS[1])
        target = tmp_path / "target"
        sync(source, target)
        assert not any(path.is_symlink() for path in target.rglob("*")), "no link to a link"
        assert verbs(sync(source, target)) == [], "and every later run goes well"

    def test_a_link_out_of_the_source_is_not_followed(self, source: Path, tmp_path: Path) -> None:
        outside = write(tmp_path / "outside", {"secret.mkv": "secret"})
        (source / "Cat (1999) {imdb-tt3}/secret.mkv").symlink_to(outside / "secret.mkv")
        (source / "Linked (2000)").symlink_to(outside)
        target = tmp_path / "target"
        report = sync(source, target)
        number = (outside / "secret.mkv").stat().st_ino
        assert number not in tree(target).values()
        told = {one.path for one in planned(report).ignored} | {
            one.path for title in planned(report).titles for one in title.ignored
        }
        assert "Linked (2000)" in told
        assert any("secret.mkv" in path for path in told)

    def test_loops_are_not_followed(self, source: Path, tmp_path: Path) -> None:
        (source / "self").symlink_to(".")
        (source / "A Bridge (1977) {imdb-tt1}/Trailers/loop").symlink_to("..")
        target = tmp_path / "target"
        sync(source, target)
        assert max(len(Path(name).parts) for name in tree(target)) == 3


class TestB10OddNames:
    NAME = b"M\xe9 (2010)"

    @pytest.fixture
    def odd(self, tmp_path: Path) -> Path:
        name = os.fsdecode(self.NAME)
        folder = tmp_path / "source" / name
        folder.mkdir(parents=True)
        for label in ("[1080p]", "[1080p] [remux]", "[720p]"):
            (folder / f"{name} {label}.mkv").touch()
        return tmp_path / "source"

    @pytest.mark.parametrize("command", ["sync", "diff", "plan"])
    @pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
    def test_names_that_are_no_text(self, odd: Path, tmp_path: Path, command: str, locale: str) -> None:
        target = tmp_path / "target"
        target.mkdir()
        environment = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        for more in ((), ("--json",), ("-v",)):
            done = shell(command, "--source-format", "plex", *more, odd, target, environment=environment)
            assert done.returncode == (1 if command == "diff" else 0), done.stderr
            if "--json" in more:
                json.loads(done.stdout)

    def test_every_file_arrives(self, odd: Path, tmp_path: Path) -> None:
        sync(odd, tmp_path / "target")
        assert set(tree(odd).values()) == set(tree(tmp_path / "target").values())


class TestB11CoarseTimes:
    def test_two_second_stamps_copy_once(self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.utime

        def coarse(path: str, *, ns: tuple[int, int]) -> None:
            step = 2_000_000_000
            real(path, ns=(ns[0] // step * step, ns[1] // step * step))

        monkeypatch.setattr(os, "utime", coarse)
        target = tmp_path / "target"
        assert verbs(sync(source, target, materializer=COPY)).count(Verb.LINK) == len(FILMS)
        assert verbs(sync(source, target, materializer=COPY)) == []
        assert sync(source, target, materializer=COPY, verb="diff").exit_code == 0

    def test_fine_stamps_are_compared_finely(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        sync(source, target, materializer=COPY)
        status = (source / FILMS[0]).stat()
        os.utime(source / FILMS[0], ns=(status.st_atime_ns, status.st_mtime_ns + 1000))
        assert verbs(sync(source, target, materializer=COPY)) == ["replace"]


def test_b12_a_file_system_that_refuses_modes_and_times(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchmod", refuse)
    report = sync(source, tmp_path / "target", materializer=COPY)
    assert (report.exit_code, verbs(report).count(Verb.LINK)) == (0, len(FILMS))


class TestB13Signals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("way", ["--hardlink", "--copy"])
    def test_a_signal_ends_the_run_and_says_so(
        self,
        source: Path,
        tmp_path: Path,
        number: signal.Signals,
        way: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        target = tmp_path / "target"
        target.mkdir()

        def tell(_self: object, stage: str, done: int, _total: int) -> None:
            if stage == "apply" and done == 1:
                os.kill(os.getpid(), number)

        monkeypatch.setattr(cli._Progress, "tell", tell)
        words = ["sync", "--source-format", "plex", way, str(source), str(target)]
        assert cli.main([*words, "--json", "--progress"]) == 10
        said = capsys.readouterr()
        document = json.loads(said.out)
        assert (document["exit_code"], document["outcome"]) == (10, "cancelled")
        assert number.name in said.err
        assert 0 < len([event for event in document["events"] if event["action"] == "link"]) < len(FILMS)
        assert not list(target.rglob("*.tmp"))
        assert cli.main(words) == 0
        assert len([one for one in tree(target).values() if one != "folder"]) == len(FILMS)

    def test_asked_to_stop_between_two_actions(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        asked = iter([False] * 14)
        report = sync(source, target, cancel=lambda: next(asked, True))
        assert (report.outcome, report.exit_code) == (Outcome.CANCELLED, 10)
        assert set(tree(target).values()) - {"folder"} <= set(tree(source).values())
        assert sync(source, target).outcome is Outcome.DONE
        assert sync(source, target, verb="diff").exit_code == 0

    def test_stopped_within_a_copy(self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(materialize, "CHUNK", 4)
        target = tmp_path / "target"
        copying: list[int] = []
        real = materialize._range

        def counting(reading: int, writing: int) -> int:
            copying.append(writing)
            return real(reading, writing)

        monkeypatch.setattr(materialize, "_range", counting)
        report = sync(source, target, materializer=COPY, cancel=lambda: len(copying) > 2)
        assert report.outcome is Outcome.CANCELLED
        assert not [name for name, number in tree(target).items() if number != "folder"]


class TestB14BigDocuments:
    def test_without_lines_for_what_was_right(self, source: Path, target: Path) -> None:
        all_of_it = shell("sync", "--source-format", "plex", "--json", source, target)
        short = shell("sync", "--source-format", "plex", "--json", "--no-skips", source, target)
        assert len(json.loads(all_of_it.stdout)["events"]) == len(FILMS)
        assert json.loads(short.stdout)["events"] == []
        assert json.loads(short.stdout)["summary"] == json.loads(all_of_it.stdout)["summary"]

    def test_few_writes(self, source: Path, target: Path) -> None:
        class Counting(io.StringIO):
            writes = 0

            def write(self, text: str) -> int:
                self.writes += 1
                return super().write(text)

        out = Counting()
        report = sync(source, target)
        write_report(report, out)
        assert out.writes <= 3
        assert out.getvalue() == json.dumps(as_dict(report), indent=2) + "\n"


def test_b15_plans_say_what_each_line_is_and_documents_say_when(source: Path, target: Path) -> None:
    (source / "Cat (1999) {imdb-tt3}/new.srt").touch()
    document = as_dict(sync(source, target, verb="plan"))
    lines = [line for movie in document["movies"] for line in movie["actions"]]
    assert {line["action"] for line in lines} == {"link", "skip"}
    assert {line["reason"] for line in lines} == {"missing", "same_file"}
    for verb in ("sync", "diff", "plan"):
        document = as_dict(sync(source, target, verb=verb))
        assert document["started"] > 1_500_000_000
        assert document["duration"] >= 0


def test_reflink_where_there_is_none_is_refused_before_the_first_change(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    report = sync(source, target, materializer=Materializer.REFLINK)
    if report.refusal is None:
        assert verbs(report).count(Verb.LINK) == len(FILMS), "this file system shares blocks"
    else:
        assert report.refusal == "reflink_unsupported"
        assert tree(target) == {}
