"""``scripts/bench``: the whole table, every row paired in one run with its rival and its floor."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
import time

from benchmarks import mirror
from benchmarks.machine import keep, machine

SIZES = ((1_000, 5), (10_000, 5), (100_000, 1))
"""Films of the mirror's libraries, and rounds."""


def _house(_room: Path) -> str:
    from benchmarks import house  # noqa: PLC0415 - see PARTS

    return asyncio.run(house.measure(10_000, 3))


def _inventory(_room: Path) -> str:
    from benchmarks import inventory  # noqa: PLC0415 - see PARTS

    return asyncio.run(inventory.measure(50_000, 1, feel=True))


def _streams(_room: Path) -> str:
    from benchmarks import streams  # noqa: PLC0415 - see PARTS

    return streams.table(asyncio.run(streams.measure(10)))


PARTS: dict[str, Callable[[Path], str]] = {
    "The mirror": lambda room: mirror.measure(SIZES, room),
    "The house": _house,
    "The inventory": _inventory,
    "Streams": _streams,
}
"""Each loads what it needs when its time has come: the peak memory of a process counts from that of who started it."""


def main() -> None:
    """Measure everything, print the table, and with --keep write it beside this file."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="write benchmarks/table.txt")
    given = parser.parse_args()
    began = time.monotonic()
    text = [machine()]
    with mirror.workplace() as room:
        for name, part in PARTS.items():
            at = time.monotonic()
            found = part(room)
            text.append(f"{name} ({time.monotonic() - at:.0f} s to measure)\n{'=' * len(name)}\n{found}")
        text.append(f"All of it took {(time.monotonic() - began) / 60:.1f} minutes.")
        whole = "\n\n".join(text)
        print(whole, flush=True)
        if given.keep:
            keep("table", whole)


if __name__ == "__main__":
    main()
