"""What a mirror is: two folders, and how to go about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import Options


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
    """Processes that share the work. More than one is for commands: a program with threads must not be forked."""
    state: str | None = None
    """Folder for journals, index and the identity of both roots; default `.plex-steward` in the target."""
