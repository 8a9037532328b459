"""`scripts/soak [--days 7] [--seed N]`: a simulated week of a whole Home Assistant, and a table of what it showed."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, date, datetime, time
import logging
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import traceback
import tracemalloc
from zoneinfo import ZoneInfo

from benchmarks.machine import keep, machine

from . import clock as clocks


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--days", type=int, default=7, choices=range(1, 8), metavar="1-7")
    parser.add_argument("--seed", type=int, default=1, help="the same seed lets the same things happen")
    parser.add_argument("--keep", action="store_true", help="keep the table in benchmarks/soak.txt")
    return parser.parse_args()


def main() -> int:
    """Run; the exit code is 1 when something was not as it must be."""
    arguments = _arguments()
    from .household import first_day  # noqa: PLC0415 - knows no clock

    first = first_day(datetime.now(UTC).date())
    from .house import ZONE  # noqa: PLC0415 - the same

    clock = clocks.Clock(datetime.combine(first, time(0), ZoneInfo(ZONE)))
    clocks.install(clock)
    loop = clocks.make_loop(clock)
    from homeassistant import runner  # noqa: PLC0415 - only now, with the clocks in place

    runner.configure_event_loop(loop)
    asyncio.set_event_loop(loop)
    with TemporaryDirectory(prefix="plex-steward-soak-", ignore_cleanup_errors=True) as folder:
        try:
            text, good = loop.run_until_complete(_soak(clock, Path(folder), first, arguments.days, arguments.seed))
            loop.run_until_complete(loop.shutdown_default_executor())
        except Exception:  # noqa: BLE001 - Home Assistant has taken the way to the terminal over
            sys.stderr.write(traceback.format_exc())
            return 1
    sys.stdout.write(text + "\n")
    if arguments.keep:
        keep("soak", text)
    return 0 if good else 1


async def _soak(clock: clocks.Clock, folder: Path, first: date, days: int, seed: int) -> tuple[str, bool]:
    from simulator import Simulator  # noqa: PLC0415 - after the clocks

    from . import house, household  # noqa: PLC0415 - the same
    from .measure import Holding, holding  # noqa: PLC0415 - the same
    from .table import Table  # noqa: PLC0415 - the same
    from .told import Told  # noqa: PLC0415 - the same
    from .truth import Tally, Truth  # noqa: PLC0415 - the same
    from .week import Week  # noqa: PLC0415 - the same

    began = clocks.real_monotonic()
    complaints = house.Complaints()
    logging.getLogger().addHandler(complaints)
    media, config = folder / "media", folder / "config"
    config.mkdir()
    (media / "jellyfin").mkdir(parents=True)
    for name in household.FILMS:
        household.film(media / "plex", name)
    held: list[Holding] = []
    roots = [("Films", "movie", media / "plex")]
    async with (
        Simulator(media=roots, synthetic={"show": 2}, seed=seed, report_every=45, name="Home") as plex,
        house.moved_in(config) as hass,
    ):
        plex.state.log = Tally()
        plex.state.prefs["autoEmptyTrash"] = False
        entry = await household.move_in(hass, plex, media, first)
        truth, told = Truth(plex), Told(hass, entry)
        truth.loaded()
        week = Week(hass, entry, plex, truth, told, clock, media, seed)
        await week.settle()
        for number in range(days):
            await week.day()
            await week.settle()
            held.append(holding())
            sys.stderr.write(f"day {number + 1} of {days}: {clocks.real_monotonic() - began:.0f} s\n")
            if number == 0 and days > 2:
                tracemalloc.start()
        table = Table(week, held, complaints.rows)
        text = table.text(f"{days} days, seed {seed}; {machine()}", clocks.real_monotonic() - began, clock.moves)
    return text, table.good


if __name__ == "__main__":
    sys.exit(main())
