"""Signing in with plex.tv, and what it says of servers."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web
import pytest

from custom_components.plex_steward.plex import account as module, errors
from custom_components.plex_steward.plex.account import PLEX_TV, PlexAccount, PlexTv
from custom_components.plex_steward.plex.models import Address, Pin, Place

from .stand_in import CLIENT_ID, StandIn, serving

ACCOUNT_TOKEN = "account-token-s3cret"
MAIL = "somebody@example.org"


class PlexTvStandIn(StandIn):
    """plex.tv, as far as a sign-in sees it: bare JSON, and no token asked for."""

    def reply(self, request: web.Request):
        return self.replies.get(request.path, 404)


@pytest.fixture
async def plex_tv():
    async with serving(PlexTvStandIn()) as made:
        yield made


@pytest.fixture
async def account(plex_tv):
    async with aiohttp.ClientSession() as session:
        yield PlexAccount(session, CLIENT_ID, token=ACCOUNT_TOKEN, plex_tv=PlexTv.at(plex_tv.url))


def says(document, status: int = 200) -> web.Response:
    return web.json_response(document, status=status)


def pin(*, seconds: float = 900, strong: bool = True) -> Pin:
    return Pin(7, "abcd1234", datetime.now(UTC) + timedelta(seconds=seconds), strong)


async def test_a_sign_in_from_the_button_to_the_token(plex_tv):
    plex_tv.replies["/api/v2/pins"] = says({"id": 7, "code": "abcd1234", "expiresIn": 1800, "authToken": None}, 201)
    plex_tv.replies["/api/v2/pins/7"] = says({"id": 7, "code": "abcd1234", "expiresIn": 1700, "authToken": None})
    async with aiohttp.ClientSession() as session:
        account = PlexAccount(session, CLIENT_ID, plex_tv=PlexTv.at(plex_tv.url))
        before = datetime.now(UTC)
        made = await account.create_pin()
        assert before + timedelta(seconds=1800) <= made.expires_at <= datetime.now(UTC) + timedelta(seconds=1800)
        assert (made.id, made.code, made.strong) == (7, "abcd1234", True)
        assert "abcd1234" not in repr(made)
        assert await account.check_pin(made) is None
        waiting = asyncio.create_task(account.wait_for_pin(made, interval=0.01))
        plex_tv.replies["/api/v2/pins/7"] = says({"id": 7, "code": "abcd1234", "authToken": ACCOUNT_TOKEN})
        assert await waiting == ACCOUNT_TOKEN
    first, *polls = plex_tv.seen
    assert (first.method, first.query.get("strong")) == ("POST", "true")
    names = [name for name in first.headers if name.startswith("X-Plex")]
    assert "X-Plex-Token" not in names
    for poll in polls:
        assert [poll.headers[name] for name in names] == [first.headers[name] for name in names]


async def test_a_short_code_is_typed_by_hand(account, plex_tv):
    plex_tv.replies["/api/v2/pins"] = says({"id": 8, "code": "AB12"}, 201)
    made = await account.create_pin(strong=False)
    assert "strong" not in plex_tv.seen[0].query
    assert not made.strong
    assert timedelta(seconds=module.PIN_LIFE - 60) < made.expires_at - datetime.now(UTC)
    assert account.page(made) == f"{plex_tv.url}/link"


async def test_the_page_that_approves():
    async with aiohttp.ClientSession() as session:
        url = PlexAccount(session, CLIENT_ID).page(pin(), forward_url="http://ha.local:8123/back?flow=1&x=ä")
    assert url.startswith(f"{PLEX_TV.auth}#?")
    arguments = parse_qs(urlsplit(url).fragment.lstrip("?"))
    assert arguments == {
        "clientID": [CLIENT_ID],
        "code": ["abcd1234"],
        "context[device][product]": ["Plex Steward"],
        "forwardUrl": ["http://ha.local:8123/back?flow=1&x=ä"],
    }


@pytest.mark.parametrize(
    ("reply", "seconds", "error"),
    [
        (says({"errors": [{"code": 1020, "message": "Code not found or expired"}]}, 404), -1, errors.PinExpired),
        (says({"errors": [{"code": 1020, "message": "Code not found or expired"}]}, 404), 900, errors.PinDenied),
        (says({"id": 7, "code": "x", "authToken": None}), -1, errors.PinExpired),
        (says({"id": 7, "code": "x", "authToken": None, "expiresIn": 0}), 900, errors.PinExpired),
        (500, -1, errors.ServerFault),
        (502, -1, errors.Unreachable),
        (says([]), -1, errors.InvalidAnswer),
    ],
)
async def test_how_a_sign_in_ends_badly(account, plex_tv, reply, seconds, error):
    plex_tv.replies["/api/v2/pins/7"] = reply
    with pytest.raises(error):
        await account.wait_for_pin(pin(seconds=seconds), interval=0.01)


async def test_lost_polls_are_put_up_with(account, plex_tv):
    hiccups = iter([500, 503, "drop", 429, None])

    async def sometimes(request: web.Request) -> web.StreamResponse:
        hiccup = next(hiccups)
        if hiccup is None:
            return says({"id": 7, "code": "abcd1234", "authToken": ACCOUNT_TOKEN})
        if hiccup == "drop":
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=hiccup if isinstance(hiccup, int) else 200, text="<html>")

    plex_tv.replies["/api/v2/pins/7"] = sometimes
    assert await account.wait_for_pin(pin(), interval=0.01) == ACCOUNT_TOKEN


async def test_plex_tv_says_when_to_come_back(account, plex_tv):
    plex_tv.replies["/api/v2/user"] = web.Response(status=429, headers={"Retry-After": "17"})
    with pytest.raises(errors.RateLimited) as caught:
        await account.user()
    assert caught.value.retry_after == 17


async def test_who_signed_in(account, plex_tv):
    plex_tv.replies["/api/v2/user"] = says(
        {
            "id": 11,
            "uuid": "u",
            "username": "some",
            "title": "Some Body",
            "email": MAIL,
            "subscription": {"active": True, "status": "Active", "features": ["pass"]},
        }
    )
    found = await account.user()
    assert (found.id, found.uuid, found.title, found.username, found.email) == (11, "u", "Some Body", "some", MAIL)
    assert found.plex_pass
    assert not found.restricted
    assert plex_tv.seen[0].headers["X-Plex-Token"] == ACCOUNT_TOKEN
    for secret in (MAIL, "Some Body", "some"):
        assert secret not in repr(found)


async def test_a_refused_account_token(account, plex_tv):
    plex_tv.replies["/api/v2/user"] = says({"errors": [{"code": 1001, "status": 401}]}, 401)
    with pytest.raises(errors.Unauthorized):
        await account.user()
    plex_tv.replies["/api/v2/user"] = says({"username": "no number"})
    with pytest.raises(errors.InvalidAnswer):
        await account.user()
    plex_tv.replies["/api/v2/pins"] = says({"id": None}, 201)
    with pytest.raises(errors.InvalidAnswer):
        await account.create_pin()
    plex_tv.replies["/api/v2/resources"] = says({"size": 0})
    with pytest.raises(errors.InvalidAnswer):
        await account.resources()


def connection(uri, address, *, local=False, relay=False, ipv6=False, port=32400) -> dict[str, object]:
    protocol = uri.partition(":")[0]
    return {"protocol": protocol, "address": address, "port": port, "uri": uri} | {
        "local": local,
        "relay": relay,
        "IPv6": ipv6,
    }


async def test_the_servers_of_an_account(account, plex_tv):
    ours = {
        "name": "Zebra",
        "product": "Plex Media Server",
        "productVersion": "1.43.3",
        "platform": "Linux",
        "clientIdentifier": "m1",
        "provides": "server",
        "owned": True,
        "accessToken": "token-1",
        "presence": True,
        "httpsRequired": False,
        "sourceTitle": None,
        "connections": [
            connection("https://8-8-8-8.ab.plex.direct:8443", "8.8.8.8", relay=True, port=8443),
            connection("https://1-2-3-4.ab.plex.direct:32400", "1.2.3.4"),
            connection("https://192-168-1-2.ab.plex.direct:32400", "192.168.1.2", local=True),
            connection("https://fe80--1.ab.plex.direct:32400", "fe80::1", local=True, ipv6=True),
        ],
    }
    shared = {
        "name": "aunt's",
        "clientIdentifier": "m2",
        "provides": "client, server",
        "owned": "0",
        "accessToken": "token-2",
        "sourceTitle": "aunt",
        "httpsRequired": "1",
        "connections": [connection("https://10-0-0-2.cd.plex.direct:32400", "10.0.0.2", local=True)],
    }
    player = {"name": "TV", "clientIdentifier": "p", "provides": "player", "accessToken": "x"}
    useless = {"name": "no token", "clientIdentifier": "m3", "provides": "server", "accessToken": None}
    plex_tv.replies["/api/v2/resources"] = says([shared, player, useless, "nonsense", ours])
    first, second = await account.resources()
    assert (first.machine_identifier, first.owned, first.token, first.owner) == ("m1", True, "token-1", "")
    assert (first.version, first.platform, first.presence) == ("1.43.3", "Linux", True)
    assert first.addresses == (
        Address("https://192-168-1-2.ab.plex.direct:32400"),
        Address("https://fe80--1.ab.plex.direct:32400", ipv6=True),
        Address("http://192.168.1.2:32400"),
        Address("http://[fe80::1]:32400", ipv6=True),
        Address("https://1-2-3-4.ab.plex.direct:32400", Place.REMOTE),
        Address("https://8-8-8-8.ab.plex.direct:8443", Place.RELAY),
    )
    assert (second.machine_identifier, second.owned, second.owner, second.presence) == ("m2", False, "aunt", False)
    assert second.https_required
    assert second.addresses == (Address("https://10-0-0-2.cd.plex.direct:32400"),)
    for secret in ("token-1", "Zebra", "192"):
        assert secret not in repr(first)
    query = plex_tv.seen[0].query
    assert (query["includeHttps"], query["includeRelay"], query["includeIPv6"]) == ("1", "1", "1")


@pytest.mark.parametrize(
    ("rows", "required", "urls"),
    [
        ([connection("http://1.2.3.4:32400", "1.2.3.4")], False, ["http://1.2.3.4:32400"]),
        ([connection("http://1.2.3.4:32400", "1.2.3.4")], True, []),
        (
            [connection("http://1.2.3.4:1", "1.2.3.4"), connection("https://plex.example:443", "plex.example")],
            False,
            ["https://plex.example:443"],
        ),
        ([{"address": "10.0.0.1", "port": "32400", "local": "1"}], False, ["http://10.0.0.1:32400"]),
        ([{"local": True}], False, []),
    ],
)
def test_plain_http_only_where_it_is_safe_or_the_only_way(rows, required, urls):
    assert [address.url for address in module.read_addresses(rows, https_required=required)] == urls


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f'<M><Device clientIdentifier="m1" token="{ACCOUNT_TOKEN}"/></M>', True),
        (f'<M><Device clientIdentifier="other" token="{ACCOUNT_TOKEN}"/></M>', False),
        ('<M><Device clientIdentifier="m1" token="another"/></M>', False),
        ("<broken", None),
    ],
)
async def test_the_servers_own_token_is_recognised(account, plex_tv, body, expected):
    plex_tv.replies["/devices.xml"] = web.Response(text=body, content_type="application/xml")
    assert await account.is_server_token("m1") is expected
    # Introducing ourselves with such a token would make plex.tv forget the server.
    assert [name for name in plex_tv.seen[0].headers if name.startswith("X-Plex")] == ["X-Plex-Token"]


async def test_nobody_knows_whose_token_it_is(account):
    assert await account.is_server_token("m1") is None
