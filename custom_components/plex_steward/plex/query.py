"""What can be asked of the inventory, and how it reads as SQL."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from .columns import fold

RARE: Final = 2000
"""Up to so many items are few (see `Where.text`)."""
RARE_TITLES: Final = 5000
"""The same where a text is looked for: in the order of titles such items lie together, perhaps at its end."""
LIMIT: Final = 100
"""Items of an answer unless more are asked for."""
MAX_LIMIT: Final = 10_000

ITEM_FIELDS: Final = {
    "rating_key": "item.id",
    "library": "library.title",
    "library_uuid": "library.uuid",
    **{
        name: f"item.{name}" for name in ("kind", "title", "sort_title", "original_title", "parent_title", "show_title")
    },
    **{name: f"item.{name}" for name in ("season", "episode", "year", "edition", "rating", "studio", "content_rating")},
    **{name: f"item.{name}" for name in ("genres", "duration", "added", "updated", "plays", "played")},
    **{name: f"item.{name}" for name in ("imdb", "tmdb", "tvdb", "size", "bitrate")},
    **{name: f"item.{name}" for name in ("resolution", "dynamic_range", "audio_profile")},
    "version_count": "item.versions",
}
FIELDS: Final = (*ITEM_FIELDS, "versions")
"""What can be asked for; `versions` are all versions with files, audio streams and subtitles."""
DEFAULT_FIELDS: Final = (
    *("rating_key", "library", "kind", "title", "show_title", "season", "episode", "year", "resolution"),
    *("dynamic_range", "audio_profile", "size", "added", "plays", "played"),
)
SORT_COLUMNS: Final = {
    "title": "item.sort_title",
    **{name: f"item.{name}" for name in ("year", "added", "updated", "played", "plays", "size", "bitrate", "duration")},
    "rating": "item.rating",
    "episode": "item.show_title, item.season, item.episode",
}
SORTS: Final = tuple(SORT_COLUMNS)

IDS: Final = ("imdb", "tmdb", "tvdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; everything given must hold, one of the values of a tuple is enough.

    Conditions on files (resolution ... bitrate) hold for one and the same version. Times are epoch seconds, sizes
    bytes, bitrates kbit/s. A language is matched by its first part: `en` finds `en-GB`.
    """

    libraries: tuple[str, ...] = ()
    """Uuids."""
    rating_keys: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str | None = None
    """Part of a title, original title, or the title of what the item belongs to, whatever the case and accents."""
    years: tuple[int | None, int | None] = (None, None)
    """From and to, inclusive."""
    genres: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    dynamic_ranges: tuple[str, ...] = ()
    audio_profiles: tuple[str, ...] = ()
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    audio_language: str | None = None
    audio_language_missing: str | None = None
    subtitle_language: str | None = None
    subtitle_language_missing: str | None = None
    bigger_than: int | None = None
    smaller_than: int | None = None
    bitrate_above: int | None = None
    bitrate_below: int | None = None
    added_after: float | None = None
    added_before: float | None = None
    played_after: float | None = None
    played_before: float | None = None
    unplayed_since: float | None = None
    """Not played since then, or never."""
    never_played: bool = False
    missing_ids: tuple[str, ...] = ()
    """Of `IDS`: at least one of them is unknown."""
    several_versions: bool = False
    sort: str = "title"
    descending: bool = False
    limit: int = LIMIT
    offset: int = 0
    fields: tuple[str, ...] = DEFAULT_FIELDS


@dataclass(slots=True)
class Where:
    """Conditions and their values."""

    item: list[tuple[str, str]] = field(default_factory=list)
    """As it reads when many items will fit, and when few."""
    item_values: list[Any] = field(default_factory=list)
    version: list[str] = field(default_factory=list)
    version_values: list[Any] = field(default_factory=list)
    look: list[str] = field(default_factory=list)
    look_values: list[Any] = field(default_factory=list)

    def on_item(self, condition: str, *values: Any, few: str | None = None) -> None:
        """Add a condition on the item."""
        self.item.append((condition, few or condition))
        self.item_values += values

    def on_version(self, condition: str, *values: Any) -> None:
        """Add a condition on one of its versions."""
        self.version.append(condition)
        self.version_values += values

    def on_look(self, condition: str, *values: Any) -> None:
        """Add a condition on the look of one of its versions."""
        self.look.append(condition)
        self.look_values += values

    @property
    def of_files(self) -> bool:
        """Whether there are conditions on versions."""
        return bool(self.version or self.look)

    def text(self, *, joined: bool = False, rare: bool = False) -> str:
        """Return the WHERE clause; `joined`: the version table stands beside; `rare`: few items will fit.

        For few it is best to find them by their versions and sort them, for many to walk in order and stop early.
        """
        conditions = [few if rare else many for many, few in self.item]
        if self.of_files:
            # A plus: of one item's few versions each is looked up among the looks, not each look among the versions.
            alike = f"version.look IN (SELECT look.id FROM look WHERE {' AND '.join(self.look)})"
            inner = " AND ".join([*self.version, alike] if self.look else self.version)
            each = " AND ".join([*self.version, f"+{alike}"] if self.look else self.version)
            some = f"EXISTS (SELECT 1 FROM version WHERE version.item = item.id AND {each})"
            few = f"item.id IN (SELECT version.item FROM version WHERE {inner})"
            conditions.append(inner if joined else few if rare else some)
        return " WHERE " + " AND ".join(conditions) if conditions else ""

    @property
    def values(self) -> list[Any]:
        """Return the values in the order of the text."""
        return self.item_values + self.version_values + self.look_values


def conditions(query: Query) -> Where:
    """Return what a query asks as conditions."""
    where = Where()
    if query.libraries:
        these = ", ".join("?" * len(query.libraries))
        where.on_item(f"item.library IN (SELECT id FROM library WHERE uuid IN ({these}))", *query.libraries)
    _one_of(where, "item.id", query.rating_keys, item=True)
    _one_of(where, "item.kind", query.kinds, item=True)
    if query.text:
        named = "item.id IN (SELECT named.id FROM item AS named WHERE instr(named.search, ?) > 0)"
        where.on_item("instr(item.search, ?) > 0", fold(query.text), few=named)
    _between(where, "item.year", *query.years)
    _any_member(where, "item.genres", query.genres, item=True)
    _one_of(where, "look.resolution", query.resolutions)
    _one_of(where, "look.dynamic_range", query.dynamic_ranges)
    _one_of(where, "look.video_codec", query.video_codecs)
    _one_of(where, "look.container", query.containers)
    _any_member(where, "look.audio_profiles", query.audio_profiles)
    _any_member(where, "look.audio_codecs", query.audio_codecs)
    _language(where, "look.audio_languages", query.audio_language, query.audio_language_missing)
    _language(where, "look.subtitle_languages", query.subtitle_language, query.subtitle_language_missing)
    for condition, value in (
        ("version.size > ?", query.bigger_than),
        ("version.size < ?", query.smaller_than),
        ("version.bitrate > ?", query.bitrate_above),
        ("version.bitrate < ?", query.bitrate_below),
    ):
        if value is not None:
            where.on_version(condition, value)
    for condition, moment in (
        ("item.added > ?", query.added_after),
        ("item.added < ?", query.added_before),
        ("item.played > ?", query.played_after),
        ("item.played < ?", query.played_before),
        ("(item.played IS NULL OR item.played < ?)", query.unplayed_since),
    ):
        if moment is not None:
            where.on_item(condition, moment)
    if query.never_played:
        where.on_item("item.plays = 0 AND item.played IS NULL")
    if query.missing_ids:
        missing = [f"item.{name} IS NULL" for name in IDS if name in query.missing_ids]
        where.on_item(f"({' OR '.join(missing)})")
    if query.several_versions:
        where.on_item("item.versions > 1")
    return where


def _one_of(where: Where, column: str, values: Iterable[str | int], *, item: bool = False) -> None:
    if known := list(values):
        add = where.on_item if item else where.on_look
        add(f"{column} IN ({', '.join('?' * len(known))})", *known)


def _any_member(where: Where, column: str, values: Iterable[str], *, item: bool = False) -> None:
    if known := [f"|{value}|" for value in values]:
        add = where.on_item if item else where.on_look
        add("(" + " OR ".join([f"instr(lower({column}), lower(?)) > 0"] * len(known)) + ")", *known)


def _between(where: Where, column: str, low: int | None, high: int | None) -> None:
    if low is not None:
        where.on_item(f"{column} >= ?", low)
    if high is not None:
        where.on_item(f"{column} <= ?", high)


def _language(where: Where, column: str, present: str | None, missing: str | None) -> None:
    """Match `en` to `|en|` and `|en-GB|`; servers also say `eng`, so both forms of common languages are tried."""
    if present:
        names = _forms(present)
        where.on_look("(" + " OR ".join([f"instr({column}, ?) > 0"] * len(names)) + ")", *names)
    if missing:
        names = _forms(missing)
        where.on_look(" AND ".join([f"instr(coalesce({column}, ''), ?) = 0"] * len(names)), *names)


_THREE: Final = {
    "en": "eng",
    "de": "deu",
    "fr": "fra",
    "es": "spa",
    "it": "ita",
    "pt": "por",
    "nl": "nld",
    "sv": "swe",
    "no": "nor",
    "da": "dan",
    "fi": "fin",
    "pl": "pol",
    "cs": "ces",
    "hu": "hun",
    "ro": "ron",
    "ru": "rus",
    "uk": "ukr",
    "tr": "tur",
    "el": "ell",
    "ja": "jpn",
    "zh": "zho",
    "ko": "kor",
    "ar": "ara",
    "he": "heb",
    "hi": "hin",
    "th": "tha",
    "vi": "vie",
    "id": "ind",
    "hr": "hrv",
    "sr": "srp",
    "sk": "slk",
    "sl": "slv",
    "bg": "bul",
    "is": "isl",
    "et": "est",
    "lv": "lav",
    "lt": "lit",
    "ca": "cat",
    "eu": "eus",
    "ga": "gle",
    "cy": "cym",
    "fa": "fas",
    "ta": "tam",
    "te": "tel",
    "bn": "ben",
}
"""ISO 639-1 -> ISO 639-2/T; the bibliographic forms below."""
_BIBLIOGRAPHIC: Final = {
    "deu": "ger",
    "fra": "fre",
    "nld": "dut",
    "ces": "cze",
    "ron": "rum",
    "ell": "gre",
    "zho": "chi",
    "slk": "slo",
    "isl": "ice",
    "eus": "baq",
    "cym": "wel",
    "fas": "per",
}


def _forms(language: str) -> list[str]:
    wanted = language.strip()
    low = wanted.casefold()
    three = _THREE.get(low, low)
    two = next((short for short, long in _THREE.items() if low in (long, _BIBLIOGRAPHIC.get(long))), None)
    names = {wanted, low, three, _BIBLIOGRAPHIC.get(three, three)}
    if two:
        names |= {two, _THREE[two], _BIBLIOGRAPHIC.get(_THREE[two], two)}
    return sorted({f"|{name}{end}" for name in names for end in "|-"})
