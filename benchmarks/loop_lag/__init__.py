"""Measures, inside a Home Assistant that is being benchmarked, how late its event loop is.

Never shipped: `benchmarks.hass` puts it beside the integration. The action `begin` starts to measure, `end` gives the
lags since then in milliseconds.
"""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "loop_lag"
STEP: Final = 0.005
"""Seconds between two looks at the clock."""


class Meter:
    """Sleeps again and again, and notes how much too long each sleep was."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.lags: list[float] = []

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wanted = loop.time() + STEP
            await asyncio.sleep(STEP)
            self.lags.append(max(0.0, loop.time() - wanted) * 1000)


def share(lags: list[float], part: float) -> float:
    """The lag that `part` of all do not exceed, in milliseconds."""
    ordered = sorted(lags)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - Home Assistant says so
    """Measure from the start, and register the two actions."""
    meter = Meter()
    hass.async_create_background_task(meter.run(), "loop lag")

    async def begin(_: ServiceCall) -> None:
        meter.lags.clear()

    async def end(_: ServiceCall) -> ServiceResponse:
        lags = list(meter.lags)
        return {
            "samples": len(lags),
            "p50": round(share(lags, 0.5), 2),
            "p99": round(share(lags, 0.99), 2),
            "max": round(max(lags, default=0.0), 2),
        }

    hass.services.async_register(DOMAIN, "begin", begin)
    hass.services.async_register(DOMAIN, "end", end, supports_response=SupportsResponse.ONLY)
    return True
