"""The push channel breaks, and somebody else answers at the address at once."""

import asyncio
from contextlib import suppress

import aiohttp
from aiohttp import web

from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.models import Address
from custom_components.plex_steward.plex.notifications import PATHS, Notifications
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, reply_json, serving, until


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


async def test_what_is_sent_again_over_a_new_connection_proves_the_address_first():
    """A kept connection is closed when the next request comes: aiohttp repeats it, and who answers may be another."""
    answers = [True, False, True]

    async def reply(request: web.Request) -> web.StreamResponse:
        if not answers.pop(0):
            assert request.transport is not None
            request.transport.abort()
        return reply_json({"size": 0})

    async with aiohttp.ClientSession() as session, serving(StandIn(replies={"/x": reply})) as plex:
        access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE)
        connection = Connection(session, access, [Address(plex.url)])
        await connection.get("/x")
        before = len(plex.paths)
        await connection.get("/x")
        assert plex.paths[before:] == ["GET /x", "GET /identity", "GET /x"]
