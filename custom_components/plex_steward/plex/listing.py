"""Which requests read a library, and what is asked of each. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KINDS: Final[dict[str, dict[str, int]]] = {
    "movie": {"movie": 1},
    "show": {"show": 2, "season": 3, "episode": 4},
    "artist": {"artist": 8, "album": 9, "track": 10},
}
"""Library type -> kinds of items with Plex's numbers, files last."""
LEAVES: Final = frozenset({"movie", "episode", "track"})
"""Kinds that have files."""

PAGE: Final = 1000
LIGHT_PAGE: Final = 5000
"""Without media an item is small."""
BATCH: Final = 100
"""Full items in one request: keeps the address below any server's limit."""

type Params = dict[str, str | int]

# Never the API-version header with these: it turns "also" into "only".
_WITHOUT_ELEMENTS: Final = "Director,Writer,Producer,Country,Role,Image,UltraBlurColors,Collection,Field,Label,Rating"
_WITHOUT_FIELDS: Final = "summary,tagline,thumb,art,theme,parentThumb,grandparentThumb,grandparentArt,grandparentTheme"
_LIGHT_ELEMENTS: Final = f"{_WITHOUT_ELEMENTS},Media,Genre,Guid"
_LIGHT_FIELDS: Final = (
    f"{_WITHOUT_FIELDS},title,titleSort,originalTitle,studio,guid,slug,key,contentRating,rating,audienceRating,year,"
    "duration,originallyAvailableAt,audienceRatingImage,ratingImage,chapterSource,primaryExtraKey,addedAt,index,"
    "parentIndex,parentTitle,grandparentTitle,parentKey,grandparentKey,parentGuid,grandparentGuid,parentRatingKey,"
    "grandparentRatingKey,grandparentSlug,parentStudio,hasPremiumExtras,hasPremiumPrimaryExtra,editionTitle,leafCount,"
    "viewedLeafCount,childCount,skipCount,userRating,lastRatedAt,viewOffset,seasonCount,loudnessAnalysisVersion,parentYear"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of item of one library."""

    section: str
    """Key of the library on its server."""
    kind: str
    code: int

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/library/sections/{self.section}/all"

    @property
    def leaf(self) -> bool:
        """Whether the items have files."""
        return self.kind in LEAVES

    def full(self, *, streams: bool) -> Params:
        """Everything; a stable order, because the default one moves while a scan runs.

        Without `streams`, files are left out too: they will be read with the streams.
        """
        return {**self._detailed(streams), "sort": "addedAt"}

    def changed(self, since: int, *, streams: bool) -> Params:
        """Items updated after a moment.

        The operator is part of the key: written `updatedAt>=` by an encoder, servers ignore it and send everything.
        """
        return {**self._detailed(streams), "sort": "updatedAt", "updatedAt>": since}

    def light(self) -> Params:
        """Only keys, dates and plays."""
        return {**self._trimmed(), "sort": "addedAt"}

    def played(self) -> Params:
        """Keys and plays, the last played first: play times cannot be filtered by."""
        return {**self._trimmed(), "sort": "lastViewedAt:desc"}

    def _detailed(self, streams: bool) -> Params:
        asked: Params = {"type": self.code, "includeGuids": 1}
        if self.leaf and not streams:
            return self._trimmed()
        if self.leaf:
            asked["includeElements"] = "Stream"
        return {**asked, "excludeElements": _WITHOUT_ELEMENTS, "excludeFields": _WITHOUT_FIELDS}

    def _trimmed(self) -> Params:
        return {"type": self.code, "excludeElements": _LIGHT_ELEMENTS, "excludeFields": _LIGHT_FIELDS}


def listings(section: str, library_type: str) -> list[Listing]:
    """Return what there is to read of a library; nothing for types we do not look after (photos)."""
    return [Listing(section, kind, code) for kind, code in KINDS.get(library_type, {}).items()]


def item_path(ids: Iterable[int]) -> str:
    """Return the path of full items, streams included."""
    return "/library/metadata/" + ",".join(map(str, ids))


UNPLAYED: Final[Params] = {"unwatched": 1}
"""Narrows a count to items that nobody has played."""
ITEM_PARAMS: Final[Params] = {"excludeElements": _WITHOUT_ELEMENTS, "excludeFields": _WITHOUT_FIELDS}
