"""Copies: whole or not at all, whatever way the kernel has."""

from __future__ import annotations

from collections.abc import Callable
import errno
import os
from pathlib import Path

import pytest

from custom_components.plex_steward.mirror.entries import ROOT
from custom_components.plex_steward.mirror.materialize import maker
from custom_components.plex_steward.mirror.model import Materializer, Outcome

from .disk import COPY, FILMS, codes, files, sync, tree


def test_a_system_without_fast_copies_copies_all_the_same(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = source / FILMS[6]
    big.write_bytes(os.urandom(3 * 1024 * 1024 + 5))
    monkeypatch.delattr(os, "copy_file_range")
    monkeypatch.delattr(os, "sendfile")
    assert sync(source, tmp_path / "target", materializer=COPY).outcome is Outcome.DONE
    copy = tmp_path / "target/Cat (1999) [imdbid-tt3]/Cat (1999) [imdbid-tt3].mp4"
    assert copy.read_bytes() == big.read_bytes()
    assert copy.stat().st_mtime_ns == big.stat().st_mtime_ns


def test_a_disk_that_fills_up_leaves_no_half_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "target", os.copy_file_range

    def full(reading: int, writing: int, count: int) -> int:
        if os.fstat(writing).st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(reading, writing, min(count, 10))

    with monkeypatch.context() as patch:
        patch.setattr(os, "copy_file_range", full)
        report = sync(source, target, materializer=COPY)
    assert report.outcome is Outcome.PARTIAL
    assert set(codes(report).values()) == {"no_space"}
    assert len(codes(report)) == len(FILMS)
    assert files(target) == set()
    assert sync(source, target, materializer=COPY).outcome is Outcome.DONE
    assert len(files(target)) == len(FILMS)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
@pytest.mark.parametrize("way", [Materializer.COPY, Materializer.REFLINK])
def test_only_files_are_copied(tmp_path: Path, way: Materializer, make: Callable[[Path], None]) -> None:
    """A file that was swapped for a folder, or for a pipe that nobody writes to, since the scan."""
    make(tmp_path / "film.mkv")
    before = tree(tmp_path)
    root = os.open(tmp_path, ROOT)
    try:
        with pytest.raises(OSError, match="no regular file"):
            maker(way, root)("film.mkv", root, "copy.mkv", None)
        assert tree(tmp_path) == before
    finally:
        os.close(root)
        if make is os.mkfifo:
            (tmp_path / "film.mkv").unlink()  # Python 3.11 would wait for a writer to remove it
