"""Answers of local discovery (GDM), on a loopback port of the test's own choosing; never multicast."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .app import Simulator


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, plex: Simulator) -> None:
        self._plex = plex

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.startswith(b"M-SEARCH * HTTP/1."):
            return
        who = self._plex.state.identity
        lines = [
            "HTTP/1.0 200 OK",
            "Content-Type: plex/media-server",
            f"Name: {self._plex.state.prefs['FriendlyName']}",
            f"Port: {self._plex.port}",
            f"Resource-Identifier: {who.machine_identifier}",
            f"Updated-At: {int(time.time())}",
            f"Version: {who.version}",
            "",
            "",
        ]
        self._transport.sendto("\r\n".join(lines).encode(), addr)


class Gdm:
    """A responder for one server, from ``async with`` on."""

    def __init__(self, plex: Simulator, port: int = 0) -> None:
        """Answer for this server on a UDP port of 127.0.0.1; 0 takes a free one."""
        self._plex = plex
        self.port = port

    async def __aenter__(self) -> Self:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        where = ("127.0.0.1", self.port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(self._plex), where)
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop answering."""
        self._transport.close()
