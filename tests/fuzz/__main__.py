"""``scripts/fuzz [TARGET ...] [--minutes N] [--seed N] [--keep]``: looks for inputs that break something.

Without targets all are run, side by side. What is found is written, as small as it gets, to `.fuzz/found/`; copy it to
`tests/fuzz/corpus/` with the mend, and the suite tries it from then on.
"""

import argparse
from pathlib import Path
import subprocess
import sys
import time

from benchmarks.machine import keep, machine

from .findings import Result, load, read

GUIDED = ("names", "answers", "frames", "schedules")
"""Parsers, by coverage."""
DRAWN = ("plans",)
"""Structures, at random."""
HOUSE = ("actions", "options", "pushes", "polls")
"""A set-up integration, at random."""
ALL = (*GUIDED, *DRAWN, *HOUSE)
ROOT = Path(__file__).parents[2]
WORK = ROOT / ".fuzz"
GRACE = 600
"""Seconds a run may need longer than asked: the smallest input is being looked for."""


def command(target: str, seconds: float, seed: int) -> list[str]:
    """Give the program that fuzzes a target."""
    module = "tests.fuzz.guided" if target in GUIDED else "tests.fuzz.unguided"
    return [sys.executable, "-m", module, target, f"--seconds={seconds}", f"--seed={seed}", f"--work={WORK}"]


def table(results: list[Result]) -> str:
    """Write the results of all runs there are, in the order of the targets."""
    lines = [
        machine(),
        f"{'target':10} {'engine':22} {'minutes':>8} {'executions':>11} {'seed':>9}  {'commit':9}  found",
    ]
    for one in sorted(results, key=lambda one: (ALL.index(one.target), one.seed)):
        found = "; ".join(one.findings) or "nothing"
        ended = f" (ended early: {one.ended})" if one.ended else ""
        numbers = f"{one.seconds / 60:8.1f} {one.executions:11,} {one.seed:9}"
        lines.append(f"{one.target:10} {one.how:22} {numbers}  {one.commit:9}  {found}{ended}")
    return "\n".join(lines)


def main() -> int:
    """Run, wait, sum up."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(ALL))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write all results in .fuzz/ to benchmarks/fuzz.txt")
    given = parser.parse_args()
    if wrong := set(given.targets) - set(ALL):
        parser.error(f"no such target: {', '.join(sorted(wrong))}")
    wanted = [name for name in ALL if name in (given.targets or ALL)]
    running: dict[str, tuple[Result, subprocess.Popen[bytes]]] = {}
    for name in wanted if given.minutes else ():
        begun = Result(name, given.seed, commit=_commit())
        begun.write(WORK)
        with (WORK / f"{begun.name}.log").open("wb") as log:
            program = command(name, given.minutes * 60, given.seed)
            running[name] = (
                begun,
                subprocess.Popen(program, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT),
            )
    deadline = time.monotonic() + given.minutes * 60 + GRACE
    for begun, process in running.values():
        try:
            code = process.wait(max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        result = load(WORK, begun)
        result.commit = begun.commit
        result.ended = f"code {code}" if code else ""
        result.write(WORK)
    results = read(WORK)
    print(table(results))
    if given.keep:
        keep("fuzz", table(results))
    ours = [one for one in results if one.name in {begun.name for begun, _ in running.values()}]
    return 1 if any(one.ended or one.findings for one in ours) else 0


def _commit() -> str:
    git = ["git", "describe", "--always"]
    done = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
