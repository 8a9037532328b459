"""Keeps the store equal to the server: everything once, then only what changed.

What tells of changes, and what does not: `contentChangedAt` of a library moves with its media; `updatedAt` of an item
moves with its media and metadata, but not with plays; nothing tells of removals but a count that differs.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
import logging
import time
from typing import Final, Protocol

from . import errors
from .batches import BatchReader
from .database import StoreFailed
from .items import Mark, Target
from .listing import LIGHT_PAGE, PAGE, Listing, listings
from .models import Library
from .pages import Broken, PageReader, XmlClient
from .store import Changes, Progress, Store, Stored

LOGGER: Final = logging.getLogger(__name__)

SWEEP_EVERY: Final = 24 * 3600.0
"""Seconds after which every key is seen again, whatever the gates say."""
NEVER: Final = -2
"""A `contentChangedAt` that no library has (-1 is one that was never scanned)."""
SCAN_CHECK: Final = 10.0
SCAN_PATIENCE: Final = 1800.0
"""Seconds a scan may hold us up; then we read beside it."""
_STILL: Final = 3
"""How often a list is read in the hope that it holds still."""
PLAYED_PAGE: Final = 100


class InventoryClient(XmlClient, Protocol):
    """What is needed of the client."""

    async def libraries(self) -> tuple[Library, ...]:
        """The server's libraries."""

    async def count(self, library_key: str, kind: int) -> int:
        """Number of items of a kind."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a read has come."""

    library: str
    """Its uuid."""
    kind: str
    done: int
    total: int


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
        self._client = client
        self._reader = reader or PageReader(client)
        self._batches = BatchReader(self._reader, store)
        self._progress = progress
        self._reported = reported
        self._clock = clock
        self._lock = asyncio.Lock()
        self._inline: bool | None = None
        """Whether the server puts streams into listings; found out at the first chance."""

    async def refresh(self, libraries: Sequence[Library], *, full: bool = False) -> list[LibraryReport]:
        """Bring the given libraries up to date, one after the other, and forget all others.

        What goes wrong is in the reports; only a refused token and a store that fails are raised. Cancelling is
        safe: the next refresh goes on where this one stopped.
        """
        async with self._lock:
            await asyncio.to_thread(self.store.forget_libraries, [library.uuid for library in libraries])
            reports: list[LibraryReport] = []
            ill = None
            for library in libraries:
                if listings(library.key, library.type):
                    reports.append(await self._library(library, full, ill))
                    self._reported(reports[-1])
                    ill = ill or reports[-1].error
            return reports

    async def refresh_items(self, library: Library, ids: Iterable[int]) -> Changes:
        """Read single items again, as the server's timeline names them; those it no longer has are removed."""
        async with self._lock:
            stored = await asyncio.to_thread(self.store.put_library, library)
            changes, missing = await self._batches.fetch(sorted(set(ids)), Target(stored.id, sweep=stored.sweep))
            changes |= await asyncio.to_thread(self.store.drop, missing.gone)
            return changes

    async def _library(self, library: Library, full: bool, ill: str | None) -> LibraryReport:
        began = time.monotonic()
        stored = await asyncio.to_thread(self.store.put_library, library)
        run = _Run(stored, listings(library.key, library.type), library.content_changed_at)
        begun = await asyncio.to_thread(self.store.begun, stored.id)
        error = ill
        try:
            if ill is None:
                await self._wait_for_scan(library)
                await self._update(run, begun, full=full)
        except errors.Unauthorized, StoreFailed:
            raise
        except errors.PlexError as err:
            error = err.code
            LOGGER.debug("Reading a library ended early: %s", err)
        if error is None:
            await asyncio.to_thread(self.store.refreshed, stored.id, *self._noted(run))
        counts = {one.kind: await asyncio.to_thread(self.store.held, stored.id, one.kind) for one in run.listings}
        return LibraryReport(
            uuid=library.uuid,
            mode=run.mode,
            counts=counts,
            changes=run.changes,
            missing=tuple(sorted(run.missing)),
            unlisted=run.unlisted,
            error=error,
            seconds=time.monotonic() - began,
        )

    def _noted(self, run: _Run) -> tuple[int, float | None]:
        """Return what to remember: the gate, and when every key was seen. In doubt neither: the next refresh sweeps."""
        if run.unsettled or run.missing or run.unlisted:
            return NEVER, 0.0
        return run.gate, self._clock() if run.mode in ("full", "sweep") else None

    async def _update(self, run: _Run, begun: dict[str, Progress], *, full: bool) -> None:
        """Do as little as will do."""
        if full or begun or run.stored.changed is None:
            run.mode = "full"
            await self._read_all(run, {} if full else begun)
            return
        if self._clock() - (run.stored.swept_at or 0) >= SWEEP_EVERY:
            run.mode = "sweep"
            for listing in run.listings:
                await self._sweep(run, listing)
            return
        if run.gate != run.stored.changed or not run.gate:  # an old server has no such gate
            run.mode = "delta"
            for listing in run.listings:
                await self._delta(run, listing)
        await self._plays(run)

    # Reading everything

    async def _read_all(self, run: _Run, begun: dict[str, Progress]) -> None:
        """Read every kind, or go on with those that were not finished."""
        todo = [listing for listing in run.listings if not begun or listing.kind in begun]
        if not begun:
            kinds = [listing.kind for listing in todo]
            begun = await asyncio.to_thread(self.store.begin, run.stored.id, kinds, run.gate)
        for listing in todo:
            progress = begun[listing.kind]
            if listing.leaf and not await self._gives_streams(listing, run):
                await self._sweep(run, listing, sweep=progress.sweep)
            else:
                await self._read_pages(run, listing, progress)
            keep = None if run.unlisted or run.unsettled else run.missing
            run.changes |= await asyncio.to_thread(self.store.end, run.stored.id, listing.kind, progress.sweep, keep)

    async def _gives_streams(self, listing: Listing, run: _Run) -> bool:
        """Find out whether this server puts streams into listings: some ignore the wish, some answer 500."""
        if self._inline is None:
            params, target = listing.full(streams=True), Target(run.stored.id, listing.kind)
            try:
                rows = await self._reader.document(listing.path, params, target, page=(0, 10), tries=1)
            except errors.ServerFault:
                self._inline = False
            except Broken, errors.Unreachable:
                return True  # says nothing of streams; reading has the patience for it
            else:
                if rows.streamed or rows.bare:
                    self._inline = bool(rows.streamed)
        return self._inline is not False

    async def _read_pages(self, run: _Run, listing: Listing, progress: Progress) -> None:
        target = Target(run.stored.id, listing.kind, sweep=progress.sweep)
        position, total = progress.position, progress.total
        bare: list[int] = []
        params = listing.full(streams=True)
        async with aclosing(self._reader.pages(listing.path, params, target, size=PAGE, start=position)) as pages:
            async for page in pages:
                if page.rows.bare and not page.rows.streamed:
                    self._inline = False
                    await self._sweep(run, listing, sweep=progress.sweep)
                    return
                bare += page.rows.bare
                position, total = page.position, page.total
                at = (run.stored.id, listing.kind, Progress(position, total, progress.sweep, progress.gate))
                run.changes |= await asyncio.to_thread(self.store.put, page.rows, at)
                self._progress(Step(run.stored.uuid, listing.kind, position, total))
        if bare:
            await self._read_items(run, bare, target)
        seen = await asyncio.to_thread(self.store.held, run.stored.id, listing.kind, progress.sweep)
        moved = await self._gate(run) != progress.gate  # places shift when items come and go
        if moved or seen != await self._client.count(listing.section, listing.code):
            await self._sweep(run, listing, sweep=progress.sweep)

    async def _gate(self, run: _Run) -> int | None:
        """Return the library's `contentChangedAt` now."""
        found = (one.content_changed_at for one in await self._client.libraries() if one.uuid == run.stored.uuid)
        return next(found, None)

    # Staying current

    async def _delta(self, run: _Run, listing: Listing) -> None:
        """Read what is newer than the newest we know, then see whether the number of items agrees."""
        newest = await asyncio.to_thread(self.store.newest, run.stored.id, listing.kind)
        inline = not listing.leaf or await self._gives_streams(listing, run)
        wanted = await self._newer(run, listing, newest, inline=inline)
        if wanted is not None:
            await self._read_items(run, wanted, Target(run.stored.id, listing.kind, sweep=run.stored.sweep))
            held = await asyncio.to_thread(self.store.held, run.stored.id, listing.kind)
            if held == await self._client.count(listing.section, listing.code):
                return
        await self._sweep(run, listing)

    async def _newer(self, run: _Run, listing: Listing, newest: int, *, inline: bool) -> list[int] | None:
        """Read what is newer; return what has to be read item by item, or `None` when the filter is ignored."""
        target = Target(run.stored.id, listing.kind, sweep=run.stored.sweep, light=not inline)
        wanted: list[int] = []
        params = listing.changed(max(newest - 1, 0), streams=inline)
        async with aclosing(self._reader.pages(listing.path, params, target, size=PAGE)) as pages:
            async for page in pages:
                if any(0 < mark[1] < newest for mark in page.rows.marks):
                    return None
                if inline:
                    run.changes |= await asyncio.to_thread(self.store.put, page.rows)
                wanted += page.rows.bare if inline else [mark[0] for mark in page.rows.marks]
        return wanted

    async def _sweep(self, run: _Run, listing: Listing, *, sweep: int | None = None) -> None:
        """See every key; read what is new or changed, or, with `sweep`, what that full read has not seen yet."""
        marks, whole = await self._marks(run, listing)
        run.unsettled = run.unsettled or not whole
        found = await asyncio.to_thread(
            self.store.compare, run.stored.id, listing.kind, list(marks.values()), sweep=sweep, keep=not whole
        )
        wanted, changes = found
        run.changes |= changes
        target = Target(run.stored.id, listing.kind, sweep=run.stored.sweep if sweep is None else sweep)
        await self._read_items(run, sorted(wanted), target, of=len(marks))

    async def _marks(self, run: _Run, listing: Listing) -> tuple[dict[int, Mark], bool]:
        """Read the whole list of keys; tell whether it is whole.

        One that moved while we read, or lost something on the way, is no reason to remove anything.
        """
        marks: dict[int, Mark] = {}
        target = Target(run.stored.id, listing.kind, light=True)
        lost = 0
        for _ in range(_STILL):
            before, total = await self._gate(run), 0
            seen: dict[int, Mark] = {}
            async for page in self._reader.pages(listing.path, listing.light(), target, size=LIGHT_PAGE):
                seen |= {mark[0]: mark for mark in page.rows.marks}
                lost, total = page.lost, page.total
            marks |= seen
            if not lost and len(seen) >= total and before == await self._gate(run):
                return seen, True
        run.unlisted += lost
        return marks, False

    async def _plays(self, run: _Run) -> None:
        """Read the items played since the last one we know of; playing moves no other date."""
        for listing in run.listings:
            if not listing.leaf:
                continue
            known = await asyncio.to_thread(self.store.last_played, run.stored.id, listing.kind)
            target = Target(run.stored.id, listing.kind, light=True)
            before = None
            params = listing.played()
            async with aclosing(self._reader.pages(listing.path, params, target, size=PLAYED_PAGE)) as pages:
                async for page in pages:
                    times = [mark[3] or 0 for mark in page.rows.marks]
                    if times != sorted(times, reverse=True) or (before is not None and times and times[0] > before):
                        break  # not sorted as asked: the slow sweep will see the plays
                    run.changes.plays += await asyncio.to_thread(self.store.played, page.rows.marks)
                    before = times[-1] if times else 0
                    if before < max(known, 1):
                        break

    # Single items

    async def _read_items(self, run: _Run, ids: Sequence[int], target: Target, *, of: int = 0) -> None:
        """Read full items by their keys."""
        ids = [key for key in ids if key not in run.missing]
        changes, left = await self._batches.fetch(
            ids, target, lambda done: self._report(run, target, of - len(ids) + done, of)
        )
        run.changes |= changes
        run.missing |= left.unread

    def _report(self, run: _Run, target: Target, done: int, total: int) -> None:
        if total and target.kind:
            self._progress(Step(run.stored.uuid, target.kind, done, total))

    async def _wait_for_scan(self, library: Library) -> None:
        """Let a scan end first: what it does would have to be read twice."""
        waited = 0.0
        scanning = library.refreshing
        while scanning and waited < SCAN_PATIENCE:
            await asyncio.sleep(SCAN_CHECK)
            waited += SCAN_CHECK
            scanning = any(now.uuid == library.uuid and now.refreshing for now in await self._client.libraries())


@dataclass(slots=True)
class _Run:
    """What is known while a library is being read."""

    stored: Stored
    listings: list[Listing]
    gate: int
    """`contentChangedAt` when we began."""
    mode: str = "unchanged"
    unsettled: bool = False
    """The library moved all the time: what went may not have been noticed."""
    changes: Changes = field(default_factory=Changes)
    missing: set[int] = field(default_factory=set)
    unlisted: int = 0
