"""Servers that make themselves heard, over loopback."""

import asyncio

import pytest

from custom_components.plex_steward.plex.discovery import PLEX_PORT, QUESTION, parse_gdm, parse_zeroconf, scan
from custom_components.plex_steward.plex.models import Found

ANSWER = (
    b"HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\nName: Home: Plex\r\nPort: 32401\r\n"
    b"Resource-Identifier: m1\r\nUpdated-At: 1700000000\r\nVersion: 1.43.3\r\n\r\n"
)


class Responder(asyncio.DatagramProtocol):
    """Answers every question with the same packets."""

    def __init__(self, *packets: bytes) -> None:
        self.packets = packets
        self.questions: list[bytes] = []

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data, addr) -> None:
        self.questions.append(data)
        for packet in self.packets:
            self.transport.sendto(packet, addr)


@pytest.fixture
async def listen():
    transports = []

    async def start(*packets: bytes):
        transport, responder = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Responder(*packets), local_addr=("127.0.0.1", 0)
        )
        transports.append(transport)
        return responder, transport.get_extra_info("sockname")

    yield start
    for transport in transports:
        transport.close()


async def test_who_is_there(listen):
    first, here = await listen(ANSWER, b"noise", ANSWER)
    _, there = await listen(ANSWER.replace(b"m1", b"m0"))
    nobody = ("127.0.0.1", 1)
    found = await scan(destinations=[here, nobody, there], wait=2)
    assert found == (
        Found("m0", "Home: Plex", "127.0.0.1", 32401, "1.43.3"),
        Found("m1", "Home: Plex", "127.0.0.1", 32401, "1.43.3"),
    )
    assert set(first.questions) == {QUESTION}
    assert found[0].url == "http://127.0.0.1:32401"
    for secret in ("Home", "127.0.0.1"):
        assert secret not in repr(found)


async def test_a_flood_ends(listen, monkeypatch):
    monkeypatch.setattr("custom_components.plex_steward.plex.discovery.MAX_ANSWERS", 3)
    _, here = await listen(*(ANSWER.replace(b"m1", b"m%d" % number) for number in range(20)))
    assert 1 <= len(await scan(destinations=[here], wait=1, rounds=1)) <= 3


async def test_no_network(monkeypatch):
    async def refuse(*_, **__):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_datagram_endpoint", refuse)
    assert await scan(destinations=[("127.0.0.1", 1)], wait=0) == ()


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\xff\xfe",
        b"HTTP/1.0 404 Not Found\r\nResource-Identifier: m1\r\n",
        ANSWER.replace(b"media-server", b"media-player"),
        ANSWER.replace(b"Resource-Identifier: m1", b"Resource-Identifier:"),
    ],
)
def test_what_is_no_server(packet):
    assert parse_gdm(packet, "10.0.0.1") is None


@pytest.mark.parametrize(("port", "expected"), [(b"x", PLEX_PORT), (b"0", PLEX_PORT), (b"70000", PLEX_PORT), (b"1", 1)])
def test_ports(port, expected):
    found = parse_gdm(ANSWER.replace(b"32401", port), "10.0.0.1")
    assert found is not None
    assert found.port == expected


def test_zeroconf():
    found = parse_zeroconf(
        "10.0.0.5", 32400, {"machineIdentifier": "m1", "version": "1.43"}, "Attic._plexmediasvr._tcp.local."
    )
    assert found == Found("m1", "Attic", "10.0.0.5", 32400, "1.43")
    bare = parse_zeroconf("plex.local", None, {"name": None}, "")
    assert bare == Found("", "", "plex.local", PLEX_PORT)
    six = parse_zeroconf("2001:db8::1", 32400, {}, "x")
    assert six is not None
    assert six.url == "http://[2001:db8::1]:32400"
    assert parse_zeroconf("fe80::1%eth0", 32400, {}) is None
    assert parse_zeroconf("0.0.0.0", 32400, {}) is None
