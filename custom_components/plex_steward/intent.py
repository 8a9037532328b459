"""The intents that the local agent, automations and the API can use."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent

from .assist import library, mirrors, streams
from .assist.base import StewardIntent

INTENTS: tuple[type[StewardIntent], ...] = (
    streams.NowPlaying,
    streams.EndStreams,
    streams.SetMaintenance,
    library.FindMedia,
    mirrors.MirrorStatus,
    mirrors.RunMirror,
)


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register all; they know nothing of a server until something of it is exposed."""
    for kind in INTENTS:
        intent.async_register(hass, kind())
