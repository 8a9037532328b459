"""Steps through dialogues that several tests take."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.plex_steward.const import DOMAIN
from simulator import PlexTv
from tests.integration.conftest import Until

type Flow = dict[str, Any]


async def begin(hass: HomeAssistant, source: str = SOURCE_USER, data: Any = None) -> Flow:
    """Begin a config flow."""
    return dict(await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data))


async def step(hass: HomeAssistant, flow: Flow, given: dict[str, Any] | None = None) -> Flow:
    """Submit a step of a config flow."""
    return dict(await hass.config_entries.flow.async_configure(flow["flow_id"], given))


async def section(hass: HomeAssistant, entry_id: str, name: str) -> Flow:
    """Open the options of an entry and choose a section."""
    flow = await hass.config_entries.options.async_init(entry_id)
    assert flow["type"] is FlowResultType.MENU
    assert name in flow["menu_options"]
    return await options_step(hass, dict(flow), {"next_step_id": name})


async def options_step(hass: HomeAssistant, flow: Flow, given: dict[str, Any]) -> Flow:
    """Submit a step of the options."""
    return dict(await hass.config_entries.options.async_configure(flow["flow_id"], given))


def labels(flow: Flow, field: str) -> dict[str, str]:
    """Give the choices of a form's field: value -> label."""
    return {option["value"]: option["label"] for option in flow["data_schema"].schema[field].config["options"]}


def showing(hass: HomeAssistant, flow: Flow) -> str | None:
    """Give the step that a config flow is at; None when it has ended."""
    for running in hass.config_entries.flow.async_progress(include_uninitialized=True):
        if running["flow_id"] == flow["flow_id"]:
            return str(running.get("step_id"))
    return None


async def sign_in(
    hass: HomeAssistant, tv: PlexTv, until: Until, flow: Flow, way: str = "sign_in_code", account: str | None = None
) -> Flow:
    """Choose the short code from a menu and approve it, as somebody with a phone does; give the step after it."""
    flow = await step(hass, flow, {"next_step_id": way})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS, flow
    assert flow["progress_action"] == "wait_for_code"
    code = flow["description_placeholders"]["code"]
    assert len(code) == 4
    tv.approve(code, account)
    await until(lambda: showing(hass, flow) != "sign_in_code")
    return await step(hass, flow)
