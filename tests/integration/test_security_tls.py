"""Certificates are checked unless somebody says otherwise for one server, and a token waits until they have been."""

from pathlib import Path

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward import kometa
from custom_components.plex_steward.const import DOMAIN

from ..plex.stand_in import MACHINE, StandIn, server_tls, serving
from .conftest import CLIENT_ID, Setup
from .flows import begin, step


@pytest.mark.usefixtures("broken_handshakes")
async def test_a_certificate_nobody_vouches_for_gets_no_token(
    hass: HomeAssistant, setup: Setup, tmp_path: Path
) -> None:
    """Not even a question: whoever sits in between hears nothing at all."""
    tls, _ = server_tls(tmp_path, "127.0.0.1")
    async with serving(StandIn(), tls=tls) as plex:
        entry = MockConfigEntry(
            domain=DOMAIN,
            unique_id=MACHINE,
            data={"url": plex.url, "token": "x", "verify_ssl": True, "client_id": CLIENT_ID, "owned": True},
        )
        entry.add_to_hass(hass)
        await setup(entry, state=ConfigEntryState.SETUP_RETRY)
        assert plex.seen == []


async def test_the_form_proposes_to_check(hass: HomeAssistant) -> None:
    form = await step(hass, await begin(hass, SOURCE_USER), {"next_step_id": "manual"})
    given = form["data_schema"]({"url": "https://127.0.0.1:32400", "token": "x"})
    assert given["verify_ssl"] is True


def test_a_pasted_block_says_nothing_of_it_unless_it_does() -> None:
    assert kometa.read("plex:\n  timeout: 60").verify_ssl is None
    assert kometa.read("plex:\n  verify_ssl: false").verify_ssl is False
