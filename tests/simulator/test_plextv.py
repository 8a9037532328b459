"""plex.tv: sign-in, account, servers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from plexapi.myplex import MyPlexAccount
import pytest

from simulator import PlexTv, Simulator
from simulator.plextv import Connection

from .conftest import Asker

JSON = {"Accept": "application/json", "X-Plex-Client-Identifier": "me", "X-Plex-Product": "Test"}


@pytest.fixture
async def tv(session: aiohttp.ClientSession) -> AsyncIterator[PlexTv]:
    async with PlexTv() as one:
        yield one


async def ask(session: aiohttp.ClientSession, tv: PlexTv, method: str, path: str, **headers: str) -> tuple[int, Any]:
    async with session.request(method, f"{tv.url}{path}", headers={**JSON, **headers}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_sign_in_is_approved(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    status, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
    assert (status, pin["authToken"], pin["product"], len(pin["code"]) > 4) == (201, None, "Test", True)
    assert (await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}"))[1]["authToken"] is None
    tv.approve(pin["id"])
    status, pin = await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}")
    assert (status, pin["authToken"]) == (200, tv.account.token)
    status, user = await ask(session, tv, "GET", "/api/v2/user", **{"X-Plex-Token": pin["authToken"]})
    assert (status, user["username"], user["subscription"]["active"]) == (200, "owner", True)


async def test_short_codes_have_four_letters(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    _, pin = await ask(session, tv, "POST", "/api/v2/pins")
    assert (len(pin["code"]), 0 < pin["expiresIn"] <= 900) == (4, True)


async def test_another_client_sees_no_pin(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    _, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
    status, body = await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}", **{"X-Plex-Client-Identifier": "other"})
    assert (status, body["errors"][0]["code"]) == (404, 1020)


@pytest.mark.parametrize(("variant", "status"), [("404", 404), ("null", 200)])
async def test_an_expired_pin(session: aiohttp.ClientSession, tv: PlexTv, variant: Any, status: int) -> None:
    tv.expired = variant
    _, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
    tv.expire()
    got, body = await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}")
    assert got == status
    assert body.get("authToken") is None


async def test_a_refused_pin_is_forgotten(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    _, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
    tv.deny(pin["code"])
    assert (await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}"))[0] == 404


async def test_a_revoked_token_is_401(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    token = {"X-Plex-Token": tv.account.token}
    assert (await ask(session, tv, "GET", "/api/v2/ping", **token))[0] == 200
    tv.revoke()
    status, body = await ask(session, tv, "GET", "/api/v2/user", **token)
    assert (status, body["errors"][0]["code"]) == (401, 1001)


async def test_plex_tv_may_be_ill(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    tv.fault = 503
    async with session.get(f"{tv.url}/api/v2/user", headers=JSON) as answer:
        assert answer.status == 503
    async with session.get(tv.page_url) as answer:
        assert answer.status == 200


async def test_servers_and_their_addresses(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    async with Simulator(name="Mine") as mine, Simulator(name="Friend's", tls=True) as other:
        tv.add(mine, connections=[Connection.dead(), Connection.to(other), Connection.to(mine, local=False)])
        relay = Connection.to(other, local=False, relay=True)
        six = Connection("::1", 32400, "https://[::1]:32400", ipv6=True)
        tv.add(other, owned=False, token="shared", connections=[Connection.to(other), relay, six])
        token = {"X-Plex-Token": tv.account.token}
        _, plain = await ask(session, tv, "GET", "/api/v2/resources", **token)
        everything = "/api/v2/resources?includeHttps=1&includeRelay=1&includeIPv6=1"
        _, rows = await ask(session, tv, "GET", everything, **token)
        assert [row["name"] for row in rows] == ["Mine", "Friend's"]
        assert [(row["owned"], row["accessToken"]) for row in rows] == [(True, mine.token), (False, "shared")]
        assert [len(row["connections"]) for row in plain] == [3, 1]
        assert plain[1]["connections"][0]["protocol"] == "http"
        assert [(one["protocol"], one["relay"], one["IPv6"]) for one in rows[1]["connections"]] == [
            ("https", False, False),
            ("https", True, False),
            ("https", False, True),
        ]
        assert rows[0]["connections"][2]["uri"] == mine.url
        status, _ = await ask(session, tv, "GET", "/api/v2/resources")
        assert status == 401


async def test_plexapi_signs_in_and_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Simulator(plex_tv=True, name="Mine") as plex:
        assert plex.plex_tv is not None
        monkeypatch.setattr(MyPlexAccount, "key", f"{plex.plex_tv.url}/api/v2/user")
        token = plex.plex_tv.account.token

        def use() -> tuple[str, list[str]]:
            account = MyPlexAccount(token=token, timeout=30)
            from plexapi.myplex import MyPlexResource

            monkeypatch.setattr(
                MyPlexResource, "key", f"{account.key.removesuffix('/user')}/resources?includeHttps=1&includeRelay=1"
            )
            resources = account.resources()
            return account.username, [one.connect(timeout=30).machineIdentifier for one in resources]

        assert await asyncio.to_thread(use) == ("owner", [plex.machine_identifier])


async def test_the_page_decides(session: aiohttp.ClientSession, tv: PlexTv) -> None:
    _, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
    async with session.get(tv.page_url) as page:
        assert "forwardUrl" in await page.text()
    async with session.post(f"{tv.url}/_sim/pins/{pin['code']}/approve") as answer:
        assert (await answer.json())["approved"] is True
    assert (await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}"))[1]["authToken"] == tv.account.token
    async with session.post(f"{tv.url}/_sim/pins/nonsense/approve") as answer:
        assert answer.status == 404


async def test_a_restart_with_another_port_shows_at_plex_tv(session: aiohttp.ClientSession) -> None:
    async with Simulator(plex_tv=True) as plex:
        assert plex.plex_tv is not None
        token = {"X-Plex-Token": plex.plex_tv.account.token}
        old = plex.url
        await plex.restart(new_port=True)
        path = "/api/v2/resources?includeHttps=1"
        [row] = (await ask(session, plex.plex_tv, "GET", path, **token))[1]
        assert row["connections"][0]["uri"] == plex.url != old


async def test_plex_tv_is_steered_from_outside(session: aiohttp.ClientSession) -> None:
    async with Simulator(plex_tv=True) as plex:
        tv = plex.plex_tv
        assert tv is not None
        steer = Asker(plex, session).control
        await steer("POST", "plextv", {"expired": "null", "pin_seconds": 60})
        _, pin = await ask(session, tv, "POST", "/api/v2/pins?strong=true")
        assert pin["expiresIn"] <= 60
        await steer("POST", "plextv/accounts", {"name": "anna"})
        await steer("POST", "plextv/pins/approve", {"pin": pin["code"], "account": "anna"})
        assert [row["token"] for row in await steer("GET", "plextv/pins")] == [True]
        token = (await ask(session, tv, "GET", f"/api/v2/pins/{pin['id']}"))[1]["authToken"]
        row = {"address": "127.0.0.1", "port": 1, "uri": "https://127.0.0.1:1", "local": False}
        await steer("POST", "plextv/server", {"connections": [row], "owned": False, "presence": False})
        path = "/api/v2/resources?includeHttps=1"
        [server] = (await ask(session, tv, "GET", path, **{"X-Plex-Token": token}))[1]
        assert (server["owned"], server["presence"], server["connections"][0]["local"]) == (False, False, False)
        await steer("POST", "plextv", {"revoke": token, "fault": 0})
        assert (await ask(session, tv, "GET", "/api/v2/user", **{"X-Plex-Token": token}))[0] == 401
