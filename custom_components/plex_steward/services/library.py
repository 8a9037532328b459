"""The actions `refresh_inventory`, `get_recently_added` and `get_on_deck`."""

from datetime import UTC, datetime
from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from .. import border
from ..const import ATTR_CONFIG_ENTRY_ID, DOMAIN
from ..data import StewardConfigEntry
from ..plex.control import Control
from ..plex.inventory import LibraryReport
from ..plex.listing import KINDS
from ..plex.models import Item, Library
from ..validators import whole
from .common import entry_of, libraries_of

REFRESH_INVENTORY: Final = "refresh_inventory"
GET_RECENTLY_ADDED: Final = "get_recently_added"
GET_ON_DECK: Final = "get_on_deck"
LIMIT: Final = 20
MAX_LIMIT: Final = 200
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
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
        probatio.Optional("limit", default=LIMIT): probatio.All(whole, probatio.Range(min=1, max=MAX_LIMIT)),
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
    items = await _listed(call, Control.recently_added)
    items.sort(key=lambda one: one[1].added_at or _LONG_AGO, reverse=True)
    return {"items": [_item(library, item) for library, item in items[: call.data["limit"]]]}


async def _on_deck(call: ServiceCall) -> ServiceResponse:
    """What the owner would go on with, library by library."""
    items = await _listed(call, Control.on_deck)
    return {"items": [_item(library, item) for library, item in items[: call.data["limit"]]]}


class _Lists(Protocol):
    """A list the server keeps of a library."""

    def __call__(self, control: Control, library_key: str, /, *, limit: int) -> tuple[Item, ...]:
        """Give its first items."""


async def _listed(call: ServiceCall, listed: _Lists) -> list[tuple[Library, Item]]:
    """Ask the server for one library, or for each that is on: its list of everything has those that are off."""
    entry = entry_of(call)
    data, limit, name = entry.runtime_data, call.data["limit"], call.data.get("library")
    libraries = data.server.libraries if name is None else libraries_of(call, entry, [name])

    def ask() -> list[tuple[Library, Item]]:
        return [
            (library, item)
            for library in libraries
            if library.type in KINDS
            for item in listed(data.control, library.key, limit=limit)
        ]

    with border.actions():
        return await call.hass.async_add_executor_job(ask)


def _item(library: Library, item: Item) -> dict[str, Any]:
    """One item as plain data."""
    return {
        "rating_key": int(item.key) if item.key.isdecimal() else item.key,
        "kind": item.type,
        "title": item.title,
        "parent_title": item.parent_title or None,
        "show_title": item.show_title or None,
        "year": item.year,
        "added": None if item.added_at is None else dt_util.as_local(item.added_at).isoformat(),
        "library": library.title,
    }
