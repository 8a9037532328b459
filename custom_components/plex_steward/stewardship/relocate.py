"""A server that is no longer where it was: find it again and remember where."""

from collections.abc import Iterable
from dataclasses import replace
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import CONF_ACCOUNT_TOKEN, CONF_ADDRESSES, CONF_CLIENT_ID
from ..plex import account, discovery
from ..plex.connection import probe_all
from ..plex.errors import PlexError
from ..plex.models import Address, Found, Place
from .connection import addresses

_PLEX_DIRECT = re.compile(r"https://[^.]+(\.[0-9a-f]+\.plex\.direct)(:\d+)?")


def ways_to(entry: ConfigEntry[Any], found: Found) -> tuple[Address, ...]:
    """Give the addresses under which a server heard in the local network may be spoken to.

    Its certificate is good for any IP address below its plex.direct name, so that name moves along with it. Plain
    http only where it was used before, or where nothing else is known: a token that was sent encrypted stays so.
    """
    known = addresses(entry)
    label = found.host.replace(".", "-").replace(":", "-")
    names = {match[1] for address in known if (match := _PLEX_DIRECT.match(address.url))}
    ways = [Address(f"https://{label}{name}:{found.port}") for name in sorted(names)]
    if any(not address.secure for address in known):
        ways.append(Address(found.url))
    elif not names:
        ways.append(Address(found.url.replace("http:", "https:", 1)))
    return tuple(ways)


async def adopt(hass: HomeAssistant, entry: ConfigEntry[Any], ways: Iterable[Address]) -> bool:
    """Remember new addresses of an entry's server if the near ones it has no longer answer and these do.

    Tells whether it can be reached now; the entry is reloaded if that is news.
    """
    known = addresses(entry)
    session = async_get_clientsession(hass, verify_ssl=entry.data[CONF_VERIFY_SSL])
    expected, verify_ssl = entry.unique_id, entry.data[CONF_VERIFY_SSL]
    near = [address for address in known if address.manual or address.place is Place.LOCAL]
    if any(probe.identity for probe in await probe_all(session, near, expected=expected, verify_ssl=verify_ssl)):
        return True
    fresh = [way for way in ways if way.url not in {address.url for address in known}]
    answers = [
        p.address for p in await probe_all(session, fresh, expected=expected, verify_ssl=verify_ssl) if p.identity
    ]
    if not answers:
        return False
    # What was typed has had its time: it does not answer, and the server is elsewhere.
    rest = [replace(address, manual=False) for address in known]
    rows = [address.as_dict() for address in (*answers, *rest)]
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_URL: answers[0].url, CONF_ADDRESSES: rows})
    if entry.state is not ConfigEntryState.NOT_LOADED:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    return True


async def relocate(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Look for an entry's server in the local network and, with an account, at plex.tv; tell whether it was found."""
    ways: list[Address] = []
    if "zeroconf" in hass.config.components:  # see flow.discovery
        for found in await discovery.scan():
            if found.machine_identifier == entry.unique_id:
                ways += ways_to(entry, found)
    if token := entry.data.get(CONF_ACCOUNT_TOKEN):
        plex = account.PlexAccount(
            async_get_clientsession(hass), entry.data[CONF_CLIENT_ID], token=token, plex_tv=account.PLEX_TV
        )
        try:
            for resource in await plex.resources():
                if resource.machine_identifier == entry.unique_id:
                    ways += resource.addresses
        except PlexError:
            pass  # one of two places to look; the other may know
    return await adopt(hass, entry, ways)
