"""A plan as a document: JSON for programs and Home Assistant, text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .model import Action, Clash, Ignored, Loss, Materializer, Plan, Problem, Reason, Stray, Title, Verb

WHY = {
    Reason.MISSING: "not in the target yet",
    Reason.OTHER_FILE: "another file has this name",
    Reason.CHANGED: "differs from its source",
    Reason.STALE_NAME: "there already, under a name that is no longer right",
    Reason.SAME_FILE: "already right",
    Reason.SAME_CONTENT: "already right, by size and time",
    Reason.NOT_IN_SOURCE: "nothing in the source explains it",
}
_VERBS = (Verb.MKDIR, Verb.LINK, Verb.REPLACE, Verb.RENAME, Verb.SKIP, Verb.REMOVE)


def counts(plan: Plan) -> dict[str, int]:
    """Count the lines of a plan by verb, and what it reports."""
    verbs = Counter(str(action.verb) for action in plan.changes())
    removals = sum(1 for _ in plan.removals())
    kept = sum(len(kept.pairs) for title in plan.titles for kept in title.kept)
    found = {str(verb): verbs[str(verb)] for verb in _VERBS} | {"skip": kept, "remove": removals}
    return {
        "titles": len(plan.titles),
        **found,
        "strays": sum(1 for _ in plan.all_strays()),
        "losses": sum(len(title.losses) for title in plan.titles),
        "clashes": sum(len(title.clashes) for title in plan.titles),
        "ignored": len(plan.ignored) + sum(len(title.ignored) for title in plan.titles),
        "problems": len(plan.problems) + sum(len(title.problems) for title in plan.titles),
    }


def plan_document(plan: Plan, *, skips: bool = True) -> dict[str, Any]:
    """Return the whole plan as plain values, films in order; `skips` lists what is right already too."""
    removed = plan.options.delete
    return {
        "operation": "plan",
        "source": {"path": plan.source_root, "format": str(plan.source_layout)},
        "target": {"path": plan.target_root, "format": str(plan.target_layout), "exists": plan.target_exists},
        "evidence": list(plan.evidence),
        "delete": removed,
        "summary": counts(plan),
        "movies": [_title(title, plan, skips=skips) for title in plan.titles],
        "strays_in_target": [_stray(stray, removed=removed) for stray in plan.strays],
        "ignored": [_ignored(one) for one in plan.ignored],
        "marked_in_source": list(plan.marked),
        "marked_in_target": list(plan.marked_target),
        "problems": [one._asdict() for one in plan.problems],
    }


def _same(plan: Plan) -> Reason:
    linked = plan.options.materializer is Materializer.HARDLINK
    return Reason.SAME_FILE if linked else Reason.SAME_CONTENT


def _title(title: Title, plan: Plan, *, skips: bool) -> dict[str, Any]:
    removed = plan.options.delete
    lines = [action_line(action) for action in title.steps]
    if skips:
        lines += [action_line(action) for action in title.skips(_same(plan))]
    return {
        "target_folder": title.target,
        "source_folders": list(title.sources),
        "kind": str(title.kind),
        "in_sync": title.in_sync,
        "actions": sorted(lines, key=lambda line: (line["target"], line["action"])),
        "strays": [_stray(stray, removed=removed) for stray in title.strays],
        "losses": [loss_line(loss) for loss in title.losses],
        "clashes": [clash_line(clash) for clash in title.clashes],
        "ignored": [_ignored(one) for one in title.ignored],
        "problems": [one._asdict() for one in title.problems],
    }


def action_line(action: Action) -> dict[str, Any]:
    """Return one line; paths are relative to their roots."""
    line: dict[str, Any] = {"action": str(action.verb), "target": action.target, "reason": str(action.reason)}
    if action.source is not None:
        line["source"] = action.source
    if action.origin is not None:
        line["renamed_from"] = action.origin
    if action.context is not None:
        line["context"] = str(action.context)
    return line


def loss_line(loss: Loss) -> dict[str, Any]:
    """Return one loss with its file, the peer's four fields first."""
    return loss._asdict()


def clash_line(clash: Clash) -> dict[str, Any]:
    """Return one clash, the peer's three fields first."""
    return {
        "movie_folder": clash.folder,
        "target_filename": clash.target,
        "source_filenames": [source.rpartition("/")[2] for source in clash.sources],
        "sources": list(clash.sources),
        "resolution": clash.resolution,
        "results": list(clash.results),
    }


def _stray(stray: Stray, *, removed: bool) -> dict[str, Any]:
    return {
        "action": "remove" if removed else "keep",
        "target": stray.path,
        "type": stray.type,
        "context": str(stray.context),
        "reason": str(Reason.NOT_IN_SOURCE),
        "files": stray.files,
    }


def _ignored(one: Ignored) -> dict[str, str]:
    return {"path": one.path, "name": one.path.rpartition("/")[2], "reason": one.reason}


def plan_text(plan: Plan, *, skips: bool = False) -> Iterator[str]:
    """Yield the plan line by line; a title that needs nothing and has nothing to say is left out unless `skips`."""
    yield f"{plan.source_root} ({plan.source_layout}) -> {plan.target_root} ({plan.target_layout})"
    for reason in plan.evidence:
        yield f"  because of {reason}"
    for title in plan.titles:
        lines = list(_title_text(title, plan, skips=skips))
        if lines:
            yield ""
            yield title.target
            yield from lines
    rest = [*_strays_text(plan.strays, plan), *(f"  ignored  {one.path}: {one.reason}" for one in plan.ignored)]
    rest += [_problem_text(one) for one in plan.problems]
    if rest:
        yield ""
        yield "In the libraries' roots"
        yield from rest
    yield ""
    found = counts(plan)
    changes = ", ".join(f"{found[str(verb)]} {verb}" for verb in _VERBS)
    others = ", ".join(f"{found[key]} {key}" for key in ("strays", "losses", "clashes", "ignored", "problems"))
    yield f"{found['titles']} titles: {changes}; {others}"


def _title_text(title: Title, plan: Plan, *, skips: bool) -> Iterator[str]:
    for action in (*title.steps, *(title.skips(_same(plan)) if skips else ())):
        origin = f" <- {action.origin or action.source}" if action.source is not None else ""
        yield f"  {action.verb:<8} {action.target}{origin} ({WHY[action.reason]})"
    yield from _strays_text(title.strays, plan)
    for loss in title.losses:
        key = f" {loss.key}" if loss.key else ""
        yield f"  loss     {loss.kind}{key} {loss.value!r} of {loss.file}: {loss.reason}"
    for clash in title.clashes:
        results = ", ".join(result or "left out" for result in clash.results)
        yield f"  clash    {clash.target}: {', '.join(clash.sources)} -> {results}"
    for one in title.ignored:
        yield f"  ignored  {one.path}: {one.reason}"
    for problem in title.problems:
        yield _problem_text(problem)


def _strays_text(strays: tuple[Stray, ...], plan: Plan) -> Iterator[str]:
    verb = "remove" if plan.options.delete else "stray"
    for stray in strays:
        files = f", {stray.files} files" if stray.type == "folder" else ""
        yield f"  {verb:<8} {stray.path} ({WHY[Reason.NOT_IN_SOURCE]}{files})"


def _problem_text(problem: Problem) -> str:
    return f"  problem  {problem.path}: {problem.code.replace('_', ' ')}"
