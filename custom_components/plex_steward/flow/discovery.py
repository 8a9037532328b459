"""Servers that make themselves heard: zeroconf, and Plex's own way, for which we ask once."""

from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_INTEGRATION_DISCOVERY, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from ..const import DOMAIN
from ..plex import discovery
from ..plex.errors import PlexError
from ..plex.models import Found
from ..plex.transport import identify
from ..stewardship.relocate import adopt, ways_to
from .base import ServerFlow


async def look_around(hass: HomeAssistant) -> None:
    """Ask the local network for servers and begin a flow for each.

    Only where Home Assistant looks for devices at all: without its zeroconf the user wants no searching.
    """
    if "zeroconf" not in hass.config.components:
        return
    for found in await discovery.scan():
        discovery_flow.async_create_flow(
            hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data=asdict(found),
            discovery_key=discovery_flow.DiscoveryKey(domain=DOMAIN, key=found.machine_identifier, version=1),
        )


class DiscoverySteps(ServerFlow):
    """A server was found: a known one may have moved, a new one is offered."""

    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Hear of a server by zeroconf."""
        found = discovery.parse_zeroconf(
            discovery_info.host, discovery_info.port, discovery_info.properties, discovery_info.name
        )
        return await self._found(found) if found else self.async_abort(reason="not_plex")

    async def async_step_integration_discovery(self, discovery_info: dict[str, Any]) -> ConfigFlowResult:
        """Hear of a server by our own scan."""
        return await self._found(Found(**discovery_info))

    async def _found(self, found: Found) -> ConfigFlowResult:
        """Believe only what the server itself says."""
        session = async_get_clientsession(self.hass, verify_ssl=False)
        for url in (found.url, found.url.replace("http:", "https:", 1)):
            try:
                # Nothing secret is said here, so that a certificate made for another name does no harm.
                identity = await identify(session, url, verify_ssl=False)
            except PlexError:
                continue
            break
        else:
            return self.async_abort(reason="not_plex")
        entry = await self.async_set_unique_id(identity.machine_identifier)
        if entry is not None:
            if entry.source != SOURCE_IGNORE:
                await adopt(self.hass, entry, ways_to(entry, found))
            return self.async_abort(reason="already_configured")
        self.discovered = Found(identity.machine_identifier, found.name, found.host, found.port, identity.version)
        self.context["title_placeholders"] = {"name": found.name or found.host}
        return await self.async_step_discovered()

    async def async_step_discovered(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the ways in."""
        assert self.discovered is not None  # that is what led here
        return self.async_show_menu(
            step_id="discovered",
            menu_options=["sign_in", "manual"],
            description_placeholders={
                "name": self.discovered.name or self.discovered.host,
                "host": self.discovered.host,
            },
        )
