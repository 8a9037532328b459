"""Nothing that opens or names anything gets into a log, at any level, on good days and bad."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import logging
import traceback

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import connection as connection_module, errors
from custom_components.plex_steward.plex.account import PlexAccount, PlexTv
from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.control import Control
from custom_components.plex_steward.plex.discovery import scan
from custom_components.plex_steward.plex.models import Address, Pin
from custom_components.plex_steward.plex.notifications import PATHS, Notifications
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving, until

ACCOUNT_TOKEN = "account-token-s3cret"
MAIL = "somebody@example.org"
PIN_CODE = "pin-code-s3cret"
SECRETS = (TOKEN, CLIENT_ID, ACCOUNT_TOKEN, MAIL, PIN_CODE, "Some Body", "Attic Server")


@pytest.fixture(autouse=True)
def everything_is_logged(caplog, monkeypatch):
    """Every logger there is, ours and those of the libraries, writes all it has."""
    caplog.set_level(logging.DEBUG)
    for name in ("custom_components", "aiohttp", "asyncio", "urllib3", "plexapi", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)  # the stand-in's diary of who called
    monkeypatch.setattr(connection_module, "SEARCH_PAUSE", 0)


async def good_and_bad_day(plex: StandIn, plex_tv: StandIn, session: aiohttp.ClientSession) -> list[BaseException]:
    """Use everything once; give what was raised."""
    access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE, timeout=5)
    connection = Connection(session, access, [Address(plex.url)])
    client = PlexClient(connection)
    control = Control(connection.endpoint)
    account = PlexAccount(session, CLIENT_ID, token=ACCOUNT_TOKEN, plex_tv=PlexTv.at(plex_tv.url))
    channel = Notifications(connection, lambda event: None, back_off=(0.01, 0.02))
    pin = Pin(7, PIN_CODE, datetime.now(UTC) + timedelta(seconds=900))
    raised: list[BaseException] = []

    async def attempt(awaitable) -> None:
        try:
            await awaitable
        except errors.PlexError as err:
            raised.append(err)

    listening = asyncio.create_task(channel.run())
    await until(lambda: channel.connected or channel.failure is not None)
    for call in (
        client.info(),
        client.libraries(),
        client.sessions(),
        client.terminate("session", f"Dear Some Body, {MAIL}"),
        connection.connect(),
        account.create_pin(),
        account.check_pin(pin),
        account.user(),
        account.resources(),
        account.is_server_token(MACHINE),
        asyncio.to_thread(control.preference, "FriendlyName"),
        asyncio.to_thread(control.run_butler, "BackupDatabase"),
        scan(destinations=[("127.0.0.1", 1)], wait=0),
    ):
        await attempt(call)
    await asyncio.to_thread(control.close)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    return raised


class PlexTvStandIn(StandIn):
    """plex.tv knows a person."""

    def reply(self, request: web.Request):
        if request.path == "/api/v2/user":
            return web.json_response({"id": 1, "title": "Some Body", "email": MAIL, "username": "some"})
        if request.path.startswith("/api/v2/pins"):
            return web.json_response({"id": 7, "code": PIN_CODE, "authToken": ACCOUNT_TOKEN})
        return web.json_response([]) if request.path == "/api/v2/resources" else 404


@pytest.mark.parametrize("fault", [None, 401, 403, 500, 503, "drop", "stranger"])
async def test_no_secret_in_logs_or_errors(caplog, fault):
    async with (
        aiohttp.ClientSession() as session,
        serving(StandIn()) as plex,
        serving(PlexTvStandIn()) as plex_tv,
    ):
        plex.replies = {
            "/": {"friendlyName": "Attic Server", "machineIdentifier": MACHINE},
            "/status/sessions": {"Metadata": [{"User": {"title": "Some Body"}}]},
            PATHS[0]: plex.websocket,
        }
        if fault == "stranger":
            plex.machine = fault
        else:
            plex.fault = plex_tv.fault = fault
        raised = await good_and_bad_day(plex, plex_tv, session)
        if fault == "stranger":
            assert set(plex.paths) == {"GET /identity"}
            assert TOKEN not in plex.heard
    assert raised
    texts = [caplog.text, *("".join(traceback.format_exception(err)) for err in raised)]
    for text in texts:
        for secret in SECRETS:
            assert secret not in text
    # Our own records and errors say nothing of addresses either; those of libraries at debug level may.
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    for text in (*ours, *texts[1:]):
        assert "127.0.0.1" not in text
    if fault is None:
        assert ours
