"""Seasons come and go with the clock."""

from __future__ import annotations

from datetime import datetime
import os
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from demo import household
from demo.plex import Plex
from demo.stand_in import CLOCK

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from .conftest import House

PREFERENCE = "CinemaTrailersPrerollID"
MINE, HALLOWEEN, CHRISTMAS = "/mine.mp4", "/boo.mp4", "/bells.mp4;/snow.mp4"


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that tells what day it is: a summer's day."""
    file = tmp_path_factory.mktemp("clock") / "clock"
    file.touch()
    turn(file, "2026-07-10T12:00+00:00")
    return file


def turn(clock: Path, moment: str) -> None:
    """Let it be another day."""
    second = datetime.fromisoformat(moment).timestamp()
    os.utime(clock, (second, second))


@pytest.fixture(scope="module")
def surroundings(clock: Path) -> dict[str, str]:
    """Home Assistant goes by that clock."""
    return {CLOCK: str(clock)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plex() -> AsyncIterator[Plex]:
    """A server that plays something already."""
    async with Plex("--port", "0", "--token", "owner-token", "--plex-tv", "--synthetic", "4") as server:
        await server.control("POST", "prefs", {PREFERENCE: MINE})
        yield server


async def add_set(house: House, *steps: dict[str, Any]) -> None:
    """Add a preroll set through its flow."""
    first, second = steps
    common = {"order": "random", "priority": 0}
    result = await house.hass.flow([house.entry_id, "preroll_set"], common | first, second, kind="/subentries")
    assert result["type"] == "create_entry", result
    await household.settled(house.hass)


async def playing(house: House) -> str:
    """What the server plays before a film."""
    return str((await house.plex.control("GET", "prefs"))[PREFERENCE])


async def active(house: House) -> str | None:
    """The set that Home Assistant shows as being in force."""
    select = await house.entity(f"{house.plex.ready['machineIdentifier']}_preroll")
    name = (await house.hass.state(select))["attributes"].get("active")
    return None if name is None else str(name)


async def test_seasons_switch_when_the_clock_moves(house: House, clock: Path) -> None:
    await add_set(
        house,
        {"name": "Halloween", "paths": [HALLOWEEN], "season": "holiday"},
        {"holiday": "halloween", "days_before": 7, "days_after": 1},
    )
    await add_set(
        house,
        {"name": "Christmas", "paths": CHRISTMAS.split(";"), "season": "dates"},
        {"start_month": 12, "start_day": 20, "end_month": 1, "end_day": 6},
    )

    async def now() -> tuple[str, str | None]:
        return await playing(house), await active(house)

    assert await now() == (MINE, None)
    turn(clock, "2026-10-30T12:00+00:00")
    await until(now, lambda seen: seen == (HALLOWEEN, "Halloween"))
    turn(clock, "2026-12-24T12:00+00:00")
    await until(now, lambda seen: seen == (CHRISTMAS, "Christmas"))
    turn(clock, "2027-01-07T12:00+00:00")
    await until(now, lambda seen: seen == (MINE, None))

    # What is set by hand in Plex stays, over a restart too, until the next season begins.
    turn(clock, "2027-10-30T12:00+00:00")
    await until(now, lambda seen: seen == (HALLOWEEN, "Halloween"))
    await house.plex.control("POST", "prefs", {PREFERENCE: "/hand.mp4"})
    await house.hass.restart()
    await household.settled(house.hass)
    await until(lambda: active(house), lambda name: name == "Halloween")
    assert await playing(house) == "/hand.mp4"
    turn(clock, "2027-12-24T12:00+00:00")
    await until(now, lambda seen: seen == (CHRISTMAS, "Christmas"))
