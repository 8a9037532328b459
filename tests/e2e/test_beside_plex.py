"""Beside Home Assistant's own Plex integration, for the same server: each keeps what it has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest_asyncio

from demo import household

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import House

OTHER = "plex"
THEIR_ENTRY = "01KZZZZZZZZZZZZZZZZZZZZZZZ"
THEIR_NAME = "their-client"
"""What the other integration calls itself towards the server."""


def add_other(house: House) -> None:
    """Write the other integration's entry into the storage of a Home Assistant that is stopped, beside ours."""
    file = house.hass.folder / ".storage" / "core.config_entries"
    document = json.loads(file.read_text(encoding="utf-8"))
    (ours,) = [row for row in document["data"]["entries"] if row["domain"] == household.DOMAIN]
    name, machine = house.plex.ready["name"], house.plex.ready["machineIdentifier"]
    server = {"url": house.plex.url, "token": house.plex.token, "client_id": THEIR_NAME, "verify_ssl": True}
    theirs = {
        **ours,
        "entry_id": THEIR_ENTRY,
        "domain": OTHER,
        "title": name,
        "unique_id": machine,
        "version": 1,
        "minor_version": 1,
        "data": {"server": name, "server_id": machine, "server_config": server},
        "options": {"media_player": {"monitored_users": {"anna": {"enabled": True}}}},
        "subentries": [],
    }
    document["data"]["entries"].append(theirs)
    file.write_text(json.dumps(document), encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both(house: House) -> House:
    """A house in which both integrations look at the one server."""
    await house.hass.stop()
    add_other(house)
    await house.hass.start()
    await household.settled(house.hass)

    async def loaded() -> set[str]:
        return {row["state"] for row in await house.hass.ws(type="config_entries/get", domain=OTHER)}

    await until(loaded, lambda states: states == {"loaded"})
    return house


async def states(house: House) -> dict[str, dict[str, str]]:
    """The states of all entities, by integration and entity."""
    registry = await house.hass.ws(type="config/entity_registry/list")
    of = {row["entity_id"]: row["platform"] for row in registry}
    found: dict[str, dict[str, str]] = {household.DOMAIN: {}, OTHER: {}}
    for row in await house.hass.get("/api/states"):
        if (platform := of.get(row["entity_id"])) in found:
            found[platform][row["entity_id"]] = row["state"]
    return found


async def become(house: House, count: str) -> None:
    """Wait until both integrations count so many streams."""
    machine = house.plex.ready["machineIdentifier"]
    ours = await house.entity(f"{machine}_streams")
    registry = await house.hass.ws(type="config/entity_registry/list")
    theirs = next(
        row["entity_id"] for row in registry if row["platform"] == OTHER and row["entity_id"].startswith("sensor.")
    )

    async def counts() -> tuple[str, str]:
        return await house.state(ours), await house.state(theirs)

    await until(counts, lambda seen: seen == (count, count))


async def settle(house: House, wanted: Callable[[dict[str, dict[str, str]]], bool]) -> dict[str, dict[str, str]]:
    return await until(lambda: states(house), wanted)


def none_away(found: dict[str, dict[str, str]]) -> bool:
    """Whether every entity of both has something to say."""
    return all("unavailable" not in part.values() and part for part in found.values())


def players(found: dict[str, dict[str, str]]) -> list[str]:
    """The states of the other integration's players."""
    return [state for entity, state in found[OTHER].items() if entity.startswith("media_player.")]


async def test_both_see_a_stream_and_its_end(both: House) -> None:
    await become(both, "0")
    view = await both.plex.control("POST", "sessions", {"user": "anna", "player": "Living room", "kind": "direct_play"})
    await become(both, "1")
    await settle(both, lambda found: none_away(found) and players(found) == ["playing"])
    answer = await both.hass.action("terminate_session", {"session": view["key"], "reason": "Enough"})
    assert [row["outcome"] for row in answer["streams"]] == ["ended"]
    await become(both, "0")


async def test_neither_is_disturbed_when_the_other_is_reloaded(both: House) -> None:
    before = {domain: set(found) for domain, found in (await states(both)).items()}
    for entry_id in (THEIR_ENTRY, both.entry_id):
        await both.hass.post(f"/api/config/config_entries/entry/{entry_id}/reload")
        view = await both.plex.control("POST", "sessions", {"user": "ben", "kind": "transcode"})
        await become(both, "1")
        await both.plex.control("POST", f"sessions/{view['key']}/stop")
        await become(both, "0")
    after = {domain: set(found) for domain, found in (await states(both)).items()}
    assert before[household.DOMAIN] == after[household.DOMAIN]
    assert before[OTHER] <= after[OTHER]


async def test_each_speaks_in_its_own_name(both: House) -> None:
    """What one of them sets for itself in the shared library is not used by the other."""
    await both.hass.action("get_sessions")
    rows: list[dict[str, Any]] = await both.plex.control("GET", "log")
    names = {row["client"] for row in rows if row["client"]}
    assert THEIR_NAME in names
    assert len(names) == 2


async def test_both_come_back_after_a_restart(both: House) -> None:
    before = await states(both)
    await both.hass.restart()
    await household.settled(both.hass)
    after = await settle(both, lambda found: all(found[domain].keys() >= before[domain].keys() for domain in before))
    ours = {entity for entity, state in after[household.DOMAIN].items() if state == "unavailable"}
    assert ours <= {entity for entity, state in before[household.DOMAIN].items() if state == "unavailable"}
    await become(both, "0")
