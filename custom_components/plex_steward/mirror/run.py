"""One entry point for the shell and for Home Assistant: look, compare, guard, act, report.

Blocking; Home Assistant calls it in an executor thread. What is to be expected
(a refusal, a folder that is away, a second run) is never raised: it is in the
report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .model import Cancel, Options, Report

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total), often. Stages: `scan`, `plan`, `apply`, `trash`; total is 0 while unknown."""


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """One mirror: where from, where to, how, and how far it may go."""

    source: str
    target: str
    options: Options = field(default_factory=Options)
    create: bool = False
    """Make the target folder if it is not there."""
    max_removals: str = "50%"
    """A count, or a share of the target's files in per cent (which allows 10 in any case)."""
    anchor: str | None = None
    """Path inside the source that must exist, or the source counts as not mounted."""
    trash_days: float = 30
    """How long what a run took away is kept. A file without another link is kept for ever, unless `purge_last`."""
    purge_last: bool = False
    """Let the trash, when its days are over, delete files that have no other link."""
    keep_server_files: bool = True
    """Leave alone what a media server writes: artwork, nfo, subtitles, trickplay."""
    quick: bool = True
    """Look only into folders that changed since the last run, where that is safe."""
    verify_days: float = 7
    """A run is never quick when the last full one is older."""
    jobs: int = 1
    """Folders listed at the same time; more than one helps disks that are cold or far away."""
    state: str | None = None
    """Folder for journals, index and the identity of both roots; default `.plex-steward` in the target."""


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
    raise NotImplementedError
