"""Where the Plex page sends the browser back to."""

from http import HTTPStatus

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import UnknownFlow
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

STEP = "sign_in"
"""The step that waits for the browser; plex.tv may have woken the flow before."""
PATH = "/auth/plex_steward/callback"
REGISTERED: HassKey[bool] = HassKey("plex_steward_callback")


class SignInCallbackView(HomeAssistantView):
    """Tell the waiting flow that the browser is back, and close the tab.

    The page needs no login, because the browser comes from plex.tv. It is told nothing but the flow's random id and
    tells nothing back; the token is fetched by the flow itself.
    """

    url = PATH
    name = "auth:plex_steward:callback"
    requires_auth = False

    async def get(self, request: web.Request) -> web.Response:
        """Wake the flow, if it is one of ours and waits for the browser: any address that is called can be made up."""
        flows = request.app[KEY_HASS].config_entries.flow
        flow_id = request.query.get("flow_id", "")
        try:
            flow = flows.async_get(flow_id)
            ours = flow["handler"] == DOMAIN
            if ours and flow.get("step_id") == STEP:
                await flows.async_configure(flow_id, {})
        except UnknownFlow:
            ours = False
        if not ours:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="This sign-in is no longer waiting.")
        return web.Response(
            text="<script>window.close()</script>Signed in. You can close this window.", content_type="text/html"
        )


@callback
def callback_url(hass: HomeAssistant, frontend: str, flow_id: str) -> str:
    """The address for the browser to come back to; makes sure somebody answers there."""
    if REGISTERED not in hass.data:
        hass.data[REGISTERED] = True
        hass.http.register_view(SignInCallbackView)
    return f"{frontend}{PATH}?flow_id={flow_id}"
