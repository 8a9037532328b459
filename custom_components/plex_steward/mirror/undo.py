"""Take back the last run of a mirror, backwards through its journal.

What changed since is left alone: an entry is only touched while it is still the
very file the run made. A file that has no other link goes to the trash instead.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
import errno
import os
import time

from . import journal
from .entries import ROOT, Changed, clear, keep, look, move, opened, problem, temporary
from .errors import Cancelled
from .journal import Record
from .model import Action, Cancel, Materializer, Outcome, Problem, Reason, Report, Verb
from .state import State
from .trash import Bin

_SETTLED = frozenset({errno.EAGAIN, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR})
"""Answers that will be the same next time: somebody changed something since."""


def last_run(state: State) -> Record | None:
    """The newest run that did something and was not taken back yet. Raises OSError."""
    for path in reversed(journal.runs(state.journals)):
        record = journal.read(path)
        if record.steps or record.removals:
            return record
    return None


def undo(record: Record, state: State, target: str, *, dry_run: bool = False, cancel: Cancel | None = None) -> Report:
    """Take back one run. The caller holds the lock."""
    started = time.time()
    work = _Undo(record, state, target, dry_run=dry_run, cancel=cancel)
    outcome = work.all()
    if outcome is Outcome.DONE and work.problems:
        outcome = Outcome.PARTIAL
    return Report(
        "undo",
        outcome,
        {Outcome.DONE: 0, Outcome.PARTIAL: 3}.get(outcome, 10),
        str(record.header.get("source", "")),
        target,
        dry_run=dry_run,
        done=tuple(work.done),
        removed_files=work.removed,
        problems=tuple(work.problems),
        journal=record.run,
        started=started,
        duration=time.time() - started,
    )


class _Undo:
    """One taking back."""

    def __init__(self, record: Record, state: State, target: str, *, dry_run: bool, cancel: Cancel | None) -> None:
        self.record, self.dry_run, self.cancel, self.target = record, dry_run, cancel, target
        self.linked = record.header.get("materializer") == Materializer.HARDLINK
        self.kept = os.path.join(state.trash, record.run)
        self.bin = Bin(state.trash, journal.new_id())
        self.root = -1
        self.done: list[Action] = []
        self.problems: list[Problem] = []
        self.removed = 0

    def all(self) -> Outcome:
        """Bring back what was removed, then take back the steps, last first."""
        if self.record.ended is None and not self.dry_run:
            folders = {os.path.dirname(path) for _, path, _, _ in self.record.steps}
            clear(self.target, sorted(os.path.join(folder, temporary(self.record.run)) for folder in folders))
        self.root = os.open(self.target, ROOT)
        try:
            for path, inode in reversed(self.record.removals):
                self.line("restore", path, inode, None)
            for verb, path, inode, origin in reversed(self.record.steps):
                self.line(verb, path, inode, origin)
        except Cancelled:
            return Outcome.CANCELLED
        finally:
            os.close(self.root)
        if not self.dry_run:
            self.settle()
        return Outcome.DONE

    def settle(self) -> None:
        """Have done with this run, unless an answer of the system kept some of it from being taken back."""
        if not all(one.errno in _SETTLED for one in self.problems):
            return
        _prune(self.kept)
        try:
            journal.mark_undone(self.record)
        except OSError as error:
            self.problems.append(problem(os.path.relpath(self.record.path, self.target), error))

    def line(self, verb: str, path: str, inode: int, origin: str | None) -> None:
        """Take back one line; one that cannot be is a problem and the rest goes on."""
        if self.cancel is not None and self.cancel():
            raise Cancelled
        ways: dict[str, Callable[[], Action | None]] = {
            "restore": lambda: self.restore(path, inode),
            Verb.LINK: lambda: self.take_away(path, inode),
            Verb.REPLACE: lambda: self.put_back(path, inode),
            Verb.RENAME: lambda: self.rename_back(path, inode, str(origin)),
            Verb.MKDIR: lambda: self.remove_folder(path),
        }
        try:
            action = ways[verb]()
        except OSError as error:
            if error.errno != errno.ENOENT or verb == "restore":
                self.problems.append(problem(path, error))
        else:
            if action is not None:
                self.done.append(action)

    def restore(self, path: str, inode: int) -> Action | None:
        """Bring a removed entry back from the trash, never over another."""
        kept = os.path.join(self.kept, path)
        status = _status(kept)
        with self.folder(path) as (folder, name):
            there = look(name, folder)
            if status is None and there is not None and there.st_ino == inode:
                return None  # the run was killed before it came to this
            if status is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            if there is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            if not self.dry_run:
                os.rename(kept, name, dst_dir_fd=folder)
        return Action(Verb.RENAME, path, None, Reason.MISSING, status.st_ino)

    def take_away(self, path: str, inode: int) -> Action | None:
        """Remove what the run made, if it is still that."""
        with self.folder(path) as (folder, name):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if status.st_ino != self.ours(path, inode):
                raise Changed
            if not self.dry_run:
                if status.st_nlink > 1:
                    os.unlink(name, dir_fd=folder)
                else:
                    os.rename(name, self.bin.place(path), src_dir_fd=folder)
        self.removed += 1
        return Action(Verb.REMOVE, path, None, Reason.NOT_IN_SOURCE, status.st_ino)

    def put_back(self, path: str, inode: int) -> Action | None:
        """Give a replaced file its place again, in one system call."""
        kept = os.path.join(self.kept, path)
        old = _status(kept)
        if old is None:
            return None  # it held what its source holds, or the run was killed before it came to this
        with self.folder(path) as (folder, name):
            there = look(name, folder)
            if there is not None and there.st_ino not in {self.ours(path, inode), old.st_ino}:
                raise Changed
            if self.dry_run:
                return Action(Verb.REPLACE, path, None, Reason.OTHER_FILE, old.st_ino)
            if there is not None and there.st_nlink == 1:
                keep(name, folder, self.bin.place(path))
            os.rename(kept, name, dst_dir_fd=folder)
            if there is not None and there.st_ino == old.st_ino:
                os.unlink(kept)  # both names were links of one file: rename(2) then does nothing
        return Action(Verb.REPLACE, path, None, Reason.OTHER_FILE, old.st_ino)

    def rename_back(self, path: str, inode: int, origin: str) -> Action | None:
        """Give a file its old name again."""
        with self.folder(path) as (folder, name), self.folder(origin) as (above, old):
            if self.dry_run:
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino != inode:
                    raise Changed
            else:
                move(name, folder, old, above, inode)
        return Action(Verb.RENAME, origin, None, Reason.STALE_NAME, inode, path)

    def remove_folder(self, path: str) -> Action | None:
        """Remove a folder the run made, unless somebody put something in."""
        if self.dry_run:
            return Action(Verb.REMOVE, path, None, Reason.NOT_IN_SOURCE)
        with self.folder(path) as (folder, name):
            try:
                os.rmdir(name, dir_fd=folder)
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                    return None
                raise
        return Action(Verb.REMOVE, path, None, Reason.NOT_IN_SOURCE)

    def ours(self, path: str, inode: int) -> int:
        """Inode of what the run made there: announced for a link, told afterwards for a copy."""
        return inode if self.linked else self.record.made.get(path, -1)

    def folder(self, path: str) -> AbstractContextManager[tuple[int, str]]:
        """Open the folder of an entry."""
        return opened(self.root, path)


def _status(path: str) -> os.stat_result | None:
    """What is kept in the trash; None for nothing."""
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _prune(folder: str) -> None:
    """Remove the folders of a trash that has given back its files."""
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(path)
