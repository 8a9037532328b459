"""What holds for every file of the repository."""

import re

import pytest

from .reading import ROOT, is_text, name_of, text, tracked

LONGEST = 400
LONGEST_TEST = 600  # a table of cases is read line by line
WRITTEN = {".py", ".js", ".mjs", ".sh", ".md", ""}
"""Kinds of files that people write and read; data may be long."""
MADE = ("docs/reference.md", "LICENSE", "tests/snapshots/", "tests/data/")
"""Files that a program or a lawyer wrote."""

REGISTRIES = [
    host.replace("~", "") for host in ("py~pi.org", "python~hosted.org", "npm~js.org", "npm~js.com", "deb~.debian.org")
]
"""Hosts of package registries, not written as they are: a machine says itself where it gets its packages."""
MACHINE = re.compile(r"(?<![\w.~$}])/(root|home/(?!assistant|homeassistant)\w+|work|Users/\w+)/(?!config)|\.\./shared")
REASONLESS = re.compile(
    r"#\s*(noqa(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?"
    r"|type:\s*ignore(?:\[[\w,\s-]+\])?|pragma:\s*no (?:cover|branch))\s*$"
)

FILES = tracked()
TEXTS = [path for path in FILES if is_text(path)]


def written(path) -> bool:
    return (
        path.suffix in WRITTEN
        and not any(part in name_of(path) for part in MADE)
        and "/snapshots/" not in name_of(path)
    )


def lines():
    for path in TEXTS:
        for number, line in enumerate(text(path).splitlines(), 1):
            yield path, number, line


def test_git_knows_the_files():
    assert ROOT / "pyproject.toml" in FILES


def test_files_are_short():
    assert {
        name_of(path): count
        for path in TEXTS
        if written(path)
        and (count := len(text(path).splitlines())) > (LONGEST_TEST if name_of(path).startswith("tests/") else LONGEST)
    } == {}


def test_no_symbolic_links():
    assert [name_of(path) for path in FILES if path.is_symlink()] == []


def test_no_host_of_a_registry():
    found = [f"{name_of(path)}:{number}" for path, number, line in lines() if any(host in line for host in REGISTRIES)]
    assert found == []


def test_no_path_of_a_machine():
    assert [f"{name_of(path)}:{number}" for path, number, line in lines() if MACHINE.search(line)] == []


def test_every_ignore_has_its_reason_beside_it():
    python = [one for one in lines() if one[0].suffix == ".py"]
    assert [f"{name_of(path)}:{number}" for path, number, line in python if REASONLESS.search(line)] == []


def test_every_skipped_test_has_its_reason():
    python = [one for one in lines() if one[0].suffix == ".py" and "/contracts/" not in name_of(one[0])]
    bare = re.compile(r"mark\.(skip|xfail)(\(\)|\s*$)|pytest\.(skip|xfail)\(\)")
    assert [f"{name_of(path)}:{number}" for path, number, line in python if bare.search(line)] == []


def test_every_rule_turned_off_has_its_reason():
    """In pyproject.toml each ignored rule of the linter stands on a line that says why."""
    block = re.search(r"\[tool\.ruff\.lint\]\n.*?(?=\n\[tool\.mypy\])", text(ROOT / "pyproject.toml"), re.DOTALL)
    assert block
    ignored = re.sub(r"select = \[.*?\n\]", "", block[0], flags=re.DOTALL)
    assert [line for line in ignored.splitlines() if re.search(r'"[A-Z]+[0-9]*"', line) and "#" not in line] == []


def test_texts_end_with_one_newline():
    ends = {
        name_of(path)
        for path in TEXTS
        if written(path) and text(path) and (not text(path).endswith("\n") or text(path).endswith("\n\n"))
    }
    assert ends == set()


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "info.md", "hacs.json"])
def test_it_has(name):
    assert (ROOT / name).read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", ["setup", "test", "lint", "lock", "release", "docs", "brand", "oldpython", "demo"])
def test_scripts_can_be_run(name):
    path = ROOT / "scripts" / name
    assert path.stat().st_mode & 0o111
    assert text(path).startswith("#!/usr/bin/env ")


def test_links_between_documents_lead_somewhere():
    pages = [path for path in FILES if path.suffix == ".md"]
    links = [(path, link) for path in pages for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text(path))]
    assert [f"{name_of(path)}: {link}" for path, link in links if not (path.parent / link).exists()] == []
