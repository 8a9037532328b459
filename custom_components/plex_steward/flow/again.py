"""A server that is set up already: its token is refused, or the user wants another way to it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from .base import ServerFlow


class AgainSteps(ServerFlow):
    """The beginnings of signing in again and of changing the connection; both go on with the ordinary steps."""

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The token is refused."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the ways back."""
        return self.async_show_menu(
            step_id="reauth_confirm",
            menu_options=["sign_in", "manual"],
            description_placeholders={"name": self.server_name},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer what can be changed."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["manual", "address", "sign_in"],
            description_placeholders={"name": self.server_name},
        )
