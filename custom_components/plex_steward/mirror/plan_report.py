"""The document of `plan`: the peer's, and for every file what would be done and why."""

from __future__ import annotations

import os
from typing import Any

from .model import Action, Loss, Plan, Report, Title, Verb
from .names.tokens import is_video
from .report import common, distinct_losses, ignored, loss_document, marked

Document = dict[str, Any]


def plan_document(report: Report) -> Document:
    """Give the document; the paths are absolute, as the peer's are here and only here."""
    plan = report.plan
    titles = plan.titles if plan else ()
    return {
        "operation": "plan",
        "source": {"path": os.path.abspath(report.source), "format": _format(report.source_layout.value)},
        "target": {"path": os.path.abspath(report.target), "format": _format(report.target_layout.value)},
        "summary": {
            "movies": len(titles),
            "folder_clashes": 0,
            "movie_clashes": sum(clash.resolution == "skipped" for title in titles for clash in title.clashes),
            "translation_losses": len(distinct_losses(plan)),
            "ignored": len(ignored(plan)),
            "marked_in_source": len(plan.marked) if plan else 0,
            "marked_in_target": len(plan.marked_target) if plan else 0,
            **_counts(plan),
        },
        "movies": [_movie(plan, title) for title in titles] if plan else [],
        "folder_clashes": [],
        "movie_clashes": [
            {"movie_folder": clash.folder, "target_filename": clash.target, "source_filenames": list(clash.sources)}
            for title in titles
            for clash in title.clashes
            if clash.resolution == "skipped"
        ],
        "translation_losses": distinct_losses(plan),
        "ignored": ignored(plan),
        "marked_in_source": marked(plan, source=True),
        "marked_in_target": marked(plan, source=False),
        **common(report),
        "exit_code": report.exit_code,
        "evidence": list(plan.evidence) if plan else [],
        "strays": [
            {"path": stray.path, "context": stray.context.value, "files": stray.files, "kept": stray.kept}
            for stray in (plan.strays if plan else ())
        ],
    }


def _format(layout: str) -> str:
    return "?" if layout == "auto" else layout


def _counts(plan: Plan | None) -> dict[str, int]:
    counts = {verb.value: 0 for verb in Verb}
    if plan is not None:
        for action in (*plan.changes(), *plan.removals()):
            counts[action.verb.value] += 1
        counts["skip"] = sum(len(kept.pairs) for title in plan.titles for kept in title.kept)
    return counts


def _movie(plan: Plan, title: Title) -> Document:
    """One title: its files by class, and every line with its reason."""
    actions = [*title.skips(), *(step for step in title.steps if step.verb is not Verb.MKDIR)]
    actions.sort(key=lambda action: action.target)
    drops: dict[str, list[Loss]] = {}
    for loss in title.losses:
        drops.setdefault(loss.file, []).append(loss)
    hashed = {
        result: clash.target for clash in title.clashes if clash.resolution == "hash_suffix" for result in clash.results
    }
    folder: Document = {"videos": [], "loose_files": [], "assets": []}
    for action in actions:
        _place(folder, plan, title, action, drops, hashed)
    movie: Document = {
        "source_folder": title.sources[0] if title.sources else "",
        "source_path": os.path.join(plan.source_root, title.sources[0]) if title.sources else "",
        "target_folder": title.target,
        "target_path": os.path.join(plan.target_root, title.target),
        **folder,
    }
    own = [loss for source in title.sources for loss in drops.get(source, ())]
    if own:
        movie["folder_drops"] = [loss_document(loss) for loss in own]
    movie["kind"] = title.kind.value
    movie["source_folders"] = list(title.sources)
    movie["actions"] = [_line(plan, action) for action in (*title.steps, *title.skips())]
    movie["strays"] = [
        {"path": stray.path, "context": stray.context.value, "kept": stray.kept} for stray in title.strays
    ]
    movie["drops"] = [loss_document(loss) for loss in title.losses]
    movie["clashes"] = [clash._asdict() for clash in title.clashes]
    movie["problems"] = [problem._asdict() for problem in title.problems]
    movie["ignored"] = [{"path": one.path, "reason": one.reason} for one in title.ignored]
    return movie


def _place(
    folder: Document, plan: Plan, title: Title, action: Action, drops: dict[str, list[Loss]], hashed: dict[str, str]
) -> None:
    """Put one file where the peer's document has it."""
    *above, name = action.target[len(title.target) + 1 :].split("/")
    source = str(action.source)
    entry: Document = {"source": os.path.join(plan.source_root, source), "target_name": name}
    if source in drops:
        entry["drops"] = [loss_document(loss) for loss in drops[source]]
    if name in hashed:
        entry["disambiguation"] = {"strategy": "hash_suffix", "detail": hashed[name]}
    if not above:
        folder["videos" if is_video(name) else "loose_files"].append(entry)
        return
    level: list[Document] = folder["assets"]
    path = os.path.dirname(entry["source"])
    place: Document = {}
    for depth, part in enumerate(above):
        place = next((one for one in level if one["folder_name"] == part), {})
        if not place:
            up = len(above) - depth - 1
            place = {"source": _above(path, up), "folder_name": part, "files": [], "subfolders": []}
            level.append(place)
        level = place["subfolders"]
    place["files"].append(entry)


def _above(path: str, levels: int) -> str:
    for _ in range(levels):
        path = os.path.dirname(path)
    return path


def _line(plan: Plan, action: Action) -> Document:
    line = {"action": action.verb.value, "target": action.target, "reason": action.reason.value}
    if action.source is not None:
        line["source"] = action.source
    if action.origin is not None:
        line["origin"] = action.origin
    return line
