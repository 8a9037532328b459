"""The devices of a server and of its libraries, kept in step with what the server says.

Entities only name their device; what it is called and which version it runs is written here, in one place, so that
a renamed library or an updated server shows at once and without a reload.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .data import StewardConfigEntry

if TYPE_CHECKING:
    from .plex.models import Library, ServerInfo


def machine_identifier(entry: StewardConfigEntry) -> str:
    """The server's machineIdentifier: the unique id of its entry."""
    assert entry.unique_id is not None  # the flow never makes an entry without one
    return entry.unique_id


def server_identifier(entry: StewardConfigEntry) -> tuple[str, str]:
    """Name the server's device."""
    return (DOMAIN, machine_identifier(entry))


def library_identifier(entry: StewardConfigEntry, uuid: str) -> tuple[str, str]:
    """Name a library's device; two copies of one server may share uuids, so the server is part of it."""
    return (DOMAIN, f"{machine_identifier(entry)}_{uuid}")


def mirror_identifier(subentry: ConfigSubentry) -> tuple[str, str]:
    """Name a mirror's device."""
    return (DOMAIN, subentry.subentry_id)


def server_device_id(hass: HomeAssistant, entry: StewardConfigEntry) -> str:
    """The registry's id of the server's device, for `via_device_id`."""
    return dr.async_get_device_id_by_identifier(hass, server_identifier(entry), config_entry_id=entry.entry_id)


@callback
def update_server_device(hass: HomeAssistant, entry: StewardConfigEntry, info: ServerInfo, url: str | None) -> None:
    """Write the server's device as it is now."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={server_identifier(entry)},
        configuration_url=f"{url}/web" if url else None,
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer="Plex",
        model=f"Plex Media Server ({info.platform})" if info.platform else "Plex Media Server",
        name=info.name,
        sw_version=info.version,
    )


@callback
def update_library_devices(hass: HomeAssistant, entry: StewardConfigEntry, libraries: Iterable[Library]) -> None:
    """Write a device per library and remove those whose library is gone or switched off."""
    registry = dr.async_get(hass)
    via = server_device_id(hass, entry)
    wanted = {library_identifier(entry, library.uuid): library for library in libraries}
    for identifier, library in wanted.items():
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={identifier},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer="Plex",
            model="Library",
            name=library.title,
            via_device_id=via,
        )
    kept = {server_identifier(entry), *wanted}
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if device.config_subentry_id is None and not kept & device.identifiers:
            registry.async_remove_device(device.id)


def is_stale(entry: StewardConfigEntry, device: dr.DeviceEntry) -> bool:
    """Tell whether nothing stands behind a device: no server, no library in use, no mirror."""
    live = {server_identifier(entry), *(mirror_identifier(sub) for sub in entry.subentries.values())}
    live |= {library_identifier(entry, library.uuid) for library in entry.runtime_data.server.libraries}
    return not live & device.identifiers
