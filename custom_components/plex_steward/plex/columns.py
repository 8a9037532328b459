"""Attributes of a listing as columns of the store. Called for every stream of a library: what repeats is remembered."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
import json
import re
from typing import Final
import unicodedata

from .quality import RESOLUTIONS, DynamicRange, dynamic_range, resolution
from .sound import audio_profile, best

type Attributes = Mapping[str, str]
type Look = tuple[str | None, ...]
"""What many versions have in common, in the order of `schema.LOOK` behind its id."""
type Sound = tuple[str, str | None, str | None, str | None]
"""JSON, audio profile, codec and language of an audio stream."""

OPTIMISED: Final = "42"
"""`proxyType` of a version the server made for a device; it is a copy, not media."""

LAST: Final = 253_370_764_800
"""The year 9999 in epoch seconds."""
MOST: Final = 2**53
"""Whole numbers from here on are no times, sizes or keys; sums of smaller ones still fit into the store."""

RANGE_RANK: Final = {kind.value: rank for rank, kind in enumerate(DynamicRange)}
RESOLUTION_RANK: Final = {name: rank for rank, name in enumerate(RESOLUTIONS)}
_OLD_AGENTS: Final = {"imdb": "imdb", "themoviedb": "tmdb", "thetvdb": "tvdb"}


def optimised(media: Attributes, parts: list[tuple[Attributes, list[Attributes]]]) -> bool:
    """Tell whether the server made this version itself, for a device: it is a copy and counts for nothing."""
    if "proxyType" in media:
        return media["proxyType"] == OPTIMISED
    return bool(parts) and "Plex Versions" in parts[0][0].get("file", "")


def whole(value: str | None) -> int | None:
    """Return a whole number; what cannot be read, or is beyond all that is counted here, is unknown."""
    if value is None:
        return None
    try:
        number = int(value)
    except ValueError:
        fraction = real(value)
        if fraction is None:
            return None
        number = int(fraction)
    return number if -MOST < number < MOST else None


def epoch(value: str | None) -> int | None:
    """Return a time in epoch seconds; one that no calendar holds is unknown."""
    number = whole(value)
    return number if number is not None and 0 <= number < LAST else None


def real(value: str | None) -> float | None:
    """Return a finite number; what cannot be read is unknown."""
    try:
        number = float(value) if value else None
    except ValueError:
        return None
    return number if number is not None and number - number == 0 else None


@lru_cache(maxsize=1024)
def rate(value: str | None) -> float | None:
    """Return frames per second without the noise of binary fractions."""
    number = real(value)
    return None if number is None else round(number, 3)


resolution_class = lru_cache(maxsize=4096)(resolution)


def top(rank: Mapping[str, int], values: list[str | None]) -> str | None:
    """Return the best of several values."""
    known = [value for value in values if value]
    return min(known, key=lambda value: rank.get(value, len(rank)), default=None)


_COLOURS: Final = (
    *("colorTrc", "DOVIPresent", "DOVIProfile", "DOVIBLCompatID", "HDR10PlusPresent", "bitDepth"),
    *("title", "displayTitle", "extendedDisplayTitle"),
)


def picture(stream: Attributes, file: str | None) -> tuple[str, int | None, str | None]:
    """Return dynamic range, Dolby Vision profile and fallback of a video stream."""
    transfer = stream.get("colorTrc", "")
    # The file name makes every stream another one; most streams say enough without it.
    known = transfer.startswith(("bt", "smpte", "arib"))
    return _picture_of(*[stream.get(name) for name in _COLOURS], None if known else file)


@lru_cache(maxsize=8192)
def _picture_of(*values: str | None) -> tuple[str, int | None, str | None]:
    """Return dynamic range, Dolby Vision profile and fallback; the same few streams come again and again."""
    found = dynamic_range(dict(zip(_COLOURS, values, strict=False)), values[-1])
    return found.kind.value, found.profile, found.fallback.value if found.fallback else None


def sound(stream: Attributes, file: str | None) -> Sound:
    """Describe an audio stream."""
    get = stream.get
    codec = get("codec")
    return _sound_of(
        *(codec, get("profile"), get("channels"), get("audioChannelLayout"), get("languageTag") or get("languageCode")),
        *(get("title"), get("displayTitle"), get("extendedDisplayTitle"), get("default")),
        None if codec else file,
    )


@lru_cache(maxsize=8192)
def _sound_of(  # noqa: PLR0917 - what makes two streams alike
    codec: str | None,
    profile: str | None,
    channels: str | None,
    layout: str | None,
    language: str | None,
    title: str | None,
    display: str | None,
    extended: str | None,
    default: str | None,
    file: str | None,
) -> Sound:
    """Return the JSON of an audio stream, its audio profile, codec and language; the same few come again and again."""
    fields = {
        "codec": codec,
        "profile": profile,
        "title": title,
        "displayTitle": display,
        "extendedDisplayTitle": extended,
    }
    found = audio_profile(fields, file)
    plain = {
        "codec": codec,
        "profile": profile or None,
        "channels": whole(channels or None),
        "layout": layout,
        "language": language,
        "audio_profile": found,
        "default": default == "1",
    }
    return json.dumps(plain, ensure_ascii=False), found, codec, language


def subtitle(stream: Attributes) -> tuple[str, str | None]:
    """Return the JSON of a subtitle and its language."""
    get = stream.get
    return _subtitle_of(
        *(get("codec") or get("format"), get("languageTag") or get("languageCode")),
        *(get("forced") == "1", get("hearingImpaired") == "1", "key" in stream),
    )


@lru_cache(maxsize=8192)
def _subtitle_of(
    codec: str | None, language: str | None, forced: bool, impaired: bool, external: bool
) -> tuple[str, str | None]:
    """Return the JSON of a subtitle and its language."""
    plain = {
        "codec": codec,
        "language": language,
        "forced": forced,
        "hearing_impaired": impaired,
        "external": external,
    }
    return json.dumps(plain, ensure_ascii=False), language


@lru_cache(maxsize=8192)
def joined(values: tuple[str | None, ...]) -> str | None:
    """Return a set as text that can be searched: `|en|de|`."""
    known = [value for value in dict.fromkeys(values) if value]
    return "|" + "|".join(known) + "|" if known else None


def split(text: str | None) -> list[str]:
    """Undo `joined`."""
    return text.strip("|").split("|") if text else []


@lru_cache(maxsize=8192)
def best_of(profiles: str | None) -> str | None:
    """Return the best of several audio profiles, joined."""
    return best(split(profiles))


def mark(file: str | None, part: int | None) -> int:
    """Return a number that is the same for the same file; a shared user is not told the file, so the part must do."""
    return _number(file or f"part {part}")


@lru_cache(maxsize=8192)
def look_id(look: Look) -> int:
    """Return a number that is the same for the same look."""
    return _number("\0".join(["" if value is None else f"={value}" for value in look]))


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), signed=True)


_ACCENTS: Final = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """Return text as it is searched: without case, accents, and other ways of writing the same letter."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    # Composed again: a syllable of Hangul must not be found by a half of it.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded))
    return unicodedata.normalize("NFC", plain).casefold()


def external_ids(guid: str, guids: list[str]) -> tuple[str | None, str | None, str | None]:
    """Return IMDb, TMDB and TVDB ids, from the list or, of old agents, from the item's own guid."""
    found: dict[str, str] = {}
    for entry in guids:
        name, separator, value = entry.partition("://")
        if separator and value:
            found.setdefault(name, value)
    if not guids and guid.startswith("com.plexapp.agents."):
        agent, _, rest = guid.removeprefix("com.plexapp.agents.").partition("://")
        if known := _OLD_AGENTS.get(agent):
            found[known] = rest.partition("?")[0].partition("/")[0]
    return found.get("imdb"), found.get("tmdb"), found.get("tvdb")
