"""The blueprints that keep the house: maintenance at night, downloads that give way, lights that follow."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Protocol

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from simulator import Simulator

from ..conftest import Named, Until
from .conftest import Automate, GoOn, Ran, Runs, Seen, users

TELL = {word: [{"action": "test.told", "data": {"what": word}}] for word in ("begun", "skipped", "slow", "fast")}


class Night(Protocol):
    """Lets the night begin."""

    def __call__(self, *, insist: bool) -> Awaitable[None]:
        """Begin it, and wait until maintenance waits."""


def local_time(**ahead: float) -> str:
    """A time of day that is about to come."""
    return dt_util.as_local(dt_util.utcnow() + timedelta(**ahead)).strftime("%H:%M:%S")


def words(told: list[ServiceCall]) -> list[str]:
    """What was told."""
    return [call.data["what"] for call in told]


@pytest.fixture
def night(house: MockConfigEntry, entity_of: Named, automate: Automate, until: Until, runs: Runs, go_on: GoOn) -> Night:
    """Let a night come with maintenance."""

    async def begin(*, insist: bool) -> None:
        await automate(
            "nightly_maintenance",
            maintenance_ends=entity_of(house, "_maintenance_ends"),
            begin=local_time(minutes=2),
            latest=local_time(hours=2),
            insist=insist,
            grace={"seconds": 0},
            housekeeping=False,
            message="Closed",
            meanwhile=TELL["begun"],
            skipped=TELL["skipped"],
        )
        go_on(minutes=2, seconds=1)
        await until(lambda: runs() == 1 and house.runtime_data.maintenance.data.phase == "waiting")

    return begin


async def test_maintenance_waits_for_the_last_viewer(
    plex: Simulator,
    house: MockConfigEntry,
    night: Night,
    until: Until,
    seen: Seen,
    state_of: Named,
    told: list[ServiceCall],
    ran: Ran,
) -> None:
    """Nobody is interrupted; then the server is closed, and what is to be done then is done."""
    viewing = plex.sessions.start("direct_play", user="anna")
    await seen(1)
    await night(insist=False)
    assert state_of(house, "_maintenance_ends") == "unknown"
    assert words(told) == []
    plex.sessions.stop(viewing)
    await ran(1)
    assert state_of(house, f"{plex.machine_identifier}_maintenance") == "on"
    assert words(told) == ["begun"]
    assert plex.sessions.messages == []
    plex.sessions.start("direct_play", user="ben")
    await until(lambda: users(plex) == [])
    assert [message.reason for message in plex.sessions.messages] == ["Closed"]


@pytest.mark.parametrize(("insist", "left", "said"), [(False, ["anna"], ["skipped"]), (True, [], ["begun"])])
async def test_somebody_watches_too_long(
    plex: Simulator,
    house: MockConfigEntry,
    night: Night,
    until: Until,
    seen: Seen,
    go_on: GoOn,
    told: list[ServiceCall],
    ran: Ran,
    insist: bool,
    left: list[str],
    said: list[str],
) -> None:
    """Tonight is skipped, or the viewer is sent to bed."""
    plex.sessions.start("direct_play", user="anna")
    await seen(1)
    await night(insist=insist)
    go_on(hours=2, seconds=1)
    await ran(1)
    assert words(told) == said
    await until(lambda: users(plex) == left)
    assert house.runtime_data.maintenance.data.phase == ("on" if insist else "off")


@pytest.mark.parametrize("measure", ["_busy", "_bandwidth_wan"])
async def test_downloads_give_way(
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    until: Until,
    go_on: GoOn,
    runs: Runs,
    told: list[ServiceCall],
    measure: str,
) -> None:
    """Slow at once, fast again when it has been quiet for a while."""
    await automate(
        "slow_downloads_while_watching",
        measure=entity_of(house, measure),
        slow=TELL["slow"],
        fast=TELL["fast"],
        pause={"minutes": 5},
    )
    first = plex.sessions.start("direct_play", user="anna", player={"local": False, "title": "Phone"}, location="wan")
    await until(lambda: words(told) == ["slow"])
    plex.sessions.stop(first)
    await until(lambda: runs() == 1)
    second = plex.sessions.start("direct_play", user="anna", player={"local": False, "title": "Phone"}, location="wan")
    await until(lambda: words(told) == ["slow", "slow"] and runs() == 0)
    plex.sessions.stop(second)
    await until(lambda: runs() == 1)
    assert words(told) == ["slow", "slow"]
    go_on(minutes=5, seconds=1)
    await until(lambda: words(told) == ["slow", "slow", "fast"])


async def test_viewers_at_home_do_not_slow_the_line(
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    seen: Seen,
    until: Until,
    told: list[ServiceCall],
    ran: Ran,
) -> None:
    """With Bandwidth WAN only remote streams count."""
    await automate(
        "slow_downloads_while_watching", measure=entity_of(house, "_bandwidth_wan"), slow=TELL["slow"], fast=[]
    )
    plex.sessions.start("direct_play", user="anna", player="Living room")
    await seen(1)
    await ran(0)
    plex.sessions.start("direct_play", user="ben", player={"local": False, "title": "Phone"}, location="wan")
    await until(lambda: words(told) == ["slow"])


async def test_lights_follow(
    hass: HomeAssistant,
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    until: Until,
    go_on: GoOn,
    runs: Runs,
    seen: Seen,
    ran: Ran,
) -> None:
    """Off while it plays, a little when it pauses, back when it stops; another player changes nothing."""
    lit = async_mock_service(hass, "light", "turn_on")
    hass.states.async_set("sun.sun", "below_horizon")
    await automate(
        "lights_with_playback",
        playback=entity_of(house, "_playback"),
        players=["living ROOM"],
        lights={"entity_id": ["light.sofa"]},
        transition=0,
    )

    def levels() -> list[int]:
        return [call.data["brightness_pct"] for call in lit]

    plex.sessions.start("direct_play", player="Bedroom")
    await seen(1)
    viewing = plex.sessions.start("direct_play", player="Living room")
    await until(lambda: levels() == [0])
    assert lit[0].data["entity_id"] == ["light.sofa"]
    plex.sessions.pause(viewing)
    await until(lambda: levels() == [0, 30])
    plex.sessions.resume(viewing)
    await until(lambda: levels() == [0, 30, 0])
    hass.states.async_set("sun.sun", "above_horizon")
    plex.sessions.stop(viewing)
    await until(lambda: runs() == 1)
    go_on(seconds=11)
    await until(lambda: levels() == [0, 30, 0, 70])
    await ran(4)
    plex.sessions.start("direct_play", player="Living room")
    await seen(2)
    await ran(4)
