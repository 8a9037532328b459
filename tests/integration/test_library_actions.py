"""The actions about libraries: every filter finds what the server really has, and mistakes are explained."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import CONF_LIBRARIES
from custom_components.plex_steward.devices import library_identifier
from custom_components.plex_steward.plex.query import FIELDS, SORTS
from custom_components.plex_steward.services.find import size
from simulator import Simulator
from simulator.control_library import copy

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .library_house import act, fault, hurry, items, known

__all__ = ["hurry"]  # a fixture

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
async def home(entry: MockConfigEntry, setup: Setup, until: Until) -> MockConfigEntry:
    """A server whose libraries have been read."""
    await setup(entry)
    await until(lambda: known(entry))
    return entry


def streams(item: Any, kind: int) -> list[dict[str, Any]]:
    """The streams of an item's versions."""
    return [one.attrs for media in item.media for part in media.parts for one in part.streams if one.kind == kind]


async def found(hass: HomeAssistant, **asked: Any) -> set[int]:
    """The keys of what is found."""
    answer = await act(hass, "find_media", fields=["rating_key"], limit=10000, **asked)
    keys = {row["rating_key"] for row in answer["items"]}
    assert answer["total"] == len(keys)
    assert answer["incomplete"] == []
    return keys


async def test_filters_of_items(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """By what an item is."""
    films, episodes, tracks = items(plex), items(plex, "episode"), items(plex, "track")
    assert await found(hass) == {one.id for one in (*films, *episodes, *tracks)}
    assert await found(hass, kind="movie") == {one.id for one in films}
    assert await found(hass, kind=["show", "album"]) == {one.id for one in items(plex, "show") + items(plex, "album")}
    assert await found(hass, library="films") == {one.id for one in films}
    word = films[0].title.upper()
    assert await found(hass, text=word, kind="movie") == {one.id for one in films if word in one.title.upper()}
    show = items(plex, "show")[0]
    assert await found(hass, text=show.title) >= {one.id for one in episodes if show in one.ancestors()}
    years = sorted(one.year for one in films if one.year)
    low, high = years[len(years) // 4], years[len(years) // 2]
    wanted = {one.id for one in films if one.year and low <= one.year <= high}
    assert await found(hass, kind="movie", year_from=low, year_to=high) == wanted


async def test_filters_of_plays_and_dates(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """Plays are known although they move nothing that is told."""
    films = items(plex)
    for film in films:
        film.view_count, film.last_viewed_at = 0, None
    now = dt_util.utcnow().replace(microsecond=0)
    plex.state.library.played(films[0], int((now - timedelta(days=40)).timestamp()))
    plex.state.library.played(films[1], int((now - timedelta(days=1)).timestamp()))
    for film in films:
        plex.state.library.changed(film.section)
    await act(hass, "refresh_inventory", full=True)
    every = {film.id for film in films}
    assert await found(hass, kind="movie", never_played=True) == every - {films[0].id, films[1].id}
    month = (now - timedelta(days=30)).isoformat()
    assert await found(hass, kind="movie", unwatched_since=month) == every - {films[1].id}
    assert await found(hass, kind="movie", played_after=month) == {films[1].id}
    assert await found(hass, kind="movie", played_before=month) == {films[0].id}
    times = sorted(film.added_at for film in films)
    middle = times[len(times) // 2]
    moment = dt_util.utc_from_timestamp(middle)
    assert await found(hass, kind="movie", added_after=moment) == {one.id for one in films if one.added_at > middle}
    local = dt_util.as_local(moment).replace(tzinfo=None).isoformat(sep=" ")
    assert await found(hass, kind="movie", added_before=local) == {one.id for one in films if one.added_at < middle}


async def test_filters_of_files(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """By picture, sound, languages, container, size and bitrate of one and the same version."""
    films = items(plex)
    versions = {film.id: [media for media in film.media if media.attrs.get("proxyType") != 42] for film in films}

    def having(condition: Any) -> set[int]:
        return {film for film, all_of in versions.items() if any(condition(media) for media in all_of)}

    def languages(media: Any, kind: int) -> set[str]:
        of_part = media.parts[0].streams
        return {str(one.attrs.get("languageTag", "")).partition("-")[0] for one in of_part if one.kind == kind}

    uhd = await found(hass, kind="movie", resolution="4k")
    assert uhd == having(lambda media: media.attrs.get("videoResolution") == "4k")
    assert uhd
    assert await found(hass, kind="movie", video_codec=["hevc"]) == having(
        lambda media: media.attrs.get("videoCodec") == "hevc"
    )
    assert await found(hass, kind="movie", container="mp4") == having(
        lambda media: media.attrs.get("container") == "mp4"
    )
    english = await found(hass, kind="movie", audio_language="en")
    assert english == having(lambda media: "en" in languages(media, 2))
    without = await found(hass, kind="movie", subtitle_language_missing="en")
    assert without == having(lambda media: "en" not in languages(media, 3))
    sizes = sorted(sum(part.size for part in media.parts) for all_of in versions.values() for media in all_of)
    middle = sizes[len(sizes) // 2]
    big = await found(hass, kind="movie", bigger_than=middle)
    assert big == having(lambda media: sum(part.size for part in media.parts) > middle)
    assert big
    assert await found(hass, kind="movie", several_versions=True) == {
        film for film, all_of in versions.items() if len(all_of) > 1
    }
    for asked in ({"dynamic_range": ["hdr10", "dolby_vision"]}, {"audio_profile": "dolby_atmos"}):
        group = next(iter(asked))
        by = await act(hass, "find_media", kind="movie", group_by=group)
        values = next(iter(asked.values()))
        named = {values} if isinstance(values, str) else set(values)
        keys = await found(hass, kind="movie", **asked)
        counts = {row["value"]: row["count"] for row in by["groups"]}
        assert max(counts.get(value, 0) for value in named) <= len(keys)
        assert len(keys) <= sum(counts.get(value, 0) for value in named)


async def test_the_shape_of_the_answer(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """Order, limit, fields; times as people write them."""
    answer = await act(
        hass, "find_media", kind="movie", sort="year", descending=True, limit=5, fields=["title", "year"]
    )
    assert [set(row) for row in answer["items"]] == [{"title", "year"}] * 5
    years = [row["year"] for row in answer["items"]]
    assert years == sorted(years, reverse=True)
    assert answer["total"] == len(items(plex))
    (whole,) = (await act(hass, "find_media", kind="movie", limit=1, fields=list(FIELDS)))["items"]
    assert set(whole) == set(FIELDS)
    assert dt_util.parse_datetime(whole["added"], raise_on_error=True).tzinfo is not None
    film = plex.state.library.items[whole["rating_key"]]
    assert film.duration is not None
    assert whole["duration"] == pytest.approx(film.duration / 1000)
    assert whole["versions"][0]["files"][0]["file"]
    for sort in SORTS:
        assert (await act(hass, "find_media", sort=sort, limit=1))["items"]


async def test_breakdowns(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """Numbers and bytes; the bytes of all libraries are those of their sensors."""
    answer = await act(hass, "find_media", group_by="library")
    numbers = home.runtime_data.libraries.data
    assert {row["value"]: row["size"] for row in answer["groups"]} == {
        state.summary.title: state.summary.size for state in numbers.values()
    }
    assert sum(row["count"] for row in answer["groups"]) == answer["total"]


async def test_libraries_by_title_uuid_and_device(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """However a library is named, the same is found."""
    library = next(one for one in home.runtime_data.server.libraries if one.type == "movie")
    identifier = library_identifier(home, library.uuid)
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, home.entry_id)
    assert device
    expected = {one.id for one in items(plex)}
    for name in (library.title, library.uuid, device.id, [device.id]):
        assert await found(hass, library=name) == expected
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "find_media", library="Nowhere")
    assert error.value.translation_key == "no_such_library"


@pytest.mark.parametrize(
    "asked",
    [
        {"resolution": "5k"},
        {"dynamic_range": "bright"},
        {"kind": "song"},
        {"sort": "colour"},
        {"group_by": "colour"},
        {"fields": ["colour"]},
        {"bigger_than": "much"},
        {"limit": -1},
        {"missing_ids": "isbn"},
        {"added_after": "yesterday-ish"},
    ],
    ids=str,
)
async def test_what_cannot_be_asked(hass: HomeAssistant, home: MockConfigEntry, asked: dict[str, Any]) -> None:
    with pytest.raises(probatio.Invalid):
        await act(hass, "find_media", **asked)


@pytest.mark.parametrize(
    ("text", "number"),
    [(1000, 1000), ("20 GB", 20 * 10**9), ("1.5TiB", int(1.5 * 2**40)), ("700 mb", 700 * 10**6), ("0,5 GB", 5 * 10**8)],
)
def test_sizes(text: Any, number: int) -> None:
    assert size(text) == number


async def test_before_the_first_read(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """An empty answer that says why it is empty."""
    fault(plex, "status", times=None)
    await setup(entry)
    answer = await act(hass, "find_media")
    assert answer["items"] == []
    assert {row["reason"] for row in answer["incomplete"]} == {"not_read"}
    assert len(answer["incomplete"]) == 3


async def test_refreshing_says_what_was_found(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """Only what changed, unless everything is wanted."""
    films = items(plex)
    new = copy(plex, films[0].id, "New")
    plex.state.library.remove(films[1])
    plex.state.library.touch(films[2], films[2].updated_at + 10)
    answer = await act(hass, "refresh_inventory")
    row = next(one for one in answer["libraries"] if one["library"] == "Films")
    assert (row["mode"], row["added"], row["updated"], row["removed"]) == ("delta", 1, 1, 1)
    assert row["counts"] == {"movie": len(items(plex))}
    assert answer["complete"] is True
    assert new.id in await found(hass, kind="movie")
    answer = await act(hass, "refresh_inventory", full=True)
    assert {one["mode"] for one in answer["libraries"]} == {"full"}


async def test_the_button_refreshes(
    hass: HomeAssistant, plex: Simulator, home: MockConfigEntry, entity_of: Named
) -> None:
    """One press; a server that is away is an error."""
    button = entity_of(home, f"{plex.machine_identifier}_refresh_inventory")
    new = copy(plex, items(plex)[0].id, "New")
    await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    assert new.id in await found(hass, text="New", kind="movie")
    await plex.stop()
    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    assert error.value.translation_key == "unreachable"
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "refresh_inventory")
    assert error.value.translation_key == "unreachable"


async def test_recently_added_and_on_deck(hass: HomeAssistant, plex: Simulator, home: MockConfigEntry) -> None:
    """From the server, newest first."""
    newest = sorted(items(plex), key=lambda film: (film.added_at, film.id))[-3:]
    answer = await act(hass, "get_recently_added", library="Films", limit=3)
    assert {row["rating_key"] for row in answer["items"]} == {film.id for film in newest}
    assert all(row["library"] == "Films" for row in answer["items"])
    assert answer["items"][0]["added"] >= answer["items"][-1]["added"]
    everywhere = await act(hass, "get_recently_added", limit=7)
    assert len(everywhere["items"]) == 7
    begun = [items(plex)[2], items(plex, "episode")[1]]
    for item in begun:
        item.extra["viewOffset"] = 60_000
        plex.state.library.touch(item)
    deck = await act(hass, "get_on_deck")
    assert {row["rating_key"] for row in deck["items"]} >= {item.id for item in begun}
    assert {row["library"] for row in deck["items"]} == {"Films", "Shows"}
    with pytest.raises(ServiceValidationError):
        await act(hass, "get_on_deck", library="Nowhere")


async def test_a_library_that_is_off_is_not_listed(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, until: Until
) -> None:
    """Neither by the inventory nor by the server."""
    plex = await make_plex()
    off = next(section for section in plex.state.library.sections.values() if section.type == "movie")
    entry = await setup(make_entry(plex, options={CONF_LIBRARIES: {off.uuid: False}}))
    await until(lambda: known(entry, 2))
    answer = await act(hass, "get_recently_added", limit=50)
    assert not {row["rating_key"] for row in answer["items"]} & {film.id for film in items(plex)}
    with pytest.raises(ServiceValidationError):
        await act(hass, "find_media", library=off.title)


@pytest.mark.parametrize("action", ["find_media", "refresh_inventory", "get_recently_added", "get_on_deck"])
async def test_without_a_server(hass: HomeAssistant, home: MockConfigEntry, action: str) -> None:
    """Unknown or not loaded: Home Assistant's own words."""
    with pytest.raises(ServiceValidationError):
        await act(hass, action, config_entry_id="nobody")
    assert await hass.config_entries.async_unload(home.entry_id)
    with pytest.raises(ServiceValidationError):
        await act(hass, action, config_entry_id=home.entry_id)
