"""What the server is busy with, whatever order the list and the messages come in."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators.activities import ActivitiesCoordinator
from custom_components.plex_steward.plex.errors import ServerFault
from custom_components.plex_steward.plex.models import Activity, Event


class Client:
    """A server whose list comes when the test lets it."""

    def __init__(self) -> None:
        self.listed: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failing = False

    async def activities(self) -> tuple[Activity, ...]:
        found = tuple(Activity(uuid=name, type="work", title=name) for name in self.listed)
        await self.gate.wait()
        if self.failing:
            raise ServerFault(status=500)
        return found


class Events:
    """The push channel, by hand."""

    def async_listen(self, types: Any, listener: Any) -> Any:
        self.tell = listener
        return lambda: None

    def async_listen_state(self, listener: Any) -> Any:
        self.line = listener
        return lambda: None

    def say(self, event: str, name: str, progress: int = 0) -> None:
        row = {
            "event": event,
            "uuid": name,
            "Activity": {"uuid": name, "type": "work", "title": name, "progress": progress},
        }
        self.tell(Event("activity", (row,)))


@pytest.fixture
async def rig(hass: HomeAssistant):
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    client, events = Client(), Events()
    activities = ActivitiesCoordinator(hass, entry, client, events)  # type: ignore[arg-type]  # stand-ins
    await activities.async_start()
    yield activities, client, events
    await entry._async_process_on_unload(hass)
    await hass.async_block_till_done()


def names(activities: ActivitiesCoordinator) -> list[str]:
    return [one.uuid for one in activities.data]


async def test_an_end_that_overtakes_the_list_counts(rig) -> None:
    """The list was made before the end and arrives after it."""
    activities, client, events = rig
    events.say("started", "a")
    client.listed = ["a"]
    client.gate.clear()
    reading = asyncio.ensure_future(activities.async_refresh())
    await asyncio.sleep(0)
    events.say("ended", "a")
    events.say("started", "b")
    client.gate.set()
    await reading
    assert names(activities) == ["b"]


async def test_two_readings_at_once_lose_nothing(rig) -> None:
    """One after the other."""
    activities, client, events = rig
    client.listed = ["a"]
    client.gate.clear()
    readings = [asyncio.ensure_future(activities.async_refresh()) for _ in range(2)]
    await asyncio.sleep(0)
    events.say("started", "b")
    client.listed = ["a", "b"]
    client.gate.set()
    await asyncio.gather(*readings)
    assert names(activities) == ["a", "b"]
    assert activities.last_update_success


async def test_what_was_missed_is_read_when_the_line_comes_up(hass: HomeAssistant, rig) -> None:
    """An end nobody heard of; and while the line is down the list is read more often."""
    activities, _, events = rig
    slow = activities.update_interval
    events.say("started", "a")
    events.line(True)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert names(activities) == []
    assert activities.update_interval > slow


async def test_beginnings_and_ends_show_at_once_and_progress_seldom(rig) -> None:
    """A scan sends thousands of messages."""
    activities, _, events = rig
    told: list[list[str]] = []
    stop = activities.async_add_listener(lambda: told.append(names(activities)))
    seen: list[str] = []
    activities.async_listen_each(lambda one: seen.append(one.uuid))
    events.say("started", "a")
    for percent in range(100):
        events.say("updated", "a", percent)
    events.say("ended", "a")
    events.say("updated", "")
    events.tell(Event("activity", ({"event": "started"},)))
    assert told == [["a"], []]
    assert len(seen) == 103
    stop()


async def test_a_failing_read_forgets_nothing(rig) -> None:
    """And the next message shows that the server is there."""
    activities, client, events = rig
    events.say("started", "a")
    client.failing = True
    await activities.async_refresh()
    assert not activities.last_update_success
    events.say("started", "b")
    assert activities.last_update_success
    assert names(activities) == ["a", "b"]
