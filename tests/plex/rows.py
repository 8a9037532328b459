"""Rows of a session list as servers send them, for tests."""

from typing import Any

type Row = dict[str, Any]

HDR10 = "4K HDR10 (HEVC Main 10)"


def stream(kind: int, codec: str, **more: Any) -> Row:
    """A stream of a part; ids are text in session lists."""
    return {"id": str(100 + kind), "streamType": kind, "codec": codec, "selected": True, **more}


def session(
    key: str = "1",
    *,
    media: Row | None = None,
    part: Row | None = None,
    streams: list[Row] | None = None,
    work: Row | None = None,
    user: Row | None = None,
    player: Row | None = None,
    session: Row | None = None,
    drop: tuple[str, ...] = (),
    **item: Any,
) -> Row:
    """A film that is played directly, changed by the arguments."""
    row: Row = {
        "type": "movie",
        "title": "Sintel",
        "year": 2010,
        "ratingKey": "77",
        "key": "/library/metadata/77",
        "sessionKey": key,
        "librarySectionID": "1",
        "librarySectionTitle": "Films",
        "duration": 888000,
        "viewOffset": 60000,
        "guid": "plex://movie/77",
        "Media": [
            {
                "id": "10",
                "container": "mkv",
                "videoCodec": "hevc",
                "audioCodec": "truehd",
                "videoResolution": "4k",
                "width": 3840,
                "height": 2160,
                "bitrate": 24000,
                "videoFrameRate": "24p",
                "selected": True,
                **(media or {}),
                "Part": [
                    {
                        "id": "20",
                        "file": "/films/Sintel.mkv",
                        "container": "mkv",
                        "decision": "directplay",
                        "selected": True,
                        **(part or {}),
                        "Stream": [
                            stream(1, "hevc", colorTrc="smpte2084", bitDepth=10, displayTitle=HDR10),
                            stream(2, "truehd", channels=8, languageTag="en", displayTitle="English (TRUEHD 7.1)"),
                        ]
                        if streams is None
                        else streams,
                    }
                ],
            }
        ],
        "User": {"id": "1", "title": "ana", **(user or {})},
        "Player": {
            "address": "192.0.2.7",
            "machineIdentifier": "tv",
            "product": "Plex for LG",
            "title": "Living room",
            "state": "playing",
            "local": True,
            "userID": 1,
            **(player or {}),
        },
        "Session": {"id": f"s{key}", "bandwidth": 26000, "location": "lan", **(session or {})},
        **item,
    }
    if work is not None:
        row["TranscodeSession"] = {"key": "/transcode/sessions/abc", "throttled": False, "speed": 2.1, **work}
    for name in drop:
        del row[name]
    return row


def transcoded(key: str = "1", **more: Any) -> Row:
    """A film whose picture and sound are converted: its attributes speak of the output."""
    full: Row = {
        "media": {"videoCodec": "h264", "audioCodec": "aac", "videoResolution": "720p", "width": 1280, "height": 720}
        | {"protocol": "dash", "bitrate": 4000, "container": "mp4"},
        "part": {"decision": "transcode", "container": "mp4", "file": None},
        "streams": [
            stream(1, "h264", decision="transcode", width=1280, height=720, displayTitle=HDR10),
            stream(2, "aac", decision="transcode", channels=2, displayTitle="English (DTS-HD MA 5.1)"),
        ],
        "work": {"videoDecision": "transcode", "audioDecision": "transcode", "container": "mp4", "protocol": "dash"}
        | {"sourceVideoCodec": "hevc", "sourceAudioCodec": "dca", "videoCodec": "h264", "audioCodec": "aac"},
    } | more
    return session(key, **full)
