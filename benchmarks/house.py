"""``scripts/bench house``: what it takes to import and to set up; what a mirror's run does to the loop."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from statistics import median
import subprocess
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any

from benchmarks import library
from benchmarks.hass import lag, lag_during, measured
from benchmarks.machine import keep, machine
from demo import household
from demo.hass import Hass
from demo.plex import Plex

IMPORT = """
import time
import homeassistant.helpers.network, homeassistant.helpers.service, homeassistant.helpers.update_coordinator
from homeassistant.components import (
    binary_sensor, button, calendar, diagnostics, event, frontend, http, image, intent, lovelace, number, recorder,
    repairs, select, sensor, switch, system_health, update, websocket_api,
)
began = time.perf_counter()
import custom_components.plex_steward
from custom_components.plex_steward import binary_sensor, button, config_flow, event, image, number, select, sensor
from custom_components.plex_steward import switch, update
print(time.perf_counter() - began)
"""


def imported() -> float:
    """Seconds a fresh process takes to import the integration, Home Assistant's own modules being there."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(done.stdout)


async def device(hass: Hass, identifier: str) -> str:
    """The id of the device of a mirror."""
    while True:
        for row in await hass.ws(type="config/device_registry/list"):
            if any(str(name).endswith(identifier) for _, name in row["identifiers"]):
                return str(row["id"])
        await asyncio.sleep(0.2)


async def measure(films: int, rounds: int) -> str:
    """Measure everything in one run."""
    print("house: importing", file=sys.stderr, flush=True)
    imports = [imported() for _ in range(rounds)]
    with TemporaryDirectory(prefix="house-bench-") as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        await asyncio.to_thread(library.make, source, films)
        await asyncio.to_thread(target.mkdir)
        async with Plex("--port", "0") as plex, measured() as hass:
            entry = await household.add_server(hass, plex.url, plex.token)
            await household.settled(hass)
            print("house: reloading", file=sys.stderr, flush=True)
            reloads = []
            for _ in range(rounds):
                began = time.perf_counter()
                await hass.post(f"/api/config/config_entries/entry/{entry}/reload")
                reloads.append(time.perf_counter() - began)
                await household.settled(hass)
            mirror = await household.add_mirror(hass, entry, "Bench", source, target)
            await household.settled(hass)
            run = {"mirror": await device(hass, mirror)}
            await asyncio.sleep(10)
            print("house: the loop beside a mirror", file=sys.stderr, flush=True)
            rows: list[tuple[str, dict[str, Any]]] = [("idle", await lag(hass, 15))]
            rows.append((f"first run of {films} films", await lag_during(hass, hass.action("sync_mirror", run))))
            again = {**run, "verify": True}
            rows.append(("every file looked at", await lag_during(hass, hass.action("sync_mirror", again))))
            rows.append(("diff", await lag_during(hass, hass.action("diff_mirror", run))))
    idle = rows[0][1]["p99"]
    lines = [
        f"{'import of the integration':38}{median(imports):8.2f} s",
        f"{'set up again (reload), server answering':38}{median(reloads):8.2f} s",
        "",
        f"{'Loop lag beside a mirror, ms':38}{'p50':>8}{'p99':>8}{'max':>8}{'p99 - idle':>12}",
        *(
            f"{name:38}{row['p50']:8.2f}{row['p99']:8.2f}{row['max']:8.2f}{row['p99'] - idle:12.2f}"
            for name, row in rows
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="scripts/bench house", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/house.txt")
    given = parser.parse_args()
    text = f"{machine()}\n\n{asyncio.run(measure(given.films, given.rounds))}"
    print(text)
    if given.keep:
        keep("house", text)


if __name__ == "__main__":
    main()
