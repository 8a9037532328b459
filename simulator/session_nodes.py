"""Playbacks as nodes. With a transcode, media describe what is delivered, and display titles what lies on the disk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .answers import Node
from .nodes import View, item_node, section_attrs

if TYPE_CHECKING:
    from .model import Attrs, Media, Part, Stream
    from .sessions import Viewing

DECODERS = {"nvenc": "nvdec", "qsv": "vaapi", "vaapi": "vaapi", "videotoolbox": "videotoolbox", "mf": "dxva2"}
TITLES = {"nvenc": "Nvidia (NVENC)", "qsv": "Intel Quick Sync", "vaapi": "VAAPI", "videotoolbox": "VideoToolbox"}
HEIGHTS = {"4k": (3840, 2160), "1080": (1920, 1080), "720": (1280, 720), "480": (854, 480), "sd": (640, 360)}
BITRATES = {"4k": 20_000, "1080": 8_000, "720": 3_000, "480": 1_500, "sd": 700}
BARE = View(without_elements=frozenset({"Media", "Image"}), full=True)


def session_node(viewing: Viewing, *, old: bool) -> Node:
    """Make the node of one playback."""
    node = item_node(viewing.item, BARE)
    node.attrs |= {"sessionKey": viewing.key, "viewOffset": viewing.offset or None}
    if viewing.item.section.id > 0:
        node.attrs |= section_attrs(viewing.item.section) | {"librarySectionID": str(viewing.item.section.id)}
    elif "librarySectionID" not in viewing.item.extra:
        for name in ("librarySectionID", "librarySectionTitle", "librarySectionKey"):
            node.attrs.pop(name, None)
    lost = viewing.missing
    if "Media" not in lost and viewing.item.media:
        node.children.append(_media(viewing, old=old))
    if "User" not in lost:
        node.children.append(Node("User", viewing.user.attrs()))
    if "Player" not in lost:
        node.children.append(Node("Player", viewing.player.attrs(viewing.state, viewing.user.id)))
    if "Session" not in lost and viewing.kind != "photo":
        attrs: Attrs = {"id": viewing.id, "bandwidth": viewing.bandwidth, "location": viewing.location}
        node.children.append(Node("Session", attrs))
    if viewing.transcode_id and "TranscodeSession" not in lost:
        node.children.append(transcode_node(viewing))
    _override(node, viewing.override)
    return node


def _override(node: Node, over: dict[str, Attrs]) -> None:
    if node.tag in over:
        node.attrs |= over[node.tag]
    if f"Stream{node.attrs.get('streamType')}" in over and node.tag == "Stream":
        node.attrs |= over[f"Stream{node.attrs['streamType']}"]
    for child in node.children:
        _override(child, over)


def _media(viewing: Viewing, *, old: bool) -> Node:
    versions = viewing.item.media
    media = versions[min(viewing.version, len(versions) - 1)]
    decided = viewing.decided
    attrs: Attrs = {"id": str(media.id), **media.attrs, "selected": True}
    if decided is not None:
        attrs |= _delivered(viewing, media)
    parts = [_part(viewing, part, old=old) for part in media.parts[:1]]
    return Node("Media", attrs, parts)


def _delivered(viewing: Viewing, media: Media) -> Attrs:
    """Give what the player gets, in the words of Media."""
    video, audio, _ = viewing.decided or ("", "", "")
    out: Attrs = {"container": "mp4", "protocol": "dash", "optimizedForStreaming": True}
    if video == "transcode":
        width, height = HEIGHTS.get(viewing.resolution, HEIGHTS["720"])
        label = viewing.resolution if viewing.resolution == "4k" else f"{viewing.resolution}p"
        out |= {
            "videoCodec": "h264",
            "width": width,
            "height": height,
            "bitrate": BITRATES.get(viewing.resolution, 3000),
        }
        out |= {"videoResolution": "SD" if viewing.resolution == "sd" else label, "videoProfile": "high"}
    elif "height" in media.attrs:
        resolution = str(media.attrs.get("videoResolution", ""))
        out["videoResolution"] = f"{resolution}p" if resolution.isdigit() else resolution
    if audio == "transcode":
        out |= {"audioCodec": "aac" if video else "mp3", "audioChannels": 2}
    if not video:
        out |= {"container": "mp3", "protocol": "http", "bitrate": 320}
    return out


def _part(viewing: Viewing, part: Part, *, old: bool) -> Node:
    decided = viewing.decided
    attrs: Attrs = {
        "id": str(part.id),
        "key": f"/library/parts/{part.id}/file",
        "file": None if "file" in viewing.missing else part.file or None,
        "size": part.size,
        "container": "mp4" if decided is not None else part.container,
        "duration": part.duration or None,
        "selected": True,
    }
    if not old and "decision" not in viewing.missing:
        attrs["decision"] = "directplay" if decided is None else "transcode"
    streams = [_stream(viewing, stream, decision, old=old) for stream, decision in _chosen(viewing, part)]
    return Node("Part", attrs, streams)


def _chosen(viewing: Viewing, part: Part) -> list[tuple[Stream, str]]:
    """Give the streams to show with the decision for each; a transcode lists only what it uses."""
    decided = viewing.decided
    video, audio, subtitle = decided or ("", "", "")
    rows: list[tuple[Stream, str]] = []
    wanted = {2: viewing.audio, 3: 0 if viewing.subtitle or subtitle else -1}
    seen: dict[int, int] = {}
    for stream in part.streams:
        number = seen.get(stream.kind, 0)
        seen[stream.kind] = number + 1
        if stream.kind in wanted and decided is not None and number != wanted[stream.kind]:
            continue
        rows.append(
            (stream, {1: video, 2: audio, 3: subtitle or ("transcode" if decided else "")}.get(stream.kind, ""))
        )
    return rows


def _stream(viewing: Viewing, stream: Stream, decision: str, *, old: bool) -> Node:
    attrs: Attrs = {**stream.attrs, "id": str(stream.attrs["id"])}
    attrs.pop("selected", None)
    first = stream.kind == 1 or (stream.kind == 3 and (viewing.subtitle or bool(decision)))
    if first or (stream.kind == 2 and (viewing.decided is not None or _is_audio(viewing, stream))):
        attrs["selected"] = True
    if decision == "transcode" and stream.kind == 1:
        width, height = HEIGHTS.get(viewing.resolution, HEIGHTS["720"])
        attrs |= {"codec": "h264", "width": width, "height": height, "bitrate": BITRATES.get(viewing.resolution, 3000)}
        for name in [name for name in attrs if name.startswith("DOVI") or name in ("colorTrc", "HDR10PlusPresent")]:
            del attrs[name]
    elif decision == "transcode" and stream.kind == 2:
        attrs |= {"codec": "aac", "channels": 2, "bitrate": 256, "audioChannelLayout": "stereo"}
        attrs.pop("profile", None)
    if old or "decision" in viewing.missing:
        return Node("Stream", attrs)
    if decision:
        attrs["decision"] = decision
    places = {1: "segments-video", 2: "segments-audio", 3: "segments-subs"}
    attrs["location"] = "direct" if viewing.decided is None else places.get(stream.kind, "segments-av")
    if decision == "burn":
        attrs["location"] = "embedded"
    return Node("Stream", attrs)


def _is_audio(viewing: Viewing, stream: Stream) -> bool:
    media = viewing.item.media
    part = media[min(viewing.version, len(media) - 1)].parts[0]
    tracks = [one for one in part.streams if one.kind == 2]
    chosen = tracks[min(viewing.audio, len(tracks) - 1)]
    return chosen.attrs["id"] == stream.attrs["id"]


def _source_codec(viewing: Viewing, kind: int) -> str:
    for media in viewing.item.media[viewing.version : viewing.version + 1]:
        for part in media.parts[:1]:
            streams = [stream for stream in part.streams if stream.kind == kind]
            if streams:
                return str(streams[min(viewing.audio if kind == 2 else 0, len(streams) - 1)].attrs.get("codec", ""))
    return ""


def transcode_node(viewing: Viewing, *, bare: bool = False) -> Node:
    """Make a TranscodeSession; the old list calls it by its bare id."""
    video, audio, subtitle = viewing.decided or ("", "", "")
    live = viewing.kind == "live"
    duration = viewing.item.duration
    attrs: Attrs = {
        "key": viewing.transcode_id if bare else f"/transcode/sessions/{viewing.transcode_id}",
        "throttled": viewing.throttled,
        "complete": False,
        "progress": -1 if live else round(min(100.0, viewing.offset * 100 / max(duration, 1) + 2), 1),
        "size": -22,
        "speed": 0.0 if viewing.throttled else viewing.speed,
        "error": False,
        "duration": duration,
        "remaining": max(0, (duration - viewing.offset) // 1000),
        "context": "streaming",
        "sourceVideoCodec": ("" if live else _source_codec(viewing, 1)) if video else None,
        "sourceAudioCodec": "" if live else _source_codec(viewing, 2),
        "videoDecision": video or None,
        "audioDecision": audio or None,
        "subtitleDecision": subtitle or None,
        "protocol": "dash" if video else "http",
        "container": "mp4" if video else "mp3",
        "audioChannels": 2 if audio == "transcode" else 6,
        "audioCodec": ("aac" if video else "mp3") if audio == "transcode" else _source_codec(viewing, 2),
    }
    if video:
        attrs["videoCodec"] = "h264" if video == "transcode" else _source_codec(viewing, 1)
        if video == "transcode":
            attrs["width"], attrs["height"] = HEIGHTS.get(viewing.resolution, HEIGHTS["720"])
        attrs["transcodeHwRequested"] = viewing.hardware_requested
        if viewing.hardware and video == "transcode":
            attrs |= {
                "transcodeHwDecoding": DECODERS.get(viewing.hardware, viewing.hardware),
                "transcodeHwDecodingTitle": TITLES.get(viewing.hardware, viewing.hardware),
                "transcodeHwEncoding": viewing.hardware,
                "transcodeHwEncodingTitle": TITLES.get(viewing.hardware, viewing.hardware),
                "transcodeHwFullPipeline": True,
            }
    attrs |= {
        "timeStamp": round(time.time(), 3),
        "maxOffsetAvailable": viewing.offset / 1000 + 60,
        "minOffsetAvailable": 0,
    }
    return Node("TranscodeSession", attrs)
