"""Rare and broad things, through plexapi. Everything here blocks: call it in an executor.

The only module that imports plexapi. Its module-wide settings stay as they are, because Home Assistant's own Plex
integration lives in the same process: identity, timeout and TLS choice are given to each object instead.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
import os
from threading import Lock
from typing import Any, Final, override
import warnings
from xml.etree import ElementTree as ET

from plexapi import exceptions as plexapi_errors
from plexapi.server import PlexServer
from plexapi.utils import parseXMLString
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning

from . import answers, errors, wire
from .fields import integer, text
from .models import Item, Row, Setting, UpdateStatus
from .transport import Access, client_headers, read_identity

DONE: Final = (200, 201, 202, 204)
ALREADY_RUNNING: Final = 202
ALL: Final = "all"
"""What stands for the key of every library at once."""


class Control:
    """Rare things asked of one server; one at a time, because plexapi's objects are not made for several threads.

    Every method may raise any `PlexError`; none is ever repeated, as the server may be at work already.
    """

    def __init__(self, endpoint: Callable[[], tuple[str, Access]]) -> None:
        """Speak with whatever `endpoint` names at the time of a call (`Connection.endpoint`)."""
        self._endpoint = endpoint
        self._lock = Lock()
        self._server: _Server | None = None

    def preference(self, name: str) -> Setting:
        """Read one preference; case does not matter. Raises `NotFound` when this server does not have it."""
        with self._speaking() as server:
            return _setting(server, name)

    def set_preference(self, name: str, value: str | float) -> tuple[Setting, Setting]:
        """Write a preference and read it back; give it as it was and as it is. An empty text clears it.

        Nothing is written when it has the value already. Raises `NotFound` for a preference the server does not
        have, `Rejected` for a value it cannot take.
        """
        with self._speaking() as server:
            before = _setting(server, name)
            wanted = _spelled(before, value)
            if wanted == _spelled(before, before.value):
                return before, before
            # plexapi's own way of saving cannot clear a text and sends old changes again.
            server.query("/:/prefs", method=server.session.put, params={before.id: wanted})
            return before, _setting(server, name)

    def scan(self, library_key: str = ALL, path: str | None = None) -> None:
        """Look for new and changed files in a library, or below one folder as the server sees it.

        The server takes any folder and ignores one outside the library's own.
        """
        with self._speaking() as server:
            server.query(f"/library/sections/{library_key}/refresh", params={} if path is None else {"path": path})

    def cancel_scan(self, library_key: str = ALL) -> None:
        """Stop a scan."""
        with self._speaking() as server:
            server.query(f"/library/sections/{library_key}/refresh", method=server.session.delete)

    def empty_trash(self, library_key: str) -> None:
        """Forget for good what is missing from a library. With a disk unmounted that is everything on it."""
        with self._speaking() as server:
            server.query(f"/library/sections/{library_key}/emptyTrash", method=server.session.put)

    def clean_bundles(self) -> str | None:
        """Remove unused metadata; give the activity's uuid if the server tells it. Returns before it is done."""
        with self._speaking() as server:
            server.library.cleanBundles()
            return server.activity

    def optimize(self) -> str | None:
        """Tidy the database; give the activity's uuid if the server tells it. Returns before it is done."""
        with self._speaking() as server:
            server.library.optimize()
            return server.activity

    def run_butler(self, task: str) -> bool:
        """Start one of the server's own tasks; False when it runs already. Raises `NotFound` for an unknown one."""
        with self._speaking() as server:
            server.query(f"/butler/{task}", method=server.session.post)
            return server.status != ALREADY_RUNNING

    def stop_butler(self, task: str) -> None:
        """Stop one of the server's own tasks. Raises `NotFound` when it does not run."""
        with self._speaking() as server:
            server.query(f"/butler/{task}", method=server.session.delete)

    def check_for_update(self) -> UpdateStatus:
        """Let the server ask for newer versions of itself and say what it found. Downloads nothing."""
        with self._speaking() as server:
            server.query("/updater/check?download=0", method=server.session.put)
            data = server.query("/updater/status")
            if data is None:
                return UpdateStatus()
            return answers.update_status({**data.attrib, "Release": [dict(row.attrib) for row in data.iter("Release")]})

    def install_update(self) -> None:
        """Install the newer version; only where `UpdateStatus.can_install`. The server goes away meanwhile."""
        with self._speaking() as server:
            server.query("/updater/check?download=1", method=server.session.put)
            server.query("/updater/apply", method=server.session.put)

    def recently_added(self, library_key: str | None = None, *, limit: int = 20) -> tuple[Item, ...]:
        """Newest items of a library, or of all."""
        place = "/library" if library_key is None else f"/library/sections/{library_key}"
        return self._items(f"{place}/recentlyAdded", limit)

    def on_deck(self, library_key: str | None = None, *, limit: int = 20) -> tuple[Item, ...]:
        """What the owner would go on with."""
        place = "/library" if library_key is None else f"/library/sections/{library_key}"
        return self._items(f"{place}/onDeck", limit)

    def search(self, words: str, *, library_key: str | None = None, limit: int = 10) -> tuple[Item, ...]:
        """Search as Plex's own players do, forgiving typing errors; at most `limit` items of each kind."""
        asked = {"query": words, "includeCollections": 1, "includeExternalMedia": 1, "limit": max(limit, 1)}
        if library_key is not None:
            asked["sectionId"] = library_key
        with self._speaking() as server:
            data = server.query("/hubs/search", params=asked)
            return _items_of(() if data is None else (row for hub in data for row in hub))

    def close(self) -> None:
        """Close the sockets."""
        with self._lock:
            if self._server is not None:
                self._server.session.close()
                self._server = None

    def _items(self, key: str, limit: int) -> tuple[Item, ...]:
        """List items, no more than asked for.

        In one request of our own: plexapi goes on asking for ever when a server's answer does not say how long it is.
        """
        page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(limit)}
        with self._speaking() as server:
            data = server.query(key, headers=page)
            return _items_of(() if data is None else data[:limit])

    @contextmanager
    def _speaking(self) -> Iterator[_Server]:
        """Give the server to speak to, made anew when address or token changed."""
        with self._lock, _translated(), warnings.catch_warnings():
            # urllib3 would write the address into the log at each call; the user knows what they switched off.
            warnings.simplefilter("ignore", InsecureRequestWarning)
            url, access = self._endpoint()
            if self._server is None or (self._server.url_in_use, self._server.access) != (url, access):
                if self._server is not None:
                    self._server.session.close()
                self._server = None
                self._server = _Server(url, access)
            yield self._server


class _Server(PlexServer):
    """plexapi's server with our identity, limits and errors, which sends no token before it knows to whom."""

    def __init__(self, url: str, access: Access) -> None:
        self.url_in_use = url
        self.access = access
        self.session = requests.Session()
        self.session.trust_env = False  # neither proxies nor a netrc of the machine
        # As Home Assistant's own sessions do; requests reads it only together with proxies and netrc.
        self.session.verify = access.verify_ssl and (os.environ.get("REQUESTS_CA_BUNDLE") or True)
        target, server_name = wire.locate(url, "/")
        if server_name is not None:
            self.session.mount("https://", _NamedAdapter(server_name))
        self.activity: str | None = None
        """Uuid of the activity the last call started."""
        self.status = 0
        """Of the last call."""
        super().__init__(  # type: ignore[no-untyped-call]  # plexapi has no types
            str(target), access.token, session=self.session, timeout=access.timeout
        )

    @override
    def _headers(self, **kwargs: str) -> dict[str, str]:
        """Introduce ourselves; plexapi would call itself a remote control and be listed as one."""
        ours = client_headers(self.access.client_id) | {"Accept": "application/xml", "X-Plex-Token": self.access.token}
        return ours | kwargs

    @override
    def query(
        self,
        key: str,
        method: Callable[..., requests.Response] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> ET.Element | None:
        """Send a request as plexapi wants it. No redirects, no endless bodies, nothing logged."""
        path = key.partition("?")[0]
        # An idle line may be cut just when something is said on it, and a new one may lead to somebody else.
        self.session.close()
        self._prove()
        url, _ = wire.locate(self.url_in_use, key, params)
        body = self._send(method or self.session.get, str(url), path, self._headers(**headers or {}))
        try:
            return parseXMLString(body.decode(errors="replace")) if body.strip() else None
        except ET.ParseError:
            # A success may come with an HTML page or a line of text; plexapi expects nothing there.
            if method is not None:
                return None
            raise

    def _prove(self) -> None:
        """Let the address say who it is, on the line that then takes the token."""
        path = "/identity"
        url, _ = wire.locate(self.url_in_use, path)
        body = self._send(self.session.get, str(url), path, {"Accept": "application/json"})
        try:
            found = read_identity(wire.loads(body))
        except ValueError:
            found = None
        if found is None:
            raise errors.NotPlex(status=self.status, path=path)
        if found.machine_identifier != self.access.machine_identifier:
            raise errors.WrongServer(found=found.machine_identifier, path=path)

    def _send(self, method: Callable[..., requests.Response], url: str, path: str, headers: Mapping[str, str]) -> bytes:
        """Do one exchange and give its body."""
        limits = (min(wire.CONNECT, self.access.timeout), self.access.timeout)
        with method(url, headers=headers, timeout=limits, allow_redirects=False, stream=True) as response:
            self.status = response.status_code
            self.activity = response.headers.get("X-Plex-Activity")
            try:
                wire.check_status(self.status, response.headers, path)
            except errors.Forbidden:
                if path == "/library":  # plexapi then goes on with what others than the owner may see
                    raise plexapi_errors.BadRequest from None
                raise
            body = bytearray()
            for chunk in response.iter_content(wire.CHUNK):
                body += chunk
                if len(body) > wire.MAX_BODY:
                    raise errors.InvalidAnswer(status=self.status, path=path, reason="too_large")
        return bytes(body)


class _NamedAdapter(HTTPAdapter):
    """Checks a certificate's name although the address holds an IP (see `wire.locate`)."""

    def __init__(self, server_name: str) -> None:
        self._server_name = server_name
        super().__init__()

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Hand the name on."""
        super().init_poolmanager(*args, **kwargs, server_hostname=self._server_name)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what plexapi and requests raise into our errors; their texts hold addresses and are cut off."""
    try:
        yield
    except plexapi_errors.NotFound:
        raise errors.NotFound from None
    except plexapi_errors.PlexApiException:
        raise errors.Rejected from None
    except ET.ParseError:
        raise errors.InvalidAnswer(status=200, reason="format") from None
    except requests.exceptions.SSLError as err:
        cause = _root(err)
        if getattr(cause, "verify_code", 0):
            raise wire.certificate_error(cause, "") from None
        raise errors.WrongScheme(reason="http") from None
    except requests.ConnectTimeout:
        raise errors.TimedOut(reason="connect") from None
    except requests.Timeout:
        raise errors.TimedOut(sent=True, reason="read") from None
    except (requests.RequestException, OSError) as err:
        cause = _root(err)
        refused = isinstance(cause, ConnectionRefusedError)
        raise errors.Unreachable(
            sent=not refused, errno=getattr(cause, "errno", None) or 0, reason="refused" if refused else "closed"
        ) from None
    except AttributeError, LookupError, TypeError, ValueError:  # plexapi takes for granted what an answer may lack
        raise errors.InvalidAnswer(status=200, reason="format") from None


def _root(err: BaseException) -> BaseException:
    """Dig for what the operating system or OpenSSL said: requests and urllib3 wrap it several times."""
    seen = 0
    while seen < 10:
        seen += 1
        inner = getattr(err, "reason", None)
        if not isinstance(inner, BaseException):
            inner = err.__cause__ or next((arg for arg in err.args if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        err = inner
    return err


def _setting(server: _Server, name: str) -> Setting:
    """Read all preferences anew and pick one: plexapi's cache would be stale."""
    vars(server).pop("settings", None)
    found = server.settings.get(name)
    return answers.setting(found._data.attrib)  # noqa: SLF001 - what the server sent; the casts fail on odd values


def _spelled(setting: Setting, value: str | float) -> str:
    """Spell a value as the server wants it, or refuse it."""
    try:
        if setting.type == "bool":
            spelled = {"true": "true", "1": "true", "false": "false", "0": "false"}[str(value).lower()]
        elif setting.type == "int":
            spelled = str(int(value))
        elif setting.type == "double":
            spelled = str(float(value))
        else:
            spelled = str(value)
    except KeyError, OverflowError, ValueError:
        raise errors.Rejected(path="/:/prefs", reason="value") from None
    if setting.choices and spelled not in {choice for choice, _ in setting.choices} | {str(setting.value)}:
        raise errors.Rejected(path="/:/prefs", reason="value")
    return spelled


def _items_of(rows: Iterable[ET.Element]) -> tuple[Item, ...]:
    """Read items, leaving out what is none."""
    return tuple(item for row in rows if (item := _item(row.attrib)) is not None)


def _item(row: Row) -> Item | None:
    """Read an item."""
    key, kind = text(row, "ratingKey"), text(row, "type")
    if key is None or kind is None:
        return None
    return Item(
        key=key,
        type=kind,
        title=text(row, "title") or "",
        parent_title=text(row, "parentTitle") or "",
        show_title=text(row, "grandparentTitle") or "",
        year=integer(row, "year"),
        added_at=answers.moment(row, "addedAt"),
        library_key=text(row, "librarySectionID"),
        thumb=text(row, "thumb"),
    )
