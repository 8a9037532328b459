"""One entry point for the shell and for Home Assistant: look, compare, guard, act, report.

Blocking; Home Assistant calls it in an executor thread. What is to be expected
(a refusal, a folder that is away, a second run) is never raised: it is in the
report.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
import os
import time

from .entries import clear, problem
from .errors import Cancelled, LayoutError, MirrorError
from .facts import PROBE, TIMES, foreseen, gather, probe, remember, time_tolerance
from .garbage import let_go
from .guard import Facts, Limits, Refusal, check, check_roots, doubtful
from .model import Cancel, Materializer, Outcome, Plan, Problem, Report
from .settings import MirrorSettings
from .state import State

TYPE_CHECKING = False
if TYPE_CHECKING:  # a run loads what it needs
    from .look import View
    from .memory import Trees

__all__ = ["MirrorSettings", "Progress", "run"]

Data = dict[str, str | int | float]

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total), often. Stages: `scan`, `plan`, `apply`, `trash`; total is 0 while unknown."""


def run(
    settings: MirrorSettings,
    verb: str = "sync",
    *,
    dry_run: bool = False,
    verify: bool = False,
    approve: str | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Report:
    """Carry out `sync`, `diff`, `plan` or `undo` and say what came of it.

    `dry_run` (sync, undo) writes nothing at all. `verify` looks at every file.
    `approve` is the `Report.digest` of a refused run: that plan, and no other, is
    then allowed. `cancel` is asked between two actions. Delete and `only` are
    fields of `settings.options`: `dataclasses.replace` them for one run.
    Raises nothing but bugs and MemoryError.
    """
    work = _Run(settings, verb, dry_run=dry_run, verify=verify, approve=approve, progress=progress, cancel=cancel)
    try:
        report = {"sync": work.sync, "diff": work.compare, "plan": work.compare, "undo": work.undo}[verb]()
    except Refusal as refusal:
        report = work.failed(Outcome.REFUSED, refusal.code, refusal.data, refusal.digest)
    except Cancelled:
        report = work.failed(Outcome.CANCELLED, None)
    except LayoutError as error:
        report = work.failed(Outcome.FAILED, error.code, {"flag": error.flag, "evidence": "; ".join(error.reasons)})
    except MirrorError as error:
        report = work.failed(Outcome.FAILED, work.side(error), {"path": error.path, "errno": error.errno})
    except OSError as error:
        data: Data = {"path": os.fsdecode(error.filename or ""), "errno": error.errno or 0}
        data["detail"] = error.strerror or str(error)
        report = work.failed(Outcome.FAILED, "system", data)
    finally:
        work.let_go()
    return replace(
        report,
        source=settings.source,
        target=settings.target,
        started=work.started,
        duration=time.time() - work.started,
    )


class _Run:
    """What the steps of one run share."""

    def __init__(
        self,
        settings: MirrorSettings,
        verb: str,
        *,
        dry_run: bool,
        verify: bool,
        approve: str | None,
        progress: Progress | None,
        cancel: Cancel | None,
    ) -> None:
        self.started = time.time()
        self.settings, self.verb, self.dry_run, self.verify = settings, verb, dry_run, verify
        self.progress, self.cancel = progress, cancel
        self.limits = Limits(settings.max_removals, approve)
        self.state = State(settings.target, settings.state)
        self.plan: Plan | None = None
        self.view: View | None = None
        self.trees: Trees | None = None
        """Both trees, where a memory spares reading all of them."""
        self.stamps = False
        self.tolerance: int | None = None
        """How far times of copies may differ, in ns; None before it was asked for."""

    def sync(self) -> Report:
        """Make the target right."""
        from .lock import lock  # noqa: PLC0415 - looking needs no lock

        facts = self.facts()
        if self.dry_run:
            plan = self.look(facts)
            errno = foreseen(self.settings.source, self.settings.target, plan.options.materializer)
            check(plan, replace(facts, link_errno=errno), self.limits)
            return self.apply(plan)
        if facts.target is None:
            os.makedirs(self.settings.target, exist_ok=True)
        with lock(self.state.lock) as held:
            self.recover()
            report = self.remembered(facts) or self.locked(facts)
        if not held:
            report = replace(report, problems=(*report.problems, Problem("", "no_locks", side="target")))
        return report

    def locked(self, facts: Facts) -> Report:
        """Do the part of `sync` that only one run may do at a time."""
        from .memory import kept, memorise  # noqa: PLC0415 - only runs that act

        before = time.time_ns()
        self.stamps = facts.target is not None and bool(self.state.recall()) and kept(self.settings)
        if self.settings.options.materializer is not Materializer.HARDLINK:
            self.tolerance = time_tolerance(self.state, self.recalled())
        plan = self.look(facts)
        check(plan, facts, self.limits)
        check(plan, replace(facts, link_errno=probe(plan, self.state)), self.limits)
        if self.view is not None:
            clear(self.settings.target, self.view.target.leftovers)
        # Before anything is made: syncing it afterwards would wait for every link to reach the disk.
        remember(self.state, self.settings.source, self.settings.target, facts, tolerance=self.tolerance)
        report = self.remember_made(self.apply(plan))
        if self.stamps and self.view is not None and plan.empty and not report.problems:
            verified = self.trees.verified if self.trees is not None else self.started
            memorise(self.settings, self.state, report, self.view[:2], before, verified, self.cancel)
        self.tell("trash", 0, 0)
        self.empty_trash()
        return report

    def remembered(self, facts: Facts) -> Report | None:
        """Answer from the memory of the last run, if nothing has changed since; else keep what spares reading all."""
        from .memory import recall  # noqa: PLC0415 - only runs that act

        if doubtful(facts):
            return None
        self.tell("scan", 0, 0)
        found = recall(self.settings, self.state, verify=self.verify, now=self.started, cancel=self.cancel)
        if not isinstance(found, Report):
            self.trees = found
            return None
        self.tell("plan", 1, 1)
        self.empty_trash()
        return found

    def compare(self) -> Report:
        """Say what differs (`diff`) or what a run would do (`plan`); write nothing."""
        facts = self.facts(create=self.verb == "plan")
        plan = self.look(facts)
        differs = self.verb == "diff" and (any(not title.in_sync for title in plan.titles) or _loose(plan))
        outcome = Outcome.DIFFERS if differs else Outcome.IN_SYNC if self.verb == "diff" else Outcome.DONE
        problems = (*plan.problems, *(one for title in plan.titles for one in title.problems))
        return Report(
            self.verb,
            outcome,
            int(differs),
            self.settings.source,
            self.settings.target,
            plan.source_layout,
            plan.target_layout,
            plan=plan,
            skipped=kept_files(plan),
            problems=problems,
        )

    def undo(self) -> Report:
        """Take back the last run."""
        from . import undo  # noqa: PLC0415 - seldom
        from .lock import lock  # noqa: PLC0415 - looking needs no lock

        if not os.path.isdir(self.settings.target):
            raise Refusal("target_missing")
        with nullcontext() if self.dry_run else lock(self.state.lock):
            record = undo.last_run(self.state)
            if record is None:
                raise Refusal("nothing_to_undo")
            return undo.undo(record, self.state, self.settings.target, dry_run=self.dry_run, cancel=self.cancel)

    def facts(self, *, create: bool = False) -> Facts:
        """Ask the disks; refuse at once what needs no reading."""
        settings = self.settings
        facts = gather(
            settings.source,
            settings.target,
            anchor=settings.anchor,
            create=create or settings.create,
            state=self.state,
        )
        check_roots(facts)
        return facts

    def look(self, facts: Facts) -> Plan:
        """Read both trees and compare them."""
        from .look import look  # noqa: PLC0415 - an answer from memory needs no plan
        from .spare import recall_made, spare  # noqa: PLC0415 - the same

        settings = self.settings
        if self.tolerance is None:
            self.tolerance = self.recalled()
        self.tell("scan", 0, 0)
        view = look(
            settings.source,
            settings.target,
            replace(settings.options, time_tolerance_ns=max(settings.options.time_tolerance_ns, self.tolerance)),
            missing_ok=facts.target is None,
            jobs=settings.jobs,
            cancel=self.cancel,
            stamps=self.stamps,
            trees=self.trees[:2] if self.trees is not None else None,
        )
        self.tell("plan", 1, 1)
        self.view, self.plan = view, view.plan
        if settings.keep_server_files and settings.options.delete:
            self.plan = spare(view.plan, recall_made(self.state))
        return self.plan

    def apply(self, plan: Plan) -> Report:
        """Act, or say what acting would do."""
        from .apply import apply  # noqa: PLC0415 - a quick run acts on nothing

        return apply(
            plan,
            dry_run=self.dry_run,
            jobs=self.settings.jobs,
            progress=self.progress,
            cancel=self.cancel,
            state=self.state,
        )

    def recover(self) -> None:
        """Take away what a killed run tried, and what it wrote half."""
        for name in (PROBE, TIMES):
            with suppress(OSError):
                os.unlink(os.path.join(self.state.own, name))
        self.state.recover()

    def recalled(self) -> int:
        """The tolerance of the last run."""
        return int(self.state.recall().get("tolerance", 0))

    def remember_made(self, report: Report) -> Report:
        """Keep which files are ours; one more line of the report if that fails."""
        from .spare import inodes, recall_made, remember_made  # noqa: PLC0415 - only runs that act

        if not report.done or self.view is None:
            return report
        if self.settings.options.materializer is Materializer.HARDLINK:
            numbers = inodes(self.view.source.folder)
            if self.settings.options.only:
                numbers += recall_made(self.state).difference(numbers)
            try:
                remember_made(self.state, numbers)
            except OSError as error:
                line = problem(os.path.relpath(self.state.made, self.settings.target), error)
                ends = (Outcome.PARTIAL, 3) if report.outcome is Outcome.DONE else (report.outcome, report.exit_code)
                return replace(report, problems=(*report.problems, line), outcome=ends[0], exit_code=ends[1])
        return report

    def empty_trash(self) -> None:
        """Let go of what has been kept long enough."""
        from .trash import sweep  # noqa: PLC0415 - only runs that act

        sweep(self.state.trash, self.settings.trash_days, purge_last=self.settings.purge_last, cancel=self.cancel)

    def let_go(self) -> None:
        """Free both trees."""
        view, trees = self.view, self.trees
        self.view = self.trees = None
        for tree in (*(view[:2] if view else ()), *(trees[:2] if trees else ())):
            let_go(tree.folder)

    def tell(self, stage: str, done: int, total: int) -> None:
        """Report progress to whoever asked for it."""
        if self.progress is not None:
            self.progress(stage, done, total)

    def side(self, error: MirrorError) -> str:
        """Name the root a scan could not read."""
        if error.code in {"missing", "unreadable", "not_a_directory"}:
            target = os.path.abspath(error.path) == os.path.abspath(self.settings.target)
            return f"target_{error.code}" if target else f"source_{error.code}"
        return error.code

    def failed(
        self,
        outcome: Outcome,
        code: str | None,
        data: Data | None = None,
        digest: str | None = None,
    ) -> Report:
        """Report a run that did nothing."""
        plan = self.plan
        options = self.settings.options
        return Report(
            self.verb,
            outcome,
            exit_code(self.verb, outcome, digest),
            self.settings.source,
            self.settings.target,
            plan.source_layout if plan else options.source_layout,
            plan.target_layout if plan else options.target_layout,
            self.dry_run,
            plan,
            refusal=code,
            refusal_data=tuple(sorted((data or {}).items())),
            digest=digest,
        )


def exit_code(verb: str, outcome: Outcome, digest: str | None) -> int:
    """Exit code of a run that did nothing, as the peer has them; 4 is ours: a person may allow it."""
    if outcome is Outcome.CANCELLED:
        return 10
    if verb in {"diff", "plan"}:
        return 2
    return 4 if digest else 1


def kept_files(plan: Plan) -> int:
    """Count the files that are right already."""
    return sum(len(kept.pairs) for title in plan.titles for kept in title.kept)


def _loose(plan: Plan) -> bool:
    return bool(plan.strays) or bool(plan.problems)
