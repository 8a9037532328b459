"""Carry out a plan: the only module that writes below a target.

Every name goes from old to new in one system call. A new link is one call
anyway; everything else is made under a temporary name beside its place and
renamed over it. What a run takes away goes to the trash first. Folders are
opened one by one from the root and never through a symbolic link, so a plan
cannot lead outside, not even when somebody swaps a folder meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
import errno
import os
import stat
import time

from .entries import FOLDER, ROOT, Changed, keep, look, mkdir, move, opened, problem, temporary
from .errors import Cancelled
from .garbage import no_gc
from .guard import removed_files
from .journal import TITLES, Journal, new_id
from .materialize import maker
from .model import Action, Cancel, Materializer, Outcome, Plan, Problem, Report, Stray, Title, Verb
from .state import State
from .trash import Bin

Progress = Callable[[str, int, int], None]


def apply(
    plan: Plan,
    *,
    dry_run: bool = False,
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
        done, counted, outcome = (*plan.changes(), *plan.removals()), removed_files(plan), Outcome.DONE
    else:
        work = _Work(plan, state or State(plan.target_root), run or new_id(), progress, cancel)
        outcome = work.all()
        done, counted, problems = tuple(work.done), work.removed_files, tuple(work.problems)
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


class _Work:
    """One run of `apply`."""

    def __init__(self, plan: Plan, state: State, run: str, progress: Progress | None, cancel: Cancel | None) -> None:
        self.plan, self.run, self.progress, self.cancel = plan, run, progress, cancel
        self.done: list[Action] = []
        self.problems: list[Problem] = []
        self.removed_files = 0
        self.count = self.total = 0
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
            self.source = _enter(stack, plan.source_root, plan.roots[0])
            self.root = _enter(stack, plan.target_root, plan.roots[1])
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
                    self.tell()
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
        """Do the titles, some at a time; what cannot be announced is not done."""
        with no_gc():
            for first in range(0, len(titles), TITLES):
                some = titles[first : first + TITLES]
                try:
                    self.journal.steps([title.steps for title in some])
                except OSError as error:
                    self.problems += [problem(title.target, error) for title in some]
                    continue
                for title in some:
                    self.title(title)
                    self.tell()

    def tell(self) -> None:
        """Count one more, and report it to whoever asked for progress."""
        self.count += 1
        if self.progress is not None:
            self.progress("apply", self.count, self.total)

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
            self.done.append(action)
            self.removed_files += max(stray.files - stray.renamed, 0)

    def title(self, title: Title) -> None:
        """Do the steps of one film or show. Below a folder that cannot be made nothing is tried."""
        cancel, ways, done, problems = self.cancel, self.ways, self.done, self.problems
        before = len(done)
        self.fresh(title)
        folders: dict[str, int] = {}
        blocked: list[str] = []
        try:
            for step in title.steps[len(done) - before :]:
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

    def fresh(self, title: Title) -> None:
        """Link a title the target has nothing of, straight below the root: no folder of it can be somebody else's.

        Stops at the first line that fails, which is then done with all care.
        """
        steps = title.steps
        if not self.linked or steps[0].verb is not Verb.MKDIR or steps[0].target != title.target:
            return
        cancel, source, root, done = self.cancel, self.source, self.root, self.done
        mkdir, link = os.mkdir, os.link
        with suppress(OSError):
            for step in steps:
                if cancel is not None and cancel():
                    raise Cancelled
                verb, target, path, *_ = step
                if verb is Verb.LINK and path is not None:
                    link(path, target, src_dir_fd=source, dst_dir_fd=root, follow_symlinks=False)
                elif verb is Verb.MKDIR:
                    mkdir(target, dir_fd=root)
                else:
                    return
                done.append(step)

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


def _enter(stack: ExitStack, path: str, scanned: tuple[int, int]) -> int:
    """Open a root, if it is still the folder that was scanned: a disk that went away leaves an empty one behind."""
    descriptor = os.open(path, ROOT)
    stack.callback(os.close, descriptor)
    status = os.fstat(descriptor)
    if scanned[1] and scanned != (status.st_dev, status.st_ino):
        raise OSError(errno.EAGAIN, "another folder than the one that was scanned", path)
    return descriptor
