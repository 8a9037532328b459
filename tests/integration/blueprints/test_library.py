"""The blueprints about the library: the mirror follows what is new and asks first; the week is reported."""

from datetime import timedelta
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.plex_steward.coordinators import library as library_coordinator
from custom_components.plex_steward.stewardship import library_news
from simulator import Simulator
from simulator.control_library import copy

from ..conftest import MakeEntry, Named, Until
from ..mirror_house import FILMS, act, device_of, film, inodes, make_library, mirror_of, subentry
from .conftest import Automate, GoOn, Ran, Runs

MANY = 30
"""Films; so many that losing most of them is beyond what may go unasked."""


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """A source with many films, and a target."""
    source, target = make_library(tmp_path)
    for number in range(MANY):
        film(source, f"Film {number:02} (2000)")
    return source, target


@pytest.fixture
def entry(
    monkeypatch: pytest.MonkeyPatch, make_entry: MakeEntry, plex: Simulator, library: tuple[Path, Path]
) -> MockConfigEntry:
    """A server with one mirror, whose libraries are quiet after a moment."""
    monkeypatch.setattr(library_coordinator, "QUIET", 0.05)
    monkeypatch.setattr(library_news, "NEWS_QUIET", 0.05)
    return make_entry(plex, subentries=(subentry(*library, delete=True),))


@pytest.fixture
async def phone(
    hass: HomeAssistant,
    house: MockConfigEntry,
    plex: Simulator,
    entity_of: Named,
    automate: Automate,
    until: Until,
) -> list[ServiceCall]:
    """A phone that is told of the mirror, and a mirror that follows the films; the first run is done."""
    told: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_phone")
    await until(lambda: len(house.runtime_data.libraries.data) == 3)
    await act(hass, "sync_mirror", mirror=device_of(hass, house))
    (films,) = [one for one in house.runtime_data.server.libraries if one.type == "movie"]
    await automate(
        "mirror_after_new_items",
        library_items=[entity_of(house, f"{films.uuid}_library_item")],
        mirror=device_of(hass, house),
        quiet={"seconds": 0},
        notify="notify.mobile_app_phone",
        tell_success=True,
    )
    return told


def arrive(plex: Simulator, title: str) -> None:
    """Let a film appear in the server's library."""
    like = next(number for number, item in plex.state.library.items.items() if item.type == "movie")
    copy(plex, like, title)


def lose(source: Path, count: int) -> None:
    """Let films vanish from the source."""
    for number in range(count):
        shutil.rmtree(source / f"Film {number:02} (2000)")


async def test_the_mirror_follows(
    plex: Simulator, phone: list[ServiceCall], library: tuple[Path, Path], until: Until, ran: Ran
) -> None:
    """A new film is mirrored, and the phone is told if it wants to be."""
    source, target = library
    film(source, "New (2026)")
    arrive(plex, "New")
    await until(lambda: inodes(target) == inodes(source))
    await ran(1)
    assert [call.data["title"] for call in phone] == ["Movies: done"]
    assert "1 added or replaced" in phone[0].data["message"]


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_refused_run_is_approved_from_the_phone(
    hass: HomeAssistant,
    plex: Simulator,
    house: MockConfigEntry,
    phone: list[ServiceCall],
    library: tuple[Path, Path],
    until: Until,
    ran: Ran,
    allowed: bool,
) -> None:
    """The message says why; one button allows exactly that run, the other leaves everything as it is."""
    source, target = library
    before = len(FILMS) + MANY
    lose(source, 20)
    arrive(plex, "New")
    await until(lambda: phone)
    told = phone[0].data
    assert told["title"] == "Movies: may this run go on?"
    assert "too many removals" in told["message"]
    assert "20 of" in told["message"]
    assert len(inodes(target)) == before
    assert told["data"]["actions"][2] == {"action": "URI", "title": "Show the plan", "uri": "/config/repairs"}
    hass.bus.async_fire("mobile_app_notification_action", {"action": "SOMETHING_ELSE"})
    button = told["data"]["actions"][0 if allowed else 1]["action"]
    hass.bus.async_fire("mobile_app_notification_action", {"action": button})
    await ran(1)
    assert len(inodes(target)) == (before - 20 if allowed else before)
    assert [call.data["title"] for call in phone[1:]] == (["Movies: done"] if allowed else [])
    assert mirror_of(house).records[-1].outcome == ("done" if allowed else "refused")


async def test_an_approval_counts_for_the_plan_that_was_shown(
    hass: HomeAssistant,
    plex: Simulator,
    phone: list[ServiceCall],
    library: tuple[Path, Path],
    until: Until,
    ran: Ran,
) -> None:
    """What has changed since was not approved."""
    source, target = library
    lose(source, 20)
    arrive(plex, "New")
    await until(lambda: phone)
    shutil.rmtree(source / FILMS[0])
    hass.bus.async_fire("mobile_app_notification_action", {"action": phone[0].data["data"]["actions"][0]["action"]})
    await ran(1)
    assert len(inodes(target)) == len(FILMS) + MANY
    assert phone[1].data["title"] == "Movies: refused"


async def test_the_week_is_reported(
    hass: HomeAssistant,
    plex: Simulator,
    house: MockConfigEntry,
    automate: Automate,
    until: Until,
    go_on: GoOn,
    ran: Ran,
    runs: Runs,
    told: list[ServiceCall],
) -> None:
    """Numbers of each library, what is new by its title, and what nobody has watched."""
    await until(lambda: len(house.runtime_data.libraries.data) == 3)
    arrive(plex, "The Very New One")
    libraries = house.runtime_data.libraries
    await until(lambda: any("Very New" in (one.summary.newest.title or "") for one in libraries.data.values()))
    soon = dt_util.as_local(dt_util.utcnow() + timedelta(minutes=2))
    await automate(
        "weekly_library_report",
        server=house.entry_id,
        weekday=soon.strftime("%a").lower(),
        at=soon.strftime("%H:%M:%S"),
        newest=3,
        tell=[{"action": "test.told", "data": {"title": "{{ title }}", "message": "{{ message }}"}}],
    )
    go_on(minutes=2, seconds=1)
    await ran(1)
    (report,) = told
    message = report.data["message"]
    lines, unseen, new = message.split("\n\n")
    titles = {library.title for library in house.runtime_data.server.libraries}
    assert {line.partition("**: ")[0] for line in lines.splitlines()} == {f"- **{title}" for title in titles}
    assert all(line.endswith(" GB") for line in lines.splitlines())
    assert "(1 new)" in lines
    assert unseen.startswith("You have never watched ")
    assert new.startswith("New: The Very New One (")
