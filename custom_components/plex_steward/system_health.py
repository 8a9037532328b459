"""What the system health page says: is plex.tv there, does each server answer, how much is looked after."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .data import StewardConfigEntry
from .plex import account


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Offer the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Collect it; nothing here names a server or an address."""
    entries: list[StewardConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded = [entry.runtime_data.server for entry in entries if entry.state is ConfigEntryState.LOADED]
    answering = [server for server in loaded if server.last_update_success]
    return {
        "plex_tv": system_health.async_check_can_reach_url(hass, f"{account.PLEX_TV.api}/api/v2/ping"),
        "servers": len(entries),
        "servers_connected": len(answering),
        "server_versions": ", ".join(sorted({server.data.info.version for server in answering})),
        "libraries": sum(len(server.libraries) for server in loaded),
        "mirrors": sum(
            subentry.subentry_type == "mirror" for entry in entries for subentry in entry.subentries.values()
        ),
    }
