"""Reads one library into the store: everything, or only what changed, as little as will do."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol

from . import errors
from .batches import BatchReader
from .items import Mark, Target
from .listing import LIGHT_PAGE, PAGE, UNPLAYED, Listing, Params, listings
from .models import Library
from .pages import Broken, PageReader, XmlClient
from .store import Changes, Progress, Store, Stored

SWEEP_EVERY: Final = 24 * 3600.0
"""Seconds after which every key is seen again, whatever the gates say."""
NEVER: Final = -2
"""A `contentChangedAt` that no library has (-1 is one that was never scanned)."""
PLAYED_PAGE: Final = 100
AHEAD: Final = 24 * 3600.0
"""Seconds by which the server's clock may be ahead of ours; an item from further on was changed under a wrong clock."""
_STILL: Final = 3
"""How often a list is read in the hope that it holds still."""


class InventoryClient(XmlClient, Protocol):
    """What is needed of the client."""

    async def libraries(self) -> tuple[Library, ...]:
        """The server's libraries."""

    async def count(self, library_key: str, kind: int, *, extra: Params | None = None) -> int:
        """Number of items of a kind, or of those that `extra` filters."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a read has come."""

    library: str
    """Its uuid."""
    kind: str
    done: int
    total: int


@dataclass(slots=True)
class Source:
    """A server as it is read from."""

    client: InventoryClient
    reader: PageReader
    store: Store
    progress: Callable[[Step], None]
    inline: bool | None = None
    """Whether it puts streams into listings; found out at the first chance."""
    unplayed: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many items it last called unplayed, by library and kind."""


class LibraryRead:
    """One refresh of one library, and what came of it."""

    def __init__(self, source: Source, stored: Stored, library: Library) -> None:
        """Prepare."""
        self.stored = stored
        self.listings = listings(library.key, library.type)
        self.gate = library.content_changed_at
        """`contentChangedAt` when we began."""
        self.mode = "unchanged"
        self.changes = Changes()
        self.missing: set[int] = set()
        """Items that are listed and could not be read."""
        self.unlisted = 0
        """Places of the listing that could not even be named."""
        self._now = 0.0
        self.unsettled = False
        """The library moved all the time: what went may not have been noticed."""
        self._source = source
        self._client, self._reader, self._store = source.client, source.reader, source.store
        self._batches = BatchReader(source.reader, source.store)

    def noted(self, now: float) -> tuple[int, float | None]:
        """Return what to remember: the gate, and when every key was seen. In doubt neither: the next refresh sweeps."""
        if self.unsettled or self.missing or self.unlisted:
            return NEVER, 0.0
        return self.gate, now if self.mode in ("full", "sweep") else None

    async def update(self, begun: dict[str, Progress], now: float, *, full: bool, stirred: bool = False) -> None:
        """Do as little as will do. `stirred`: something has changed, whatever the gate says."""
        self._now = now
        if full or begun or self.stored.changed is None:
            self.mode = "full"
            await self._read_all({} if full else begun)
            return
        if not 0 <= now - (self.stored.swept_at or 0) < SWEEP_EVERY:  # a clock that was set back is no reason to wait
            self.mode = "sweep"
            for listing in self.listings:
                await self._sweep(listing)
            return
        if stirred or self.gate != self.stored.changed or not self.gate:  # an old server has no such gate
            self.mode = "delta"
            for listing in self.listings:
                await self._delta(listing)
        await self._plays()

    # Reading everything

    async def _read_all(self, begun: dict[str, Progress]) -> None:
        """Read every kind, or go on with those that were not finished."""
        todo = [listing for listing in self.listings if not begun or listing.kind in begun]
        if not begun:
            kinds = [listing.kind for listing in todo]
            begun = await asyncio.to_thread(self._store.begin, self.stored.id, kinds, self.gate)
        for listing in todo:
            progress = begun[listing.kind]
            if listing.leaf and not await self._gives_streams(listing):
                await self._sweep(listing, sweep=progress.sweep)
            else:
                await self._read_pages(listing, progress)
            keep = None if self.unlisted or self.unsettled else self.missing
            self.changes |= await asyncio.to_thread(self._store.end, self.stored.id, listing.kind, progress.sweep, keep)

    async def _gives_streams(self, listing: Listing) -> bool:
        """Find out whether this server puts streams into listings: some ignore the wish, some answer 500."""
        if self._source.inline is None:
            params, target = listing.full(streams=True), Target(self.stored.id, listing.kind)
            try:
                rows = await self._reader.document(listing.path, params, target, page=(0, 10), tries=1)
            except errors.ServerFault:
                self._source.inline = False
            except Broken, errors.Unreachable:
                return True  # says nothing of streams; reading has the patience for it
            else:
                if rows.streamed or rows.bare:
                    self._source.inline = bool(rows.streamed)
        return self._source.inline is not False

    async def _read_pages(self, listing: Listing, progress: Progress) -> None:
        target = Target(self.stored.id, listing.kind, sweep=progress.sweep)
        position, total = progress.position, progress.total
        bare: list[int] = []
        params = listing.full(streams=True)
        async with aclosing(self._reader.pages(listing.path, params, target, size=PAGE, start=position)) as pages:
            async for page in pages:
                if page.rows.bare and not page.rows.streamed:
                    self._source.inline = False
                    await self._sweep(listing, sweep=progress.sweep)
                    return
                bare += page.rows.bare
                position, total = page.position, page.total
                at = (self.stored.id, listing.kind, Progress(position, total, progress.sweep, progress.gate))
                self.changes |= await asyncio.to_thread(self._store.put, page.rows, at)
                self._source.progress(Step(self.stored.uuid, listing.kind, position, total))
        if bare:
            await self._read_items(bare, target)
        seen = await asyncio.to_thread(self._store.held, self.stored.id, listing.kind, progress.sweep)
        moved = await self._gate() != progress.gate  # places shift when items come and go
        if moved or seen != await self._client.count(listing.section, listing.code):
            await self._sweep(listing, sweep=progress.sweep)

    async def _gate(self) -> int | None:
        """Return the library's `contentChangedAt` now."""
        found = (one.content_changed_at for one in await self._client.libraries() if one.uuid == self.stored.uuid)
        return next(found, None)

    # Staying current

    async def _delta(self, listing: Listing) -> None:
        """Read what is newer than the newest we know, then see whether the number of items agrees."""
        newest = await asyncio.to_thread(self._store.newest, self.stored.id, listing.kind)
        if newest > self._now + AHEAD:  # what the server changes now looks older than that
            await self._sweep(listing)
            return
        inline = not listing.leaf or await self._gives_streams(listing)
        wanted = await self._newer(listing, newest, inline=inline)
        if wanted is not None:
            await self._read_items(wanted, Target(self.stored.id, listing.kind, sweep=self.stored.sweep))
            held = await asyncio.to_thread(self._store.held, self.stored.id, listing.kind)
            if held == await self._client.count(listing.section, listing.code):
                return
        await self._sweep(listing)

    async def _newer(self, listing: Listing, newest: int, *, inline: bool) -> list[int] | None:
        """Read what is newer; return what has to be read item by item, or `None` when the filter is ignored."""
        target = Target(self.stored.id, listing.kind, sweep=self.stored.sweep, light=not inline)
        wanted: list[int] = []
        params = listing.changed(max(newest - 1, 0), streams=inline)
        async with aclosing(self._reader.pages(listing.path, params, target, size=PAGE)) as pages:
            async for page in pages:
                if any(0 < mark[1] < newest for mark in page.rows.marks):
                    return None
                if inline:
                    self.changes |= await asyncio.to_thread(self._store.put, page.rows)
                wanted += page.rows.bare if inline else [mark[0] for mark in page.rows.marks]
        return wanted

    async def _sweep(self, listing: Listing, *, sweep: int | None = None) -> None:
        """See every key; read what is new or changed, or, with `sweep`, what that full read has not seen yet."""
        marks, whole = await self._marks(listing)
        self.unsettled = self.unsettled or not whole
        found = await asyncio.to_thread(
            self._store.compare, self.stored.id, listing.kind, list(marks.values()), sweep=sweep, keep=not whole
        )
        wanted, changes = found
        self.changes |= changes
        target = Target(self.stored.id, listing.kind, sweep=self.stored.sweep if sweep is None else sweep)
        await self._read_items(sorted(wanted), target, of=len(marks))

    async def _marks(self, listing: Listing) -> tuple[dict[int, Mark], bool]:
        """Read the whole list of keys; tell whether it is whole.

        One that moved while we read, or lost something on the way, is no reason to remove anything.
        """
        marks: dict[int, Mark] = {}
        target = Target(self.stored.id, listing.kind, light=True)
        lost = 0
        for _ in range(_STILL):
            before, total = await self._gate(), 0
            seen: dict[int, Mark] = {}
            async for page in self._reader.pages(listing.path, listing.light(), target, size=LIGHT_PAGE):
                seen |= {mark[0]: mark for mark in page.rows.marks}
                lost, total = page.lost, page.total
            marks |= seen
            if not lost and len(seen) >= total and before == await self._gate():
                return seen, True
        self.unlisted += lost
        return marks, False

    async def _plays(self) -> None:
        """Read the items played since the last one we know of; playing moves no other date."""
        for listing in self.listings:
            if not listing.leaf:
                continue
            known = await asyncio.to_thread(self._store.last_played, self.stored.id, listing.kind)
            target = Target(self.stored.id, listing.kind, light=True)
            before = None
            params = listing.played()
            async with aclosing(self._reader.pages(listing.path, params, target, size=PLAYED_PAGE)) as pages:
                async for page in pages:
                    times = [mark[3] or 0 for mark in page.rows.marks]
                    if times != sorted(times, reverse=True) or (before is not None and times and times[0] > before):
                        break  # not sorted as asked: the slow sweep will see the plays
                    self.changes.plays += await asyncio.to_thread(self._store.played, page.rows.marks)
                    before = times[-1] if times else 0
                    if before < max(known, 1):
                        break
            await self._unplayed(listing)

    async def _unplayed(self, listing: Listing) -> None:
        """Notice items that were marked as not played: no list begins with them, but there are more than we know of.

        A server that counts otherwise than we do, or ignores the filter, costs one sweep each time its number moves.
        """
        told = await self._client.count(listing.section, listing.code, extra=UNPLAYED)
        place = (self.stored.uuid, listing.kind)
        held = await asyncio.to_thread(self._store.unplayed, self.stored.id, listing.kind)
        if told not in (held, self._source.unplayed.get(place)):
            await self._sweep(listing)
        self._source.unplayed[place] = told

    # Single items

    async def _read_items(self, ids: Sequence[int], target: Target, *, of: int = 0) -> None:
        """Read full items by their keys."""
        ids = [key for key in ids if key not in self.missing]
        changes, left = await self._batches.fetch(
            ids, target, lambda done: self._report(target, of - len(ids) + done, of)
        )
        self.changes |= changes
        self.missing |= left.unread

    def _report(self, target: Target, done: int, total: int) -> None:
        if total and target.kind:
            self._source.progress(Step(self.stored.uuid, target.kind, done, total))
