"""Carry out a plan: the only module that writes below a target.

Every name goes from old to new in one system call. A new link is one call
anyway; everything else is made under a temporary name beside its place and
renamed over it. What a run takes away goes to the trash first. Folders are
opened one by one from the root and never through a symbolic link, so a plan
cannot lead outside, not even when somebody swaps a folder meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from contextlib import ExitStack, suppress
from copy import copy
import errno
from functools import partial
import os
import stat
import time
from typing import cast

from .entries import FOLDER, Changed, enter, keep, look, mkdir, move, opened, problem, temporary
from .errors import Cancelled
from .guard import removed_files
from .hands import Beside, able, many
from .journal import TITLES, Journal, new_id
from .lines import Chain, Columns, Fresh, columns, is_new
from .materialize import maker
from .model import Action, Cancel, Materializer, Outcome, Plan, Problem, Report, Stray, Title, Verb
from .state import State
from .trash import Bin

Progress = Callable[[str, int, int], None]


def apply(
    plan: Plan,
    *,
    dry_run: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    state: State | None = None,
    run: str | None = None,
) -> Report:
    """Do what a plan says and report it; `dry_run` reports the same and does nothing.

    The caller has asked the guard and holds the lock. A line that fails is a
    problem of the report and the rest goes on; what cannot be announced in the
    journal is not done. Raises OSError only before the first change: when a root
    cannot be opened or the journal cannot be begun.
    """
    started = time.time()
    journal: str | None = None
    problems: tuple[Problem, ...] = ()
    if dry_run:
        steps = (title.steps for title in plan.titles if title.steps)
        done, counted, outcome = Chain((*steps, tuple(plan.removals()))), removed_files(plan), Outcome.DONE
    else:
        work = _Work(plan, state or State(plan.target_root), run or new_id(), jobs, progress, cancel)
        outcome = work.all()
        done, counted, problems = Chain((*work.done, work.removed)), work.removed_files, tuple(work.problems)
        journal = work.run if work.journaled else None
    problems = (*plan.problems, *(one for title in plan.titles for one in title.problems), *problems)
    if problems and outcome is Outcome.DONE:
        outcome = Outcome.PARTIAL
    return Report(
        "sync",
        outcome,
        {Outcome.DONE: 0, Outcome.PARTIAL: 3}.get(outcome, 10),
        plan.source_root,
        plan.target_root,
        plan.source_layout,
        plan.target_layout,
        dry_run,
        plan,
        done,
        sum(len(kept.pairs) for title in plan.titles for kept in title.kept),
        counted,
        problems,
        journal=journal,
        started=started,
        duration=time.time() - started,
    )


_Ended = tuple[list[Sequence[Action] | None], list[Problem], bool]
"""Of a share: what was done of each title, None for all; what failed; whether it came to its end."""


class _Work:
    """One run of `apply`."""

    def __init__(
        self, plan: Plan, state: State, run: str, jobs: int, progress: Progress | None, cancel: Cancel | None
    ) -> None:
        self.jobs = able(jobs)
        self.plan, self.run, self.progress, self.cancel = plan, run, progress, cancel
        self.ended: dict[str, Sequence[Action]] = {}
        """What was done of each title."""
        self.done: list[Sequence[Action]] = []
        """The same in the order of the plan."""
        self.removed: list[Action] = []
        self.problems: list[Problem] = []
        self.removed_files = 0
        self.total = 0
        self.counts: MutableSequence[int] = [0]
        """Titles and strays done, by each process."""
        self.told = 0
        self.hand = 0
        """Which of the processes this is."""
        self.journaled = False
        self.temporary = temporary(run)
        options = plan.options
        self.linked = options.materializer is Materializer.HARDLINK
        self.forced = options.materializer is Materializer.FORCE_COPY
        self.ways: dict[Verb, Callable[[Action, int, str], None]] = {
            Verb.MKDIR: mkdir,
            Verb.LINK: self.link if self.linked else self.put,
            Verb.REPLACE: self.put,
            Verb.RENAME: self.rename,
        }
        self.bin = Bin(state.trash, run)
        self.journal = Journal(
            state.journals,
            run,
            {
                "version": 1,
                "source": plan.source_root,
                "target": plan.target_root,
                "materializer": options.materializer,
                "started": time.time(),
            },
        )

    def all(self) -> Outcome:
        """Do every title, then the removals."""
        plan = self.plan
        strays = [stray for stray in plan.all_strays() if not stray.kept] if plan.options.delete else []
        titles = [title for title in plan.titles if title.steps]
        self.total = len(titles) + len(strays)
        with ExitStack() as stack:
            self.source = enter(stack, plan.source_root, plan.roots[0])
            self.root = enter(stack, plan.target_root, plan.roots[1])
            self.make = maker(plan.options.materializer, self.source)
            if not self.total:
                return Outcome.DONE
            self.journal.open()
            self.journaled = True
            outcome = Outcome.FAILED
            try:
                self.titles(titles)
                for action, stray in zip(plan.removals(), strays, strict=True):
                    self.removal(action, stray)
                    self.tell(1)
                outcome = Outcome.DONE
            except Cancelled:
                outcome = Outcome.CANCELLED
            finally:
                try:
                    self.journal.close(outcome)
                except OSError as error:
                    self.problems.append(problem(os.path.relpath(self.journal.path, plan.target_root), error))
        return outcome

    def titles(self, titles: Sequence[Title]) -> None:
        """Do the titles, with other processes if there may be any. Raises Cancelled."""
        shares = self.shares(titles)
        with ExitStack() as stack:
            if len(shares) > 1:
                from mmap import mmap  # noqa: PLC0415 - only with others to hear from

                self.counts = cast("MutableSequence[int]", memoryview(mmap(-1, 8 * len(shares))).cast("Q"))
            others = [
                stack.enter_context(Beside(self.jobs, partial(self.share, number, share), self.cancel))
                for number, share in enumerate(shares[1:], 1)
            ]
            try:
                finished = self.some(shares[0])
                for share, other in zip(shares[1:], others, strict=True):
                    if not finished:
                        other.stop()
                    ended, problems, whole = other.result()
                    self.ended |= {
                        title.target: title.steps if done is None else done
                        for title, done in zip(share, ended, strict=True)
                    }
                    self.problems += problems
                    finished = finished and whole
            finally:
                self.done = [done for title in titles if (done := self.ended.get(title.target))]
        if sum(self.counts) > self.told:
            self.tell(0)
        if not finished:
            raise Cancelled

    def shares(self, titles: Sequence[Title]) -> list[list[Title]]:
        """Split the work. What is all new can be done by anyone at any time; the rest is done here, in order."""
        if self.jobs < 2 or not self.linked or not many(len(titles)):
            return [list(titles)]
        shares: list[list[Title]] = [[] for _ in range(self.jobs)]
        free: list[Title] = []
        for title in titles:
            (free if _all_new(title) else shares[0]).append(title)
        for first in range(0, len(free), TITLES):
            min(shares, key=len).extend(free[first : first + TITLES])
        return [share for share in shares if share]

    def share(self, hand: int, titles: Sequence[Title], cancel: Cancel | None) -> _Ended:
        """Do a share in another process, and say in few words what came of it."""
        work = copy(self)
        work.hand, work.cancel, work.progress = hand, cancel, None
        work.ended, work.problems = {}, []
        work.counts[hand] = 0
        whole = work.some(titles)
        ended = [work.ended.get(title.target, []) for title in titles]
        return (
            [None if done is title.steps else done for done, title in zip(ended, titles, strict=True)],
            work.problems,
            whole,
        )

    def some(self, titles: Sequence[Title]) -> bool:
        """Do a share, a few titles at a time; what cannot be announced is not done. False when it was cancelled."""
        try:
            for first in range(0, len(titles), TITLES):
                few = titles[first : first + TITLES]
                lines = [columns(title.steps) for title in few]
                try:
                    self.journal.steps(lines)
                except OSError as error:
                    self.problems += [problem(title.target, error) for title in few]
                    continue
                for title, line in zip(few, lines, strict=True):
                    self.title(title, line)
                    self.tell(1)
        except Cancelled:
            return False
        return True

    def tell(self, more: int) -> None:
        """Count, and report it to whoever asked for progress."""
        self.counts[self.hand] += more
        if self.progress is not None:
            self.told = sum(self.counts)
            self.progress("apply", self.told, self.total)

    def removal(self, action: Action, stray: Stray) -> None:
        """Do one removal."""
        if self.cancel is not None and self.cancel():
            raise Cancelled
        try:
            with opened(self.root, action.target) as (folder, name):
                self.remove(action, folder, name)
        except OSError as error:
            self.problems.append(problem(action.target, error))
        else:
            self.removed.append(action)
            self.removed_files += max(stray.files - stray.renamed, 0)

    def title(self, title: Title, lines: Columns) -> None:
        """Do the steps of one film or show. Below a folder that cannot be made nothing is tried."""
        cancel, ways, problems, steps = self.cancel, self.ways, self.problems, title.steps
        first = self.fresh(lines) if self.linked and is_new(title) else 0
        if first == len(lines.verbs):
            self.ended[title.target] = steps
            return
        done = self.ended[title.target] = list(steps[:first])
        folders: dict[str, int] = {}
        blocked: list[str] = []
        try:
            for step in steps[first:]:
                if cancel is not None and cancel():
                    raise Cancelled
                target = step.target
                if blocked and any(target.startswith(path) for path in blocked):
                    continue
                folder, _, name = target.rpartition("/")
                try:
                    descriptor = folders.get(folder) if folder else self.root
                    if descriptor is None:
                        descriptor = folders[folder] = self.open(folder, folders)
                    ways[step.verb](step, descriptor, name)
                except OSError as error:
                    problems.append(problem(target, error))
                    if step.verb is Verb.MKDIR:
                        blocked.append(target + "/")
                else:
                    done.append(step)
        finally:
            for descriptor in folders.values():
                os.close(descriptor)

    def fresh(self, lines: Columns) -> int:
        """Link a title the target has nothing of, straight below the root: no folder of it can be somebody else's.

        Returns how many lines are done; the first that fails, and those behind it, are then done with all care.
        """
        cancel, source, root = self.cancel, self.source, self.root
        mkdir, link = os.mkdir, os.link
        made, brought = Verb.MKDIR, Verb.LINK
        number = 0
        with suppress(OSError):
            for verb, target, path in zip(lines.verbs, lines.targets, lines.sources, strict=True):
                if cancel is not None and cancel():
                    break
                if verb is brought and path is not None:
                    link(path, target, src_dir_fd=source, dst_dir_fd=root, follow_symlinks=False)
                elif verb is made:
                    mkdir(target, dir_fd=root)
                else:
                    break
                number += 1
        return number

    def open(self, path: str, known: dict[str, int]) -> int:
        """Open a folder of the target, each part from the one above it."""
        parent, _, name = path.rpartition("/")
        if not parent:
            return os.open(name, FOLDER, dir_fd=self.root)
        above = known.get(parent)
        if above is None:
            above = known[parent] = self.open(parent, known)
        return os.open(name, FOLDER, dir_fd=above)

    def link(self, step: Action, folder: int, name: str) -> None:
        """Make a new hard link. One system call; a name that came meanwhile is left as it is."""
        try:
            os.link(str(step.source), name, src_dir_fd=self.source, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino != step.inode:
                raise

    def put(self, step: Action, folder: int, name: str) -> None:
        """Bring a file in under a temporary name, keep what had its place, take the place."""
        source = str(step.source)
        aside = self.temporary
        there = look(name, folder)
        if step.verb is Verb.LINK and there is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), step.target)
        if there is not None and stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), step.target)
        moved = ""
        try:
            self.make(source, folder, aside, self.cancel)
            made = os.stat(aside, dir_fd=folder, follow_symlinks=False)
            if there is not None and (there.st_ino, there.st_dev) != (made.st_ino, made.st_dev):
                moved = self.keep(step.target, name, folder, there, made)
            if not self.linked:
                self.journal.made(step.target, made)
            os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            if moved:  # to the trash: nothing took its place, so it gets it back
                os.rename(moved, name, dst_dir_fd=folder)
            raise
        finally:
            # Still there after a failure, and after a rename onto another link of the same file: that does nothing.
            with suppress(OSError):
                os.unlink(aside, dir_fd=folder)

    def keep(self, target: str, name: str, folder: int, old: os.stat_result, new: os.stat_result) -> str:
        """Keep what is about to be replaced in the trash; where to, if its own name went there with it."""
        same = (old.st_size, old.st_mtime_ns) == (new.st_size, new.st_mtime_ns)
        if self.forced and same and stat.S_ISREG(old.st_mode):
            return ""  # the source has just been read: it holds the same
        place = self.bin.place(target)
        return place if keep(name, folder, place) else ""

    def rename(self, step: Action, folder: int, name: str) -> None:
        """Give a file that is right its right name."""
        with opened(self.root, str(step.origin)) as (above, old):
            move(old, above, name, folder, step.inode)

    def remove(self, action: Action, folder: int, name: str) -> None:
        """Move a stray to the trash, with all that is in it."""
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if action.inode and status.st_ino != action.inode:
            raise Changed
        place = self.bin.place(action.target)
        self.journal.removal(action)
        os.rename(name, place, src_dir_fd=folder)


def _all_new(title: Title) -> bool:
    """Whether it also needs nothing that lies elsewhere in the target."""
    return isinstance(title.steps, Fresh) or (is_new(title) and not any(step.origin for step in title.steps))
