"""The buttons of a mirror. A press begins a run and does not wait for its end; the sensors show it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.jobs import Busy
from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from ..entity import MirrorEntity
from ..services.mirror import busy


@dataclass(frozen=True, kw_only=True)
class MirrorButtonDescription(ButtonEntityDescription):
    """What a press does."""

    press_fn: Callable[[MirrorCoordinator], object]


DESCRIPTIONS = (
    MirrorButtonDescription(key="sync", press_fn=lambda mirror: mirror.async_launch("sync", "button")),
    MirrorButtonDescription(key="diff", press_fn=lambda mirror: mirror.async_launch("diff", "button")),
    MirrorButtonDescription(key="cancel", press_fn=lambda mirror: mirror.async_cancel()),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add all to each mirror."""
    for mirror in entry.runtime_data.mirrors.values():
        add(
            (MirrorButton(entry, mirror, mirror.subentry, description) for description in DESCRIPTIONS),
            config_subentry_id=mirror.subentry.subentry_id,
        )


class MirrorButton(MirrorEntity[MirrorCoordinator], ButtonEntity):
    """One thing a mirror can be told."""

    entity_description: MirrorButtonDescription

    @override
    async def async_press(self) -> None:
        """Tell it; to cancel when nothing runs is no mistake."""
        try:
            self.entity_description.press_fn(self.coordinator)
        except Busy:
            raise busy(self.coordinator) from None
