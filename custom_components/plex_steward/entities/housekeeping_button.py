"""The buttons that keep the server's house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..stewardship.housekeeping import Housekeeping
from ..stewardship.housekeeping_values import Step


@dataclass(frozen=True, kw_only=True)
class HousekeepingButtonDescription(ButtonEntityDescription):
    """What a press does."""

    press_fn: Callable[[Housekeeping], Awaitable[None]]


def _step(key: str, step: Step) -> HousekeepingButtonDescription:
    return HousekeepingButtonDescription(
        key=key, entity_category=EntityCategory.CONFIG, press_fn=lambda housekeeping: housekeeping.press(step)
    )


DESCRIPTIONS = (
    _step("empty_trash", Step.EMPTY_TRASH),
    _step("clean_bundles", Step.CLEAN_BUNDLES),
    _step("optimize_database", Step.OPTIMIZE_DATABASE),
    HousekeepingButtonDescription(key="scan_libraries", press_fn=lambda housekeeping: housekeeping.scan()),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add them; only the owner may do any of it."""
    data = entry.runtime_data
    if (housekeeping := data.housekeeping) is not None:
        add(HousekeepingButton(entry, data.server, description, housekeeping) for description in DESCRIPTIONS)


class HousekeepingButton(ServerEntity[ServerCoordinator], ButtonEntity):
    """One thing to do for the whole server; available while it answers."""

    entity_description: HousekeepingButtonDescription

    def __init__(
        self,
        entry: StewardConfigEntry,
        server: ServerCoordinator,
        description: HousekeepingButtonDescription,
        housekeeping: Housekeeping,
    ) -> None:
        """Know whom to ask."""
        super().__init__(entry, server, description)
        self._housekeeping = housekeeping

    @override
    async def async_press(self) -> None:
        """Ask for it; the sensors show the rest."""
        await self.entity_description.press_fn(self._housekeeping)
