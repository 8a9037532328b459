"""The server itself, its libraries and what it knows of its own updates: a slow poll that everything leans on."""

from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .. import border
from ..const import LOGGER, RELEASE_INTERVAL, SERVER_INTERVAL
from ..data import StewardConfigEntry
from ..devices import update_library_devices, update_server_device
from ..plex.client import PlexClient
from ..plex.errors import PlexError
from ..plex.models import Event, Library, ServerInfo, UpdateStatus
from ..stewardship import health
from ..stewardship.libraries import is_on


@dataclass(frozen=True, slots=True)
class ServerState:
    """What was read last."""

    info: ServerInfo
    libraries: tuple[Library, ...]
    """All libraries the token may see, in the server's order, whether switched on or not."""
    owner: bool
    """Whether the token is the owner's; others may not see sessions, preferences or updates."""
    update: UpdateStatus | None = None
    """None when the server does not tell."""


class ServerCoordinator(DataUpdateCoordinator[ServerState]):
    """Reads the server once a minute; what happens in between is pushed to others."""

    config_entry: StewardConfigEntry

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, client: PlexClient) -> None:
        """Prepare; the first refresh connects."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="server",
            update_interval=SERVER_INTERVAL,
            always_update=False,
        )
        self.client = client
        self._owner = False
        self._update: UpdateStatus | None = None
        self._update_asked: datetime | None = None

    @property
    def all_libraries(self) -> tuple[Library, ...]:
        """Every library of the server."""
        return self.data.libraries

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The libraries that are switched on: what is read, counted and shown."""
        return tuple(library for library in self.data.libraries if is_on(self.config_entry.options, library.uuid))

    def library(self, uuid: str) -> Library | None:
        """The library of this uuid; None when it is gone."""
        return next((library for library in self.data.libraries if library.uuid == uuid), None)

    @callback
    def async_start(self) -> None:
        """Keep in step from now on; call it once, after the first refresh and before the platforms."""
        self._write_devices()
        entry, events = self.config_entry, self.config_entry.runtime_data.events
        entry.async_on_unload(self.async_add_listener(self._write_devices))
        entry.async_on_unload(events.async_listen({"reachability", "update.statechange"}, self._told))
        entry.async_on_unload(events.async_listen_state(self._line))

    @override
    async def _async_setup(self) -> None:
        """Learn whose token it is; that changes only with the token."""
        with border.updates(), health.watched(self.hass, self.config_entry):
            self._owner = await self.client.is_owner()

    @override
    async def _async_update_data(self) -> ServerState:
        """Read the server; a better address is taken when it answers again."""
        with border.updates(), health.watched(self.hass, self.config_entry):
            info = await self.client.info()
            libraries = await self.client.libraries()
        await self.client.connection.improve()
        await self._read_update()
        state = ServerState(info, libraries, self._owner, self._update)
        health.judge(self.hass, self.config_entry, info, owner=self._owner)
        return state

    async def _read_update(self) -> None:
        """Ask now and then about a newer version; not to know it is no failure."""
        now = dt_util.utcnow()
        if not self._owner or (self._update_asked is not None and abs(now - self._update_asked) < RELEASE_INTERVAL):
            return
        try:
            self._update = await self.client.update_status()
        except PlexError as error:
            LOGGER.debug("The server does not tell about updates: %s", error)
        self._update_asked = now

    @callback
    def _told(self, event: Event) -> None:
        """Read again what the server says has changed."""
        if event.type == "update.statechange":
            self._update_asked = None
        self.config_entry.async_create_task(self.hass, self.async_request_refresh())

    @callback
    def _line(self, up: bool) -> None:
        """The push line is the fastest to notice that the server is gone, or back."""
        if up is not self.last_update_success:
            self.config_entry.async_create_task(self.hass, self.async_request_refresh())

    @callback
    def _write_devices(self) -> None:
        """Show the server and its libraries as they are now."""
        if not self.last_update_success:
            return
        self.config_entry.runtime_data.events.async_server_seen()
        update_server_device(self.hass, self.config_entry, self.data.info, self.client.connection.url)
        update_library_devices(self.hass, self.config_entry, self.libraries)
