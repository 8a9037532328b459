"""A preroll set as a subentry: first what is played, then when."""

from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from ..prerolls import Order, UnspeakablePathError, joined
from ..seasons import DAYS_MAX, HOLIDAYS, SeasonKind

PRIORITY_MAX: Final = 100
DAYS_IN: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _number(least: int, most: int) -> Any:
    """A whole number in a box."""
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    return probatio.All(NumberSelector(config), probatio.Coerce(int))


def _choice(values: list[str], key: str) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=values, translation_key=key))


SET_SCHEMA = probatio.Schema(
    {
        probatio.Required("name"): TextSelector(),
        probatio.Required("paths"): TextSelector(TextSelectorConfig(multiple=True)),
        probatio.Required("order", default=Order.SEQUENCE.value): _choice([one.value for one in Order], "order"),
        probatio.Required("season", default=SeasonKind.ALWAYS.value): _choice(
            [one.value for one in SeasonKind], "season"
        ),
        probatio.Required("priority", default=0): _number(0, PRIORITY_MAX),
    }
)
DATES_SCHEMA = probatio.Schema(
    {
        probatio.Required("start_month", default=12): _number(1, 12),
        probatio.Required("start_day", default=1): _number(1, 31),
        probatio.Required("end_month", default=12): _number(1, 12),
        probatio.Required("end_day", default=26): _number(1, 31),
    }
)
HOLIDAY_SCHEMA = probatio.Schema(
    {
        probatio.Required("holiday"): _choice(list(HOLIDAYS), "holiday"),
        probatio.Required("days_before", default=7): _number(0, DAYS_MAX),
        probatio.Required("days_after", default=1): _number(0, DAYS_MAX),
    }
)
CALENDAR_SCHEMA = probatio.Schema(
    {probatio.Required("calendar"): EntitySelector(EntitySelectorConfig(domain="calendar"))}
)


class PrerollSetFlow(ConfigSubentryFlow):
    """Adds a set, or changes one."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._stored: dict[str, Any] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a set."""
        return await self._ask_set("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a set."""
        return await self._ask_set("reconfigure", user_input)

    async def _ask_set(self, step: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        """Ask what is played, and what decides when."""
        errors: dict[str, str] = {}
        placeholders = {"path": ""}
        if user_input is not None:
            paths = [path.strip() for path in user_input["paths"] if path.strip()]
            try:
                joined(paths, Order(user_input["order"]))
            except UnspeakablePathError as error:
                errors["paths"] = "path_separator"
                placeholders["path"] = error.path
            if not paths:
                errors["paths"] = "paths_missing"
            if not user_input["name"].strip():
                errors["name"] = "name_missing"
            if not errors:
                self._stored = {**user_input, "name": user_input["name"].strip(), "paths": paths}
                return await self._ask_season()
        suggested = user_input or self._before()
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(SET_SCHEMA, suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _ask_season(self) -> SubentryFlowResult:
        """Go on to what the season needs, or end."""
        match SeasonKind(self._stored["season"]):
            case SeasonKind.DATES:
                return await self.async_step_dates()
            case SeasonKind.HOLIDAY:
                return await self.async_step_holiday()
            case SeasonKind.CALENDAR:
                return await self.async_step_calendar()
        return self._finish({})

    async def async_step_dates(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the first and the last day of the year."""
        errors: dict[str, str] = {}
        if user_input is not None:
            for side in ("start", "end"):
                if user_input[f"{side}_day"] > DAYS_IN[user_input[f"{side}_month"] - 1]:
                    errors[f"{side}_day"] = "no_such_day"
            if not errors:
                return self._finish(
                    {
                        side: f"{user_input[f'{side}_month']:02}-{user_input[f'{side}_day']:02}"
                        for side in ("start", "end")
                    }
                )
        return self._form("dates", DATES_SCHEMA, user_input or self._dates_before(), errors)

    async def async_step_holiday(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the holiday and the days around it."""
        if user_input is not None:
            return self._finish(user_input)
        return self._form("holiday", HOLIDAY_SCHEMA, self._before())

    async def async_step_calendar(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the calendar."""
        if user_input is not None:
            return self._finish(user_input)
        return self._form("calendar", CALENDAR_SCHEMA, self._before())

    def _form(
        self, step: str, schema: probatio.Schema, suggested: dict[str, Any], errors: dict[str, str] | None = None
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step, data_schema=self.add_suggested_values_to_schema(schema, suggested), errors=errors
        )

    def _before(self) -> dict[str, Any]:
        """What the set was, when one is being changed."""
        if self.source != "reconfigure":
            return {}
        subentry = self._get_reconfigure_subentry()
        return {**subentry.data, "name": subentry.title}

    def _dates_before(self) -> dict[str, Any]:
        stored = self._before()
        if not stored.get("start") or not stored.get("end"):
            return {}
        return {
            f"{side}_{part}": int(stored[side].split("-")[index])
            for side in ("start", "end")
            for index, part in enumerate(("month", "day"))
        }

    def _finish(self, season: dict[str, Any]) -> SubentryFlowResult:
        """Keep it."""
        name = self._stored["name"]
        data = {**{key: value for key, value in self._stored.items() if key != "name"}, **season}
        if self.source == "reconfigure":
            return self.async_update_reload_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=name, data=data
            )
        return self.async_create_entry(title=name, data=data)
