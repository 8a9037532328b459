"""What the process holds: ours among all of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
import gc
import os
from pathlib import Path
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

OURS = "custom_components.plex_steward"
FOLDER = "custom_components/plex_steward"
POOLS = ("SyncWorker", "ImportExecutor", "asyncio_")
"""Threads of pools that grow to a size and stay."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held at one moment."""

    objects: int
    """Instances of our classes."""
    memory: int
    """Bytes that our code has allocated and not freed, since tracing began; 0 without tracing."""
    rss: int
    """Bytes of the whole process, the simulator among them."""
    files: int
    threads: int
    tasks: int
    timers: int


def holding() -> Holding:
    """Measure, with the garbage gone."""
    loop = asyncio.get_running_loop()
    _forget_caches()
    gc.collect()
    rows: Any = getattr(loop, "_scheduled", ())
    memory = 0
    if tracemalloc.is_tracing():
        found = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, f"*/{FOLDER}/*")])
        memory = sum(row.size for row in found.statistics("filename"))
    return Holding(
        objects=sum(str(getattr(type(one), "__module__", "")).startswith(OURS) for one in gc.get_objects()),
        memory=memory,
        rss=_resident(),
        files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=sum(not one.name.startswith(POOLS) for one in threading.enumerate()),
        tasks=len(asyncio.all_tasks()),
        timers=sum(not row.cancelled() for row in rows),
    )


def leftovers(hass: HomeAssistant) -> list[str]:
    """Name the tasks, timers and listeners of ours that outlive an unloaded entry."""
    found = [f"task {task.get_name()}" for task in asyncio.all_tasks() if _is_ours(task.get_coro())]
    rows: Any = getattr(hass.loop, "_scheduled", ())
    found += [f"timer {row}" for row in rows if not row.cancelled() and FOLDER in repr(row)]
    found += [f"timer {row}" for row in rows if not row.cancelled() and OURS in repr(row)]
    return found


def _forget_caches() -> None:
    """Empty our caches: each has a size it never exceeds, and what they hold is no growth."""
    for name, module in list(sys.modules.items()):
        for value in list(vars(module).values()) if name.startswith(OURS) else ():
            if callable(clear := getattr(value, "cache_clear", None)):
                clear()


def _is_ours(coroutine: Any) -> bool:
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None)
        if code is not None and FOLDER in code.co_filename:
            return True
        coroutine = getattr(coroutine, "cr_await", None)
    return False


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
