"""What every section of the options shares."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..data import StewardConfigEntry


class OptionsSection(OptionsFlowWithReload):
    """One section: a step that saves its own keys and leaves all others as they are."""

    @property
    def entry(self) -> StewardConfigEntry:
        """The entry whose options are being edited."""
        entry: StewardConfigEntry = self.config_entry
        return entry

    def save(self, changes: dict[str, Any]) -> ConfigFlowResult:
        """End the flow with these options changed."""
        return self.async_create_entry(data={**self.config_entry.options, **changes})
