"""What all steps of setting up a server share: who we are, asking a server, and the ending."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
import uuid

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import (
    CONF_ACCOUNT_ID,
    CONF_ACCOUNT_TOKEN,
    CONF_ADDRESSES,
    CONF_CLIENT_ID,
    CONF_OWNED,
    CONF_TOKEN_UNCHECKED,
    DEFAULT_VERIFY_SSL,
)
from ..data import StewardConfigEntry
from ..plex import account
from ..plex.client import PlexClient
from ..plex.connection import Connection
from ..plex.errors import CertificateInvalid, PlexError
from ..plex.models import Account, Address, Found
from ..plex.transport import Access


class ServerFlow(ConfigFlow):
    """The common part; the steps are in the modules beside this one."""

    discovered: Found | None = None
    """The server this flow is about, when it made itself heard."""
    account_token: str | None = None
    signed_in: Account | None = None
    token_unchecked = False
    """plex.tv could not say whether the token is of the right kind."""

    _client_id: str | None = None

    @property
    def entry(self) -> StewardConfigEntry | None:
        """The entry this flow changes; None when it makes a new one."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_entry()
        return None

    @property
    def expected(self) -> str | None:
        """The machineIdentifier the server must have; None when any will do."""
        if self.entry is not None:
            return self.entry.unique_id
        return self.discovered.machine_identifier if self.discovered else None

    @property
    def server_name(self) -> str:
        """What to call the server in texts."""
        if self.entry is not None:
            return self.entry.title
        return self.discovered.name if self.discovered else ""

    @property
    def client_id(self) -> str:
        """Our identifier towards Plex: the entry's, or a fresh one for a fresh entry."""
        if self._client_id is None:
            self._client_id = self.entry.data[CONF_CLIENT_ID] if self.entry else str(uuid.uuid4())
        return self._client_id

    @property
    def verify_ssl(self) -> bool:
        """Whether the server's certificate is checked."""
        verify: bool = self.entry.data[CONF_VERIFY_SSL] if self.entry else DEFAULT_VERIFY_SSL
        return verify

    def plex_account(self, token: str | None = None) -> account.PlexAccount:
        """The way to plex.tv."""
        session = async_get_clientsession(self.hass)
        # The address is read here, each time: the demo and the tests put their own in its place.
        return account.PlexAccount(session, self.client_id, token=token or "", plex_tv=account.PLEX_TV)

    async def conclude(
        self, machine: str, addresses: Sequence[Address], token: str, *, verify_ssl: bool
    ) -> ConfigFlowResult:
        """Ask the server with everything it takes to reach it, then make or change the entry.

        Raises a `PlexError` when it does not answer as it should; nothing is changed then.
        """
        access = Access(token=token, client_id=self.client_id, machine_identifier=machine, verify_ssl=verify_ssl)
        connection = Connection(async_get_clientsession(self.hass, verify_ssl=verify_ssl), access, addresses)
        client = PlexClient(connection)
        info = await client.info()
        owner = await client.is_owner()
        data: dict[str, Any] = {
            CONF_URL: connection.url,
            CONF_TOKEN: token,
            CONF_VERIFY_SSL: verify_ssl,
            CONF_CLIENT_ID: self.client_id,
            CONF_OWNED: owner,
            CONF_TOKEN_UNCHECKED: self.token_unchecked,
            CONF_ADDRESSES: [address.as_dict() for address in connection.addresses],
        }
        if self.signed_in is not None:
            data |= {CONF_ACCOUNT_TOKEN: self.account_token, CONF_ACCOUNT_ID: self.signed_in.id}
        await self.async_set_unique_id(machine, raise_on_progress=False)
        if self.entry is not None:
            return self.async_update_reload_and_abort(self.entry, data_updates=data)
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title=info.name, data=data)


def error_key(error: PlexError) -> str:
    """The translation key of an error in a form: its code, or more precisely what is wrong with a certificate."""
    if isinstance(error, CertificateInvalid) and error.reason in ("expired", "hostname"):
        return f"certificate_{error.reason}"
    return error.code


def prefer(chosen: Address, known: Sequence[Address]) -> tuple[Address, ...]:
    """Put one address before all others, as if typed by hand; it need not be among the known ones."""
    others = (replace(address, manual=False) for address in known if address.url != chosen.url)
    return (replace(chosen, manual=True), *others)
