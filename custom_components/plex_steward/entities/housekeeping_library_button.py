"""The buttons that keep a library's house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..entity import LibraryEntity, for_each_library
from ..stewardship.housekeeping import Housekeeping
from ..stewardship.housekeeping_values import Step


@dataclass(frozen=True, kw_only=True)
class LibraryButtonDescription(ButtonEntityDescription):
    """What a press does for the library of this uuid."""

    press_fn: Callable[[Housekeeping, str], Awaitable[None]]


DESCRIPTIONS = (
    LibraryButtonDescription(key="scan", press_fn=lambda housekeeping, uuid: housekeeping.scan(uuid)),
    LibraryButtonDescription(
        key="empty_trash",
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda housekeeping, uuid: housekeeping.press(Step.EMPTY_TRASH, uuid),
    ),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add them to each library; only the owner may do any of it."""
    data = entry.runtime_data
    housekeeping, server = data.housekeeping, data.server
    if housekeeping is not None:
        for_each_library(
            entry,
            add,
            lambda library: [LibraryButton(entry, server, library.uuid, one, housekeeping) for one in DESCRIPTIONS],
        )


class LibraryButton(LibraryEntity[ServerCoordinator], ButtonEntity):
    """One thing to do for a library; available while the server answers."""

    entity_description: LibraryButtonDescription

    def __init__(
        self,
        entry: StewardConfigEntry,
        server: ServerCoordinator,
        uuid: str,
        description: LibraryButtonDescription,
        housekeeping: Housekeeping,
    ) -> None:
        """Know whom to ask."""
        super().__init__(entry, server, uuid, description)
        self._housekeeping = housekeeping

    @override
    async def async_press(self) -> None:
        """Ask for it; the sensors show the rest."""
        await self.entity_description.press_fn(self._housekeeping, self.uuid)
