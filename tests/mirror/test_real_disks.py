"""The same promises on file systems that are really full, read-only, apart or gone.

Each test mounts what it needs in a child process with mounts of its own, which end with it. Where the machine does
not allow that, or its kernel does not know a file system, the test is skipped with the system's own words; what they
show is then only tried by `test_faults.py`, which simulates it.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
import errno
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any

import pytest

from custom_components.plex_steward.mirror.model import Materializer, Outcome

from .disk import COPY, codes, frozen, planned, sync, tree, verbs, write
from .faults.one import apart

NEW_MOUNTS, NEW_USER = 0x20000, 0x10000000
"""Flags of unshare(2): CLONE_NEWNS, CLONE_NEWUSER."""

BIG = {f"Film {number} (2000)/Film {number} (2000).mkv": f"{number}" * 200_000 for number in range(6)}


class Unable(Exception):
    """This machine cannot show it; the text says why."""


def on_disks(what: Callable[[], Any]) -> None:
    """Call it in a child with mounts of its own; skip where that cannot be."""

    def child() -> dict[str, str]:
        try:
            own_mounts()
            what()
        except Unable as error:
            return {"unable": str(error)}
        return {}

    if reason := apart(child, lambda: None).get("unable"):
        pytest.skip(reason)


def own_mounts() -> None:
    user, group, plain = os.geteuid(), os.getegid(), os.geteuid() != 0
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(NEW_MOUNTS | (NEW_USER if plain else 0)):
        raise Unable(f"no mounts of its own: {os.strerror(ctypes.get_errno())}")
    if plain:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    command("mount", "--make-rprivate", "/")


def command(*words: object) -> None:
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=False)
    except OSError as error:
        raise Unable(f"no {words[0]} here: {error.strerror}") from None
    if done.returncode:
        raise Unable(f"{' '.join(map(str, words[:3]))}: {(done.stderr.strip() or 'failed').splitlines()[0]}")


def mount(kind: str, place: Path, options: str = "", what: object = "none") -> Path:
    place.mkdir(exist_ok=True)
    command("mount", "-t", kind, *(("-o", options) if options else ()), what, place)
    return place


def image(folder: Path, megabytes: int, *program: str) -> Path:
    path = folder / "image"
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    command(*program, path)
    return path


def whole(source: Path, target: Path) -> set[str]:
    """Names of the target's files, each of which holds all that its source holds."""
    files = {name: held for name, held in tree(target, content=True).items() if held != "folder"}
    held = set(tree(source, content=True).values())
    assert all(one in held for one in files.values()), "a file is there in part"
    return set(files)


def exhaust(film: Path, folder: Path) -> None:
    for number in range(70_000):
        os.link(film, f"{folder}/{number}")


def test_a_disk_full_of_bytes(tmp_path: Path) -> None:
    def what() -> None:
        source, target = write(tmp_path / "source", BIG), mount("tmpfs", tmp_path / "small", "size=700k")
        before = frozen(source)
        report = sync(source, target, materializer=COPY)
        assert (report.outcome, report.exit_code) == (Outcome.PARTIAL, 3)
        assert set(codes(report).values()) == {"no_space"}
        assert 0 < len(whole(source, target)) < len(BIG)
        film = next(
            path
            for path in sorted(source.rglob("*.mkv"))
            if path.name in {Path(one).name for one in whole(source, target)}
        )
        film.write_text("longer " * 50_000)
        old = (target / film.relative_to(source)).read_bytes()
        assert sync(source, target, materializer=COPY).exit_code == 3
        assert (target / film.relative_to(source)).read_bytes() == old, "no room for the new one: the old one stays"
        command("mount", "-o", "remount,size=8m", target)
        assert sync(source, target, materializer=COPY).outcome is Outcome.DONE
        assert len(whole(source, target)) == len(BIG)
        film.write_text(BIG[str(film.relative_to(source))])
        os.utime(film, ns=(before[str(film.relative_to(source))][3],) * 2)  # type: ignore[index]  # as it was

    on_disks(what)


def test_a_disk_full_of_files(tmp_path: Path) -> None:
    def what() -> None:
        disk = mount("tmpfs", tmp_path / "disk", "nr_inodes=200")
        source, target = write(disk / "source", BIG), disk / "target"
        before = frozen(source)
        for number in range(os.statvfs(disk).f_ffree - 9):
            (disk / f"filler {number}").touch()
        report = sync(source, target)
        assert (report.outcome, set(codes(report).values())) == (Outcome.PARTIAL, {"no_space"})
        assert 0 < len(whole(source, target)) < len(BIG)
        for path in disk.glob("filler *"):
            path.unlink()
        assert sync(source, target).outcome is Outcome.DONE
        assert planned(sync(source, target, verb="plan")).empty
        for _ in range(2):
            assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == {}
        assert frozen(source) == before

    on_disks(what)


def test_a_disk_with_no_room_for_a_journal(tmp_path: Path) -> None:
    def what() -> None:
        disk = mount("tmpfs", tmp_path / "disk", "nr_inodes=200")
        source, target = write(disk / "source", BIG), disk / "target"
        target.mkdir()
        for number in range(os.statvfs(disk).f_ffree - 1):
            (disk / f"filler {number}").touch()
        report = sync(source, target)
        assert (report.outcome, report.exit_code, report.refusal) == (Outcome.FAILED, 1, "system")
        assert dict(report.refusal_data)["errno"] == errno.ENOSPC
        assert tree(target) == {}, "what cannot be taken back is not done"

    on_disks(what)


def test_a_read_only_disk(tmp_path: Path) -> None:
    def what() -> None:
        disk = mount("tmpfs", tmp_path / "disk")
        source, target = write(disk / "source"), disk / "target"
        sync(source, target)
        write(source, ["New (2020)/New (2020).mkv"])
        before, mirrored = frozen(source), tree(target, own=True)
        command("mount", "-o", "remount,ro", disk)
        report = sync(source, target, delete=True)
        assert (report.outcome, report.exit_code) == (Outcome.FAILED, 1)
        assert dict(report.refusal_data)["errno"] == errno.EROFS
        assert sync(source, target, verb="diff").exit_code == 1, "looking needs no writing"
        assert sync(source, target, verb="undo").outcome is Outcome.FAILED
        command("mount", "-o", "remount,rw", disk)
        assert (frozen(source), tree(target, own=True)) == (before, mirrored)
        assert sync(source, target).outcome is Outcome.DONE

    on_disks(what)


@pytest.mark.parametrize("bound", [False, True], ids=["two disks", "one disk twice"])
def test_links_between_two_mounts(tmp_path: Path, *, bound: bool) -> None:
    def what() -> None:
        one = mount("tmpfs", tmp_path / "one")
        source, target = write(one / "source"), one / "target"
        target.mkdir()
        if bound:
            target = tmp_path / "two"
            target.mkdir()
            command("mount", "--bind", one / "target", target)
        else:
            target = mount("tmpfs", tmp_path / "two")
        before = frozen(source)
        for dry_run in (True, False):
            report = sync(source, target, dry_run=dry_run)
            assert (report.outcome, report.refusal) == (Outcome.REFUSED, "cross_device")
            assert tree(target) == {}
        assert sync(source, target, materializer=COPY).outcome is Outcome.DONE
        assert planned(sync(source, target, materializer=COPY, verb="plan")).empty
        assert frozen(source) == before

    on_disks(what)


def test_overlay(tmp_path: Path) -> None:
    """A source in the lower layer: the kernel copies a file up when it is linked."""

    def what() -> None:
        layers = mount("tmpfs", tmp_path / "layers")
        for name in ("lower", "upper", "work"):
            (layers / name).mkdir()
        write(layers / "lower" / "source")
        options = f"lowerdir={layers}/lower,upperdir={layers}/upper,workdir={layers}/work"
        disk = mount("overlay", tmp_path / "disk", options)
        source, target = disk / "source", disk / "target"
        before = tree(source, content=True)
        report = sync(source, target)
        if report.refusal == "cross_device" and Path("/proc/self/uid_map").read_text().split()[1] != "0":
            assert tree(target) == {}
            raise Unable("an ordinary user's overlay makes no links")
        assert report.outcome is Outcome.DONE
        assert planned(sync(source, target, verb="plan")).empty
        assert sync(source, target, verb="diff").exit_code == 0
        film = next(source.rglob("*.mp4"))
        film.rename(film.with_suffix(".m4v"))
        write(target, ["Old (1990)/old.mkv"])  # a folder of the upper layer: those below cannot be renamed
        mirrored = tree(target, content=True)
        assert "remove" in verbs(sync(source, target, delete=True))
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target, content=True) == mirrored
        assert set(tree(source, content=True).values()) == set(before.values())

    on_disks(what)


def test_real_clones(tmp_path: Path) -> None:
    def what() -> None:
        disk = mount("btrfs", tmp_path / "disk", "loop", image(tmp_path, 200, "mkfs.btrfs", "-q"))
        source, target = write(disk / "source", BIG), disk / "target"
        before = frozen(source)
        assert sync(source, target, materializer=Materializer.REFLINK).outcome is Outcome.DONE
        assert len(whole(source, target)) == len(BIG)
        assert not set(tree(source).values()) & {one for one in tree(target).values() if one != "folder"}
        assert planned(sync(source, target, materializer=Materializer.REFLINK, verb="plan")).empty
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert (tree(target), frozen(source)) == ({}, before)

    on_disks(what)


def test_a_file_that_takes_no_more_links(tmp_path: Path) -> None:
    def what() -> None:
        disk = mount("ext4", tmp_path / "disk", "loop", image(tmp_path, 64, "mkfs.ext4", "-q", "-F"))
        source, target = write(disk / "source"), disk / "target"
        film = next(source.rglob("*.mp4"))
        (disk / "links").mkdir()
        with pytest.raises(OSError, match="links") as full:
            exhaust(film, disk / "links")
        assert full.value.errno == errno.EMLINK
        report = sync(source, target)
        assert (report.exit_code, list(codes(report).values())) == (3, ["too_many_links"])
        assert len(whole(source, target)) == 6, "the others are there"
        shutil.rmtree(disk / "links")
        assert sync(source, target).outcome is Outcome.DONE

    on_disks(what)


def folding(folder: Path) -> Path:
    """A folder on a file system that does not tell upper from lower case."""
    reasons = []
    for way in (_folding_tmpfs, _folding_ext4, _folding_ntfs):
        try:
            return way(folder)
        except Unable as error:
            reasons.append(str(error))
    raise Unable("; ".join(reasons))


def _folding_tmpfs(folder: Path) -> Path:
    return _folded(mount("tmpfs", folder / "disk", "casefold"))


def _folding_ext4(folder: Path) -> Path:
    program = ("mkfs.ext4", "-q", "-F", "-O", "casefold", "-E", "encoding=utf8")
    return _folded(mount("ext4", folder / "disk", "loop", image(folder, 64, *program)))


def _folding_ntfs(folder: Path) -> Path:
    (folder / "disk").mkdir(exist_ok=True)
    command("lowntfs-3g", image(folder, 64, "mkntfs", "-F", "-q", "-f"), folder / "disk", "-o", "ignore_case")
    return folder / "disk"


def _folded(disk: Path) -> Path:
    (disk / "target").mkdir()
    command("chattr", "+F", disk / "target")
    return disk / "target"


def test_names_in_two_cases(tmp_path: Path) -> None:
    def what() -> None:
        target = folding(tmp_path)
        films = [
            "Alien (1979)/Alien (1979).mkv",
            "ALIEN (1979)/ALIEN (1979).mkv",
            "M (1931)/Poster.jpg",
            "M (1931)/poster.jpg",
        ]
        source = write(tmp_path / "source", films)
        before = frozen(source)
        for _ in range(3):
            assert sync(source, target, materializer=COPY, delete=True).outcome is Outcome.DONE
            assert len(whole(source, target)) == 3, "both films, and the first picture"
        assert planned(sync(source, target, materializer=COPY, delete=True, verb="plan")).empty
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert (tree(target), frozen(source)) == ({}, before)

    on_disks(what)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_disk_that_goes_between_looking_and_acting(tmp_path: Path, side: str) -> None:
    def what() -> None:
        disk = mount("tmpfs", tmp_path / "disk")
        for name in ("source", "target"):
            (disk / name).mkdir()
            (tmp_path / name).mkdir()
            if name == side:
                command("mount", "--bind", disk / name, tmp_path / name)
        pair = {"source": disk / "source", "target": disk / "target", side: tmp_path / side}
        source, target = write(pair["source"]), pair["target"]
        before = frozen(disk / "source")

        def gone(stage: str, *_: object) -> None:
            if stage == "plan":
                command("umount", "-l", pair[side])

        report = sync(source, target, materializer=COPY, progress=gone)
        assert (report.outcome, report.exit_code) == (Outcome.FAILED, 1)
        assert tree(pair[side], own=True) == {}, "nothing is made in the folder below"
        assert frozen(disk / "source") == before
        assert tree(disk / "target") == {}

    on_disks(what)
