"""What the cards listen to: shown at once, again after each change, and not more often than eyes can see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.websocket import feed
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until
from .library_house import known
from .mirror_house import FILMS, act, device_of, film, make_library, mirror_of, subentry


class Card:
    """A card on a dashboard."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self.number = 0

    async def listen(self, command: str, **words: Any) -> Any:
        """Begin; gives what is shown at first."""
        await self.client.send_json_auto_id({"type": f"plex_steward/{command}", **words})
        answer = await self.client.receive_json()
        assert answer["success"], answer
        self.number = answer["id"]
        if answer["result"] is not None:
            return answer["result"]
        return await self.next()

    async def next(self) -> Any:
        """What is shown next."""
        message = await self.client.receive_json()
        assert (message["type"], message["id"]) == ("event", self.number)
        return message["event"]

    async def sees(self, right: Callable[[Any], bool]) -> Any:
        """Look until something is right; the test's own limit ends a wait for what never comes."""
        while not right(shown := await self.next()):
            pass
        return shown

    async def leave(self) -> None:
        await self.client.send_json_auto_id({"type": "unsubscribe_events", "subscription": self.number})
        while (await self.client.receive_json())["type"] != "result":
            pass


@pytest.fixture
async def house(
    monkeypatch: pytest.MonkeyPatch, plex: Simulator, make_entry: MakeEntry, setup: Setup, tmp_path: Path, until: Until
) -> MockConfigEntry:
    """A server with a mirror, whose libraries have been read."""
    monkeypatch.setattr(feed, "PAUSE", 0.01)
    entry = await setup(make_entry(plex, subentries=(subentry(*make_library(tmp_path)),)))
    await until(lambda: known(entry) and entry.runtime_data.events.connected)
    return entry


@pytest.fixture
async def card(hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Card:
    return Card(await hass_ws_client(hass))


async def test_who_watches_what(plex: Simulator, house: MockConfigEntry, card: Card) -> None:
    (server,) = (await card.listen("streams"))["servers"]
    assert (server["entry_id"], server["available"], server["streams"]) == (house.entry_id, True, [])
    assert server["maintenance"] == {"on": False, "waiting": False, "ends": None}
    plex.sessions.start("transcode", user="anna", player="Sofa", hardware="nvenc", bandwidth=3000, location="wan")
    shown = await card.sees(lambda shown: bool(shown["servers"][0]["streams"]))
    (stream,) = shown["servers"][0]["streams"]
    assert (stream["user"], stream["player"], stream["decision"]) == ("anna", "Sofa", "transcode")
    assert (stream["hardware"], stream["bandwidth"], stream["location"]) == (True, 3000, "wan")
    assert stream["can_end"] is True
    assert stream["image"].startswith(f"/api/plex_steward/artwork/{house.entry_id}/{stream['session']}/")
    assert stream["source"]["video"]["resolution"]
    plex.sessions.stop_all()
    await card.sees(lambda shown: not shown["servers"][0]["streams"])


async def test_the_banner_of_a_maintenance(hass: HomeAssistant, house: MockConfigEntry, card: Card) -> None:
    await card.listen("streams", config_entry_id=house.entry_id)
    await act(hass, "start_maintenance", duration=3600, grace=0)
    shown = await card.sees(lambda shown: shown["servers"][0]["maintenance"]["on"])
    assert shown["servers"][0]["maintenance"]["ends"] is not None
    await act(hass, "stop_maintenance")
    await card.sees(lambda shown: not shown["servers"][0]["maintenance"]["on"])


async def test_one_server_or_all(
    hass: HomeAssistant, house: MockConfigEntry, card: Card, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup
) -> None:
    """A server that comes or is away shows; one that was not asked for does not; a guest sees no streams."""
    assert (await card.listen("streams", config_entry_id="unknown"))["servers"] == []
    await card.leave()
    assert len((await card.listen("streams"))["servers"]) == 1
    guest = await setup(make_entry(await make_plex(shared_token="guest"), token="guest", owned=False))
    shown = await card.sees(lambda shown: len(shown["servers"]) == 2)
    theirs = next(one for one in shown["servers"] if one["entry_id"] == guest.entry_id)
    assert (theirs["streams"], theirs["maintenance"]) == ([], None)
    await hass.config_entries.async_unload(house.entry_id)
    shown = await card.sees(lambda shown: not all(one["available"] for one in shown["servers"]))
    assert [one["entry_id"] for one in shown["servers"] if one["available"]] == [guest.entry_id]


async def test_changes_are_gathered(house: MockConfigEntry, card: Card) -> None:
    """A hundred changes at once are not a hundred messages."""
    await card.listen("mirrors")
    mirror = mirror_of(house)
    for _ in range(100):
        mirror.async_update_listeners()
    await card.next()
    await card.client.send_json_auto_id({"type": "ping"})
    more = 0
    while (await card.client.receive_json())["type"] != "pong":
        more += 1
    assert more < 50


async def test_nothing_is_left_when_the_card_goes(hass: HomeAssistant, house: MockConfigEntry, card: Card) -> None:
    sessions, mirror = house.runtime_data.sessions, mirror_of(house)
    before = len(sessions._listeners), len(mirror._listeners)
    await card.listen("streams")
    assert len(sessions._listeners) == before[0] + 1
    sessions.async_update_listeners()  # something waits to be sent
    await card.leave()
    assert (len(sessions._listeners), len(mirror._listeners)) == before


async def test_how_the_mirrors_are(hass: HomeAssistant, house: MockConfigEntry, card: Card, tmp_path: Path) -> None:
    device = device_of(hass, house)
    (mirror,) = (await card.listen("mirrors"))["mirrors"]
    assert (mirror["device_id"], mirror["name"], mirror["status"], mirror["last"]) == (device, "Movies", "idle", None)
    assert mirror["cancel_entity"] == "button.movies_cancel"
    await act(hass, "sync_mirror", mirror=device)
    shown = await card.sees(lambda shown: shown["mirrors"][0]["status"] == "in_sync" and shown["mirrors"][0]["last"])
    (mirror,) = shown["mirrors"]
    assert mirror["last"]["operation"] == "sync"
    assert mirror["last"]["changed"] >= len(FILMS)
    assert (mirror["problems"], mirror["refusal"]) == (0, None)
    film(tmp_path / "plex", "New (2022)")
    await act(hass, "diff_mirror", mirror=device)
    shown = await card.sees(lambda shown: shown["mirrors"][0]["status"] == "differs")
    assert shown["mirrors"][0]["last"]["changed"] == 0
    await card.leave()
    assert (await card.listen("mirrors", device_id="unknown"))["mirrors"] == []


async def test_what_the_libraries_hold(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, card: Card
) -> None:
    shown = await card.listen("library")
    kinds = {row["kind"]: row for row in shown["libraries"]}
    assert set(kinds) == {"movie", "show", "artist"}
    films, shows, music = kinds["movie"], kinds["show"], kinds["artist"]
    assert films["read"] is True
    assert films["items"] == sum(one.type == "movie" for one in plex.state.library.items.values())
    assert sum(films["resolution"].values()) == films["items"]
    assert shows["episodes"] == sum(one.type == "episode" for one in plex.state.library.items.values())
    assert music["tracks"] == sum(one.type == "track" for one in plex.state.library.items.values())
    assert hass.states.get(films["size_entity"]) is not None
    await card.leave()
    (only,) = (await card.listen("library", device_id=films["device_id"]))["libraries"]
    assert only["name"] == films["name"]
    await card.leave()
    assert (await card.listen("library", config_entry_id="unknown"))["libraries"] == []


async def test_a_library_that_was_not_read_yet_has_no_numbers(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, card: Card
) -> None:
    uuid = next(iter(house.runtime_data.libraries.data))
    known_before = house.runtime_data.libraries.data
    house.runtime_data.libraries.data = {key: value for key, value in known_before.items() if key != uuid}
    shown = await card.listen("library")
    (unread,) = (row for row in shown["libraries"] if not row["read"])
    assert (unread["items"], unread["size"]) == (None, None)
    house.runtime_data.libraries.data = known_before
    house.runtime_data.libraries.async_update_listeners()
    await card.sees(lambda shown: all(row["read"] for row in shown["libraries"]))


async def test_what_there_is(hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, card: Card) -> None:
    (server,) = (await card.listen("overview"))["servers"]
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, plex.machine_identifier), house.entry_id)
    assert device is not None
    assert server["device_id"] == device.id
    assert hass.states.get(server["entities"]["streams"]) is not None
    assert {one["kind"] for one in server["libraries"]} == {"movie", "show", "artist"}
    assert server["mirrors"] == [{"device_id": device_of(hass, house), "name": "Movies"}]
