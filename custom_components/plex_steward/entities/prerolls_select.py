"""Which preroll set is in force: by season, none, or one by hand."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..prerolls import AUTOMATIC, NONE
from ..stewardship.prerolls import Prerolls

PREROLL = SelectEntityDescription(key="preroll")


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add it; only the owner may write preferences."""
    if (prerolls := entry.runtime_data.prerolls) is not None:
        add([PrerollSelect(entry, prerolls, PREROLL)])


class PrerollSelect(ServerEntity[Prerolls], SelectEntity):
    """`automatic`, `none`, and each set by its name."""

    @property
    def _names(self) -> dict[str, str]:
        """Id -> what is shown; a set that is called like another one gets its number."""
        names = {AUTOMATIC: AUTOMATIC, NONE: NONE}
        for one in self.coordinator.sets.values():
            name, number = one.name, 2
            while name in names.values():
                name, number = f"{one.name} ({number})", number + 1
            names[one.id] = name
        return names

    @property
    @override
    def options(self) -> list[str]:
        """What can be chosen."""
        return list(self._names.values())

    @property
    @override
    def current_option(self) -> str | None:
        """What was chosen; a set that is gone is unknown."""
        return self._names.get(self.coordinator.data.memory.mode)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | bool | None]:
        """Which set is in force, and whether somebody changed it in Plex."""
        data = self.coordinator.data
        names = self._names
        return {"active": names.get(data.memory.active), "by_hand": data.by_hand}

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose; the setting is written at once."""
        await self.coordinator.choose(next(key for key, name in self._names.items() if name == option))
