"""What the integration's code says of its entities: their descriptions, by platform and key, and their devices."""

from collections.abc import Iterator
from functools import cache
import importlib
from pathlib import Path
import pkgutil
import re
from types import ModuleType
from typing import Any

from homeassistant.helpers.entity import EntityDescription

import custom_components.plex_steward

INTEGRATION = Path(custom_components.plex_steward.__file__).parent
DEVICES = {"ServerEntity": "server", "LibraryEntity": "library", "MirrorEntity": "mirror"}
DEPTH = 3
"""How deep containers of descriptions are looked into."""


def is_description(value: Any) -> bool:
    """Tell whether a value describes an entity.

    Plain descriptions of Home Assistant are made of a hidden class that only shares the name, so a look at the type's
    ancestors would miss them.
    """
    return any(kind.__name__ == EntityDescription.__name__ for kind in type(value).__mro__)


def descriptions_in(value: Any, depth: int = 0) -> Iterator[EntityDescription]:
    """Give the entity descriptions in a value, also those in containers and in containers of containers."""
    if is_description(value):
        yield value
    elif depth < DEPTH and isinstance(value, dict):
        yield from (one for inner in value.values() for one in descriptions_in(inner, depth + 1))
    elif depth < DEPTH and isinstance(value, list | tuple | set | frozenset):
        yield from (one for inner in value for one in descriptions_in(inner, depth + 1))


def platform_of(description: EntityDescription) -> str:
    """Return ``binary_sensor`` for a `BinarySensorEntityDescription` and what is derived from it."""
    core = [kind for kind in type(description).__mro__ if kind.__module__.startswith("homeassistant.")]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", core[0].__name__.removesuffix("EntityDescription")).lower()


@cache
def loaded() -> tuple[ModuleType, ...]:
    """Return every module of the integration."""
    package = custom_components.plex_steward
    names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


@cache
def described() -> dict[str, dict[str, EntityDescription]]:
    """Return every description there is, by platform and key."""
    found: dict[str, dict[str, EntityDescription]] = {}
    for module in loaded():
        for value in vars(module).values():
            for description in descriptions_in(value):
                key = description.translation_key or description.key
                found.setdefault(platform_of(description), {})[key] = description
    return found


@cache
def devices_of(platform: str, key: str) -> tuple[str, ...]:
    """Return what an entity belongs to: "server", "library", "mirror"; several when it is there on each of them.

    A module of entities has the descriptions and the class that uses them, and the class says what it belongs to.
    """
    found = []
    for module in loaded():
        keys = {
            one.translation_key or one.key
            for value in vars(module).values()
            for one in descriptions_in(value)
            if platform_of(one) == platform
        }
        if key in keys:
            classes = [one for one in vars(module).values() if isinstance(one, type)]
            bases = {base.__name__ for one in classes if one.__module__ == module.__name__ for base in one.__mro__}
            found += [device for base, device in DEVICES.items() if base in bases and device not in found]
    return tuple(found)
