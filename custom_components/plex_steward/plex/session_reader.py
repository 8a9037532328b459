"""Reads the streams of a server, with the files behind those that are converted."""

from collections.abc import Iterable
import time
from typing import Final, Protocol

from . import errors
from .decisions import Decision
from .models import Row
from .sessions import streams_of
from .streams import Kind, Stream

REMEMBER: Final = 1800.0
"""Seconds a looked-up file is believed to stay as it is."""
_BATCH: Final = 100


class SessionSource(Protocol):
    """What is needed of the client."""

    async def sessions(self) -> list[Row]:
        """Rows of the session list."""

    async def metadata(self, keys: Iterable[str]) -> dict[str, Row]:
        """Full items by rating key."""


class SessionReader:
    """Reads all streams; asks for a file once, however long and often it is watched."""

    def __init__(self, client: SessionSource) -> None:
        """Read through a client."""
        self._client = client
        self._known: dict[str, tuple[Row | None, float]] = {}

    async def read(self) -> tuple[Stream, ...]:
        """Return all streams now. Errors of the list are raised; a file that cannot be looked up stays unknown."""
        rows = await self._client.sessions()
        streams = streams_of(rows, self._sources())
        now = time.monotonic()
        wanted = files_of(streams)
        self._known = {key: known for key, known in self._known.items() if key in wanted or now - known[1] < REMEMBER}
        missing = sorted(key for key in wanted if key not in self._known or now - self._known[key][1] >= REMEMBER)
        if not missing:
            return streams
        await self._look_up(missing, now)
        return streams_of(rows, self._sources())

    def _sources(self) -> dict[str, Row]:
        return {key: row for key, (row, _) in self._known.items() if row is not None}

    async def _look_up(self, keys: list[str], now: float) -> None:
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            try:
                found = await self._client.metadata(batch)
            except errors.PlexError:
                return  # who plays matters more than what the file was; the next read asks again
            self._known.update({key: (found.get(key), now) for key in batch})


def files_of(streams: Iterable[Stream]) -> set[str]:
    """Return the rating keys worth looking up: library items of which something is converted."""
    return {
        key
        for stream in streams
        if stream.decision is not Decision.DIRECT_PLAY and stream.item.kind is not Kind.LIVE
        if (key := stream.item.rating_key) and key.isdecimal()
    }
