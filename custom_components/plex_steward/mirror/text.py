"""Reports in words: results on stdout, the log on stderr."""

from __future__ import annotations

from collections.abc import Iterator
import sys
import time

from . import words
from .lines import is_new
from .model import Action, Materializer, Outcome, Plan, Report, Verb
from .report import differing, distinct_losses, ignored, summary


def tell(report: Report, *, verbose: bool, quiet: bool, signal: str = "") -> None:
    """Say what came of a run. `quiet` (a document has been written) leaves only warnings."""
    if report.refusal is not None:
        _log("ERROR", words.refusal(report.refusal, dict(report.refusal_data)))
        if report.digest:
            _log("ERROR", words.APPROVE.format(digest=report.digest))
        return
    if report.outcome is Outcome.CANCELLED:
        _log("WARNING", f"Stopped{f' by {signal}' if signal else ''} between two actions; nothing is half done.")
    for problem in report.problems:
        _log("WARNING", f"{problem.path}: {words.PROBLEMS.get(problem.code, problem.code)}")
    if quiet:
        return
    out = {"diff": _diff, "plan": _plan}.get(report.operation, _sync)
    for line in out(report, verbose=verbose):
        print(line)
    if report.operation in {"sync", "import"}:
        _summary(report)


def _log(level: str, text: str) -> None:
    sys.stderr.write(f"{level}: {time.strftime('%Y-%m-%d %H:%M:%S')} -- {text}\n")


def _sync(report: Report, *, verbose: bool) -> Iterator[str]:
    if report.dry_run or verbose or report.operation == "undo":
        for action in report.done:
            yield _line(action, report)
    if verbose and report.plan is not None:
        yield from _losses(report.plan)


def _line(action: Action, report: Report) -> str:
    copies = report.plan is not None and report.plan.options.materializer is not Materializer.HARDLINK
    word = {
        Verb.MKDIR: "MKDIR",
        Verb.LINK: "COPY" if copies else "LINK",
        Verb.REPLACE: "COPY" if copies else "LINK",
        Verb.RENAME: "RENAME",
        Verb.REMOVE: "DELETE",
        Verb.SKIP: "SKIP",
    }[action.verb]
    place = f"{report.target.rstrip('/')}/{action.target}"
    return f"{word:<6} {place}" + (f" (was {action.origin})" if action.origin else "")


def _summary(report: Report) -> None:
    counts = summary(report)
    removed = report.plan is not None and report.plan.options.delete
    kept = 0 if removed else counts["strays_in_target"]
    _log(
        "INFO",
        f"Summary: {counts['movies_processed']} of {counts['movies_total']} movies synced, "
        f"{counts['files_updated']} files updated, {counts['files_removed']} files removed, "
        f"{counts['items_ignored']} ignored, {kept} strays kept in target, "
        f"{counts['clashes']} skipped due to clash.",
    )
    if counts["files_renamed"]:
        _log("INFO", f"{counts['files_renamed']} files got their right name.")
    if kept or (not removed and counts["strays_in_movies"]):
        _log(
            "WARNING", f"{kept + counts['strays_in_movies']} entries of the target are not in the source; see --delete."
        )


def _diff(report: Report, *, verbose: bool) -> Iterator[str]:
    plan = report.plan
    if plan is None:
        return
    for title in plan.titles:
        if is_new(title):
            yield f"Only in source: {title.target}"
    for stray in plan.strays:
        yield f"Only in target: {stray.path}"
    for title in plan.titles:
        if title.in_sync or is_new(title):
            continue
        entry = differing(title)
        yield f"Differs: {title.target}"
        for key, mark in (("only_in_source", "+"), ("only_in_target", "-"), ("other_file", "~"), ("problems", "!")):
            yield from (f"  {mark} {name}" for name in entry[key])
    yield from _losses(plan)
    for entry in ignored(plan):
        if verbose or "/" not in entry["path"].removeprefix(plan.source_root.rstrip("/") + "/"):
            yield f"Ignored: {entry['name']} ({entry['reason']})"
    if report.outcome is Outcome.IN_SYNC:
        yield f"In sync. No differences found in {report.skipped} files."


def _plan(report: Report, *, verbose: bool) -> Iterator[str]:
    plan = report.plan
    if plan is None:
        return
    for line in plan.evidence:
        yield f"Layout: {line}"
    for title in plan.titles:
        lines = [*title.steps, *(title.skips() if verbose else ())]
        if not (lines or title.strays or title.losses or title.clashes or verbose):
            continue
        yield f"{title.target}  <-  {', '.join(title.sources)}"
        for action in lines:
            origin = action.origin or action.source or ""
            name = action.target[len(title.target) + 1 :] or "."
            yield f"  {action.verb.value:<8} {name}  <-  {origin}  ({action.reason.value})"
        for stray in title.strays:
            yield f"  {_fate(plan, stray.kept):<8} {stray.path[len(title.target) + 1 :]}  (not_in_source)"
        for clash in title.clashes:
            yield f"  clash    {clash.target}  <-  {', '.join(clash.sources)}  ({clash.resolution})"
        for loss in title.losses:
            yield f"  loss     {loss.key or loss.kind} {loss.value}  <-  {loss.file}  ({loss.reason})"
    for stray in plan.strays:
        yield f"{_fate(plan, stray.kept)} {stray.path}  (not_in_source)"
    for entry in ignored(plan):
        yield f"ignored {entry['name']}  ({entry['reason']})"


def _fate(plan: Plan, kept: str) -> str:
    return "remove" if plan.options.delete and not kept else "stray"


def _losses(plan: Plan) -> Iterator[str]:
    for loss in distinct_losses(plan):
        yield f"Lost in translation: {loss['kind']} {loss['value']!r} ({loss['reason']})"
