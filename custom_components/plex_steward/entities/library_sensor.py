"""What a library holds, in numbers that Home Assistant keeps statistics of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfInformation
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..coordinators.library import LibraryCoordinator, readable
from ..data import StewardConfigEntry
from ..entity import LibraryEntity, for_each_library
from ..plex.models import Library
from ..plex.sound import RANKED
from ..plex.summary import Summary

VIDEO: Final = frozenset({"movie", "show"})
ALL: Final = frozenset({"movie", "show", "artist"})


@dataclass(frozen=True, kw_only=True)
class LibrarySensorDescription(SensorEntityDescription):
    """How to read the value from a library's numbers."""

    value_fn: Callable[[Summary], int | datetime | None]
    types: frozenset[str] = ALL
    """Of libraries that have it."""
    attributes: bool = False
    """Whether it says how sure the numbers are."""


def _count(key: str, kind: str, library: str) -> LibrarySensorDescription:
    return LibrarySensorDescription(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        types=frozenset({library}),
        value_fn=lambda numbers: numbers.counts.get(kind, 0),
    )


def _quality(key: str, types: frozenset[str], value_fn: Callable[[Summary], int]) -> LibrarySensorDescription:
    return LibrarySensorDescription(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        types=types,
        value_fn=value_fn,
    )


def _resolution(key: str, value: str) -> LibrarySensorDescription:
    return _quality(key, VIDEO, lambda numbers: numbers.by_resolution.get(value, 0))


def _range(key: str, value: str) -> LibrarySensorDescription:
    return _quality(key, VIDEO, lambda numbers: numbers.by_dynamic_range.get(value, 0))


def _sound(key: str, value: str) -> LibrarySensorDescription:
    return _quality(key, ALL, lambda numbers: numbers.by_audio_profile.get(value, 0))


def _other_sound(numbers: Summary) -> int:
    named = {*RANKED, "unknown"}
    return sum(count for profile, count in numbers.by_audio_profile.items() if profile not in named)


def _last_added(numbers: Summary) -> datetime | None:
    return None if numbers.newest is None else dt_util.utc_from_timestamp(numbers.newest.added)


DESCRIPTIONS: Final = (
    LibrarySensorDescription(
        key="items",
        state_class=SensorStateClass.MEASUREMENT,
        attributes=True,
        value_fn=lambda numbers: numbers.items,
    ),
    _count("seasons", "season", "show"),
    _count("episodes", "episode", "show"),
    _count("albums", "album", "artist"),
    _count("tracks", "track", "artist"),
    LibrarySensorDescription(
        key="size",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIGABYTES,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda numbers: numbers.size,
    ),
    LibrarySensorDescription(key="last_added", device_class=SensorDeviceClass.TIMESTAMP, value_fn=_last_added),
)
QUALITY: Final = (
    _resolution("resolution_8k", "8k"),
    _resolution("resolution_4k", "4k"),
    _resolution("resolution_1440p", "1440p"),
    _resolution("resolution_1080p", "1080p"),
    _resolution("resolution_720p", "720p"),
    _resolution("resolution_576p", "576p"),
    _resolution("resolution_480p", "480p"),
    _resolution("resolution_sd", "sd"),
    _resolution("resolution_unknown", "unknown"),
    _range("dynamic_range_dolby_vision", "dolby_vision"),
    _range("dynamic_range_hdr10_plus", "hdr10_plus"),
    _range("dynamic_range_hdr10", "hdr10"),
    _range("dynamic_range_hlg", "hlg"),
    _range("dynamic_range_sdr", "sdr"),
    _range("dynamic_range_unknown", "unknown"),
    _sound("audio_profile_dolby_atmos", "dolby_atmos"),
    _sound("audio_profile_dts_x", "dts_x"),
    _sound("audio_profile_dolby_truehd", "dolby_truehd"),
    _sound("audio_profile_dts_hd_ma", "dts_hd_ma"),
    _sound("audio_profile_pcm", "pcm"),
    _sound("audio_profile_flac", "flac"),
    _sound("audio_profile_alac", "alac"),
    _sound("audio_profile_dts_hd_hra", "dts_hd_hra"),
    _sound("audio_profile_dts", "dts"),
    _sound("audio_profile_eac3", "eac3"),
    _sound("audio_profile_ac3", "ac3"),
    _sound("audio_profile_opus", "opus"),
    _sound("audio_profile_aac", "aac"),
    _sound("audio_profile_vorbis", "vorbis"),
    _sound("audio_profile_mp3", "mp3"),
    _quality("audio_profile_other", ALL, _other_sound),
    _sound("audio_profile_unknown", "unknown"),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add to each library what it can have."""
    libraries = entry.runtime_data.libraries

    def make(library: Library) -> list[LibrarySensor]:
        descriptions = (*DESCRIPTIONS, *QUALITY) if readable(library) else ()
        return [
            LibrarySensor(entry, libraries, library.uuid, description)
            for description in descriptions
            if library.type in description.types
        ]

    for_each_library(entry, add, make)


class LibrarySensor(LibraryEntity[LibraryCoordinator], SensorEntity):
    """A number of a library; unknown until the library has been read once."""

    entity_description: LibrarySensorDescription

    @property
    @override
    def native_value(self) -> int | datetime | None:
        """Read it."""
        state = self.coordinator.data.get(self.uuid)
        return None if state is None else self.entity_description.value_fn(state.summary)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Say whether the numbers hold everything the server has, and how many items it could not tell."""
        state = self.coordinator.data.get(self.uuid)
        if not self.entity_description.attributes or state is None:
            return None
        return {"complete": state.complete, "missing": state.missing}
