"""What is on its way out fails our tests, whoever says so: Python, or Home Assistant."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.helpers.deprecation import deprecated_function
from homeassistant.loader import async_get_integration
import pytest

WARNS = "import warnings\nwarnings.warn('old', DeprecationWarning)"


def test_a_warning_of_python_about_our_module_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        exec(WARNS, {"__name__": "custom_components.plex_steward.stewardship.mirrors"})


def test_one_about_somebody_elses_is_not() -> None:
    with pytest.warns(DeprecationWarning, match="old"):
        exec(WARNS, {"__name__": "somebody.else"})


async def test_a_report_of_home_assistant_is_heard(hass: HomeAssistant, reports: list[str]) -> None:
    for domain in ("plex_steward", "sun"):
        await async_get_integration(hass, domain)
    frame.report_usage("uses an old way", integration_domain="plex_steward", breaks_in_ha_version="2099.1")
    frame.report_usage("uses an old way", integration_domain="sun", core_integration_behavior=frame.ReportBehavior.LOG)
    (said,) = reports
    assert "integration 'plex_steward' uses an old way. This will stop working" in said
    reports.clear()


async def test_something_deprecated_that_we_call_is_heard(hass: HomeAssistant, reports: list[str]) -> None:
    @deprecated_function("something_new")
    def something_old() -> None:
        """Do nothing."""

    code = compile("something_old()", "config/custom_components/plex_steward/sensor.py", "exec")
    exec(code, {"something_old": something_old})
    (said,) = reports
    assert "The deprecated function something_old was called from plex_steward" in said
    reports.clear()
