"""Listening on loopback, and learning which port that was."""

from __future__ import annotations

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
