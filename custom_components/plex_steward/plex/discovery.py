"""Servers that make themselves heard in the local network: Plex's own "GDM" over UDP, and zeroconf."""

import asyncio
from collections.abc import Mapping, Sequence
import ipaddress
import logging
import socket
from typing import Final, override

from .models import Found

LOGGER: Final = logging.getLogger(__name__)

GDM: Final = (("239.0.0.250", 32414),)
"""Where servers listen."""
QUESTION: Final = b"M-SEARCH * HTTP/1.0\r\n\r\n"
PLEX_PORT: Final = 32400
MAX_ANSWERS: Final = 256
"""More servers than any home has: a flood ends here."""


async def scan(
    *, destinations: Sequence[tuple[str, int]] = GDM, wait: float = 3.0, rounds: int = 2
) -> tuple[Found, ...]:
    """Ask who is there and collect answers for `wait` seconds; UDP loses packets, so ask more than once.

    An answer is a claim: check `/identity` at its `url`. Without a network the result is empty.
    """
    loop = asyncio.get_running_loop()
    found: dict[str, Found] = {}
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Listener(found), family=socket.AF_INET)
    except OSError as err:
        LOGGER.debug("no discovery: error %s", err.errno)
        return ()
    try:
        for _ in range(rounds):
            for destination in destinations:
                transport.sendto(QUESTION, destination)
            await asyncio.sleep(wait / rounds)
    finally:
        transport.close()
    return tuple(sorted(found.values(), key=lambda server: server.machine_identifier))


class _Listener(asyncio.DatagramProtocol):
    """Collects answers; one per server."""

    def __init__(self, found: dict[str, Found]) -> None:
        """Write into `found`."""
        self._found = found

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep a server's answer."""
        server = parse_gdm(data, addr[0])
        if server is not None and len(self._found) < MAX_ANSWERS:
            self._found[server.machine_identifier] = server

    @override
    def error_received(self, exc: Exception) -> None:
        """Go on listening: one destination that refuses says nothing about the others."""
        LOGGER.debug("discovery: error %s", getattr(exc, "errno", None))


def parse_gdm(data: bytes, host: str) -> Found | None:
    """Read an answer; None when it is not from a server. Values may hold colons (server names do)."""
    status, *lines = data.decode(errors="replace").splitlines() or [""]
    if " 200 " not in f"{status} ":
        return None
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    machine = fields.get("resource-identifier", "")
    if not machine or fields.get("content-type") != "plex/media-server":
        return None
    return Found(machine, fields.get("name", ""), host, _port(fields.get("port")), fields.get("version", ""))


def parse_zeroconf(host: str, port: int | None, properties: Mapping[str, object], name: str = "") -> Found | None:
    """Read a zeroconf announcement; `name` is the instance's. None when its address is of no use.

    What the TXT record holds is not laid down anywhere: the identifier may be missing and is then empty. Ask
    `/identity` in any case.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        address = None
    if address is not None and (address.is_unspecified or (address.version == 6 and address.is_link_local)):
        return None
    fields = {key.lower(): str(value) for key, value in properties.items() if value is not None}
    machine = next(
        (fields[key] for key in ("machineidentifier", "resource-identifier", "clientidentifier") if fields.get(key)), ""
    )
    return Found(
        machine, fields.get("name") or name.partition("._")[0], host, port or PLEX_PORT, fields.get("version", "")
    )


def _port(text: str | None) -> int:
    """Read a port, or take Plex's own."""
    if text is not None and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 2**16:
        return int(text)
    return PLEX_PORT
