"""Start the command as a user does, without Home Assistant in the process."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import subprocess
import sys

from custom_components.plex_steward import mirror

CODE = """
import importlib.util, sys
where = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("plex_steward_mirror", where, submodule_search_locations=[{0!r}])
package = importlib.util.module_from_spec(spec)
sys.modules["plex_steward_mirror"] = package
spec.loader.exec_module(package)
from plex_steward_mirror.cli import main
sys.exit(main())
"""


def command(*words: object) -> list[str]:
    """The command line of a process that loads the mirror alone."""
    here = Path(str(mirror.__file__)).parent
    return [sys.executable, "-c", CODE.format(str(here)), str(here / "__init__.py"), *map(str, words)]


def shell(*words: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `plex-steward` to its end."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **(environment or {})},
        timeout=120,
        check=False,
    )
