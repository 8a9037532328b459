"""What came, went and changed in a library, as an event entity."""

from typing import Any, Final, override

from homeassistant.components.event import EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.library import LibraryCoordinator, readable
from ..data import StewardConfigEntry
from ..entity import LibraryEntity, for_each_library
from ..plex.names import Name
from ..stewardship.library_news import News, NewsType
from .patient_event import PatientEvent

LIBRARY_ITEM = EventEntityDescription(key="library_item", event_types=[kind.value for kind in NewsType])
NAMED: Final = 20
"""Items that an event names; it counts all."""


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to each library that is read."""
    libraries = entry.runtime_data.libraries
    for_each_library(
        entry,
        add,
        lambda library: [LibraryItem(entry, libraries, library.uuid, LIBRARY_ITEM)] if readable(library) else [],
    )


class LibraryItem(PatientEvent[LibraryCoordinator], LibraryEntity[LibraryCoordinator]):
    """Fires once for what happened together, such as a scan or a season that was added."""

    _unrecorded_attributes = frozenset({"titles", "items"})

    @override
    async def async_added_to_hass(self) -> None:
        """Listen as long as the entity lives."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.news.async_listen(self._heard))

    @callback
    def _heard(self, news: News) -> None:
        """Fire."""
        if news.library != self.uuid:
            return
        facts = {
            "count": len(news.items),
            "titles": list(dict.fromkeys(_headline(one) for one in news.items))[:NAMED],
            "items": [_facts(one) for one in news.items[:NAMED]],
        }
        self.fire(news.type.value, facts)


def _headline(item: Name) -> str:
    """What people call it: a film by its title, an episode by its show, a track by its artist and album."""
    if item.kind == "track":
        return " – ".join(part for part in (item.show_title, item.parent_title) if part) or item.title
    return item.show_title or item.title


def _facts(item: Name) -> dict[str, Any]:
    return {
        "rating_key": item.rating_key,
        "kind": item.kind,
        "title": item.title,
        "show_title": item.show_title,
        "season": item.season,
        "episode": item.episode,
        "year": item.year,
    }
