"""What Home Assistant says of an integration that uses what is on its way out, or uses something wrongly."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import re
from typing import override
from unittest.mock import patch

from homeassistant.helpers import frame

from custom_components.plex_steward.const import DOMAIN

WORDS = re.compile(r"deprecat|will stop working|Detected (?:that|code)", re.IGNORECASE)


class _Ear(logging.Handler):
    """Keeps what is said of us."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        said = f"{record.name}: {record.getMessage()}"
        if DOMAIN in said and WORDS.search(said):
            self.heard.append(said)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Give the list of what is heard; each place is reported anew, which Home Assistant does once in its life."""
    ear = _Ear()
    root = logging.getLogger()
    root.addHandler(ear)
    try:
        with patch.object(frame, "_REPORTED_INTEGRATIONS", set()):
            yield ear.heard
    finally:
        root.removeHandler(ear)
