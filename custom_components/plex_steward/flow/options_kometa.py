"""Take over what a Kometa configuration says of the server."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_URL, CONF_VERIFY_SSL
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import probatio

from .. import kometa
from ..const import CONF_ADDRESSES, CONF_TIMEOUT
from ..stewardship.housekeeping_values import CONF_DATABASE_CACHE, CONF_HOUSEKEEPING
from .schedules import NONE
from .section import OptionsSection

CONF_BLOCK: Final = "block"
SCHEMA: Final = probatio.Schema({probatio.Required(CONF_BLOCK): TextSelector(TextSelectorConfig(multiline=True))})


class KometaSection(OptionsSection):
    """Paste, look, save. The text itself is never kept: it may hold a token."""

    _block: kometa.Block | None = None

    async def async_step_kometa(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the block."""
        errors: dict[str, str] = {}
        placeholders = {"item": ""}
        if user_input is not None:
            try:
                self._block = kometa.read(user_input[CONF_BLOCK], self._addresses())
            except kometa.KometaError as error:
                errors[CONF_BLOCK] = error.code
                placeholders["item"] = error.item
            else:
                return await self.async_step_kometa_confirm()
        return self.async_show_form(
            step_id="kometa",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, user_input or {}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_kometa_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what it says, then take it over."""
        assert self._block is not None  # there is no other way here
        if user_input is not None:
            return self._take_over(self._block)
        said = _said(self._block)
        return self.async_show_form(
            step_id="kometa_confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "changes": "\n".join(f"- `{key}`: {value}" for key, value in said.items()) or NONE,
                "ignored": ", ".join(f"`{key}`" for key in self._block.ignored) or NONE,
                "library": self._block.library or NONE,
                "libraries": ", ".join(self._block.libraries) or NONE,
            },
        )

    def _take_over(self, block: kometa.Block) -> ConfigFlowResult:
        """Change what the block says and leave everything else."""
        housekeeping = {**self.entry.options.get(CONF_HOUSEKEEPING, {}), **block.steps}
        if block.database_cache is not None:
            housekeeping[CONF_DATABASE_CACHE] = block.database_cache
        changes: dict[str, Any] = {CONF_HOUSEKEEPING: housekeeping}
        if block.timeout is not None:
            changes[CONF_TIMEOUT] = block.timeout
        if block.verify_ssl is not None:
            # It is no option, so that saving the options alone would not reload for it.
            data = {**self.entry.data, CONF_VERIFY_SSL: block.verify_ssl}
            entries, options = self.hass.config_entries, {**self.entry.options, **changes}
            if entries.async_update_entry(self.entry, data=data, options=options):
                entries.async_schedule_reload(self.entry.entry_id)
        return self.save(changes)

    def _addresses(self) -> list[str]:
        """Every address of the server that we know."""
        return [self.entry.data[CONF_URL], *(one["url"] for one in self.entry.data.get(CONF_ADDRESSES, ()))]


def _said(block: kometa.Block) -> dict[str, Any]:
    """What is taken over, by our own words."""
    said: dict[str, Any] = {
        CONF_TIMEOUT: block.timeout,
        CONF_VERIFY_SSL: None if block.verify_ssl is None else str(block.verify_ssl).lower(),
        CONF_DATABASE_CACHE: block.database_cache,
        **block.steps,
    }
    return {key: value for key, value in said.items() if value is not None}
