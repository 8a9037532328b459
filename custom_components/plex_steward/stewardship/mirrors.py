"""The mirrors of one server: made, started and forgotten together."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import SUBENTRY_MIRROR
from ..coordinators.mirrors import MirrorCoordinator
from ..data import StewardConfigEntry
from . import mirror_repairs, mirror_scans, mirror_schedule
from .memory import Memory

MEMORY = "mirrors"


@callback
def make(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, MirrorCoordinator]:
    """Prepare a coordinator for each mirror, by its subentry's id."""
    memory = Memory(hass, entry.entry_id, MEMORY)
    return {
        subentry.subentry_id: MirrorCoordinator(hass, entry, subentry, memory)
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_MIRROR
    }


async def async_start(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Bring back what was known and begin: after the runtime data, before the platforms."""
    mirrors = entry.runtime_data.mirrors
    if not mirrors:
        return
    memory = next(iter(mirrors.values())).memory
    await memory.load()
    await memory.keep(lambda key: any(subentry_id in key for subentry_id in mirrors))
    for mirror in mirrors.values():
        mirror.async_start()
        mirror_repairs.async_setup(hass, entry, mirror)
        mirror_scans.async_setup(hass, entry, mirror)
        await mirror_schedule.async_setup(hass, entry, mirror, memory)


async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete what is remembered: the server is being removed. The mirrors' files stay as they are."""
    await Memory(hass, entry.entry_id, MEMORY).remove()
