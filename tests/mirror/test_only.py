"""One film alone, several threads, and other ways of running."""

from __future__ import annotations

from pathlib import Path

import pytest

from custom_components.plex_steward.mirror import look
from custom_components.plex_steward.mirror.model import Layout, Materializer, Options, Outcome

from .disk import COPY, FILMS, files, planned, sync, tree, verbs, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source")


def test_only_one_film(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    report = sync(source, target, only=("Cat (1999) {imdb-tt3}",))
    assert files(target) == {"Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"}
    assert [title.sources for title in planned(report).titles] == [("Cat (1999) {imdb-tt3}",)]


@pytest.mark.parametrize("materializer", [Materializer.HARDLINK, COPY])
def test_it_does_what_the_whole_run_would_do_there(source: Path, tmp_path: Path, materializer: Materializer) -> None:
    whole, single = tmp_path / "whole", tmp_path / "single"
    sync(source, whole, materializer=materializer)
    for folder in source.iterdir():
        assert sync(source, single, materializer=materializer, only=(folder.name,)).outcome is Outcome.DONE
    assert files(single) == files(whole)
    assert verbs(sync(source, single, materializer=materializer, delete=True)) == []


def test_its_strays_go_and_others_stay(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    sync(source, target)
    write(target, ["Cat (1999) [imdbid-tt3]/left.mkv", "Boat (1981) [imdbid-tt2]/left.mkv", "Old (1990)/old.mkv"])
    report = sync(source, target, only=("Cat (1999) {imdb-tt3}",), delete=True)
    assert [action.target for action in report.done] == ["Cat (1999) [imdbid-tt3]/left.mkv"]


def test_another_folder_of_the_same_film_is_no_stray(tmp_path: Path) -> None:
    source = write(tmp_path / "source", ["M (2010) [a]/M (2010).mkv", "M (2010) [b]/M (2010) [720p].mkv"])
    target = tmp_path / "target"
    sync(source, target)
    before = tree(target)
    for name in ("M (2010) [a]", "M (2010) [b]"):
        report = sync(source, target, only=(name,), delete=True)
        assert verbs(report) == []
        assert len(planned(report).titles[0].sources) == 2
    assert tree(target) == before


def test_a_film_that_is_not_there(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    sync(source, target)
    before = tree(target)
    report = sync(source, target, only=("Gone (2000)",), delete=True)
    assert (report.outcome, verbs(report)) == (Outcome.DONE, [])
    assert tree(target) == before


def test_a_source_that_is_not_mounted(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    sync(source, target)
    source.rename(tmp_path / "away")
    source.mkdir()
    assert sync(source, target, only=("Cat (1999) {imdb-tt3}",), delete=True).refusal == "source_changed"


def test_layout_is_told_by_the_whole_library(source: Path, tmp_path: Path) -> None:
    write(source, ["Plain (2000)/Plain (2000).mkv"])
    target = tmp_path / "target"
    target.mkdir()
    view = look.look(str(source), str(target), Options(only=("Plain (2000)",)))
    assert view.plan.source_layout is Layout.PLEX


def test_in_another_case_where_case_does_not_matter(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    sync(source, target)
    (target / "Cat (1999) [imdbid-tt3]").rename(target / "CAT (1999) [imdbid-tt3]")
    monkeypatch.setattr(look, "folds_case", lambda _: True)
    assert verbs(sync(source, target, only=("Cat (1999) {imdb-tt3}",), delete=True)) == []


def test_many_titles(tmp_path: Path) -> None:
    names = [f"Film {number} (2001)/Film {number} (2001).mkv" for number in range(450)]
    source, target = write(tmp_path / "source", names), tmp_path / "target"
    told: list[tuple[str, int, int]] = []
    report = sync(source, target, progress=lambda *state: told.append(state))
    assert report.outcome is Outcome.DONE
    made = [action.target for action in report.done]
    assert made == sorted(made)
    assert len(made) == 900
    assert files(target) == set(names)
    assert {stage for stage, _, _ in told} >= {"scan", "plan", "apply"}
    assert max(done for stage, done, _ in told if stage == "apply") == 450
    assert sync(source, target, verb="undo").outcome is Outcome.DONE
    assert tree(target) == {}


def test_sidecars_may_keep_their_names(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    from custom_components.plex_steward.mirror.model import Sidecars

    sync(source, target, sidecars=Sidecars.KEEP)
    assert (target / "A Bridge (1977) [imdbid-tt1]/A Bridge (1977) {imdb-tt1}.nfo").is_file()
    assert len(files(target)) == len(FILMS)


def test_copy_chain_as_the_peer_has_it(source: Path, tmp_path: Path) -> None:
    """copy, copy, force-copy, hardlink over the copy, copy over the link, force-copy."""
    target = tmp_path / "target"
    ways = [COPY, COPY, Materializer.FORCE_COPY, Materializer.HARDLINK, COPY, Materializer.FORCE_COPY]
    said = [set(verbs(sync(source, target, materializer=way))) - {"mkdir"} for way in ways]
    assert said == [{"link"}, set(), {"replace"}, {"replace"}, set(), {"replace"}]
    assert all(path.stat().st_nlink == 1 for path in target.rglob("*.mp4") if ".plex-steward" not in str(path))


def test_force_copy_does_not_fill_the_trash(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    for _ in range(3):
        sync(source, target, materializer=Materializer.FORCE_COPY)
    assert not list((target / ".plex-steward").glob("trash/*/*")), "what is replaced holds what its source holds"


def test_copies_keep_time_and_mode(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    film = source / FILMS[6]
    film.chmod(0o640)
    sync(source, target, materializer=COPY)
    one, two = film.stat(), next(target.rglob("*.mp4")).stat()
    assert (one.st_mtime_ns, one.st_mode, one.st_size) == (two.st_mtime_ns, two.st_mode, two.st_size)
    assert one.st_ino != two.st_ino


def test_a_source_that_is_being_written_is_not_taken(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custom_components.plex_steward.mirror import materialize

    real = materialize._copy

    def growing(reading: int, writing: int, cancel: object) -> None:
        real(reading, writing, None)
        with (source / FILMS[6]).open("a") as file:
            file.write("more")

    monkeypatch.setattr(materialize, "_copy", growing)
    write(source, [FILMS[6]])
    report = sync(source, tmp_path / "target", materializer=COPY, only=("Cat (1999) {imdb-tt3}",))
    assert [problem.code for problem in report.problems] == ["changed"]
    assert files(tmp_path / "target") == set()


@pytest.mark.parametrize("missing", [(), ("copy_file_range",), ("copy_file_range", "sendfile")])
def test_ways_to_copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]) -> None:
    import errno
    import os

    def unsupported(*_: object) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    for name in missing:
        monkeypatch.setattr(os, name, unsupported)
    sync(source, tmp_path / "target", materializer=COPY)
    assert sorted(tree(source, content=True).values(), key=str) == sorted(
        tree(tmp_path / "target", content=True).values(), key=str
    )
