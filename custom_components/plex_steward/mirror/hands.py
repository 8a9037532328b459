"""A second pair of hands: part of a run in a forked process, for commands.

A mirror's work is short system calls with a little Python between them, and one
Python runs one thread at a time: threads would mostly wait for each other. A
forked process knows all that is known here, and only what it found comes back.
Home Assistant has threads and must not be forked: there everything is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
import os
import pickle
import signal
import threading
from types import FrameType, TracebackType
from typing import Generic, NoReturn, TypeVar

from .model import Cancel

A = TypeVar("A")


MANY = 200
"""Titles that are worth another process, which costs some milliseconds."""


def many(titles: int) -> bool:
    """Whether so many are worth another process."""
    return titles >= MANY


def able(jobs: int) -> int:
    """How many processes may work."""
    return jobs if hasattr(os, "fork") and threading.active_count() == 1 else 1


def share(jobs: int, works: Sequence[Callable[..., A]], cancel: Cancel | None) -> list[A]:
    """Do things that only read, side by side if more than one process may work: the first of them here."""
    with ExitStack() as stack:
        others = [stack.enter_context(Beside(jobs, work, cancel)) for work in works[1:]]
        return [works[0](cancel=cancel), *(other.result() for other in others)]


class Beside(Generic[A]):
    """Some work that begins at once in another process, if `jobs` allows; else when its result is wanted.

    `work` is called with a `cancel` to ask. It must change nothing here, and be fit to be done again: should its
    process die, it is done here, where every error is raised as if there had been no other process.
    """

    def __init__(self, jobs: int, work: Callable[..., A], cancel: Cancel | None) -> None:
        """Start."""
        self._work, self._cancel = work, cancel
        self._child = self._reading = 0
        if able(jobs) > 1:
            with suppress(OSError):  # no process to be had
                self._fork()

    def _fork(self) -> None:
        reading, writing = os.pipe()
        parent = os.getpid()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until it is known here and can be taken there
        try:
            child = os.fork()
            if child:
                self._child, self._reading = child, reading
        except OSError:
            os.close(reading)
            raise
        else:
            if not child:
                self._help(parent, writing, mask)
        finally:
            os.close(writing)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _help(self, parent: int, writing: int, mask: Iterable[int]) -> NoReturn:
        """Be the other process."""
        code = 1
        try:
            asked = _asked(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            with open(writing, "wb") as file:
                pickle.dump(self._work(cancel=asked), file, pickle.HIGHEST_PROTOCOL)
            code = 0
        finally:
            os._exit(code)  # what the parent has begun is the parent's to end

    def __enter__(self) -> Beside[A]:
        """Need nothing more."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let no process outlive the run."""
        if self._child:
            self.stop()
            self._end()

    def stop(self) -> None:
        """Ask the other process to end early, with what it has; `result` still gives that."""
        if self._child:
            os.kill(self._child, signal.SIGTERM)

    def result(self) -> A:
        """Wait for what the work gives."""
        if self._child:
            data, ended = self._end()
            if ended:
                found: A = pickle.loads(data)  # noqa: S301 - written a moment ago by a copy of this process
                return found
        return self._work(cancel=self._cancel)

    def _end(self) -> tuple[bytes, bool]:
        data = b""
        with suppress(OSError), open(self._reading, "rb", closefd=False) as file:
            data = file.read()
        child, self._child = self._child, 0
        os.close(self._reading)
        _, status = os.waitpid(child, 0)
        return data, status == 0 and bool(data)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _asked(parent: int) -> Cancel:
    """How the other process knows that it should stop: it was told, or nobody is there to take what it finds."""
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the parent decides what it means
    getppid = os.getppid
    return lambda: bool(told) or getppid() != parent
