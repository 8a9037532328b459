"""The command line: what scripts written for jellyplex-sync 0.2.1 lean on, and what is ours."""

from __future__ import annotations

import json
import os
from pathlib import Path
import runpy
import shutil
import sys
from typing import Any

import pytest

from custom_components.plex_steward.mirror import cli, importer, run as run_module
from custom_components.plex_steward.mirror.guard import Refusal
from custom_components.plex_steward.mirror.model import Outcome

from .disk import FILMS, tree, write
from .shell import shell

SUMMARY = {
    "movies_total", "movies_processed", "files_updated", "files_removed", "items_ignored", "strays_in_target",
    "clashes",
}  # fmt: skip
LATER = {"remove_errors", "marked_in_source", "marked_in_target"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = write(tmp_path / "source", [*FILMS, "stray.txt", "Dog (2002)/Dog (2002) [1080p] [remux].mkv"])
    return write(root, ["Marked (2000)/.jellyplex-sync-ignore", "Marked (2000)/Marked (2000).mkv"])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


class Run:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: object) -> int:
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *words: object) -> dict[str, Any]:
        code = self(*words, "--json")
        document: dict[str, Any] = json.loads(self.out)
        assert document["exit_code"] == code
        return document


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


class TestFlags:
    @pytest.mark.parametrize(
        "flags",
        [
            ["-v"], ["--verbose"], ["--debug"], ["--json"], ["--source-format", "plex"], ["--source-format", "auto"],
            ["--target-format", "jellyfin"], ["--target-format", "auto"], ["--hardlink"], ["--copy"], ["--force-copy"],
            ["--dry-run"], ["--delete"], ["--create"],
        ],
    )  # fmt: skip
    def test_of_sync_in_the_peer(self, command: Run, source: Path, target: Path, flags: list[str]) -> None:
        assert command("sync", *flags, source, target) == 0

    @pytest.mark.parametrize("flags", [["-v"], ["--debug"], ["--json"], ["--source-format", "plex"]])
    @pytest.mark.parametrize("name", ["diff", "plan"])
    def test_of_diff_and_plan_in_the_peer(
        self, command: Run, source: Path, target: Path, name: str, flags: list[str]
    ) -> None:
        assert command(name, *flags, source, target) == (1 if name == "diff" else 0)

    @pytest.mark.parametrize(
        "flags",
        [
            ["--max-removals", "10"], ["--max-removals", "20%"], ["--trash-days", "3"], ["--purge-last"],
            ["--jobs", "2"], ["--progress"], ["--verify"], ["--only", "Cat (1999) {imdb-tt3}"], ["--sidecars", "keep"],
            ["--kind", "movies"], ["--anchor", "stray.txt"], ["--no-skips"], ["--delete-server-files"],
        ],
    )  # fmt: skip
    def test_of_ours(self, command: Run, source: Path, target: Path, flags: list[str]) -> None:
        assert command("sync", *flags, source, target) == 0

    def test_implicit_sync(self, command: Run, source: Path, tmp_path: Path) -> None:
        assert command(source, tmp_path / "new", "--create") == 0
        assert (tmp_path / "new/Cat (1999) [imdbid-tt3]").is_dir()
        assert command("--create", source, tmp_path / "new") == 2, "a flag first is a mistake, as in the peer"

    @pytest.mark.parametrize(
        "words",
        [
            [], ["sync"], ["sync", "a"], ["sync", "a", "b", "c"], ["sync", "--copy", "--hardlink", "a", "b"],
            ["sync", "--source-format", "emby", "a", "b"], ["sync", "--max-removals", "many", "a", "b"],
            ["sync", "--max-removals", "101%", "a", "b"], ["sync", "--jobs", "0", "a", "b"],
            ["--json", "sync", "a", "b"],
        ],
    )  # fmt: skip
    def test_mistakes(self, command: Run, words: list[str]) -> None:
        assert command(*words) == 2
        assert "usage" in command.err

    def test_state_elsewhere(self, command: Run, source: Path, target: Path, tmp_path: Path) -> None:
        assert command("sync", "--state-dir", tmp_path / "state", source, target) == 0
        assert (tmp_path / "state/journal").is_dir()
        assert not (target / ".plex-steward/journal").exists()
        assert command("undo", "--state-dir", tmp_path / "state", target) == 0
        assert tree(target) == {}


class TestExitCodes:
    def test_sync(self, command: Run, source: Path, target: Path, tmp_path: Path) -> None:
        assert command("sync", source, target) == 0
        assert command("sync", tmp_path / "none", target) == 1
        assert command("sync", source, tmp_path / "none") == 1
        assert command("sync", source / "stray.txt", target) == 1

    def test_diff(self, command: Run, source: Path, target: Path, tmp_path: Path) -> None:
        assert command("diff", source, target) == 1
        command("sync", source, target)
        assert command("diff", source, target) == 0
        assert "In sync." in command.out
        assert command("diff", source, tmp_path / "none") == 2
        assert command("diff", tmp_path / "none", target) == 2

    def test_plan(self, command: Run, source: Path, tmp_path: Path) -> None:
        assert command("plan", source, tmp_path / "none") == 0, "the target need not exist"
        assert not (tmp_path / "none").exists()
        assert command("plan", tmp_path / "none", source) == 2

    def test_undetectable(self, command: Run, tmp_path: Path, target: Path) -> None:
        source = write(tmp_path / "odd", ["Film/Film.mkv"])
        assert command("sync", source, target) == 1
        assert "--source-format" in command.err
        assert command("diff", source, target) == 2

    def test_some_failed(self, command: Run, source: Path, target: Path) -> None:
        write(target, ["Cat (1999) [imdbid-tt3]"])
        assert command("sync", source, target) == 3

    def test_a_person_must_allow_it(self, command: Run, tmp_path: Path, target: Path) -> None:
        films = [f"Film {number} (2000)/Film {number} (2000).mkv" for number in range(30)]
        source = write(tmp_path / "source", films)
        words = ["sync", "--source-format", "plex", "--delete", source, target]
        command(*words)
        for number in range(25):
            shutil.rmtree(source / f"Film {number} (2000)")
        document = command.json(*words)
        assert document["exit_code"] == 4
        assert document["outcome"] == "refused"
        assert document["refusal"]["reason"] == "too_many_removals"
        assert len([name for name, what in tree(target).items() if what != "folder"]) == 30
        command(*words)
        assert f"--approve {document['refusal']['digest']}" in command.err
        assert command(*words, "--approve", document["refusal"]["digest"]) == 0

    @pytest.mark.parametrize("name", ["sync", "diff", "plan", "undo", "import"])
    def test_anything_else(
        self, command: Run, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(cli, "run", broken)
        monkeypatch.setattr(importer, "bring_in", broken)
        words = (name, target) if name == "undo" else (name, source, target)
        document = command.json(*words)
        assert document["exit_code"] == 99
        assert document["operation"] == name
        assert "a fault of ours" in document["refusal"]["detail"]
        assert command(*words, "--debug") == 99
        assert "Traceback" in command.err

    def test_interrupted(self, command: Run, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(cli, "run", interrupted)
        assert command.json("sync", source, target)["exit_code"] == 10

    def test_undo(self, command: Run, source: Path, target: Path, tmp_path: Path) -> None:
        assert command("undo", target) == 1
        assert command("undo", tmp_path / "none") == 1
        command("sync", source, target)
        assert command("undo", "--dry-run", target) == 0
        assert command("undo", target) == 0


class TestDocuments:
    def test_of_sync(self, command: Run, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(source.parent)
        write(target, ["Old (1999)/old.mkv", "root.txt", "Cat (1999) [imdbid-tt3]/left.mkv"])
        document = command.json("sync", "--delete", "source", "target")
        assert document["operation"] == "sync"
        assert document["source"] == {"path": "source", "format": "plex"}, "as typed"
        assert document["target"] == {"path": "target", "format": "jellyfin"}
        assert document["dry_run"] is False
        assert set(document["summary"]) >= SUMMARY | LATER
        assert all(isinstance(value, int) for value in document["summary"].values())
        assert document["summary"]["movies_total"] == document["summary"]["movies_processed"] == 4
        assert document["summary"]["files_updated"] == len(FILMS) + 1
        assert document["summary"]["files_removed"] == 3
        assert document["summary"]["strays_in_target"] == 2
        assert document["ignored"] == [
            {"path": str(source / "stray.txt"), "name": "stray.txt", "reason": "not a directory"}
        ]
        assert document["strays_in_target"] == ["Old (1999)", "root.txt"]
        assert document["translation_losses"] == [
            {
                "kind": "label",
                "key": None,
                "value": "remux",
                "reason": document["translation_losses"][0]["reason"],
            }
        ]
        assert document["clashes"] == []
        assert document["marked_in_source"] == [str(source / "Marked (2000)")]
        assert document["marked_in_target"] == []
        links = [event for event in document["events"] if event["action"] == "link"]
        assert {event["source"] for event in links} >= {str(source / name) for name in FILMS}
        assert all(set(event) == {"action", "target", "source"} for event in links)
        removed = {event["target"]: event["context"] for event in document["events"] if event["action"] == "remove"}
        assert removed == {
            str(target / "Old (1999)"): "library_stray",
            str(target / "root.txt"): "library_stray",
            str(target / "Cat (1999) [imdbid-tt3]/left.mkv"): "movie_stray",
        }
        assert all("source" not in event for event in document["events"] if event["action"] == "remove")

    def test_events_of_each_kind(self, command: Run, source: Path, target: Path) -> None:
        command("sync", source, target)
        (source / FILMS[6]).unlink()
        write(source, {FILMS[6]: "new"})
        write(target, ["A Bridge (1977) [imdbid-tt1]/Trailers/old.mkv"])
        for dry in ("--dry-run", "--delete"):
            document = command.json("sync", "--delete", dry, source, target)
            found = {event["action"] for event in document["events"]}
            assert found == {"replace", "remove", "skip"}
            assert document["dry_run"] is (dry == "--dry-run")
            contexts = {event["context"] for event in document["events"] if "context" in event}
            assert contexts == {"asset_stray"}

    def test_a_rename_is_an_event_with_its_origin(self, command: Run, source: Path, target: Path) -> None:
        command("sync", source, target)
        (source / FILMS[6]).rename(source / FILMS[6].replace(".mp4", " [720p].mp4"))
        document = command.json("sync", "--delete", source, target)
        (event,) = [event for event in document["events"] if event["action"] != "skip"]
        assert event["action"] == "rename"
        assert event["origin"] == str(target / "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4")

    def test_shape(self, command: Run, source: Path, target: Path) -> None:
        command("sync", "--json", source, target)
        assert command.out == json.dumps(json.loads(command.out), indent=2) + "\n", "indented, ASCII, one newline"
        assert command.err == "", "and stderr is quiet"

    def test_of_diff(self, command: Run, source: Path, target: Path) -> None:
        command("sync", source, target)
        assert command.json("diff", source, target)["in_sync"] is True
        shutil.rmtree(target / "Cat (1999) [imdbid-tt3]")
        (target / "Boat (1981) [imdbid-tt2]/poster.jpg").unlink()
        write(target, ["Boat (1981) [imdbid-tt2]/left.mkv", "Old (1990)/old.mkv"])
        document = command.json("diff", source, target)
        assert document["operation"] == "diff"
        assert document["source"]["format"] == "plex"
        assert document["in_sync"] is False
        assert document["movies_only_in_source"] == ["Cat (1999) [imdbid-tt3]"]
        assert document["movies_only_in_target"] == ["Old (1990)"]
        (movie,) = document["differing_movies"]
        assert movie["target_movie_name"] == "Boat (1981) [imdbid-tt2]"
        assert movie["only_in_source"] == ["poster.jpg"]
        assert movie["only_in_target"] == ["left.mkv"]
        assert {loss["value"] for loss in document["translation_losses"]} == {"remux"}
        assert [entry["name"] for entry in document["ignored"]] == ["stray.txt"]
        assert document["marked_in_source"] == [str(source / "Marked (2000)")]

    def test_of_plan(self, command: Run, source: Path, target: Path) -> None:
        document = command.json("plan", source, target)
        assert document["operation"] == "plan"
        assert document["source"]["path"] == str(source)
        assert {"movies", "folder_clashes", "movie_clashes", "translation_losses", "ignored"} <= set(
            document["summary"]
        )
        movie = next(one for one in document["movies"] if one["source_folder"].startswith("A Bridge"))
        assert movie["target_path"] == str(target / "A Bridge (1977) [imdbid-tt1]")
        assert [one["target_name"] for one in movie["videos"]] == ["A Bridge (1977) [imdbid-tt1] - BD.mkv"]
        assert [one["target_name"] for one in movie["loose_files"]] == ["A Bridge (1977) [imdbid-tt1].nfo"]
        (asset,) = movie["assets"]
        assert [one["target_name"] for one in asset["files"]] == ["teaser.mkv"]
        assert asset["source"] == str(source / "A Bridge (1977) {imdb-tt1}/Trailers")
        lossy = next(one for one in document["movies"] if one["source_folder"].startswith("Dog"))
        assert lossy["videos"][0]["drops"][0]["value"] == "remux"

    def test_on_every_failure_there_is_one(self, command: Run, source: Path, target: Path, tmp_path: Path) -> None:
        for name in ("sync", "diff", "plan"):
            document = command.json(name, tmp_path / "none", target)
            assert document["refusal"]["reason"] == "source_missing"
            assert document["source"] == {"path": str(tmp_path / "none"), "format": "?"}
        document = command.json("sync", tmp_path / "none", target)
        assert set(document["summary"]) >= SUMMARY | LATER
        assert not any(document["summary"].values())
        assert (document["events"], document["ignored"], document["strays_in_target"]) == ([], [], [])

    def test_even_on_a_mistyped_command(self) -> None:
        done = shell("sync", "--json", "--nonsense", "a", "b")
        assert done.returncode == json.loads(done.stdout)["exit_code"] == 2


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('.events[] | select(.action == "replace") | {source, target}', ["source", "target"]),
        ('.events[] | select(.action == "remove")', ["context"]),
        ("[.events[].action] | group_by(.) | map({action: .[0], count: length})", ["count", "skip"]),
    ],
)
def test_the_jq_lines_of_the_published_readme(
    command: Run, source: Path, target: Path, program: str, expected: list[str]
) -> None:
    command("sync", source, target)
    (source / FILMS[6]).unlink()
    write(source, {FILMS[6]: "new"})
    write(target, ["Old (1999)/old.mkv"])
    command("sync", "--json", "--dry-run", "--delete", source, target)
    jq = shutil.which("jq")
    if jq is not None:
        import subprocess

        done = subprocess.run([jq, program], input=command.out, capture_output=True, text=True, check=True)
        answer = done.stdout
    else:  # what the three programs do, for machines without jq
        events = json.loads(command.out)["events"]
        counts: dict[str, int] = {}
        for event in events:
            counts[event["action"]] = counts.get(event["action"], 0) + 1
        answers = {
            '"replace"': [
                {key: one[key] for key in ("source", "target")} for one in events if one["action"] == "replace"
            ],
            '"remove"': [one for one in events if one["action"] == "remove"],
            "group_by": [{"action": key, "count": counts[key]} for key in sorted(counts)],
        }
        answer = json.dumps(next(value for key, value in answers.items() if key in program))
    assert all(word in answer for word in expected)


class TestWords:
    def test_summary_line(self, command: Run, source: Path, target: Path) -> None:
        command("sync", source, target)
        assert "INFO" in command.err
        assert (
            "Summary: 4 of 4 movies synced, 8 files updated, 0 files removed, 1 ignored, "
            "0 strays kept in target, 0 skipped due to clash." in command.err
        )

    def test_strays_are_warned_of(self, command: Run, source: Path, target: Path) -> None:
        write(target, ["Old (1990)/old.mkv"])
        command("sync", source, target)
        assert "WARNING" in command.err
        assert "--delete" in command.err

    def test_dry_run_lines(self, command: Run, source: Path, target: Path) -> None:
        write(target, ["Old (1990)/old.mkv"])
        command("sync", "--dry-run", "--delete", source, target)
        words = {line.split()[0] for line in command.out.splitlines()}
        assert words == {"MKDIR", "LINK", "DELETE"}
        command("sync", "--dry-run", "--copy", source, target)
        assert "COPY" in command.out

    def test_diff_in_words(self, command: Run, source: Path, target: Path) -> None:
        command("sync", source, target)
        (target / "Boat (1981) [imdbid-tt2]/poster.jpg").unlink()
        write(target, ["Old (1990)/old.mkv"])
        command("diff", source, target)
        assert "Only in target: Old (1990)" in command.out
        assert "Differs: Boat (1981) [imdbid-tt2]\n  + poster.jpg" in command.out
        assert "Ignored: stray.txt (not a directory)" in command.out
        assert "remux" in command.out

    def test_plan_in_words(self, command: Run, source: Path, target: Path) -> None:
        command("plan", source, target)
        assert "Cat (1999) [imdbid-tt3]  <-  Cat (1999) {imdb-tt3}" in command.out
        assert "(missing)" in command.out

    def test_problems_in_words(self, command: Run, source: Path, target: Path) -> None:
        write(target, ["Cat (1999) [imdbid-tt3]"])
        command("sync", source, target)
        assert "Cat (1999) [imdbid-tt3]: a file stands where a folder is to be" in command.err

    def test_progress(self, command: Run, source: Path, target: Path) -> None:
        command("sync", "--progress", source, target)
        assert "scan" in command.err
        assert "apply" in command.err

    def test_every_refusal_has_words(self) -> None:
        from custom_components.plex_steward.mirror import entries, guard, words

        assert set(words.REFUSALS) >= guard.APPROVABLE
        assert set(words.PROBLEMS) >= set(entries._CODES.values())
        for code in words.REFUSALS:
            assert words.refusal(code, {}), code

    def test_a_reader_that_leaves_early(self, source: Path, target: Path) -> None:
        import subprocess

        from .shell import command as line

        process = subprocess.Popen(
            line("plan", "--json", source, target), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(timeout=60) if process.stderr else (b"", b"")
        assert b"Traceback" not in said


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize(("missing", "code"), [(False, 0), (True, 1)])
def test_python_m_is_the_command(
    missing: bool,
    code: int,
    source: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same words, the same work, and its exit code is the program's."""
    if missing:
        source = target / "none"
    monkeypatch.setattr(sys, "argv", ["plex_steward_mirror", "sync", str(source), str(target)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("custom_components.plex_steward.mirror", run_name="__main__")
    assert ended.value.code == code
    assert (target / "Cat (1999) [imdbid-tt3]").is_dir() is (code == 0)


def test_refusals_carry_data() -> None:
    refusal = Refusal("too_many_removals", {"removals": 3, "path": "/x"}, "abc")
    assert (refusal.code, refusal.path, refusal.digest, refusal.data["removals"]) == (
        "too_many_removals",
        "/x",
        "abc",
        3,
    )
    assert os.fspath(refusal.path) in str(refusal)
    assert run_module.exit_code("sync", Outcome.REFUSED, "abc") == 4
