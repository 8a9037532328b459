"""Print what the core integrations that our Home Assistants run need, as Home Assistant pins it.

A running Home Assistant would install these by itself; ours run without a package index at hand.
"""

import importlib
import json
from pathlib import Path
import sys

INTEGRATIONS = ("config", "energy", "history", "logbook", "media_source", "plex", "todo", "zeroconf")
"""What the demo and the tests use beside what every Home Assistant loads; `plex` lives with ours in one process."""


def main(site_packages: Path) -> None:
    """Print one requirement per line, for the integrations and all they depend on."""
    sys.path.append(str(site_packages))
    default = importlib.import_module("homeassistant.bootstrap").DEFAULT_INTEGRATIONS
    components = site_packages / "homeassistant" / "components"
    known: set[str] = set()
    open_ends = [*INTEGRATIONS, *default]
    requirements: set[str] = set()
    while open_ends:
        name = open_ends.pop()
        if name not in known:
            known.add(name)
            manifest = json.loads((components / name / "manifest.json").read_text(encoding="utf-8"))
            open_ends += manifest.get("dependencies", [])
            requirements.update(manifest.get("requirements", []))
    print("\n".join(sorted(requirements, key=str.lower)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
