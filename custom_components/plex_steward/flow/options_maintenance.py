"""What the maintenance switch does: the defaults of the mode."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import InvalidData
from homeassistant.helpers.selector import (
    BooleanSelector,
    DurationSelector,
    DurationSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio

from ..data import StewardConfigEntry
from ..validators import period
from .section import OptionsSection

CONF_MAINTENANCE: Final = "maintenance"
DEFAULT_MESSAGE: Final = "The server is under maintenance. Please come back later."
DEFAULT_GRACE: Final = {"hours": 0, "minutes": 1, "seconds": 0}


def defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Maintenance.start` as the options have them."""
    chosen = options.get(CONF_MAINTENANCE, {})
    duration = timedelta(**chosen["duration"]) if chosen.get("duration") else None
    return {
        "message": chosen.get("message", DEFAULT_MESSAGE),
        "grace": timedelta(**chosen.get("grace", DEFAULT_GRACE)),
        "duration": duration or None,
        "exempt": tuple(chosen.get("exempt_users", ())),
        "wait": chosen.get("wait", False),
        "housekeeping": chosen.get("housekeeping", False),
    }


def viewers(entry: StewardConfigEntry) -> list[SelectOptionDict]:
    """Whom to offer: who is on now; others can be typed."""
    data = getattr(entry, "runtime_data", None)
    streams = () if data is None or data.sessions is None else data.sessions.data
    found = {one.user.id: one.user.name or one.user.id for one in streams if one.user.id}
    return [SelectOptionDict(value=number, label=name) for number, name in found.items()]


def schema(entry: StewardConfigEntry) -> probatio.Schema:
    """The form's fields."""
    return probatio.Schema(
        {
            probatio.Required("message", default=DEFAULT_MESSAGE): TextSelector(),
            probatio.Required("grace", default=DEFAULT_GRACE): DurationSelector(),
            probatio.Optional("duration"): DurationSelector(DurationSelectorConfig(enable_day=True)),
            probatio.Optional("exempt_users", default=list): SelectSelector(
                SelectSelectorConfig(options=viewers(entry), multiple=True, custom_value=True)
            ),
            probatio.Required("wait", default=False): BooleanSelector(),
            probatio.Required("housekeeping", default=False): BooleanSelector(),
        }
    )


def _insist_on_period(name: str, value: Any) -> None:
    """Refuse what no duration can be made of, as Home Assistant does where a selector is enough to tell."""
    try:
        period(value)
    except probatio.Invalid as error:
        raise InvalidData("Schema validation failed", [name], str(error), {name: str(error)}) from None


class MaintenanceSection(OptionsSection):
    """The defaults of maintenance mode."""

    async def async_step_maintenance(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for them."""
        if user_input is not None:
            for name in ("grace", "duration"):
                if name in user_input:
                    _insist_on_period(name, user_input[name])
            return self.save({CONF_MAINTENANCE: user_input})
        suggested = self.entry.options.get(CONF_MAINTENANCE, {})
        return self.async_show_form(
            step_id="maintenance",
            data_schema=self.add_suggested_values_to_schema(schema(self.entry), suggested),
        )
