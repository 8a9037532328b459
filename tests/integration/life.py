"""A life of good and bad days in which every secret and every person has a word that can be looked for."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import CONF_CLIENT_ID
from custom_components.plex_steward.stewardship import health
from simulator import Fault, Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until
from .library_house import known
from .mirror_house import act, device_of, film, make_library, subentry

SECRET = "5ecretw0rd"
"""Part of every token and of our client identifier."""
PERSON = "pers0nsname"
"""Part of every user's and player's name, and of the server's."""
PREROLLS = "01PREROLLSOFTHETESTS000000"
READS = ("find_media", "get_on_deck", "get_recently_added", "get_sessions")


async def born(make_plex: MakePlex, make_entry: MakeEntry, folder: Path) -> tuple[Simulator, MockConfigEntry]:
    """A server and its entry with everything that may be private."""
    plex = await make_plex(token=f"owner-{SECRET}", name=f"Attic of {PERSON}")
    mirror = subentry(*make_library(folder / PERSON))
    prerolls = ConfigSubentryDataWithId(
        subentry_id=PREROLLS,
        subentry_type="preroll_set",
        title="Winter",
        unique_id=None,
        data={"paths": [f"/prerolls/{PERSON}.mp4"], "order": "sequence", "season": "manual", "priority": 0},
    )
    entry = make_entry(
        plex,
        data={
            CONF_CLIENT_ID: f"client-{SECRET}",
            "account_token": f"account-{SECRET}",
            "account_id": f"number-{SECRET}",
        },
        options={"maintenance": {"exempt_users": [f"grandma {PERSON}"], "message": f"{PERSON} is tidying up"}},
        subentries=(mirror, prerolls),
    )
    return plex, entry


async def good_days(hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until) -> None:
    """Everything is used once."""
    await setup(entry)
    await until(lambda: known(entry) and entry.runtime_data.events.connected)
    view = plex.sessions.start("transcode", user=f"anna {PERSON}", player=f"Sofa of {PERSON}", location="wan")
    await until(lambda: entry.runtime_data.sessions.data)
    plex.sessions.pause(view)
    for action in READS:
        await act(hass, action)
    await act(hass, "refresh_inventory", full=True)
    await act(hass, "sync_mirror", mirror=device_of(hass, entry))
    await act(hass, "diff_mirror", mirror=device_of(hass, entry))
    await act(hass, "set_preroll", preroll_set=PREROLLS)
    await act(hass, "start_maintenance", grace=3600)
    await act(hass, "stop_maintenance")
    await act(hass, "terminate_session", all=True, reason="Good night")
    await until(lambda: not entry.runtime_data.sessions.data)
    await hass.async_block_till_done()


async def bad_days(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, until: Until, folder: Path
) -> list[BaseException]:
    """Everything fails, one way after the other; gives what was raised."""
    raised: list[BaseException] = []
    data = entry.runtime_data

    async def attempt(call: Awaitable[Any]) -> None:
        try:
            await call
        except HomeAssistantError as error:
            raised.append(error)

    film(folder / PERSON / "plex", f"Film of {PERSON} (2020)")
    for target in (folder / PERSON / "plex").iterdir():  # the next run is refused: the source has gone
        target.rename(folder / target.name)
    faults = [
        *(Fault("*", "status", status=status, times=None) for status in (401, 403, 404, 429, 500, 503)),
        Fault("*", "html", times=None),
        Fault("*", "cut", times=None),
        Fault("*", "truncate", times=None),
        Fault("*", "redirect", location="http://127.0.0.1:9/elsewhere", times=None),
    ]
    for fault in faults:
        plex.state.faults[:] = [fault]
        for action in ("get_sessions", "refresh_inventory"):
            await attempt(act(hass, action))
        await attempt(act(hass, "scan_library", library="Films"))
        await attempt(hass.services.async_call("select", "select_option", _none(hass, entry), blocking=True))
        for coordinator in (data.server, data.sessions, data.activities, data.preferences):
            await coordinator.async_refresh()
        for flow in hass.config_entries.flow.async_progress():  # 401 has asked for a new sign-in
            hass.config_entries.flow.async_abort(flow["flow_id"])
    plex.state.faults.clear()
    await attempt(act(hass, "sync_mirror", mirror=device_of(hass, entry), delete=True))
    for kind in ("no_plex_pass", "not_owner", "address_gone"):
        health.raise_issue(hass, entry, kind)
    await plex.restart()
    plex.state.accounts.clear()  # every token is revoked
    await data.server.async_refresh()
    await until(hass.config_entries.flow.async_progress)
    await hass.async_block_till_done()
    assert raised
    return raised


def _none(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    rows = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {"entity_id": next(row.entity_id for row in rows if row.domain == Platform.SELECT), "option": "none"}
