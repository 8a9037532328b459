"""Run the parts of the test suite one after the other and sum up; see ``scripts/test``.

A test that fails is run once more, with the failed ones alone: only what fails twice fails the run. What passes at the
second try is named at the end as unstable, loudly: it is a bug of ours that waits (docs/adr/0004).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / ".reports"
PYTHON = str(BIN / "python")
NEXT_PYTHON = str(ROOT / ".venv-next" / "bin" / "python")
RUFF = str(BIN / "ruff")
PART_LIMIT = 40 * 60
"""Seconds after which a part is ended: it hangs. Single tests have a limit of their own in pyproject.toml."""

TESTS_FAILED = 1
NEXT_TYPES = (PYTHON, "-m", "mypy", f"--python-executable={NEXT_PYTHON}", "--cache-dir=.mypy_cache/next")
"""Against the next release of Home Assistant: what it has moved, and what it calls deprecated."""
ENOUGH = 0.95
"""Share of the lines of every module that the tests run: the rule `test-coverage` of the quality scale."""
MIRROR = "custom_components/plex_steward/mirror"


@dataclass
class Outcome:
    """What came out of a part, or of all."""

    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Count another part's outcome in."""
        self.passed += other.passed
        self.skipped += other.skipped
        self.failed += other.failed
        self.unstable += other.unstable


@dataclass(frozen=True)
class Commands:
    """A part that is a list of programs; each one counts as a check. ``next`` as `Pytest` has it."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    next: bool = False

    def run(self, _: Sequence[str]) -> Outcome:
        """Run every program, also after one has failed."""
        if self.next and not has_next():
            return Outcome(skipped=1)
        outcome = Outcome()
        for command in self.commands:
            if execute(command) == 0:
                outcome.passed += 1
            else:
                outcome.failed.append(f"{self.name}: {' '.join(Path(word).name for word in command)}")
        return outcome


@dataclass(frozen=True)
class Pytest:
    """A part that is a folder of tests.

    ``plain`` ones run without the plugin that stands in for Home Assistant; ``bare`` ones without the integration
    around the inner rings; ``old`` ones on the oldest Python of the mirror, skipped with a reason where there is none;
    ``browser`` ones need Chromium, and their files tell one story each, so that they are run again as a whole. ``next``
    ones have the next release of Home Assistant started, skipped with a reason where it cannot be had. ``only`` names
    the marker of the tests that are meant.
    """

    name: str
    folders: tuple[str, ...]
    plain: bool = False
    bare: bool = False
    covered: bool = True
    old: bool = False
    browser: bool = False
    next: bool = False
    only: str = ""

    def run(self, arguments: Sequence[str]) -> Outcome:
        """Run the tests, and those that fail once more."""
        if self.browser and execute(["scripts/setup", "--chromium"]) != 0:
            shout(f"{self.name}: tests that need a browser are SKIPPED")
        python = old_python() if self.old else PYTHON
        if not python or (self.next and not has_next()):
            return Outcome(skipped=1)
        code, outcome = self._pytest(python, "first", arguments, self.folders)
        if code == 0:
            return outcome
        if code == TESTS_FAILED:
            shout(f"{self.name}: {len(outcome.failed)} failed; running them once more")
            names = [name.split("::")[0] for name in outcome.failed] if self.browser else outcome.failed
        else:
            shout(f"{self.name}: pytest itself ended with {code}; running the part once more")
            names = []
        code, second = self._pytest(python, "second", arguments, sorted(set(names)))
        passed = second.passed if self.browser or not names else outcome.passed + second.passed
        if code == 0:
            return Outcome(passed, outcome.skipped, unstable=outcome.failed or [f"{self.name} (the whole part)"])
        still = second.failed or [f"{self.name}: pytest ended with {code}"]
        return Outcome(passed, outcome.skipped, still, [name for name in outcome.failed if name not in still])

    def _pytest(self, python: str, attempt: str, arguments: Sequence[str], names: Sequence[str]) -> tuple[int, Outcome]:
        report, cache = REPORTS / f"{self.name}-{attempt}.xml", REPORTS / "cache" / f"{self.name}-{attempt}"
        command = [python, "-m", "pytest", "-q", f"--junit-xml={report}", "-o", f"cache_dir={cache}"]
        command += ["-p", "no:homeassistant"] if self.plain else []
        command += ["-p", "tests.bare"] if self.bare else []
        command += ["--cov", "--cov-report="] if self.covered else []
        command += ["-m", self.only] if self.only else []
        data = {"COVERAGE_FILE": str(REPORTS / "coverage" / f".coverage.{self.name}.{attempt}")}
        data |= {"PLEX_STEWARD_HASS_PYTHON": NEXT_PYTHON} if self.next else {}
        code = execute([*command, *(names or self.folders), *arguments], data)
        return code, read_report(report, cache / "v" / "cache" / "lastfailed")


PARTS: tuple[Commands | Pytest, ...] = (
    Commands("lint", ((RUFF, "check", "."), (RUFF, "format", "--check", "."))),
    Commands(
        "types",
        (
            (PYTHON, "-m", "mypy"),
            (
                PYTHON,
                "-m",
                "mypy",
                "--python-version=3.11",
                "--follow-imports=silent",
                "--cache-dir=.mypy_cache/mirror",
                MIRROR,
            ),
        ),
    ),
    Pytest("contracts", ("tests/contracts",), plain=True),
    Pytest("mirror", ("tests/mirror",), plain=True, bare=True),
    Pytest("plex", ("tests/plex",), plain=True, bare=True),
    Pytest("simulator", ("tests/simulator",), plain=True),
    Pytest("stewardship", ("tests/stewardship",)),
    Pytest("integration", ("tests/integration",)),
    Pytest("fuzz", ("tests/fuzz",)),
    Pytest("oldpython", ("tests/mirror",), plain=True, bare=True, covered=False, old=True),
    Pytest("wheel", ("tests/wheel",), plain=True, covered=False),
    Pytest("e2e", ("tests/e2e",), plain=True, covered=False, browser=True),
    Commands("next-types", ((*NEXT_TYPES, "custom_components"),), next=True),
    Pytest("next", ("tests/e2e",), plain=True, covered=False, browser=True, next=True, only="core"),
)
GROUPS = {
    "all": [part.name for part in PARTS],
    "released": [part.name for part in PARTS if not part.next],
    "unit": ["contracts", "mirror", "plex", "simulator", "stewardship", "integration", "fuzz"],
}


def say(text: str) -> None:
    """Print a line of our own."""
    print(f"test: {text}", flush=True)


def shout(text: str) -> None:
    """Print a line nobody overlooks."""
    print(f"\n{'!' * 20} {text} {'!' * 20}\n", flush=True)


def old_python() -> str:
    """Return the path of the oldest Python the mirror supports; say why where there is none."""
    done = subprocess.run([ROOT / "scripts" / "oldpython"], capture_output=True, text=True, check=False)
    if done.returncode:
        shout(f"oldpython: SKIPPED: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
        return ""
    return done.stdout.strip().splitlines()[-1]


def has_next() -> bool:
    """Provide the next release of Home Assistant; say so where it cannot be had."""
    if execute(["scripts/setup", "--next"]) == 0:
        return True
    shout("next: SKIPPED: the release in requirements/next.txt could not be installed here (see above)")
    return False


def execute(command: Sequence[str], extra: dict[str, str] | None = None) -> int:
    """Run a program from the checkout's folder; end it, and all it started, when it takes longer than a part may."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "RUFF_CACHE_DIR": ".ruff_cache"} | (extra or {})
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            return process.wait(PART_LIMIT)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                shout(f"ended after {PART_LIMIT} s: {' '.join(command)}")
                return -signal.SIGKILL
            raise


def read_report(report: Path, failed: Path) -> Outcome:
    """Read what pytest has counted and which tests it remembers as failed; a run that died has written neither."""
    outcome = Outcome()
    if failed.exists():
        outcome.failed = sorted(json.loads(failed.read_text(encoding="utf-8")))
    for case in ET.parse(report).iter("testcase") if report.exists() else ():
        kinds = {child.tag for child in case}
        if "skipped" in kinds:
            outcome.skipped += 1
        elif not kinds & {"failure", "error"}:
            outcome.passed += 1
    return outcome


def print_coverage() -> bool:
    """Print the coverage of all parts together; return whether it suffices."""
    data = {"COVERAGE_FILE": str(REPORTS / ".coverage")}
    coverage = [PYTHON, "-m", "coverage"]
    if execute([*coverage, "combine", "--quiet", "--keep", str(REPORTS / "coverage")], data) != 0:
        return False
    report = REPORTS / "coverage.json"
    if execute([*coverage, "report"], data) != 0 or execute([*coverage, "json", "-q", "-o", str(report)], data) != 0:
        return False
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    found = {name: file["summary"] for name, file in files.items()}
    thin = [name for name, one in found.items() if one["covered_lines"] < ENOUGH * one["num_statements"]]
    for name in thin:
        shout(f"coverage: of {name} not even {ENOUGH:.0%} of the lines are run")
    return not thin


def chosen(arguments: Sequence[str]) -> list[Commands | Pytest]:
    """Return the parts the arguments name, in their order."""
    names = [name for argument in arguments or ["all"] for name in GROUPS.get(argument, [argument])]
    known = {part.name for part in PARTS}
    if wrong := [name for name in names if name not in known]:
        sys.exit(f"test: no part is called {wrong[0]!r}; there are {', '.join([*sorted(known), *GROUPS])}")
    return [part for part in PARTS if part.name in names]


def main(arguments: list[str]) -> int:
    """Run the chosen parts; return the exit code."""
    if "--list" in arguments:
        print("\n".join(part.name for part in PARTS))
        print("\n".join(f"{name} = {' '.join(parts)}" for name, parts in GROUPS.items()))
        return 0
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parts, rest = chosen(arguments[:split]), arguments[split + 1 :]
    shutil.rmtree(REPORTS, ignore_errors=True)
    (REPORTS / "coverage").mkdir(parents=True)
    begun = time.monotonic()
    total = Outcome()
    for number, part in enumerate(parts, 1):
        say(f"[{number}/{len(parts)}] {part.name}")
        start = time.monotonic()
        outcome = part.run(rest)
        verdict = f"{len(outcome.failed)} FAILED, " if outcome.failed else ""
        say(
            f"[{number}/{len(parts)}] {part.name}: {verdict}{outcome.passed} passed in {time.monotonic() - start:.0f} s"
        )
        total.add(outcome)
    if not rest and {part.name for part in parts} >= set(GROUPS["unit"]) and not print_coverage():
        total.failed.append("coverage")
    for name in total.unstable:
        shout(f"UNSTABLE, passed only at the second try: {name}")
    for name in total.failed:
        print(f"FAILED {name}")
    print(summary(total, time.monotonic() - begun), flush=True)
    return 1 if total.failed else 0


def summary(total: Outcome, seconds: float) -> str:
    """Return the closing line, in the words of pytest."""
    counts = [
        (len(total.failed), "failed"),
        (total.passed, "passed"),
        (total.skipped, "skipped"),
        (len(total.unstable), "unstable"),
    ]
    words = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing ran"
    return f" {words} in {seconds:.2f}s ".center(100, "=")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
