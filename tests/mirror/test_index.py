"""Quick runs: right about every change, and never where times cannot be trusted."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
import shutil
import time
from typing import Any

import pytest

from custom_components.plex_steward.mirror import index, mounts
from custom_components.plex_steward.mirror.model import Outcome, Report
from custom_components.plex_steward.mirror.report import as_dict, pending, summary
from custom_components.plex_steward.mirror.state import State

from .disk import COPY, FILMS, sync, tree, verbs, write

LONG_AGO = 1_500_000_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source")


@pytest.fixture
def target(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror that remembers that all was right."""
    monkeypatch.setattr(index, "trusted", lambda *_: True)
    target = tmp_path / "target"
    sync(source, target)
    settle(source, target)
    assert not mirror(source, target).quick
    assert mirror(source, target).quick
    return target


def settle(*roots: Path, at: int = LONG_AGO) -> None:
    """Make all folders look as if nothing had happened for years."""
    for root in roots:
        for path in (root, *root.rglob("*")):
            if path.is_dir() and ".plex-steward" not in str(path):
                os.utime(path, (at, at))


def mirror(source: Path, target: Path, **more: object) -> Report:
    return sync(source, target, quick=True, **more)


def test_says_the_same_as_the_full_run(source: Path, target: Path) -> None:
    full, quick = sync(source, target), mirror(source, target)
    assert quick.quick
    assert quick.outcome is Outcome.DONE
    assert quick.plan is None
    assert quick.skipped == full.skipped == len(FILMS)
    assert pending(quick) == 0
    assert summary(quick) == summary(full)
    one, two = as_dict(quick), as_dict(full)
    for document in (one, two):
        for key in ("started", "duration", "quick", "events"):
            document.pop(key)
    assert one == two


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("change", ["add", "remove", "rename", "folder", "replace"])
def test_notices_every_change_at_once(source: Path, target: Path, side: str, change: str) -> None:
    root = source if side == "source" else target
    folder = next(path for path in sorted(root.iterdir()) if path.name.startswith("Boat"))
    film = min(folder.glob("*.mkv"))
    match change:
        case "add":
            (folder / "new.srt").touch()
        case "remove":
            film.unlink()
        case "rename":
            film.rename(film.with_name("renamed.mkv"))
        case "folder":
            shutil.rmtree(folder)
        case "replace":
            film.unlink()
            film.write_text("another")
    report = mirror(source, target)
    assert not report.quick
    assert sync(source, target, verb="diff").plan is not None


def test_folders_changed_a_moment_ago_are_not_remembered(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "trusted", lambda *_: True)
    target = tmp_path / "target"
    for _ in range(3):
        assert not mirror(source, target).quick, "the next change could carry the same time"
    settle(source, target)
    mirror(source, target)
    assert mirror(source, target).quick


def test_a_change_within_the_same_tick_is_seen_by_looking(source: Path, target: Path) -> None:
    folder = source / "Cat (1999) {imdb-tt3}"
    stamp = folder.stat().st_mtime_ns
    (folder / "new.srt").touch()
    os.utime(folder, ns=(stamp, stamp))
    assert mirror(source, target).quick, "the folders alone do not tell it"
    report = mirror(source, target, verify=True)
    assert verbs(report) == ["link"], "looking at every name does"


def test_verifying_needs_no_plan_while_all_is_the_same(source: Path, target: Path) -> None:
    report = mirror(source, target, verify=True)
    assert report.plan is None
    assert report.outcome is Outcome.DONE
    found = index.load(State(str(target)), question(source, target))
    assert found is not None
    assert time.time() - found.verified < 600


def question(source: Path, target: Path) -> str:
    from .disk import settings

    given = settings(source, target)
    return index.key(given.source, given.target, given.options, given.keep_server_files)


def test_a_full_look_is_due_every_so_often(source: Path, target: Path) -> None:
    folder = source / "Cat (1999) {imdb-tt3}"
    stamp = folder.stat().st_mtime_ns
    (folder / "new.srt").touch()
    os.utime(folder, ns=(stamp, stamp))
    assert verbs(mirror(source, target, verify_days=0)) == ["link"]


def test_other_options_are_another_question(source: Path, target: Path) -> None:
    assert not mirror(source, target, delete=True).quick
    assert not mirror(source, target, keep_server_files=False).quick


def test_copies_are_never_quick(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "trusted", lambda *_: True)
    target = tmp_path / "copies"
    for _ in range(3):
        assert not mirror(source, target, materializer=COPY).quick
        settle(source, target)


@pytest.mark.parametrize("fstype", ["nfs4", "cifs", "fuse.shfs", "fuse.mergerfs", "9p", "vfat", "overlay"])
def test_only_local_file_systems_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fstype: str) -> None:
    def table(*_: object) -> tuple[mounts.Mount, ...]:
        return (
            mounts.Mount(1, "/", "ext4", "/dev/a", "/", False),
            mounts.Mount(2, str(tmp_path / "b"), fstype, "x", "/", False),
        )

    monkeypatch.setattr(index, "mounts", table)
    assert index.trusted(str(tmp_path / "a"), str(tmp_path / "c"))
    assert not index.trusted(str(tmp_path / "a"), str(tmp_path / "b/lib"))
    assert not index.trusted(str(tmp_path / "b/lib"), str(tmp_path / "a"))


def test_a_run_stopped_while_it_remembers_is_done_all_the_same(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run after it looks at everything, and remembers."""
    monkeypatch.setattr(index, "trusted", lambda *_: True)
    target = tmp_path / "target"
    mirror(source, target)
    settle(source, target)
    told: list[bool] = []
    describe = index.describe

    def begun(*given: Any) -> object:
        told.append(True)
        return describe(*given)

    monkeypatch.setattr(index, "describe", begun)
    assert mirror(source, target, cancel=lambda: bool(told)).outcome is Outcome.DONE
    assert told == [True]
    monkeypatch.setattr(index, "describe", describe)
    report = mirror(source, target)
    assert (report.outcome, report.quick) == (Outcome.DONE, False)
    assert mirror(source, target).quick


def test_a_broken_memory_is_no_memory(source: Path, target: Path) -> None:
    path = Path(State(str(target)).index)
    whole = path.read_bytes()
    for damage in (b"", b"{}\n", whole[:-8], whole[: len(whole) // 2], b"\x00" * 100, whole + b"x" * 8):
        path.write_bytes(damage)
        report = mirror(source, target)
        assert report.outcome is Outcome.DONE
        assert report.skipped == len(FILMS)
        path.write_bytes(whole)


def test_a_memory_from_the_future_is_not_believed(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(LONG_AGO))
    assert index.load(State(str(target)), question(source, target)) is None


def test_the_roots_are_asked_first(source: Path, target: Path, tmp_path: Path) -> None:
    source.rename(tmp_path / "away")
    write(source)
    assert mirror(source, target).refusal == "source_changed"
    assert mirror(source, target, anchor="not there").refusal in {"anchor_missing", "source_changed"}


def test_a_dry_run_leaves_no_memory(source: Path, target: Path) -> None:
    before = tree(target, own=True)
    mirror(source, target, dry_run=True)
    sync(source, target, quick=True, verb="diff")
    assert tree(target, own=True) == before


def test_a_walk_that_fails_knows_nothing(tmp_path: Path) -> None:
    assert index.walk(str(tmp_path / "none")) == ""
    assert index.walk(str(write(tmp_path / "s")), cancel=lambda: True) == ""


class TestInTheMiddle:
    """Something goes wrong while a memory is being used: then all is read, as if there were none."""

    @pytest.fixture
    def after(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The roots whose folders have been looked at."""
        looked: list[str] = []
        real = index.changed

        def changed(root: str, *rest: Any, **more: Any) -> list[str] | None:
            found = real(root, *rest, **more)
            looked.append(root)
            return found

        monkeypatch.setattr(index, "changed", changed)
        return looked

    @pytest.fixture
    def wide(self, source: Path, target: Path) -> Path:
        """A library of which one film is little."""
        write(source, [f"Film {number} (2001)/Film {number} (2001).mkv" for number in range(8)])
        sync(source, target)
        settle(source, target, at=LONG_AGO + 60)
        assert not mirror(source, target).quick
        assert mirror(source, target).quick
        return source

    def test_a_stop_is_obeyed_before_the_answer(self, source: Path, target: Path, after: list[str]) -> None:
        report = mirror(source, target, cancel=lambda: len(after) == 2)
        assert (report.outcome, report.quick) == (Outcome.CANCELLED, False)
        after.clear()
        assert mirror(source, target).quick, "and nothing is forgotten"

    def test_folders_that_cannot_be_read(self, source: Path, target: Path, after: list[str]) -> None:
        state = State(str(target))
        memory = index.load(state, question(source, target))
        assert memory is not None
        with Path(state.index).open("r+b") as file:
            file.truncate(memory.place + 5)
        (target / "Boat (1981) [imdbid-tt2]/poster.jpg").unlink()
        report = mirror(source, target)
        assert (report.quick, verbs(report)) == (False, ["link"])
        assert after == [], "there was nothing to compare with"

    def test_names_that_cannot_be_read(self, wide: Path, target: Path) -> None:
        path = Path(State(str(target)).index)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        write(wide, ["Boat (1981) {imdb-tt2}/Boat (1981) {imdb-tt2}.nfo"])
        report = mirror(wide, target)
        assert [action.target for action in report.done] == ["Boat (1981) [imdbid-tt2]/Boat (1981) [imdbid-tt2].nfo"]
        assert report.skipped == len(FILMS) + 8

    def test_a_root_that_cannot_be_listed_once(
        self, wide: Path, target: Path, after: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(wide, ["Dog (2002)/Dog (2002).mkv"])
        real = os.scandir
        failed: list[Any] = []

        def scandir(path: Any = ".") -> Any:
            if path == str(wide) and after and not failed:
                failed.append(path)
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        report = mirror(wide, target)
        assert failed
        assert (report.outcome, verbs(report)) == (Outcome.DONE, ["mkdir", "link"])
        assert (target / "Dog (2002)/Dog (2002).mkv").is_file()

    def test_a_root_that_cannot_be_read_is_told(
        self, wide: Path, target: Path, after: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its folders answered a moment ago; what they held is not taken for all there is."""
        write(wide, ["Boat (1981) {imdb-tt2}/Boat (1981) {imdb-tt2}.nfo"])
        before = tree(target)
        real = os.scandir

        def scandir(path: Any = ".") -> Any:
            if path == str(wide) and after:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return real(path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", scandir)
            report = mirror(wide, target)
        assert (report.outcome, report.refusal) == (Outcome.FAILED, "source_unreadable")
        assert tree(target) == before
        assert verbs(mirror(wide, target)) == ["link"]


@pytest.mark.parametrize("count", [0, 1, index.PIECE - 1, index.PIECE, 2 * index.PIECE + 3])
def test_names_are_written_in_pieces(count: int) -> None:
    names: list[index.Names] = [{f"film {number}.mkv": number, 'a "b"': 1} for number in range(count)]
    assert json.loads(index._encoded(names)) == names
