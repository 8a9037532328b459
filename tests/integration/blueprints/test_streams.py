"""The blueprints that end streams: the right one ends, and nobody else."""

from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator
from simulator.model import Item
from simulator.sessions import Kind

from ..conftest import Named, Until
from .conftest import TOLD, Automate, GoOn, Ran, Runs, Seen, users

NOW = {"seconds": 0}


def film_in(plex: Simulator, resolution: str) -> Item:
    """Find a film that is there in one resolution only."""
    films = (item for item in plex.state.library.items.values() if item.type == "movie" and item.media)
    return next(film for film in films if {one.attrs["videoResolution"] for one in film.media} == {resolution})


@pytest.mark.parametrize(("longest", "ended"), [(NOW, ["anna"]), ({"minutes": 30}, [])])
async def test_paused_too_long(
    plex: Simulator,
    house: MockConfigEntry,
    until: Until,
    entity_of: Named,
    automate: Automate,
    go_on: GoOn,
    ran: Ran,
    told: list[ServiceCall],
    longest: dict[str, int],
    ended: list[str],
) -> None:
    """After the longest pause it is over, for those who are not exempt, are not at home, and do not play on."""
    await automate(
        "stop_paused_streams",
        busy=entity_of(house, "_busy"),
        paused_for=longest,
        only_remote=True,
        exempt_users=["Cleo"],
        reason="Too long",
        afterwards=TOLD,
    )
    streams = house.runtime_data.sessions
    for user, local in (("anna", False), ("cleo", False), ("dora", True)):
        plex.sessions.pause(plex.sessions.start("direct_play", user=user, player={"title": user, "local": local}))
    plex.sessions.start("direct_play", user="ben", player={"title": "ben", "local": False})
    await until(lambda: sorted(one.state for one in streams.data) == ["paused", "paused", "paused", "playing"])
    go_on(minutes=1)
    await ran(1)
    assert [name for name in ("anna", "cleo", "dora", "ben") if name not in users(plex)] == ended
    assert [message.reason for message in plex.sessions.messages] == ["Too long"] * len(ended)
    assert [call.data["user"] for call in told] == ended


async def test_4k_transcodes(
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    ran: Ran,
    told: list[ServiceCall],
) -> None:
    """The file counts, not what is delivered; converted sound and smaller films are fine."""
    await automate(
        "stop_4k_transcodes",
        playback=entity_of(house, "_playback"),
        grace=0,
        exempt_users=["dora"],
        reason="Original, please",
        afterwards=TOLD,
    )
    big, small = film_in(plex, "4k"), film_in(plex, "1080")
    plex.sessions.start("transcode", item=small, user="ben")
    plex.sessions.start("audio_transcode", item=big, user="cleo")
    plex.sessions.start("transcode", item=big, user="dora")
    plex.sessions.start("transcode", item=big, user="anna")
    await ran(4)
    assert users(plex) == ["ben", "cleo", "dora"]
    assert [message.reason for message in plex.sessions.messages] == ["Original, please"]
    assert [call.data["user"] for call in told] == ["anna"]


async def test_who_changes_to_original_quality_in_time_goes_on(
    plex: Simulator,
    house: MockConfigEntry,
    until: Until,
    entity_of: Named,
    automate: Automate,
    go_on: GoOn,
    runs: Runs,
    ran: Ran,
) -> None:
    """It is looked at again after the grace."""
    await automate("stop_4k_transcodes", playback=entity_of(house, "_playback"))
    viewing = plex.sessions.start("transcode", item=film_in(plex, "4k"), user="anna")
    await until(lambda: runs() == 1)
    plex.sessions.change(viewing, kind="direct_play")
    go_on(seconds=21)
    await ran(1)
    assert plex.sessions.messages == []


@pytest.mark.parametrize("limits", [{"max_streams": 2}, {"max_streams": 0, "max_places": 1}])
async def test_limits_of_a_user(
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    ran: Ran,
    seen: Seen,
    told: list[ServiceCall],
    limits: dict[str, int],
) -> None:
    """The newest goes; one who has fewer, and one who is exempt, stay."""
    await automate(
        "limit_streams_per_user",
        playback=entity_of(house, "_playback"),
        exempt_users=["BEN"],
        grace=0,
        reason="Too many",
        afterwards=TOLD,
        **limits,
    )
    away = {"title": "Tablet", "local": False, "address": "198.51.100.8", "remote_public_address": "198.51.100.8"}
    for user, player, place in (
        ("anna", {"title": "One"}, "lan"),
        ("anna", {"title": "Two"}, "lan"),
        ("ben", {"title": "Three"}, "lan"),
        ("ben", {"title": "Four"}, "lan"),
        ("ben", away, "wan"),
        ("cleo", away, "wan"),
    ):
        plex.sessions.start("direct_play", user=user, player=player, location=place)
    await seen(6)
    await ran(3)  # ben's are not looked at
    plex.sessions.start("direct_play", user="anna", player=away, location="wan")
    await ran(4)
    assert users(plex) == ["anna", "anna", "ben", "ben", "ben", "cleo"]
    assert [(message.user, message.player) for message in plex.sessions.messages] == [("anna", "Tablet")]
    assert [call.data["player"] for call in told] == ["Tablet"]


async def test_two_that_start_together_are_not_both_ended(
    plex: Simulator, house: MockConfigEntry, entity_of: Named, automate: Automate, ran: Ran
) -> None:
    """One of them is allowed."""
    await automate("limit_streams_per_user", playback=entity_of(house, "_playback"), max_streams=1, grace=0)
    for player in ("One", "Two"):
        plex.sessions.start("direct_play", user="anna", player=player, quiet=player == "One")
    await ran(2)
    assert users(plex) == ["anna"]


async def test_remote_transcodes(
    plex: Simulator,
    house: MockConfigEntry,
    entity_of: Named,
    automate: Automate,
    ran: Ran,
    seen: Seen,
    told: list[ServiceCall],
) -> None:
    """What is beyond the limit is the newest; viewers at home and direct play do not count."""
    await automate(
        "limit_remote_transcodes",
        playback=entity_of(house, "_playback"),
        max_transcodes=1,
        grace=0,
        exempt_users=["frieda"],
        reason="Full",
        afterwards=TOLD,
    )
    viewers: tuple[tuple[Kind, str, bool], ...] = (
        ("transcode", "anna", True),
        ("transcode", "frieda", False),
        ("transcode", "ben", False),
        ("direct_play", "cleo", False),
        ("audio_transcode", "dora", False),
    )
    for kind, user, local in viewers:
        place = "lan" if local else "wan"
        plex.sessions.start(kind, user=user, player={"title": user, "local": local}, location=place)
    await seen(5)
    await ran(4)
    plex.sessions.start("transcode", user="emil", player={"title": "emil", "local": False}, location="wan")
    await ran(5)
    assert users(plex) == ["anna", "frieda", "ben", "cleo", "dora"]
    assert [call.data["user"] for call in told] == ["emil"]


async def test_kids_hours(
    hass: HomeAssistant,
    plex: Simulator,
    house: MockConfigEntry,
    until: Until,
    seen: Seen,
    entity_of: Named,
    automate: Automate,
    go_on: GoOn,
    told: list[ServiceCall],
    runs: Runs,
    ran: Ran,
) -> None:
    """When the hours end so do their streams, after a grace; a new one too; others go on."""
    hass.states.async_set("schedule.kids", "on")
    await automate(
        "kids_hours",
        playback=entity_of(house, "_playback"),
        users=["Mia", "leo"],
        hours="schedule.kids",
        grace={"minutes": 1},
        reason="Good night",
        afterwards=TOLD,
    )
    plex.sessions.start("direct_play", user="mia")
    plex.sessions.start("direct_play", user="anna")
    await seen(2)
    hass.states.async_set("schedule.kids", "off")
    await until(lambda: runs() == 1)
    assert users(plex) == ["mia", "anna"]
    go_on(minutes=1, seconds=1)
    await ran(1)
    assert users(plex) == ["anna"]
    plex.sessions.start("direct_play", user="leo")
    await until(lambda: runs() == 1)
    go_on(minutes=1, seconds=1)
    await ran(2)
    assert users(plex) == ["anna"]
    assert {message.reason for message in plex.sessions.messages} == {"Good night"}
    assert [call.data["user"] for call in told] == ["mia", "leo"]
    hass.states.async_set("schedule.kids", "on")
    plex.sessions.start("direct_play", user="leo")
    await seen(2)
    await ran(2)
    assert users(plex) == ["anna", "leo"]
