"""The library behind the answers: sections, items, media."""

from __future__ import annotations

from dataclasses import dataclass, field
import hashlib
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .answers import Scalar

TYPES = {
    "movie": 1,
    "show": 2,
    "season": 3,
    "episode": 4,
    "artist": 8,
    "album": 9,
    "track": 10,
    "clip": 12,
    "photo": 13,
}
"""The numbers of the item types."""
TYPE_NAMES = {number: name for name, number in TYPES.items()}
TOP = {"movie": "movie", "show": "show", "artist": "artist", "photo": "photo"}
"""Section type -> type of the items a listing without ``type`` gives."""

type Attrs = dict[str, Scalar | None]


@dataclass(slots=True)
class Stream:
    """One video (1), audio (2) or subtitle (3) stream of a part."""

    kind: int
    attrs: Attrs


@dataclass(slots=True)
class Part:
    """One file of a version; several are stacked files."""

    id: int
    file: str
    size: int
    container: str
    duration: int
    streams: list[Stream] = field(default_factory=list)
    attrs: Attrs = field(default_factory=dict)


@dataclass(slots=True)
class Media:
    """One version of an item."""

    id: int
    attrs: Attrs
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Details:
    """What only the rich answers need."""

    attrs: Attrs = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    """Element name -> tags, such as ``Genre``."""
    guids: list[str] = field(default_factory=list)


class Source(Protocol):
    """Where an item's facts come from when they are asked for."""

    def media(self, item: Item, /) -> list[Media]:
        """Give the versions of the item."""

    def details(self, item: Item, /) -> Details:
        """Give summary, tags and external ids."""


class NoFacts:
    """For items that have no files: shows, seasons, artists, albums."""

    def media(self, _: Item) -> list[Media]:
        """Give nothing."""
        return []

    def details(self, _: Item) -> Details:
        """Give nothing."""
        return Details()


@dataclass(slots=True, eq=False)
class Item:
    """One film, show, season, episode, artist, album or track."""

    id: int
    type: str
    title: str
    section: Section
    added_at: int
    updated_at: int
    source: Source
    parent: Item | None = None
    index: int | None = None
    year: int | None = None
    duration: int = 0
    """Milliseconds."""
    view_count: int = 0
    last_viewed_at: int | None = None
    deleted_at: int | None = None
    """Set while the item is in the trash."""
    edition: str = ""
    children: list[Item] = field(default_factory=list)
    extra: Attrs = field(default_factory=dict)
    """Attributes to add to or replace in every answer."""
    own_media: list[Media] | None = None
    own_details: Details | None = None

    @property
    def media(self) -> list[Media]:
        """The versions of the item."""
        return self.source.media(self) if self.own_media is None else self.own_media

    @property
    def details(self) -> Details:
        """Summary, tags and external ids."""
        return self.source.details(self) if self.own_details is None else self.own_details

    @property
    def key(self) -> str:
        """The path of the item."""
        return f"/library/metadata/{self.id}"

    @property
    def title_sort(self) -> str:
        """What titles are ordered by."""
        lowered = self.title.casefold()
        return lowered.removeprefix("the ").removeprefix("a ")

    def ancestors(self) -> Iterator[Item]:
        """Give the parent and the grandparent."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


@dataclass(slots=True, eq=False)
class Section:
    """One library."""

    id: int
    type: str
    title: str
    locations: list[str]
    uuid: str
    agent: str = "tv.plex.agents.movie"
    scanner: str = "Plex Movie"
    language: str = "en-GB"
    created_at: int = 0
    updated_at: int = 0
    scanned_at: int = 0
    content_changed_at: int = 0
    """A counter, not a time: it moves with every change of the content."""
    refreshing: bool = False
    hidden: int = 0
    by_type: dict[str, dict[int, Item]] = field(default_factory=dict)

    def items(self, kind: str | None = None) -> Iterable[Item]:
        """Give the items of a type, trashed ones too; of the top level without one."""
        return self.by_type.get(TOP[self.type] if kind is None else kind, {}).values()


AGENTS = {
    "movie": ("tv.plex.agents.movie", "Plex Movie"),
    "show": ("tv.plex.agents.series", "Plex TV Series"),
    "artist": ("tv.plex.agents.music", "Plex Music"),
    "photo": ("com.plexapp.agents.none", "Plex Photo Scanner"),
}


class Library:
    """All sections and items, with the version that every change moves."""

    def __init__(self) -> None:
        """Start empty."""
        self.sections: dict[int, Section] = {}
        self.items: dict[int, Item] = {}
        self.version = 0
        self._next = 1

    def section(self, title: str, kind: str, locations: Iterable[str]) -> Section:
        """Add a section; its number follows the ones there are."""
        number = max(self.sections, default=0) + 1
        uuid = hashlib.sha256(f"{title}{number}".encode()).hexdigest()
        uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:32]}"
        agent, scanner = AGENTS[kind]
        now = int(time.time())
        section = Section(number, kind, title, list(locations), uuid, agent, scanner, created_at=now, updated_at=now)
        section.scanned_at = now
        section.content_changed_at = 1000 * number
        self.sections[number] = section
        self.version += 1
        return section

    def drop_section(self, number: int) -> None:
        """Remove a section and everything in it."""
        section = self.sections.pop(number)
        for items in section.by_type.values():
            for item in items:
                self.items.pop(item, None)
        self.version += 1

    def next_id(self) -> int:
        """Give the next free rating key."""
        number = self._next
        self._next += 1
        return number

    def add(self, item: Item) -> Item:
        """Put an item in its place."""
        self.items[item.id] = item
        item.section.by_type.setdefault(item.type, {})[item.id] = item
        if item.parent is not None:
            item.parent.children.append(item)
        self.changed(item.section)
        return item

    def remove(self, item: Item) -> None:
        """Take an item and everything below it away for good."""
        for child in list(item.children):
            self.remove(child)
        self.items.pop(item.id, None)
        item.section.by_type.get(item.type, {}).pop(item.id, None)
        if item.parent is not None and item in item.parent.children:
            item.parent.children.remove(item)
        self.changed(item.section)

    def trash(self, item: Item) -> None:
        """Mark an item as deleted; it stays listed until the trash is emptied."""
        item.deleted_at = int(time.time())
        for child in item.children:
            self.trash(child)
        self.changed(item.section)

    def restore(self, item: Item) -> None:
        """Take an item out of the trash again."""
        item.deleted_at = None
        if item.parent is not None and item.parent.deleted_at is not None:
            item.parent.deleted_at = None
        self.changed(item.section)

    def trashed(self, section: Section) -> list[Item]:
        """Give what is in the trash of a section."""
        return [item for items in section.by_type.values() for item in items.values() if item.deleted_at is not None]

    def touch(self, item: Item, when: int | None = None) -> None:
        """Move an item's ``updatedAt``, as a metadata refresh or a new file does."""
        item.updated_at = max(int(time.time()), item.updated_at + 1) if when is None else when
        self.changed(item.section)

    def played(self, item: Item, when: int | None = None) -> None:
        """Count a play; it moves neither the item's time of change nor the section's counter."""
        item.view_count += 1
        item.last_viewed_at = int(time.time()) if when is None else when
        self.version += 1

    def changed(self, section: Section) -> None:
        """Note that the content of a section is another one now."""
        section.content_changed_at += 1
        section.updated_at = int(time.time())
        self.version += 1
