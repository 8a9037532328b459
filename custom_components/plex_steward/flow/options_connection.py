"""How long to wait for the server."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode
import probatio

from ..const import CONF_TIMEOUT, DEFAULT_TIMEOUT
from .section import OptionsSection

SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_TIMEOUT, default=DEFAULT_TIMEOUT): probatio.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=5, max=600, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement=UnitOfTime.SECONDS
                )
            ),
            probatio.Coerce(int),
        )
    }
)


class ConnectionSection(OptionsSection):
    """The limit for heavy calls."""

    async def async_step_connection(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the limit."""
        if user_input is not None:
            return self.save(user_input)
        return self.async_show_form(
            step_id="connection", data_schema=self.add_suggested_values_to_schema(SCHEMA, self.entry.options)
        )
