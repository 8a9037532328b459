"""Three rings, one direction of import (docs/adr/0001)."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

from .reading import INTEGRATION, ROOT, modules, name_of, text, tree

MIRROR, PLEX = INTEGRATION / "mirror", INTEGRATION / "plex"
OLDEST = (3, 11)

IMPORT_ALL = """
import importlib, pkgutil, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {refused!r}:
            raise ImportError(f"{{name}} does not belong into this ring")
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, {folder!r})
ring = importlib.import_module({ring!r})
names = [ring.__name__]
for module in pkgutil.walk_packages(ring.__path__, ring.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        names.append(module.name)
print(len(names))
"""


def imports(path: Path) -> set[tuple[int, str]]:
    """Return the level (0 is absolute) and the name of everything a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.level, node.module or ""))
    return found


@pytest.mark.parametrize(
    ("ring", "options", "refused"),
    [
        ("mirror", ["-I", "-S"], ("homeassistant", "plex")),  # -S: the standard library is all there is
        ("plex", ["-I"], ("homeassistant", "mirror", "custom_components")),
    ],
)
def test_a_ring_stands_alone_in_a_fresh_interpreter(ring, options, refused):
    program = IMPORT_ALL.format(refused=set(refused), folder=str(INTEGRATION), ring=ring)
    done = subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len([path for path in modules(INTEGRATION / ring) if path.name != "__main__.py"])


@pytest.mark.parametrize("ring", [MIRROR, PLEX], ids=lambda ring: ring.name)
def test_a_ring_imports_nothing_from_outside_itself(ring):
    for path in modules(ring):
        depth = len(path.relative_to(ring).parts)
        for level, name in imports(path):
            assert level <= depth, f"{name_of(path)} reaches out of its ring for {name or 'a package'}"
            assert level or name.split(".")[0] not in {"homeassistant", "custom_components", ring.name}, name_of(path)


def test_the_mirror_needs_the_standard_library_only():
    for path in modules(MIRROR):
        for level, name in imports(path):
            assert level or name.split(".")[0] in sys.stdlib_module_names, f"{name_of(path)} imports {name}"


def test_the_mirror_keeps_to_the_oldest_python():
    for path in modules(MIRROR):
        ast.parse(text(path), str(path), feature_version=OLDEST)


def test_one_module_knows_plexapi():
    users = {name_of(path) for path in modules() if any(name.split(".")[0] == "plexapi" for _, name in imports(path))}
    assert users == {"custom_components/plex_steward/plex/control.py"}


@pytest.mark.parametrize("program", ["simulator", "demo"])
def test_the_programs_beside_it_do_not_know_our_code(program):
    for path in modules(ROOT / program):
        names = {name.split(".")[0] for _, name in imports(path)}
        assert "custom_components" not in names, f"{name_of(path)} must see the integration as a stranger does"


def test_what_people_install_knows_no_tests():
    for path in modules():
        names = {name.split(".")[0] for level, name in imports(path) if not level}
        assert not names & {"tests", "simulator", "demo", "benchmarks", "pytest"}, name_of(path)
