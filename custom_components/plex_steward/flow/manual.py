"""Address and token typed by hand."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType
import probatio
from yarl import URL

from ..plex.connection import probe
from ..plex.errors import PlexError, Unreachable, WrongScheme
from ..plex.models import Address, Identity
from ..plex.transport import identify
from ..stewardship.connection import addresses
from .base import ServerFlow, error_key, prefer

EXAMPLE = "http://192.168.1.10:32400"
PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


class ManualSteps(ServerFlow):
    """The step `manual`, for new servers and for changes."""

    async def async_step_manual(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for address, token and TLS choice; try them."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                return await self._try(user_input)
            except PlexError as error:
                errors["base"] = error_key(error)
            except InputError as error:
                errors[error.field] = error.key
        return self.async_show_form(
            step_id="manual",
            data_schema=self.add_suggested_values_to_schema(self._schema(), user_input or self._suggested()),
            errors=errors,
            description_placeholders={"name": self.server_name, "example": EXAMPLE},
        )

    async def _try(self, given: dict[str, Any]) -> ConfigFlowResult:
        """Find out who answers there before anything secret is sent, then go on."""
        url, verify_ssl = _clean(given[CONF_URL]), given[CONF_VERIFY_SSL]
        token = given.get(CONF_TOKEN, "").strip() or (self.entry.data[CONF_TOKEN] if self.entry else "")
        if not token:
            raise InputError(CONF_TOKEN, "token_missing")
        machine = (await self._identify(url, verify_ssl=verify_ssl)).machine_identifier
        wrong_kind = await self.plex_account(token).is_server_token(machine)
        if wrong_kind:
            raise InputError(CONF_TOKEN, "wrong_token_kind")
        self.token_unchecked = wrong_kind is None
        known = addresses(self.entry) if self.entry else ()
        return await self.conclude(machine, prefer(Address(url), known), token, verify_ssl=verify_ssl)

    async def _identify(self, url: str, *, verify_ssl: bool) -> Identity:
        """Ask who is there; a port that hangs up on plain http may speak TLS without saying so."""
        session = async_get_clientsession(self.hass, verify_ssl=verify_ssl)
        try:
            return await identify(session, url, expected=self.expected, verify_ssl=verify_ssl)
        except Unreachable as error:
            if error.reason != "closed" or not url.startswith("http:"):
                raise
            encrypted = Address(url.replace("http:", "https:", 1))
            if (await probe(session, encrypted, expected=self.expected, verify_ssl=False)).identity is None:
                raise
        raise WrongScheme(path="/identity", reason="https")

    def _schema(self) -> probatio.Schema:
        """An entry has a token already, which is never sent to the browser: leaving the field empty keeps it."""
        token = probatio.Optional(CONF_TOKEN) if self.entry else probatio.Required(CONF_TOKEN)
        return probatio.Schema(
            {
                probatio.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
                token: PASSWORD,
                probatio.Required(CONF_VERIFY_SSL, default=self.verify_ssl): BooleanSelector(),
            }
        )

    def _suggested(self) -> dict[str, Any]:
        if self.entry is not None:
            return {CONF_URL: self.entry.data[CONF_URL]}
        return {CONF_URL: self.discovered.url} if self.discovered else {}


class InputError(Exception):
    """What was typed cannot be used."""

    def __init__(self, field: str, key: str) -> None:
        """Name the field and the message."""
        super().__init__(key)
        self.field = field
        self.key = key


def _clean(text: str) -> str:
    """Reduce what was typed to scheme, host and port; people paste the address of a page."""
    try:
        url = URL(text.strip())
        if url.scheme in ("http", "https") and url.host:
            return str(url.origin())
    except ValueError:
        pass
    raise InputError(CONF_URL, "invalid_url")
