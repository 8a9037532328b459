"""``scripts/bench streams``: 200 streams that report every ten seconds, and a scan's flood of messages.

Prints the loop's lag in a real Home Assistant, idle and under that load in one run, and the time from a stream's start
on the server until its entity says so.
"""

from __future__ import annotations

import argparse
import asyncio
from statistics import median
import time
from typing import Any

import aiohttp

from benchmarks.hass import lag, measured
from benchmarks.machine import keep, machine
from demo import household
from demo.hass import Hass
from demo.plex import Plex

STREAMS = 200
REPORT_EVERY = 10
FLOOD = 1500
STARTS = 8


async def entity_of(hass: Hass, unique_id: str) -> str:
    """The entity id of a unique id."""
    while not (entity := (await hass.entities()).get(unique_id)):
        await asyncio.sleep(0.1)
    return entity


async def reaction(hass: Hass, plex: Plex, entity: str) -> float:
    """Milliseconds from a stream's start on the server until the entity has changed, as a listener sees it."""
    async with hass.session.ws_connect(f"{hass.base}/api/websocket") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": hass.tokens["access_token"]})
        await socket.receive_json()
        trigger = {"platform": "state", "entity_id": entity}
        await socket.send_json({"id": 1, "type": "subscribe_trigger", "trigger": trigger})
        await socket.receive_json()
        began = time.perf_counter()
        started = await plex.control("POST", "sessions", {"kind": "direct_play", "user": "bench"})
        while (await socket.receive_json(timeout=30)).get("type") != "event":
            pass
        took = (time.perf_counter() - began) * 1000
        await plex.control("POST", f"sessions/{started['key']}/stop")
        while (await socket.receive_json(timeout=30)).get("type") != "event":
            pass
    return took


async def flooding(plex: Plex, seconds: float) -> None:
    """Let the server scan: its messages come at once, again and again."""
    for _ in range(int(seconds / 5)):
        await plex.control("POST", "websocket", {"action": "flood", "count": FLOOD})
        await asyncio.sleep(5)


async def measure(seconds: float) -> list[tuple[str, dict[str, Any] | float]]:
    """Measure everything in one run."""
    rows: list[tuple[str, dict[str, Any] | float]] = []
    async with Plex("--port", "0", "--report-every", str(REPORT_EVERY)) as plex, measured() as hass:
        await household.add_server(hass, plex.url, plex.token)
        await household.settled(hass)
        streams = await entity_of(hass, f"{plex.ready['machineIdentifier']}_streams")
        await asyncio.sleep(10)
        print("measuring: idle", flush=True)
        rows.append(("idle", await lag(hass, seconds)))
        print("measuring: a stream's start", flush=True)
        times = []
        for _ in range(STARTS):
            times.append(await reaction(hass, plex, streams))
            await asyncio.sleep(1.5)
        rows.append(("start of a stream -> entity, median", median(times)))
        rows.append(("start of a stream -> entity, slowest", max(times)))
        await plex.control("POST", "sessions", {"kind": "transcode", "count": STREAMS // 2})
        await plex.control("POST", "sessions", {"kind": "direct_play", "count": STREAMS - STREAMS // 2})
        while (await hass.state(streams))["state"] != str(STREAMS):
            await asyncio.sleep(0.2)
        await asyncio.sleep(15)
        print(f"measuring: {STREAMS} streams", flush=True)
        rows.append((f"{STREAMS} streams, a report each every {REPORT_EVERY} s", await lag(hass, seconds)))
        print("measuring: the flood of a scan", flush=True)
        flood = asyncio.ensure_future(flooding(plex, seconds))
        rows.append((f"the same, and a scan's {FLOOD} messages every 5 s", await lag(hass, seconds)))
        await flood
        rows.append(("idle", await lag(hass, seconds)))
    return rows


def table(rows: list[tuple[str, dict[str, Any] | float]]) -> str:
    """Write the rows."""
    idle = min(row["p99"] for name, row in rows if name == "idle" and isinstance(row, dict))
    lines = [f"{'Loop lag in ms':52} {'p50':>7} {'p99':>7} {'max':>7} {'p99 - idle':>11}"]
    lines += [
        f"{name:52} {row['p50']:7.2f} {row['p99']:7.2f} {row['max']:7.2f} {row['p99'] - idle:11.2f}"
        for name, row in rows
        if isinstance(row, dict)
    ]
    lines += ["", f"{'Reaction in ms':52}"]
    lines += [f"{name:52} {row:7.0f}" for name, row in rows if isinstance(row, float)]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="scripts/bench streams", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long each row is measured")
    parser.add_argument("--keep", action="store_true", help="write the table to benchmarks/streams.txt")
    arguments = parser.parse_args()
    try:
        text = f"{machine()}\n\n{table(asyncio.run(measure(arguments.seconds)))}"
    except aiohttp.ClientError as error:
        raise SystemExit(f"Home Assistant or the simulator went away: {error}") from error
    print(text)
    if arguments.keep:
        keep("streams", text)


if __name__ == "__main__":
    main()
