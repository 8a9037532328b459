"""The actions `refresh_inventory`, `get_recently_added` and `get_on_deck`."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from .. import border
from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry
from ..plex.control import Control
from ..plex.inventory import LibraryReport
from ..plex.models import Item
from .common import entry_of, libraries_of

REFRESH_INVENTORY: Final = "refresh_inventory"
GET_RECENTLY_ADDED: Final = "get_recently_added"
GET_ON_DECK: Final = "get_on_deck"
LIMIT: Final = 20
MAX_LIMIT: Final = 200
NAMED: Final = 100
"""Unreadable items that the answer names; it counts all."""

REFRESH_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("full", default=False): cv.boolean,
    }
)
LIST_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional("library"): cv.string,
        probatio.Optional("limit", default=LIMIT): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=MAX_LIMIT)
        ),
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them."""
    register, only = hass.services.async_register, SupportsResponse.ONLY
    register(DOMAIN, REFRESH_INVENTORY, _refresh, schema=REFRESH_SCHEMA, supports_response=SupportsResponse.OPTIONAL)
    register(DOMAIN, GET_RECENTLY_ADDED, _recently_added, schema=LIST_SCHEMA, supports_response=only)
    register(DOMAIN, GET_ON_DECK, _on_deck, schema=LIST_SCHEMA, supports_response=only)


async def _refresh(call: ServiceCall) -> ServiceResponse:
    """Read the libraries again and say what was found."""
    entry = entry_of(call)
    with border.actions():
        reports = await entry.runtime_data.libraries.refresh(full=call.data["full"])
    return {
        "complete": all(report.complete for report in reports),
        "libraries": [_told(entry, report) for report in reports],
    }


def _told(entry: StewardConfigEntry, report: LibraryReport) -> dict[str, Any]:
    """Say what a read of a library gave; `missing` are keys of items the server lists and cannot tell."""
    library = entry.runtime_data.server.library(report.uuid)
    return {
        "library": library.title if library else None,
        "uuid": report.uuid,
        "mode": report.mode,
        "counts": dict(report.counts),
        "added": len(report.changes.added),
        "updated": len(report.changes.updated),
        "removed": len(report.changes.removed),
        "plays": report.changes.plays,
        "complete": report.complete,
        "missing_count": len(report.missing) + report.unlisted,
        "missing": list(report.missing[:NAMED]),
        "error": report.error,
        "seconds": round(report.seconds, 1),
    }


async def _recently_added(call: ServiceCall) -> ServiceResponse:
    """The newest items."""
    return await _list(call, lambda control, key, limit: control.recently_added(key, limit=limit))


async def _on_deck(call: ServiceCall) -> ServiceResponse:
    """What the owner would go on with."""
    return await _list(call, lambda control, key, limit: control.on_deck(key, limit=limit))


async def _list(call: ServiceCall, listed: Callable[[Control, str | None, int], tuple[Item, ...]]) -> ServiceResponse:
    """Ask the server, for one library or for all that are switched on."""
    entry = entry_of(call)
    data, limit = entry.runtime_data, call.data["limit"]
    name: str | None = call.data.get("library")
    key = None if name is None else libraries_of(call, entry, [name])[0].key
    # Libraries that are switched off may be among the first; asking for more makes up for them.
    wanted = limit if key is not None else min(limit * 2, MAX_LIMIT)
    with border.actions():
        items = await call.hass.async_add_executor_job(listed, data.control, key, wanted)
    titles = {library.key: library.title for library in data.server.libraries}
    shown = [item for item in items if key is not None or item.library_key is None or item.library_key in titles]
    return {"items": [_item(item, titles) for item in shown[:limit]]}


def _item(item: Item, titles: dict[str, str]) -> dict[str, Any]:
    """One item as plain data."""
    return {
        "rating_key": int(item.key) if item.key.isdecimal() else item.key,
        "kind": item.type,
        "title": item.title,
        "parent_title": item.parent_title or None,
        "show_title": item.show_title or None,
        "year": item.year,
        "added": None if item.added_at is None else dt_util.as_local(item.added_at).isoformat(),
        "library": titles.get(item.library_key or ""),
    }
