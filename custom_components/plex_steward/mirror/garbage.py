"""Switching the collector off while millions of small values are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import gc
import threading

_lock = threading.Lock()
_depth = 0
_was_on = False


@contextmanager
def no_gc() -> Iterator[None]:
    """Pause the cyclic collector: nothing made here has cycles, and passes over it cost a third of the time."""
    global _depth, _was_on  # noqa: PLW0603  the collector itself is global
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
                gc.enable()
