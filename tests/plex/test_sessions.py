"""The session model: every shape of a session gives the right decisions, source and delivered facts."""

import pytest

from custom_components.plex_steward.plex.decisions import Decision
from custom_components.plex_steward.plex.describe import stream_facts
from custom_components.plex_steward.plex.quality import DynamicRange
from custom_components.plex_steward.plex.sessions import parse, streams_of
from custom_components.plex_steward.plex.streams import Kind, Location, State, network

from .rows import Row, session, stream, transcoded

PLAY, STREAM, CONVERT = Decision

COPY = [stream(1, "hevc", decision="copy", colorTrc="smpte2084"), stream(2, "truehd", decision="copy", channels=8)]
AUDIO_ONLY = [stream(1, "hevc", decision="copy"), stream(2, "aac", decision="transcode", channels=2)]
REMUX: Row = {"part": {"decision": "transcode", "container": "mp4"}, "streams": COPY}
COPYING: Row = {"videoDecision": "copy", "audioDecision": "copy", "container": "mp4", "protocol": "dash"}
ENGINES: Row = {"transcodeHwRequested": True, "transcodeHwDecoding": "vaapi", "transcodeHwEncoding": "qsv"}
SUBTITLE = stream(3, "pgs", languageTag="de", forced=True, decision="burn", location="embedded")
LIVE: Row = {"live": "1", "key": "/livetv/sessions/4", "duration": 7200000, "title": "News"}
MUSIC = [stream(2, "flac", channels=2)]
TRACK: Row = {"type": "track", "title": "Song", "parentTitle": "Album", "grandparentTitle": "Band"}
SOUND_ONLY: Row = {"videoCodec": None, "audioCodec": "flac", "videoResolution": None, "width": None, "height": None}

# Shape -> row, overall, video, audio, subtitle, container.
SHAPES = {
    "direct play": (session(), PLAY, PLAY, PLAY, None, PLAY),
    "direct play, a transcoder is attached": (
        session(work={"videoDecision": "directplay", "audioDecision": "directplay"}),
        *(PLAY, PLAY, PLAY, None, PLAY),
    ),
    "direct play, an idle transcoder claims to convert": (
        session(work={"videoDecision": "transcode", "audioDecision": "transcode"}),
        *(PLAY, PLAY, PLAY, None, PLAY),
    ),
    "old server without any decision": (session(part={"decision": None}), PLAY, PLAY, PLAY, None, PLAY),
    "remux": (session(**REMUX, work=COPYING), STREAM, STREAM, STREAM, None, STREAM),
    "remux, its transcoder not listed yet": (session(**REMUX), STREAM, STREAM, STREAM, None, STREAM),
    "remux of an old server": (
        session(part={"decision": None}, work=COPYING),
        *(STREAM, STREAM, STREAM, None, STREAM),
    ),
    "only the sound": (
        session(part={"decision": "transcode"}, streams=AUDIO_ONLY, work=COPYING | {"audioDecision": "transcode"}),
        *(CONVERT, STREAM, CONVERT, None, STREAM),
    ),
    "picture and sound": (transcoded(), CONVERT, CONVERT, CONVERT, None, STREAM),
    "the transcoder not listed yet": (transcoded(work=None), CONVERT, CONVERT, CONVERT, None, STREAM),
    "the streams say nothing": (
        transcoded(streams=[stream(1, "h264"), stream(2, "aac")]),
        *(CONVERT, CONVERT, CONVERT, None, STREAM),
    ),
    "no streams at all": (transcoded(streams=[]), CONVERT, CONVERT, CONVERT, None, STREAM),
    "no streams, direct play": (session(streams=[]), PLAY, PLAY, PLAY, None, PLAY),
    "burned in": (
        transcoded(
            streams=[stream(1, "h264", decision="transcode"), stream(2, "aac", decision="copy"), SUBTITLE],
            work={"videoDecision": "transcode", "audioDecision": "copy", "subtitleDecision": "burn"},
        ),
        *(CONVERT, CONVERT, STREAM, CONVERT, STREAM),
    ),
    "subtitle beside the file": (
        session(streams=[*COPY, stream(3, "srt", location="sidecar-subs")], part={"decision": "transcode"}),
        *(STREAM, STREAM, STREAM, PLAY, STREAM),
    ),
    "subtitle not selected": (
        session(streams=[*COPY, stream(3, "srt", selected=False)]),
        STREAM,
        STREAM,
        STREAM,
        None,
        PLAY,
    ),
    "live": (
        session(**LIVE, media={"TranscodeSession": COPYING}, part={"decision": None}),
        *(STREAM, STREAM, STREAM, None, STREAM),
    ),
    "live, its streams are wrong": (
        session(**LIVE, streams=COPY, part={"decision": "transcode"}, work=COPYING | {"videoDecision": "transcode"}),
        *(CONVERT, CONVERT, STREAM, None, STREAM),
    ),
    "music": (session(**TRACK, media=SOUND_ONLY, streams=MUSIC), PLAY, None, PLAY, None, PLAY),
    "music, converted": (
        session(
            **TRACK,
            media=SOUND_ONLY | {"audioCodec": "mp3"},
            streams=[stream(2, "mp3", decision="transcode")],
            part={"decision": "transcode"},
            work={"audioDecision": "transcode", "sourceAudioCodec": "flac", "audioCodec": "mp3"},
        ),
        *(CONVERT, None, CONVERT, None, STREAM),
    ),
    "photo": (
        session(type="photo", media=SOUND_ONLY | {"audioCodec": None}, streams=[], drop=("Session", "duration")),
        *(PLAY, None, None, None, PLAY),
    ),
    "nothing but a key": ({"sessionKey": "9"}, PLAY, None, None, None, PLAY),
}


def read(row, source=None):
    """Parse a row; the type checker need not know that it is one."""
    return parse(row, source)


@pytest.mark.parametrize(("row", "overall", "video", "audio", "subtitle", "container"), SHAPES.values(), ids=SHAPES)
def test_decisions(row, overall, video, audio, subtitle, container):
    found = read(row)
    assert found is not None
    assert found.decision is overall
    assert (found.video_decision, found.audio_decision, found.subtitle_decision) == (video, audio, subtitle)
    assert found.container_decision is container
    assert stream_facts(found)["decision"] == overall.value


def test_direct_play_delivers_the_source():
    found = read(session())
    assert found.source == found.delivered
    assert (found.source.video.codec, found.source.video.resolution) == ("hevc", "4k")
    assert found.source.video.dynamic_range is DynamicRange.HDR10
    assert (found.source.audio.profile, found.source.audio.channels) == ("dolby_truehd", 8)
    assert found.source.container == "mkv"
    assert not found.hardware


def test_output_and_source_of_a_conversion_by_hints():
    found = read(transcoded())
    assert (found.delivered.video.codec, found.delivered.video.resolution) == ("h264", "720p")
    assert found.delivered.video.dynamic_range is DynamicRange.SDR
    assert (found.delivered.audio.codec, found.delivered.audio.channels) == ("aac", 2)
    assert (found.delivered.container, found.delivered.bitrate) == ("mp4", 4000)
    assert (found.source.video.codec, found.source.video.resolution) == ("hevc", "4k")
    assert found.source.video.dynamic_range is DynamicRange.HDR10
    assert (found.source.audio.codec, found.source.audio.profile, found.source.audio.channels) == (
        "dca",
        "dts_hd_ma",
        6,
    )


def test_the_full_item_knows_the_source_best():
    versions = [
        {"id": 9, "container": "avi", "Part": [{"id": 19, "Stream": [stream(1, "mpeg4"), stream(2, "mp3")]}]},
        {
            "id": 10,
            "container": "mkv",
            "videoResolution": "4k",
            "bitrate": 60000,
            "Part": [
                {
                    "id": 20,
                    "file": "/films/Sintel.mkv",
                    "Stream": [
                        stream(1, "hevc", id=101, DOVIPresent=True, DOVIProfile=7, DOVIBLCompatID=6),
                        stream(2, "ac3", id=999, channels=6),
                        stream(2, "truehd", id=102, title="Atmos", channels=8),
                    ],
                }
            ],
        },
    ]
    found = read(transcoded(), {"ratingKey": "77", "Media": versions})
    assert (found.source.container, found.source.bitrate) == ("mkv", 60000)
    assert (found.source.video.dynamic_range, found.source.video.dolby_vision_profile) == (DynamicRange.DOLBY_VISION, 7)
    assert found.source.audio.profile == "dolby_atmos"
    assert found.delivered.video.codec == "h264"


@pytest.mark.parametrize(
    ("work", "hardware"),
    [
        ({"transcodeHwRequested": True}, False),
        (ENGINES, True),
        ({"transcodeHwDecoding": "d3d11va"}, True),
        ({"transcodeHwEncoding": "nvenc", "transcodeHwEncodingTitle": "NVIDIA"}, True),
    ],
)
def test_hardware_is_what_is_used(work, hardware):
    base = {"videoDecision": "transcode", "audioDecision": "copy"}
    found = read(transcoded(work=base | work))
    assert found.hardware is hardware
    assert found.transcode.encoder == work.get("transcodeHwEncoding")


def test_hardware_of_a_copied_picture_does_not_count():
    assert not read(session(**REMUX, work=COPYING | ENGINES)).hardware


def test_output_that_stays_as_in_the_source():
    found = read(transcoded(work={"videoDecision": "transcode", "videoCodec": "*", "container": "*"}, streams=[]))
    assert found.delivered.video.codec == "h264"


@pytest.mark.parametrize("name", ["User", "Player", "Session", "Media", "title", "ratingKey", "duration", "viewOffset"])
def test_nothing_but_the_key_is_needed(name):
    assert read(transcoded(drop=(name,))) is not None


def test_absurd_numbers_are_unknown():
    found = read(
        transcoded(
            media={"bitrate": 2147483647, "width": -1, "height": "?"},
            session={"bandwidth": 10000000},
            viewOffset=-1,
            duration="abc",
            work={"progress": -1, "size": -22, "speed": -1, "maxOffsetAvailable": 12.5},
        )
    )
    assert (found.bandwidth, found.delivered.bitrate, found.offset, found.item.duration) == (None, None, None, None)
    assert (found.transcode.progress, found.transcode.speed, found.transcode.buffered) == (None, None, None)
    assert found.progress is None


def test_numbers_may_be_text():
    found = read(
        session(
            viewOffset="444000",
            duration="888000",
            session={"bandwidth": "26000"},
            player={"local": "0", "relayed": "1", "secure": "1"},
        )
    )
    assert (found.progress, found.bandwidth) == (50.0, 26000)
    assert (found.player.local, found.player.relayed, found.player.secure) == (False, True, True)


def test_without_session_the_player_tells_the_way():
    assert read(session(drop=("Session",))).location is Location.LAN
    found = read(session(drop=("Session",), player={"local": False}))
    assert (found.location, found.id, found.bandwidth) == (Location.WAN, None, None)


def test_an_old_relayed_player():
    found = read(session(player={"local": False, "remotePublicAddress": "127.0.0.1"}, session={"location": "wan"}))
    assert found.player.relayed


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (session(type="clip", librarySectionID=-2, guid="analyzed.prerolls://1"), False),
        (session(type="clip", librarySectionID="-2"), False),
        (session(type="clip", drop=("librarySectionID",)), False),
        (session(type="clip", guid="analyzed.prerolls://1"), False),
        (session(type="track", guid="library://theme"), False),
        (session(drop=("sessionKey",)), False),
        (session(type="clip", subtype="trailer"), True),
        (session(type="clip", live=True, drop=("librarySectionID",)), True),
        (session(type="track", guid="plex://track/1"), True),
        (session(type="hologram"), True),
    ],
)
def test_prerolls_and_theme_music_are_no_streams(row, counts):
    assert bool(streams_of([row])) is counts


def test_an_idle_server():
    assert streams_of([]) == ()


def test_live_television():
    found = read(session(**LIVE, type="episode"))
    assert (found.item.kind, found.item.duration, found.item.title) == (Kind.LIVE, None, "News")


def test_names_of_items():
    episode = session(type="episode", title="Pilot", grandparentTitle="Show", parentIndex=1, index="2")
    assert read(episode).item.full_title == "Show · S01E02 · Pilot"
    assert read(session(**TRACK)).item.full_title == "Band · Song"


def test_names_and_addresses_are_not_printed():
    printed = repr(read(session()))
    assert "ana" not in printed
    assert "192.0.2.7" not in printed
    assert "Sintel" not in printed


def test_an_unknown_state():
    assert read(session(player={"state": "error"})).state is State.UNKNOWN


def test_several_versions_and_the_selected_one():
    row = session()
    other = {"id": "11", "videoResolution": "480", "Part": [{"Stream": [stream(1, "mpeg4")]}]}
    row["Media"].insert(0, other)
    assert read(row).delivered.video.codec == "hevc"
    del row["Media"][1]["selected"]
    assert read(row).delivered.video.codec == "mpeg4"


def test_one_element_without_a_list():
    row = session()
    row["Media"] = row["Media"][0]
    row["Media"]["Part"] = row["Media"]["Part"][0]
    row["User"] = [row["User"]]
    found = read(row)
    assert found.delivered.video.codec == "hevc"
    assert found.user.name == "ana"


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::6", "2001:db8:1:2"),
        ("2001:db8::1", "2001:db8:0:0"),
    ],
)
def test_networks(address, cut):
    assert network(address) == cut


def test_an_item_nobody_knows_leaves_the_hints():
    assert read(transcoded(), {}).source.video.codec == "hevc"
