"""Reading trees from a disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.plex_steward.mirror import hands
from custom_components.plex_steward.mirror.entries import temporary
from custom_components.plex_steward.mirror.errors import Cancelled, ScanError
from custom_components.plex_steward.mirror.model import Folder
from custom_components.plex_steward.mirror.scan import scan
from custom_components.plex_steward.mirror.system import MARKER

from .trees import write


def test_what_a_tree_holds(tmp_path: Path) -> None:
    write(tmp_path, ["A (2010)/A.mkv", "A (2010)/Trailers/t.mkv", "B/", "x.txt", "A (2010)/.hidden", ".git/config"])
    found = scan(str(tmp_path))
    assert found.root == str(tmp_path)
    assert found.device == tmp_path.stat().st_dev
    assert found.files == 3
    assert found.problems == ()
    assert found.folder.files == {"x.txt": (tmp_path / "x.txt").stat().st_ino}
    assert set(found.folder.folders) == {"A (2010)", "B"}
    film = found.folder.folders["A (2010)"]
    assert film.inode == (tmp_path / "A (2010)").stat().st_ino
    assert film.files == {"A.mkv": (tmp_path / "A (2010)/A.mkv").stat().st_ino}
    assert set(film.folders["Trailers"].files) == {"t.mkv"}


def test_equal_trees_are_equal(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv", "B/2.mkv"])
    assert scan(str(tmp_path)) == scan(str(tmp_path))


def test_a_film_that_begins_with_three_dots(tmp_path: Path) -> None:
    write(tmp_path, ["...And Justice for All (1979)/...And Justice for All (1979).mkv"])
    film = scan(str(tmp_path)).folder.folders["...And Justice for All (1979)"]
    assert list(film.files) == ["...And Justice for All (1979).mkv"]


def test_details_and_stamps_only_when_asked(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv"])
    status = (tmp_path / "A/1.mkv").stat()
    plain = scan(str(tmp_path)).folder.folders["A"]
    assert plain.details is None
    assert plain.mtime_ns == 0
    full = scan(str(tmp_path), details=True, stamps=True).folder.folders["A"]
    assert full.details == {"1.mkv": (status.st_size, status.st_mtime_ns)}
    assert full.mtime_ns == (tmp_path / "A").stat().st_mtime_ns


def test_the_root_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ScanError) as missing:
        scan(str(tmp_path / "away"))
    assert missing.value.code == "missing"
    (tmp_path / "file").write_text("")
    with pytest.raises(ScanError) as file:
        scan(str(tmp_path / "file"))
    assert file.value.code == "not_a_directory"
    away = scan(str(tmp_path / "away"), missing_ok=True)
    assert not away.exists
    assert away.folder == Folder("", 0, {}, {}, {})


def failing(path: Path, number: int) -> Any:
    """A `scandir` that fails for one path."""
    real = os.scandir

    def scandir(place: str) -> Any:
        if place == str(path):
            raise OSError(number, os.strerror(number), place)
        return real(place)

    return patch.object(os, "scandir", scandir)


def test_a_folder_that_cannot_be_listed_is_unknown_not_empty(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv", "B/2.mkv", "B/Trailers/3.mkv"])
    with failing(tmp_path / "B" / "Trailers", 5):
        found = scan(str(tmp_path))
    assert found.folder.folders["B"].folders["Trailers"].unknown == os.strerror(5)
    assert [(one.path, one.code, one.errno) for one in found.problems] == [("B/Trailers", "unreadable", 5)]
    with failing(tmp_path, 116), pytest.raises(ScanError) as caught:
        scan(str(tmp_path))
    assert (caught.value.code, caught.value.errno) == ("unreadable", 116)


def test_links_are_followed_only_to_files_of_the_same_tree(tmp_path: Path) -> None:
    root = write(tmp_path / "library", ["A/real.mkv", "A/", "B/"])
    write(tmp_path, ["outside/secret.mkv"])
    (root / "B/inside.mkv").symlink_to("../A/real.mkv")
    (root / "B/outside.mkv").symlink_to(tmp_path / "outside/secret.mkv")
    (root / "B/broken.mkv").symlink_to("nothing")
    (root / "B/loop").symlink_to("..")
    (root / "C").symlink_to("A")
    found = scan(str(root)).folder
    links = found.folders["B"].links
    assert links["inside.mkv"].resolved == "A/real.mkv"
    assert links["inside.mkv"].inode == (root / "A/real.mkv").stat().st_ino
    assert links["outside.mkv"].resolved is None
    assert links["broken.mkv"].resolved is None
    assert links["loop"].resolved is None
    assert links["loop"].text == ".."
    assert set(found.links) == {"C"}
    assert found.folders["B"].files == {}


def test_pipes_are_neither(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv"])
    os.mkfifo(tmp_path / "A/pipe")
    assert scan(str(tmp_path)).folder.folders["A"].others == ("pipe",)


def test_only_some_folders(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv", "B/2.mkv", "A/B/3.mkv"])
    found = scan(str(tmp_path), only=["A"]).folder
    assert set(found.folders) == {"A"}
    assert set(found.folders["A"].folders) == {"B"}


def test_a_marked_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, ["A/.jellyplex-sync-ignore", "A/1.mkv", "A/B/2.mkv"])
    film = scan(str(tmp_path)).folder.folders["A"]
    assert film.ignored
    assert not film.files
    assert not film.folders


def test_system_folders_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, ["@eaDir/x", "lost+found/y", "A/@eaDir/z", "A/1.mkv"])
    found = scan(str(tmp_path)).folder
    assert found.folders["lost+found"].unknown == "system folder"
    assert found.folders["A"].folders["@eaDir"].files == {}


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"Caf\xe9 (2010)")
    write(tmp_path, [f"{name}/x.mkv"])
    assert set(scan(str(tmp_path)).folder.folders) == {name}


class Entry:
    """A directory entry whose inode number is a lie, as on some network and union file systems."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self.entry = entry

    def __getattr__(self, name: str) -> object:
        return getattr(self.entry, name)

    def inode(self) -> int:
        return self.entry.inode() + 7


def test_listed_inode_numbers_are_checked_once_and_then_not_believed(tmp_path: Path) -> None:
    write(tmp_path, ["A/1.mkv", "B/2.mkv", "B/3.mkv"])
    real = os.scandir
    with patch.object(os, "scandir", lambda path: [Entry(entry) for entry in real(path)]):
        found = scan(str(tmp_path)).folder
    for folder in ("A", "B"):
        assert found.folders[folder].files == {path.name: path.stat().st_ino for path in (tmp_path / folder).iterdir()}


@pytest.mark.parametrize("few", [False, True])
def test_two_processes_read_the_same(tmp_path: Path, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of entry, in the share of either."""
    for number in range(4):
        film = f"Film {number} (2001)"
        names = [f"{film}/{film}.mkv", f"{film}/extras/one.mkv", f"{film}/{temporary('1')}", f"Marked {number}/.x"]
        write(tmp_path, [*names, f"@eaDir/{number}.mkv", "loose.txt"])
        (tmp_path / f"Marked {number}" / MARKER).touch()
        (tmp_path / film / "link.mkv").symlink_to(f"{film}.mkv")
        (tmp_path / film / "lost.mkv").symlink_to("nowhere.mkv")
        (tmp_path / f"Closed {number}").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:
        if "Closed" in path:
            raise PermissionError(errno.EACCES, "no", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(hands, "MANY", 100 if few else 2)
    forks: list[int] = []
    fork = os.fork

    def noted() -> int:
        forks.append(fork())
        return forks[-1]

    monkeypatch.setattr(os, "fork", noted)
    asked: list[dict[str, Any]] = [{}, {"details": True, "stamps": True}, {"only": ["Film 1 (2001)", "Closed 1"]}]
    for more in asked:
        forks.clear()
        alone = scan(str(tmp_path), **more)
        assert not forks
        assert scan(str(tmp_path), jobs=2, **more) == alone
        assert bool(forks) is not few
        assert alone.problems
        assert alone.leftovers


def test_cancel(tmp_path: Path) -> None:
    write(tmp_path, [f"{number}/x.mkv" for number in range(20)])
    asked: list[int] = []

    def cancel() -> bool:
        asked.append(1)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        scan(str(tmp_path), cancel=cancel)
    assert len(asked) == 6
