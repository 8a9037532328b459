"""A few lines of a Plex server that misbehave on demand and remember everything they were sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import datetime as dt
import ipaddress
import ssl
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MACHINE = "5f0e" * 10
TOKEN = "server-token-s3cret"
CLIENT_ID = "client-id-1ff1"
HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"

type Reply = web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]] | dict[str, Any] | int


@dataclass
class StandIn:
    """One server. `replies` says what each path answers; `fault` spoils everything, `/identity` too."""

    machine: str = MACHINE
    token: str = TOKEN
    replies: dict[str, Reply] = field(default_factory=dict)
    fault: int | str | None = None
    """A status, `hang` or `drop`."""
    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends what hangs."""

    @property
    def paths(self) -> list[str]:
        """What was asked for, method first, arguments left out."""
        return [f"{request.method} {request.path}" for request in self.seen]

    @property
    def heard(self) -> str:
        """All that ever arrived: addresses, arguments, headers."""
        return "\n".join(f"{request.raw_path} {dict(request.headers)}" for request in self.seen)

    def knows_token(self) -> bool:
        """Tell whether the token ever arrived."""
        return TOKEN in self.heard

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        self.seen.append(request)
        if self.fault == "hang":
            await self.release.wait()
        if self.fault == "drop":
            assert request.transport is not None
            request.transport.abort()
        reply = self.fault if isinstance(self.fault, int) else self.reply(request)
        if isinstance(reply, int):
            return page(reply)
        if isinstance(reply, dict):
            return reply_json(reply)
        return await reply(request) if callable(reply) else _again(reply)

    def reply(self, request: web.Request) -> Reply:
        """Choose what to answer."""
        if request.path == "/identity":
            who = {"size": 0, "claimed": "1", "machineIdentifier": self.machine, "version": "1.43.3.1"}
            return self.replies.get(request.path, who)
        given = request.headers.get("X-Plex-Token") or request.query.get("X-Plex-Token")
        return self.replies.get(request.path, 404) if given == self.token else 401

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Open a line and keep it until somebody ends it."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for _ in socket:
            pass
        return socket


def page(status: int) -> web.Response:
    """Make an error as Plex makes it: a page, whatever was asked for."""
    return web.Response(status=status, text=HTML.format(status), content_type="text/html")


def reply_json(container: Mapping[str, Any]) -> web.Response:
    """Wrap a container."""
    return web.json_response({"MediaContainer": container}, headers={"X-Plex-Protocol": "1.0"})


def _again(reply: web.Response) -> web.Response:
    """A response can be sent once only."""
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


@asynccontextmanager
async def serving(stand_in: StandIn, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[StandIn]:
    """Let a server listen on loopback."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stand_in.handle)
    server = TestServer(app, host="127.0.0.1", port=port, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    stand_in.url = str(server.make_url("")).rstrip("/")
    try:
        yield stand_in
    finally:
        stand_in.release.set()
        for socket in stand_in.sockets:
            await socket.close()
        await server.close()


def certificate(*names: str, days: int = 30) -> tuple[bytes, bytes]:
    """Make a self-signed certificate and its key, as PEM; names may be IP addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def server_tls(folder: Any, *names: str, days: int = 30) -> tuple[ssl.SSLContext, str]:
    """Give what a server needs for TLS, and the file with the certificate that trusts it."""
    made, key = certificate(*names, days=days)
    chain = folder / f"{names[0]}.pem"
    chain.write_bytes(made + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, str(chain)


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition, however slow the machine is."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
