"""Choosing among the account's servers and their addresses."""

from collections.abc import Callable, Sequence
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.const import CONF_TOKEN
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.translation import async_get_translations
import probatio

from ..const import CONF_ACCOUNT_ID, DOMAIN
from ..plex.connection import Probe, probe_all
from ..plex.errors import PlexError
from ..plex.models import Address, Resource
from ..stewardship.connection import addresses
from .base import error_key, prefer
from .sign_in import WAYS, SignInSteps

CONF_SERVER = "server"
CONF_ADDRESS = "address"


class ServerSteps(SignInSteps):
    """From the account's servers to the entry."""

    _resource: Resource | None = None
    _best: str | None = None

    async def async_step_account(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Insist on the right account and server where there is one already, else let the user choose."""
        assert self.signed_in is not None  # signed in
        if self.source == SOURCE_REAUTH and self.entry is not None:
            before = self.entry.data.get(CONF_ACCOUNT_ID)
            if before is not None and before != self.signed_in.id:
                return await self.async_step_wrong_account()
        if self.expected is None:
            return await self.async_step_server() if self.resources else await self.async_step_no_servers()
        self._resource = next((r for r in self.resources if r.machine_identifier == self.expected), None)
        if self._resource is None:
            return await self.async_step_wrong_account()
        if self.source == SOURCE_REAUTH:
            try:
                return await self._conclude(self._addresses())
            except PlexError:
                pass  # the list of addresses tells more than this error
        return await self.async_step_address()

    async def async_step_wrong_account(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The account is another one, or has no access to the server."""
        return self.async_show_menu(
            step_id="wrong_account", menu_options=WAYS, description_placeholders={"name": self.server_name}
        )

    async def async_step_no_servers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The account has no server."""
        return self.async_show_menu(step_id="no_servers", menu_options=WAYS)

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a server."""
        if user_input is not None:
            self._resource = next(r for r in self.resources if r.machine_identifier == user_input[CONF_SERVER])
            await self.async_set_unique_id(self._resource.machine_identifier, raise_on_progress=False)
            self._abort_if_unique_id_configured()
            return await self.async_step_address()
        word = await self._words()
        present = {entry.unique_id for entry in self._async_current_entries(include_ignore=False)}
        choices = [
            SelectOptionDict(
                value=resource.machine_identifier,
                label=_join(
                    resource.name,
                    resource.version,
                    resource.platform,
                    word("owned") if resource.owned else _join(word("shared"), resource.owner, by=": "),
                    word("online" if resource.presence else "offline"),
                    word("configured") if resource.machine_identifier in present else "",
                ),
            )
            for resource in self.resources
        ]
        free = (r.machine_identifier for r in self.resources if r.machine_identifier not in present)
        first = next(free, self.resources[0].machine_identifier)
        return self.async_show_form(step_id="server", data_schema=_choice(CONF_SERVER, choices, first))

    async def async_step_address(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Try every address and let the user overrule the best one."""
        errors: dict[str, str] = {}
        known = self._addresses()
        if not known:
            return await self.async_step_offline()
        if user_input is not None:
            chosen = next(address for address in known if address.url == user_input[CONF_ADDRESS])
            try:
                return await self._conclude(known if chosen.url == self._best else prefer(chosen, known))
            except PlexError as error:
                errors["base"] = error_key(error)
        session = async_get_clientsession(self.hass, verify_ssl=self.verify_ssl)
        probes = await probe_all(session, known, expected=self._machine, verify_ssl=self.verify_ssl)
        self._best = next((probe.address.url for probe in probes if probe.identity), None)
        if not errors and self._best is None:
            errors["base"] = "none_reachable"
        word = await self._words()
        choices = [SelectOptionDict(value=probe.address.url, label=_describe(probe, word)) for probe in probes]
        return self.async_show_form(
            step_id="address",
            data_schema=_choice(CONF_ADDRESS, choices, self._best or probes[0].address.url),
            errors=errors,
            description_placeholders={"name": self.server_name},
        )

    async def async_step_offline(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """plex.tv knows no address of the server just now."""
        return self.async_show_menu(
            step_id="offline", menu_options=WAYS, description_placeholders={"name": self.server_name}
        )

    @property
    @override
    def server_name(self) -> str:
        """The chosen server's name."""
        return self._resource.name if self._resource else super().server_name

    @property
    def _machine(self) -> str:
        """The server that was chosen, or is given."""
        machine = self._resource.machine_identifier if self._resource else self.expected
        assert machine is not None  # one of the two came first
        return machine

    def _addresses(self) -> tuple[Address, ...]:
        """What plex.tv says now, and what was typed by hand; without plex.tv, what the entry knows."""
        stored = addresses(self.entry) if self.entry else ()
        if self._resource is None:
            return stored
        fresh = {address.url: address for address in self._resource.addresses}
        return tuple(({address.url: address for address in stored if address.manual} | fresh).values())

    async def _conclude(self, ways: Sequence[Address]) -> ConfigFlowResult:
        """End with the chosen server, or raise what is wrong with it."""
        if self._resource is not None:
            token = self._resource.token
        else:
            assert self.entry is not None  # without plex.tv there is only the entry's server
            token = self.entry.data[CONF_TOKEN]
        return await self.conclude(self._machine, ways, token, verify_ssl=self.verify_ssl)

    async def _words(self) -> Callable[[str], str]:
        """Give the words for the labels, in the language of this Home Assistant: labels have no translation keys."""
        texts = await async_get_translations(self.hass, self.hass.config.language, "selector", [DOMAIN])
        return lambda key: texts.get(f"component.{DOMAIN}.selector.place.options.{key}", key)


def _choice(field: str, choices: list[SelectOptionDict], default: str) -> probatio.Schema:
    """One field with one choice."""
    selector = SelectSelector(SelectSelectorConfig(options=choices, mode=SelectSelectorMode.LIST))
    return probatio.Schema({probatio.Required(field, default=default): selector})


def _describe(probe: Probe, word: Callable[[str], str]) -> str:
    """Tell where an address leads and what came of trying it."""
    if probe.error is None:
        outcome = word("reachable")
    else:
        key = probe.error.code
        outcome = word(key if key in ("certificate_invalid", "wrong_server", "not_ready") else "failed")
    return _join(probe.address.url, word(probe.address.place), outcome)


def _join(*parts: str, by: str = " · ") -> str:
    """Join what is there."""
    return by.join(part for part in parts if part)
