"""What the integration brings into Home Assistant: its requirements and all that they need; see ``scripts/audit``.

Vulnerabilities are looked up in the workflow, which has the internet; this works without.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
import json
from pathlib import Path
import re
import sys

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "custom_components" / "plex_steward" / "manifest.json"
LICENCES = {"Apache-2.0", "BSD-3-Clause", "MIT", "MPL-2.0"}
"""That may stand beside ours (MIT)."""
SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""How older packages spell them in their classifiers."""


@dataclass(frozen=True)
class Need:
    """One package."""

    name: str
    version: str
    licence: str
    core: bool
    """Whether Home Assistant itself has it."""


def needs() -> list[Need]:
    """Return the manifest's requirements and everything below them, by name."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    core = _all("homeassistant")
    names = _all(*(Requirement(one).name for one in manifest["requirements"]))
    return [Need(name, distribution(name).version, licence(name), name in core) for name in sorted(names)]


def _all(*names: str) -> set[str]:
    """Return packages and everything they need."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += [one.name for one in _required(name)]
    return found


def _required(name: str) -> Iterator[Requirement]:
    """Give what a package always needs here, without its extras."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def licence(name: str) -> str:
    """Return a package's licence; what it says, when that is none of the usual names."""
    metadata = distribution(name).metadata
    said = metadata.get("License-Expression") or ""
    if not said:
        classifiers = [text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier") or () if "License" in text]
        said = next((SPELLINGS[one] for one in classifiers if one in SPELLINGS), "") or metadata.get("License") or "?"
    return str(said)


def unhashed(file: Path) -> list[str]:
    """Return the requirements of a locked file that are not one exact version with its hashes."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    good = re.compile(r"[\w.-]+==[\w.+!-]+( ; [^@#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*$")
    return [line.partition(" ")[0] for line in lines if not good.match(line)]


def main(arguments: list[str]) -> int:
    """Print the table, or the pins."""
    found = needs()
    if "--pins" in arguments:
        print("\n".join(f"{one.name}=={one.version}" for one in found))
        return 0
    for one in found:
        origin = "Home Assistant has it" if one.core else "brought by us"
        print(f"{one.name:20} {one.version:12} {one.licence:14} {origin}")
    bad = [f"{one.name}: {one.licence}" for one in found if one.licence not in LICENCES]
    bad += [f"{file.name}: {name}" for file in ROOT.glob("requirements/*.txt") for name in unhashed(file)]
    for line in bad:
        print(f"audit: not as it should be: {line}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
