"""The lock, where the system gives odd answers."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
import subprocess
import threading
import time

import pytest

from custom_components.plex_steward.mirror.model import Outcome
from custom_components.plex_steward.mirror.state import State

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


def test_the_lock_of_a_dead_run_is_waited_for(source: Path, tmp_path: Path) -> None:
    """What helped a killed run holds its lock until it has seen that it is alone."""
    target = tmp_path / "target"
    state = State(str(target))
    Path(state.own).mkdir(parents=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    with Path(state.lock).open("w", encoding="ascii") as file:
        file.write(f"{gone.pid}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = threading.Timer(0.2, lambda: fcntl.flock(file, fcntl.LOCK_UN))
        waiting.start()
        report = sync(source, target)
        waiting.join()
    assert report.outcome is Outcome.DONE


def test_a_number_that_no_process_can_have(source: Path, target: Path) -> None:
    """What is written there is for people; nonsense is no reason to break off."""
    with (target / ".plex-steward/lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("99999999999999999999\n")
        file.flush()
        report = sync(source, target)
    assert (report.outcome, report.refusal) == (Outcome.REFUSED, "busy")
