"""plex.tv: signing in, who signed in, and which servers there are. Not needed once a server is set up."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import time
from typing import Any, Final, Self
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import aiohttp

from . import errors, wire
from .fields import child, children, flag, integer, text
from .models import Account, Address, Pin, Place, Resource, Row
from .transport import PRODUCT, Params, client_headers

PIN_LIFE: Final = 900
"""Seconds, when plex.tv does not say."""
PIN_LIFE_MOST: Final = 24 * 3600
"""Seconds we believe."""
CLOCK_DRIFT: Final = timedelta(seconds=30)
"""How long before its time a PIN that is gone still counts as expired, and not as refused."""
LOST_POLLS: Final = (
    errors.AddressError,
    errors.InvalidAnswer,
    errors.NotReady,
    errors.RateLimited,
    errors.ServerFault,
)
"""What says nothing about a sign-in: the next poll may tell."""


@dataclass(frozen=True, slots=True)
class PlexTv:
    """Where Plex's own service lives."""

    api: str = "https://plex.tv"
    auth: str = "https://app.plex.tv/auth"
    """Page that approves a strong PIN."""
    link: str = "https://plex.tv/link"
    """Page where a short PIN is typed."""

    @classmethod
    def at(cls, base: str) -> Self:
        """Give a stand-in that has everything at one address."""
        return cls(base, f"{base}/auth", f"{base}/link")


PLEX_TV: Final = PlexTv()


class PlexAccount:
    """One Plex account, or the way to it. The account's token goes to plex.tv and nowhere else."""

    def __init__(
        self, session: aiohttp.ClientSession, client_id: str, *, token: str = "", plex_tv: PlexTv = PLEX_TV
    ) -> None:
        """Prepare; without a token only the PIN calls work."""
        self._session = session
        self._client_id = client_id
        self._token = token
        self._plex_tv = plex_tv

    async def create_pin(self, *, strong: bool = True) -> Pin:
        """Begin a sign-in: strong for a link that is opened, short (4 letters) for a code that is typed."""
        began = datetime.now(UTC)
        row = _object(await self._call("POST", "/api/v2/pins", params={"strong": "true"} if strong else None))
        number, code = integer(row, "id"), text(row, "code")
        if number is None or code is None:
            raise errors.InvalidAnswer(path="/api/v2/pins", reason="format")
        life = integer(row, "expiresIn")
        life = PIN_LIFE if life is None else max(0, min(life, PIN_LIFE_MOST))
        return Pin(number, code, began + timedelta(seconds=life), strong)

    def page(self, pin: Pin, *, forward_url: str | None = None) -> str:
        """Give the page where the user approves; `forward_url` is where the page goes afterwards."""
        if not pin.strong:
            return self._plex_tv.link
        arguments = {"clientID": self._client_id, "code": pin.code, "context[device][product]": PRODUCT}
        if forward_url is not None:
            arguments["forwardUrl"] = forward_url
        return f"{self._plex_tv.auth}#?{urlencode(arguments, quote_via=quote, safe='')}"

    async def check_pin(self, pin: Pin) -> str | None:
        """Ask once; give the account's token when the sign-in was approved.

        Raises `PinExpired`, `PinDenied`, or one of `LOST_POLLS` when plex.tv gave no answer.
        """
        left = pin.expires_at - datetime.now(UTC)
        try:
            row = _object(await self._call("GET", f"/api/v2/pins/{pin.id}", label="/api/v2/pins"))
        except errors.NotFound as err:
            # plex.tv either forgets an expired PIN or keeps it without a token: both are seen.
            kind = errors.PinExpired if left < CLOCK_DRIFT else errors.PinDenied
            raise kind(status=err.status, path=err.path) from None
        if (token := text(row, "authToken")) is not None:
            return token
        if left <= timedelta(0) or integer(row, "expiresIn") == 0:
            raise errors.PinExpired(status=200, path="/api/v2/pins")
        return None

    async def wait_for_pin(self, pin: Pin, *, interval: float = 2.0) -> str:
        """Poll until the sign-in is approved and give the account's token; lost polls are put up with.

        Raises `PinExpired` or `PinDenied`; when plex.tv did not even answer in the end, what kept it from doing so.
        """
        left = (pin.expires_at - datetime.now(UTC)).total_seconds()
        deadline = time.monotonic() + left
        while True:
            wait = interval
            try:
                if (token := await self.check_pin(pin)) is not None:
                    return token
            except LOST_POLLS as err:
                if time.monotonic() >= deadline:
                    raise
                if isinstance(err, errors.RateLimited):
                    wait = max(wait, err.retry_after)
            await asyncio.sleep(max(min(wait, deadline - time.monotonic()), interval / 10))

    async def user(self) -> Account:
        """Who the token belongs to. Raises `Unauthorized` when plex.tv refuses it; any other error says nothing."""
        row = _object(await self._call("GET", "/api/v2/user"))
        number = integer(row, "id")
        if number is None:
            raise errors.InvalidAnswer(path="/api/v2/user", reason="format")
        subscription = child(row, "subscription")
        return Account(
            id=number,
            uuid=text(row, "uuid") or "",
            title=text(row, "friendlyName", "title", "username") or "",
            username=text(row, "username") or "",
            email=text(row, "email") or "",
            plex_pass=subscription is not None and flag(subscription, "active") is True,
            restricted=flag(row, "restricted") is True,
        )

    async def resources(self) -> tuple[Resource, ...]:
        """Every server of the account, owned first, each with its own token. Raises `Unauthorized`."""
        params = {"includeHttps": 1, "includeRelay": 1, "includeIPv6": 1}
        document = await self._call("GET", "/api/v2/resources", params=params)
        if not isinstance(document, list):
            raise errors.InvalidAnswer(path="/api/v2/resources", reason="format")
        found = (read_resource(row) for row in document if isinstance(row, dict))
        servers = (resource for resource in found if resource is not None)
        return tuple(sorted(servers, key=lambda resource: (not resource.owned, resource.name.casefold())))

    async def is_server_token(self, machine_identifier: str) -> bool | None:
        """Tell whether our token is the server's own, as found in its `Preferences.xml`; None when plex.tv is silent.

        Such a token must not be used: plex.tv then takes us for the server and forgets the real one. So nothing about
        us goes along with this call.
        """
        path = "/devices.xml"
        try:
            answer = await self._send("GET", path, {"X-Plex-Token": self._token})
            root = ET.fromstring(answer.body)  # noqa: S314 - from plex.tv over TLS, bounded; expat stops entity bombs
        except errors.PlexError, ET.ParseError, LookupError, ValueError:  # the last two: its encoding
            return None
        return any(
            device.get("clientIdentifier") == machine_identifier and device.get("token") == self._token
            for device in root.iter("Device")
        )

    async def _call(self, method: str, path: str, *, params: Params | None = None, label: str = "") -> Any:
        """Send a request that introduces us, and give its JSON."""
        headers = client_headers(self._client_id)
        if self._token:
            headers["X-Plex-Token"] = self._token
        answer = await self._send(method, path, headers, params, label)
        return await wire.decode(answer.body, label or path)

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        params: Params | None = None,
        label: str = "",
    ) -> wire.Answer:
        """Send a request to plex.tv; `label` stands for the path in errors and logs."""
        label = label or path
        async with wire.opened(
            self._session,
            method,
            self._plex_tv.api,
            path,
            params=params,
            headers=headers,
            timeout=wire.POLL * 2,
            label=label,
        ) as response:
            wire.check_status(response.status, response.headers, label)
            return await wire.read(response, label)


def _object(document: Any) -> Row:
    """Insist on a JSON object."""
    if not isinstance(document, dict):
        raise errors.InvalidAnswer(reason="format")
    return document


def read_resource(row: Row) -> Resource | None:
    """Read a device of the account; None when it is no server, or none we could talk to."""
    machine, token = text(row, "clientIdentifier"), text(row, "accessToken")
    provides = [word.strip() for word in (text(row, "provides") or "").split(",")]
    if machine is None or token is None or "server" not in provides:
        return None
    https_required = flag(row, "httpsRequired") is True
    return Resource(
        machine_identifier=machine,
        name=text(row, "name") or "",
        owned=flag(row, "owned") is True,
        token=token,
        version=text(row, "productVersion") or "",
        platform=text(row, "platform") or "",
        owner=text(row, "sourceTitle") or "",
        presence=flag(row, "presence") is True,
        https_required=https_required,
        addresses=read_addresses(children(row, "connections"), https_required=https_required),
    )


def read_addresses(rows: list[Row], *, https_required: bool) -> tuple[Address, ...]:
    """Read a server's connections, best first.

    Inside the local net plain http joins each address if the server allows it; a token never crosses the internet
    unencrypted, unless the server has no other address at all.
    """
    found: dict[str, Address] = {}
    for row in rows:
        uri, host, port = text(row, "uri"), text(row, "address"), integer(row, "port")
        ipv6 = flag(row, "IPv6") is True
        place = Place.LOCAL if flag(row, "local") else Place.RELAY if flag(row, "relay") else Place.REMOTE
        urls = [uri.rstrip("/")] if uri is not None else []
        if place is Place.LOCAL and host and port and not https_required:
            urls.append(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        for url in urls:
            found.setdefault(url, Address(url, place, ipv6))
    encrypted = [address for address in found.values() if address.secure]
    plain = [a for a in found.values() if not a.secure and not (https_required or (encrypted and a.place != "local"))]
    return tuple(sorted((*encrypted, *plain), key=lambda address: address.rank))
