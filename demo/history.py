"""A month of growth for the demo's libraries, which are a minute old: the recorder is told what it might have seen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demo.hass import Hass

DAYS = 30
SHARE = 0.6
"""How much of a library was there at the beginning of the month."""
STEPS = (0, 0, 1, 1, 1, 2, 5, 5, 6, 6, 6, 9, 12, 12, 13, 13, 14, 17, 20, 20, 20, 21, 21, 24, 26, 26, 27, 27, 27, 30)
"""How people add films: mostly at weekends."""
READ_WITHIN = 60
"""Seconds that the first look at a library may take; one that takes longer has no past."""


async def sizes(hass: Hass) -> dict[str, tuple[float, str]]:
    """Return ``entity id -> size and unit`` of every library that holds something, as soon as all have been read."""
    found = [entity for unique, entity in (await hass.entities()).items() if unique.endswith("_size")]
    states: list[dict[str, Any]] = []
    for _ in range(READ_WITHIN * 2):
        states = [await hass.state(entity) for entity in found]
        if all(state["state"].replace(".", "").isdigit() for state in states):
            break
        await asyncio.sleep(0.5)
    return {
        state["entity_id"]: (float(state["state"]), state["attributes"]["unit_of_measurement"])
        for state in states
        if state["state"].replace(".", "").isdigit() and float(state["state"])
    }


async def write(hass: Hass) -> None:
    """Write one value a day for each library's size."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for entity, (size, unit) in (await sizes(hass)).items():
        values = [size * (SHARE + (1 - SHARE) * step / STEPS[-1]) for step in STEPS]
        await hass.ws(
            type="recorder/import_statistics",
            metadata={
                "statistic_id": entity,
                "source": "recorder",
                "name": None,
                "unit_of_measurement": unit,
                "unit_class": "information",
                "mean_type": 1,
                "has_sum": False,
            },
            stats=[
                {"start": (now - timedelta(days=DAYS - day)).isoformat(), "mean": value, "min": value, "max": value}
                for day, value in enumerate(values)
            ],
        )
