"""Pictures for the cards. The token stays here: browsers get a signed address of Home Assistant's own."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .plex.errors import PlexError

if TYPE_CHECKING:
    from .data import StewardConfigEntry
    from .plex.streams import Stream

URL: Final = "/api/plex_steward/artwork/{entry_id}/{session}/{item}"
LIFE: Final = timedelta(hours=12)
WIDTH, HEIGHT = 240, 360
TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""What is passed on: a picture that can hold no script."""


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the view."""
    hass.http.register_view(ArtworkView())


@callback
def artwork_url(hass: HomeAssistant, entry: StewardConfigEntry, stream: Stream) -> str | None:
    """A signed address of the stream's poster; None when there is none."""
    if not stream.item.thumb or not stream.item.rating_key:
        return None
    path = URL.format(entry_id=entry.entry_id, session=stream.key, item=stream.item.rating_key)
    return async_sign_path(hass, path, LIFE)


class ArtworkView(HomeAssistantView):
    """The poster of a stream that is on; no other path of the server can be asked for."""

    url = URL
    name = "api:plex_steward:artwork"

    async def get(self, request: web.Request, entry_id: str, session: str, item: str) -> web.Response:
        """Fetch it from the server."""
        hass: HomeAssistant = request.app["hass"]
        entry: StewardConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
            raise web.HTTPNotFound
        sessions = entry.runtime_data.sessions
        streams = () if sessions is None else sessions.data
        stream = next((one for one in streams if one.key == session and one.item.rating_key == item), None)
        if stream is None or not stream.item.thumb:
            raise web.HTTPNotFound
        try:
            body, media_type = await entry.runtime_data.client.artwork(stream.item.thumb, width=WIDTH, height=HEIGHT)
        except PlexError:
            raise web.HTTPNotFound from None
        if media_type not in TYPES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, max-age=43200", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=body, content_type=media_type, headers=headers)
