"""``scripts/bench``: the whole table, every row paired in one run with its rival and its floor."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
import time

from benchmarks import house, inventory, mirror, streams
from benchmarks.machine import keep, machine

SIZES = ((1_000, 5), (10_000, 3), (100_000, 1))
"""Films of the mirror's libraries, and rounds."""

PARTS: dict[str, Callable[[], str]] = {
    "The mirror": lambda: mirror.measure(SIZES),
    "The house": lambda: asyncio.run(house.measure(10_000, 5)),
    "The inventory": lambda: asyncio.run(inventory.measure(50_000, 1, feel=True)),
    "Streams": lambda: streams.table(asyncio.run(streams.measure(15))),
}


def main() -> None:
    """Measure everything, print the table, and with --keep write it beside this file."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="write benchmarks/table.txt")
    given = parser.parse_args()
    began = time.monotonic()
    text = [machine()]
    for name, part in PARTS.items():
        at = time.monotonic()
        found = part()
        text.append(f"{name} ({time.monotonic() - at:.0f} s to measure)\n{'=' * len(name)}\n{found}")
    text.append(f"All of it took {(time.monotonic() - began) / 60:.1f} minutes.")
    whole = "\n\n".join(text)
    print(whole)
    if given.keep:
        keep("table", whole)


if __name__ == "__main__":
    main()
