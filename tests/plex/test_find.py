"""Questions to the inventory and its numbers, over a small library made by hand."""

from typing import Any

import pytest

from custom_components.plex_steward.plex.find import GROUPS, Group, find, group
from custom_components.plex_steward.plex.items import ItemParser, Target
from custom_components.plex_steward.plex.models import Library
from custom_components.plex_steward.plex.names import names
from custom_components.plex_steward.plex.query import DEFAULT_FIELDS, FIELDS, SORTS, Query
from custom_components.plex_steward.plex.store import Store
from custom_components.plex_steward.plex.summary import summaries

GB = 10**9
PICTURES = {
    "dolby_vision": 'DOVIPresent="1" DOVIProfile="8" DOVIBLCompatID="1"',
    "hdr10": 'colorTrc="smpte2084"',
    "sdr": 'colorTrc="bt709"',
}


def version(number, size, *, resolution="1080", codec="h264", picture="sdr", sound="ac3", audio="en", text="", **more):
    streams = f'<Stream streamType="1" codec="{codec}" {PICTURES[picture]}/>'
    streams += "".join(f'<Stream streamType="2" codec="{sound}" languageTag="{name}"/>' for name in audio.split())
    streams += "".join(f'<Stream streamType="3" codec="srt" languageTag="{name}"/>' for name in text.split())
    file = more.get("file", f"/media/{number}.mkv")
    return (
        f'<Media id="{number}" videoCodec="{codec}" videoResolution="{resolution}"'
        f' container="{more.get("container", "mkv")}" bitrate="{more.get("bitrate", 8000)}">'
        f'<Part id="{number}" file="{file}" size="{size}">{streams}</Part></Media>'
    )


def item(key, title, *versions, kind="movie", genres="", ids="imdb tmdb tvdb", **more):
    attributes = {"ratingKey": key, "type": kind, "title": title, "updatedAt": 50} | more
    inner = "".join(f'<Genre tag="{name}"/>' for name in genres.split())
    inner += "".join(f'<Guid id="{name}://{key}"/>' for name in ids.split())
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<Video {written}>{inner}{''.join(versions)}</Video>"


FILMS = [
    item(
        *(
            1,
            "Alpha",
            version(10, 60 * GB, resolution="4k", codec="hevc", picture="dolby_vision", sound="truehd", bitrate=60000),
        ),
        genres="Action Drama",
        year=2010,
        addedAt=100,
        viewCount=2,
        lastViewedAt=500,
        studio="One",
    ),
    item(
        *(
            2,
            "Über",
            version(20, 30 * GB, resolution="4k", codec="hevc", picture="hdr10", audio="de en-GB", text="en de"),
        ),
        version(21, 4 * GB, resolution="720", audio="de", container="mp4", bitrate=3000),
        genres="Drama",
        year=1999,
        addedAt=300,
        originalTitle="Over",
        studio="Two",
    ),
    item(
        *(3, "The Gamma", version(30, 2 * GB, resolution="480", sound="aac", audio="fra", bitrate=1500)),
        titleSort="Gamma",
        year=1985,
        addedAt=200,
        ids="tmdb",
        genres="Épopée",
        lastViewedAt=100,
        viewCount=1,
    ),
    item(4, "Delta", '<Media id="40"><Part id="40" file="/media/40.mkv" size="7"/></Media>', addedAt=50, ids=""),
]
SHARED = version(50, GB, file="/media/shared.mkv", audio="en")
EPISODES = [
    item(5, "Show", kind="show", ids="tvdb"),
    item(6, "Season 1", kind="season", parentTitle="Show", ids=""),
    item(7, "One", SHARED, kind="episode", grandparentTitle="Show", parentIndex=1, index=1, addedAt=400, ids=""),
    item(
        8, "Two", SHARED.replace('id="50"', 'id="51"'), kind="episode", grandparentTitle="Show", parentIndex=1, index=2
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("find") / "inventory.db")
    libraries = [Library("u1", "1", "Films", "movie"), Library("u2", "2", "Series", "show")]
    for library, items in zip(libraries, (FILMS, EPISODES), strict=True):
        parser = ItemParser(Target(made.put_library(library).id))
        parser.feed(f"<MediaContainer>{''.join(items)}</MediaContainer>")
        made.put(parser.close())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"libraries": ("u1",)}, {1, 2, 3, 4}),
        ({"libraries": ("u1", "u2")}, {1, 2, 3, 4, 5, 6, 7, 8}),
        ({"libraries": ("nobody",)}, set()),
        ({"rating_keys": (1, 7, 99)}, {1, 7}),
        ({"kinds": ("episode",)}, {7, 8}),
        ({"kinds": ("movie", "show")}, {1, 2, 3, 4, 5}),
        ({"text": "ALPH"}, {1}),
        ({"text": "über"}, {2}),
        ({"text": "ÜBER"}, {2}),
        ({"text": "u\u0308ber"}, {2}),
        ({"text": "uber"}, {2}),
        ({"text": "ü"}, {2}),
        ({"text": "o"}, {2, 5, 6, 7, 8}),
        ({"text": "ta"}, {4}),
        ({"text": " "}, {3, 6}),
        ({"text": "over"}, {2}),
        ({"text": "show"}, {5, 6, 7, 8}),
        ({"text": "%"}, set()),
        ({"years": (1999, 2010)}, {1, 2}),
        ({"years": (None, 1990)}, {3}),
        ({"years": (2000, None)}, {1}),
        ({"genres": ("drama",)}, {1, 2}),
        ({"genres": ("action", "comedy")}, {1}),
        ({"genres": ("Épopée",)}, {3}),
        ({"resolutions": ("4k",)}, {1, 2}),
        ({"resolutions": ("720p", "480p")}, {2, 3}),
        ({"dynamic_ranges": ("dolby_vision",)}, {1}),
        ({"dynamic_ranges": ("dolby_vision", "hdr10")}, {1, 2}),
        ({"resolutions": ("720p",), "dynamic_ranges": ("hdr10",)}, set()),
        ({"audio_profiles": ("dolby_truehd",)}, {1}),
        ({"audio_profiles": ("ac3",)}, {2, 7, 8}),
        ({"video_codecs": ("hevc",)}, {1, 2}),
        ({"audio_codecs": ("aac",)}, {3}),
        ({"containers": ("mp4",)}, {2}),
        ({"audio_language": "en"}, {1, 2, 7, 8}),
        ({"audio_language": "en-GB"}, {2}),
        ({"audio_language": "eng"}, {1, 2, 7, 8}),
        ({"audio_language": "fr"}, {3}),
        ({"audio_language": "fre"}, {3}),
        ({"audio_language_missing": "en", "kinds": ("movie",)}, {2, 3, 4}),
        ({"subtitle_language": "de"}, {2}),
        ({"subtitle_language_missing": "en", "resolutions": ("4k",)}, {1}),
        ({"bigger_than": 29 * GB}, {1, 2}),
        ({"smaller_than": 5 * GB, "kinds": ("movie",)}, {2, 3, 4}),
        ({"bitrate_above": 50000}, {1}),
        ({"bitrate_below": 2000}, {3}),
        ({"added_after": 200}, {2, 7}),
        ({"added_before": 100}, {4}),
        ({"played_after": 200}, {1}),
        ({"played_before": 200}, {3}),
        ({"unplayed_since": 200, "kinds": ("movie",)}, {2, 3, 4}),
        ({"never_played": True, "kinds": ("movie",)}, {2, 4}),
        ({"missing_ids": ("imdb",), "kinds": ("movie",)}, {3, 4}),
        ({"missing_ids": ("imdb", "tmdb"), "kinds": ("movie",)}, {3, 4}),
        ({"missing_ids": ("tmdb",), "kinds": ("movie", "show")}, {4, 5}),
        ({"several_versions": True}, {2}),
        ({"several_versions": True, "resolutions": ("720p",), "libraries": ("u1",), "text": "ü"}, {2}),
    ],
    ids=str,
)
def test_conditions(store, query, keys):
    found = find(store, Query(**query))
    assert {row["rating_key"] for row in found.items} == keys
    assert found.total == len(keys)


def keys(store, **query):
    return [row["rating_key"] for row in find(store, Query(kinds=("movie",), **query)).items]


def test_order(store):
    assert keys(store) == [1, 4, 3, 2]
    assert keys(store, descending=True) == [2, 3, 4, 1]
    assert keys(store, sort="added", descending=True) == [2, 3, 1, 4]
    assert keys(store, sort="played", descending=True) == [1, 3, 2, 4]
    assert keys(store, sort="played") == [3, 1, 2, 4]
    episodes = find(store, Query(kinds=("episode",), sort="episode", descending=True)).items
    assert [row["episode"] for row in episodes] == [2, 1]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_works(store, sort):
    assert len(keys(store, sort=sort)) == 4


def test_parts_of_an_answer(store):
    assert keys(store, limit=2) == [1, 4]
    assert keys(store, limit=2, offset=2) == [3, 2]
    assert keys(store, limit=0) == []
    assert keys(store, limit=-5) == []
    assert find(store, Query(limit=1)).total == 8


def test_rare_and_common_answers_are_the_same(store, monkeypatch):
    asked: list[dict[str, Any]] = [
        {"resolutions": ("4k",)},
        {"text": "e"},
        {"text": "e", "resolutions": ("4k",), "bigger_than": 1},
    ]
    wanted = [keys(store, **query) for query in asked]
    for name in ("RARE", "RARE_TITLES"):
        monkeypatch.setattr(f"custom_components.plex_steward.plex.find.{name}", -1)
    assert [keys(store, **query) for query in asked] == wanted == [[1, 2], [4, 3, 2], [2]]


def test_fields(store):
    (row,) = find(store, Query(text="über", fields=FIELDS)).items
    assert set(row) == set(FIELDS)
    assert (row["library"], row["library_uuid"], row["genres"]) == ("Films", "u1", ["Drama"])
    assert (row["resolution"], row["version_count"], row["size"]) == ("4k", 2, 34 * GB)
    first, second = row["versions"]
    assert (first["resolution"], second["resolution"]) == ("4k", "720p")
    assert first["files"] == [{"file": "/media/20.mkv", "size": 30 * GB}]
    assert [stream["language"] for stream in first["audio"]] == ["de", "en-GB"]
    assert [stream["language"] for stream in first["subtitles"]] == ["en", "de"]
    assert set(find(store, Query()).items[0]) == set(DEFAULT_FIELDS)


@pytest.mark.parametrize("query", [{"fields": ("nonsense",)}, {"sort": "nonsense"}])
def test_unknown_words_are_refused(store, query):
    with pytest.raises(KeyError):
        find(store, Query(**query))
    with pytest.raises(KeyError):
        group(store, Query(), "nonsense")


def lines(store, by, **query):
    return {line.value: (line.count, line.size) for line in group(store, Query(**query), by)}


def test_breakdowns_of_files(store):
    films = ("movie",)
    assert lines(store, "resolution", kinds=films) == {
        "4k": (2, 90 * GB),
        "720p": (1, 4 * GB),
        "480p": (1, 2 * GB),
        None: (1, 7),
    }
    assert lines(store, "dynamic_range", kinds=films)["sdr"] == (2, 6 * GB)
    assert lines(store, "container", kinds=films, video_codecs=("h264",)) == {"mp4": (1, 4 * GB), "mkv": (1, 2 * GB)}


def test_breakdowns_of_sets_count_an_item_once(store):
    films = ("movie",)
    found = lines(store, "audio_language", kinds=films)
    assert found == {"en": (1, 60 * GB), "de": (1, 34 * GB), "en-GB": (1, 30 * GB), "fra": (1, 2 * GB), None: (1, 7)}
    assert lines(store, "genre", kinds=films)["Drama"] == (2, 94 * GB)
    assert lines(store, "subtitle_language", kinds=films)[None] == (4, 66 * GB + 7)


def test_breakdowns_of_items(store):
    assert lines(store, "library") == {"Films": (4, 96 * GB + 7), "Series": (4, GB)}
    assert lines(store, "decade", kinds=("movie",))[1990] == (1, 34 * GB)
    assert lines(store, "studio", kinds=("movie",))[None] == (2, 2 * GB + 7)


def test_a_shared_file_counts_once(store):
    for by in ("resolution", "audio_language", "kind", "show"):
        assert lines(store, by, kinds=("episode",)).popitem()[1] == (2, GB)
    assert find(store, Query(kinds=("episode",), fields=("size",))).items == [{"size": GB}, {"size": GB}]


def test_a_file_that_comes_to_be_shared_counts_once_from_then_on(tmp_path):
    store = Store(tmp_path / "inventory.db")
    library = store.put_library(Library("u2", "2", "Series", "show")).id
    for number, episode in enumerate(EPISODES[2:], 1):
        parser = ItemParser(Target(library))
        parser.feed(f"<MediaContainer>{episode}</MediaContainer>")
        store.put(parser.close())
        assert lines(store, "resolution") == {"1080p": (number, GB)}
    store.close()


@pytest.mark.parametrize("by", GROUPS)
def test_every_breakdown_is_whole(store, by):
    found = group(store, Query(kinds=("movie",)), by)
    assert all(isinstance(line, Group) for line in found)
    assert sum(line.count for line in found) >= 4
    assert [line.count for line in found] == sorted((line.count for line in found), reverse=True)


def test_names(store):
    found = names(store, [2, 7, 999])
    assert set(found) == {2, 7}
    assert (found[7].show_title, found[7].season, found[7].episode) == ("Show", 1, 1)
    assert "Über" not in repr(found[2])


def test_numbers_of_libraries(store):
    found = summaries(store)
    films, series = found["u1"], found["u2"]
    assert films.newest
    assert series.newest
    assert (films.items, films.counts, films.size) == (4, {"movie": 4}, 96 * GB + 7)
    assert (films.newest.title, films.newest.added, films.newest.rating_key) == ("Über", 300, 2)
    assert films.by_resolution == {"4k": 2, "480p": 1, "unknown": 1}
    assert films.by_dynamic_range == {"dolby_vision": 1, "hdr10": 1, "sdr": 1, "unknown": 1}
    assert films.by_audio_profile == {"dolby_truehd": 1, "ac3": 1, "aac": 1, "unknown": 1}
    assert (series.items, series.counts, series.size) == (1, {"show": 1, "season": 1, "episode": 2}, GB)
    assert series.newest.show_title == "Show"
    assert series.swept_at is None
    assert "Über" not in repr(films)
