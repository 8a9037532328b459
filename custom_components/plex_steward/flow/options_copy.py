"""Take over the options of another server."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
import probatio

from ..const import CONF_LIBRARIES, DOMAIN
from .section import OptionsSection

CONF_SERVER = "server"
OWN = {CONF_LIBRARIES}
"""Options that name things of one server and mean nothing on another: they stay."""


class CopySection(OptionsSection):
    """A convenience for people with several servers; afterwards nothing is shared."""

    async def async_step_copy_from(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the server to copy from."""
        others = {
            other.entry_id: other
            for other in self.hass.config_entries.async_entries(DOMAIN)
            if other.entry_id != self.entry.entry_id
        }
        if not others:
            return self.async_abort(reason="no_other_server")
        if user_input is not None:
            theirs = others[user_input[CONF_SERVER]].options
            return self.save({key: value for key, value in theirs.items() if key not in OWN})
        choices = [SelectOptionDict(value=key, label=other.title) for key, other in others.items()]
        schema = probatio.Schema(
            {probatio.Required(CONF_SERVER): SelectSelector(SelectSelectorConfig(options=choices))}
        )
        return self.async_show_form(step_id="copy_from", data_schema=schema)
