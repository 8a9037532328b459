"""The lock, where the system gives odd answers."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
import time

import pytest

from custom_components.plex_steward.mirror.model import Outcome

from .disk import sync, tree, write


def test_a_lock_that_fails_ends_the_run_before_it_acts(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the same as a file system without locks: nobody knows whether another run is at work."""
    write(source, ["Dog (2002)/Dog (2002).mkv"])
    before = tree(target)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", broken)
        report = sync(source, target)
    assert (report.outcome, report.refusal) == (Outcome.FAILED, "system")
    assert dict(report.refusal_data)["errno"] == errno.EIO
    assert tree(target) == before
    assert sync(source, target).outcome is Outcome.DONE


def test_a_run_of_another_user_is_told_by_its_number(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ours(_process: int, _number: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with (target / ".plex-steward/lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("4242\n")
        file.flush()
        monkeypatch.setattr(os, "kill", not_ours)
        monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it lives: there is nothing to wait for"))
        report = sync(source, target)
    assert (report.outcome, report.refusal) == (Outcome.REFUSED, "busy")
    assert dict(report.refusal_data)["process"] == 4242


def test_a_holder_that_cannot_be_read_is_unknown(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with (target / ".plex-steward/lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        monkeypatch.setattr(os, "pread", unreadable)
        report = sync(source, target)
    assert (report.outcome, report.refusal) == (Outcome.REFUSED, "busy")
    assert dict(report.refusal_data)["process"] == 0
