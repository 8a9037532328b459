"""What is taken away is kept for a time, on the same file system, and last links for good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from custom_components.plex_steward.mirror.trash import Swept, sweep

from .disk import sync, write

OLD, NEW = "20200101T000000.000000001", "29990101T000000.000000001"


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    """One old run and one of the far future, each with a file that has another link and one that has not."""
    root = tmp_path / "trash"
    for run in (OLD, NEW):
        write(root / run, {"Film/linked.mkv": "linked", "Film/last.mkv": "last"})
        os.link(root / run / "Film/linked.mkv", tmp_path / f"{run}.mkv")
        (root / run / "Film/link").symlink_to("/nowhere")
    return root


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def test_old_names_go_and_last_links_stay(trash: Path) -> None:
    assert sweep(str(trash), 30) == Swept(removed=2, kept=1)
    assert files(trash / OLD) == {"Film/last.mkv"}
    assert len(files(trash / NEW)) == 3
    assert sweep(str(trash), 30) == Swept(removed=0, kept=1)


def test_last_links_go_when_asked(trash: Path) -> None:
    sweep(str(trash), 30, purge_last=True)
    assert not (trash / OLD).exists()
    assert (trash / NEW).exists()


def test_two_names_of_one_file_are_not_both_removed(tmp_path: Path) -> None:
    root = tmp_path / "trash"
    write(root / OLD, {"a.mkv": "film"})
    os.link(root / OLD / "a.mkv", root / OLD / "b.mkv")
    assert sweep(str(root), 0) == Swept(removed=1, kept=1)


def test_what_is_no_run_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "trash", ["mine/file.txt"])
    sweep(str(tmp_path / "trash"), 0, purge_last=True)
    assert (tmp_path / "trash/mine/file.txt").is_file()


def test_nothing_there(tmp_path: Path) -> None:
    assert sweep(str(tmp_path / "none"), 0) == Swept()


def test_a_run_empties_it(tmp_path: Path) -> None:
    source, target = write(tmp_path / "source"), tmp_path / "target"
    sync(source, target)
    extra = target / "Cat (1999) [imdbid-tt3]/second name.mkv"
    os.link(next(source.rglob("*.mp4")), extra)
    sync(source, target, delete=True, trash_days=0)
    assert not extra.exists()
    assert not files(target / ".plex-steward/trash"), "no days: a name of a file that has others goes at once"
