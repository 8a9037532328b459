"""What the integration's code says of its entities: their descriptions, by platform and key, and their devices."""

import ast
from collections.abc import Iterator
from functools import cache
import importlib
from pathlib import Path
import pkgutil
import re
from typing import Any

from homeassistant.helpers.entity import EntityDescription

import custom_components.plex_steward

INTEGRATION = Path(custom_components.plex_steward.__file__).parent
DEVICES = {"ServerEntity": "server", "LibraryEntity": "library", "MirrorEntity": "mirror"}
DEPTH = 3
"""How deep containers of descriptions are looked into."""


def descriptions_in(value: Any, depth: int = 0) -> Iterator[EntityDescription]:
    """Give the entity descriptions in a value, also those in containers and in containers of containers."""
    if isinstance(value, EntityDescription):
        yield value
    elif depth < DEPTH and isinstance(value, dict):
        yield from (one for inner in value.values() for one in descriptions_in(inner, depth + 1))
    elif depth < DEPTH and isinstance(value, list | tuple | set | frozenset):
        yield from (one for inner in value for one in descriptions_in(inner, depth + 1))


def platform_of(description: EntityDescription) -> str:
    """Return ``binary_sensor`` for a `BinarySensorEntityDescription` and what is derived from it."""
    core = [kind for kind in type(description).__mro__ if kind.__module__.startswith("homeassistant.components.")]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", core[0].__name__.removesuffix("EntityDescription")).lower()


@cache
def described() -> dict[str, dict[str, EntityDescription]]:
    """Return every description there is, by platform and key."""
    found: dict[str, dict[str, EntityDescription]] = {}
    package = custom_components.plex_steward
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                for description in descriptions_in(value):
                    key = description.translation_key or description.key
                    found.setdefault(platform_of(description), {})[key] = description
    return found


def device_of(platform: str, key: str) -> str:
    """Return what an entity belongs to: "server", "library" or "mirror"; empty when the code does not say.

    The modules of a platform end with its name, and each uses one of the base entities.
    """
    modules = [*sorted((INTEGRATION / "entities").glob(f"*_{platform}.py")), INTEGRATION / f"{platform}.py"]
    for path in modules:
        if platform == "sensor" and path.stem.endswith("binary_sensor"):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        bases = [DEVICES[node.id] for node in nodes if isinstance(node, ast.Name) and node.id in DEVICES]
        if bases and any(isinstance(node, ast.Constant) and node.value == key for node in nodes):
            return bases[0]
    return ""
