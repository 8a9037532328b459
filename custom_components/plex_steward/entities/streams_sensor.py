"""How many streams there are, by what the server does with them, and what they take of the line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfDataRate
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinators.sessions import SessionsCoordinator
from ..data import StewardConfigEntry
from ..entity import ServerEntity
from ..plex.decisions import Decision
from ..plex.streams import Location, Stream

type Streams = tuple[Stream, ...]


@dataclass(frozen=True, kw_only=True)
class StreamsSensorDescription(SensorEntityDescription):
    """How to read the value from the streams."""

    value_fn: Callable[[Streams], int]


def _decided(decision: Decision) -> Callable[[Streams], int]:
    return lambda streams: sum(stream.decision is decision for stream in streams)


def _bandwidth(*locations: Location) -> Callable[[Streams], int]:
    return lambda streams: sum(stream.bandwidth or 0 for stream in streams if stream.location in locations)


def _count(key: str, value_fn: Callable[[Streams], int]) -> StreamsSensorDescription:
    return StreamsSensorDescription(key=key, state_class=SensorStateClass.MEASUREMENT, value_fn=value_fn)


def _rate(key: str, value_fn: Callable[[Streams], int]) -> StreamsSensorDescription:
    return StreamsSensorDescription(
        key=key,
        device_class=SensorDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.KILOBITS_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABITS_PER_SECOND,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
    )


DESCRIPTIONS = (
    _count("streams", len),
    _count("direct_play_streams", _decided(Decision.DIRECT_PLAY)),
    _count("direct_stream_streams", _decided(Decision.DIRECT_STREAM)),
    _count("transcode_streams", _decided(Decision.TRANSCODE)),
    _count("hardware_transcodes", lambda streams: sum(stream.hardware for stream in streams)),
    _rate("bandwidth_lan", _bandwidth(Location.LAN)),
    _rate("bandwidth_wan", _bandwidth(Location.WAN, Location.CELLULAR)),
)


def setup(hass: HomeAssistant, entry: StewardConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add them; only the owner may see streams."""
    if (sessions := entry.runtime_data.sessions) is not None:
        add(StreamsSensor(entry, sessions, description) for description in DESCRIPTIONS)


class StreamsSensor(ServerEntity[SessionsCoordinator], SensorEntity):
    """A number drawn from the streams."""

    entity_description: StreamsSensorDescription

    @property
    @override
    def native_value(self) -> int:
        """Read it."""
        return self.entity_description.value_fn(self.coordinator.data)
