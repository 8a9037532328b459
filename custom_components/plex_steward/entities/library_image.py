"""The poster of what was added last. Browsers get it from Home Assistant; the server's token stays here."""

from datetime import datetime
from typing import override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..coordinators.library import LibraryCoordinator, readable
from ..data import StewardConfigEntry
from ..entity import LibraryEntity, for_each_library
from ..plex.errors import PlexError
from ..plex.fields import text
from ..plex.models import Row
from ..plex.summary import Newest
from ..views import TYPES

NEWEST_POSTER = ImageEntityDescription(key="newest_poster")
_THUMBS = {
    "episode": ("grandparentThumb", "parentThumb", "thumb"),
    "track": ("parentThumb", "thumb", "grandparentThumb"),
}
"""An episode is known by its show's poster, a track by its album's cover."""


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it to each library that is read."""
    libraries = entry.runtime_data.libraries
    for_each_library(
        entry,
        add,
        lambda library: [NewestPoster(hass, entry, libraries, library.uuid)] if readable(library) else [],
    )


class NewestPoster(LibraryEntity[LibraryCoordinator], ImageEntity):
    """Fetched when somebody looks, and kept until something newer comes."""

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, libraries: LibraryCoordinator, uuid: str
    ) -> None:
        """Begin without a picture."""
        LibraryEntity.__init__(self, entry, libraries, uuid, NEWEST_POSTER)
        ImageEntity.__init__(self, hass)
        self._shown: int | None = None
        self._picture: bytes | None = None

    @property
    @override
    def image_last_updated(self) -> datetime | None:
        """When that item was added: a restart of Home Assistant changes nothing."""
        return None if self._newest is None else dt_util.utc_from_timestamp(self._newest.added)

    @override
    async def async_image(self) -> bytes | None:
        """Fetch it; None when there is none, or the server does not give it now."""
        newest = self._newest
        if newest is None:
            return None
        if self._picture is None or self._shown != newest.rating_key:
            self._picture, self._shown = await self._fetch(newest), newest.rating_key
        return self._picture

    async def _fetch(self, newest: Newest) -> bytes | None:
        client, key = self.coordinator.client, str(newest.rating_key)
        try:
            path = _thumb((await client.metadata([key])).get(key, {}))
            if path is None:
                return None
            picture, media_type = await client.artwork(path)
        except PlexError:
            return None
        if media_type not in TYPES:
            return None
        self._attr_content_type = media_type
        return picture

    @property
    def _newest(self) -> Newest | None:
        state = self.coordinator.data.get(self.uuid)
        return None if state is None else state.summary.newest

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Forget the picture of what is the newest no longer; the address changes, so that browsers ask again."""
        newest = self._newest
        if self._shown is not None and (newest is None or newest.rating_key != self._shown):
            self._shown = self._picture = None
            self.async_update_token()
        super()._handle_coordinator_update()


def _thumb(row: Row) -> str | None:
    return text(row, *_THUMBS.get(text(row, "type") or "", ("thumb",)))
