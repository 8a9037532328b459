"""Whether the token in use is of the right kind, where that could not be said when it was typed."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import CONF_CLIENT_ID, CONF_TOKEN_UNCHECKED
from ..plex import account
from .health import clear_issue, raise_issue


async def check(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Ask plex.tv once more; does nothing when it is known already or plex.tv stays silent.

    The server's own token, as it stands in its `Preferences.xml`, works until plex.tv takes us for the server.
    """
    if not entry.data.get(CONF_TOKEN_UNCHECKED):
        clear_issue(hass, entry, "wrong_token_kind")
        return
    assert entry.unique_id is not None  # the flow never makes an entry without one
    plex = account.PlexAccount(
        async_get_clientsession(hass),
        entry.data[CONF_CLIENT_ID],
        token=entry.data[CONF_TOKEN],
        plex_tv=account.PLEX_TV,
    )
    wrong_kind = await plex.is_server_token(entry.unique_id)
    if wrong_kind:
        raise_issue(hass, entry, "wrong_token_kind")
    elif wrong_kind is not None:
        clear_issue(hass, entry, "wrong_token_kind")
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TOKEN_UNCHECKED: False})
