"""What happens in a library is told once, when it has settled; and its newest poster is shown without any token."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward.plex.names import Name
from custom_components.plex_steward.plex.store import Changes
from custom_components.plex_steward.stewardship.library_news import News, NewsType, merge, told
from simulator import Simulator
from simulator.control_library import copy

from .conftest import Named, Setup, Until
from .library_house import LISTING, fault, hurry, items, known

__all__ = ["hurry"]  # a fixture

pytestmark = pytest.mark.usefixtures("hurry")


class Heard:
    """What an event entity has said."""

    def __init__(self, hass: HomeAssistant, entity: str) -> None:
        self.said: list[dict[str, Any]] = []

        @callback
        def changed(event: Any) -> None:
            state = event.data["new_state"]
            if state is not None and state.attributes.get("event_type"):
                self.said.append(dict(state.attributes))

        async_track_state_change_event(hass, [entity], changed)

    def of(self, kind: str) -> dict[str, Any] | None:
        return next((one for one in self.said if one["event_type"] == kind), None)


async def ready(entry: MockConfigEntry, setup: Setup, until: Until) -> str:
    """Set up, wait until all is read and pushed, and give the films' uuid."""
    await setup(entry)
    await until(lambda: known(entry) and entry.runtime_data.events.connected)
    films: str = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    return films


async def test_added_updated_and_removed(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    state_of: Named,
) -> None:
    """Each is told with what people call it, also when it is gone."""
    films = await ready(entry, setup, until)
    heard = Heard(hass, entity_of(entry, f"{films}_library_item"))
    assert state_of(entry, f"{films}_library_item") == "unknown", "the first read is no news"
    new = copy(plex, items(plex)[0].id, "The Newest")
    added = await until(lambda: heard.of("added"))
    assert added["count"] == 1
    assert added["titles"] == ["The Newest"]
    assert added["items"][0]["rating_key"] == new.id
    assert state_of(entry, f"{films}_items") == str(len(items(plex)))
    new.title = "The Newest, Cut"
    plex.state.library.touch(new, new.updated_at + 10)
    plex.state.timeline(new, 5)
    updated = await until(lambda: heard.of("updated"))
    assert updated["titles"] == ["The Newest, Cut"]
    plex.state.timeline(new, 9)
    plex.state.library.remove(new)
    removed = await until(lambda: heard.of("removed"))
    assert removed["titles"] == ["The Newest, Cut"]
    assert removed["count"] == 1
    assert len(heard.said) == 3


async def test_a_restart_is_no_news(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Only what happened meanwhile is told; without the push channel the poll finds it."""
    films = await ready(entry, setup, until)
    assert await hass.config_entries.async_unload(entry.entry_id)
    heard = Heard(hass, entity_of(entry, f"{films}_library_item"))
    copy(plex, items(plex)[0].id, "Meanwhile")
    assert await hass.config_entries.async_setup(entry.entry_id)
    added = await until(lambda: heard.of("added"))
    assert (added["count"], added["titles"]) == (1, ["Meanwhile"])


async def test_what_is_told_while_the_server_is_away_is_heard_when_it_is_back(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Triggers do not hear an event that ends unavailability, so the entity is available first."""
    films = await ready(entry, setup, until)
    entity = entity_of(entry, f"{films}_library_item")
    server, news = entry.runtime_data.server, entry.runtime_data.libraries.news
    told: list[News] = []
    entry.async_on_unload(news.async_listen(told.append))
    fault(plex, "status", "/*", status=503, times=None)
    await server.async_refresh()
    await until(lambda: (state := hass.states.get(entity)) and state.state == "unavailable")
    film = items(plex)[0]
    news.take(films, Changes(added={film.id}))
    await until(lambda: told)
    news.take(films, Changes(updated={film.id}))
    await until(lambda: len(told) == 2)
    assert (state := hass.states.get(entity))
    assert state.state == "unavailable"
    changes = async_capture_events(hass, "state_changed")
    plex.state.faults.clear()
    await server.async_refresh()

    def heard() -> list[str]:
        mine = [change.data for change in changes if change.data["entity_id"] == entity]
        return [one["new_state"].attributes["event_type"] for one in mine if one["old_state"].state != "unavailable"]

    await until(lambda: len(heard()) == 2)
    assert heard() == ["added", "updated"]


async def test_what_the_server_spoke_of_and_could_not_give_is_read_later(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Once alone and once with everything else; nothing but the server's word tells that there is something new."""
    films = await ready(entry, setup, until)
    libraries = entry.runtime_data.libraries
    heard = Heard(hass, entity_of(entry, f"{films}_library_item"))
    film = items(plex)[0]
    gate = film.section.content_changed_at
    fault(plex, "status", "/library/metadata/*", status=503, times=None)
    fault(plex, "status", LISTING, status=503, times=None)
    film.title = "Another"
    plex.state.library.touch(film)
    film.section.content_changed_at = gate
    plex.state.timeline(film, 5)
    await until(lambda: libraries.failure == "not_ready")
    reports = await libraries.refresh()
    assert {report.error for report in reports} == {"not_ready"}
    assert not heard.said
    plex.state.faults.clear()
    assert all(report.complete for report in await libraries.refresh())
    updated = await until(lambda: heard.of("updated"))
    assert updated["titles"] == ["Another"]
    assert film.section.content_changed_at == gate


async def test_episodes_are_told_by_their_show(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Many episodes at once are one piece of news with one title."""
    await ready(entry, setup, until)
    shows = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "show")
    entity = entity_of(entry, f"{shows}_library_item")
    heard = Heard(hass, entity)
    episode = items(plex, "episode")[0]
    for number in range(5):
        copy(plex, episode.id, f"Part {number}", index=90 + number)
    await entry.runtime_data.libraries.refresh()
    await until(lambda: sum(one["count"] for one in heard.said if one["event_type"] == "added") == 5)
    show = list(episode.ancestors())[-1].title
    assert {title for one in heard.said for title in one["titles"]} == {show}
    state = hass.states.get(entity)
    assert state
    unrecorded = state.state_info["unrecorded_attributes"] if state.state_info else frozenset()
    assert {"titles", "items"} <= unrecorded


async def test_tracks_are_told_by_their_artist_and_album(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """A track alone says little to anybody."""
    await ready(entry, setup, until)
    music = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "artist")
    heard = Heard(hass, entity_of(entry, f"{music}_library_item"))
    track = items(plex, "track")[0]
    album, artist = track.ancestors()
    copy(plex, track.id, "Bonus", index=99)
    added = await until(lambda: heard.of("added"))
    assert added["titles"] == [f"{artist.title} – {album.title}"]
    assert added["items"][0]["title"] == "Bonus"


def test_what_came_and_went_never_was() -> None:
    def name(key: int) -> Name:
        return Name(key, "movie", f"Film {key}", None, None)

    changes = merge(Changes(added={1, 2}), Changes(removed={2, 3}, names={2: name(2), 3: name(3)}))
    assert (changes.added, changes.removed) == ({1}, {3})
    changes = merge(changes, Changes(added={3}, updated={1, 4}))
    assert (changes.added, changes.removed, changes.updated) == ({1}, set(), {3, 4})
    news = told("uuid", changes, {key: name(key) for key in (1, 3, 4)} | {5: Name(5, "season", "Season", None, None)})
    assert {(one.type, tuple(item.rating_key for item in one.items)) for one in news} == {
        (NewsType.ADDED, (1,)),
        (NewsType.UPDATED, (3, 4)),
    }


async def test_the_newest_poster_shows_no_token(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Home Assistant fetches it, for those who may see it; the address says nothing of the server."""
    films = await ready(entry, setup, until)
    entity = entity_of(entry, f"{films}_newest_poster")
    state = hass.states.get(entity)
    assert state
    address = state.attributes["entity_picture"]
    for secret in (plex.token, plex.url, str(plex.port)):
        assert secret not in address
        assert secret not in str(state.as_dict())
    stranger = await hass_client_no_auth()
    assert (await stranger.get(f"/api/image_proxy/{entity}")).status in (401, 403)
    client = await hass_client()
    answer = await client.get(address)
    assert answer.status == 200
    assert answer.content_type.startswith("image/")
    assert await answer.read()
    fetched = len(plex.state.requests("/photo/"))
    assert (await client.get(address)).status == 200
    assert len(plex.state.requests("/photo/")) == fetched, "it is kept"
    copy(plex, items(plex)[0].id, "Newer", added_at=items(plex)[0].added_at + 10**6)
    await until(lambda: hass.states.get(entity).attributes["entity_picture"] != address)  # type: ignore[union-attr]  # it was there
    newer = hass.states.get(entity)
    assert newer
    assert (await client.get(newer.attributes["entity_picture"])).status == 200
    assert len(plex.state.requests("/photo/")) == fetched + 1


async def test_no_poster_is_no_crash(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    hass_client: ClientSessionGenerator,
) -> None:
    """The server refuses it, or sends a page: there is no picture now, and there is one later."""
    films = await ready(entry, setup, until)
    client = await hass_client()
    state = hass.states.get(entity_of(entry, f"{films}_newest_poster"))
    assert state
    fault(plex, "status", "/photo/*", status=500)
    assert (await client.get(state.attributes["entity_picture"])).status == 500
    fault(plex, "html", "/photo/*")
    assert (await client.get(state.attributes["entity_picture"])).status == 500
    fault(plex, "status", "/library/metadata/*", status=404)  # it has just gone, and nobody has noticed
    assert (await client.get(state.attributes["entity_picture"])).status == 500
    assert (await client.get(state.attributes["entity_picture"])).status == 200
