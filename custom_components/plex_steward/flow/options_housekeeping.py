"""When the house is kept: a schedule for each step, the trash guard's limit, and the database's cache."""

from datetime import time
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import UnitOfInformation
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)
import probatio

from ..coordinators.preferences import DATABASE_CACHE, NIGHTLY_WORK
from ..data import StewardConfigEntry
from ..schedule import DAILY_TIME
from ..stewardship.housekeeping_values import (
    CONF_DATABASE_CACHE,
    CONF_HOUSEKEEPING,
    CONF_MAPPED_PATHS,
    CONF_ONLY_WHEN_IDLE,
    CONF_TIME,
    CONF_TRASH_LIMIT,
    DAILY,
    DEFAULT_TRASH_LIMIT,
    OFF,
    STEPS,
    mapped_path,
    schedule_of,
    within_hours,
)
from .schedules import NONE, preview, upcoming
from .section import OptionsSection

WHEN: Final = SelectSelector(
    SelectSelectorConfig(
        options=[OFF, DAILY], translation_key="when", custom_value=True, mode=SelectSelectorMode.DROPDOWN
    )
)


def _number(least: int, most: int, unit: str | None = None) -> Any:
    """A whole number in a box."""
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return probatio.All(NumberSelector(config), probatio.Coerce(int))


SCHEMA: Final = probatio.Schema(
    {
        **{probatio.Required(step.value, default=OFF): WHEN for step in STEPS},
        probatio.Required(CONF_TIME, default=DAILY_TIME.isoformat()): TimeSelector(),
        probatio.Required(CONF_ONLY_WHEN_IDLE, default=True): BooleanSelector(),
        probatio.Required(CONF_TRASH_LIMIT, default=DEFAULT_TRASH_LIMIT): _number(0, 100_000),
        probatio.Optional(CONF_MAPPED_PATHS, default=list): TextSelector(TextSelectorConfig(multiple=True)),
        probatio.Optional(CONF_DATABASE_CACHE): _number(1, 65536, UnitOfInformation.MEGABYTES),
    }
)


class HousekeepingSection(OptionsSection):
    """Asks, shows the next runs, and saves."""

    _housekeeping: dict[str, Any] | None = None

    async def async_step_housekeeping(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask until everything can be understood."""
        errors: dict[str, str] = {}
        placeholders = {"item": "", "database_cache": _cache_now(self.entry)}
        if user_input is not None:
            values = {**user_input, **{step.value: user_input[step].strip() or OFF for step in STEPS}}
            errors = _errors(values, placeholders)
            self._housekeeping = values
            if not errors:
                return self._preview()
        suggested = self._housekeeping or self.entry.options.get(CONF_HOUSEKEEPING, {})
        return self.async_show_form(
            step_id="housekeeping",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _preview(self) -> ConfigFlowResult:
        """Show when that will be, and whether the server is at work by itself then; save it, or go back."""
        assert self._housekeeping is not None  # there is no other way here
        at = time.fromisoformat(self._housekeeping[CONF_TIME])
        runs = {step.value: upcoming(schedule_of(self._housekeeping[step]), at) for step in STEPS}
        placeholders = {step: preview(moments) for step, moments in runs.items()}
        start, end = (_preference(self.entry, name) for name in NIGHTLY_WORK)
        collides = (
            start is not None
            and end is not None
            and any(within_hours(moment.time(), start, end) for moments in runs.values() for moment in moments)
        )
        if collides:
            placeholders |= {"start": f"{start:02g}:00", "end": f"{end:02g}:00"}
        return self.async_show_menu(
            step_id="housekeeping_collision" if collides else "housekeeping_preview",
            menu_options=["housekeeping_save", "housekeeping"],
            description_placeholders=placeholders,
        )

    async def async_step_housekeeping_preview(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show it again."""
        return self._preview()

    async_step_housekeeping_collision = async_step_housekeeping_preview

    async def async_step_housekeeping_save(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Save."""
        assert self._housekeeping is not None  # there is no other way here
        return self.save({CONF_HOUSEKEEPING: self._housekeeping})


def _errors(values: dict[str, Any], placeholders: dict[str, str]) -> dict[str, str]:
    """Find what cannot be understood."""
    errors: dict[str, str] = {}
    for step in STEPS:
        schedule = schedule_of(values[step])
        if schedule is not None and schedule.problems:
            placeholders["item"] = schedule.problems[0].item
            errors[step.value] = f"schedule_{schedule.problems[0].code}"
    for line in values.get(CONF_MAPPED_PATHS, ()):
        if mapped_path(line) is None:
            placeholders["item"] = line
            errors[CONF_MAPPED_PATHS] = "mapped_path_form"
    return errors


def _preference(entry: StewardConfigEntry, name: str) -> float | None:
    """Read a preference of the server; None where there is none, or the server is not there."""
    data = getattr(entry, "runtime_data", None)
    return data.preferences.value(name) if data is not None and data.preferences is not None else None


def _cache_now(entry: StewardConfigEntry) -> str:
    """Tell the database's cache as it is on the server."""
    value = _preference(entry, DATABASE_CACHE)
    return NONE if value is None else f"{value:g} MB"
