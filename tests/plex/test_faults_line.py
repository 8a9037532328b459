"""The push channel breaks, and somebody else answers at the address at once."""

import asyncio
from contextlib import suppress

import aiohttp

from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.models import Address
from custom_components.plex_steward.plex.notifications import PATHS, Notifications
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving, until


async def test_a_broken_push_channel_makes_the_address_prove_itself_anew():
    """However short ago it was heard: the next one to answer is asked who it is before it hears the token."""
    async with aiohttp.ClientSession() as session, serving(StandIn(replies={"/x": {"size": 0}})) as plex:
        plex.replies[PATHS[0]] = plex.websocket
        access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE)
        connection = Connection(session, access, [Address(plex.url)])
        channel = Notifications(connection, lambda _: None, back_off=(3600, 3600))
        task = asyncio.create_task(channel.run())
        await until(lambda: channel.connected)
        await connection.get("/x")
        asked = plex.paths.count("GET /identity")
        await connection.get("/x")
        assert plex.paths.count("GET /identity") == asked
        await plex.sockets[0].close()
        await until(lambda: not channel.connected)
        await connection.get("/x")
        assert plex.paths.count("GET /identity") == asked + 1
        channel.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
