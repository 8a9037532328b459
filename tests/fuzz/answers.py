"""What a server and plex.tv answer: JSON and XML as the simulator sends it, changed, and who reads it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from queue import SimpleQueue
from random import Random
import re
from tempfile import TemporaryDirectory
from typing import Any, override
from unittest.mock import patch
from xml.parsers import expat

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from custom_components.plex_steward.plex import account, control, pages, wire
from custom_components.plex_steward.plex.client import PlexClient
from custom_components.plex_steward.plex.connection import Connection
from custom_components.plex_steward.plex.describe import stream_facts
from custom_components.plex_steward.plex.discovery import parse_gdm
from custom_components.plex_steward.plex.errors import PlexError
from custom_components.plex_steward.plex.find import find
from custom_components.plex_steward.plex.items import Target as Place
from custom_components.plex_steward.plex.models import Address, Library, Pin
from custom_components.plex_steward.plex.query import Query
from custom_components.plex_steward.plex.roster import Roster
from custom_components.plex_steward.plex.sessions import streams_of
from custom_components.plex_steward.plex.store import Store
from custom_components.plex_steward.plex.summary import summaries
from custom_components.plex_steward.plex.transport import Access
from simulator import Simulator

from .mutations import json_text, sliced, xml_text
from .target import SECRETS, Finding, Target, encoded, insist_on_secrecy, tell

ACCESS = Access(token=SECRETS[0], client_id="fuzzing", machine_identifier="abc")
HOME = f"http://{SECRETS[2]}:32400"
ROOT = b'<MediaContainer friendlyName="Geheimserver" machineIdentifier="abc" version="1.43.0" myPlexSubscription="1"/>'
PIN = Pin(7, "abcd", datetime.now(UTC) + timedelta(days=999), strong=True)


class Canned(Connection):
    """A connection on which every question has the same answer."""

    def __init__(self, body: bytes) -> None:
        """Keep the answer."""
        super().__init__(None, ACCESS, [Address(HOME)])  # type: ignore[arg-type]  # nothing is sent
        self.body = body

    @override
    async def request(self, *_: Any, **__: Any) -> wire.Answer:
        """Answer."""
        return wire.Answer(200, CIMultiDictProxy(CIMultiDict({"Content-Type": "image/png"})), self.body)

    @override
    async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[bytes]:
        """Answer in pieces."""
        for start in range(0, len(self.body), 700):
            yield self.body[start : start + 700]


def at_once[T](work: Coroutine[Any, Any, T]) -> T:
    """Run what never has to wait."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # what the coroutine returns
    work.close()
    raise Finding("waited for something")


def _client(ask: Callable[[PlexClient], Coroutine[Any, Any, Any]]) -> Callable[[bytes], Any]:
    return lambda body: at_once(ask(PlexClient(Canned(body))))


def _sessions(body: bytes) -> None:
    rows = at_once(PlexClient(Canned(body)).sessions())
    roster = Roster()
    for now in (1000.0, 1020.0):
        roster.read(streams_of(rows, {str(row.get("ratingKey")): row for row in rows}), now)
    for stream in roster.streams:
        json.dumps(stream_facts(stream))
        insist_on_secrecy(repr(stream), SECRETS[4:])


def _tv(ask: Callable[[account.PlexAccount], Coroutine[Any, Any, Any]]) -> Callable[[bytes], Any]:
    def check(body: bytes) -> None:
        async def send(*_: Any, **__: Any) -> wire.Answer:
            return wire.Answer(200, CIMultiDictProxy(CIMultiDict()), body)

        mine = account.PlexAccount(None, "fuzzing", token=SECRETS[0])  # type: ignore[arg-type]  # nothing is sent
        with patch.object(mine, "_send", send):
            at_once(ask(mine))

    return check


def _control(ask: Callable[[control.Control], Any]) -> Callable[[bytes], Any]:
    def check(body: bytes) -> None:
        def send(server: Any, _: Any, url: str, *__: Any) -> bytes:
            server.status, server.activity = 200, None
            return ROOT if url.partition("?")[0].endswith(":32400/") else body

        with patch.object(control._Server, "_send", send), patch.object(control._Server, "_prove", lambda _: None):
            control_ = control.Control(lambda: (HOME, ACCESS))
            try:
                ask(control_)
            finally:
                control_.close()

    return check


_store: list[Store] = []
_folder = TemporaryDirectory(prefix="fuzz-")
LIBRARY = Library(uuid="u-1", key="1", title="Films", type="movie")


def _listing(work: Callable[..., Any], *, kind: str | None, light: bool = False) -> Callable[[bytes], Any]:
    def check(body: bytes) -> None:
        if not _store:
            _store.append(Store(Path(_folder.name) / "inventory.db"))
        store = _store[0]
        stored = store.put_library(LIBRARY)
        pieces: SimpleQueue[bytes | None] = SimpleQueue()
        for start in range(0, len(body), 700):
            pieces.put(body[start : start + 700])
        pieces.put(None)
        try:
            rows = work(pieces, Place(stored.id, kind, sweep=1, light=light))
        except expat.ExpatError, LookupError, ValueError:
            return  # as PageReader has it
        if light:
            store.compare(stored.id, kind or "movie", rows.marks)
            store.played(rows.marks)
        else:
            store.put(rows)
        summaries(store)
        json.dumps(find(store, Query(kinds=("movie", "episode"), limit=10)).items)
        store.drop([mark[0] for mark in rows.marks])

    return check


def _status(body: bytes) -> None:
    number, _, wait = body.decode("latin-1").partition(" ")
    if number.isdecimal():
        wire.check_status(int(number), {"Retry-After": wait}, "/")


def _streamed(body: bytes) -> None:
    async def read() -> int:
        async with aclosing(PlexClient(Canned(body)).stream("/")) as chunks:
            return sum([len(chunk) async for chunk in chunks])

    at_once(read())


READERS: dict[str, Callable[[bytes], Any]] = {
    "identity": _client(PlexClient.identity),
    "info": _client(PlexClient.info),
    "libraries": _client(PlexClient.libraries),
    "count": _client(lambda one: one.count("1", 1)),
    "items": _client(lambda one: one.items("1", 1)),
    "metadata": _client(lambda one: one.metadata(["1", "2"])),
    "sessions": _sessions,
    "settings": _client(PlexClient.settings),
    "activities": _client(PlexClient.activities),
    "butler": _client(PlexClient.butler_tasks),
    "update": _client(PlexClient.update_status),
    "load": _client(PlexClient.load),
    "pin": _tv(lambda one: one.create_pin()),
    "pin_checked": _tv(lambda one: one.check_pin(PIN)),
    "user": _tv(account.PlexAccount.user),
    "resources": _tv(account.PlexAccount.resources),
    "devices.xml": _tv(lambda one: one.is_server_token("abc")),
    "listing.xml": _listing(pages._parse, kind="movie"),
    "episodes.xml": _listing(pages._parse, kind="episode"),
    "light.xml": _listing(pages._parse, kind="movie", light=True),
    "repaired.xml": _listing(pages._repair, kind=None),
    "preference.xml": _control(lambda one: one.preference("FriendlyName")),
    "cache.xml": _control(lambda one: one.set_preference("DatabaseCacheSize", 40)),
    "recent.xml": _control(lambda one: one.recently_added("1")),
    "deck.xml": _control(lambda one: one.on_deck()),
    "search.xml": _control(lambda one: one.search("film")),
    "updates.xml": _control(control.Control.check_for_update),
    "gdm": lambda body: parse_gdm(body, SECRETS[2]),
    "status": _status,
    "streamed": _streamed,
}
"""Name of an answer -> who reads it."""


def check(text: str) -> None:
    """The first line names the answer, the rest is its body."""
    name, _, body = text.partition("\n")
    reader = READERS.get(name)
    if reader is None:
        return
    try:
        reader(encoded(body))
    except PlexError as error:
        insist_on_secrecy(tell(error))


def mutate(text: str, random: Random) -> str:
    """Keep the name, change the body."""
    name, newline, body = text.partition("\n")
    return name + newline + (xml_text if name.endswith(".xml") else json_text)(body, random)


PATHS = {
    "identity": "/identity",
    "info": "/",
    "libraries": "/library/sections",
    "count": "/library/sections/1/all?type=1",
    "items": "/library/sections/1/all?type=1",
    "metadata": "/library/metadata/{film}",
    "sessions": "/status/sessions",
    "settings": "/:/prefs",
    "activities": "/activities",
    "butler": "/butler",
    "update": "/updater/status",
    "load": "/statistics/resources",
    "listing.xml": "/library/metadata/{film}",
    "episodes.xml": "/library/metadata/{episode}",
    "light.xml": "/library/sections/1/all?type=1",
    "repaired.xml": "/library/metadata/{episode}",
    "preference.xml": "/:/prefs",
    "cache.xml": "/:/prefs",
    "recent.xml": "/library/sections/1/recentlyAdded",
    "deck.xml": "/library/onDeck",
    "search.xml": "/hubs/search?query=film&limit=3",
    "updates.xml": "/updater/status",
}
WRITTEN = {
    "pin": {"id": 7, "code": "abcd", "expiresIn": 1800, "authToken": None, "trusted": False},
    "pin_checked": {"id": 7, "code": "abcd", "expiresIn": 1700, "authToken": SECRETS[0]},
    "user": {
        "id": 1,
        "uuid": "x",
        "title": SECRETS[4],
        "username": SECRETS[4],
        "email": "",
        "subscription": {"active": True},
        "restricted": False,
    },
    "resources": [
        {
            "name": SECRETS[1],
            "provides": "server",
            "clientIdentifier": "abc",
            "accessToken": SECRETS[0],
            "owned": True,
            "httpsRequired": False,
            "connections": [
                {
                    "protocol": "http",
                    "address": SECRETS[2],
                    "port": 32400,
                    "uri": HOME,
                    "local": True,
                    "relay": False,
                    "IPv6": False,
                },
                {
                    "protocol": "https",
                    "address": "2001:db8::1",
                    "port": 1,
                    "uri": "https://x.plex.direct:1",
                    "local": False,
                    "IPv6": True,
                },
            ],
        }
    ],
}
"""What plex.tv says, in short."""
PLAIN = (
    f'devices.xml\n<MediaContainer><Device clientIdentifier="abc" token="{SECRETS[0]}"/></MediaContainer>',
    "gdm\nHTTP/1.0 200 OK\nContent-Type: plex/media-server\nResource-Identifier: abc\nName: G\nPort: 32400\n",
    *("status\n429 30", "status\n503", "status\n307", "streamed\n<a/>"),
)
MOST = 12_000


def seeds() -> Iterable[str]:
    """Ask a simulator everything once."""
    return asyncio.run(_recorded())


async def _recorded() -> list[str]:
    found = [*PLAIN, *(f"{name}\n{json.dumps(value)}" for name, value in WRITTEN.items())]
    async with Simulator(name=SECRETS[1], token=SECRETS[0]) as plex, aiohttp.ClientSession() as session:
        for kind in ("direct_play", "direct_stream", "transcode"):
            plex.sessions.start(kind, user=SECRETS[4])
        items = plex.state.library.items.values()
        keys = {
            name: next(one.id for one in items if one.type == kind)
            for name, kind in (("film", "movie"), ("episode", "episode"))
        }
        for name, path in PATHS.items():
            xml = name.endswith(".xml")
            headers = {"X-Plex-Token": plex.token, "Accept": "application/xml" if xml else "application/json"}
            async with session.get(plex.url + path.format(**keys), headers=headers) as response:
                body = re.sub(r"/(data|media)/", f"{SECRETS[3]}/", await response.text())
            found += [f"{name}\n{text}" for text in _pieces(body, name)]
    return found


def _pieces(body: str, name: str) -> Iterable[str]:
    """Cut an answer to a size that can be tried often."""
    if name.endswith(".xml"):
        if len(body) > MOST:  # whole rows only
            cut = body.rfind("/>", 0, MOST) + 2
            body = body[:cut] + "</MediaContainer>"
        yield body
        return
    document = json.loads(body)
    yield json.dumps(sliced(document, 2))
    if name == "sessions":
        for row in document["MediaContainer"]["Metadata"]:
            yield json.dumps({"MediaContainer": {"size": 1, "Metadata": [row]}})


WORDS = (
    '"MediaContainer"',
    '"Metadata"',
    '"Directory"',
    "<Video ",
    "<Media ",
    "<Part ",
    '<Stream streamType="',
    "&#0;",
    "<!DOCTYPE",
    "<![CDATA[",
    "]]>",
)
TARGET = Target("answers", check, seeds, words=WORDS, mutate=mutate, longest=16_000)
