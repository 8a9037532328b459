"""How the contracts read the repository: its tracked files, its JSON and YAML, and its Python as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
import subprocess
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "plex_steward"


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Return an object; a name that stands there twice is an error, which Python's reader does not notice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"{path.name} has twice: {twice}"
        return dict(pairs)

    loaded: dict[str, Any] = json.loads(text(path), object_pairs_hook=unique)
    return loaded


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(text(path))


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that git knows and the working tree has."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return tuple(path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:8192]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), str(path))


def modules(folder: Path = INTEGRATION) -> tuple[Path, ...]:
    return tuple(sorted(folder.rglob("*.py")))


def nodes[N: ast.AST](kind: type[N], folder: Path = INTEGRATION) -> Iterator[tuple[Path, N]]:
    """Give every syntax node of a kind in the modules below a folder."""
    for path in modules(folder):
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield path, node


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def literals() -> frozenset[str]:
    """Return every string the integration's code contains."""
    return frozenset(node.value for _, node in nodes(ast.Constant) if isinstance(node.value, str))


@cache
def templates() -> tuple[re.Pattern[str], ...]:
    """Return a pattern for every f-string of the integration's code that says something of its own."""
    found = set()
    for _, node in nodes(ast.JoinedStr):
        parts = [literal(part) for part in node.values]
        if any(part and re.search(r"[a-z]{3,}_|_[a-z]{3,}", part) for part in parts):
            found.add("".join("[a-z0-9_]+" if part is None else re.escape(part) for part in parts))
    return tuple(re.compile(pattern) for pattern in sorted(found))


def used(key: str) -> bool:
    """Tell whether the integration's code names a key, as it is or by an f-string."""
    return key in literals() or any(pattern.fullmatch(key) for pattern in templates())


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def called(call: ast.Call) -> str:
    """Return the last part of what is called: ``a.b.c()`` calls ``c``."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give every text of a translation with the keys that lead to it, in order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def english() -> dict[str, Any]:
    return read_json(INTEGRATION / "translations" / "en.json")
