"""A real Home Assistant for benchmarks: the demo's, with a meter for its event loop's lag."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory
import time
from typing import TYPE_CHECKING, Any

from demo.hass import Hass
from demo.stand_in import ADDRESS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

METER = Path(__file__).parent / "loop_lag"


@asynccontextmanager
async def measured() -> AsyncIterator[Hass]:
    """Run one in a throw-away folder; plex.tv is nowhere."""
    with TemporaryDirectory(prefix="plex-steward-bench-", ignore_cleanup_errors=True) as folder:
        hass = Hass(Path(folder), environment={ADDRESS: "http://127.0.0.1:9"}, own_level="warning", extra="loop_lag:\n")
        shutil.copytree(METER, Path(folder) / "custom_components" / METER.name)
        try:
            await hass.start()
            yield hass
        finally:
            await hass.stop()


async def lag(hass: Hass, seconds: float) -> dict[str, Any]:
    """Measure the lag for so long."""
    await hass.post("/api/services/loop_lag/begin")
    await asyncio.sleep(seconds)
    return dict(await hass.action("end", domain="loop_lag"))


async def lag_during(hass: Hass, work: Awaitable[object]) -> dict[str, Any]:
    """Measure the lag for as long as some work takes, and how long that was."""
    await hass.post("/api/services/loop_lag/begin")
    began = time.perf_counter()
    await work
    took = time.perf_counter() - began
    return {**await hass.action("end", domain="loop_lag"), "seconds": took}
