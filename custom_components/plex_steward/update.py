"""A newer version of the server."""

from typing import Any, override

from homeassistant.components.update import (
    UpdateDeviceClass,
    UpdateEntity,
    UpdateEntityDescription,
    UpdateEntityFeature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import border
from .coordinators.server import ServerCoordinator
from .data import StewardConfigEntry
from .entity import ServerEntity
from .plex.models import Release

# A server gets one order at a time.
PARALLEL_UPDATES = 1

DESCRIPTION = UpdateEntityDescription(key="server", device_class=UpdateDeviceClass.FIRMWARE)


async def async_setup_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entity where the server tells about its updates, which it does to its owner only."""
    server = entry.runtime_data.server
    if server.data.owner:
        async_add_entities([ServerUpdate(entry, server, DESCRIPTION)])


class ServerUpdate(ServerEntity[ServerCoordinator], UpdateEntity):
    """Plex Media Server as something that can be updated."""

    @property
    def release(self) -> Release | None:
        """The newer version, if one is known."""
        status = self.coordinator.data.update
        return status.release if status else None

    @property
    @override
    def supported_features(self) -> UpdateEntityFeature:
        """Installing works only where the server can do it itself: not in containers, not on most NAS."""
        status = self.coordinator.data.update
        features = UpdateEntityFeature.RELEASE_NOTES
        return features | UpdateEntityFeature.INSTALL if status and status.can_install else features

    @property
    @override
    def installed_version(self) -> str:
        """What runs."""
        return self.coordinator.data.info.version

    @property
    @override
    def latest_version(self) -> str:
        """What could run."""
        return self.release.version if self.release else self.installed_version

    @property
    @override
    def in_progress(self) -> bool:
        """Whether the server is busy updating."""
        return self.release is not None and self.release.state in ("downloading", "installing")

    @override
    async def async_release_notes(self) -> str | None:
        """What is new and what was mended."""
        if self.release is None:
            return None
        return "\n\n".join(part for part in (self.release.added, self.release.fixed) if part)

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        """Let the server update itself; it restarts when no one watches."""
        with border.actions():
            await self.hass.async_add_executor_job(self.steward.control.install_update)
        await self.coordinator.async_request_refresh()
