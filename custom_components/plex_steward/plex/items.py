"""Listings of a library, parsed as they come, straight into rows of the store.

Made for 100,000 items: one pass of expat, one dictionary for each element (expat's own), no objects. Runs in a worker
thread; nothing here waits.
"""

from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from .columns import (
    RANGE_RANK,
    RESOLUTION_RANK,
    Attributes,
    Look,
    Sound,
    best_of,
    epoch,
    external_ids,
    fold,
    joined,
    look_id,
    mark,
    optimised,
    picture,
    rate,
    real,
    resolution_class,
    sound,
    subtitle,
    top,
    whole,
)
from .sound import best

type Value = tuple[Any, ...]
type Mark = tuple[int, int, int, int | None]
"""Rating key, `updatedAt`, play count, last play: all that a light listing tells."""

ITEMS: Final = frozenset({"Video", "Track", "Directory"})
KINDS: Final = frozenset({"movie", "show", "season", "episode", "artist", "album", "track", "clip"})
_ASIDE: Final = frozenset({"Extras", "Related", "OnDeck"})
"""Elements with items of their own, which are not the listing's."""


@dataclass(slots=True)
class Rows:
    """What a page gave."""

    items: list[Value] = field(default_factory=list)
    versions: list[Value] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=dict)
    parts: list[Value] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)
    """Items whose file is analysed but came without streams: the server left them out."""
    streamed: int = 0
    """How many versions came with streams."""
    size: int | None = None
    total: int | None = None
    """`size` and `totalSize` of the answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows belong."""

    library: int
    kind: str | None = None
    """What a listing was asked for; `None` believes each item."""
    sweep: int = 0
    light: bool = False
    """Only ids, dates and plays are wanted."""


class ItemParser:
    """Takes the XML of one listing in pieces."""

    def __init__(self, target: Target) -> None:
        """Prepare for one document."""
        self.rows = Rows()
        self._target = target
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._listing = False
        self._aside = 0
        self._item: Attributes | None = None
        self._media: list[tuple[Attributes, list[tuple[Attributes, list[Attributes]]]]] = []
        self._streams: list[Attributes] = []
        self._genres: list[str] = []
        self._guids: list[str] = []

    def feed(self, data: bytes | bytearray | memoryview | str) -> None:
        """Take a piece. Raises `expat.ExpatError` or `LookupError` (its encoding) when the document is broken."""
        self._parser.Parse(data, False)

    def close(self) -> Rows:
        """Return the rows. Raises `expat.ExpatError` for a cut document, `ValueError` for one that is no listing."""
        self._parser.Parse(b"", True)
        if not self._listing:
            raise ValueError("no MediaContainer")
        self._flush()
        return self.rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Stream":
            self._streams.append(attributes)
        elif name in ITEMS:
            if self._item is not None:
                self._flush()
            self._item = attributes
        elif name == "Part":
            self._streams = []
            if self._media:
                self._media[-1][1].append((attributes, self._streams))
        elif name == "Media":
            self._media.append((attributes, []))
        elif name == "Guid":
            self._guids.append(attributes.get("id", ""))
        elif name == "Genre":
            self._genres.append(attributes.get("tag", ""))
        elif name == "MediaContainer":
            self._listing = True
            self.rows.size = whole(attributes.get("size"))
            self.rows.total = whole(attributes.get("totalSize"))
        elif name in _ASIDE:
            self._aside = 1
            self._parser.StartElementHandler = self._start_aside
            self._parser.EndElementHandler = self._end_aside

    def _start_aside(self, _: str, __: dict[str, str]) -> None:
        self._aside += 1

    def _end_aside(self, _: str) -> None:
        self._aside -= 1
        if not self._aside:
            self._parser.EndElementHandler = None
            self._parser.StartElementHandler = self._start

    def _flush(self) -> None:
        """Make rows of the item that is now whole."""
        item, self._item = self._item, None
        if item is None:
            return
        media, self._media = self._media, []
        genres, self._genres = self._genres, []
        guids, self._guids = self._guids, []
        key, said = whole(item.get("ratingKey")), item.get("type", "")
        if key is None or said not in KINDS:  # a collection among the films
            return
        kind = self._target.kind or said
        get = item.get
        updated, plays, played = epoch(get("updatedAt")) or 0, whole(get("viewCount")) or 0, epoch(get("lastViewedAt"))
        self.rows.marks.append((key, updated, plays, played))
        if self._target.light:
            return
        media = [entry for entry in media if not optimised(*entry)]
        alone = len(media) == 1
        both = [self._version(key, entry, parts, alone=alone) for entry, parts in media]
        versions, looks = [one[0] for one in both], [one[1] for one in both]
        if alone:
            only = versions[0]
            look = looks[0]
            size, bitrate, best_resolution, best_range = only[5], only[4], look[0], look[1]
            best_audio = best_of(look[4])
        else:
            size = sum(version[5] for version in versions)
            bitrate = max((version[4] for version in versions if version[4]), default=None)
            best_resolution = top(RESOLUTION_RANK, [look[0] for look in looks])
            best_range = top(RANGE_RANK, [look[1] for look in looks])
            best_audio = best([best_of(look[4]) for look in looks])
        title = get("title", "")
        original, parent, show = get("originalTitle"), get("parentTitle"), get("grandparentTitle")
        imdb, tmdb, tvdb = external_ids(get("guid", ""), guids)
        self.rows.items.append(
            (
                key,
                self._target.library,
                kind,
                whole(get("parentRatingKey")),
                whole(get("grandparentRatingKey")),
                title,
                (get("titleSort") or title).casefold(),
                original,
                parent,
                show,
                whole(get("parentIndex")),
                whole(get("index")),
                whole(get("year")),
                get("editionTitle"),
                real(get("rating") or get("audienceRating")),
                get("studio"),
                get("contentRating"),
                joined(tuple(genres)) if genres else None,
                whole(get("duration")),
                epoch(get("addedAt")),
                updated,
                plays,
                played,
                imdb,
                tmdb,
                tvdb,
                len(versions),
                size,
                bitrate,
                best_resolution,
                best_range,
                best_audio,
                fold("\n".join([name for name in (title, original, parent, show) if name])),
                self._target.sweep,
            )
        )
        self.rows.versions += versions

    def _version(
        self, item: int, media: Attributes, parts: list[tuple[Attributes, list[Attributes]]], *, alone: bool
    ) -> tuple[Value, Look]:
        get = media.get
        file, streams = None, _NONE
        size = 0
        number = whole(get("id"))
        for index, (part, found) in enumerate(parts):
            length = whole(part.get("size")) or 0
            path = part.get("file")
            size += length
            key = whole(part.get("id"))
            self.rows.parts.append((item, self._target.library, number, key, path, length, mark(path, key)))
            if not index:
                file, streams = path, found
        if streams:
            self.rows.streamed += 1
        elif parts and (get("videoCodec") or get("audioCodec")):
            self.rows.bare.append(item)
        seen: Attributes | None = None
        audio: list[Sound] = []
        subtitles: list[tuple[str, str | None]] = []
        for stream in streams:
            kind = stream.get("streamType")
            if kind == "2":
                audio.append(sound(stream, file))
            elif kind == "3":
                subtitles.append(subtitle(stream))
            elif kind == "1" and seen is None:
                seen = stream
        if not audio and get("audioCodec"):
            known = {
                "codec": get("audioCodec", ""),
                "profile": get("audioProfile", ""),
                "channels": get("audioChannels", ""),
            }
            audio.append(sound(known, file))
        width, height = whole(get("width")), whole(get("height"))
        if seen is None:
            seen = _EMPTY
        codec = seen.get("codec") or get("videoCodec")
        found_range, profile, fallback = picture(seen, file) if codec else (None, None, None)
        look = (
            resolution_class(get("videoResolution"), width, height) if codec else None,
            found_range,
            codec,
            get("container"),
            joined(tuple([entry[1] for entry in audio])) if audio else None,
            joined(tuple([entry[2] for entry in audio])) if audio else None,
            joined(tuple([entry[3] for entry in audio])) if audio else None,
            joined(tuple([entry[1] for entry in subtitles])) if subtitles else None,
        )
        alike = look_id(look)
        self.rows.looks[alike] = look
        row = (
            item,
            number,
            alone,
            alike,
            whole(get("bitrate")),
            size,
            width,
            height,
            seen.get("profile") or get("videoProfile"),
            rate(seen.get("frameRate")),
            whole(seen.get("bitDepth")),
            profile,
            fallback,
            whole(get("duration")),
            "[" + ",".join([entry[0] for entry in audio]) + "]",
            "[" + ",".join([entry[0] for entry in subtitles]) + "]",
        )
        return row, look


_NONE: Final[list[Attributes]] = []
_EMPTY: Final[Attributes] = {}
