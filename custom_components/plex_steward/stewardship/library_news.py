"""What happens in libraries, gathered until it is quiet: a scan of a season is one piece of news, not a hundred."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..data import StewardConfigEntry
from ..plex.errors import PlexError
from ..plex.fields import integer, text
from ..plex.listing import KINDS, LEAVES
from ..plex.models import Event, Library
from ..plex.names import Name
from ..plex.store import Changes
from .memory import Memory, made_of

MEMORY: Final = "news"
UNTOLD: Final = "untold"
KINDS_OF_NEWS: Final = ("added", "updated", "removed")
OF_LIBRARIES: Final = "com.plexapp.plugins.library"
NEWS_QUIET, NEWS_LONGEST = 15.0, 300.0
"""Seconds without a change before what happened is told, and the longest wait for that: a new item is changed several
times while its details are looked up."""


class NewsType(StrEnum):
    """What happened to the items."""

    ADDED = "added"
    REMOVED = "removed"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news: films, episodes or tracks of one library."""

    library: str
    """Its uuid."""
    type: NewsType
    items: tuple[Name, ...] = field(repr=False)


type NewsListener = Callable[[News], None]


class Calm:
    """Calls back once it has been quiet for a time, or has been stirred for too long."""

    def __init__(self, hass: HomeAssistant, quiet: float, longest: float, then: Callable[[], None]) -> None:
        """`quiet` and `longest` are in seconds."""
        self._hass = hass
        self._quiet, self._longest = quiet, longest
        self._then = then
        self._since: float | None = None
        self._timer: CALLBACK_TYPE | None = None

    @callback
    def stir(self) -> None:
        """Something happened."""
        now = self._hass.loop.time()
        self._since = now if self._since is None else self._since
        if self._timer is not None:
            self._timer()
        wait = max(0.0, min(self._quiet, self._since + self._longest - now))
        self._timer = async_call_later(self._hass, wait, self._settled)

    @callback
    def stop(self) -> None:
        """Call back no more."""
        if self._timer is not None:
            self._timer()
        self._timer = self._since = None

    @callback
    def _settled(self, _: datetime) -> None:
        self._timer = self._since = None
        self._then()


class Timeline:
    """Which items the server has spoken of, by the uuid of their library."""

    def __init__(self) -> None:
        """Begin with none."""
        self._items: dict[str, set[int]] = {}

    def note(self, event: Event, libraries: Iterable[Library]) -> bool:
        """Take in a message; tell whether it concerns one of the libraries."""
        known = {library.key: library for library in libraries}
        stirred = False
        for row in event.rows:
            library = known.get(text(row, "sectionID") or "")
            item, kind = integer(row, "itemID"), integer(row, "type")
            ours = text(row, "identifier") == OF_LIBRARIES and library is not None and item is not None
            if ours and library and item and kind in KINDS.get(library.type, {}).values():
                self._items.setdefault(library.uuid, set()).add(item)
                stirred = True
        return stirred

    def take(self) -> dict[str, set[int]]:
        """Give them and begin anew."""
        items, self._items = self._items, {}
        return items

    def put_back(self, items: dict[str, set[int]]) -> None:
        """Take them in again: they could not be read."""
        for library, ids in items.items():
            self._items.setdefault(library, set()).update(ids)


class NewsDesk:
    """Gathers what happens to each library until it is quiet, and tells."""

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, names_of: Callable[[set[int]], Awaitable[dict[int, Name]]]
    ) -> None:
        """`names_of` finds what items are called; it may raise a `PlexError`."""
        self._hass, self._entry = hass, entry
        self._names_of = names_of
        self._changes: dict[str, Changes] = {}
        self._memory = Memory(hass, entry.entry_id, MEMORY)
        self._calm = Calm(hass, NEWS_QUIET, NEWS_LONGEST, self._settled)
        self._listeners: list[NewsListener] = []

    @callback
    def async_listen(self, listener: NewsListener) -> CALLBACK_TYPE:
        """Call `listener` with each piece of news, in the loop. Gives the way to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def take(self, library: str, changes: Changes) -> None:
        """Take in what happened to the library of this uuid."""
        if changes.added or changes.removed or changes.updated:
            self._changes[library] = merge(self._changes.get(library) or Changes(), changes)
            self._calm.stir()

    async def open(self) -> None:
        """Take up what was not told before the last end."""
        await self._memory.load()
        for library, changes in (made_of(self._memory.get(UNTOLD), _changes_of, "news of libraries") or {}).items():
            self.take(library, changes)

    async def close(self) -> None:
        """Tell no more; what has not been told is written down: the inventory knows it already."""
        self._calm.stop()
        untold = {library: _as_dict(changes) for library, changes in self._changes.items()}
        if untold or self._memory.get(UNTOLD):
            await self._memory.put(UNTOLD, untold or None)

    @callback
    def _settled(self) -> None:
        changes, self._changes = self._changes, {}
        self._entry.async_create_background_task(self._hass, self._tell(changes), "plex_steward news")

    async def _tell(self, changes: dict[str, Changes]) -> None:
        for library, one in changes.items():
            try:
                names = await self._names_of(one.added | one.updated)
            except PlexError:
                names = {}  # the file is being rebuilt; what went is known all the same
            for news in told(library, one, names):
                for listener in tuple(self._listeners):
                    listener(news)


def _as_dict(changes: Changes) -> dict[str, Any]:
    """Give plain data for storage."""
    names = [astuple(name) for name in changes.names.values()]
    return {**{kind: sorted(getattr(changes, kind)) for kind in KINDS_OF_NEWS}, "names": names}


def _changes_of(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Changes]:
    """Read what `_as_dict` gave."""
    found = {}
    for library, row in stored.items():
        names = {one.rating_key: one for one in (Name(*words) for words in row["names"])}
        added, updated, removed = ({int(key) for key in row[kind]} for kind in KINDS_OF_NEWS)
        found[library] = Changes(added, updated, removed, names)
    return found


async def forget(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Delete what was not told: the server is being removed."""
    await Memory(hass, entry.entry_id, MEMORY).remove()


def merge(known: Changes, later: Changes) -> Changes:
    """Put two changes one after the other: what came and went never was, what went and came has changed."""
    returned = later.added & known.removed
    passed = later.removed & known.added
    known.added |= later.added - returned
    known.added -= passed
    known.removed |= later.removed - passed
    known.removed -= returned
    known.updated |= (later.updated | returned) - known.added
    known.updated -= known.removed | passed
    known.names |= later.names
    return known


def told(library: str, changes: Changes, names: dict[int, Name]) -> list[News]:
    """Put changes into words: only films, episodes and tracks are worth any."""
    kinds = (
        (NewsType.REMOVED, changes.removed, changes.names),
        (NewsType.ADDED, changes.added, names),
        (NewsType.UPDATED, changes.updated, names),
    )
    found = [
        (kind, tuple(name for key in sorted(keys) if (name := known.get(key)) is not None and name.kind in LEAVES))
        for kind, keys, known in kinds
    ]
    return [News(library, kind, items) for kind, items in found if items]
