"""The wheel, built once, and an empty environment with it for each Python."""

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


def run(*command: str | Path, code: int = 0) -> str:
    """Run a program and return what it prints; fail with all of it when it ends with another code."""
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def old_python() -> str:
    """Return a Python 3.11; skip where the machine has none and can get none."""
    done = subprocess.run([ROOT / "scripts/oldpython"], capture_output=True, text=True, timeout=280, check=False)
    if done.returncode:
        pytest.skip(f"no Python 3.11 here: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built as ``pip install .`` builds it, but without a package index."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session", params=["3.11", "3.14"])
def command(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command ``plex-steward`` in an environment that holds nothing but the wheel."""
    python = old_python() if request.param == "3.11" else sys.executable
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    run(UV, "venv", "--quiet", "--clear", "--offline", "--python", python, folder)
    run(UV, "pip", "install", "--quiet", "--offline", "--python", folder / "bin/python", wheel)
    version = run(folder / "bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    assert version.strip() == request.param
    return folder / "bin" / "plex-steward"
