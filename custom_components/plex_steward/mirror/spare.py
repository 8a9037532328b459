"""Tell the files a media server wrote into the mirror from leftovers of our own.

Jellyfin and Plex agents save nfo files, artwork, subtitles and trickplay images
beside the video. They are strays by the book, and gone they cost hours to make
anew. Ours is what an earlier run made (its inode is remembered) or what has
another link; a file that is neither, and that looks like what servers write, is
theirs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
import os
import stat

from .model import Folder, Plan, Stray
from .state import State, write_atomic

_SIDECARS = frozenset({
    ".nfo", ".jpg", ".jpeg", ".png", ".webp", ".tbn", ".gif", ".svg", ".bif", ".mp3",
    ".srt", ".ass", ".ssa", ".sub", ".idx", ".vtt", ".smi", ".sup", ".lrc", ".xml", ".json", ".tiles",
})  # fmt: skip
"""Endings of what Jellyfin's savers and Plex's agents write (theme.mp3, chapter and trickplay images among them)."""

Made = frozenset[int]


def spare(plan: Plan, made: Made) -> Plan:
    """Mark the strays that `delete` leaves alone. Looks at the strays on the disk, at nothing else."""
    import dataclasses  # noqa: PLC0415 - only a plan with strays needs it

    titles = tuple(
        title._replace(strays=tuple(_judge(stray, plan.target_root, made) for stray in title.strays))
        if title.strays
        else title
        for title in plan.titles
    )
    return dataclasses.replace(plan, titles=titles)


def _judge(stray: Stray, root: str, made: Made) -> Stray:
    path = os.path.join(root, stray.path)
    if stray.type == "file":
        theirs = _foreign(path, made)
    elif stray.type == "folder" and stray.files:
        theirs = all(_foreign(os.path.join(folder, name), made) for folder, _, names in os.walk(path) for name in names)
    else:
        theirs = False
    return stray._replace(kept="server_file") if theirs else stray


def _foreign(path: str, made: Made) -> bool:
    name = os.path.basename(path)
    if not name.startswith(".") and os.path.splitext(name)[1].lower() not in _SIDECARS:
        return False
    try:
        status = os.lstat(path)
    except OSError:
        return True  # not to be seen: leave it
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_ino not in made


def recall_made(state: State) -> Made:
    """Inode numbers of what earlier runs brought into the target."""
    numbers = array("Q")
    try:
        with open(state.made, "rb") as file:
            numbers.frombytes(file.read())
    except (OSError, ValueError):
        return frozenset()
    return frozenset(numbers)


def remember_made(state: State, numbers: Iterable[int]) -> None:
    """Keep the inode numbers for the next run."""
    write_atomic(state.made, array("Q", numbers).tobytes())


def inodes(folder: Folder) -> list[int]:
    """Inode numbers of every file in a scanned folder and below; one of a file with several names more than once."""
    found: list[int] = []
    waiting = [folder]
    for one in waiting:
        found += one.files.values()
        waiting += one.folders.values()
    return found
