"""From the sign-in to the first message, of the simulated plex.tv and server; nothing of either is mocked."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest

from custom_components.plex_steward.plex import connection as connection_module, errors
from custom_components.plex_steward.plex.account import PlexAccount, PlexTv
from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection, probe
from custom_components.plex_steward.plex.discovery import scan
from custom_components.plex_steward.plex.models import Address, Event, Place
from custom_components.plex_steward.plex.notifications import Notifications
from custom_components.plex_steward.plex.transport import Access
from simulator import Simulator
from simulator.gdm import Gdm
from simulator.plextv import Connection as Listed

from .stand_in import CLIENT_ID, until


@pytest.fixture
async def session(monkeypatch):
    monkeypatch.setattr(connection_module, "SEARCH_PAUSE", 0)
    monkeypatch.setattr(connection_module, "GRACE", 60.0)
    async with aiohttp.ClientSession() as made:
        yield made


def way_to(session: aiohttp.ClientSession, plex: Simulator, *addresses: Address) -> Connection:
    access = Access(token=plex.token, client_id=CLIENT_ID, machine_identifier=plex.machine_identifier)
    return Connection(session, access, addresses or [Address(plex.url)])


async def test_from_the_button_to_the_first_message(session):
    async with Simulator(plex_tv=True) as plex, Simulator(name="Stranger") as stranger:
        plex_tv = plex.plex_tv
        assert plex_tv is not None
        plex_tv.servers[0].follows = None
        plex_tv.servers[0].connections = [
            Listed.dead(),
            Listed.to(stranger),
            Listed.to(plex, local=False, http_only=True),
        ]
        account = PlexAccount(session, CLIENT_ID, plex_tv=PlexTv.at(plex_tv.url))
        pin = await account.create_pin()
        assert await account.check_pin(pin) is None
        async with session.get(account.page(pin, forward_url="http://127.0.0.1/back")) as page:
            assert page.status == 200
        plex_tv.approve()
        token = await account.wait_for_pin(pin, interval=0.01)
        account = PlexAccount(session, CLIENT_ID, token=token, plex_tv=PlexTv.at(plex_tv.url))
        assert (await account.user()).email == "owner@example.org"
        (server,) = await account.resources()
        access = Access(token=server.token, client_id=CLIENT_ID, machine_identifier=server.machine_identifier)
        connection = Connection(session, access, server.addresses)
        client = PlexClient(connection)
        assert (await client.info()).name == server.name
        assert connection.address == Address(plex.url, Place.REMOTE)

        events: list[Event] = []
        channel = Notifications(connection, events.append, types={"playing"})
        task = asyncio.create_task(channel.run())
        await until(lambda: channel.connected)
        plex.sessions.start("direct_play", user="anna")
        await until(lambda: bool(events))
        assert events[0].rows[0]["sessionKey"] == (await client.sessions())[0]["sessionKey"]
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("variant", ["404", "null"])
async def test_a_pin_that_runs_out(session, variant):
    async with Simulator(plex_tv=True) as plex:
        plex_tv = plex.plex_tv
        assert plex_tv is not None
        plex_tv.expired = variant
        plex_tv.pin_seconds = 1
        account = PlexAccount(session, CLIENT_ID, plex_tv=PlexTv.at(plex_tv.url))
        with pytest.raises(errors.PinExpired):
            await account.wait_for_pin(await account.create_pin(), interval=1.5)
        plex_tv.pin_seconds = 3600
        pin = await account.create_pin()
        plex_tv.deny()
        with pytest.raises(errors.PinDenied):
            await account.wait_for_pin(pin)


async def test_a_token_that_is_revoked(session):
    async with Simulator(plex_tv=True) as plex:
        assert plex.plex_tv is not None
        token = plex.plex_tv.account.token
        account = PlexAccount(session, CLIENT_ID, token=token, plex_tv=PlexTv.at(plex.plex_tv.url))
        await account.user()
        plex.plex_tv.revoke()
        for call in (account.user(), account.resources()):
            with pytest.raises(errors.Unauthorized):
                await call
        plex.plex_tv.fault = 503
        with pytest.raises(errors.NotReady):
            await account.user()


async def test_a_restart_at_another_address(session):
    async with Simulator() as plex:
        connection = way_to(session, plex)
        client = PlexClient(connection)
        await client.info()
        await plex.restart(new_port=True, starting=True)
        with pytest.raises(errors.AddressError):
            await client.info()
        connection.update(addresses=[Address(plex.url)])  # discovery heard of it
        with pytest.raises(errors.NotReady):
            await client.info()
        plex.quirks.starting = False
        assert (await client.info()).machine_identifier == plex.machine_identifier


async def test_a_certificate_of_its_own(session):
    async with Simulator(tls=True) as plex:
        result = await probe(session, Address(plex.url), expected=plex.machine_identifier)
        assert isinstance(result.error, errors.CertificateInvalid)
        trusting = await probe(session, Address(plex.url), expected=plex.machine_identifier, verify_ssl=False)
        assert trusting.identity is not None
        plain = await probe(session, Address(plex.url.replace("https:", "http:")), expected=None)
        assert isinstance(plain.error, errors.AddressError)


async def test_discovery_finds_it_and_identity_confirms_it(session):
    async with Simulator(name="Attic: Plex") as plex, Gdm(plex) as gdm:
        (found,) = await scan(destinations=[("127.0.0.1", gdm.port)], wait=1)
        assert (found.name, found.machine_identifier) == ("Attic: Plex", plex.machine_identifier)
        result = await probe(session, Address(found.url), expected=found.machine_identifier)
        assert result.identity is not None


async def test_a_flood(session):
    async with Simulator() as plex:
        events: list[Event] = []
        channel = Notifications(way_to(session, plex), events.append, types={"playing"})
        task = asyncio.create_task(channel.run())
        await until(lambda: channel.connected)
        plex.state.bus.flood(2000)
        plex.sessions.start("direct_play")
        await until(lambda: bool(events))
        assert {event.type for event in events} == {"playing"}
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_dead_line(session):
    async with Simulator() as plex:
        states: list[bool] = []
        channel = Notifications(
            way_to(session, plex), lambda event: None, on_state=states.append, heartbeat=0.3, back_off=(0.01, 0.05)
        )
        task = asyncio.create_task(channel.run())
        await until(lambda: channel.connected)
        plex.state.bus.silence(True)
        await until(lambda: False in states)
        plex.state.bus.silence(False)
        await until(lambda: channel.connected)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
