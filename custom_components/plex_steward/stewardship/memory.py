"""What a server's policies must still know after a restart: a few small values in one file."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER

VERSION = 1


def made_of[T](stored: Any, make: Callable[[Any], T], what: str) -> T | None:
    """Make something of what was written down; None when there is nothing, or nothing that can be read any more.

    A file may come out of a backup of another release or a disk that failed: that must not keep a server from being
    looked after.
    """
    if not stored:
        return None
    try:
        return make(stored)
    except ArithmeticError, AttributeError, LookupError, TypeError, ValueError:
        LOGGER.warning("What was remembered of the %s cannot be read; it begins anew", what)
        return None


class Memory:
    """Small JSON values by key. Written at once, so that a power cut forgets nothing."""

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str = "memory") -> None:
        """Name the file after the entry; `load` reads it."""
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry_id}.{name}", private=True)
        self._values: dict[str, Any] = {}

    async def load(self) -> None:
        """Read the file; a missing one is empty."""
        found = await self._store.async_load()
        self._values = found if isinstance(found, dict) else {}

    def get(self, key: str) -> Any:
        """The value; None when there is none."""
        return self._values.get(key)

    async def put(self, key: str, value: Any) -> None:
        """Keep a value (None forgets it), and wait until it is written."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        await self._store.async_save(self._values)

    async def keep(self, wanted: Callable[[str], bool]) -> None:
        """Forget all keys that are not wanted any more."""
        kept = {key: value for key, value in self._values.items() if wanted(key)}
        if kept != self._values:
            self._values = kept
            await self._store.async_save(self._values)

    async def remove(self) -> None:
        """Delete the file: the entry is being removed."""
        await self._store.async_remove()
