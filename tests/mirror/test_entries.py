"""Single entries: nothing that came meanwhile is written over, and nothing is left with two names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
import errno
import os
from pathlib import Path

import pytest

from custom_components.plex_steward.mirror import entries
from custom_components.plex_steward.mirror.model import Action, Outcome, Verb

from .disk import FILMS, codes, failing, sync, verbs, write

OLD, NEW = "Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4", "Cat (1999) [imdbid-tt3]/new.mp4"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, entries.ROOT)
    yield descriptor
    os.close(descriptor)


class TestFolder:
    def test_one_that_is_there_is_enough(self, folder: int, tmp_path: Path) -> None:
        write(tmp_path, ["Film/own.mkv"])
        entries.mkdir(Action(Verb.MKDIR, "Film"), folder, "Film")
        assert (tmp_path / "Film/own.mkv").is_file()

    def test_a_file_or_a_link_is_none(self, folder: int, tmp_path: Path) -> None:
        write(tmp_path, ["Film", "elsewhere/"])
        (tmp_path / "Linked").symlink_to("elsewhere")
        for name in ("Film", "Linked"):
            with pytest.raises(FileExistsError):
                entries.mkdir(Action(Verb.MKDIR, name), folder, name)
        assert (tmp_path / "Film").read_text() == "Film"
        assert (tmp_path / "Linked").is_symlink()


class TestMove:
    def test_another_file_under_the_old_name_stays(self, folder: int, tmp_path: Path) -> None:
        write(tmp_path, ["old.mkv"])
        with pytest.raises(entries.Changed):
            entries.move("old.mkv", folder, "new.mkv", folder, (tmp_path / "old.mkv").stat().st_ino + 1)
        assert [path.name for path in tmp_path.iterdir()] == ["old.mkv"]

    def test_never_over_another_file(self, folder: int, tmp_path: Path) -> None:
        write(tmp_path, ["old.mkv", "new.mkv"])
        with pytest.raises(FileExistsError):
            entries.move("old.mkv", folder, "new.mkv", folder, (tmp_path / "old.mkv").stat().st_ino)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
            "old.mkv": "old.mkv",
            "new.mkv": "new.mkv",
        }

    def test_of_two_names_of_one_file_the_new_one_stays(self, folder: int, tmp_path: Path) -> None:
        write(tmp_path, ["old.mkv"])
        os.link(tmp_path / "old.mkv", tmp_path / "new.mkv")
        entries.move("old.mkv", folder, "new.mkv", folder, (tmp_path / "old.mkv").stat().st_ino)
        assert [path.name for path in tmp_path.iterdir()] == ["new.mkv"]
        assert (tmp_path / "new.mkv").read_text() == "old.mkv"


def test_what_cannot_be_kept_is_not_replaced(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trash has no room for the old file's second name: it keeps its place, and the report says why."""
    before = (target / OLD).stat().st_ino
    (source / FILMS[6]).unlink()
    write(source, {FILMS[6]: "new"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", failing(os.link, errno.ENOSPC, lambda name: name == Path(OLD).name))
        report = sync(source, target)
    assert codes(report) == {OLD: "no_space"}
    assert report.outcome is Outcome.PARTIAL
    assert (target / OLD).stat().st_ino == before
    assert [*(target / OLD).parent.iterdir()] == [target / OLD], "nothing half made is left"
    assert verbs(sync(source, target)) == ["replace"]


def test_another_root_than_the_one_that_was_scanned_is_not_entered(tmp_path: Path) -> None:
    scanned = (write(tmp_path / "there").stat().st_dev, (tmp_path / "there").stat().st_ino)
    (tmp_path / "there").rename(tmp_path / "away")
    write(tmp_path / "there")
    before = len([*Path("/proc/self/fd").iterdir()])
    with ExitStack() as stack, pytest.raises(OSError, match="another folder"):
        entries.enter(stack, str(tmp_path / "there"), scanned)
    assert len([*Path("/proc/self/fd").iterdir()]) == before, "and it is not left open"
