"""Reads full items by their keys, streams included, where a listing does not tell enough."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from . import errors
from .items import Rows, Target
from .listing import BATCH, ITEM_PARAMS, item_path
from .pages import Broken, PageReader
from .store import Changes, Store

_AT_ONCE: Final = 2
"""Batches on their way at the same time."""


@dataclass(slots=True)
class Left:
    """Items that were asked for and did not come."""

    gone: set[int] = field(default_factory=set)
    """The server has them no longer."""
    unread: set[int] = field(default_factory=set)
    """The server has them and cannot tell them."""


class BatchReader:
    """Reads from one server into one store."""

    def __init__(self, reader: PageReader, store: Store) -> None:
        """Read through a page reader."""
        self._reader = reader
        self.store = store

    async def fetch(
        self, ids: Sequence[int], target: Target, told: Callable[[int], None] = lambda _: None
    ) -> tuple[Changes, Left]:
        """Read full items and store them, a few batches at a time; `told` hears how many are done."""
        changes, left, done = Changes(), Left(), 0
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(batch: tuple[int, ...]) -> None:
            nonlocal changes, done
            async with gate:
                found = await self._batch(batch, target, left)
            for rows in found:
                written = await asyncio.to_thread(self.store.put, rows)
                changes |= written  # only now: others may have added theirs meanwhile
            done += len(batch)
            told(done)

        try:
            async with asyncio.TaskGroup() as group:
                for batch in batched(ids, BATCH, strict=False):
                    group.create_task(one(batch))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        return changes, left

    async def _batch(self, batch: tuple[int, ...], target: Target, left: Left) -> list[Rows]:
        try:
            rows = await self._reader.document(item_path(batch), ITEM_PARAMS, target)
        except errors.NotFound:
            left.gone.update(batch)
            return []
        except (Broken, errors.ServerFault, errors.Unreachable) as err:
            if isinstance(err, errors.Unreachable) and err.reason not in ("closed", "read"):
                raise
            if len(batch) == 1:
                left.unread.update(batch)
                return []
            return [rows for key in batch for rows in await self._batch((key,), target, left)]
        left.gone.update(set(batch) - {mark[0] for mark in rows.marks})
        return [rows]
