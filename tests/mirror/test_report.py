"""Reports: what the documents and the words say of plans with something odd in them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from custom_components.plex_steward.mirror.model import Outcome, Report
from custom_components.plex_steward.mirror.report import as_dict, short, write as write_document
from custom_components.plex_steward.mirror.text import tell

from .disk import FILMS, sync, write

CAT, BOAT = "Cat (1999) [imdbid-tt3]", "Boat (1981) [imdbid-tt2]"
SHOW = "Show (2010) {tvdb-1} {edition-Long}"


class TestWords:
    @pytest.fixture
    def say(self, capsys: pytest.CaptureFixture[str]) -> Any:
        def say(report: Report, *, verbose: bool = False, **more: Any) -> list[str]:
            tell(report, verbose=verbose, quiet=False, **more)
            out, self.err = capsys.readouterr()
            return out.splitlines()

        return say

    def test_right_names_are_counted(self, say: Any, source: Path, target: Path) -> None:
        say(sync(source, target))
        assert "right name" not in self.err
        (source / FILMS[6]).rename(source / FILMS[6].replace(".mp4", " [720p].mp4"))
        say(sync(source, target, delete=True))
        assert "INFO" in self.err
        assert "1 files got their right name." in self.err

    @pytest.mark.parametrize("verb", ["diff", "plan"])
    def test_a_look_that_was_stopped_says_only_that(self, say: Any, source: Path, target: Path, verb: str) -> None:
        report = sync(source, target, verb=verb, cancel=lambda: True)
        assert report.outcome is Outcome.CANCELLED
        assert say(report, signal="SIGTERM") == []
        assert "Stopped by SIGTERM between two actions" in self.err
        say(report)
        assert "Stopped between two actions" in self.err

    def test_diff_names_what_is_ignored_inside_a_film_when_asked(self, say: Any, source: Path, target: Path) -> None:
        write(source, ["Cat (1999) {imdb-tt3}/Thumbs.db", "loose.txt"])
        report = sync(source, target, verb="diff")
        lines = say(report)
        assert [line for line in lines if line.startswith("Ignored")] == ["Ignored: loose.txt (not a directory)"]
        assert lines[-1] == f"In sync. No differences found in {len(FILMS)} files."
        assert any(line.startswith("Ignored: Thumbs.db (") for line in say(report, verbose=True))

    def test_plan_leaves_out_what_is_right(self, say: Any, source: Path, target: Path) -> None:
        assert not any("  <-  " in line for line in say(sync(source, target, verb="plan")))
        lines = say(sync(source, target, verb="plan"), verbose=True)
        assert f"{CAT}  <-  Cat (1999) {{imdb-tt3}}" in lines
        assert any(line.startswith(f"  skip     {CAT}.mp4  <-  ") for line in lines)

    def test_plan_says_what_becomes_of_strays(self, say: Any, source: Path, target: Path) -> None:
        write(target, [f"{CAT}/old.mkv", f"{CAT}/movie.nfo", "Old (1990)/old.mkv"])
        without = say(sync(source, target, verb="plan"))
        assert {f"  stray    {name}  (not_in_source)" for name in ("old.mkv", "movie.nfo")} < set(without)
        assert "stray Old (1990)  (not_in_source)" in without
        lines = say(sync(source, target, verb="plan", delete=True))
        assert "  remove   old.mkv  (not_in_source)" in lines
        assert "  stray    movie.nfo  (not_in_source)" in lines, "a server's file stays"
        assert "remove Old (1990)  (not_in_source)" in lines

    def test_plan_says_what_is_ignored(self, say: Any, source: Path, target: Path) -> None:
        write(source, ["loose.txt"])
        assert "ignored loose.txt  (not a directory)" in say(sync(source, target, verb="plan"))


class TestPlanDocument:
    @staticmethod
    def movie(source: Path, target: Path, folder: str, **more: Any) -> dict[str, Any]:
        document = as_dict(sync(source, target, verb="plan", **more))
        (found,) = [one for one in document["movies"] if one["source_folder"] == folder]
        return dict(found)

    def test_folders_within_folders(self, tmp_path: Path) -> None:
        """Each sub-folder once, with where it comes from and all that is in it."""
        film = "Fog (2005)"
        names = ["Trailers/one.mkv", "Trailers/two.mkv", "Trailers/old/cut/three.mkv"]
        source = write(tmp_path / "source", [f"{film}/{film}.mkv", *(f"{film}/{name}" for name in names)])
        (trailers,) = self.movie(source, tmp_path / "target", film)["assets"]
        assert (trailers["folder_name"], trailers["source"]) == ("Trailers", str(source / film / "Trailers"))
        assert [one["target_name"] for one in trailers["files"]] == ["one.mkv", "two.mkv"]
        (old,) = trailers["subfolders"]
        assert (old["folder_name"], old["source"]) == ("old", str(source / film / "Trailers/old"))
        assert old["files"] == []
        (cut,) = old["subfolders"]
        assert cut["source"] == str(source / film / "Trailers/old/cut")
        assert [one["source"] for one in cut["files"]] == [str(source / film / names[2])]

    def test_what_a_folders_own_name_loses(self, tmp_path: Path) -> None:
        source = write(tmp_path / "source", [f"{SHOW}/Season 01/{SHOW} - s01e01.mkv"])
        (drop,) = self.movie(source, tmp_path / "target", SHOW)["folder_drops"]
        assert drop["value"] == "Long"
        assert drop["reason"] == "a show has no editions"

    def test_a_rename_says_where_the_file_is_now(self, source: Path, target: Path) -> None:
        (source / FILMS[6]).rename(source / FILMS[6].replace(".mp4", " [720p].mp4"))
        movie = self.movie(source, target, "Cat (1999) {imdb-tt3}", delete=True)
        (line,) = movie["actions"]
        assert (line["action"], line["origin"]) == ("rename", f"{CAT}/{CAT}.mp4")
        assert line["source"] == FILMS[6].replace(".mp4", " [720p].mp4")


def test_diff_tells_a_missing_folder_once_and_other_files_apart(source: Path, target: Path) -> None:
    film, poster = target / "A Bridge (1977) [imdbid-tt1]", target / BOAT / "poster.jpg"
    (film / "Trailers/teaser.mkv").unlink()
    (film / "Trailers").rmdir()
    poster.unlink()
    poster.write_text("other")
    bridge, boat = as_dict(sync(source, target, verb="diff"))["differing_movies"]
    assert (bridge["only_in_source"], bridge["other_file"]) == (["Trailers"], [])
    assert (boat["only_in_source"], boat["other_file"]) == ([], ["poster.jpg"])


def test_a_long_document_is_written_as_a_short_one(tmp_path: Path) -> None:
    """It goes out in parts; put together they are the document, every event once."""
    names = [f"Fog (2005)/Trailers/{number}.mkv" for number in range(2001)]
    report = sync(write(tmp_path / "source", names), tmp_path / "target", dry_run=True)
    out = io.StringIO()
    write_document(report, out)
    assert out.getvalue() == json.dumps(as_dict(report), indent=2) + "\n"
    assert len(json.loads(out.getvalue())["events"]) == 2001


def test_what_is_kept_of_an_old_run_names_nothing(source: Path, target: Path) -> None:
    write(source, ["Dog (2002)/Dog (2002).mkv", f"{SHOW}/Season 01/{SHOW} - s01e01.mkv"])
    write(target, ["Dog (2002)", "Old (1990)/old.mkv"])
    ahead = short(sync(source, target, delete=True, dry_run=True))
    assert (ahead["pending"], ahead["dry_run"], ahead["outcome"]) == (2, True, "partial")
    record = short(sync(source, target, delete=True))
    assert (record["operation"], record["outcome"], record["exit_code"]) == ("sync", "partial", 3)
    assert record["problem_codes"]
    assert record["losses"] == 1
    assert record["pending"] == 0
    text = json.dumps(record)
    for name in ("Dog", "Show", "Old", "Cat", os.fspath(source)):
        assert name not in text
