"""A stand-in for plex.tv: sign-in by PIN, the account, and its servers with their addresses."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import secrets
import time
from typing import TYPE_CHECKING, Literal, Self
import uuid

from aiohttp import web

from . import plextv_routes
from .listening import HOST, listen
from .plextv_keys import TV

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .app import Simulator

ACCOUNT_TOKEN = "simulated-account-token"
"""Token of the account; not a secret, it opens nothing but this simulator."""


@dataclass(slots=True)
class Pin:
    """One sign-in under way."""

    id: int
    code: str
    client: str
    product: str
    strong: bool
    expires: float
    """Seconds since 1970."""
    trusted: bool = False
    token: str = ""
    """The account's token, once somebody approved."""
    denied: bool = False

    def left(self) -> int:
        """Give the seconds until it expires."""
        return max(0, int(self.expires - time.time()))


@dataclass(slots=True)
class TvAccount:
    """Somebody with a Plex account."""

    name: str
    id: int
    token: str
    email: str = ""
    plex_pass: bool = True
    uuid: str = field(default_factory=lambda: uuid.uuid4().hex[:16])


@dataclass(slots=True)
class Connection:
    """One address of a server, as plex.tv lists it."""

    address: str
    port: int
    uri: str
    """Where it is reached with ``includeHttps=1``; without it plex.tv says ``http://address:port``."""
    local: bool = True
    relay: bool = False
    ipv6: bool = False

    @classmethod
    def to(cls, plex: Simulator, *, local: bool = True, relay: bool = False, http_only: bool = False) -> Self:
        """Make the address of a running simulator."""
        uri = f"http://{HOST}:{plex.port}" if http_only else plex.url
        return cls(HOST, plex.port, uri, local=local, relay=relay)

    @classmethod
    def dead(cls, *, local: bool = True) -> Self:
        """Make an address where nobody listens."""
        return cls(HOST, 1, f"http://{HOST}:1", local=local)


@dataclass(slots=True)
class Server:
    """One server of an account."""

    name: str
    machine_identifier: str
    token: str
    connections: list[Connection]
    owned: bool = True
    source_title: str | None = None
    presence: bool = True
    https_required: bool = False
    version: str = ""
    platform: str = "Linux"
    accounts: frozenset[str] | None = None
    """Tokens of the accounts that see it; None = all."""
    provides: str = "server"
    follows: Simulator | None = None
    """The simulator whose present address this is; a restart with another port shows here too."""


class PlexTv:
    """One plex.tv, from ``async with`` on."""

    def __init__(
        self,
        *,
        port: int = 0,
        pin_seconds: int = 1800,
        expired: Literal["404", "null"] = "404",
        account: str = "owner",
        token: str = ACCOUNT_TOKEN,
    ) -> None:
        """Know one account. ``expired``: what an expired PIN answers, 404 or for ever a null token."""
        self.port = port
        self.pin_seconds = pin_seconds
        self.expired = expired
        self.accounts: dict[str, TvAccount] = {}
        self.account = self.add_account(account, token)
        """Who approves where nobody else is named."""
        self.pins: dict[int, Pin] = {}
        self.servers: list[Server] = []
        self.log: list[tuple[str, str, str]] = []
        """Method, path and client identifier of every request."""
        self.fault = 0
        """Status with which everything but the page is answered; 0 = none."""
        self.delay = 0.0
        self.polls_to_approve: int | None = None
        """Approve every PIN by itself at the so-many-th poll."""
        self._stack = AsyncExitStack()
        self._next_pin = 1_000_001

    @property
    def url(self) -> str:
        """The address of all of plex.tv, ``app.plex.tv/auth`` too."""
        return f"http://{HOST}:{self.port}"

    @property
    def page_url(self) -> str:
        """The page that approves a PIN."""
        return f"{self.url}/auth"

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        app = web.Application(middlewares=[plextv_routes.rules])
        tv: PlexTv = self
        app[TV] = tv
        app.add_routes(plextv_routes.routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        _, self.port = await listen(runner, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        await self._stack.aclose()

    def add_account(self, name: str, token: str = "", *, plex_pass: bool = True) -> TvAccount:
        """Add somebody who can sign in."""
        token = token or f"simulated-account-{name}"
        account = TvAccount(name, 10_000_000 + len(self.accounts), token, f"{name}@example.org", plex_pass)
        self.accounts[token] = account
        return account

    def add(
        self,
        plex: Simulator,
        *,
        owned: bool = True,
        token: str | None = None,
        connections: Iterable[Connection] | None = None,
        source_title: str | None = None,
        presence: bool = True,
        https_required: bool = False,
        accounts: Iterable[str] | None = None,
    ) -> Server:
        """Add a server; without ``connections`` its one address is the simulator's present one."""
        who = plex.state.identity
        server = Server(
            name=str(plex.state.prefs["FriendlyName"]),
            machine_identifier=who.machine_identifier,
            token=plex.token if token is None else token,
            connections=list(connections or ()),
            owned=owned,
            source_title=source_title if source_title or owned else "Friend",
            presence=presence,
            https_required=https_required,
            version=who.version,
            platform=who.platform,
            accounts=None if accounts is None else frozenset(accounts),
            follows=plex if connections is None else None,
        )
        self.servers.append(server)
        return server

    def server(self, machine_identifier: str) -> Server:
        """Give a server; raises KeyError."""
        for server in self.servers:
            if server.machine_identifier == machine_identifier:
                return server
        raise KeyError(machine_identifier)

    def begin(self, client: str, product: str, *, strong: bool) -> Pin:
        """Begin a sign-in."""
        code = (
            secrets.token_hex(12) if strong else "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(4))
        )
        pin = Pin(self._next_pin, code, client, product, strong, time.time() + (self.pin_seconds if strong else 900))
        self._next_pin += 1
        self.pins[pin.id] = pin
        return pin

    def pin(self, which: int | str) -> Pin:
        """Find a PIN by its number or code; raises KeyError."""
        for pin in self.pins.values():
            if which in (pin.id, pin.code, str(pin.id)):
                return pin
        raise KeyError(which)

    def approve(self, which: int | str | None = None, account: TvAccount | str | None = None) -> Pin:
        """Approve a PIN (the newest without one), as somebody (the first account without one). Raises KeyError."""
        pin = self.pin(which) if which is not None else next(reversed(self.pins.values()))
        if isinstance(account, str):
            account = next(one for one in self.accounts.values() if one.name == account)
        pin.token = (account or self.account).token
        return pin

    def deny(self, which: int | str | None = None) -> Pin:
        """Refuse a PIN: plex.tv forgets it."""
        pin = self.pin(which) if which is not None else next(reversed(self.pins.values()))
        pin.denied = True
        return pin

    def expire(self, which: int | str | None = None) -> Pin:
        """Let a PIN run out now."""
        pin = self.pin(which) if which is not None else next(reversed(self.pins.values()))
        pin.expires = time.time() - 1
        return pin

    def revoke(self, token: str | None = None) -> None:
        """Make an account's token worthless."""
        self.accounts.pop(token or self.account.token, None)
