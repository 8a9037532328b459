"""Keeping the cyclic collector away from millions of small values that have no cycles.

In a program with other threads each of its passes holds all of them up: over what a
large library is made of, for tens of milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import gc
import threading

from .model import Folder

_lock = threading.Lock()
_depth = 0
_was_on = False
_runs = 0
_frozen = False


@contextmanager
def no_gc() -> Iterator[None]:
    """Pause the collector. Inside `unseen`, it never looks at what was made meanwhile."""
    global _depth, _was_on, _frozen  # noqa: PLW0603  the collector itself is global
    with _lock:
        if _depth == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _was_on:
                if _runs and (_frozen or not gc.get_freeze_count()):
                    _frozen = True
                    gc.freeze()
                gc.enable()


@contextmanager
def unseen() -> Iterator[None]:
    """Hide what `no_gc` left behind from the collector, until the block ends: by then most of it should be gone.

    Does nothing where somebody else has frozen something: the collector knows only one such place.
    """
    global _runs, _frozen  # noqa: PLW0603  the collector itself is global
    with _lock:
        _runs += 1
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if not _runs and _frozen:
                _frozen = False
                gc.unfreeze()


def let_go(folder: Folder) -> None:
    """Free a tree bit by bit: all at once, it would hold up every other thread."""
    folders = folder.folders
    while folders:
        folders.popitem()
