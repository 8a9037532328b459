"""Adding and changing a mirror: which two folders, how, and when."""

from collections.abc import Mapping
import os
from pathlib import PurePath
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)
import probatio

from ..const import DOMAIN, SUBENTRY_MIRROR
from ..mirror.errors import ScanError
from ..mirror.facts import relation
from ..mirror.guard import allowed_removals
from ..mirror.model import Kind, Layout, Materializer, Sidecars
from ..mirror.run import MirrorSettings
from ..schedule import parse
from ..stewardship import mirror_settings as keys
from ..stewardship.mirror_health import probe
from ..stewardship.mirror_settings import DEFAULTS, MirrorConfig
from .schedules import preview, upcoming

NO_FACTS: Final = {"item": "", "source": "", "target": "", "path": "", "detail": ""}
"""What errors may mention."""
SECTIONS: Final = (keys.CONF_ADVANCED, keys.CONF_AUTOMATIC)


class MirrorFlow(ConfigSubentryFlow):
    """One form, the same for a new mirror and for a known one."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a mirror."""
        return await self._step("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a mirror."""
        return await self._step("reconfigure", user_input)

    async def _step(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        """Show the form until what is in it works."""
        known: Mapping[str, Any] = {}
        if step_id == "reconfigure":
            subentry = self._get_reconfigure_subentry()
            known = {CONF_NAME: subentry.title, **subentry.data}
        errors: dict[str, str] = {}
        placeholders = {**NO_FACTS, "next_runs": _preview(known)}
        if user_input is not None:
            values = {**known, **_flat(user_input)}
            errors = await self._errors(values, placeholders)
            if not errors:
                return self._save(step_id, values)
            known = values
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(SCHEMA, _nested(known)),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _save(self, step_id: str, values: dict[str, Any]) -> SubentryFlowResult:
        title = values.pop(CONF_NAME)
        if step_id == "user":
            return self.async_create_entry(title=title, data=values)
        return self.async_update_reload_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), title=title, data=values
        )

    async def _errors(self, values: dict[str, Any], placeholders: dict[str, str]) -> dict[str, str]:
        """Find what is wrong with the values, which are put in order on the way."""
        for key in (keys.CONF_SOURCE, keys.CONF_TARGET):
            values[key] = _tidy(values[key])
            if not PurePath(values[key]).is_absolute() or "\0" in values[key]:
                return {key: "not_absolute"}
        if not values[CONF_NAME].strip():
            return {CONF_NAME: "name_missing"}
        try:
            allowed_removals(values[keys.CONF_MAX_REMOVALS], 0)
        except ValueError:
            return {"base": "max_removals_form"}
        schedule = parse(text) if (text := values[keys.CONF_SCHEDULE].strip()) else None
        if schedule is not None and schedule.problems:
            placeholders["item"] = schedule.problems[0].item
            return {"base": f"schedule_{schedule.problems[0].code}"}
        placeholders["next_runs"] = _preview(values)
        config, others = MirrorConfig.of(values), self._other_targets()
        trouble = await self.hass.async_add_executor_job(_trouble, config.settings, others)
        if trouble is None:
            return {}
        field, code, facts = trouble
        placeholders |= facts
        return {field: code}

    def _other_targets(self) -> list[str]:
        """Targets of all other mirrors, of whatever server: two mirrors in one folder would fight."""
        changed = self._get_reconfigure_subentry().subentry_id if self.source == "reconfigure" else None
        return [
            subentry.data[keys.CONF_TARGET]
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            for subentry in entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_MIRROR and subentry.subentry_id != changed
        ]


def _tidy(path: str) -> str:
    """Write a path the usual way: no blanks around it, no dots, no slash at the end."""
    text = path.strip()
    return os.path.normpath(text) if text else ""


def _trouble(settings: MirrorSettings, taken: list[str]) -> tuple[str, str, dict[str, str]] | None:
    """Ask the disks. Blocking."""
    if any(_overlap(settings.target, other) for other in taken):
        return keys.CONF_TARGET, "target_taken", {}
    return probe(settings)


def _overlap(one: str, two: str) -> bool:
    """Whether one of two folders lies in the other; what cannot be read now is for the mirror itself to refuse."""
    try:
        return bool(relation(one, two))
    except ScanError:
        return False


def _preview(values: Mapping[str, Any]) -> str:
    """Tell the next runs."""
    config = MirrorConfig.of({keys.CONF_SOURCE: "", keys.CONF_TARGET: "", **values})
    return preview(upcoming(config.schedule, config.at))


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Take the sections' fields out of them; what was not sent has its default."""
    flat = {key: value for key, value in values.items() if key not in SECTIONS}
    for name in SECTIONS:
        flat |= values.get(name, {})
    return {**DEFAULTS, **flat}


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put the sections' fields back into them."""
    inside = {name: {str(key): values[str(key)] for key in fields if str(key) in values} for name, fields in IN_SECTION}
    names = {key for part in inside.values() for key in part}
    return {key: value for key, value in values.items() if key not in names} | inside


def _choice(key: str, values: type[Layout | Kind | Sidecars | Materializer]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(value) for value in values], translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )


def _optional(key: str) -> probatio.Optional:
    return probatio.Optional(key, default=DEFAULTS[key])


LAYOUTS: Final = _choice("layout", Layout)

ADVANCED: Final = {
    _optional(keys.CONF_KIND): _choice("kind", Kind),
    _optional(keys.CONF_SIDECARS): _choice("sidecars", Sidecars),
    _optional(keys.CONF_SERVER_FILES): BooleanSelector(),
    _optional(keys.CONF_ANCHOR): TextSelector(),
    _optional(keys.CONF_MAX_REMOVALS): TextSelector(),
    _optional(keys.CONF_TRASH_DAYS): NumberSelector(
        NumberSelectorConfig(min=0, max=3650, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="d")
    ),
}

AUTOMATIC: Final = {
    _optional(keys.CONF_SCHEDULE): TextSelector(),
    _optional(keys.CONF_SCHEDULE_TIME): TimeSelector(),
    _optional(keys.CONF_AFTER_NEW_ITEMS): BooleanSelector(),
    _optional(keys.CONF_WAIT_FOR_IDLE): BooleanSelector(),
    _optional(keys.CONF_SCAN): BooleanSelector(),
    _optional(keys.CONF_SERVER_SOURCE): TextSelector(),
    _optional(keys.CONF_SERVER_TARGET): TextSelector(),
}

IN_SECTION: Final = ((keys.CONF_ADVANCED, ADVANCED), (keys.CONF_AUTOMATIC, AUTOMATIC))

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Required(keys.CONF_SOURCE): TextSelector(),
        probatio.Required(keys.CONF_TARGET): TextSelector(),
        _optional(keys.CONF_SOURCE_LAYOUT): LAYOUTS,
        _optional(keys.CONF_TARGET_LAYOUT): LAYOUTS,
        _optional(keys.CONF_MATERIALIZER): _choice("materializer", Materializer),
        _optional(keys.CONF_DELETE): BooleanSelector(),
        **{
            probatio.Optional(name): section(probatio.Schema(fields), {"collapsed": True})
            for name, fields in IN_SECTION
        },
    }
)
