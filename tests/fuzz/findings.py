"""What a run of the fuzzer has found: each cause once, as small as it gets, written down at once."""

import argparse
from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
import time

from .target import keep


def arguments() -> argparse.Namespace:
    """Read what an engine is told: target, seconds, seed, and the folder to work in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--work", type=Path, required=True)
    return parser.parse_args()


@dataclass
class Result:
    """One target's run."""

    target: str
    seed: int
    how: str = ""
    """Which engine."""
    seconds: float = 0.0
    executions: int = 0
    inputs: int = 0
    """Inputs worth keeping, by what they reach."""
    findings: dict[str, str] = field(default_factory=dict)
    """Cause -> file of the smallest input."""
    commit: str = ""
    """What was fuzzed."""
    ended: str = ""
    """How, if not by itself."""

    @property
    def name(self) -> str:
        """What tells it from other runs."""
        return f"{self.target}-{self.seed}"

    def write(self, work: Path) -> None:
        """Keep it, also while the run goes on."""
        work.mkdir(parents=True, exist_ok=True)
        fresh = work / f"{self.name}.new"
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(work / f"{self.name}.json")


class Notebook:
    """Counts and writes down."""

    def __init__(self, result: Result, work: Path) -> None:
        """Begin."""
        self.result = result
        self.work = work
        self._began = self._written = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def begin(self) -> None:
        """Let the time count from now on: everything is loaded."""
        self._began = time.monotonic()
        self.save()

    def tried(self) -> None:
        """One more."""
        self.result.executions += 1
        if time.monotonic() - self._written > 5:
            self.save()

    def found(self, cause: str, text: str, told: str) -> None:
        """Write a finding down."""
        if cause in self.result.findings:  # a smaller one
            (self.work / "found" / self.result.target / self.result.findings[cause]).unlink()
        path = keep(self.result.target, text, self.work / "found")
        path.with_suffix(".error").write_text(f"{cause}\n\n{told}", encoding="utf-8", errors="backslashreplace")
        self.result.findings[cause] = path.name
        print(f"{self.result.target}: FOUND {cause} ({path})", flush=True)
        self.save()

    def save(self) -> None:
        """Write the result as it is now."""
        self._written = time.monotonic()
        self.result.seconds = self.seconds
        self.result.write(self.work)


def load(work: Path, run: Result) -> Result:
    """Give what a run has written."""
    return Result(**json.loads((work / f"{run.name}.json").read_text(encoding="utf-8")))


def read(work: Path) -> list[Result]:
    """Give what the runs have written."""
    return [Result(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(work.glob("*-*.json"))]
