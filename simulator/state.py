"""Everything one simulated server knows, in one place that tests steer directly."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
import hashlib
import time
from typing import TYPE_CHECKING

from .activities import Activities
from .butler import Butler
from .model import TYPES, Library
from .prefs import Preferences
from .quirks import Fault, Quirks
from .sessions import Sessions
from .tokens import Account
from .updater import Updater
from .websocket import Bus

if TYPE_CHECKING:
    from .answers import Json, Scalar
    from .model import Item

VERSION = "1.43.3.10828-00f62d37d"


@dataclass(slots=True)
class Identity:
    """Who the server is."""

    name: str = "Simulated Plex"
    machine_identifier: str = ""
    version: str = VERSION
    platform: str = "Linux"
    platform_version: str = "6.18"
    started: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        """Make an identifier from the name where none is given."""
        self.machine_identifier = self.machine_identifier or hashlib.sha1(self.name.encode()).hexdigest()


@dataclass(slots=True)
class Seen:
    """One request as the server got it; the token itself is not kept."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    """``""`` = none, ``owner``, ``shared`` or ``wrong``."""
    client: str
    """The client identifier, if one came."""
    at: float
    paging: tuple[str, str] | None = None
    """Start and size as asked for in the headers or the query."""
    status: int = 0

    def as_dict(self) -> dict[str, object]:
        """Give the row as JSON has it."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "token": self.token,
            "client": self.client,
            "at": self.at,
            "paging": list(self.paging) if self.paging else None,
            "status": self.status,
        }


class State:
    """The world of one simulated server."""

    def __init__(self, *, identity: Identity, token: str, quirks: Quirks) -> None:
        """Start with an empty library and nobody watching."""
        self.identity = identity
        self.quirks = quirks
        self.accounts: dict[str, Account] = {token: Account("owner")}
        """Token -> who it belongs to."""
        self.library = Library()
        self.bus = Bus()
        self.prefs = Preferences(identity.name, quirks, self.bus)
        self.activities = Activities(self.bus)
        self.butler = Butler(self.activities)
        self.updater = Updater(self.bus)
        self.sessions = Sessions(self.library, self.bus, quirks)
        self.faults: list[Fault] = []
        self.log: deque[Seen] = deque(maxlen=20_000)
        """Every request, oldest first; the control's own are left out."""
        self.scans: list[dict[str, Scalar | None]] = []
        """Every scan asked for: section, path, force."""
        self.housekeeping: list[str] = []
        """What was done and when it ended: ``emptyTrash/1``, ``clean/bundles``, ``optimize``."""
        self.cache: dict[str, tuple[bytes, str, dict[str, str]]] | None = None
        """Answers of listings, where the answer cache is on."""
        self.selections: OrderedDict[str, list[Item]] = OrderedDict()
        """Filtered and ordered items of the last few listings."""
        self._tasks: set[asyncio.Task[None]] = set()

    def requests(self, path: str = "", method: str = "") -> list[Seen]:
        """Give the requests whose path starts so."""
        return [row for row in self.log if row.path.startswith(path) and method in ("", row.method)]

    def timeline(self, item: Item, number: int) -> None:
        """Tell that an item was created (0), is done (5) or is deleted (9), in between what else happens to it."""
        numeric = self.quirks.numeric_ids
        row: dict[str, Json] = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": item.section.id if numeric else str(item.section.id),
            "itemID": item.id if numeric else str(item.id),
            "type": TYPES[item.type],
            "title": item.title,
            "state": number,
            "updatedAt": item.updated_at,
        }
        if item.parent is not None:
            row["parentItemID"] = item.parent.id if numeric else str(item.parent.id)
        if number == 0:
            row["metadataState"] = "created"
        elif number == 9:
            row["metadataState"] = "deleted"
        self.bus.publish("timeline", "TimelineEntry", [row])

    def scan_status(self, title: str, description: str) -> None:
        """Tell that a scan began or ended."""
        row: dict[str, Json] = {"title": title, "description": description, "notificationName": "LIBRARY_UPDATE"}
        self.bus.publish("status", "StatusNotification", [row])

    def now(self) -> int:
        """Give the server's time in seconds."""
        return int(time.time())

    def keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        """Hold on to background work until it ends or the server stops."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Give up all background work."""
        self.sessions.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.activities.close()
