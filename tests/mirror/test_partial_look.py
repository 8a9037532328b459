"""A run that reads only what changed sees what a run that reads everything sees."""

from __future__ import annotations

from array import array
import os
from pathlib import Path
import shutil
import tempfile
import time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.plex_steward.mirror import index, memory
from custom_components.plex_steward.mirror.model import Outcome, Tree
from custom_components.plex_steward.mirror.scan import scan
from custom_components.plex_steward.mirror.state import State

from .disk import FILMS, sync, verbs, write
from .test_index import LONG_AGO, mirror, settle

NAMES = st.sampled_from(
    ["a", "b", "c.mkv", "d.srt", "\udcff", "...And", ".hidden", "@eaDir", ".jellyplex-sync-ignore", "é"]
)
KINDS = st.sampled_from(["file", "file", "file", "folder", "folder", "link", "pipe"])
PLANTS = st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), KINDS), max_size=14)


def plant(root: Path, plants: list[tuple[list[str], str]]) -> None:
    """Make a tree, or more of it; what is in the way of something goes."""
    for parts, kind in plants:
        path = root.joinpath(*parts)
        for above in reversed(path.relative_to(root).parents):
            one = root / above
            if not one.is_dir() or one.is_symlink():
                one.unlink(missing_ok=True)
                one.mkdir()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        match kind:
            case "file":
                path.touch()
            case "folder":
                path.mkdir()
            case "link":
                path.symlink_to("a")
            case "pipe":
                os.mkfifo(path)


def seen(root: Path) -> Tree:
    return scan(str(root), stamps=True)


def plainly(tree: Tree) -> Tree:
    """Without the times, which a memory keeps or not."""

    def bare(folder):
        below = {name: bare(folder.folders[name]) for name in sorted(folder.folders)}
        return folder._replace(folders=below, mtime_ns=0)

    return tree._replace(folder=bare(tree.folder))


@given(PLANTS, PLANTS, st.lists(NAMES, max_size=2))
@settings(max_examples=150)
def test_what_is_read_anew_and_what_is_remembered_make_the_tree(
    before: list[tuple[list[str], str]], after: list[tuple[list[str], str]], gone: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        for number in range(9):  # so that a change is less than half of it
            (root / f"film {number}").mkdir()
        plant(root, before)
        settle(root)
        tree = seen(root)
        known, names = index.describe(tree, time.time_ns())
        assert index.walk(str(root)) == known.digest
        assert index.changed(str(root), known) == []
        plant(root, after)
        for name in gone:
            if (root / name).is_dir() and not (root / name).is_symlink():
                shutil.rmtree(root / name)
        changes = index.changed(str(root), known)
        assert changes is not None
        partly = memory._renew(str(root), tree.layout, known, names, changes, None)
        if partly is not None:
            assert plainly(partly) == plainly(seen(root))
            again, _ = index.describe(partly, time.time_ns())
            assert again.digest == index.walk(str(root))


@given(PLANTS, PLANTS)
@settings(max_examples=60)
def test_trees_with_the_same_digest_are_the_same(
    one: list[tuple[list[str], str]], two: list[tuple[list[str], str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, one)
        first, digest = plainly(seen(root)), index.walk(str(root))
        plant(root, two)
        if index.walk(str(root)) == digest != "":
            second = plainly(seen(root))
            assert _without_system(first) == _without_system(second)


def _without_system(tree: Tree) -> Tree:
    def bare(folder):
        below = {name: bare(one) for name, one in folder.folders.items() if one.unknown is None}
        return folder._replace(folders=below)

    return tree._replace(folder=bare(tree.folder))


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Many films and their mirror, remembered."""
    monkeypatch.setattr(index, "trusted", lambda *_: True)
    films = [f"Film {number:02} (2001)/Film {number:02} (2001).mkv" for number in range(30)]
    source, target = write(tmp_path / "source", [*FILMS, *films]), tmp_path / "target"
    sync(source, target)
    settle(source, target)
    mirror(source, target)
    assert mirror(source, target).quick
    return source, target


def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders that are listed from now on."""
    paths: list[str] = []
    real = os.scandir

    def scandir(path: str) -> object:
        paths.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return paths


def test_only_the_folder_that_changed_is_listed(library: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = library
    (source / "Film 07 (2001)/Film 07 (2001).srt").touch()
    paths = listed(monkeypatch)
    report = mirror(source, target)
    assert verbs(report) == ["link"]
    assert (target / "Film 07 (2001)/Film 07 (2001).srt").exists()
    assert {path for path in paths if path.startswith(("Film", "Boat"))} == {"Film 07 (2001)"}


def test_films_that_come_and_go_are_seen(library: tuple[Path, Path]) -> None:
    source, target = library
    write(source, ["New (2020)/New (2020).mkv"])
    (source / "Film 03 (2001)").rename(source / "Film 99 (2001)")
    shutil.rmtree(target / "Film 05 (2001)")
    (target / "stray").mkdir()
    report = mirror(source, target, delete=True)
    assert report.outcome is Outcome.DONE
    assert sync(source, target, verb="diff").outcome is Outcome.IN_SYNC
    assert sorted(verbs(report)) == ["link", "link", "mkdir", "mkdir", "mkdir", "remove", "remove", "rename"]


def test_after_a_change_the_next_runs_are_quick_again(library: tuple[Path, Path]) -> None:
    source, target = library
    write(source, ["New (2020)/New (2020).mkv"])
    assert verbs(mirror(source, target)) == ["mkdir", "link"]
    settle(source, target, at=LONG_AGO + 60)
    report = mirror(source, target)
    assert not report.quick, "it looked at what the run before had made"
    assert report.plan is not None
    assert report.plan.empty
    assert mirror(source, target).quick


def test_a_look_at_some_folders_is_no_look_at_all(library: tuple[Path, Path]) -> None:
    """The day of the last full look is kept, so that the next one comes when it is due."""
    source, target = library
    path = Path(State(str(target)).index)
    long_ago = time.time() - 3 * 86400
    os.utime(path, (long_ago, long_ago))
    (source / "Film 07 (2001)/Film 07 (2001).srt").touch()
    mirror(source, target)
    settle(source, target)
    mirror(source, target)
    assert abs(path.stat().st_mtime - long_ago) < 1
    mirror(source, target, verify_days=2)
    assert time.time() - path.stat().st_mtime < 600


def test_where_most_has_changed_everything_is_read(library: tuple[Path, Path]) -> None:
    source, target = library
    for path in source.iterdir():
        (path / "new.srt").touch()
    report = mirror(source, target)
    assert set(verbs(report)) == {"link"}
    assert len(report.done) == len(list(source.iterdir()))


def test_a_folder_of_an_unsettled_time_counts_as_changed(tmp_path: Path) -> None:
    root = write(tmp_path / "root", FILMS)
    known, _ = index.describe(seen(root), 0)
    assert known.times == array("q", [index.UNSETTLED] * len(known.paths))
    assert index.changed(str(root), known) == known.paths
