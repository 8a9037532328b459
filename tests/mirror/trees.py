"""Trees for tests: in memory with made-up inode numbers, or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from custom_components.plex_steward.mirror.model import Folder, Layout, Options, Plan, Tree
from custom_components.plex_steward.mirror.plan import plan

PLEX, JELLYFIN = Layout.PLEX, Layout.JELLYFIN
Names = Mapping[str, Any]


def nested(paths: Iterable[str]) -> dict[str, Any]:
    """Turn paths into nested dictionaries; one that ends with a slash is an empty folder."""
    root: dict[str, Any] = {}
    for path in paths:
        *folders, name = path.split("/")
        here = root
        for folder in folders:
            here = here.setdefault(folder, {})
        if name:
            here[name] = None
    return root


def folder(name: str, names: Names, numbers: Any = None) -> Folder:
    """Make a folder: a dictionary is a folder, a number an inode, None a new file."""
    numbers = count(1000) if numbers is None else numbers
    files = {
        key: next(numbers) if value is None else value for key, value in names.items() if not isinstance(value, dict)
    }
    folders = {key: folder(key, value, numbers) for key, value in names.items() if isinstance(value, dict)}
    return Folder(name, next(numbers), files, folders, {})


def tree(names: Names | Iterable[str], *, first: int = 1000, **more: Any) -> Tree:
    """Make a tree of nested dictionaries or of paths."""
    names = names if isinstance(names, Mapping) else nested(names)
    return Tree(
        more.pop("root", "/library"), Layout.AUTO, more.pop("device", 1), folder("", names, count(first)), **more
    )


EMPTY = tree({}, root="/mirror")


def mirrored(found: Plan) -> Tree:
    """Return the target as it is once a plan for hard links has been carried out."""
    names: dict[str, Any] = {}

    def put(path: str, inode: int | None) -> None:
        *folders, name = path.split("/")
        here = names
        for part in folders:
            here = here.setdefault(part, {})
        if inode is None:
            here.setdefault(name, {})
        else:
            here[name] = inode

    for action in found.changes():
        put(action.target, None if action.verb == "mkdir" else action.inode)
    return tree(names, first=10**6, root="/mirror")


def wanted(found: Plan) -> dict[str, str]:
    """Return source -> target of every file that is to come."""
    return {action.source: action.target for action in found.changes() if action.source is not None}


def film(name: str, *files: str, layouts: tuple[Layout, Layout] = (PLEX, JELLYFIN), **options: Any) -> Plan:
    """Plan one film against an empty target."""
    return plan(tree({name: nested(files)}), EMPTY, Options(*layouts, **options))


def write(root: Path, paths: Iterable[str]) -> Path:
    """Make files on disk, each with its own path as content."""
    root.mkdir(parents=True, exist_ok=True)
    for path in paths:
        place = root / path
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(path, errors="surrogateescape")
    return root


def inodes(root: Path) -> dict[str, int]:
    """Return every file below a folder with its inode number."""
    return {str(path.relative_to(root)): path.lstat().st_ino for path in root.rglob("*") if not path.is_dir()}


def carry_out(found: Plan) -> None:
    """Do what a plan for hard links into an empty target says, plainly."""
    for action in found.changes():
        place = Path(found.target_root, action.target)
        if action.verb == "mkdir":
            place.mkdir(parents=True)
        else:
            assert action.verb == "link", action
            assert action.source is not None
            place.hardlink_to(Path(found.source_root, action.source))
