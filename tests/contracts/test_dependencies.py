"""What we bring along is little, known by version and hash, and may stand beside our licence."""

import ast
import re
import sys

import pytest

from scripts.lib import audit

from .reading import INTEGRATION, ROOT, modules, name_of, text, tree

LOCKED = sorted((ROOT / "requirements").glob("*.txt"))
NAMED = {"aiohttp", "multidict", "plexapi", "probatio", "propcache", "requests", "urllib3", "yaml", "yarl"}
"""What the integration's code imports beside Home Assistant and the standard library."""


def test_only_plexapi_is_brought_along():
    """Everything else is there already: Home Assistant itself needs it."""
    assert [one.name for one in audit.needs() if not one.core] == ["plexapi"]


def test_every_licence_may_stand_beside_ours():
    assert {one.licence for one in audit.needs()} <= audit.LICENCES


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.stem)
def test_what_is_installed_is_one_version_with_its_hashes(file):
    assert audit.unhashed(file) == []


def test_a_version_without_its_hash_is_noticed(tmp_path):
    file = tmp_path / "bad.txt"
    good = "d==1 \\\n    --hash=sha256:" + "0" * 64
    file.write_text(f"# a comment\na==1\nb>=1 \\\n    --hash=sha256:00\nc @ https://host.example/c.whl\n{good}\n")
    assert audit.unhashed(file) == ["a==1", "b>=1", "c"]


def test_nothing_else_is_imported():
    found = set()
    for path in modules():
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            found |= {name.split(".")[0] for name in names}
    assert found - set(sys.stdlib_module_names) - {"homeassistant", INTEGRATION.name} <= NAMED


def test_the_page_about_security_names_what_is_needed():
    page = text(ROOT / "docs" / "security.md")
    assert [one.name for one in audit.needs() if f"`{one.name}`" not in page] == []


def test_the_cards_bring_nothing_along():
    """No module from elsewhere, and no address but that of our own pages."""
    for file in sorted((INTEGRATION / "frontend").rglob("*.js")):
        for line in text(file).splitlines():
            if line.startswith(("import ", "export ")) and " from " in line:
                assert line.rpartition(" from ")[2].strip("'\"; ").startswith("."), f"{name_of(file)}: {line}"
        hosts = set(re.findall(r"https?://[^/\s\"']+(?:/[\w-]+)?", text(file)))
        assert hosts <= {"https://github.com/plex-steward", "http://www.w3.org/2000"}, name_of(file)


def test_the_cards_make_no_page_out_of_text():
    """Titles come from servers: they are set as text, never read as HTML, and nothing is run that is not a file."""
    for file in sorted((INTEGRATION / "frontend").rglob("*.js")):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", text(file)
        )
