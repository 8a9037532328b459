"""Answer a run from what the last full one remembered, and remember for the next."""

from __future__ import annotations

from contextlib import suppress
import json
from typing import Any

from . import index
from .errors import Cancelled
from .model import Cancel, Layout, Outcome, Report
from .report import head
from .settings import MirrorSettings
from .state import State


def recall(
    settings: MirrorSettings, state: State, *, verify: bool, now: float, cancel: Cancel | None = None
) -> Report | None:
    """Report that all is right as it was, or None when that cannot be said.

    Looks at every directory; with `verify`, or when the last full look is too
    long ago, at every name. Raises Cancelled.
    """
    if not settings.quick or not index.usable(settings.options):
        return None
    memory = index.load(state, _question(settings))
    if memory is None or not index.trusted(settings.source, settings.target):
        return None
    roots = (settings.source, settings.target)
    if verify or now - memory.verified >= settings.verify_days * 86400:
        same = all(_lists(root, cancel) == digest for root, digest in zip(roots, memory.digests, strict=True))
        if same:
            with suppress(OSError):
                index.verified_now(state)
    else:
        known = index.folders(state, memory)
        same = known is not None and all(
            index.unchanged(root, folders, cancel) for root, folders in zip(roots, known, strict=True)
        )
    if cancel is not None and cancel():
        raise Cancelled
    return _report(memory.document, settings) if same else None


def memorise(
    settings: MirrorSettings, state: State, report: Report, before_ns: int, *, cancel: Cancel | None = None
) -> None:
    """Remember that a run, begun at `before_ns`, found all right, if every later change will show."""
    if not settings.quick or not index.usable(settings.options):
        return
    if not index.trusted(settings.source, settings.target):
        return
    source = index.walk(settings.source, times=True, cancel=cancel)
    target = index.walk(settings.target, times=True, cancel=cancel)
    if source is None or target is None:
        return
    if not (index.settled(source, before_ns) and index.settled(target, before_ns)):
        return
    with suppress(OSError):  # without it the next run is slower, that is all
        index.store(state, _question(settings), source, target, json.dumps(head(report)))


def _lists(root: str, cancel: Cancel | None) -> str:
    """Digest of all names a tree lists now; empty if it cannot be listed."""
    found = index.walk(root, times=False, cancel=cancel)
    return found.digest if found is not None else ""


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
