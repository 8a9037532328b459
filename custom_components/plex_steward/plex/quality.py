"""Picture quality: resolution class and dynamic range.

What the server measured decides; its titles are asked when the measurement is silent, the file name when both are.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
import re
from typing import Final

from .fields import flag, integer, text
from .models import Row


class DynamicRange(StrEnum):
    """Kinds of dynamic range, best first."""

    DOLBY_VISION = "dolby_vision"
    HDR10_PLUS = "hdr10_plus"
    HDR10 = "hdr10"
    HLG = "hlg"
    SDR = "sdr"


@dataclass(frozen=True, slots=True)
class PictureRange:
    """Dynamic range of one video stream."""

    kind: DynamicRange
    profile: int | None = None
    """Dolby Vision profile (5, 7, 8 ...)."""
    fallback: DynamicRange | None = None
    """What a player without Dolby Vision shows; `None` when there is no such layer, or it is unknown."""


SDR: Final = PictureRange(DynamicRange.SDR)

# Whole words: neither a letter nor a digit on either side; an underscore separates, as in file names.
_START, _END, _GAP = r"(?<![^\W_])", r"(?![^\W_])", r"[\s._\-]*"
_WORDS: Final = tuple(
    (kind, re.compile(f"{_START}(?:{pattern})", re.IGNORECASE))
    for kind, pattern in (
        # "DV" also names camcorder tape: "DV.Rip", "DV tape".
        (
            DynamicRange.DOLBY_VISION,
            rf"do?vi{_END}|dv(?:p\d)?{_END}(?!{_GAP}(?:cam|tape|avi|rip|pal|ntsc){_END})|dolby{_GAP}vision{_END}",
        ),
        (DynamicRange.HDR10_PLUS, rf"hdr{_GAP}10{_GAP}(?:p(?:lus)?{_END}|\+)"),
        (DynamicRange.HDR10, rf"hdr{_GAP}10{_END}|pq(?:10)?{_END}|smpte{_GAP}(?:st{_GAP})?2084{_END}"),
        (DynamicRange.HLG, rf"hlg(?:10)?{_END}"),
        (DynamicRange.SDR, rf"sdr{_END}"),
        # HDR without more said: the base that practically every such file has.
        (DynamicRange.HDR10, rf"(?:u?hdr|hdr{_GAP}10bit){_END}"),
    )
)
_DOLBY_PROFILE: Final = re.compile(rf"{_START}(?:dv|dovi|profile|p){_GAP}p?([578])(?:\.\d)?{_END}", re.IGNORECASE)

_BASE_LAYER: Final = {1: DynamicRange.HDR10, 2: DynamicRange.SDR, 4: DynamicRange.HLG, 6: DynamicRange.HDR10}
"""Dolby Vision's base layer compatibility id (`DOVIBLCompatID`); 0 means: plays with Dolby Vision only."""

_TRANSFER: Final = {
    "smpte2084": DynamicRange.HDR10,
    "smptest2084": DynamicRange.HDR10,
    "pq": DynamicRange.HDR10,
    "arib-std-b67": DynamicRange.HLG,
    "hlg": DynamicRange.HLG,
}


def dynamic_range(stream: Row, file: str | None = None) -> PictureRange:
    """Tell the dynamic range of a video stream from its attributes, then its titles, then the file's name."""
    return (
        _from_attributes(stream)
        or range_from_words(text(stream, "extendedDisplayTitle"))
        or range_from_words(text(stream, "displayTitle"))
        or range_from_words(text(stream, "title"))
        or range_from_words(base_name(file))
        or SDR
    )


def _from_attributes(stream: Row) -> PictureRange | None:
    transfer = (text(stream, "colorTrc") or "").lower()
    base = _TRANSFER.get(transfer)
    if flag(stream, "HDR10PlusPresent") and base in (None, DynamicRange.HDR10):
        base = DynamicRange.HDR10_PLUS
    profile = integer(stream, "DOVIProfile")
    present = flag(stream, "DOVIPresent")
    if present or (present is None and profile):
        return PictureRange(DynamicRange.DOLBY_VISION, profile, _fallback(stream, profile, base))
    if base is not None:
        return PictureRange(base)
    if transfer and not transfer.startswith(("unknown", "unspecified", "reserved")):
        return SDR
    depth = integer(stream, "bitDepth")
    return SDR if depth is not None and 0 < depth < 10 else None


def _fallback(stream: Row, profile: int | None, base: DynamicRange | None) -> DynamicRange | None:
    compatible = integer(stream, "DOVIBLCompatID")
    if compatible is None:
        return None if profile == 5 else base
    named = _BASE_LAYER.get(compatible)
    return base if named is DynamicRange.HDR10 and base is DynamicRange.HDR10_PLUS else named


@lru_cache(maxsize=4096)
def range_from_words(name: str | None) -> PictureRange | None:
    """Find a dynamic range named in a title or a file name without its extension; `None` when none is named."""
    if not name:
        return None
    found = [kind for kind, pattern in _WORDS if pattern.search(name)]
    if not found:
        return None
    if found[0] is not DynamicRange.DOLBY_VISION:
        return PictureRange(found[0])
    match = _DOLBY_PROFILE.search(name)
    fallback = next((kind for kind in found if kind is not DynamicRange.DOLBY_VISION), None)
    return PictureRange(DynamicRange.DOLBY_VISION, int(match[1]) if match else None, fallback)


def base_name(path: str | None) -> str | None:
    """Return the last part of a POSIX or Windows path, without the extension: `old.dv` is no Dolby Vision."""
    if not path:
        return None
    name = path.replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return stem if dot and stem and len(extension) <= 5 and extension.isalnum() else name


# A picture is of a class when it is as wide or as high as that class nearly is: cropped and 4:3 pictures keep theirs.
_CLASSES: Final = (
    ("8k", 6000, 3400),
    ("4k", 3000, 1800),
    ("1440p", 2400, 1300),
    ("1080p", 1600, 900),
    ("720p", 1000, 640),
    ("576p", 10_000, 520),
    ("480p", 600, 420),
)
RESOLUTIONS: Final = (*(name for name, _, _ in _CLASSES), "sd")
"""All classes, best first."""
_SAID: Final = {"8k": "8k", "4k": "4k", "2160": "4k", "uhd": "4k", "2k": "1440p", "sd": "sd", "4320": "8k"} | {
    height: f"{height}p" for height in ("1440", "1080", "720", "576", "480")
}


def resolution(said: object, width: int | None = None, height: int | None = None) -> str | None:
    """Return the resolution class: what the server says (`4k`, `1080`, `720p`, `SD`), else by width and height."""
    if said:
        key = str(said).strip().lower()
        if found := _SAID.get(key) or _SAID.get(key.rstrip("pi")):
            return found
    if not width and not height:
        return None
    # An upright picture is measured lying down.
    long, short = sorted((width or 0, height or 0), reverse=True) if width and height else (width or 0, height or 0)
    return next((name for name, wide, high in _CLASSES if long >= wide or short >= high), "sd")
