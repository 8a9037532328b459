"""The action `find_media`: questions to the inventory."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from .. import border
from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry
from ..plex.find import GROUPS, OF_FILES, find, group
from ..plex.listing import KINDS, LEAVES
from ..plex.models import Library
from ..plex.quality import RESOLUTIONS, DynamicRange
from ..plex.query import DEFAULT_FIELDS, FIELDS, IDS, LIMIT, MAX_LIMIT, SORTS, Query, conditions
from ..plex.store import Store
from ..validators import TEXTS, moment, text, whole
from .common import entry_of, libraries_of

FIND_MEDIA: Final = "find_media"

_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS_OF_TWO: Final = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_SIZE: Final = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_MOMENTS: Final = ("added", "updated", "played")


def size(value: Any) -> int:
    """Read a size: a number of bytes, or a text such as `20 GB` or `1.5 TiB`."""
    found = _SIZE.fullmatch(str(value))
    unit = (_UNITS | _UNITS_OF_TWO).get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise probatio.Invalid("expected a size such as 20 GB")
    return whole(float(found[1].replace(",", ".")) * unit)


def _some(*choices: str) -> Any:
    return probatio.All(cv.ensure_list, [probatio.In(choices)])


SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("library"): TEXTS,
        probatio.Optional("kind"): _some(*(kind for kinds in KINDS.values() for kind in kinds)),
        probatio.Optional("text"): text,
        probatio.Optional("genre"): TEXTS,
        probatio.Optional("year_from"): whole,
        probatio.Optional("year_to"): whole,
        probatio.Optional("resolution"): _some(*RESOLUTIONS),
        probatio.Optional("dynamic_range"): _some(*(kind.value for kind in DynamicRange)),
        probatio.Optional("video_codec"): TEXTS,
        probatio.Optional("audio_profile"): TEXTS,
        probatio.Optional("audio_codec"): TEXTS,
        probatio.Optional("audio_language"): text,
        probatio.Optional("audio_language_missing"): text,
        probatio.Optional("subtitle_language"): text,
        probatio.Optional("subtitle_language_missing"): text,
        probatio.Optional("container"): TEXTS,
        probatio.Optional("bigger_than"): size,
        probatio.Optional("smaller_than"): size,
        probatio.Optional("bitrate_above"): whole,
        probatio.Optional("bitrate_below"): whole,
        probatio.Optional("several_versions", default=False): cv.boolean,
        probatio.Optional("missing_ids"): _some(*IDS),
        probatio.Optional("added_after"): moment,
        probatio.Optional("added_before"): moment,
        probatio.Optional("played_after"): moment,
        probatio.Optional("played_before"): moment,
        probatio.Optional("unwatched_since"): moment,
        probatio.Optional("never_played", default=False): cv.boolean,
        probatio.Optional("sort", default="title"): probatio.In(SORTS),
        probatio.Optional("descending", default=False): cv.boolean,
        probatio.Optional("limit", default=LIMIT): probatio.All(whole, probatio.Range(max=MAX_LIMIT)),
        probatio.Optional("fields"): _some(*FIELDS),
        probatio.Optional("group_by"): probatio.In(GROUPS),
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it."""
    hass.services.async_register(DOMAIN, FIND_MEDIA, _find, schema=SCHEMA, supports_response=SupportsResponse.ONLY)


async def _find(call: ServiceCall) -> ServiceResponse:
    """Ask the inventory; say also which libraries it does not know completely."""
    entry = entry_of(call)
    names: list[str] | None = call.data.get("library")
    libraries = list(entry.runtime_data.server.libraries) if names is None else libraries_of(call, entry, names)
    query = _query(call.data, libraries)
    by: str | None = call.data.get("group_by")
    with border.actions():
        answer = await entry.runtime_data.libraries.ask(_breakdown(query, by) if by else _items(query))
    return {**answer, "incomplete": _incomplete(entry, libraries)}


_SAME: Final = (
    *("text", "audio_language", "audio_language_missing", "subtitle_language", "subtitle_language_missing"),
    *("bigger_than", "smaller_than", "bitrate_above", "bitrate_below"),
    *("never_played", "several_versions", "sort", "descending", "limit"),
)
_SEVERAL: Final = {
    "genres": "genre",
    "resolutions": "resolution",
    "dynamic_ranges": "dynamic_range",
    "audio_profiles": "audio_profile",
    "video_codecs": "video_codec",
    "audio_codecs": "audio_codec",
    "containers": "container",
    "missing_ids": "missing_ids",
}
_TIMES: Final = {
    "added_after": "added_after",
    "added_before": "added_before",
    "played_after": "played_after",
    "played_before": "played_before",
    "unplayed_since": "unwatched_since",
}


def _query(data: Mapping[str, Any], libraries: list[Library]) -> Query:
    """Read the action's fields."""
    asked: dict[str, Any] = {name: data.get(name) for name in _SAME}
    asked |= {name: tuple(data.get(field, ())) for name, field in _SEVERAL.items()}
    asked |= {name: _epoch(data.get(field)) for name, field in _TIMES.items()}
    return Query(
        libraries=tuple(library.uuid for library in libraries) or ("",),
        kinds=tuple(data.get("kind") or sorted(LEAVES)),
        years=(data.get("year_from"), data.get("year_to")),
        fields=tuple(data.get("fields") or DEFAULT_FIELDS),
        **asked,
    )


def _epoch(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _items(query: Query) -> Callable[[Store], dict[str, Any]]:
    def asked(store: Store) -> dict[str, Any]:
        found = find(store, _narrowed(store, query))
        return {"total": found.total, "items": [_told(item) for item in found.items]}

    return asked


def _breakdown(query: Query, by: str) -> Callable[[Store], dict[str, Any]]:
    def asked(store: Store) -> dict[str, Any]:
        groups = group(store, _narrowed(store, query, by), by)
        return {
            "total": find(store, replace(_narrowed(store, query), limit=0)).total,
            "groups": [{"value": one.value, "count": one.count, "size": one.size} for one in groups],
        }

    return asked


def _narrowed(store: Store, query: Query, by: str | None = None) -> Query:
    """Leave out what holds for everything there is: libraries that are all there are, kinds that alone have files."""
    if {one.uuid for one in store.libraries()} <= set(query.libraries):
        query = replace(query, libraries=())
    if set(query.kinds) == LEAVES and (by in OF_FILES or conditions(query).version):
        query = replace(query, kinds=())
    return query


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """Write times as text in Home Assistant's zone, and durations in seconds."""
    for name in _MOMENTS:
        if item.get(name) is not None:
            item[name] = dt_util.as_local(dt_util.utc_from_timestamp(item[name])).isoformat()
    if item.get("duration") is not None:
        item["duration"] = item["duration"] / 1000
    return item


def _incomplete(entry: StewardConfigEntry, libraries: list[Library]) -> list[dict[str, Any]]:
    """Name the libraries whose items are not all known."""
    known = entry.runtime_data.libraries.data
    found: list[dict[str, Any]] = []
    for library in libraries:
        state = known.get(library.uuid)
        if library.type in KINDS and (state is None or not state.complete):
            reason = "not_read" if state is None else "items_missing"
            missing = None if state is None else state.missing
            found.append({"library": library.title, "uuid": library.uuid, "reason": reason, "missing": missing})
    return found
