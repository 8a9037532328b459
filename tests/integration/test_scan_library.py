"""The action `scan_library`, and who may do any of it."""

from pathlib import Path
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.plex_steward.const import DOMAIN
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until
from .mirror_house import act, film


async def test_scan_library(
    hass: HomeAssistant, disk: tuple[Simulator, Path], make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """By title, uuid, device or path; with `wait` until it has ended."""
    plex, folder = disk
    plex.quirks.scan_seconds = 0.2
    entry = await setup(make_entry(plex))
    await until(lambda: entry.runtime_data.events.connected)
    (library,) = entry.runtime_data.server.libraries
    device = dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, f"{plex.machine_identifier}_{library.uuid}"), config_entry_id=entry.entry_id
    )
    film(folder, "Film 9 (2009)")
    answer = await act(hass, "scan_library", library="films", wait=True)
    assert answer["scans"] == [{"library": "Films", "uuid": library.uuid, "path": None, "outcome": "done"}]
    assert len(plex.state.library.items) == 7
    for choice in ({"library": library.uuid}, {"device": device}, {"path": str(folder / "Film 9 (2009)")}):
        answer = await act(hass, "scan_library", wait=True, **choice)
        assert answer["scans"][0]["outcome"] == "done"
    assert [scan["path"] for scan in plex.state.scans] == [None, None, None, str(folder / "Film 9 (2009)")]
    plex.quirks.scan_seconds = 3600
    assert (await act(hass, "scan_library", library="Films"))["scans"][0]["outcome"] == "requested"
    await until(lambda: entry.runtime_data.activities.data)
    await until(lambda: any(one.library_key for one in entry.runtime_data.activities.data))
    assert (await act(hass, "scan_library", library="Films"))["scans"][0]["outcome"] == "running"
    assert len(plex.state.scans) == 5


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        ({}, "nothing_to_scan"),
        ({"library": "Nowhere"}, "no_such_library"),
        ({"device": "unknown"}, "no_such_library"),
        ({"path": "/elsewhere"}, "path_outside"),
    ],
)
async def test_what_cannot_be_scanned(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, choice: dict[str, Any], error: str
) -> None:
    """The server would say yes and do nothing; we say why."""
    await setup(entry)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "scan_library", **choice)
    assert raised.value.translation_key == error
    assert plex.state.scans == []


async def test_not_for_everybody(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    hass_read_only_user: MockUser,
    entity_registry: er.EntityRegistry,
) -> None:
    """Neither for others than administrators, nor on a server that somebody else shares."""
    plex = await make_plex(shared_token="guest")
    entry = make_entry(plex, token="guest", owned=False)
    await setup(entry)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "run_housekeeping", blocking=True, context=Context(user_id=hass_read_only_user.id)
        )
    for action in ("run_housekeeping", "scan_library"):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, action)
        assert raised.value.translation_key == "owner_only"
    rows = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert not [
        row for row in rows if row.domain == "number" or row.unique_id.endswith(("_trash", "_scan", "_activity"))
    ]
