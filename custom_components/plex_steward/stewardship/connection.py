"""Makes the way to a server from what its entry remembers."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import CONF_ADDRESSES, CONF_CLIENT_ID, CONF_TIMEOUT, DEFAULT_TIMEOUT
from ..plex.connection import Connection
from ..plex.models import Address
from ..plex.transport import Access


def addresses(entry: ConfigEntry[Any]) -> tuple[Address, ...]:
    """Every address the entry knows; one typed by hand is the only one it has."""
    known = tuple(Address.from_dict(row) for row in entry.data.get(CONF_ADDRESSES, ()))
    return known or (Address(entry.data[CONF_URL], manual=True),)


def make_connection(
    hass: HomeAssistant, entry: ConfigEntry[Any], on_change: Callable[[], None] | None = None
) -> Connection:
    """Prepare the way to the entry's server; nothing is sent yet."""
    assert entry.unique_id is not None  # the flow never makes an entry without one
    access = Access(
        token=entry.data[CONF_TOKEN],
        client_id=entry.data[CONF_CLIENT_ID],
        machine_identifier=entry.unique_id,
        verify_ssl=entry.data[CONF_VERIFY_SSL],
        timeout=entry.options.get(CONF_TIMEOUT, DEFAULT_TIMEOUT),
    )
    session = async_get_clientsession(hass, verify_ssl=entry.data[CONF_VERIFY_SSL])
    return Connection(session, access, addresses(entry), on_change=on_change)
