"""Listening on loopback, and learning which port that was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"


async def listen(
    runner: web.AppRunner, port: int = 0, context: ssl.SSLContext | None = None
) -> tuple[web.TCPSite, int]:
    """Let a runner listen on a port, 0 for a free one; returns the site and the port it has."""
    site = web.TCPSite(runner, HOST, port, ssl_context=context, reuse_address=True)
    await site.start()
    return site, runner.addresses[-1][1]


async def close_door(site: web.TCPSite) -> None:
    """Accept nobody any more, and let in who was accepted: asyncio asserts when a server closes over such a one."""
    server = site._server  # noqa: SLF001  # the one way to its sockets
    if isinstance(server, asyncio.Server):
        loop = asyncio.get_running_loop()
        for sock in server.sockets:
            loop.remove_reader(sock.fileno())
        for _ in range(5):
            await asyncio.sleep(0)
