"""Which libraries are looked after."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from ..const import CONF_LIBRARIES, CONF_NEW_LIBRARIES, DEFAULT_NEW_LIBRARIES
from ..stewardship.libraries import is_on
from .section import OptionsSection


class LibrariesSection(OptionsSection):
    """Libraries on and off, by uuid; what happens to those that come later."""

    async def async_step_libraries(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose among the libraries the server has now."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        libraries = self.entry.runtime_data.server.all_libraries
        options = self.entry.options
        if user_input is not None:
            chosen = user_input[CONF_LIBRARIES]
            # A library that is missing just now keeps the decision made about it.
            decided = options.get(CONF_LIBRARIES, {}) | {library.uuid: library.uuid in chosen for library in libraries}
            return self.save({CONF_LIBRARIES: decided, CONF_NEW_LIBRARIES: user_input[CONF_NEW_LIBRARIES]})
        choices = [SelectOptionDict(value=library.uuid, label=library.title) for library in libraries]
        on = [library.uuid for library in libraries if is_on(options, library.uuid)]
        schema = probatio.Schema(
            {
                probatio.Required(CONF_LIBRARIES, default=on): SelectSelector(
                    SelectSelectorConfig(options=choices, multiple=True, mode=SelectSelectorMode.LIST)
                ),
                probatio.Required(
                    CONF_NEW_LIBRARIES, default=options.get(CONF_NEW_LIBRARIES, DEFAULT_NEW_LIBRARIES)
                ): BooleanSelector(),
            }
        )
        return self.async_show_form(step_id="libraries", data_schema=schema)
