"""The preferences of a server that can be set here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .. import border
from ..const import LOGGER
from ..data import StewardConfigEntry
from ..plex.client import PlexClient
from ..plex.control import Control
from ..plex.errors import NotFound, PlexError
from ..plex.models import Event, Setting
from ..stewardship.housekeeping_values import HousekeepingConfig

DATABASE_CACHE: Final = "DatabaseCacheSize"
"""MB; counts from the server's next start on. Older servers do not have it."""
NIGHTLY_WORK: Final = ("ButlerStartHour", "ButlerEndHour")
"""Hours of the server's clock between which it cleans up by itself."""
INTERVAL: Final = timedelta(minutes=15)
"""Between reads; a change is pushed by servers that can."""
AT_MOST: Final = 1.0
"""Seconds between two reads, however much is changed."""


class PreferencesCoordinator(DataUpdateCoordinator[Mapping[str, Setting]]):
    """Reads all preferences, by their exact ids."""

    config_entry: StewardConfigEntry

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry, client: PlexClient, control: Control) -> None:
        """Prepare; `async_start` reads."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="preferences",
            update_interval=INTERVAL,
            request_refresh_debouncer=Debouncer(hass, LOGGER, cooldown=AT_MOST, immediate=True),
        )
        self.client = client
        self._control = control
        self._wanted: dict[str, float] = {}
        self.previous: dict[str, float] = {}
        """What was there before we wrote."""
        self.data = {}

    async def async_start(self) -> None:
        """Read, write what the options want where it differs, and listen from now on. To fail is no failure."""
        cache = HousekeepingConfig.of(self.config_entry.options).database_cache
        self._wanted = {} if cache is None else {DATABASE_CACHE: cache}
        events = self.config_entry.runtime_data.events
        self.config_entry.async_on_unload(events.async_listen({"preference"}, self._told))
        await self.async_refresh()

    def value(self, name: str) -> float | None:
        """The value of a preference that is a number; None for one the server does not have."""
        setting = self.data.get(name)
        return setting.value if setting is not None and isinstance(setting.value, int | float) else None

    async def set(self, name: str, value: float) -> None:
        """Write a preference if it differs, and show what the server then says. Raises `HomeAssistantError`."""
        with border.actions():
            await self._write(name, value)
        self.async_set_updated_data(self.data)

    @override
    async def _async_update_data(self) -> Mapping[str, Setting]:
        """Read them; once after the start, write what the options say."""
        with border.updates():
            self.data = await self.client.settings()
        for name, value in tuple(self._wanted.items()):
            try:
                await self._write(name, value)
            except NotFound:
                LOGGER.debug("This Plex server has no preference %s", name)
            except PlexError as error:  # tried again with the next reading
                LOGGER.debug("The preference %s could not be written: %s", name, error.code)
                continue
            del self._wanted[name]
        return self.data

    async def _write(self, name: str, value: float) -> None:
        before, after = await self.hass.async_add_executor_job(self._control.set_preference, name, value)
        if before.value != after.value and isinstance(before.value, int | float):
            self.previous[name] = before.value
            LOGGER.info("The preference %s of the Plex server was %s and is %s now", name, before.value, after.value)
        self.data = {**self.data, after.id: after}

    @callback
    def _told(self, _: Event) -> None:
        """Somebody changed one."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), "plex_steward read preferences"
        )
