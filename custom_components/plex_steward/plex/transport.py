"""Speaks with one address of one server. The token leaves only after the address proved whose it is."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
import time
from typing import Any, Final

import aiohttp

from . import errors, wire
from .fields import flag, text
from .models import Identity, Row

PRODUCT: Final = "Plex Steward"
TRUST: Final = 20.0
"""Seconds of silence after which an address must prove itself again: by then the kept connection is closed, and the
next one may lead to another machine that was given the same IP address."""

type Params = Mapping[str, str | int]


def client_headers(client_id: str, version: str = "") -> dict[str, str]:
    """How we introduce ourselves to servers and to plex.tv. Never the API-version header: it changes meanings."""
    headers = {
        "Accept": "application/json",
        "X-Plex-Client-Identifier": client_id,
        "X-Plex-Product": PRODUCT,
        "X-Plex-Device": "Home Assistant",
        "X-Plex-Platform": "Home Assistant",
    }
    return headers | ({"X-Plex-Version": version} if version else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it takes to talk to a server, wherever it is."""

    token: str = field(repr=False)
    client_id: str = field(repr=False)
    machine_identifier: str
    verify_ssl: bool = True
    timeout: float = wire.HEAVY
    """Seconds for heavy calls."""


async def identify(
    session: aiohttp.ClientSession,
    url: str,
    *,
    expected: str | None = None,
    verify_ssl: bool = True,
    timeout: float | None = None,
) -> Identity:
    """Ask an address who it is, telling it nothing about us.

    Raises an `AddressError` (`WrongServer` when `expected` is somebody else), or `NotReady` while it starts.
    """
    path = "/identity"
    async with wire.opened(
        session,
        "GET",
        url,
        path,
        headers={"Accept": "application/json"},
        timeout=wire.CONNECT if timeout is None else timeout,
        verify_ssl=verify_ssl,
    ) as response:
        status = response.status
        if status in (502, 503, 504):
            wire.check_status(status, response.headers, path)
        if 300 <= status < 400 and response.headers.get("Location", "").startswith("https:") and url[:5] == "http:":
            raise errors.WrongScheme(status=status, path=path, reason="https")
        found, body = None, b""
        with suppress(errors.InvalidAnswer):
            body = (await wire.read(response, path, limit=wire.DECODE_INLINE)).body
            found = read_identity(await wire.decode(body, path)) if status == 200 else None
        if found is None:
            if status == 400 and url[:5] == "http:" and b"https" in body.lower():
                raise errors.WrongScheme(status=status, path=path, reason="https")  # "plain HTTP sent to HTTPS port"
            raise errors.NotPlex(status=status, path=path)
    if expected is not None and found.machine_identifier != expected:
        raise errors.WrongServer(found=found.machine_identifier, path=path)
    return found


def read_identity(document: Any) -> Identity | None:
    """Read the answer of `/identity`; None when it is not Plex's."""
    inner = document.get("MediaContainer") if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return None
    machine = text(inner, "machineIdentifier")
    return Identity(machine, text(inner, "version") or "", flag(inner, "claimed")) if machine else None


class Transport:
    """HTTP and websocket to one address."""

    def __init__(self, session: aiohttp.ClientSession, url: str, access: Access) -> None:
        """Prepare; nothing is sent yet."""
        self.url = url
        self.access = access
        self._session = session
        self._lock = asyncio.Lock()
        self._heard: float | None = None
        """When the address was last known to be ours; None when it has to prove it."""
        self._doubts = 0
        """How often it was doubted: what was asked before a doubt proves nothing after it."""

    async def identify(self) -> Identity:
        """Make the address prove that it is our server (see `identify`)."""
        self._heard, doubts = None, self._doubts
        try:
            identity = await identify(
                self._session, self.url, expected=self.access.machine_identifier, verify_ssl=self.access.verify_ssl
            )
        except errors.Unreachable as err:
            err.sent = False  # what was meant to be sent waits for this
            raise
        self._proven(doubts)
        return identity

    def doubt(self) -> None:
        """Let the address prove itself anew before the token is sent again: a line to it broke."""
        self._heard = None
        self._doubts += 1

    def _proven(self, doubts: int) -> None:
        """Trust the address for a while, unless it was doubted since it was asked."""
        if doubts == self._doubts:
            self._heard = time.monotonic()

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
        """Send a request and read its whole answer. Raises any `PlexError`.

        `params` are encoded here; a key may end in an operator (`updatedAt>`). `page` is (start, size). `timeout` is
        for everything together, in seconds.
        """
        plain = path.partition("?")[0]
        async with self._opened(method, path, params, page, accept, timeout) as response:
            return await wire.read(response, plain, limit)

    async def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        page: tuple[int, int] | None = None,
        timeout: float | None = None,
        limit: int = wire.MAX_STREAM,
    ) -> AsyncGenerator[bytes]:
        """Yield the XML of a listing as it comes, in chunks of at most 64 kB; for the inventory's pull parser."""
        plain = path.partition("?")[0]
        limit_time = self.access.timeout if timeout is None else timeout
        async with self._opened("GET", path, params, page, "application/xml", limit_time) as response:
            total = 0
            async for chunk in response.content.iter_chunked(wire.CHUNK):
                total += len(chunk)
                if total > limit:
                    raise errors.InvalidAnswer(status=response.status, path=plain, reason="too_large")
                yield chunk

    async def websocket(self, path: str, *, heartbeat: float) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket; `heartbeat` is the time between pings in seconds. Raises any `PlexError`.

        The token travels as an argument, as Plex's own players send it: aiohttp follows redirects of a handshake and
        would take a header along to another host.
        """
        # aiohttp may repeat a handshake on a new line without asking us: the shorter ago the proof, the better.
        self._heard = None
        headers = await self._headers()
        del headers["Accept"]
        target, server_name = wire.locate(self.url, path, headers)
        try:
            with wire.translated(self.url, path):
                # Without a limit of its own the handshake may take as long as the session's, five minutes.
                async with asyncio.timeout(wire.POLL):
                    return await self._session.ws_connect(
                        target,
                        heartbeat=heartbeat,
                        ssl=self.access.verify_ssl,
                        server_hostname=server_name,
                        timeout=aiohttp.ClientWSTimeout(ws_close=wire.CONNECT),
                        max_msg_size=wire.MAX_BODY,
                    )
        except errors.NotPlex as err:  # any answer but 101; the address has just proved to be Plex
            self._heard = None
            wire.check_status(err.status, {}, path)
            raise errors.InvalidAnswer(status=err.status, path=path, reason="format") from None
        except errors.AddressError:
            self._heard = None
            raise

    @asynccontextmanager
    async def _opened(
        self,
        method: str,
        path: str,
        params: Params | None,
        page: tuple[int, int] | None,
        accept: str | None,
        timeout: float,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Send with the token and give the open answer if its status is good."""
        headers = await self._headers(page, accept)
        doubts = self._doubts
        try:
            async with wire.opened(
                self._session,
                method,
                self.url,
                path,
                params=params,
                headers=headers,
                timeout=timeout,
                verify_ssl=self.access.verify_ssl,
                prove=self.identify,
            ) as response:
                wire.check_status(response.status, response.headers, path.partition("?")[0])
                yield response
        except errors.AddressError:
            self._heard = None
            raise
        self._proven(doubts)

    async def _headers(self, page: tuple[int, int] | None = None, accept: str | None = None) -> dict[str, str]:
        """Give the headers with the token, once the address has proved itself."""
        if not self.access.token.isprintable():
            raise errors.Unauthorized  # it cannot even be sent
        async with self._lock:
            if self._heard is not None and time.monotonic() - self._heard > TRUST:
                self._heard = None
            while self._heard is None:  # and again if it was doubted meanwhile
                await self.identify()
        headers = client_headers(self.access.client_id) | {"X-Plex-Token": self.access.token}
        if accept is not None:
            headers["Accept"] = accept
        if page is not None:  # the server ignores the size when the start is missing
            headers["X-Plex-Container-Start"], headers["X-Plex-Container-Size"] = map(str, page)
        return headers


def container(document: Any, path: str) -> Row:
    """Give the MediaContainer of a JSON answer."""
    inner = document.get("MediaContainer") if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        raise errors.InvalidAnswer(status=200, path=path, reason="format")
    return inner
