"""Media facts, spelt as Plex spells them: guessed from a file's name, so that questions about quality have answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
import hashlib
import re
from typing import TYPE_CHECKING

from .model import Media, Part, Stream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Attrs

SIZES = {"4k": (3840, 2160), "1080": (1920, 1080), "720": (1280, 720), "576": (720, 576), "480": (720, 480)}
NAMES = {"4k": "4K", "1080": "1080p", "720": "720p", "576": "576p", "480": "480p"}
RATES = {"4k": 45_000, "1080": 11_000, "720": 5_000, "576": 2_200, "480": 1_600}
"""Usual kbit/s of a file of this size."""

DOLBY_VISION = {"dv5": (5, 0), "dv7": (7, 6), "dv8": (8, 1), "dv8hlg": (8, 4)}
"""Dynamic range -> Dolby Vision profile and what its base layer is compatible with."""

AUDIO: dict[str, Attrs] = {
    "aac": {"codec": "aac", "profile": "lc", "bitrate": 192, "channels": 2, "audioChannelLayout": "stereo"},
    "aac51": {"codec": "aac", "profile": "lc", "bitrate": 384, "channels": 6, "audioChannelLayout": "5.1"},
    "mp3": {"codec": "mp3", "bitrate": 320, "channels": 2, "audioChannelLayout": "stereo"},
    "ac3": {"codec": "ac3", "bitrate": 640, "channels": 6, "audioChannelLayout": "5.1(side)"},
    "eac3": {"codec": "eac3", "bitrate": 768, "channels": 6, "audioChannelLayout": "5.1(side)"},
    "eac3atmos": {
        "codec": "eac3",
        "profile": "dolby digital plus + dolby atmos",
        "bitrate": 768,
        "channels": 6,
        "audioChannelLayout": "5.1(side)",
    },
    "truehd": {"codec": "truehd", "bitrate": 3200, "channels": 8, "audioChannelLayout": "7.1"},
    "atmos": {
        "codec": "truehd",
        "profile": "dolby truehd + dolby atmos",
        "bitrate": 4300,
        "channels": 8,
        "audioChannelLayout": "7.1",
    },
    "dts": {"codec": "dca", "profile": "dts", "bitrate": 1509, "channels": 6, "audioChannelLayout": "5.1(side)"},
    "dtshdma": {"codec": "dca", "profile": "ma", "bitrate": 3600, "channels": 6, "audioChannelLayout": "5.1(side)"},
    "dtsx": {
        "codec": "dca",
        "profile": "ma",
        "bitrate": 4100,
        "channels": 8,
        "audioChannelLayout": "7.1",
        "title": "DTS:X 7.1",
    },
    "flac": {"codec": "flac", "bitrate": 900, "channels": 2, "audioChannelLayout": "stereo", "bitDepth": 16},
    "opus": {"codec": "opus", "bitrate": 160, "channels": 2, "audioChannelLayout": "stereo"},
}
AUDIO_TITLES = {
    "aac": "AAC Stereo",
    "aac51": "AAC 5.1",
    "mp3": "MP3 Stereo",
    "ac3": "AC3 5.1",
    "eac3": "EAC3 5.1",
    "eac3atmos": "EAC3 5.1 + Atmos",
    "truehd": "TRUEHD 7.1",
    "atmos": "TRUEHD 7.1 + Atmos",
    "dts": "DTS 5.1",
    "dtshdma": "DTS-HD MA 5.1",
    "dtsx": "DTS-HD MA 7.1",
    "flac": "FLAC Stereo",
    "opus": "OPUS Stereo",
}
LANGUAGES = {
    "eng": ("English", "en"),
    "deu": ("Deutsch", "de"),
    "fra": ("Français", "fr"),
    "jpn": ("日本語", "ja"),
    "spa": ("Español", "es"),
}
"""Code -> localised name and tag."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file holds."""

    resolution: str = "1080"
    """``4k``, ``1080``, ``720``, ``576``, ``480``, or empty for music."""
    codec: str = "h264"
    range: str = "sdr"
    """``sdr``, ``hdr10``, ``hdr10+``, ``hlg``, ``dv5``, ``dv7``, ``dv8``, ``dv8hlg``."""
    audio: tuple[tuple[str, str], ...] = (("aac51", "eng"),)
    """Format and language of each audio stream."""
    subtitles: tuple[str, ...] = ()


def chance(text: str) -> int:
    """Give a number that is the same for the same text, always."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:6])


_RESOLUTIONS = (
    ("4k", r"2160[pi]|4k|uhd"),
    ("1080", r"1080[pi]|bd"),
    ("720", r"720[pi]"),
    ("576", r"576[pi]"),
    ("480", r"480[pi]|dvd"),
)
_RANGES = (
    ("dv5", r"dv ?p?5|dovi ?p?5"),
    ("dv8", r"dv|dovi|dolby vision"),
    ("hdr10+", r"hdr10(\+|p|plus)"),
    ("hdr10", r"hdr10|hdr 10|pq"),
    ("hlg", r"hlg"),
    ("hdr10", r"hdr"),
)
_CODECS = (
    ("hevc", r"hevc|[xh] ?265"),
    ("av1", r"av1"),
    ("mpeg2video", r"mpeg2|dvdrip|remux dvd"),
    ("h264", r"avc|[xh] ?264"),
)
_AUDIO = (
    ("eac3atmos", r"(ddp|dd\+|eac3)( ?\d \d)? atmos"),
    ("atmos", r"atmos"),
    ("dtsx", r"dts[ :]?x(?! ?\d)"),
    ("dtshdma", r"dts ?hd ?ma"),
    ("truehd", r"true ?hd"),
    ("dts", r"dts"),
    ("eac3", r"ddp|dd\+|eac3"),
    ("ac3", r"ac3|dd"),
    ("flac", r"flac"),
    ("opus", r"opus"),
    ("aac", r"aac"),
)


_FINE = ("atmos", "eac3atmos", "dtshdma", "truehd", "dtsx", "eac3")
_PLAIN = ("ac3", "aac51", "eac3", "dts", "aac", "dtshdma")


def _first(table: Iterable[tuple[str, str]], words: str) -> str:
    for value, pattern in table:
        if re.search(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", words):
            return value
    return ""


@lru_cache(maxsize=4096)
def look(name: str) -> Look:
    """Guess what a video of this name holds; what the name does not say is chosen by its hash."""
    words = re.sub(r"[\s._\-\[\](){}]+", " ", name.rpartition("/")[2].rpartition(".")[0].lower())
    dice = chance(name)
    resolution = _first(_RESOLUTIONS, words) or ("1080", "720", "1080", "1080")[dice % 4]
    codec = _first(_CODECS, words) or ("hevc" if resolution == "4k" else "h264")
    range_ = _first(_RANGES, words) or (
        ("hdr10", "dv8", "sdr", "hdr10+")[dice // 7 % 4] if resolution == "4k" else "sdr"
    )
    if range_ != "sdr":
        codec = "av1" if codec == "av1" else "hevc"
    usual = _FINE if resolution == "4k" else _PLAIN
    sound = _first(_AUDIO, words) or usual[dice // 4 % len(usual)]
    audio = [(sound, "eng")]
    if dice // 32 % 3 == 0:
        audio.append(("ac3", tuple(LANGUAGES)[1 + dice // 128 % 4]))
    subtitles = ("eng", "deu", "fra")[: dice // 1024 % 4]
    return Look(resolution, codec, range_, tuple(audio), subtitles)


@lru_cache(maxsize=256)
def _video(resolution: str, codec: str, range_: str) -> Attrs:
    width, height = SIZES[resolution]
    ten = range_ != "sdr"
    coded = {"hevc": "HEVC Main 10" if ten else "HEVC Main", "h264": "H.264", "av1": "AV1", "mpeg2video": "MPEG2"}[
        codec
    ]
    attrs: Attrs = {
        "streamType": 1,
        "default": True,
        "codec": codec,
        "index": 0,
        "bitrate": RATES[resolution] - 1000,
        "bitDepth": 10 if ten else 8,
        "chromaLocation": "left",
        "chromaSubsampling": "4:2:0",
        "codedHeight": height + 8,
        "codedWidth": width,
    }
    if range_ in DOLBY_VISION:
        profile, compatible = DOLBY_VISION[range_]
        attrs |= {
            "DOVIBLCompatID": compatible,
            "DOVIBLPresent": True,
            "DOVIELPresent": profile == 7,
            "DOVILevel": 6,
            "DOVIPresent": True,
            "DOVIProfile": profile,
            "DOVIRPUPresent": True,
            "DOVIVersion": "1.0",
        }
    curve = {"sdr": "bt709", "dv5": "", "hlg": "arib-std-b67", "dv8hlg": "arib-std-b67"}.get(range_, "smpte2084")
    if curve:
        space = "bt2020nc" if ten else "bt709"
        attrs |= {"colorPrimaries": "bt2020" if ten else "bt709", "colorRange": "tv", "colorSpace": space}
        attrs["colorTrc"] = curve
    if range_ == "hdr10+":
        attrs["HDR10PlusPresent"] = True
    label = {"sdr": "", "hdr10": " HDR10", "hdr10+": " HDR10+", "hlg": " HLG", "dv5": " DoVi"}.get(range_)
    label = (" DoVi/HLG" if range_ == "dv8hlg" else " DoVi/HDR10") if label is None else label
    attrs |= {
        "frameRate": 25.0 if resolution == "576" else 23.976,
        "height": height,
        "level": 153 if codec == "hevc" else 41,
        "profile": "main 10" if ten else "main" if codec == "hevc" else "high",
        "refFrames": 1 if codec == "hevc" else 4,
        "scanType": "progressive",
        "width": width,
        "displayTitle": f"{NAMES[resolution]}{label}",
        "extendedDisplayTitle": f"{NAMES[resolution]}{label} ({coded})",
    }
    return attrs


@lru_cache(maxsize=256)
def _audio(kind: str, language: str, index: int) -> Attrs:
    name, tag = LANGUAGES[language]
    title = f"{name} ({AUDIO_TITLES[kind]})"
    first: Attrs = {"selected": True, "default": True} if index == 1 else {}
    extended = f"{title[:-1]} {AUDIO[kind]['title']})" if "title" in AUDIO[kind] else title
    return {
        "streamType": 2,
        **first,
        "index": index,
        **AUDIO[kind],
        "language": name,
        "languageTag": tag,
        "languageCode": language,
        "samplingRate": 48_000,
        "displayTitle": title,
        "extendedDisplayTitle": extended,
    }


@lru_cache(maxsize=256)
def _subtitle(language: str, index: int) -> Attrs:
    name, tag = LANGUAGES[language]
    return {
        "streamType": 3,
        "codec": "srt",
        "index": index,
        "bitrate": 0,
        "language": name,
        "languageTag": tag,
        "languageCode": language,
        "displayTitle": f"{name} (SRT)",
        "extendedDisplayTitle": f"{name} (SRT)",
    }


@lru_cache(maxsize=1024)
def _media(what: Look, container: str) -> Attrs:
    first = AUDIO[what.audio[0][0]] if what.audio else {}
    attrs: Attrs = {"bitrate": RATES.get(what.resolution, first.get("bitrate"))}
    if what.resolution:
        width, height = SIZES[what.resolution]
        attrs |= {"width": width, "height": height, "aspectRatio": 1.78}
    codec = first.get("codec")
    attrs |= {"audioChannels": first.get("channels"), "audioCodec": codec}
    if what.resolution:
        rate = "PAL" if what.resolution == "576" else "24p"
        attrs |= {"videoCodec": what.codec, "videoResolution": what.resolution, "container": container}
        attrs |= {"videoFrameRate": rate, "videoProfile": "main 10" if what.range != "sdr" else "main"}
        attrs |= {"audioProfile": first.get("profile"), "hasVoiceActivity": False}
    else:
        attrs["container"] = container
    return attrs


def streams(what: Look, first: int) -> list[Stream]:
    """Give the streams of a file; ``first`` is the id of the first one."""
    rows: list[Stream] = []
    if what.resolution:
        rows.append(Stream(1, {"id": first, **_video(what.resolution, what.codec, what.range)}))
    for kind, language in what.audio:
        rows.append(Stream(2, {"id": first + len(rows), **_audio(kind, language, len(rows) if what.resolution else 1)}))
    for language in what.subtitles:
        rows.append(Stream(3, {"id": first + len(rows), **_subtitle(language, len(rows))}))
    return rows


def version(number: int, what: Look, files: list[tuple[str, int]], duration: int) -> Media:
    """Make one version of an item of one file, or of several stacked ones; sizes in bytes."""
    container = files[0][0].rpartition(".")[2].lower()
    container = {"m4v": "mp4", "m4a": "mp4"}.get(container, container)
    parts = []
    for turn, (file, size) in enumerate(files):
        part = Part(number * 10 + turn, file, size, container, duration // len(files))
        part.streams = streams(what, part.id * 100)
        if what.range != "sdr" or what.resolution:
            part.attrs = {"videoProfile": "main 10" if what.range != "sdr" else "main"}
        parts.append(part)
    return Media(number, {"duration": duration, **_media(what, container)}, parts)
