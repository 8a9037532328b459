"""What holds for every plan, whatever the trees."""

from collections.abc import Iterator
from typing import Any

from custom_components.plex_steward.mirror.model import Folder, Options, Plan, Tree, Verb
from custom_components.plex_steward.mirror.plan import plan
from tests.mirror.trees import tree

from .target import Finding


def sound(source: Tree, target: Tree, options: Options) -> Plan:
    """Plan, and insist on what is promised: nothing outside, twice or invented, and a second plan is idle."""
    made = plan(source, target, options)
    if plan(source, target, options) != made:
        raise Finding("two plans of the same trees differ")
    _inside(made, source, options)
    after = carried_out(made, target)
    again = plan(source, after, options)
    if left := [action for action in again.changes() if action.verb is not Verb.MKDIR or _made(made, action.target)]:
        raise Finding(f"not idempotent: {left[:3]}")
    if options.delete and (strays := list(again.removals())):
        raise Finding(f"strays after removing all of them: {strays[:3]}")
    for title in made.titles:
        list(title.skips())
    return made


def _made(found: Plan, path: str) -> bool:
    return any(action.verb is Verb.MKDIR and action.target == path for action in found.changes())


def _inside(found: Plan, source: Tree, options: Options) -> None:
    """Every path stays in its tree, every source exists, no target is made twice."""
    known = dict(paths(source.folder))
    seen: set[str] = set()
    for action in [*found.changes(), *found.removals()]:
        for path in (action.target, action.source, action.origin):
            if path is not None and ({"", ".", ".."} & set(path.split("/")) or "\0" in path):
                raise Finding(f"path outside: {action}")
        if action.source is not None and action.source not in known:
            raise Finding(f"invented source: {action}")
        if action.source is not None and known[action.source] != action.inode:
            raise Finding(f"wrong inode: {action}")
        if action.target in seen:
            raise Finding(f"made twice: {action}")
        seen.add(action.target)
    if options.fold_case and len({path.casefold() for path in seen}) < len(seen):
        made = [action.target for action in found.changes()]
        if len({path.casefold() for path in made}) < len(made):
            raise Finding("two names of one place that does not tell case")


def paths(folder: Folder, where: str = "") -> Iterator[tuple[str, int]]:
    """Every file below a folder with its inode; links by where they lead."""
    for name, inode in folder.files.items():
        yield f"{where}{name}", inode
    for link in folder.links.values():
        if link.resolved is not None:
            yield link.resolved, link.inode
    for name, inner in folder.folders.items():
        yield from paths(inner, f"{where}{name}/")


def carried_out(found: Plan, target: Tree) -> Tree:
    """Give the target as it is once a plan for hard links was carried out. A step that cannot be done is a finding."""
    root = _plain(target.folder)
    for action in [*found.changes(), *found.removals()]:
        above, name = _above(root, action.target)
        match action.verb:
            case Verb.MKDIR:
                if not isinstance(above.setdefault(name, {}), dict):
                    raise Finding(f"folder over a file: {action}")
            case Verb.LINK:
                if name in above:
                    raise Finding(f"link over something: {action}")
                above[name] = action.inode
            case Verb.REPLACE:
                if isinstance(above.get(name), dict):
                    raise Finding(f"file over a folder: {action}")
                above[name] = action.inode
            case Verb.RENAME:
                assert action.origin is not None
                there, old = _above(root, action.origin)
                if old not in there:
                    raise Finding(f"renames what is not there: {action}")
                inode = there.pop(old)
                if name in above:
                    raise Finding(f"rename over something: {action}")
                above[name] = inode
            case Verb.REMOVE:
                above.pop(name, None)
    return tree(root, first=10**6, root=target.root)


def _plain(folder: Folder) -> dict[str, Any]:
    inner = {name: _plain(one) for name, one in folder.folders.items()}
    return {**folder.files, **inner}


def _above(root: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """Find the folder of a path."""
    *folders, name = path.split("/")
    here: Any = root
    for part in folders:
        here = here.get(part) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            raise Finding(f"no such folder: {path}")
    return here, name
