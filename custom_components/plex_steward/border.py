"""The border between the rings and Home Assistant: the one place where their errors change their kind.

An error's code is its translation key. The `mirror` ring's errors stay data; they are told in reports.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import DOMAIN
from .plex.errors import PlexError, Unauthorized


@contextmanager
def actions() -> Iterator[None]:
    """Around a request somebody waits for, such as a pressed button: errors become `HomeAssistantError`."""
    try:
        yield
    except PlexError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=error.code, translation_placeholders=_facts(error)
        ) from error


@contextmanager
def updates() -> Iterator[None]:
    """Around a coordinator's reading: errors become `UpdateFailed`, a refused token starts the sign-in anew."""
    try:
        yield
    except Unauthorized as error:
        raise ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key=error.code, translation_placeholders=_facts(error)
        ) from error
    except PlexError as error:
        raise UpdateFailed(
            translation_domain=DOMAIN, translation_key=error.code, translation_placeholders=_facts(error)
        ) from error


def _facts(error: PlexError) -> dict[str, str]:
    """What a message may mention; nothing that names an address or a person."""
    return {"status": str(error.status), "path": error.path}
