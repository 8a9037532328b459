"""A run killed at any moment leaves every name old or new, and the next run finishes the work.

A child process runs the mirror and counts the system calls that write; at a random one it kills itself with SIGKILL,
before or after the call. So the moments are spread over the whole run whatever the machine's speed, and the kernel sees
what it would see of any killed process.
"""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import random
import shutil
import signal
from typing import Any

import pytest

from custom_components.plex_steward.mirror import apply as applying, hands, materialize
from custom_components.plex_steward.mirror.lock import lock
from custom_components.plex_steward.mirror.model import Materializer, Outcome
from custom_components.plex_steward.mirror.run import run
from custom_components.plex_steward.mirror.state import State

from .disk import COPY, frozen, settings, sync, tree, write

MOMENTS = 250
"""Per mode."""

WRITING = ("link", "mkdir", "rename", "unlink", "open", "write", "fsync", "replace", "utime", "rmdir")

NAMES = [
    "A (2001) {imdb-tt1}/A (2001) {imdb-tt1} [1080p].mkv",
    "A (2001) {imdb-tt1}/A (2001) {imdb-tt1} [720p].mkv",
    "A (2001) {imdb-tt1}/Trailers/one.mkv",
    "B (2002) {imdb-tt2}/B (2002) {imdb-tt2}.mkv",
    "B (2002) {imdb-tt2}/poster.jpg",
    "C (2003) {imdb-tt3}/C (2003) {imdb-tt3}.mkv",
]


class Dies:
    """Kills its process at the given call among those that write."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def wrap(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = real(*arguments, **more)
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call


def library(root: Path) -> tuple[Path, Path]:
    """A source, and a mirror of what it was before: there is something to make, replace, rename and remove."""
    source, target = write(root / "source", {name: f"old {name}" * 20 for name in NAMES}), root / "target"
    return source, target


def change(source: Path, target: Path) -> None:
    """Give the next run one of everything to do."""
    shutil.rmtree(source / "C (2003) {imdb-tt3}")
    replaced = source / NAMES[3]
    replaced.unlink()
    replaced.write_text("new cut " * 50)
    (source / NAMES[0]).rename(source / NAMES[0].replace("[1080p]", "[2160p]"))
    write(source, {"D (2004)/D (2004).mkv": "new film " * 30, "D (2004)/Other/more.mkv": "new extra"})
    write(target, {"A (2001) [imdbid-tt1]/stray.mkv": "stray"})


def contents(root: Path) -> dict[str, object]:
    """Names of the target with what they hold; no folders, no names that begin with a dot."""
    return {
        name: held
        for name, held in tree(root, content=True).items()
        if held != "folder" and not Path(name).name.startswith(".")
    }


def killed(source: Path, target: Path, materializer: Materializer, moment: int, jobs: int) -> int:
    """Run in a child that dies at a moment, or whose helper does; returns its wait status when all have ended."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if target.is_dir():
            with lock(State(str(target)).lock):  # held by a helper until it sees that it is alone
                pass
        return status
    try:
        dies = Dies(moment)
        for name in WRITING:
            setattr(os, name, dies.wrap(getattr(os, name)))
        for name in ("_range", "_send", "_plain"):
            setattr(materialize, name, dies.wrap(getattr(materialize, name)))
        materialize.CHUNK = 64
        vars(hands).update(MANY=1)  # few titles are many here
        vars(applying).update(TITLES=1)
        run(settings(source, target, materializer=materializer, delete=True, create=True, jobs=jobs))
    finally:
        os._exit(0)


@pytest.mark.parametrize(("materializer", "jobs"), [(Materializer.HARDLINK, 1), (COPY, 1), (Materializer.HARDLINK, 2)])
def test_killed_at_random_moments(tmp_path: Path, materializer: Materializer, jobs: int) -> None:
    chance = random.Random(7)
    finished = {"old": contents_after(tmp_path / "old", materializer, changed=False)}
    finished["new"] = contents_after(tmp_path / "new", materializer, changed=True)
    source, target = library(tmp_path / "work")
    hits = 0
    for number in range(MOMENTS):
        if number % 10 == 0:  # from nothing, then from what the last killed run left, and so on
            shutil.rmtree(tmp_path / "work")
            source, target = library(tmp_path / "work")
            if number % 20:
                sync(source, target, materializer=materializer)
                change(source, target)
        before = frozen(source)
        hits += os.WIFSIGNALED(killed(source, target, materializer, chance.randint(1, 120), jobs))
        assert frozen(source) == before, "no source file ever changes"
        allowed = {(name, held) for state in finished.values() for name, held in state.items()}
        allowed |= {("A (2001) [imdbid-tt1]/stray.mkv", b"stray")}
        if target.is_dir():
            wrong = [name for name, held in contents(target).items() if (name, held) not in allowed]
            assert not wrong, f"moment {number}: neither old nor new"
        if number % 10 == 9:
            report = sync(source, target, materializer=materializer, delete=True)
            assert report.outcome is Outcome.DONE, report.problems
            assert contents(target) == finished["new" if number % 20 == 19 else "old"]
            assert not [name for name in tree(target) if name.endswith(".tmp")], "and nothing is left lying about"
            assert sync(source, target, materializer=materializer, verb="diff").exit_code == 0
    assert hits > MOMENTS // 10, "counted in calls, so no machine is too quick for it"


def contents_after(root: Path, materializer: Materializer, *, changed: bool) -> dict[str, object]:
    """What a mirror holds after runs that nobody disturbed."""
    source, target = library(root)
    sync(source, target, materializer=materializer)
    if changed:
        change(source, target)
        sync(source, target, materializer=materializer, delete=True)
    return contents(target)
