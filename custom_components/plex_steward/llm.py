"""The intents as tools for language models, each only where the entity that stands for it is exposed."""

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLM_API_ASSIST, IntentTool, LLMContext, Tool

from .assist.base import StewardIntent, offered
from .const import DOMAIN
from .intent import INTENTS


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools this assistant may have."""
    if api_id != LLM_API_ASSIST or not llm_context.assistant:
        return None
    tools: list[Tool] = [_tool(kind()) for kind in INTENTS if offered(hass, llm_context.assistant, kind.entity)]
    return LLMTools(tools=tools) if tools else None


def _tool(handler: StewardIntent) -> IntentTool:
    return IntentTool(
        f"{DOMAIN}__{handler.tool}",
        handler,
        title=handler.title,
        integration=DOMAIN,
        annotations=handler.annotations,
    )
