"""Starts without plex.tv, and two servers of which one is in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import household
from demo.plex import Plex
from demo.stand_in import ADDRESS

from .conftest import until

if TYPE_CHECKING:
    from .conftest import House

NOWHERE = "http://127.0.0.1:9"
"""An address where nobody listens."""


async def states(house: House, entry_id: str) -> dict[str, str]:
    """The states of a server's entities."""
    registry = await house.hass.ws(type="config/entity_registry/list")
    ours = {row["entity_id"] for row in registry if row["config_entry_id"] == entry_id}
    return {row["entity_id"]: row["state"] for row in await house.hass.get("/api/states") if row["entity_id"] in ours}


async def entry_state(house: House, entry_id: str) -> str:
    rows = await household.entries(house.hass)
    return next(str(row["state"]) for row in rows if row["entry_id"] == entry_id)


async def test_every_entity_comes_back_without_plex_tv(house: House) -> None:
    before = await until(
        lambda: states(house, house.entry_id), lambda found: len(found) > 30 and "unavailable" not in found.values()
    )
    await house.hass.stop()
    house.hass.environment[ADDRESS] = NOWHERE
    await house.hass.start()
    await household.settled(house.hass)
    after = await until(
        lambda: states(house, house.entry_id),
        lambda found: found.keys() == before.keys() and "unavailable" not in found.values(),
    )
    streams = await house.entity(f"{house.plex.ready['machineIdentifier']}_streams")
    assert after[streams] == "0"
    await house.plex.control("POST", "sessions", {"user": "anna", "kind": "direct_play"})
    await house.becomes(streams, "1")


async def test_the_other_server_never_notices(house: House) -> None:
    async with Plex("--port", "0", "--token", "other", "--synthetic", "4", "--name", "Cabin") as cabin:
        house.troubled.append("Cabin")
        other = await household.add_server(house.hass, cabin.url, cabin.token)
        await household.settled(house.hass)
        ours = await house.entity(f"{house.plex.ready['machineIdentifier']}_streams")
        theirs = await house.entity(f"{cabin.ready['machineIdentifier']}_streams")
        connectivity = await house.entity(f"{cabin.ready['machineIdentifier']}_connectivity")
        await house.becomes(theirs, "0")
        before = set(await states(house, house.entry_id))

        await cabin.control("POST", "faults", {"path": "/*", "kind": "status", "status": 503, "times": None})
        await cabin.control("POST", "websocket", {"action": "drop"})
        await house.becomes(connectivity, "off", "unavailable")
        view = await house.plex.control("POST", "sessions", {"user": "ben", "kind": "transcode"})
        await house.becomes(ours, "2")
        await house.plex.control("POST", f"sessions/{view['key']}/stop")
        await house.becomes(ours, "1")
        now = await states(house, house.entry_id)
        assert set(now) == before
        assert "unavailable" not in now.values()

        # A restart in the middle of it: one server comes up, the other is waited for.
        await house.hass.restart()
        assert await entry_state(house, other) == "setup_retry"
        assert await entry_state(house, house.entry_id) == "loaded"
        await house.becomes(ours, "1")

        await cabin.control("DELETE", "faults")
        await until(lambda: entry_state(house, other), lambda state: state == "loaded")
        await house.becomes(theirs, "0")
        await house.becomes(ours, "1")
