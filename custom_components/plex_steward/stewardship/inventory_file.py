"""Where a server's inventory is kept, what becomes of a file that cannot be used, and who is told."""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN, LOGGER
from ..data import StewardConfigEntry
from ..plex import database
from ..plex.database import StoreBroken, StoreFailed
from ..plex.errors import PlexError
from ..plex.store import Store
from .health import clear_issue, raise_issue

REBUILT = "inventory_rebuilt"
FAILED = "inventory_failed"


def path_of(hass: HomeAssistant, entry: StewardConfigEntry) -> Path:
    """Name the file of an entry; it holds titles and paths, so it lies where Home Assistant keeps private things."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry.entry_id}.inventory.db"))


class InventoryFile:
    """The file of one server: opened at the first use, by whoever needs it first."""

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, on_rebuild: Callable[[], None]) -> None:
        """`on_rebuild` is called when the file has become unreadable and was set aside."""
        self._hass, self._entry = hass, entry
        self._on_rebuild = on_rebuild
        self._lock = asyncio.Lock()
        self._store: Store | None = None
        self._closed = False

    async def store(self) -> Store:
        """Open the file, or make it anew. Raises `StoreFailed`."""
        async with self._lock:
            if self._closed:
                raise StoreFailed(reason="closed")
            if self._store is None:
                opening = self._hass.async_add_executor_job(self._open)
                try:
                    store, aside = await asyncio.shield(opening)
                except asyncio.CancelledError:
                    self._store, _ = await opening  # the thread ends with it open: `close` must find it
                    raise
                self._store = store
                if store.rebuilt:
                    LOGGER.info("The inventory is built anew; the old file was of no use: %s", store.rebuilt)
                if aside:
                    raise_issue(self._hass, self._entry, REBUILT, fixable=True)
            return self._store

    async def ask[T](self, question: Callable[[Store], T]) -> T:
        """Ask the file something, in a thread. Raises `StoreBroken` (then it is rebuilt) or `StoreFailed`."""
        store = await self.store()
        try:
            return await self._hass.async_add_executor_job(question, store)
        except StoreBroken:
            await self.give_up(store)
            raise

    async def give_up(self, store: Store) -> None:
        """Set a file aside that has become unreadable; the next use makes a new one."""

        def set_aside() -> None:
            store.close()
            database.set_aside(store.path)

        async with self._lock:
            if self._store is store:
                self._store = None
                await self._hass.async_add_executor_job(set_aside)
                self._on_rebuild()

    async def close(self) -> None:
        """Close it for good."""
        async with self._lock:
            self._closed = True
            store, self._store = self._store, None
            if store is not None:
                await self._hass.async_add_executor_job(store.close)

    def _open(self) -> tuple[Store, bool]:
        path = path_of(self._hass, self._entry)
        return Store(path), database.broken_path(path).exists()


def tell(hass: HomeAssistant, entry: StewardConfigEntry, error: PlexError | None) -> None:
    """Show by a repair that the disk does not do what it should, or take that back."""
    if isinstance(error, StoreFailed) and not isinstance(error, StoreBroken):
        reason = error.reason or os.strerror(error.errno)
        raise_issue(hass, entry, FAILED, fixable=False, placeholders={"reason": reason})
    else:
        clear_issue(hass, entry, FAILED)


async def drop_broken(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Delete the file that was set aside."""
    await hass.async_add_executor_job(database.remove, database.broken_path(path_of(hass, entry)))


async def forget(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Delete everything: the entry is being removed."""
    await hass.async_add_executor_job(database.remove, path_of(hass, entry))
    await drop_broken(hass, entry)
