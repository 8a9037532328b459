"""The options of one server: a menu of sections.

To add a section, write a module with a class on `OptionsSection` and a step `async_step_<name>` in it, then name the
class and the step here.
"""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from .options_connection import ConnectionSection
from .options_copy import CopySection
from .options_housekeeping import HousekeepingSection
from .options_kometa import KometaSection
from .options_libraries import LibrariesSection
from .options_maintenance import MaintenanceSection

SECTIONS = ["libraries", "connection", "maintenance", "housekeeping", "kometa", "copy_from"]


class StewardOptionsFlow(
    LibrariesSection, ConnectionSection, MaintenanceSection, HousekeepingSection, KometaSection, CopySection
):
    """All sections together."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the menu."""
        return self.async_show_menu(step_id="init", menu_options=SECTIONS)
