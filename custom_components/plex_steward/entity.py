"""The three things an entity can belong to: the server, one of its libraries, a mirror.

The key of an entity's description is its translation key and the last part of its unique id.
"""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from .data import StewardConfigEntry, StewardData
from .devices import library_identifier, mirror_identifier, server_device_id, server_identifier
from .plex.models import Library

type Family = Callable[[HomeAssistant, StewardConfigEntry, AddConfigEntryEntitiesCallback], None]
"""What a module under `entities/` offers as `setup`: it adds its entities now, and later those that appear."""


class StewardEntity[C: DataUpdateCoordinator[Any]](CoordinatorEntity[C]):
    """What all entities share."""

    _attr_has_entity_name = True

    def __init__(self, entry: StewardConfigEntry, coordinator: C, owner: str, description: EntityDescription) -> None:
        """Name the entity by its `owner` (the part of the unique id before the key)."""
        super().__init__(coordinator)
        self.entry = entry
        self.entity_description = description
        self._attr_translation_key = description.translation_key or description.key
        self._attr_unique_id = f"{owner}_{description.key}"

    @property
    def steward(self) -> StewardData:
        """Everything that works for this entity's server."""
        return self.entry.runtime_data


class ServerEntity[C: DataUpdateCoordinator[Any]](StewardEntity[C]):
    """An entity of the server's device."""

    def __init__(self, entry: StewardConfigEntry, coordinator: C, description: EntityDescription) -> None:
        """Attach to the device that `devices` keeps."""
        domain, machine = server_identifier(entry)
        super().__init__(entry, coordinator, machine, description)
        self._attr_device_info = DeviceInfo(identifiers={(domain, machine)})


class LibraryEntity[C: DataUpdateCoordinator[Any]](StewardEntity[C]):
    """An entity of a library's device; `uuid` names the library, never its title."""

    def __init__(self, entry: StewardConfigEntry, coordinator: C, uuid: str, description: EntityDescription) -> None:
        """Attach to the device that `devices` keeps."""
        domain, owner = library_identifier(entry, uuid)
        super().__init__(entry, coordinator, owner, description)
        self.uuid = uuid
        self._attr_device_info = DeviceInfo(identifiers={(domain, owner)})


class MirrorEntity[C: DataUpdateCoordinator[Any]](StewardEntity[C]):
    """An entity of a mirror's device; add it with `config_subentry_id=subentry.subentry_id`."""

    def __init__(
        self, entry: StewardConfigEntry, coordinator: C, subentry: ConfigSubentry, description: EntityDescription
    ) -> None:
        """Describe the mirror's device: it exists as long as its subentry does."""
        identifier = mirror_identifier(subentry)
        super().__init__(entry, coordinator, identifier[1], description)
        self.subentry = subentry
        self._attr_device_info = DeviceInfo(
            identifiers={identifier},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer="Plex Steward",
            model="Mirror",
            name=subentry.title,
            via_device_id=server_device_id(coordinator.hass, entry),
        )


@callback
def for_each_library(
    entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback, make: Callable[[Library], Iterable[Entity]]
) -> None:
    """Add what `make` gives for each library that is on: now, and when one appears later."""
    server = entry.runtime_data.server
    known: set[str] = set()

    @callback
    def look() -> None:
        libraries = {library.uuid: library for library in server.libraries}
        known.intersection_update(libraries)  # one that comes back is new again: its entities went with its device
        for uuid in libraries.keys() - known:
            known.add(uuid)
            add(make(libraries[uuid]))

    look()
    entry.async_on_unload(server.async_add_listener(look))
