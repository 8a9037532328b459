"""Ends every stream with one press."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .. import border
from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..plex.terminate import Selection

STOP_ALL = ButtonEntityDescription(key="stop_all_streams")


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may end streams."""
    if (sessions := entry.runtime_data.sessions) is not None:
        add([StopAll(entry, sessions, STOP_ALL)])


class StopAll(ServerEntity[SessionsCoordinator], ButtonEntity):
    """Ends all streams; the action `terminate_session` can choose and give a reason."""

    @override
    async def async_press(self) -> None:
        """End them; nobody waits for players that linger."""
        with border.actions():
            await self.coordinator.end(Selection(everyone=True), "", linger=0)
