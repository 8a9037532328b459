"""A whole Home Assistant lives through a day by a moved clock: `scripts/soak`, the short way."""

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_a_day() -> None:
    """Each count equals the server's, nothing is left of an unloaded entry, and the log has no complaint of ours.

    In a process of its own: its clocks are not those of the tests.
    """
    command = [sys.executable, "-m", "benchmarks.soak", "--days", "1", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=880)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
