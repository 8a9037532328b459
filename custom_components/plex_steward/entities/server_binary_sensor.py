"""Whether the server answers, and whether it can be reached from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity


@dataclass(frozen=True, kw_only=True)
class ServerBinarySensorDescription(BinarySensorEntityDescription):
    """How to read the state from the coordinator."""

    value_fn: Callable[[ServerCoordinator], bool | None]
    always: bool = False
    """Available also while the server is not."""
    owner: bool = False
    """Told to the server's owner only."""


DESCRIPTIONS = (
    ServerBinarySensorDescription(
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda server: server.last_update_success,
        always=True,
    ),
    ServerBinarySensorDescription(
        key="remote_access",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda server: server.data.info.remote_access,
        owner=True,
    ),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add what the server tells us."""
    server = entry.runtime_data.server
    add(
        ServerBinarySensor(entry, server, description)
        for description in DESCRIPTIONS
        if server.data.owner or not description.owner
    )


class ServerBinarySensor(ServerEntity[ServerCoordinator], BinarySensorEntity):
    """A fact about the server that is true or false."""

    entity_description: ServerBinarySensorDescription

    @property
    @override
    def available(self) -> bool:
        """Connectivity is known exactly when everything else is not."""
        return self.entity_description.always or super().available

    @property
    @override
    def is_on(self) -> bool | None:
        """Read it."""
        return self.entity_description.value_fn(self.coordinator)
