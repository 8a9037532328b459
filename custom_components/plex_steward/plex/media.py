"""What is inside a file or a delivered stream: picture, sound, subtitle.

Built from the server's attributes, for playing sessions and for whole libraries alike.
"""

from dataclasses import dataclass
import re
from typing import Final, Self

from .fields import children, chosen, flag, integer, number, positive, text
from .models import Row
from .quality import DynamicRange, dynamic_range, resolution
from .sound import audio_profile

VIDEO, AUDIO, SUBTITLE = 1, 2, 3
"""`streamType`; 4 is lyrics."""
ABSURD_RATE: Final = 10_000_000
"""Bitrates from here on (kbit/s) are what Plex writes for "unknown"; seen are 10000000 and 2147483647."""

_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_CHANNELS: Final = {name: count for count, name in _LAYOUTS.items()}
# "English (DTS-HD MA 5.1)", "1080p (HEVC Main 10 HDR)": what a title of the server says in its brackets.
_BRACKETS: Final = re.compile(r"\(([^()]+)\)")
_TITLE_VIDEO: Final = re.compile(r"\b(hevc|h\.?26[45]|av1|vp9|mpeg-?[24]|mpeg4|mpeg2video|vc-?1)\b", re.IGNORECASE)
_TITLE_RESOLUTION: Final = re.compile(r"^\s*(8k|4k|2k|sd|\d{3,4})[pi]?\b", re.IGNORECASE)
_TITLE_LAYOUT: Final = re.compile(r"\b(mono|stereo|[2-7]\.[01])\b", re.IGNORECASE)
_VIDEO_NAMES: Final = {"h.264": "h264", "h.265": "hevc", "h265": "hevc", "mpeg-2": "mpeg2video", "vc-1": "vc1"}


@dataclass(frozen=True, slots=True)
class Video:
    """A picture."""

    codec: str | None = None
    resolution: str | None = None
    """A class of `quality.RESOLUTIONS`."""
    width: int | None = None
    height: int | None = None
    dynamic_range: DynamicRange | None = None
    dolby_vision_profile: int | None = None
    bitrate: int | None = None
    """kbit/s."""
    frame_rate: float | None = None
    bit_depth: int | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound track."""

    codec: str | None = None
    profile: str | None = None
    """Audio profile: a word of `sound.RANKED` or the codec."""
    channels: int | None = None
    layout: str | None = None
    language: str | None = None
    """BCP 47 where the server knows it, else ISO 639-2."""
    bitrate: int | None = None


@dataclass(frozen=True, slots=True)
class Subtitle:
    """The subtitle that is shown."""

    codec: str | None = None
    language: str | None = None
    forced: bool = False
    burned: bool = False
    """Painted into the picture by the server."""


@dataclass(frozen=True, slots=True)
class Content:
    """One side of a stream: the file, or what the player receives."""

    container: str | None = None
    bitrate: int | None = None
    """kbit/s, all together."""
    video: Video | None = None
    audio: Audio | None = None
    subtitle: Subtitle | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one version that are being played."""

    media: Row
    part: Row
    video: Row | None
    audio: Row | None
    subtitle: Row | None

    @classmethod
    def of(cls, item: Row) -> Self:
        """Pick the selected version, part and streams, else the first; a subtitle only when it is selected."""
        media = chosen(children(item, "Media")) or {}
        part = chosen(children(media, "Part")) or {}
        streams = children(part, "Stream")
        subtitle = chosen(of_type(streams, SUBTITLE))
        return cls(
            media,
            part,
            chosen(of_type(streams, VIDEO)),
            chosen(of_type(streams, AUDIO)),
            subtitle if subtitle and flag(subtitle, "selected") else None,
        )


def of_type(streams: list[Row], kind: int) -> list[Row]:
    """Return the streams of one type."""
    return [stream for stream in streams if integer(stream, "streamType") == kind]


def video(stream: Row | None, media: Row, file: str | None) -> Video | None:
    """Describe a picture by its stream and, where that is silent, by its version."""
    if stream is None and not text(media, "videoCodec"):
        return None
    row = stream or {}
    found = dynamic_range(row, file)
    width, height = (
        positive(row, "width") or positive(media, "width"),
        positive(row, "height") or positive(media, "height"),
    )
    return Video(
        codec=text(row, "codec") or text(media, "videoCodec"),
        resolution=resolution(text(media, "videoResolution"), width, height),
        width=width,
        height=height,
        dynamic_range=found.kind,
        dolby_vision_profile=found.profile,
        bitrate=positive(row, "bitrate", below=ABSURD_RATE),
        frame_rate=frame_rate(row, media),
        bit_depth=positive(row, "bitDepth"),
    )


def audio(stream: Row | None, media: Row, file: str | None) -> Audio | None:
    """Describe a sound track by its stream and, where that is silent, by its version."""
    if stream is None and not text(media, "audioCodec"):
        return None
    row = stream or {}
    channels = positive(row, "channels") or positive(media, "audioChannels")
    known = row if text(row, "codec") else {**row, "codec": text(media, "audioCodec")}
    return Audio(
        codec=text(known, "codec"),
        profile=audio_profile(known, file),
        channels=channels,
        layout=text(row, "audioChannelLayout") or _LAYOUTS.get(channels or 0),
        language=language(row),
        bitrate=positive(row, "bitrate", below=ABSURD_RATE),
    )


def subtitle(stream: Row | None) -> Subtitle | None:
    """Describe the shown subtitle."""
    if stream is None:
        return None
    burned = text(stream, "decision") == "burn"
    return Subtitle(text(stream, "codec", "format"), language(stream), flag(stream, "forced") is True, burned)


def content(chosen_rows: Chosen) -> Content:
    """Describe a version as its rows have it."""
    media, part = chosen_rows.media, chosen_rows.part
    file = text(part, "file")
    return Content(
        container=text(part, "container") or text(media, "container"),
        bitrate=positive(media, "bitrate", below=ABSURD_RATE),
        video=video(chosen_rows.video, media, file),
        audio=audio(chosen_rows.audio, media, file),
        subtitle=subtitle(chosen_rows.subtitle),
    )


def language(stream: Row) -> str | None:
    """Return the language's code; the `language` field is a name in the server's language."""
    return text(stream, "languageTag", "languageCode")


def frame_rate(stream: Row, media: Row) -> float | None:
    """Return frames per second: a number on streams, a word such as `24p`, `PAL` or `NTSC` on versions."""
    found = number(stream, "frameRate")
    if found is None:
        word = (text(media, "videoFrameRate") or "").lower()
        known = {"pal": 25.0, "ntsc": 29.97, "film": 23.976}.get(word)
        found = known if known is not None else number({"rate": word.rstrip("pi")}, "rate")
    return round(found, 3) if found and found > 0 else None


def video_from_title(title: str | None) -> Video | None:
    """Read what a display title says of the source while the other attributes describe the output."""
    if not title:
        return None
    codec = _TITLE_VIDEO.search(title)
    size = _TITLE_RESOLUTION.match(title)
    name = codec[1].lower() if codec else None
    found = dynamic_range({"displayTitle": title})
    return Video(
        codec=_VIDEO_NAMES.get(name or "", name),
        resolution=resolution(size[1]) if size else None,
        dynamic_range=found.kind,
        dolby_vision_profile=found.profile,
    )


def audio_from_title(title: str | None) -> Audio | None:
    """Read what a display title says of the source, such as `English (DTS-HD MA 5.1)`."""
    bracket = _BRACKETS.findall(title or "")
    if not bracket:
        return None
    layout = _TITLE_LAYOUT.search(bracket[-1])
    name = layout[1].lower() if layout else None
    return Audio(profile=audio_profile({"displayTitle": bracket[-1]}), channels=_CHANNELS.get(name or ""), layout=name)
