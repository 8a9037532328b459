"""Disturb thousands of runs of the mirror and count what came of it."""

from __future__ import annotations

import argparse
from collections import Counter
import gc
from multiprocessing import get_context
import os
from pathlib import Path
import shutil
import sys
import tempfile
import time
from typing import TextIO

import tests.bare  # noqa: F401  the mirror alone, without Home Assistant
from tests.mirror.faults.calls import Fault
from tests.mirror.faults.one import Reference, Result, reference, strike
from tests.mirror.faults.plans import choose
from tests.mirror.faults.stories import STORIES

KEPT = Path(__file__).parents[3] / "benchmarks" / "faults.txt"
ENDS = ("killed", "stopped", "done", "lines", "not begun", "crashed")


def main() -> int:
    """Run from the command line; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many faults (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which of all that are possible (default: %(default)s)")
    parser.add_argument("--story", default="", help="only runs whose name begins so")
    parser.add_argument("--call", type=int, default=0, help="only faults at this call")
    parser.add_argument("--where", help="folder to work in (default: a temporary one)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help=f"write the table to {KEPT.name} beside the benchmarks")
    parser.add_argument("--stop", action="store_true", help="end at the first promise that is broken")
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="faults-", dir=chosen.where))
    try:
        return _run(chosen, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(chosen: argparse.Namespace, root: Path) -> int:
    begun = time.monotonic()
    stories = [story for story in STORIES if story.name.startswith(chosen.story)]
    known = [reference(root / "world", story) for story in stories]
    gc.freeze()  # a child that collects would copy every page it looks at
    faults = choose(known, chosen.count, chosen.seed)
    if chosen.call:
        faults = [pair for pair in faults if pair[1].number == chosen.call]
    results: list[Result] = []
    numbers = [(known.index(one), fault) for one, fault in faults]
    with get_context("fork").Pool(chosen.jobs, _settle, (root, known)) as workers:
        for number, result in enumerate(workers.imap_unordered(_strike, numbers), 1):
            results.append(result)
            if result.wrong:
                _tell(known, result)
                if chosen.stop:
                    break
            if number % 100 == 0:
                rate = number / (time.monotonic() - begun)
                bad = sum(bool(each.wrong) for each in results)
                say(f"{number} of {len(faults)}, {rate:.0f}/s, {bad} broken", sys.stderr)
    text = table(known, results, chosen.seed)
    say(text)
    if chosen.keep:
        KEPT.write_text(text + "\n", encoding="utf-8")
    return int(any(result.wrong for result in results))


_worker: list[tuple[Path, list[Reference]]] = []
"""Of this process: where it works, and the runs it disturbs."""


def _settle(root: Path, known: list[Reference]) -> None:
    _worker.append((root / f"world-{os.getpid()}", known))


def _strike(number: tuple[int, Fault]) -> Result:
    root, known = _worker[0]
    return strike(root, known[number[0]], number[1])


def _tell(known: list[Reference], result: Result) -> None:
    one = next(one for one in known if one.story.name == result.story)
    call = one.calls[result.fault.number - 1]
    say(f"BROKEN {result.story!r} call {call.number} {call.name} ({call.place}): {result.fault}: {result.ended}")
    for line in result.wrong:
        say(f"    {line}")


def say(text: str, stream: TextIO | None = None) -> None:
    """Speak to whoever runs this."""
    print(text, file=stream, flush=True)


def table(known: list[Reference], results: list[Result], seed: int) -> str:
    """Kinds of faults against what came of them, then the runs that were disturbed."""
    reached = [result for result in results if result.reached]
    broken = sum(bool(result.wrong) for result in reached)
    lines = [
        f"{len(reached)} faults, seed {seed}; {broken} promises broken",
        f"{len(known)} kinds of runs, which make {sum(len(one.calls) for one in known)} calls to the file system",
        "",
        f"{'fault':38}{'struck':>8}" + "".join(f"{end:>11}" for end in ENDS[:-1]) + f"{'recovered':>11}{'undone':>8}",
    ]
    kinds = sorted({str(result.fault) for result in reached})
    for title, rows in [
        *((kind, [one for one in reached if str(one.fault) == kind]) for kind in kinds),
        ("all", reached),
    ]:
        ends = Counter(one.ended for one in rows)
        well = [one for one in rows if not one.wrong]
        lines.append(
            f"{title:38}{len(rows):8}"
            + "".join(f"{ends[end] or '':>11}" for end in ENDS[:-1])
            + f"{len(well):11}{sum(one.undone for one in well):8}"
        )
    lines += ["", f"{'run':52}{'calls':>8}{'writing':>8}{'struck':>8}{'recovered':>11}"]
    for story in known:
        rows = [result for result in reached if result.story == story.story.name]
        fine = sum(not result.wrong for result in rows)
        writing = sum(call.writes for call in story.calls)
        lines.append(f"{story.story.name:52}{len(story.calls):8}{writing:8}{len(rows):8}{fine:11}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
