"""Reports as documents: the fields of jellyplex-sync where it has them, ours beside.

Names and shapes of `sync` and `diff` are those of 0.2.1 with the counters and
markers of 0.5.0, so that what reads them goes on working.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
import json
import os
from typing import Any, TextIO

from .guard import removed_files
from .lines import Chain, count, is_new
from .model import Action, Layout, Loss, Outcome, Plan, Report, Title, Verb

Document = dict[str, Any]


def as_dict(report: Report, *, skips: bool = True, most: int | None = None) -> Document:
    """Give the whole document; without `skips` no line for files that were right already, and `most` events."""
    document = head(report)
    if report.operation not in {"diff", "plan"}:
        document["events"] = list(islice(events(report, skips=skips), most))
    return document


def write(report: Report, out: TextIO, *, skips: bool = True) -> None:
    """Write the document as the peer does (indented, ASCII), event by event: a library may have 300,000."""
    document = head(report)
    if report.operation in {"diff", "plan"}:
        out.write(json.dumps(document, indent=2) + "\n")
        return
    document["events"] = []
    out.write(json.dumps(document, indent=2)[: -len("]\n}")])
    before = "\n"
    chunk: list[str] = []
    encode = json.encoder.encode_basestring_ascii
    for event in events(report, skips=skips):
        fields = ",\n".join(f'      "{key}": {encode(value)}' for key, value in event.items())
        chunk.append(f"{before}    {{\n{fields}\n    }}")
        before = ",\n"
        if len(chunk) == 1000:
            out.write("".join(chunk))
            chunk.clear()
    out.write("".join(chunk))
    out.write("]\n}\n" if before == "\n" else "\n  ]\n}\n")


def events(report: Report, *, skips: bool = True) -> Iterator[dict[str, str]]:
    """Yield what was done to each file, in the order of doing; folders that were made have no line."""
    source, target = _prefix(report.source), _prefix(report.target)
    for action in report.done:
        if action.verb is not Verb.MKDIR:
            yield _event(action, source, target)
    if skips and report.plan is not None and report.outcome is not Outcome.REFUSED:
        for title in report.plan.titles:
            for place, origin, pairs in title.kept:
                for one, two in pairs:
                    yield {"action": "skip", "target": target + place + one, "source": source + origin + two}


def lines(report: Report) -> int:
    """Count what `events` has without the files that were right already."""
    verbs = count(report.done)
    return verbs.total() - verbs[Verb.MKDIR]


def _event(action: Action, source: str, target: str) -> dict[str, str]:
    event = {"action": action.verb.value, "target": target + action.target}
    if action.source is not None:
        event["source"] = source + action.source
    if action.origin is not None:
        event["origin"] = target + action.origin
    if action.context is not None:
        event["context"] = action.context.value
    return event


def _prefix(root: str) -> str:
    return os.path.abspath(root).rstrip("/") + "/"


def head(report: Report) -> Document:
    """Everything but the events."""
    if report.remembered:
        document: Document = json.loads(report.remembered)
        return {
            **document,
            **common(report),
            "source": _side(report, source=True),
            "target": _side(report, source=False),
        }
    if report.operation == "diff":
        return _diff(report)
    if report.operation == "plan":
        from .plan_report import plan_document  # noqa: PLC0415 - long, and only `plan` needs it

        return plan_document(report)
    return _sync(report)


def _sync(report: Report) -> Document:
    plan = report.plan
    titles = plan.titles if plan else ()
    losses = distinct_losses(plan)
    return {
        "operation": report.operation,
        "exit_code": report.exit_code,
        "source": _side(report, source=True),
        "target": _side(report, source=False),
        "dry_run": report.dry_run,
        "summary": summary(report),
        "ignored": ignored(plan),
        "marked_in_source": marked(plan, source=True),
        "marked_in_target": marked(plan, source=False),
        "strays_in_target": [stray.path for stray in plan.strays] if plan else [],
        "translation_losses": losses,
        "clashes": [
            {"movie_folder": clash.folder, "target_filename": clash.target, "source_filenames": list(clash.sources)}
            for title in titles
            for clash in title.clashes
            if clash.resolution == "skipped"
        ],
        **common(report),
        "disambiguations": [
            {
                "movie_folder": clash.folder,
                "target_filename": clash.target,
                "source_filenames": list(clash.sources),
                "results": list(clash.results),
            }
            for title in titles
            for clash in title.clashes
            if clash.resolution != "skipped"
        ],
        "strays": [
            {"path": stray.path, "context": stray.context.value, "files": stray.files, "kept": stray.kept}
            for stray in (plan.all_strays() if plan else ())
        ],
    }


def summary(report: Report) -> dict[str, int]:
    """Count what a run came to."""
    if report.remembered:
        counts: dict[str, int] = json.loads(report.remembered)["summary"]
        return counts
    plan = report.plan
    titles = plan.titles if plan else ()
    verbs = count(report.done)
    stopped = {problem.path.partition("/")[0] for problem in report.problems}
    failed = sum(title.target in stopped for title in titles) if report.operation == "sync" else 0
    ran = report.outcome in {Outcome.DONE, Outcome.PARTIAL, Outcome.IN_SYNC}
    return {
        "movies_total": report.titles or len(titles),
        "movies_processed": (report.titles or len(titles) - failed) if ran else 0,
        "files_updated": verbs[Verb.LINK] + verbs[Verb.REPLACE],
        "files_removed": report.removed_files,
        "remove_errors": _remove_errors(report),
        "items_ignored": (len(plan.ignored) + sum(len(title.ignored) for title in titles)) if plan else 0,
        "strays_in_target": len(plan.strays) if plan else 0,
        "clashes": sum(clash.resolution == "skipped" for title in titles for clash in title.clashes),
        "marked_in_source": len(plan.marked) if plan else 0,
        "marked_in_target": len(plan.marked_target) if plan else 0,
        "files_renamed": verbs[Verb.RENAME],
        "files_skipped": report.skipped,
        "strays_in_movies": sum(len(title.strays) for title in titles),
        "problems": len(report.problems),
    }


def _remove_errors(report: Report) -> int:
    if report.plan is None or report.dry_run:
        return 0
    wanted = {action.target for action in report.plan.removals()}
    return sum(problem.path in wanted for problem in report.problems) if wanted else 0


def common(report: Report) -> Document:
    """Our own fields, the same in every document."""
    return {
        "outcome": report.outcome.value,
        "refusal": {"reason": report.refusal, "digest": report.digest, **dict(report.refusal_data)}
        if report.refusal
        else None,
        "problems": [
            {"path": one.path, "code": one.code, "errno": one.errno, "side": one.side} for one in report.problems
        ],
        "journal": report.journal,
        "quick": report.quick,
        "started": report.started,
        "duration": round(report.duration, 3),
    }


def _diff(report: Report) -> Document:
    plan = report.plan
    titles = plan.titles if plan else ()
    new = [title for title in titles if is_new(title)]
    return {
        "operation": "diff",
        "exit_code": report.exit_code,
        "source": _side(report, source=True),
        "target": _side(report, source=False),
        "in_sync": report.outcome is Outcome.IN_SYNC,
        "movies_only_in_source": [title.target for title in new],
        "movies_only_in_target": [stray.path for stray in plan.strays if stray.type == "folder"] if plan else [],
        "differing_movies": [differing(title) for title in titles if not title.in_sync and not is_new(title)],
        "translation_losses": distinct_losses(plan),
        "ignored": ignored(plan),
        "marked_in_source": marked(plan, source=True),
        "marked_in_target": marked(plan, source=False),
        **common(report),
        "missing_movies": [
            {"source_folder": source, "expected_target": title.target} for title in new for source in title.sources
        ],
        "files_only_in_target": [stray.path for stray in plan.strays if stray.type != "folder"] if plan else [],
        "files_in_sync": report.skipped,
    }


def differing(title: Title) -> Document:
    """What differs inside one title, by paths below its folder."""
    cut = len(title.target) + 1
    missing: list[str] = []
    wrong: list[str] = []
    made = "\0"
    for step in title.steps:
        if step.verb is Verb.REPLACE:
            wrong.append(step.target[cut:])
        elif not step.target.startswith(made):
            missing.append(step.target[cut:])
            if step.verb is Verb.MKDIR:
                made = step.target + "/"
    return {
        "target_movie_name": title.target,
        "only_in_source": missing,
        "only_in_target": [stray.path[cut:] for stray in title.strays],
        "other_file": wrong,
        "problems": [problem.path for problem in title.problems],
    }


def distinct_losses(plan: Plan | None) -> list[Document]:
    """Each loss once, without its file, as the peer lists them."""
    if plan is None:
        return []
    found: dict[tuple[str, str | None, str, str], None] = {}
    for title in plan.titles:
        for loss in title.losses:
            found[loss.kind, loss.key, loss.value, loss.reason] = None
    return [{"kind": kind, "key": key, "value": value, "reason": reason} for kind, key, value, reason in found]


def loss_document(loss: Loss) -> Document:
    """One loss with its file."""
    return {"kind": loss.kind, "key": loss.key, "value": loss.value, "reason": loss.reason, "file": loss.file}


def ignored(plan: Plan | None) -> list[Document]:
    """What the source holds and the target will not."""
    if plan is None:
        return []
    root = _prefix(plan.source_root)
    everything = (*plan.ignored, *(one for title in plan.titles for one in title.ignored))
    return [{"path": root + one.path, "name": one.path.rpartition("/")[2], "reason": one.reason} for one in everything]


def marked(plan: Plan | None, *, source: bool) -> list[str]:
    """Folders with the ignore marker, as absolute paths."""
    if plan is None:
        return []
    root = os.path.abspath(plan.source_root if source else plan.target_root)
    return [os.path.join(root, path) if path else root for path in (plan.marked if source else plan.marked_target)]


def _side(report: Report, *, source: bool) -> dict[str, str]:
    path, layout = (report.source, report.source_layout) if source else (report.target, report.target_layout)
    return {"path": path, "format": _format(layout)}


def _format(layout: Layout) -> str:
    return "?" if layout is Layout.AUTO else layout.value


def short(report: Report) -> Document:
    """The part worth keeping of an old run: counts and words, no paths."""
    return {
        "operation": report.operation,
        "exit_code": report.exit_code,
        "dry_run": report.dry_run,
        "summary": summary(report),
        "losses": len(distinct_losses(report.plan)),
        "pending": pending(report),
        "outcome": report.outcome.value,
        "refusal": report.refusal,
        "digest": report.digest,
        "problem_codes": sorted({problem.code for problem in report.problems}),
        "journal": report.journal,
        "quick": report.quick,
        "started": report.started,
        "duration": round(report.duration, 3),
    }


def pending(report: Report) -> int:
    """Count the changes that are yet to be made: all of a plan or a dry run, none after a run that did them."""
    if report.plan is None:
        return 0
    lines = count(Chain(title.steps for title in report.plan.titles))
    whole = lines.total() - lines[Verb.MKDIR] + removed_files(report.plan)
    if report.operation == "sync" and not report.dry_run:
        lines = count(report.done)
        done = lines.total() - lines[Verb.MKDIR] - lines[Verb.REMOVE] + report.removed_files
        return whole - done
    return whole
