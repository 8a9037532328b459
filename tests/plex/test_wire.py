"""What becomes of everything that can go wrong on the wire."""

import asyncio
import json
import socket
import ssl
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
import pytest
from yarl import URL

from custom_components.plex_steward.plex import errors, wire
from custom_components.plex_steward.plex.transport import Access, Params, Transport, identify

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, server_tls, serving


def access(**changes) -> Access:
    return Access(**{"token": TOKEN, "client_id": CLIENT_ID, "machine_identifier": MACHINE} | changes)


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, errors.InvalidAnswer),
        (400, errors.Rejected),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.Rejected),
        (429, errors.RateLimited),
        (500, errors.ServerFault),
        (502, errors.Unreachable),
        (503, errors.NotReady),
        (504, errors.Unreachable),
    ],
)
async def test_each_status_has_its_meaning(session, status, error):
    async with serving(StandIn(replies={"/x": status})) as plex:
        with pytest.raises(errors.PlexError) as caught:
            await Transport(session, plex.url, access()).request("GET", "/x", params={"secret": "words"})
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.path == "/x"
    assert "127.0.0.1" not in str(caught.value)
    assert "words" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_an_error_page_is_never_read_as_an_answer(session):
    async with serving(StandIn()) as plex:
        plex.replies["/x"] = web.Response(status=200, text="<html>maintenance</html>", content_type="text/html")
        answer = await Transport(session, plex.url, access()).request("GET", "/x")
        with pytest.raises(errors.InvalidAnswer):
            await wire.decode(answer.body, "/x")


async def test_a_redirect_is_not_followed(session):
    async with serving(StandIn(machine="other")) as elsewhere, serving(StandIn()) as plex:
        plex.replies["/x"] = web.Response(status=302, headers={"Location": f"{elsewhere.url}/steal"})
        with pytest.raises(errors.InvalidAnswer) as caught:
            await Transport(session, plex.url, access()).request("GET", "/x")
        assert caught.value.reason == "redirect"
        assert elsewhere.seen == []


async def test_a_redirected_websocket_takes_no_token_along(session):
    async with serving(StandIn(machine="other")) as elsewhere, serving(StandIn()) as plex:
        plex.replies["/ws"] = web.Response(status=302, headers={"Location": f"{elsewhere.url}/steal"})
        with pytest.raises(errors.PlexError):
            await Transport(session, plex.url, access()).websocket("/ws", heartbeat=30)
        assert plex.knows_token()
        assert TOKEN not in elsewhere.heard
        assert CLIENT_ID not in elsewhere.heard


async def test_how_we_introduce_ourselves(session):
    async with serving(StandIn(replies={"/x": {"size": 0}})) as plex:
        await Transport(session, plex.url, access()).request("GET", "/x", page=(0, 50))
    first, second = plex.seen
    assert first.path == "/identity"
    assert not [name for name in first.headers if name.startswith("X-Plex")]
    assert second.headers["X-Plex-Token"] == TOKEN
    assert second.headers["X-Plex-Client-Identifier"] == CLIENT_ID
    assert second.headers["X-Plex-Container-Start"] == "0"
    assert second.headers["X-Plex-Container-Size"] == "50"
    assert second.headers["Accept"] == "application/json"
    assert "X-Plex-Pms-Api-Version" not in second.headers
    assert "X-Plex-Provides" not in second.headers


async def test_arguments_arrive_as_meant(session):
    params: Params = {"updatedAt>": 1700000000, "path": "/films/Ä+B & C;D,E=100%#1", "blank": "a b", "empty": ""}
    async with serving(StandIn(replies={"/x": {"size": 0}})) as plex:
        await Transport(session, plex.url, access()).request("GET", "/x", params=params)
    raw = plex.seen[-1].raw_path.partition("?")[2]
    assert raw.startswith("updatedAt%3E=1700000000&")
    assert "+" not in raw
    assert dict(parse_qsl(raw, keep_blank_values=True)) == {key: str(value) for key, value in params.items()}


async def test_a_body_without_end_is_cut_off(session):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async with serving(StandIn(replies={"/x": endless})) as plex:
        transport = Transport(session, plex.url, access())
        with pytest.raises(errors.InvalidAnswer) as caught:
            await transport.request("GET", "/x", limit=200_000, timeout=60)
        assert caught.value.reason == "too_large"

        async def listen() -> None:
            async for chunk in transport.stream("/x", limit=200_000):
                assert len(chunk) <= wire.CHUNK

        with pytest.raises(errors.InvalidAnswer):
            await listen()


async def test_a_body_that_breaks_off(session):
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(StandIn(replies={"/x": broken})) as plex:
        with pytest.raises(errors.Unreachable) as caught:
            await Transport(session, plex.url, access()).request("GET", "/x")
    assert caught.value.reason == "closed"
    assert caught.value.sent


async def test_big_documents_are_read_off_the_loop(monkeypatch):
    in_thread = []
    loop = asyncio.get_running_loop()
    original = loop.run_in_executor

    def spy(executor, function, *arguments):
        in_thread.append(function)
        return original(executor, function, *arguments)

    monkeypatch.setattr(loop, "run_in_executor", spy)
    small = json.dumps({"a": 1}).encode()
    big = json.dumps({"a": "x" * wire.DECODE_INLINE}).encode()
    assert await wire.decode(small, "/x") == {"a": 1}
    assert in_thread == []
    assert len((await wire.decode(big, "/x"))["a"]) == wire.DECODE_INLINE
    assert in_thread == [wire.loads]


async def test_broken_text_is_put_up_with():
    assert await wire.decode(b'{"title": "Am\xe9lie\x01"}', "/x") == {"title": "Am\ufffdlie\x01"}


async def test_nobody_listens(session):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(errors.Unreachable) as caught:
            await identify(session, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert caught.value.reason == "refused"
    assert not caught.value.sent


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "nonsense", "ftp://127.0.0.1", "http://", "http://[::"])
async def test_no_address_at_all(session, url):
    with pytest.raises(errors.PlexError):
        await identify(session, url)


async def test_silence(session):
    async with serving(StandIn(fault="hang")) as plex:
        with pytest.raises(errors.TimedOut) as caught:
            await identify(session, plex.url, timeout=0.2)
    assert caught.value.reason == "read"


@pytest.mark.parametrize(
    "reply",
    [
        404,
        401,
        {"size": 0},
        {"machineIdentifier": ""},
        web.Response(text="hello"),
        web.Response(text="[]", content_type="application/json"),
        web.Response(body=b"x" * 200_000),
    ],
)
async def test_something_else_than_plex_answers(session, reply):
    async with serving(StandIn(replies={"/identity": reply})) as other:
        with pytest.raises(errors.NotPlex):
            await identify(session, other.url)


async def test_a_server_that_starts_is_not_ready(session):
    async with serving(StandIn(fault=503)) as plex:
        with pytest.raises(errors.NotReady):
            await identify(session, plex.url, expected=MACHINE)


async def test_a_proxy_that_insists_on_https(session):
    async with serving(StandIn()) as plex:
        plex.replies["/identity"] = web.Response(status=301, headers={"Location": "https://plex.example/identity"})
        with pytest.raises(errors.WrongScheme) as caught:
            await identify(session, plex.url)
        assert caught.value.reason == "https"
        plex.replies["/identity"] = web.Response(status=400, text="The plain HTTP request was sent to HTTPS port")
        with pytest.raises(errors.WrongScheme):
            await identify(session, plex.url)


async def test_https_to_a_plain_port(session):
    async with serving(StandIn()) as plex:
        with pytest.raises(errors.WrongScheme) as caught:
            await identify(session, plex.url.replace("http:", "https:"))
    assert caught.value.reason == "http"


async def test_plain_http_to_a_tls_port(session):
    """What a TLS port says to plain http: an alert, which is no HTTP."""

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(alert, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(errors.WrongScheme) as caught:
            await identify(session, f"http://127.0.0.1:{port}")
    assert caught.value.reason == "https"


@pytest.mark.parametrize(
    ("names", "days", "trusted", "reason"),
    [
        (("127.0.0.1",), 30, False, "self_signed"),
        (("192-168-1-10.abc.plex.direct",), 30, True, "hostname"),
        (("127.0.0.1",), -1, True, "expired"),
    ],
)
async def test_certificates_that_are_refused(tmp_path, names, days, trusted, reason):
    tls, chain = server_tls(tmp_path, *names, days=days)
    context = ssl.create_default_context(cafile=chain if trusted else None)
    async with (
        serving(StandIn(), tls=tls) as plex,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
    ):
        with pytest.raises(errors.CertificateInvalid) as caught:
            await identify(session, plex.url)
        assert caught.value.reason == reason
        assert plex.seen == []
        # Switched off for this server, and for this server only.
        assert (await identify(session, plex.url, verify_ssl=False)).machine_identifier == MACHINE


async def test_a_plex_direct_name_needs_no_resolver(tmp_path):
    """The name holds the address; the certificate is still checked against the name."""
    name = "127-0-0-1.0123abcd.plex.direct"
    tls, chain = server_tls(tmp_path, name)
    context = ssl.create_default_context(cafile=chain)
    async with (
        serving(StandIn(replies={"/x": {"size": 0}}), tls=tls) as plex,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
    ):
        url = plex.url.replace("127.0.0.1", name)
        assert (await identify(session, url)).machine_identifier == MACHINE
        await Transport(session, url, access()).request("GET", "/x")
        with pytest.raises(errors.CertificateInvalid):
            await identify(session, url.replace("0123abcd", "ffff"))


def test_plex_direct_names():
    assert wire.locate("https://192-168-1-10.ab.plex.direct:32400", "/x") == (
        URL("https://192.168.1.10:32400/x"),
        "192-168-1-10.ab.plex.direct",
    )
    assert str(wire.locate("https://2001-db8-0-0-0-0-0-1.ab.plex.direct:1", "/")[0]) == "https://[2001:db8::1]:1/"
    assert wire.locate("https://odd.plex.direct:1", "/x")[1] is None
    assert wire.locate("https://plex.example", "/x")[1] is None


def test_half_a_character_becomes_a_question_mark():
    assert wire.loads(b'{"a": "\\ud83d\\ude00 \\ud83d", "b": 1}') == {"a": "\N{GRINNING FACE} ?", "b": 1}
