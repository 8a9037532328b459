"""Sign in with Plex: a page in a new tab that comes back by itself, or a short code typed on any device."""

import asyncio
from contextlib import suppress
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import UnknownFlow
from homeassistant.helpers import http

from ..plex.errors import PinDenied, PinExpired, PlexError
from ..plex.models import Pin, Resource
from .base import ServerFlow
from .callback import callback_url

FRONTEND_BASE = "HA-Frontend-Base"
"""Header in which the browser says how it reaches Home Assistant."""
WAYS = ["sign_in", "sign_in_code", "manual"]


class SignInSteps(ServerFlow):
    """From the button to the account's servers."""

    resources: tuple[Resource, ...] = ()

    _approval: asyncio.Task[str] | None = None
    _code: str = ""
    _page: str = ""

    async def async_step_sign_in(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Open the Plex page; go on when the browser comes back or plex.tv confirms, whichever is first."""
        if user_input is not None:
            return self.async_external_step_done(next_step_id="sign_in_wait")
        request = http.current_request.get()
        frontend = request.headers.get(FRONTEND_BASE) if request else None
        if frontend is None:  # nobody to send back: an app, or a program
            return await self.async_step_sign_in_code()
        try:
            pin = await self._begin(strong=True)
        except PlexError:
            return await self.async_step_sign_in_unavailable()
        assert self._approval is not None  # begun
        self._approval.add_done_callback(self._wake)
        page = self.plex_account().page(pin, forward_url=callback_url(self.hass, frontend, self.flow_id))
        return self.async_external_step(step_id="sign_in", url=page)

    async def async_step_sign_in_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show link and code, and wait; for a browser that cannot come back."""
        if self._approval is None or not self._code:
            try:
                pin = await self._begin(strong=False)
            except PlexError:
                return await self.async_step_sign_in_unavailable()
            self._code, self._page = pin.code, self.plex_account().page(pin)
        assert self._approval is not None  # begun
        if self._approval.done():
            return self.async_show_progress_done(next_step_id="sign_in_result")
        return self.async_show_progress(
            step_id="sign_in_code",
            progress_action="wait_for_code",
            progress_task=self._approval,
            description_placeholders={"url": self._page, "code": self._code},
        )

    async def async_step_sign_in_wait(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The browser is back; plex.tv may need a moment more."""
        assert self._approval is not None  # begun
        if self._approval.done():
            return self.async_show_progress_done(next_step_id="sign_in_result")
        return self.async_show_progress(
            step_id="sign_in_wait", progress_action="wait_for_sign_in", progress_task=self._approval
        )

    async def async_step_sign_in_result(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the token, learn whose it is and which servers it opens."""
        assert self._approval is not None  # begun
        approval, self._approval, self._code = self._approval, None, ""
        try:
            token = await approval
            plex = self.plex_account(token)
            self.signed_in = await plex.user()
            self.resources = await plex.resources()
        except PinExpired:
            return await self.async_step_sign_in_expired()
        except PinDenied:
            return await self.async_step_sign_in_denied()
        except PlexError:
            return await self.async_step_sign_in_unavailable()
        self.account_token = token
        return await self.async_step_account()

    async def async_step_account(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on with the account's servers."""
        raise NotImplementedError

    async def async_step_sign_in_expired(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Nobody approved in time."""
        return self.async_show_menu(step_id="sign_in_expired", menu_options=WAYS)

    async def async_step_sign_in_denied(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Somebody refused."""
        return self.async_show_menu(step_id="sign_in_denied", menu_options=WAYS)

    async def async_step_sign_in_unavailable(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """plex.tv does not answer."""
        return self.async_show_menu(step_id="sign_in_unavailable", menu_options=WAYS)

    async def _begin(self, *, strong: bool) -> Pin:
        """Ask plex.tv for a PIN and wait for its approval in the background."""
        self._give_up()
        pin = await self.plex_account().create_pin(strong=strong)
        self._approval = self.hass.async_create_background_task(
            self.plex_account().wait_for_pin(pin), "plex_steward sign-in"
        )
        return pin

    @callback
    def _wake(self, approval: asyncio.Task[str]) -> None:
        """Leave the external step although no browser came back."""

        async def go_on() -> None:
            flow = self.hass.config_entries.flow
            with suppress(UnknownFlow):  # closed in the meantime
                if flow.async_get(self.flow_id).get("step_id") == "sign_in":
                    await flow.async_configure(self.flow_id, {})

        if approval is self._approval and not approval.cancelled():
            self.hass.async_create_task(go_on())

    @callback
    def async_remove(self) -> None:
        """Stop waiting when the dialogue is closed."""
        self._give_up()

    @callback
    def _give_up(self) -> None:
        approval, self._approval, self._code = self._approval, None, ""
        if approval is not None:
            approval.cancel()
