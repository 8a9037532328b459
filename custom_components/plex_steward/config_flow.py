"""Setting up a server: which steps there are. What they do is under `flow/`."""

from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback

from .const import DOMAIN, SUBENTRY_MIRROR, SUBENTRY_PREROLL_SET
from .flow.again import AgainSteps
from .flow.discovery import DiscoverySteps, look_around
from .flow.manual import ManualSteps
from .flow.mirror import MirrorFlow
from .flow.options import StewardOptionsFlow
from .flow.prerolls import PrerollSetFlow
from .flow.server import ServerSteps

SUBENTRIES: dict[str, type[ConfigSubentryFlow]] = {
    SUBENTRY_MIRROR: MirrorFlow,
    SUBENTRY_PREROLL_SET: PrerollSetFlow,
}
"""What can be added to a server, by its type."""


class StewardConfigFlow(AgainSteps, DiscoverySteps, ManualSteps, ServerSteps, domain=DOMAIN):
    """All steps together."""

    VERSION = 1

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the ways in; meanwhile ask the network who is there."""
        self.hass.async_create_background_task(look_around(self.hass), "plex_steward discovery")
        return self.async_show_menu(step_id="user", menu_options=["sign_in", "manual"])

    @staticmethod
    @override
    @callback
    def async_get_options_flow(config_entry: ConfigEntry[Any]) -> OptionsFlow:
        """Give the options."""
        return StewardOptionsFlow()

    @classmethod
    @override
    @callback
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry[Any]) -> dict[str, type[ConfigSubentryFlow]]:
        """Give what can be added to a server."""
        return SUBENTRIES
