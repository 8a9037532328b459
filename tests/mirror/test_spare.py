"""What a media server wrote into the mirror, where it cannot be seen clearly."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from .disk import failing, planned, sync, write

CAT = "Cat (1999) [imdbid-tt3]"


def test_what_cannot_be_looked_at_is_left(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(write(target, [f"{CAT}/movie.nfo"]) / CAT / "movie.nfo", target.parent / "second name")
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", failing(os.lstat, errno.EIO, lambda name: name.endswith("movie.nfo")))
        report = sync(source, target, delete=True)
    assert [(stray.path, stray.kept) for stray in planned(report).all_strays()] == [(f"{CAT}/movie.nfo", "server_file")]
    assert (target / CAT / "movie.nfo").is_file()
    sync(source, target, delete=True)
    assert not (target / CAT / "movie.nfo").exists(), "seen to be a link, it is no server's"


def test_links_and_empty_folders_are_no_servers(source: Path, target: Path) -> None:
    write(target, [f"{CAT}/empty.trickplay/"])
    (target / CAT / "link.nfo").symlink_to("nowhere")
    sync(source, target, delete=True)
    assert sorted(path.name for path in (target / CAT).iterdir()) == [f"{CAT}.mp4"]


def test_a_folder_with_one_file_that_is_no_servers_goes_whole(source: Path, target: Path) -> None:
    write(target, [f"{CAT}/extras/cover.jpg", f"{CAT}/extras/old.mkv", f"{CAT}/art/cover.jpg"])
    sync(source, target, delete=True)
    assert not (target / CAT / "extras").exists()
    assert (target / CAT / "art/cover.jpg").is_file()


def test_strays_of_the_library_itself_are_judged_by_nobody(source: Path, target: Path) -> None:
    """Only what lies beside a film can be what a server wrote for it."""
    write(target, ["cover.jpg"])
    report = sync(source, target, delete=True)
    assert [action.target for action in report.done] == ["cover.jpg"]
