"""What Home Assistant's history keeps of us: no secret, and nobody's evenings."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import Base
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import select

from custom_components.plex_steward.plex import account, connection

from .conftest import NOWHERE, MakeEntry, MakePlex, Setup, Until
from .library_house import hurry  # noqa: F401 - a fixture
from .life import PERSON, SECRET, bad_days, born, good_days


@pytest.fixture(autouse=True)
def integration(
    recorder_mock: Recorder, enable_custom_integrations: None, socket_enabled: None
) -> Iterator[None]:  # the recorder must be there before Home Assistant is
    """As everywhere, with a recorder."""
    with patch.object(account, "PLEX_TV", account.PlexTv.at(NOWHERE)):
        yield


def everything(hass: HomeAssistant) -> dict[str, str]:
    """Every row of every table, as text."""
    with session_scope(hass=hass, read_only=True) as session:
        return {
            name: "\n".join(str(tuple(row)) for row in session.execute(select(table)))
            for name, table in Base.metadata.tables.items()
        }


async def test_the_history_names_nobody(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hurry: None,  # noqa: F811 - the fixture
) -> None:
    monkeypatch.setattr(connection, "SEARCH_PAUSE", 0)
    plex, entry = await born(make_plex, make_entry, tmp_path)
    await good_days(hass, plex, entry, setup, until)
    await bad_days(hass, plex, entry, until, tmp_path)
    await async_wait_recording_done(hass)
    tables: dict[str, Any] = await asyncio.get_running_loop().run_in_executor(None, everything, hass)
    assert "_playback" in tables["states_meta"]
    assert "transcode" in tables["state_attributes"]  # what is recorded of a stream: how, not who and what
    for name, rows in tables.items():
        assert SECRET not in rows, name
        assert "127.0.0.1" not in rows, name
    for title in {item.title for item in plex.state.library.items.values() if item.type == "movie"}:
        assert title not in tables["state_attributes"]
    # Names of devices are part of what entities are called; users and players are not.
    attributes = tables["state_attributes"].replace(f"Attic of {PERSON}", "")
    assert PERSON not in attributes
    assert PERSON not in tables["states"]
