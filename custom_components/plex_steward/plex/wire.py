"""One HTTP exchange over aiohttp: limits, error pages and causes made ours. Knows neither tokens nor servers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
import json
import logging
import re
import ssl
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from . import errors

LOGGER: Final = logging.getLogger(__name__)

CONNECT: Final = 5.0
"""Seconds to reach an address and learn who answers there."""
POLL: Final = 10.0
"""Seconds for a call that is repeated anyway."""
HEAVY: Final = 60.0
"""Seconds for a call the server has to work for; the user may change it."""

MAX_BODY: Final = 64 * 2**20
"""Bytes of a whole answer; what is bigger must be streamed."""
MAX_STREAM: Final = 2**30
CHUNK: Final = 64 * 2**10
DECODE_INLINE: Final = 64 * 2**10
"""A bigger JSON document takes a millisecond and more: it is decoded in a thread."""

_CERTIFICATE_REASONS: Final = {10: "expired", 62: "hostname", 64: "hostname", 18: "self_signed", 19: "self_signed"}
"""OpenSSL's X509_V_ERR numbers; anything else is `untrusted`."""
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Where JSON may hold half a character; mostly the other half follows."""
_TLS_ALERT: Final = ("\x15\x03", r"\x15\x03")
"""How a TLS port begins its answer to plain http, bare or as it stands in aiohttp's complaint."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


def locate(url: str, path: str, params: Mapping[str, str | int] | None = None) -> tuple[URL, str | None]:
    """Give the URL to call and the name its certificate must have, if that is not the URL's host.

    The host of a plex.direct name is the IP address itself, so no resolver is asked: works without internet and
    behind routers that refuse names with private addresses, and TLS still checks the name.
    """
    # Encoded by hand: yarl leaves `;` and `,` of a value alone and writes blanks as `+`, and servers differ there.
    text = quote(path, safe="/:?&=%,;@+~")
    if params:
        text += ("&" if "?" in text else "?") + urlencode(params, quote_via=quote, safe="")
    nowhere = errors.Unreachable(path=path.partition("?")[0], reason="no_address")
    try:
        target = URL(url + text, encoded=True)
        host = target.raw_host  # only now is the address looked at
    except ValueError:
        raise nowhere from None
    if not host or target.scheme not in ("http", "https"):
        raise nowhere
    if host.endswith(".plex.direct"):
        label = host.partition(".")[0]
        for separator in ".:":
            try:
                address = ip_address(label.replace("-", separator))
            except ValueError:
                continue
            return target.with_host(str(address)), host
    return target, None


@asynccontextmanager
async def opened(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str],
    json_body: Any = None,
    timeout: float,
    verify_ssl: bool = True,
    label: str = "",
    prove: Callable[[], Awaitable[object]] | None = None,
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """Send a request and give the open answer, whatever its status; redirects are never followed.

    aiohttp sends a request again, over a new connection, when a kept one turns out to be closed: `prove` is asked
    before that who is there now.
    """
    target, server_name = locate(url, path, params)
    label = label or path.partition("?")[0]
    with translated(url, label):
        async with session.request(
            method,
            target,
            headers=headers,
            json=json_body,
            allow_redirects=False,
            ssl=verify_ssl,
            server_hostname=server_name,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, CONNECT)),
            middlewares=(_proving(prove),) if prove is not None else None,
        ) as response:
            LOGGER.debug("%s %s: %s", method, label, response.status)
            yield response


def _proving(prove: Callable[[], Awaitable[object]]) -> aiohttp.ClientMiddlewareType:
    tries = 0

    async def middleware(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        nonlocal tries
        tries += 1
        if tries > 1:
            await prove()
        return await handler(request)

    return middleware


async def read(response: aiohttp.ClientResponse, path: str, limit: int = MAX_BODY) -> Answer:
    """Read a whole answer, or stop where it grows too big."""
    chunks = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        chunks += chunk
        if len(chunks) > limit:
            raise errors.InvalidAnswer(status=response.status, path=path, reason="too_large")
    return Answer(response.status, response.headers, bytes(chunks))


def check_status(status: int, headers: Mapping[str, str], path: str) -> None:
    """Raise what a status means. Bodies of errors are HTML pages whatever was asked for: they are not read."""
    if status < 300:
        return
    if status == 429:
        wait = headers.get("Retry-After", "")
        raise errors.RateLimited(retry_after=float(wait) if wait.isdecimal() else 0, path=path)
    if status in (502, 504):  # a proxy that does not reach the server
        raise errors.Unreachable(status=status, path=path, reason="network", sent=True)
    meaning: dict[int, type[errors.PlexError]] = {
        401: errors.Unauthorized,
        403: errors.Forbidden,
        404: errors.NotFound,
        503: errors.NotReady,
    }
    if status < 400:
        raise errors.InvalidAnswer(status=status, path=path, reason="redirect")
    fallback = errors.Rejected if status < 500 else errors.ServerFault
    raise meaning.get(status, fallback)(status=status, path=path)


async def decode(body: bytes, path: str) -> Any:
    """Read JSON, big documents in a thread. Broken text and control characters of old libraries are put up with."""
    try:
        if len(body) <= DECODE_INLINE:
            return loads(body)
        return await asyncio.get_running_loop().run_in_executor(None, loads, body)
    except ValueError:
        raise errors.InvalidAnswer(status=200, path=path, reason="format") from None


def loads(body: bytes | str) -> Any:
    """Read JSON as `decode` does, here and now. Raises `ValueError`.

    Halves of characters, which a program leaves that cuts a name in the middle of an emoji, become question marks:
    Home Assistant could neither send nor save them.
    """
    text = body if isinstance(body, str) else body.decode(errors="replace")
    try:
        document = json.loads(text, strict=False)
        if _HALF.search(text):
            document = json.loads(json.dumps(document, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise ValueError("nested too deep") from None
    return document


@contextmanager
def translated(url: str, path: str) -> Iterator[None]:
    """Turn what aiohttp raises into our errors; its own texts hold addresses and are cut off."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as err:
        raise certificate_error(err.certificate_error, path) from None
    except aiohttp.ClientConnectorDNSError as err:
        raise errors.Unreachable(errno=err.errno or 0, path=path, reason="dns") from None
    except aiohttp.ClientConnectorSSLError:
        # The certificate was not even looked at: the port speaks no TLS.
        raise errors.WrongScheme(path=path, reason="http") from None
    except aiohttp.ClientConnectorError as err:
        reason = "refused" if isinstance(err.os_error, ConnectionRefusedError) else "network"
        raise errors.Unreachable(errno=err.errno or 0, path=path, reason=reason) from None
    except (aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError, TimeoutError) as err:
        connecting = isinstance(err, aiohttp.ConnectionTimeoutError)
        reason = "connect" if connecting else "read"
        raise errors.TimedOut(sent=not connecting, path=path, reason=reason) from None
    except aiohttp.InvalidURL:
        raise errors.Unreachable(path=path, reason="no_address") from None
    except aiohttp.ClientResponseError as err:
        if url.startswith("http:") and any(mark in err.message for mark in _TLS_ALERT):
            raise errors.WrongScheme(path=path, reason="https") from None
        raise errors.NotPlex(status=err.status, path=path, reason="format") from None
    except (aiohttp.ClientError, ssl.SSLError, OSError) as err:
        errno = getattr(err, "errno", None)
        raise errors.Unreachable(sent=True, errno=errno or 0, path=path, reason="closed") from None


def certificate_error(err: BaseException, path: str) -> errors.CertificateInvalid:
    """Say why a certificate was refused."""
    number = getattr(err, "verify_code", 0)
    return errors.CertificateInvalid(errno=number, path=path, reason=_CERTIFICATE_REASONS.get(number, "untrusted"))
