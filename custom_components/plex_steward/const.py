"""Names, keys and numbers of the whole integration."""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "plex_steward"
LOGGER: Final = logging.getLogger(__package__)

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
)

# Entry data: what is needed to reach the server. CONF_URL, CONF_TOKEN and CONF_VERIFY_SSL come from Home Assistant.
CONF_CLIENT_ID: Final = "client_id"
"""Our X-Plex-Client-Identifier, one per entry: signing one out leaves the others signed in."""
CONF_ACCOUNT_TOKEN: Final = "account_token"  # noqa: S105 - the name of a key
"""Token of the Plex account; goes to plex.tv only. Missing for entries made by hand."""
CONF_ACCOUNT_ID: Final = "account_id"
"""Number of the Plex account that signed in; signing in again must be the same one."""
CONF_ADDRESSES: Final = "addresses"
"""Every known address of the server, best first, as plain dictionaries (see `stewardship.connection`)."""
CONF_OWNED: Final = "owned"
"""False for a server somebody else shares: no sessions, preferences or maintenance."""
CONF_TOKEN_UNCHECKED: Final = "token_unchecked"  # noqa: S105 - the name of a key
"""Whether plex.tv could not say what kind of token was typed: asked again after the next start."""

# Options: preferences of the user, each with a default below.
CONF_LIBRARIES: Final = "libraries"
"""Mapping of library uuid to on or off, for the libraries the user has decided about."""
CONF_NEW_LIBRARIES: Final = "new_libraries"
"""Whether a library nobody has decided about is on."""
CONF_TIMEOUT: Final = "timeout"

DEFAULT_NEW_LIBRARIES: Final = True
DEFAULT_TIMEOUT: Final = 60
"""Seconds for a heavy call; polling uses the client's own short limit."""
DEFAULT_VERIFY_SSL: Final = True

SUBENTRY_MIRROR: Final = "mirror"
SUBENTRY_PREROLL_SET: Final = "preroll_set"

ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_MIRROR: Final = "mirror"

SERVER_INTERVAL: Final = timedelta(seconds=60)
RELEASE_INTERVAL: Final = timedelta(hours=6)
"""How often the server is asked about a newer release of itself."""

PRODUCT: Final = "Plex Steward"
