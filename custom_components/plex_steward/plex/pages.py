"""Reads listings page by page.

Answers are parsed in a thread as they arrive, asked for again when they break, and cut into smaller pages when they
stay broken: one bad item costs one item.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from queue import SimpleQueue
import re
import time
from typing import Final, Protocol
from xml.parsers import expat

from . import errors
from .items import ItemParser, Rows, Target
from .listing import Params

SLICE: Final = 16 * 1024
"""Bytes parsed at a stretch: about a third of a millisecond, then others get the interpreter."""
BACKLOG: Final = 64
"""Pieces that may wait for the parser before the network has to."""
TRIES: Final = 4
PAUSE: Final = 0.5
"""Seconds before the second try; doubled for each further one."""
REST: Final = 0.005
"""Seconds between two pages: the server has viewers to serve."""
MAX_LOST: Final = 50
"""Unreadable items of one listing after which the server is taken to be ill, not the items."""

# What XML 1.0 does not allow, as characters, as references, and ampersands that begin no reference.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE: Final = re.compile(r"&(?:#(\d{1,7}|x[0-9a-fA-F]{1,6});|(?!(?:amp|lt|gt|quot|apos);))")


class XmlClient(Protocol):
    """What is needed of the client."""

    def stream(
        self, path: str, *, params: Params | None = None, page: tuple[int, int] | None = None
    ) -> AsyncGenerator[bytes]:
        """Yield the XML of a listing as it comes."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing."""

    rows: Rows
    position: int
    """Place in the listing behind this page."""
    total: int
    lost: int = 0
    """Items in front of this page that could not be read."""


class Broken(Exception):
    """A document that could not be parsed to its end."""


class PageReader:
    """Reads from one server."""

    def __init__(self, client: XmlClient, *, pause: float = PAUSE, rest: float = REST) -> None:
        """Read through a client; `pause` and `rest` are in seconds."""
        self._client = client
        self._pause = pause
        self._rest = rest

    async def pages(
        self, path: str, params: Params, target: Target, *, size: int, start: int = 0
    ) -> AsyncGenerator[Page]:
        """Yield a listing from `start` on. Raises a `PlexError` when the server cannot be read.

        The server may send fewer items than asked for, or all of them at once.
        """
        position, lost, total = start, 0, None
        wanted = size
        while total is None or position < total:
            try:
                rows = await self.document(
                    path, params, target, page=(position, wanted), tries=TRIES if wanted == size else 2
                )
            except (Broken, errors.ServerFault, errors.Unreachable) as err:
                if isinstance(err, errors.Unreachable) and err.reason not in ("closed", "read"):
                    raise
                if total is None and wanted == 1:
                    raise errors.InvalidAnswer(path=path, reason="format") from None
                if wanted > 1:
                    wanted = max(1, wanted // 10)
                    size = wanted if isinstance(err, errors.TimedOut) else size
                    continue
                lost += 1
                if lost > MAX_LOST:
                    raise errors.InvalidAnswer(path=path, reason="format") from None
                position, wanted = position + 1, size
                continue
            count = rows.size if rows.size is not None else len(rows.marks)
            if not count:
                break
            total = rows.total if rows.total is not None else position + count
            position += count
            yield Page(rows, position, total, lost)
            if wanted < size:  # past the bad place: try whole pages again from the next round number on
                wanted = size if position % (wanted * 10) == 0 else wanted
            await asyncio.sleep(self._rest)
        if lost:
            yield Page(Rows(), position, total or position, lost)

    async def document(
        self, path: str, params: Params, target: Target, *, page: tuple[int, int] | None = None, tries: int = TRIES
    ) -> Rows:
        """Read one answer, several times if need be; the later tries repair broken text.

        Raises `Broken` when it stays broken, else the last `PlexError`.
        """
        for attempt in range(tries):
            try:
                async with aclosing(self._client.stream(path, params=params, page=page)) as chunks:
                    return await _parsed(chunks, target, repair=attempt > 0)
            except Broken:
                if attempt + 1 == tries:
                    raise
                if not attempt:
                    continue
            except (errors.NotReady, errors.Unreachable, errors.RateLimited, errors.ServerFault) as err:
                slow = isinstance(err, errors.TimedOut) and err.reason == "read" and page is not None and page[1] > 1
                if slow or attempt + 1 == tries:  # what takes too long once will do so again
                    raise
            await asyncio.sleep(self._pause * 2**attempt)
        raise AssertionError  # every last try returns or raises


async def _parsed(chunks: AsyncIterator[bytes], target: Target, *, repair: bool) -> Rows:
    """Parse in a thread while the answer comes in."""
    pieces: SimpleQueue[bytes | None] = SimpleQueue()
    work: Callable[[SimpleQueue[bytes | None], Target], Rows] = _repair if repair else _parse
    job = asyncio.get_running_loop().run_in_executor(None, work, pieces, target)
    try:
        async for chunk in chunks:
            if job.done():
                break
            pieces.put(chunk)
            while pieces.qsize() > BACKLOG and not job.done():  # noqa: ASYNC110 - the parser knows no event loop
                await asyncio.sleep(0.002)
    except BaseException:
        job.add_done_callback(lambda done: done.cancelled() or done.exception())  # it ends with what it has: of no use
        raise
    finally:
        pieces.put(None)
    try:
        return await job
    except expat.ExpatError, LookupError, ValueError:  # the second: an encoding nobody knows
        raise Broken from None


def _parse(pieces: SimpleQueue[bytes | None], target: Target) -> Rows:
    parser = ItemParser(target)
    while (piece := pieces.get()) is not None:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE):
            parser.feed(view[start : start + SLICE])
            time.sleep(0)  # hands the interpreter to the event loop
    return parser.close()


def _repair(pieces: SimpleQueue[bytes | None], target: Target) -> Rows:
    """Parse text that holds what XML does not allow: old libraries do."""
    whole = bytearray()
    while (piece := pieces.get()) is not None:
        whole += piece
    text = _REFERENCE.sub(_reference, _FORBIDDEN.sub("\ufffd", whole.decode(errors="replace")))
    parser = ItemParser(target)
    for start in range(0, len(text), SLICE):
        parser.feed(text[start : start + SLICE])
        time.sleep(0)
    return parser.close()


def _reference(match: re.Match[str]) -> str:
    number = match[1]
    if number is None:
        return "&amp;"
    code = int(number[1:], 16) if number[0] == "x" else int(number)
    return match[0] if code <= 0x10FFFF and not _FORBIDDEN.match(chr(code)) else "\ufffd"
