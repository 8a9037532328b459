"""What a scan does to the library: new files become items, lost ones go to the trash."""

from __future__ import annotations

from dataclasses import dataclass, field
import time
from typing import TYPE_CHECKING

from .media import FileFacts, FolderFacts, Found, duration_of, read, within
from .model import Item

if TYPE_CHECKING:
    from .media import Above
    from .model import Library, Section


@dataclass(slots=True)
class Changes:
    """What a scan found."""

    added: list[Item] = field(default_factory=list)
    updated: list[Item] = field(default_factory=list)
    trashed: list[Item] = field(default_factory=list)


def read_section(section: Section, under: str | None) -> list[Found]:
    """Read all folders of a section, or what lies under one path. Blocks."""
    roots = [root for root in section.locations if under is None or _inside(under, root)]
    return [found for root in roots for found in read(section.type, root, under)]


def _inside(path: str, root: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{root.rstrip('/')}/")


def merge(library: Library, section: Section, found: list[Found], under: str | None) -> Changes:
    """Bring the section in line with what lies on the disk under ``under`` (None = everywhere)."""
    known = {item.source.found.place: item for item in _items(section) if isinstance(item.source, FileFacts)}
    changes = Changes()
    shared: dict[str, int] = {}
    folders = {
        item.source.place: item
        for kind in ("show", "season", "artist", "album")
        for item in section.items(kind)
        if isinstance(item.source, FolderFacts)
    }
    now = int(time.time())
    for one in found:
        item = known.pop(one.place, None)
        file = one.versions[0][0][0]
        if item is None:
            changes.added.append(_new(library, section, one, shared, folders, now))
        elif item.deleted_at is not None:
            library.restore(item)
            changes.updated.append(item)
        elif isinstance(item.source, FileFacts) and item.source.found.versions != one.versions:
            item.source = FileFacts(one, item.source.number)
            library.touch(item)
            changes.updated.append(item)
        if item is not None and isinstance(item.source, FileFacts):
            shared.setdefault(file, item.source.number)
    for item in known.values():
        lost = isinstance(item.source, FileFacts) and (under is None or within(item.source.found, under))
        if lost and item.deleted_at is None:
            library.trash(item)
            changes.trashed.append(item)
    _trash_empty(library, section)
    return changes


def _items(section: Section) -> list[Item]:
    return [item for kind in ("movie", "episode", "track") for item in section.items(kind)]


def _new(
    library: Library, section: Section, found: Found, shared: dict[str, int], folders: dict[str, Item], now: int
) -> Item:
    parent: Item | None = None
    for above in found.above:
        folder = folders.get(above.place)
        if folder is None:
            folder = folders[above.place] = _folder(library, section, above, parent, now)
        folder.deleted_at = None
        parent = folder
    when = min(found.modified, now)
    number = library.next_id()
    source = FileFacts(found, shared.setdefault(found.versions[0][0][0], number))
    item = Item(number, found.kind, found.title, section, when, when, source, parent, found.index, found.year)
    item.duration, item.edition = duration_of(found), found.edition
    return library.add(item)


def _folder(library: Library, section: Section, above: Above, parent: Item | None, now: int) -> Item:
    source = FolderFacts(above.place, above.guids)
    item = Item(library.next_id(), above.kind, above.title, section, now, now, source, parent, above.index, above.year)
    return library.add(item)


def _trash_empty(library: Library, section: Section) -> None:
    """Trash seasons, shows, albums and artists whose every file is gone."""
    for kind in ("season", "album", "show", "artist"):
        for item in list(section.items(kind)):
            below = item.children
            if below and item.deleted_at is None and all(child.deleted_at is not None for child in below):
                library.trash(item)
