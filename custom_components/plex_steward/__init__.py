"""Plex Steward: looks after a Plex server and the files behind it. This page is the table of contents."""

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from . import cards, services, views, websocket
from .const import DOMAIN, PLATFORMS
from .coordinators.activities import ActivitiesCoordinator
from .coordinators.library import LibraryCoordinator
from .coordinators.preferences import PreferencesCoordinator
from .coordinators.server import ServerCoordinator
from .coordinators.sessions import SessionsCoordinator
from .data import StewardConfigEntry, StewardData
from .devices import is_stale
from .flow.discovery import look_around
from .plex.client import PlexClient
from .plex.control import Control
from .stewardship import (
    health,
    housekeeping,
    inventory_file,
    library_news,
    maintenance as maintenance_mode,
    mirrors as mirror_set,
    prerolls as preroll_sets,
    token_kind,
)
from .stewardship.connection import make_connection
from .stewardship.events import Events
from .stewardship.maintenance import Maintenance
from .stewardship.prerolls import Prerolls

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register what exists once for all servers: the actions, the cards and what they ask for."""
    services.async_setup(hass)
    views.async_setup(hass)
    websocket.async_setup(hass)
    await cards.async_setup(hass)
    async_at_started(hass, look_around)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> bool:
    """Start looking after one server."""
    client = PlexClient(make_connection(hass, entry))
    server = ServerCoordinator(hass, entry, client)
    await server.async_config_entry_first_refresh()

    control = Control(client.connection.endpoint)

    async def close() -> None:
        await hass.async_add_executor_job(control.close)  # it waits for what is under way

    entry.async_on_unload(close)
    events = Events(client.connection)
    entry.async_on_unload(events.async_stop)
    sessions = SessionsCoordinator(hass, entry, client, events) if server.data.owner else None
    if sessions is not None:
        await sessions.async_config_entry_first_refresh()
    maintenance = None if sessions is None else Maintenance(hass, entry, sessions)
    prerolls = None if sessions is None else Prerolls(hass, entry, control, server)
    activities = None if sessions is None else ActivitiesCoordinator(hass, entry, client, events)
    preferences = None if sessions is None else PreferencesCoordinator(hass, entry, client, control)

    entry.runtime_data = StewardData(
        client=client,
        control=control,
        server=server,
        events=events,
        sessions=sessions,
        maintenance=maintenance,
        prerolls=prerolls,
        activities=activities,
        preferences=preferences,
        housekeeping=None,
        libraries=LibraryCoordinator(hass, entry, client, server),
        mirrors=mirror_set.make(hass, entry),
    )
    server.async_start()
    entry.runtime_data.libraries.async_start()
    if sessions is not None:
        sessions.async_start()
    if prerolls is not None:
        await prerolls.async_start()
    if activities is not None:
        await activities.async_start()
    if preferences is not None:
        await preferences.async_start()
    await mirror_set.async_start(hass, entry)
    await housekeeping.async_start(hass, entry)
    if maintenance is not None:
        await maintenance.async_start()  # after all that listens to how it begins, which may be at once

    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await entry.runtime_data.libraries.news.open()  # only now somebody listens
    entry.async_create_background_task(hass, events.run(), "plex_steward notifications")
    entry.async_create_background_task(hass, token_kind.check(hass, entry), "plex_steward token")
    _reload_when_subentries_change(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> bool:
    """Stop; everything else was handed to `entry.async_on_unload` where it was started."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Leave nothing behind."""
    health.forget(hass, entry)
    await maintenance_mode.forget(hass, entry)
    await mirror_set.forget(hass, entry)
    await housekeeping.forget(hass, entry)
    await inventory_file.forget(hass, entry)
    await library_news.forget(hass, entry)
    await preroll_sets.forget(hass, entry)


async def async_remove_config_entry_device(hass: HomeAssistant, entry: StewardConfigEntry, device: DeviceEntry) -> bool:
    """Let the user remove only a device that nothing stands behind any more."""
    return is_stale(entry, device)


@callback
def _reload_when_subentries_change(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Reload once when a mirror or preroll set is added or removed.

    Home Assistant does not do it by itself. An update listener would, but it is not allowed beside flows that reload.
    """
    before = set(entry.subentries)

    @callback
    def changed(change: ConfigEntryChange, changed_entry: StewardConfigEntry) -> None:
        if changed_entry is not entry or change is not ConfigEntryChange.UPDATED:
            return
        if entry.state is ConfigEntryState.LOADED and set(entry.subentries) != before:
            hass.config_entries.async_schedule_reload(entry.entry_id)

    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed))
