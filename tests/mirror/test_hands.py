"""A second process does part of a command's run, and nobody can tell but by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import errno
from functools import partial
import json
import os
from pathlib import Path
import pickle
import random
import signal
import subprocess
import threading
import time
from typing import Any

import pytest

from custom_components.plex_steward.mirror import apply as applying, cli, index, journal
from custom_components.plex_steward.mirror.errors import Cancelled, ScanError
from custom_components.plex_steward.mirror.hands import MANY, Beside, able, share
from custom_components.plex_steward.mirror.lines import columns
from custom_components.plex_steward.mirror.model import Action, Cancel, Outcome, Report, Verb
from custom_components.plex_steward.mirror.scan import scan

from .disk import files, frozen, sync, tree, write
from .shell import command, shell

FILMS = [f"Film {number:03} (2001)" for number in range(MANY + 56)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A library that is worth a second process."""
    names = [f"{film}/{film}{end}" for film in FILMS for end in (".mkv", ".en.srt")]
    return write(tmp_path / "source", [*names, *(f"{film}/Trailers/one.mkv" for film in FILMS[::7])])


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process numbers of those who helped."""
    found: list[int] = []
    real = os.fork

    def fork() -> int:
        child = real()
        if child:
            found.append(child)
        return child

    monkeypatch.setattr(os, "fork", fork)
    return found


@pytest.fixture(autouse=True)
def _nobody_left() -> Iterator[None]:
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


class TestBeside:
    def test_the_work_is_done_elsewhere(self, forks: list[int]) -> None:
        here, there = share(2, [lambda cancel: os.getpid(), lambda cancel: os.getpid()], None)
        assert here == os.getpid()
        assert [there] == forks

    def test_one_process_does_all(self, forks: list[int]) -> None:
        assert share(1, [lambda cancel: os.getpid(), lambda cancel: os.getpid()], None) == [os.getpid()] * 2
        assert not forks

    def test_a_program_with_threads_is_not_forked(self, forks: list[int]) -> None:
        over = threading.Event()
        thread = threading.Thread(target=over.wait)
        thread.start()
        try:
            assert able(4) == 1
            assert share(4, [lambda cancel: 1, lambda cancel: 2], None) == [1, 2]
        finally:
            over.set()
            thread.join()
        assert not forks

    def test_no_process_to_be_had(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fork() -> int:
            raise BlockingIOError

        monkeypatch.setattr(os, "fork", fork)
        before = len([*Path("/proc/self/fd").iterdir()])
        assert share(2, [lambda cancel: 1, lambda cancel: 2], None) == [1, 2]
        assert len([*Path("/proc/self/fd").iterdir()]) == before

    def test_an_error_is_raised_as_it_would_be_here(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "missing")
        works: list[Callable[..., object]] = [lambda cancel: 1, partial(scan, missing)]
        with pytest.raises(ScanError) as caught:
            share(2, works, None)
        assert (caught.value.code, caught.value.path) == ("missing", missing)

    def test_what_a_killed_process_should_have_done_is_done_here(self, forks: list[int]) -> None:
        parent = os.getpid()

        def work(cancel: Cancel | None) -> int:
            if os.getpid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)
            return 7

        assert share(2, [lambda cancel: 1, work], None) == [1, 7]
        assert len(forks) == 1

    def test_an_error_here_ends_it(self) -> None:
        def wait(cancel: Cancel | None) -> int:
            assert cancel is not None
            while not cancel():
                time.sleep(0.001)
            return 1

        def fail(cancel: Cancel | None) -> int:
            raise Cancelled

        with pytest.raises(Cancelled):
            share(2, [fail, wait], None)

    def test_stopped_it_says_what_it_has(self) -> None:
        def work(cancel: Cancel | None) -> str:
            assert cancel is not None
            while not cancel():
                time.sleep(0.001)
            return "so far"

        with Beside(2, work, None) as other:
            other.stop()
            assert other.result() == "so far"

    def test_an_orphan_ends_by_itself(self, tmp_path: Path) -> None:
        said = tmp_path / "said"

        def work(cancel: Cancel | None) -> None:
            assert cancel is not None
            while not cancel():
                time.sleep(0.001)
            said.write_text("alone")

        child = os.fork()
        if not child:
            Beside(2, work, None)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        until = time.monotonic() + 60
        while not said.exists() or not said.read_text():
            assert time.monotonic() < until
            time.sleep(0.01)


class Exited(BaseException):
    """Stands for the end of a process that is not to end."""


class TestTheOtherProcess:
    """What it does, done here: nobody can look into a forked one."""

    @pytest.fixture(autouse=True)
    def _as_before(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def leave(code: int) -> None:
            raise Exited(code)

        monkeypatch.setattr(os, "_exit", leave)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        yield
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)

    @staticmethod
    def help(work: Callable[..., object], parent: int | None = None) -> tuple[int, bytes]:
        """Exit code and what was sent."""
        reading, writing = os.pipe()
        with open(reading, "rb") as file:  # noqa: PTH123 - of a descriptor
            with pytest.raises(Exited) as ended:
                Beside(1, work, None)._help(os.getppid() if parent is None else parent, writing, ())
            return ended.value.args[0], file.read()

    def test_it_sends_what_it_found_and_ends_well(self) -> None:
        code, data = self.help(lambda cancel: {"found": cancel()})
        assert (code, pickle.loads(data)) == (0, {"found": False})

    def test_it_ends_badly_with_nothing_to_say(self) -> None:
        def fail(cancel: Cancel | None) -> None:
            raise ScanError("missing", "/nowhere")

        assert self.help(fail) == (1, b"")

    def test_what_cannot_be_sent_is_no_good_end(self) -> None:
        assert self.help(lambda cancel: cancel)[0] == 1

    def test_told_to_stop_it_sends_what_it_has(self) -> None:
        def work(cancel: Cancel) -> list[bool]:
            before = cancel()
            os.kill(os.getpid(), signal.SIGTERM)
            return [before, cancel()]

        code, data = self.help(work)
        assert (code, pickle.loads(data)) == (0, [False, True])

    def test_an_interrupt_of_the_terminal_is_its_parents(self) -> None:
        def work(cancel: Cancel) -> bool:
            os.kill(os.getpid(), signal.SIGINT)
            return cancel()

        code, data = self.help(work)
        assert (code, pickle.loads(data)) == (0, False)

    def test_alone_it_stops(self) -> None:
        code, data = self.help(lambda cancel: cancel(), parent=-1)
        assert (code, pickle.loads(data)) == (0, True)


def told(report: Report) -> dict[str, Any]:
    """What a report says, but for times."""
    return {name: getattr(report, name) for name in ("outcome", "exit_code", "done", "skipped", "problems")}


class TestRuns:
    def test_a_first_run_is_the_same(self, source: Path, tmp_path: Path, forks: list[int]) -> None:
        before = frozen(source)
        alone = sync(source, tmp_path / "one")
        assert not forks
        states: list[tuple[str, int, int]] = []
        helped = sync(source, tmp_path / "two", jobs=3, progress=lambda *state: states.append(state))
        assert forks
        assert told(helped) == told(alone)
        assert tree(tmp_path / "one") == tree(tmp_path / "two")
        assert frozen(source) == before
        counts = [done for stage, done, _ in states if stage == "apply"]
        assert counts == sorted(counts)
        assert counts[-1] == len(FILMS)

    def test_undone_whole(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.mkdir()
        empty = tree(target)
        sync(source, target, jobs=2)
        assert sync(source, target, verb="undo").outcome is Outcome.DONE
        assert tree(target) == empty

    def test_later_runs_are_the_same(self, source: Path, tmp_path: Path, forks: list[int]) -> None:
        target = tmp_path / "target"
        sync(source, target, jobs=2)
        write(source, [f"{FILMS[3]}/{FILMS[3]}.de.srt", "New (2002)/New (2002).mkv"])
        (target / FILMS[5] / "stray.mkv").touch()
        plans = [sync(source, target, verb="plan", delete=True, jobs=jobs).plan for jobs in (1, 2)]
        assert plans[0] == plans[1]
        report = sync(source, target, delete=True, jobs=2)
        assert report.outcome is Outcome.DONE
        assert forks
        assert sync(source, target, verb="diff", jobs=2).exit_code == 0

    @pytest.mark.parametrize("verify", [False, True])
    def test_from_memory(self, source: Path, tmp_path: Path, verify: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        target = tmp_path / "target"
        monkeypatch.setattr(index, "MARGIN_NS", 0)
        for _ in range(3):
            sync(source, target, jobs=2, quick=True)
        assert sync(source, target, jobs=2, quick=True, verify=verify).quick
        (source / FILMS[9] / "more.srt").touch()
        report = sync(source, target, jobs=2, quick=True, verify=verify)
        assert not report.quick
        assert files(target) == files(source)

    def test_what_fails_there_is_said_here(self, source: Path, tmp_path: Path, forks: list[int]) -> None:
        target = tmp_path / "target"
        real = os.link
        bad = {f"{FILMS[number]}/{FILMS[number]}.mkv" for number in (1, 70, 140, 250)}

        def link(path: str, *arguments: Any, **more: Any) -> None:
            if path in bad:
                raise PermissionError(1, "no")
            real(path, *arguments, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "link", link)
            report = sync(source, target, jobs=2)
        assert forks
        assert report.outcome is Outcome.PARTIAL
        assert {one.path for one in report.problems} == bad
        assert files(target) == files(source) - bad
        assert not {action.target for action in report.done} & bad
        assert sync(source, target, jobs=2).outcome is Outcome.DONE
        assert files(target) == files(source)

    def test_what_cannot_be_announced_there_is_not_done(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, parent = tmp_path / "target", os.getpid()
        real = os.write

        def write_(descriptor: int, data: bytes) -> int:
            if os.getpid() != parent and b"mkdir" in data:
                raise OSError(errno.ENOSPC, "full")
            return real(descriptor, data)

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write_)
            report = sync(source, target, jobs=2)
        assert report.outcome is Outcome.PARTIAL
        missing = {one.path for one in report.problems}
        assert {one.code for one in report.problems} == {"no_space"}
        assert missing == {film for film in FILMS if not (target / film).exists()} != set()
        assert sync(source, target, jobs=2).outcome is Outcome.DONE
        assert files(target) == files(source)

    def test_a_share_whose_process_dies_is_done_here(
        self, source: Path, tmp_path: Path, forks: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, parent = tmp_path / "target", os.getpid()
        real = os.mkdir

        def mkdir(*arguments: Any, **more: Any) -> None:
            if os.getpid() != parent and arguments[0] == FILMS[100]:
                os.kill(os.getpid(), signal.SIGKILL)
            real(*arguments, **more)

        monkeypatch.setattr(os, "mkdir", mkdir)
        report = sync(source, target, jobs=2)
        assert forks
        assert report.outcome is Outcome.DONE, report.problems
        assert len([action for action in report.done if action.verb == "link"]) == len(files(source))
        assert files(target) == files(source)

    def test_a_reader_that_dies_is_stood_in_for(
        self, source: Path, tmp_path: Path, forks: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, parent, real = tmp_path / "target", os.getpid(), os.scandir
        alone = sync(source, target, verb="plan")

        def scandir(path: str) -> Any:
            if os.getpid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        helped = sync(source, target, verb="plan", jobs=2)
        assert forks
        assert told(helped) == told(alone)

    @pytest.mark.parametrize("calls", [1, 40, 300])
    def test_cancelled(self, source: Path, tmp_path: Path, calls: int) -> None:
        target = tmp_path / "target"
        asked: list[int] = []

        def cancel() -> bool:
            if asked:
                asked[0] += 1
            return bool(asked) and asked[0] > calls

        def begin(*arguments: Any, **more: Any) -> Any:
            asked.append(0)
            return real(*arguments, **more)

        real = applying._Work.titles
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(applying._Work, "titles", begin)
            report = sync(source, target, jobs=2, cancel=cancel)
        assert (report.outcome, report.exit_code) == (Outcome.CANCELLED, 10)
        assert {action.target for action in report.done if action.verb == "link"} == files(target)
        assert files(target) < files(source)
        assert sync(source, target, jobs=2).outcome is Outcome.DONE
        assert files(target) == files(source)


class TestJournal:
    def test_a_line_cut_short_spoils_no_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One writer's line is cut by a full disk while another writes: both are read back whole."""
        one = journal.Journal(str(tmp_path), "run", {"version": 1})
        one.open()
        real = os.write

        def cut(descriptor: int, data: bytes) -> int:
            monkeypatch.setattr(os, "write", real)
            wrote = real(descriptor, data[: len(data) // 2])
            real(descriptor, b'\n{"made":"other","inode":5}\n')
            return wrote

        monkeypatch.setattr(os, "write", cut)
        step = Action(Verb.LINK, "a/b", "b", inode=3)
        one.steps([columns([step])] * 2)
        one.close("done")
        record = journal.read(one.path)
        assert set(record.steps) == {("link", "a/b", 3, None)}
        assert record.made == {"other": 5}
        assert (record.header, record.ended) == ({"version": 1}, "done")


class TestCommand:
    """Real processes, as a user starts them."""

    def test_killed_at_random_moments(self, source: Path, tmp_path: Path) -> None:
        """Only the one that was started is killed: the other sees it, and the next run finds the lock free."""
        before, chance = frozen(source), random.Random(11)
        hits = 0
        for number in range(12):
            target = tmp_path / f"target-{number}"
            target.mkdir()
            words = command("sync", "--source-format", "plex", "--jobs", 2, source, target)
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            goal = chance.randint(1, len(FILMS) - 1)
            while process.poll() is None and len([*target.iterdir()]) < goal:
                pass
            process.kill()
            hits += process.wait() == -signal.SIGKILL
            assert files(target) <= files(source)
            done = shell("sync", "--source-format", "plex", "--jobs", 2, "--json", source, target)
            assert done.returncode == 0, done.stdout
            assert files(target) == files(source)
        assert hits
        assert frozen(source) == before

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal(self, source: Path, tmp_path: Path, number: signal.Signals) -> None:
        """Both processes end between two actions, and the document says what both did."""
        target = tmp_path / "target"
        target.mkdir()
        words = command("sync", "--source-format", "plex", "--jobs", 2, "--json", source, target)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (target / FILMS[0]).exists():
            pass
        process.send_signal(number)
        document = json.loads(process.communicate()[0])
        said = {event["target"] for event in document["events"] if event["action"] == "link"}
        assert document["exit_code"] in {0, 10}
        assert len(said) == len(files(target))
        assert shell("sync", "--source-format", "plex", source, target).returncode == 0

    def test_without_a_flag_all_processors_help(self) -> None:
        assert 1 <= cli.PROCESSES <= 4
        text = shell("sync", "--help").stdout
        assert f"default {cli.PROCESSES} here" in " ".join(text.split())
