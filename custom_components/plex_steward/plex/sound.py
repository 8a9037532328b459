"""Sound quality: the audio profile of a stream and of everything an item has.

Attributes first. Two formats hide inside another codec and older servers tell them by title only: Dolby Atmos (inside
TrueHD or Dolby Digital Plus) and DTS:X (reported as DTS-HD MA). The file name speaks when no stream is known.
"""

from collections.abc import Iterable
from functools import lru_cache
import re
from typing import Final

from .fields import text
from .models import Row
from .quality import base_name

ATMOS: Final = "dolby_atmos"
DTS_X: Final = "dts_x"
TRUEHD: Final = "dolby_truehd"
DTS_HD_MA: Final = "dts_hd_ma"
DTS_HD_HRA: Final = "dts_hd_hra"

RANKED: Final = (
    *(ATMOS, DTS_X, TRUEHD, DTS_HD_MA, "pcm", "flac", "alac", DTS_HD_HRA),
    *("dts", "eac3", "ac3", "opus", "aac", "vorbis", "mp3"),
)
"""Audio profiles, best first. Other codecs keep the server's name and rank last."""
_RANK: Final = {profile: rank for rank, profile in enumerate(RANKED)}

_CODECS: Final = {
    "dca": "dts",
    "dts": "dts",
    "dca-ma": DTS_HD_MA,
    "dts-ma": DTS_HD_MA,
    "dca-hra": DTS_HD_HRA,
    "dts-hd": "dts",
    "truehd": TRUEHD,
    "mlp": TRUEHD,
    "ec-3": "eac3",
    "eac3": "eac3",
    "e-ac-3": "eac3",
    "ac-3": "ac3",
    "ac3": "ac3",
    "mp3float": "mp3",
    "aac_latm": "aac",
    "lpcm": "pcm",
}

_START, _END, _GAP = r"(?<![^\W_])", r"(?![^\W_])", r"[\s._\-]*"
# After the X of DTS:X: no letter or digit (DTS.x264), no bare count ("DTS x 2"), no codec number ("DTS.X.265").
_AFTER_X = rf"{_END}(?!\s+\d(?![.\d]))(?!{_GAP}26[456](?!\d))"
_HIDDEN: Final = ((ATMOS, rf"(?:dolby)?atmos{_END}"), (DTS_X, rf"dts(?:{_GAP}hd)?[\s._\-:]*x{_AFTER_X}"))
_NAMED: Final = (
    *_HIDDEN,
    (TRUEHD, rf"true{_GAP}hd(?:\d|{_END})"),
    (DTS_HD_MA, rf"dts{_GAP}(?:hd)?{_GAP}(?:ma{_END}|master{_GAP}audio)"),
    (DTS_HD_HRA, rf"dts{_GAP}(?:hd{_GAP})?(?:hra?|high{_GAP}res\w*){_END}"),
    ("pcm", rf"l?pcm(?:\d|{_END})"),
    ("flac", rf"flac(?:\d|{_END})"),
    ("alac", rf"alac{_END}"),
    ("dts", rf"dts(?:{_GAP}(?:hd|es))?(?:\d|{_END})"),
    ("eac3", rf"e{_GAP}ac{_GAP}3{_END}|ddp(?:a|\d|{_END})|dd\+|dolby{_GAP}digital{_GAP}plus{_END}"),
    ("ac3", rf"ac{_GAP}3{_END}|dd(?:[1257][.\d]|{_END})|dolby{_GAP}digital{_END}"),
    ("opus", rf"opus{_END}"),
    ("aac", rf"(?:he{_GAP})?aac(?:\d|{_END})"),
    ("mp3", rf"mp3{_END}"),
)


def _compiled(rules: Iterable[tuple[str, str]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(f"{_START}(?:{pattern})", re.IGNORECASE)) for name, pattern in rules)


_HIDDEN_WORDS: Final = _compiled(_HIDDEN)
_NAMED_WORDS: Final = _compiled(_NAMED)
# "DDPA5.1" and "TrueHDAtmos" name Atmos inside one word.
_ATMOS_INSIDE: Final = re.compile(rf"{_START}(?:ddpa(?:\d|{_END})|true{_GAP}hd{_GAP}atmos)", re.IGNORECASE)


def audio_profile(stream: Row, file: str | None = None) -> str | None:
    """Return the audio profile of one audio stream (an item of `RANKED` or the codec's name), or `None` if unknown."""
    codec = (text(stream, "codec", "audioCodec") or "").lower()
    titles = " ".join(filter(None, (text(stream, name) for name in ("extendedDisplayTitle", "displayTitle", "title"))))
    known = profile_from_codec(codec, text(stream, "profile", "audioProfile"), titles)
    return known or profile_from_words(titles) or profile_from_words(base_name(file))


@lru_cache(maxsize=4096)
def profile_from_codec(codec: str, profile: str | None, titles: str) -> str | None:
    """Tell the audio profile of a known codec; `titles` count only for what the codec can hide."""
    if not codec:
        return None
    detail = (profile or "").lower()
    plain = "pcm" if codec.startswith("pcm") else _CODECS.get(codec, codec)
    if plain in (TRUEHD, "eac3", "ac4") and ("atmos" in detail or _hidden(titles) == ATMOS):
        return ATMOS
    if plain in ("dts", DTS_HD_MA, DTS_HD_HRA):
        if "dts:x" in detail or "dts-x" in detail or _hidden(titles) == DTS_X:
            return DTS_X
        if plain == DTS_HD_MA or detail in ("ma", "dts-hd ma"):
            return DTS_HD_MA
        return DTS_HD_HRA if plain == DTS_HD_HRA or detail in ("hra", "dts-hd hra") else "dts"
    return plain


def _hidden(titles: str) -> str | None:
    if _ATMOS_INSIDE.search(titles):
        return ATMOS
    return next((name for name, pattern in _HIDDEN_WORDS if pattern.search(titles)), None)


@lru_cache(maxsize=4096)
def profile_from_words(name: str | None) -> str | None:
    """Find an audio profile named in a title or in a file name without its extension; the best one named."""
    if not name:
        return None
    return _hidden(name) or next((found for found, pattern in _NAMED_WORDS if pattern.search(name)), None)


def best(profiles: Iterable[str | None]) -> str | None:
    """Return the best of several audio profiles."""
    known = [profile for profile in profiles if profile]
    return min(known, key=lambda profile: (_RANK.get(profile, len(_RANK)), profile), default=None)
