"""Keeps the store equal to the server: everything once, then only what changed.

What tells of changes, and what does not: `contentChangedAt` of a library moves with its media; `updatedAt` of an item
moves with its media and metadata, but not with plays; nothing tells of removals but a count that differs.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
import logging
import time
from typing import Final

from . import errors
from .batches import BatchReader
from .database import StoreFailed
from .items import Target
from .listing import listings
from .models import Library
from .pages import PageReader
from .reading import NEVER, InventoryClient, LibraryRead, Source, Step
from .store import Changes, Store

__all__ = ["NEVER", "Inventory", "LibraryReport", "Step"]

LOGGER: Final = logging.getLogger(__name__)

SCAN_CHECK: Final = 10.0
SCAN_PATIENCE: Final = 1800.0
"""Seconds a scan may hold us up; then we read beside it."""
_AWAY: Final = (errors.AddressError, errors.NotReady, errors.RateLimited)
"""What is wrong with the server, not with the library."""


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """What a refresh did with one library."""

    uuid: str
    mode: str
    """`full`, `sweep`, `delta` or `unchanged`."""
    counts: dict[str, int]
    """Items in the store, by kind."""
    changes: Changes = field(default_factory=Changes)
    missing: tuple[int, ...] = ()
    """Items the server lists and could not be read: they are not, or not as they are now, in the store."""
    unlisted: int = 0
    """Places of the listing that could not even be named."""
    error: str | None = None
    """Code of the error that ended the read early; the next one goes on there."""
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the store holds everything the server has."""
        return self.error is None and not self.missing and not self.unlisted


class Inventory:
    """One server's inventory."""

    def __init__(
        self,
        client: InventoryClient,
        store: Store,
        *,
        reader: PageReader | None = None,
        progress: Callable[[Step], None] = lambda _: None,
        reported: Callable[[LibraryReport], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep `store` equal to what `client` tells. `progress` and `reported` are called on the event loop."""
        self.store = store
        self._source = Source(client, reader or PageReader(client), store, progress)
        self._reported = reported
        self._clock = clock
        self._lock = asyncio.Lock()

    async def refresh(
        self, libraries: Sequence[Library], *, full: bool = False, stirred: Collection[str] = ()
    ) -> list[LibraryReport]:
        """Bring the given libraries up to date, one after the other, and forget all others.

        `stirred` are uuids of libraries of which the server has said that items changed: their gate is not asked.

        What goes wrong is in the reports; only a refused token and a store that fails are raised. Cancelling is
        safe: the next refresh goes on where this one stopped.
        """
        async with self._lock:
            await asyncio.to_thread(self.store.forget_libraries, [library.uuid for library in libraries])
            reports: list[LibraryReport] = []
            away: errors.PlexError | None = None
            for library in libraries:
                if listings(library.key, library.type):
                    stir = library.uuid in stirred
                    report, away = await self._library(library, away, full=full, stirred=stir)
                    reports.append(report)
                    self._reported(report)
            return reports

    async def refresh_items(self, library: Library, ids: Iterable[int]) -> Changes:
        """Read single items again, as the server's timeline names them; those it no longer has are removed."""
        async with self._lock:
            stored = await asyncio.to_thread(self.store.put_library, library)
            batches = BatchReader(self._source.reader, self.store)
            changes, left = await batches.fetch(sorted(set(ids)), Target(stored.id, sweep=stored.sweep))
            changes |= await asyncio.to_thread(self.store.drop, left.gone)
            return changes

    async def _library(
        self, library: Library, away: errors.PlexError | None, *, full: bool, stirred: bool
    ) -> tuple[LibraryReport, errors.PlexError | None]:
        """Refresh one library; nothing is asked of a server that is `away`, and it is told on."""
        began = time.monotonic()
        stored = await asyncio.to_thread(self.store.put_library, library)
        read = LibraryRead(self._source, stored, library)
        error = away
        try:
            if away is None:
                await self._wait_for_scan(library)
                begun = await asyncio.to_thread(self.store.begun, stored.id)
                await read.update(begun, self._clock(), full=full, stirred=stirred)
                await asyncio.to_thread(self.store.refreshed, stored.id, *read.noted(self._clock()))
        except errors.Unauthorized, StoreFailed:
            raise
        except errors.PlexError as err:
            LOGGER.debug("Reading a library ended early: %s", err)
            error = err
        counts = {one.kind: await asyncio.to_thread(self.store.held, stored.id, one.kind) for one in read.listings}
        report = LibraryReport(
            uuid=library.uuid,
            mode=read.mode,
            counts=counts,
            changes=read.changes,
            missing=tuple(sorted(read.missing)),
            unlisted=read.unlisted,
            error=error.code if error else None,
            seconds=time.monotonic() - began,
        )
        return report, error if isinstance(error, _AWAY) else None

    async def _wait_for_scan(self, library: Library) -> None:
        """Let a scan end first: what it does would have to be read twice."""
        waited = 0.0
        scanning = library.refreshing
        while scanning and waited < SCAN_PATIENCE:
            await asyncio.sleep(SCAN_CHECK)
            waited += SCAN_CHECK
            scanning = any(now.uuid == library.uuid and now.refreshing for now in await self._source.client.libraries())
