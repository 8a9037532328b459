"""What is kept of a mirror's runs: numbers and a few lines, small enough for the history and for a dialogue.

A report can hold a whole library. It is looked through once, in the thread that made it, and dropped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from itertools import chain, islice
from typing import Any, Final, Self

from ..mirror.guard import APPROVABLE
from ..mirror.lines import changed, count
from ..mirror.model import Action, Outcome, Report, Stray, Verb
from ..mirror.report import distinct_losses, lines, pending, summary
from .mirror_answers import printable

LINES: Final = 40
"""Lines of a plan that are kept."""
PASSING: Final = frozenset({"busy", "nothing_to_undo"})
"""Refusals that say nothing of the mirror and need nothing but patience."""
COUNTING: Final = frozenset({Outcome.DONE, Outcome.PARTIAL, Outcome.IN_SYNC, Outcome.DIFFERS})
"""Outcomes of runs that came far enough to count what is right."""
KEPT: Final = 20
"""Runs that are kept."""


class Status(StrEnum):
    """A mirror in one word."""

    IDLE = "idle"
    RUNNING = "running"
    IN_SYNC = "in_sync"
    DIFFERS = "differs"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run."""

    operation: str
    outcome: str
    status: str
    """What the mirror is after it; empty when the run says nothing of the whole mirror."""
    reason: str
    """Why it ran: `button`, `action`, `schedule`, `new_items`, `repair`."""
    started: float
    """Unix time."""
    duration: float
    """Seconds."""
    dry_run: bool = False
    quick: bool = False
    changed: int = 0
    """Lines done: links, replacements, renames and removals."""
    removed_files: int = 0
    linked: int | None = None
    """Files of the target that are right; None when the run did not count them."""
    pending: int | None = None
    """Lines still to be done."""
    strays: int | None = None
    losses: int | None = None
    clashes: int = 0
    problems: int = 0
    refusal: str | None = None
    facts: Mapping[str, str | int | float]
    """The data behind the refusal."""
    digest: str | None = None
    """Names a refused plan, for its approval."""
    journal: str | None = None
    lines: tuple[str, ...] = ()
    """First lines of what was done, or for a refused run would have been."""

    @property
    def wrote(self) -> bool:
        """Whether it was meant to write: only then a refusal stands in the way."""
        return self.operation == "sync" and not self.dry_run

    @property
    def approvable(self) -> bool:
        """Whether a person may overrule the refusal."""
        return self.digest is not None and self.refusal in APPROVABLE

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_dict` gave, also before an update that added a field."""
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        return cls(**{**values, "lines": tuple(values.get("lines", ())), "facts": values.get("facts", {})})

    @classmethod
    def of(cls, report: Report, reason: str, *, whole: bool = True) -> Self:
        """Look through a report; `whole` is false for a run that was limited to some folders."""
        plan, counts = report.plan, summary(report)
        done = lines(report)
        wrote = 0 if report.dry_run else done
        left = pending(report) if plan is not None or report.quick else None
        counted = whole and plan is not None and report.operation != "undo"
        strays = linked = None
        if plan is not None and counted:
            strays = sum(_is_stray(stray) for stray in plan.all_strays())
            gone = count(report.done)[Verb.REMOVE] if wrote else 0
            strays -= gone
            if report.outcome in COUNTING:
                linked = report.skipped + wrote - gone
        shown: Iterable[Action] = (action for action in report.done if action.verb is not Verb.MKDIR)
        if not done and plan is not None:  # what would be done; what would go first
            shown = chain(plan.removals(), plan.changes())
        return cls(
            operation=report.operation,
            outcome=report.outcome.value,
            status=_status(report, left).value if whole and report.refusal not in PASSING else "",
            reason=reason,
            started=report.started,
            duration=report.duration,
            dry_run=report.dry_run,
            quick=report.quick,
            changed=wrote,
            removed_files=0 if report.dry_run else counts["files_removed"],
            linked=linked,
            pending=left if whole else None,
            strays=strays,
            losses=len(distinct_losses(plan)) if counted else None,
            clashes=counts["clashes"],
            problems=counts["problems"],
            refusal=report.refusal,
            facts=printable(dict(report.refusal_data)),
            digest=report.digest,
            journal=report.journal,
            lines=tuple(printable(f"{action.verb.value} {action.target}") for action in islice(shown, LINES)),
        )


def _status(report: Report, left: int | None) -> Status:
    """Say in one word what the mirror is after a run.

    In sync means that all of the source is there. Strays that are not to be removed are no difference: they have a
    number of their own.
    """
    match report.outcome:
        case Outcome.REFUSED:
            return Status.REFUSED
        case Outcome.FAILED:
            return Status.FAILED
        case Outcome.CANCELLED | Outcome.PARTIAL:
            return Status.DIFFERS
    return Status.DIFFERS if left or report.problems or report.operation == "undo" else Status.IN_SYNC


def _is_stray(stray: Stray) -> bool:
    """Tell whether it is one to the user: not what a media server wrote, nor what a rename empties."""
    return not stray.kept and not 0 < stray.files <= stray.renamed


def plan_text(record: RunRecord) -> str:
    """The first lines of a plan, for a dialogue that understands Markdown."""
    rows = [f"- `{line.replace('`', chr(39))}`" for line in record.lines]
    more = (record.pending or 0) - len(rows)
    return "\n".join([*rows, f"- … {more}"] if more > 0 else rows) or "–"


def changed_folders(report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Top-level folders a run changed: in the target, and in the source what they were made from."""
    if report.dry_run:
        return (), ()
    targets, sources = changed(report.done)
    return tuple(sorted(targets)), tuple(sorted(sources))
