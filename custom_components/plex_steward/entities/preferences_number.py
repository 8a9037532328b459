"""Preferences of the server that are numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.preferences import DATABASE_CACHE, PreferencesCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..stewardship.housekeeping_values import CONF_DATABASE_CACHE, CONF_HOUSEKEEPING


@dataclass(frozen=True, kw_only=True)
class PreferenceNumberDescription(NumberEntityDescription):
    """Which preference it is."""

    preference: str
    """Its exact id."""


def _describe(key: str, preference: str, most: int, **more: Any) -> PreferenceNumberDescription:
    return PreferenceNumberDescription(
        key=key,
        preference=preference,
        entity_category=EntityCategory.CONFIG,
        mode=NumberMode.BOX,
        native_step=1,
        native_max_value=most,
        **{"native_min_value": 0, **more},
    )


DESCRIPTIONS = (
    _describe(
        "database_cache",
        DATABASE_CACHE,
        65536,
        native_min_value=1,
        device_class=NumberDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.MEGABYTES,
    ),
    _describe(
        "paused_stream_limit",
        "MinutesAllowedPaused",
        1440,
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        entity_registry_enabled_default=False,
    ),
    _describe("remote_streams_per_user", "WanPerUserStreamCount", 20, entity_registry_enabled_default=False),
    _describe("transcode_limit", "TranscodeCountLimit", 20, entity_registry_enabled_default=False),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add those that the server has: now, and later those that an update of the server brings."""
    if (preferences := entry.runtime_data.preferences) is None:
        return
    known: set[str] = set()
    make = partial(PreferenceNumber, entry, preferences)

    @callback
    def look() -> None:
        new = [one for one in DESCRIPTIONS if one.key not in known and preferences.value(one.preference) is not None]
        known.update(one.key for one in new)
        add(make(one) for one in new)

    look()
    entry.async_on_unload(preferences.async_add_listener(look))


class PreferenceNumber(ServerEntity[PreferencesCoordinator], NumberEntity):
    """A preference; 0 means no limit, where it is one."""

    entity_description: PreferenceNumberDescription

    @property
    @override
    def available(self) -> bool:
        """Only while the server has it."""
        return super().available and self.native_value is not None

    @property
    @override
    def native_value(self) -> float | None:
        """Read it."""
        return self.coordinator.value(self.entity_description.preference)

    @property
    @override
    def native_max_value(self) -> float:
        """The server's own limit, where it tells one."""
        most = self.entity_description.native_max_value
        assert most is not None  # every description has one
        setting = self.coordinator.data.get(self.entity_description.preference)
        choices = [int(value) for value, _ in setting.choices if value.isdecimal()] if setting else []
        return max(choices, default=most)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """What it was before it was set here."""
        return {"previous": self.coordinator.previous.get(self.entity_description.preference)}

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write it; a value in the options follows, or the next start would undo this one."""
        await self.coordinator.set(self.entity_description.preference, int(value))
        options = self.entry.options
        chosen = options.get(CONF_HOUSEKEEPING, {})
        if self.entity_description.key == CONF_DATABASE_CACHE and chosen.get(CONF_DATABASE_CACHE):
            self.hass.config_entries.async_update_entry(
                self.entry, options={**options, CONF_HOUSEKEEPING: {**chosen, CONF_DATABASE_CACHE: int(value)}}
            )
