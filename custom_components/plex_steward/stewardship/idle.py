"""Waiting until nobody watches."""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import callback

from ..coordinators.sessions import SessionsCoordinator


def until_idle(sessions: SessionsCoordinator) -> Callable[[], Awaitable[None]]:
    """Give a gate that opens when the server has no stream; a paused one counts, its viewer will come back."""

    async def gate() -> None:
        idle = asyncio.Event()

        @callback
        def look() -> None:
            if sessions.last_update_success and not sessions.data:
                idle.set()

        stop = sessions.async_add_listener(look)
        try:
            look()
            await idle.wait()
        finally:
            stop()

    return gate
