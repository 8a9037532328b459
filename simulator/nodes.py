"""Items as nodes, trimmed the way the caller asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .answers import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Attrs, Item, Media, Part, Section, Stream

TAGS = {"movie": "Video", "episode": "Video", "clip": "Video", "track": "Track", "photo": "Photo"}
MADE_UP = "/synthetic/"
SHORT = 3
"""How many tags of a kind a listing carries."""


@dataclass(frozen=True, slots=True)
class View:
    """What an answer shows of each item."""

    streams: bool = False
    full: bool = False
    """A whole item: every tag, ids, ratings."""
    guids: bool = False
    check_files: bool = False
    unmounted: bool = False
    """No file is found, whatever lies on the disk."""
    only_elements: frozenset[str] | None = None
    """From API version 1.0 ``includeElements`` means: nothing but these."""
    without_elements: frozenset[str] = frozenset()
    without_fields: frozenset[str] = frozenset()
    details: bool = True
    """False on servers that leave the newer stream attributes out."""

    def shows(self, element: str) -> bool:
        """Tell whether an element is wanted."""
        if self.only_elements is not None and element not in self.only_elements:
            return False
        return element not in self.without_elements


def _words(query: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(word for word in query.get(name, "").split(",") if word)


def view_of(query: Mapping[str, str], api_version: str, include: str, *, full: bool, details: bool) -> View:
    """Read the wishes of a request; ``include`` is the server's way with ``includeElements``."""
    elements = _words(query, "includeElements")
    new = api_version not in ("", "0", "0.0")
    streams, only = full, None
    if new:
        streams = streams or "Stream" in _words(query, "includeOptionalElements")
        only = elements or None
    elif "Stream" in elements and include == "honoured":
        streams = True
    return View(
        streams=streams,
        full=full,
        guids=full or query.get("includeGuids") == "1",
        check_files=query.get("checkFiles") == "1",
        only_elements=only,
        without_elements=_words(query, "excludeElements"),
        without_fields=_words(query, "excludeFields"),
        details=details,
    )


def stream_node(stream: Stream, *, details: bool) -> Node:
    """Make a Stream; old servers do not know the newer attributes."""
    attrs: Attrs = dict(stream.attrs)
    if not details:
        attrs.pop("HDR10PlusPresent", None)
        profile = str(attrs.get("profile", ""))
        if "atmos" in profile:
            attrs.pop("profile")
            for name in ("displayTitle", "extendedDisplayTitle"):
                attrs[name] = str(attrs.get(name, "")).replace(" + Atmos", "")
    return Node("Stream", attrs)


def part_node(part: Part, view: View, *, present: bool) -> Node:
    """Make a Part; made-up files are there as long as their item is not in the trash."""
    name = part.file.replace("\\", "/").rpartition("/")[2]
    suffix = name.rpartition(".")[2]
    attrs: Attrs = {
        "id": part.id,
        "key": f"/library/parts/{part.id}/{part.id}/file.{suffix}",
        "duration": part.duration,
        "file": part.file,
        "size": part.size,
        "container": part.container,
        **part.attrs,
    }
    if view.check_files:
        present = present and (part.file.startswith(MADE_UP) or Path(part.file).exists())
        attrs["accessible"] = attrs["exists"] = present
    streams = part.streams if view.streams and view.shows("Stream") else []
    return Node("Part", attrs, [stream_node(stream, details=view.details) for stream in streams])


def media_node(media: Media, view: View, *, present: bool) -> Node:
    """Make a Media."""
    parts = [part_node(part, view, present=present) for part in media.parts] if view.shows("Part") else []
    return Node("Media", {"id": media.id, **media.attrs}, parts)


def item_node(item: Item, view: View) -> Node:
    """Make the node of one item."""
    details = item.details
    attrs: Attrs = {
        "ratingKey": str(item.id),
        "key": item.key if item.type in TAGS else f"{item.key}/children",
        "guid": _guid(item),
        "type": item.type,
        "title": item.title,
    }
    if item.type not in TAGS or view.full:
        attrs |= section_attrs(item.section)
    for prefix, above in zip(("parent", "grandparent"), item.ancestors(), strict=False):
        attrs |= {
            f"{prefix}RatingKey": str(above.id),
            f"{prefix}Key": above.key,
            f"{prefix}Title": above.title,
            f"{prefix}Guid": _guid(above),
            f"{prefix}Thumb": f"{above.key}/thumb/{above.updated_at}",
        }
    if item.parent is not None and item.parent.index is not None:
        attrs["parentIndex"] = item.parent.index
    attrs |= {
        "editionTitle": item.edition or None,
        "index": item.index,
        "year": item.year,
        "thumb": f"{item.key}/thumb/{item.updated_at}",
        "art": f"{item.key}/art/{item.updated_at}" if item.type in ("movie", "show", "artist") else None,
        "duration": item.duration or None,
        "viewCount": item.view_count or None,
        "lastViewedAt": item.last_viewed_at,
        "addedAt": item.added_at,
        "updatedAt": item.updated_at,
        "deletedAt": item.deleted_at,
        **details.attrs,
        **item.extra,
    }
    if item.children or item.type not in TAGS:
        attrs |= counts(item)
    for name in view.without_fields:
        attrs.pop(name, None)
    node = Node(TAGS.get(item.type, "Directory"), attrs, metadata=item.type not in TAGS)
    if view.shows("Media"):
        present = item.deleted_at is None and not view.unmounted
        node.children += [media_node(media, view, present=present) for media in item.media]
    for element, tags in details.tags.items():
        if view.shows(element):
            chosen = tags if view.full else tags[:SHORT]
            node.children += [Node(element, _tag(element, tag, full=view.full)) for tag in chosen]
    if view.shows("Image"):
        image: Attrs = {"alt": item.title, "type": "coverPoster", "url": f"{item.key}/thumb/{item.updated_at}"}
        node.children.append(Node("Image", image))
    if view.guids and view.shows("Guid"):
        node.children += [Node("Guid", {"id": guid}) for guid in details.guids]
    return node


def _guid(item: Item) -> str:
    return f"plex://{item.type}/{item.id:024x}"


def _tag(element: str, tag: str, *, full: bool) -> Attrs:
    if not full:
        return {"tag": tag}
    number = sum(tag.encode()) + len(element)
    return {"id": number, "filter": f"{element.lower()}={number}", "tag": tag}


def section_attrs(section: Section) -> Attrs:
    """Give the attributes that name the library of an item."""
    return {
        "librarySectionID": section.id,
        "librarySectionTitle": section.title,
        "librarySectionKey": f"/library/sections/{section.id}",
    }


def counts(item: Item) -> Attrs:
    """Give how much is below a show, season, artist or album."""
    leaves = [child for child in _leaves(item) if child.deleted_at is None]
    return {
        "leafCount": len(leaves),
        "viewedLeafCount": sum(leaf.view_count > 0 for leaf in leaves),
        "childCount": len(item.children) if item.type in ("show", "artist") else None,
    }


def _leaves(item: Item) -> list[Item]:
    if item.type in TAGS:
        return [item]
    return [leaf for child in item.children for leaf in _leaves(child)]
