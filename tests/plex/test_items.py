"""The parser of listings: every fact of an item arrives in its row, however odd the item is."""

import json

import pytest

from custom_components.plex_steward.plex import schema
from custom_components.plex_steward.plex.columns import fold, look_id
from custom_components.plex_steward.plex.items import ItemParser, Target

HEAD = '<?xml version="1.0" encoding="UTF-8"?><MediaContainer size="1" totalSize="9">'
VIDEO = (
    '<Stream id="1" streamType="1" codec="hevc" bitDepth="10" colorTrc="smpte2084"'
    ' frameRate="23.975999999" profile="main 10"/>'
)
ENGLISH = (
    '<Stream id="2" streamType="2" codec="truehd" channels="8" languageTag="en"'
    ' audioChannelLayout="7.1" default="1" title="Atmos"/>'
)
GERMAN = '<Stream id="3" streamType="2" codec="ac3" channels="6" languageCode="deu"/>'
FORCED = '<Stream id="4" streamType="3" codec="pgs" languageTag="en" forced="1" hearingImpaired="1"/>'
BESIDE = '<Stream id="5" streamType="3" codec="srt" languageTag="fr" key="/library/streams/5"/>'
LYRICS = '<Stream id="6" streamType="4" codec="lrc"/>'


def film(inner="", **attributes):
    known = {"ratingKey": "7", "type": "movie", "title": "Film", "updatedAt": "100", "addedAt": "90"} | attributes
    written = " ".join(f'{name}="{value}"' for name, value in known.items() if value)
    return f"<Video {written}>{inner}</Video>"


def media(*parts, **attributes):
    known = {"id": "70", "videoCodec": "hevc", "audioCodec": "truehd", "videoResolution": "4k", "container": "mkv"}
    known |= {"bitrate": "50000", "width": "3840", "height": "1600", "duration": "5000"} | attributes
    written = " ".join(f'{name}="{value}"' for name, value in known.items() if value)
    return f"<Media {written}>{''.join(parts)}</Media>"


def part(*streams, number="700", file="/films/Film.mkv", size="1000"):
    named = f' file="{file}"' if file else ""
    return f'<Part id="{number}"{named} size="{size}">{"".join(streams)}</Part>'


def parse(*items, slices=0, **target):
    parser = ItemParser(Target(1, sweep=3, **target))
    text = (HEAD + "".join(items) + "</MediaContainer>").encode()
    step = slices or len(text)
    for start in range(0, len(text), step):
        parser.feed(text[start : start + step])
    return parser.close()


def item(*items, **target):
    (row,) = parse(*items, **target).items
    return dict(zip(schema.ITEM, row, strict=True))


def versions(*items):
    return versions_of(parse(*items))


def versions_of(rows):
    """Give versions with their looks."""
    found = [dict(zip(schema.VERSION_COLUMNS, row, strict=True)) for row in rows.versions]
    looks = {key: dict(zip(schema.LOOK, (key, *look), strict=True)) for key, look in rows.looks.items()}
    return [version | looks[version["look"]] for version in found]


def test_an_item():
    found = item(
        film(
            '<Genre tag="Action"/><Genre tag="Drama"/><Guid id="imdb://tt1"/><Guid id="tmdb://2"/><Guid id="tvdb://3"/>',
            titleSort="film, The",
            originalTitle="ORIGINAL",
            year="2010",
            editionTitle="Director's Cut",
            rating="7.5",
            studio="Studio",
            contentRating="PG",
            duration="5000",
            viewCount="2",
            lastViewedAt="95",
            guid="plex://movie/1",
        )
    )
    assert (found["id"], found["library"], found["kind"], found["sweep"]) == (7, 1, "movie", 3)
    assert (found["title"], found["sort_title"], found["original_title"]) == ("Film", "film, the", "ORIGINAL")
    assert (found["year"], found["edition"], found["rating"], found["studio"]) == (
        2010,
        "Director's Cut",
        7.5,
        "Studio",
    )
    assert (found["genres"], found["content_rating"], found["duration"]) == ("|Action|Drama|", "PG", 5000)
    assert (found["added"], found["updated"], found["plays"], found["played"]) == (90, 100, 2, 95)
    assert (found["imdb"], found["tmdb"], found["tvdb"]) == ("tt1", "2", "3")
    assert found["search"] == "film\noriginal"


def test_every_stream_of_a_version():
    (found,) = versions(film(media(part(VIDEO, ENGLISH, GERMAN, FORCED, BESIDE, LYRICS))))
    assert (found["resolution"], found["dynamic_range"], found["video_codec"]) == ("4k", "hdr10", "hevc")
    assert (found["frame_rate"], found["bit_depth"], found["video_profile"]) == (23.976, 10, "main 10")
    assert (found["container"], found["bitrate"], found["size"], found["width"]) == ("mkv", 50000, 1000, 3840)
    assert (found["audio_profiles"], found["audio_codecs"]) == ("|dolby_atmos|ac3|", "|truehd|ac3|")
    assert (found["audio_languages"], found["subtitle_languages"]) == ("|en|deu|", "|en|fr|")
    english, german = json.loads(found["audio"])
    assert english == {
        "codec": "truehd",
        "profile": None,
        "channels": 8,
        "layout": "7.1",
        "language": "en",
        "audio_profile": "dolby_atmos",
        "default": True,
    }
    assert (german["language"], german["default"]) == ("deu", False)
    forced, beside = json.loads(found["subtitles"])
    assert forced == {"codec": "pgs", "language": "en", "forced": True, "hearing_impaired": True, "external": False}
    assert (beside["external"], beside["forced"]) == (True, False)


def test_the_best_of_several_versions():
    small = media(
        part(
            '<Stream streamType="1" codec="h264" bitDepth="8"/>',
            GERMAN,
            number="701",
            file="/films/small.mp4",
            size="10",
        ),
        id="71",
        videoCodec="h264",
        videoResolution="720",
        bitrate="900",
        container="mp4",
    )
    found = item(film(small + media(part(VIDEO, ENGLISH))))
    assert (found["versions"], found["size"], found["bitrate"]) == (2, 1010, 50000)
    assert (found["resolution"], found["dynamic_range"], found["audio_profile"]) == ("4k", "hdr10", "dolby_atmos")


@pytest.mark.parametrize(
    "copy",
    [
        media(part(VIDEO, number="9", size="5"), proxyType="42", target="Mobile", title="Optimized"),
        media(part(VIDEO, number="9", size="5", file="/films/Plex Versions/Mobile/Film.mp4")),
    ],
)
def test_optimised_versions_count_for_nothing(copy):
    rows = parse(film(media(part(VIDEO, ENGLISH)) + copy))
    assert (len(rows.versions), len(rows.parts), rows.items[0][schema.ITEM.index("size")]) == (1, 1, 1000)


def test_stacked_files_are_one_version():
    rows = parse(film(media(part(VIDEO, ENGLISH), part(VIDEO, number="701", file="/films/cd2.mkv", size="500"))))
    (version,) = rows.versions
    assert version[schema.VERSION_COLUMNS.index("size")] == 1500
    assert [row[schema.PART.index("file")] for row in rows.parts] == ["/films/Film.mkv", "/films/cd2.mkv"]


def test_a_shared_file_has_one_mark():
    rows = parse(film(media(part(VIDEO))), film(media(part(VIDEO, number="999")), ratingKey="8"))
    marks = {row[schema.PART.index("mark")] for row in rows.parts}
    assert len(marks) == 1
    hidden = parse(film(media(part(VIDEO, file=None))), film(media(part(VIDEO, file=None)), ratingKey="8"))
    assert len({row[-1] for row in hidden.parts}) == 1
    assert {row[-1] for row in hidden.parts}.isdisjoint(marks)


def test_what_looks_alike_has_one_look():
    rows = parse(
        film(media(part(VIDEO, ENGLISH))),
        film(media(part(VIDEO, ENGLISH, file="/films/Other.mkv", size="5"), bitrate="7"), ratingKey="8"),
        film(media(part(VIDEO, ENGLISH), container=None), ratingKey="9"),
    )
    column = schema.VERSION_COLUMNS.index("look")
    first, second, third = [row[column] for row in rows.versions]
    assert first == second != third
    assert set(rows.looks) == {first, third}


def test_looks_with_the_same_words_in_other_places_are_others():
    assert (
        len({look_id(("a", None, "b")), look_id((None, "a", "b")), look_id(("a", "", "b")), look_id(("ab", ""))}) == 4
    )


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The Film", "the film"),
        ("ÉTÉ", "ete"),
        ("Ame\u0301lie", "amelie"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Ёлки", "елки"),
        ("\uff26ilm \u2460", "film 1"),
        ("이웃", "이웃"),
        ("がんばれ", "がんばれ"),
        ("Ą Ż", "a z"),
        ("🎬", "🎬"),
    ],
)
def test_text_is_searched_without_case_and_accents(text, folded):
    assert fold(text) == folded
    assert fold(folded) == folded
    assert item(film(title=text))["search"] == folded


def test_items_inside_items_are_not_the_listings():
    extras = f'<Extras size="1"><Video ratingKey="9" type="clip" title="Trailer">{media(part(VIDEO))}</Video></Extras>'
    related = '<Related><Hub><Video ratingKey="10" type="movie" title="Other"><Media id="1"/></Video></Hub></Related>'
    rows = parse(film(extras + related + media(part(VIDEO, ENGLISH))), film(ratingKey="8"))
    assert [row[0] for row in rows.items] == [7, 8]
    assert len(rows.versions) == 1


def test_collections_and_items_without_a_key_are_left_out():
    rows = parse('<Directory ratingKey="5" type="collection" title="C"/>', film(ratingKey=None), film())
    assert [row[0] for row in rows.items] == [7]


def test_a_file_that_is_not_analysed():
    rows = parse(film('<Media id="1"><Part id="2" file="/films/New.mkv" size="3"/></Media>'), film(ratingKey="8"))
    version = versions_of(rows)[0]
    assert (version["resolution"], version["dynamic_range"], version["audio_profiles"]) == (None, None, None)
    assert rows.bare == []
    assert [row[0] for row in rows.items] == [7, 8]


def test_streams_that_were_left_out_are_noticed():
    rows = parse(film(media(part())), film(media(part(VIDEO)), ratingKey="8"))
    assert (rows.bare, rows.streamed) == ([7], 1)
    version = versions_of(rows)[0]
    assert (version["video_codec"], version["resolution"], version["audio_profiles"]) == (
        "hevc",
        "4k",
        "|dolby_truehd|",
    )


@pytest.mark.parametrize(
    ("guid", "ids"),
    [
        ("com.plexapp.agents.imdb://tt0111161?lang=en", ("tt0111161", None, None)),
        ("com.plexapp.agents.themoviedb://278?lang=en", (None, "278", None)),
        ("com.plexapp.agents.thetvdb://81189/1/2?lang=en", (None, None, "81189")),
        ("com.plexapp.agents.none://abc", (None, None, None)),
        ("local://6", (None, None, None)),
        ("plex://movie/1", (None, None, None)),
    ],
)
def test_ids_of_old_agents(guid, ids):
    found = item(film(guid=guid))
    assert (found["imdb"], found["tmdb"], found["tvdb"]) == ids


def test_odd_values_do_no_harm():
    found = item(
        film(media(part(VIDEO, size="much"), bitrate="12.5", width="?"), year="soon", rating="nan", addedAt="")
    )
    assert (found["year"], found["rating"], found["added"], found["size"], found["bitrate"]) == (
        None,
        None,
        None,
        0,
        12,
    )


def test_episodes_and_tracks():
    found = item(
        film(
            type="episode",
            parentIndex="1",
            index="2",
            grandparentTitle="Show",
            parentTitle="Season 1",
            parentRatingKey="6",
        )
    )
    assert (found["kind"], found["season"], found["episode"]) == ("episode", 1, 2)
    assert (found["show_title"], found["parent"], found["search"]) == ("Show", 6, "film\nseason 1\nshow")
    track = '<Track ratingKey="9" type="track" title="Song" grandparentTitle="Band"/>'
    assert item(track)["kind"] == "track"


def test_a_listing_says_what_its_items_are():
    assert item(film(type="clip"), kind="movie")["kind"] == "movie"


def test_a_light_listing():
    rows = parse(film(viewCount="2", lastViewedAt="95"), film(ratingKey="8"), light=True)
    assert rows.marks == [(7, 100, 2, 95), (8, 100, 0, None)]
    assert rows.items == []


@pytest.mark.parametrize("slices", [1, 7, 100, 16384])
def test_pieces_of_any_size(slices):
    whole = film(media(part(VIDEO, ENGLISH, GERMAN)), title="Ü &amp; 日本")
    assert parse(whole, film(ratingKey="8"), slices=slices).items == parse(whole, film(ratingKey="8")).items


def test_totals():
    rows = parse(film())
    assert (rows.size, rows.total) == (1, 9)


@pytest.mark.parametrize("text", [HEAD, HEAD + film(), HEAD + "<Video", ""])
def test_a_cut_document(text):
    parser = ItemParser(Target(1))
    parser.feed(text.encode())
    with pytest.raises(Exception, match=r"element|token|closed") as caught:
        parser.close()
    assert type(caught.value).__name__ == "ExpatError"


def test_another_document():
    parser = ItemParser(Target(1))
    parser.feed(b"<html><body/></html>")
    with pytest.raises(ValueError, match="MediaContainer"):
        parser.close()
