"""A server with all its addresses: uses the best that answers, changes over when it fails, goes back when it can."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
import time
from typing import Any, Final

import aiohttp

from . import errors, wire
from .models import Address, Identity, Row
from .transport import Access, Params, Transport, container, identify

SEARCH_PAUSE: Final = 5.0
"""Seconds after a search that found nothing in which nobody searches again: ten callers must not wait ten times."""
GRACE: Final = 2.0
"""Seconds a better address gets after a worse one has answered."""

_TELLING: Final = (
    errors.NotReady,
    errors.WrongServer,
    errors.CertificateInvalid,
    errors.WrongScheme,
    errors.NotPlex,
    errors.TimedOut,
    errors.Unreachable,
)
"""Which failure of several addresses says most about what is wrong."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying one address."""

    address: Address
    identity: Identity | None = None
    error: errors.PlexError | None = None
    seconds: float = 0.0
    """How long the answer took."""


async def probe(
    session: aiohttp.ClientSession, address: Address, *, expected: str | None, verify_ssl: bool = True
) -> Probe:
    """Try one address without a token. Raises nothing of ours: the failure is the result."""
    began = time.monotonic()
    try:
        identity = await identify(session, address.url, expected=expected, verify_ssl=verify_ssl)
    except errors.PlexError as err:
        return Probe(address, error=err, seconds=time.monotonic() - began)
    return Probe(address, identity, seconds=time.monotonic() - began)


async def probe_all(
    session: aiohttp.ClientSession, addresses: Iterable[Address], *, expected: str | None, verify_ssl: bool = True
) -> tuple[Probe, ...]:
    """Try addresses side by side; results best address first, whether they answer or not."""
    ranked = sorted(addresses, key=lambda address: address.rank)
    return tuple(
        await asyncio.gather(*(probe(session, address, expected=expected, verify_ssl=verify_ssl) for address in ranked))
    )


def most_telling(failures: Iterable[errors.PlexError]) -> errors.PlexError:
    """Pick the failure that helps most to understand why no address works."""
    order = {kind: number for number, kind in enumerate(_TELLING)}
    return min(
        failures,
        key=lambda failure: order.get(type(failure), len(order)),
        default=errors.Unreachable(reason="no_address"),
    )


class Connection:
    """The way to one server. All requests go through here and are answered by whichever address works."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        access: Access,
        addresses: Sequence[Address],
        *,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Prepare; nothing is sent before `connect` or the first request. `on_change`: the address in use changed."""
        self._session = session
        self._access = access
        self._addresses = tuple(sorted(addresses, key=lambda address: address.rank))
        self._on_change = on_change
        self._current: Transport | None = None
        self._lock = asyncio.Lock()
        self._failure: tuple[float, errors.PlexError] | None = None

    @property
    def access(self) -> Access:
        """Token, client identifier, expected server, TLS choice, timeout."""
        return self._access

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every known address, best first."""
        return self._addresses

    @property
    def address(self) -> Address | None:
        """The address in use; None when none answered."""
        if self._current is None:
            return None
        return next((known for known in self._addresses if known.url == self._current.url), None)

    @property
    def url(self) -> str | None:
        """URL of the address in use, or of the best one known; for `control` and for links."""
        if self._current is not None:
            return self._current.url
        return self._addresses[0].url if self._addresses else None

    def endpoint(self) -> tuple[str, Access]:
        """Give what `control` needs: the address in use (else the best known one) and how to speak there."""
        if (url := self.url) is None:
            raise errors.Unreachable(reason="no_address")
        return url, self._access

    def update(self, *, addresses: Iterable[Address] | None = None, token: str | None = None) -> None:
        """Take over what plex.tv or discovery says anew; typed addresses stay."""
        if addresses is not None:
            known = {address.url: address for address in (*addresses, *(a for a in self._addresses if a.manual))}
            self._addresses = tuple(sorted(known.values(), key=lambda address: address.rank))
        if token is not None:
            self._access = replace(self._access, token=token)
            if self._current is not None:
                self._current.access = self._access
        self._failure = None

    def doubt(self) -> None:
        """A line to the server broke: whoever answers there next proves who it is before it hears the token."""
        if self._current is not None:
            self._current.doubt()

    async def connect(self) -> None:
        """Find the best address that answers. Raises the most telling failure when none does."""
        async with self._lock:
            await self._search()

    async def improve(self) -> bool:
        """Go back to a better address if one answers again; cheap, meant for every slow poll. Tells whether it did."""
        current = self.address
        better = [a for a in self._addresses if current is not None and a.rank < current.rank]
        # Not under the lock: a dead address takes seconds to say so, and requests go on meanwhile.
        best, _ = await self._best(better)
        async with self._lock:
            if best is None or self.address != current:
                return False
            self._use(best)
        return True

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        page: tuple[int, int] | None = None,
        accept: str | None = None,
        timeout: float = wire.POLL,
        limit: int = wire.MAX_BODY,
    ) -> wire.Answer:
        """Send a request (see `Transport.request`); another address takes over when the one in use fails.

        Repeated there only if that is safe: a read, or a request that never reached the server. (aiohttp itself sends
        PUT and DELETE again when a kept connection turns out to be closed, once the address has proved itself anew;
        both may come twice without harm.)
        """
        transport = await self._ready()
        try:
            return await transport.request(
                method, path, params=params, page=page, accept=accept, timeout=timeout, limit=limit
            )
        except errors.AddressError as err:
            transport = await self._after(transport, err, safe=method == "GET")
        return await transport.request(
            method, path, params=params, page=page, accept=accept, timeout=timeout, limit=limit
        )

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        page: tuple[int, int] | None = None,
        timeout: float = wire.POLL,
    ) -> Row:
        """Give the MediaContainer of a JSON answer."""
        document = await self.get_json(path, params=params, page=page, timeout=timeout)
        return container(document, path)

    async def get_json(
        self,
        path: str,
        *,
        params: Params | None = None,
        page: tuple[int, int] | None = None,
        timeout: float = wire.POLL,
    ) -> Any:
        """Give a whole JSON document, for the few answers that are no MediaContainer."""
        answer = await self.request("GET", path, params=params, page=page, timeout=timeout)
        return await wire.decode(answer.body, path.partition("?")[0])

    async def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        page: tuple[int, int] | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[bytes]:
        """Yield the XML of a listing in chunks. A failure midway is raised: the reader has half a listing then.

        Before the first chunk another address takes over as in `request`. Close it (`aclosing`) when stopping early.
        """
        transport = await self._ready()
        begun = False
        try:
            async with aclosing(transport.stream(path, params=params, page=page, timeout=timeout)) as chunks:
                async for chunk in chunks:
                    begun = True
                    yield chunk
        except errors.AddressError as err:
            if begun:
                raise
            transport = await self._after(transport, err, safe=True)
        else:
            return
        async with aclosing(transport.stream(path, params=params, page=page, timeout=timeout)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def websocket(self, path: str, *, heartbeat: float) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket on the address in use (see `Transport.websocket`)."""
        transport = await self._ready()
        try:
            return await transport.websocket(path, heartbeat=heartbeat)
        except errors.AddressError as err:
            transport = await self._after(transport, err, safe=True)
        return await transport.websocket(path, heartbeat=heartbeat)

    async def _ready(self) -> Transport:
        """Give the transport in use, searching for one if there is none."""
        async with self._lock:
            if self._current is None:
                await self._search()
            assert self._current is not None  # a search that finds nothing raises
            return self._current

    async def _after(self, failed: Transport, failure: errors.AddressError, *, safe: bool) -> Transport:
        """Search anew after a failure; give the transport to repeat on, or raise the failure if that is not safe."""
        async with self._lock:
            if self._current is None or self._current is failed:
                await self._search()
            assert self._current is not None  # a search that finds nothing raises
            sent = isinstance(failure, errors.Unreachable) and failure.sent
            too_slow = isinstance(failure, errors.TimedOut) and sent  # it had its time; asking twice doubles the load
            if too_slow or (sent and not safe):
                raise failure
            return self._current

    async def _search(self) -> None:
        """Use the best address that answers; raise when none does. Only under the lock."""
        if self._failure is not None and time.monotonic() - self._failure[0] < SEARCH_PAUSE:
            raise self._failure[1].with_traceback(None)
        best, failures = await self._best(self._addresses)
        if best is None:
            self._current = None
            failure = most_telling(failures)
            self._failure = (time.monotonic(), failure)
            raise failure
        self._failure = None
        self._use(best)

    async def _best(self, ranked: Sequence[Address]) -> tuple[Address | None, list[errors.PlexError]]:
        """Try addresses side by side; give the best that answers, or why none does.

        A dead address answers only by its time limit: once another has answered, better ones get a short grace.
        """
        access = self._access
        tasks = [
            asyncio.create_task(
                probe(self._session, address, expected=access.machine_identifier, verify_ssl=access.verify_ssl)
            )
            for address in ranked
        ]
        waiting, grace = set(tasks), None
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
                good = next((task for task in tasks if task.done() and task.result().identity is not None), None)
                if good is None:
                    continue
                if not done or all(task.done() for task in tasks[: tasks.index(good)]):
                    return good.result().address, []
                grace = GRACE
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return None, [error for task in tasks if (error := task.result().error) is not None]

    def _use(self, address: Address) -> None:
        """Change over."""
        before = self._current.url if self._current is not None else None
        if before != address.url or self._current is None:
            self._current = Transport(self._session, address.url, self._access)
            if self._on_change is not None:
                self._on_change()
