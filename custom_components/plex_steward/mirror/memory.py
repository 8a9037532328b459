"""Answer a run from what the last full one remembered, and remember for the next."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
import json
import os
from typing import Any, NamedTuple

from . import index
from .errors import Cancelled, ScanError
from .hands import share
from .model import Cancel, Layout, Outcome, Report, Tree
from .report import head
from .scan import scan
from .settings import MirrorSettings
from .state import State


class Trees(NamedTuple):
    """Source and target as they are now, only what changed read from the disk."""

    source: Tree
    target: Tree
    verified: float
    """Unix time of the last look at every name."""


def kept(settings: MirrorSettings) -> bool:
    """Whether runs of this mirror remember: so they read the times of folders."""
    return settings.quick and index.usable(settings.options) and index.trusted(settings.source, settings.target)


def recall(
    settings: MirrorSettings, state: State, *, verify: bool, now: float, cancel: Cancel | None = None
) -> Report | Trees | None:
    """Report that all is right as it was; or give the trees, where little has changed; or None.

    Looks at every directory; with `verify`, or when the last full look is too
    long ago, at every name. Raises Cancelled.
    """
    if not kept(settings):
        return None
    memory = index.load(state, _question(settings))
    if memory is None:
        return None
    found: Report | Trees | None = None
    if verify or now - memory.verified >= settings.verify_days * 86400:
        walks = [partial(index.walk, root) for root in (settings.source, settings.target)]
        if all(memory.digests) and [*memory.digests] == share(settings.jobs, walks, cancel):
            with suppress(OSError):
                index.verified_now(state)
            found = _report(memory.document, settings)
    else:
        found = _changed(settings, state, memory, cancel)
    if cancel is not None and cancel():
        raise Cancelled
    return found


def _changed(
    settings: MirrorSettings, state: State, memory: index.Memory, cancel: Cancel | None
) -> Report | Trees | None:
    """Look at the folders; read those that changed."""
    known = index.folders(state, memory)
    if known is None:
        return None
    looks = [
        partial(index.changed, root, folders)
        for root, folders in zip((settings.source, settings.target), known, strict=True)
    ]
    source, target = share(settings.jobs, looks, cancel)
    if source == target == []:
        return _report(memory.document, settings)
    if source is None or target is None or (names := index.held(state, memory)) is None:
        return None
    one = _renew(settings.source, settings.options.source_layout, known[0], names[0], source, cancel)
    two = _renew(settings.target, settings.options.target_layout, known[1], names[1], target, cancel)
    return Trees(one, two, memory.verified) if one is not None and two is not None else None


def _renew(
    root: str,
    layout: Layout,
    known: index.Folders,
    names: list[index.Names],
    changes: list[str],
    cancel: Cancel | None,
) -> Tree | None:
    """Read the changed titles anew; None where that is hardly less than all."""
    tops = {path for path in known.paths if path and "/" not in path}
    stale = {path.partition("/")[0] for path in changes if path}
    stale |= {path.partition("/")[0] for path, held in zip(known.paths, names, strict=True) if held is None}
    if "" in stale or len(stale) > len(tops) // 2:
        return None
    new: set[str] = set()
    if changes[:1] == [""]:
        try:
            with os.scandir(root) as entries:
                here = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
        except OSError:
            return None
        new, stale = here - tops, stale | (tops - here)
    try:
        fresh = scan(root, layout, stamps=True, only=stale | new, cancel=cancel)
    except ScanError:
        return None
    return index.renewed(root, known, names, stale, fresh)


def memorise(
    settings: MirrorSettings,
    state: State,
    report: Report,
    trees: tuple[Tree, Tree],
    before_ns: int,
    verified: float,
    cancel: Cancel | None = None,
) -> None:
    """Remember that a run, begun at `before_ns`, found all right; what a later change might not show counts as changed.

    `verified`: when every name was looked at last.
    """
    with suppress(OSError, Cancelled):  # without it the next run is slower, that is all
        described = [index.describe(tree, before_ns, cancel) for tree in trees]
        index.store(state, _question(settings), described, json.dumps(head(report)), verified)


def _question(settings: MirrorSettings) -> str:
    """What a memory must have been asked to answer this run."""
    return index.key(settings.source, settings.target, settings.options, settings.keep_server_files)


def _report(document: str, settings: MirrorSettings) -> Report:
    """Make a report of what was remembered."""
    known: dict[str, Any] = json.loads(document)
    return Report(
        "sync",
        Outcome.DONE,
        0,
        settings.source,
        settings.target,
        Layout(known["source"]["format"]),
        Layout(known["target"]["format"]),
        skipped=known["summary"]["files_skipped"],
        quick=True,
        titles=known["summary"]["movies_total"],
        remembered=document,
    )
