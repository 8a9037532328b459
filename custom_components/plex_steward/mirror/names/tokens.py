"""The words file names are made of. Sources: docs/naming.md."""

from __future__ import annotations

import re

from ..system import SYSTEM, SYSTEM_FOLDERS

_CONTAINERS = (
    "3g2 3gp amv asf avi divx dv dvr-ms f4v flv img iso m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mts mxf nsv"
    " nuv ogm ogv qt rm rmvb strm svq3 tp ts vob vp3 webm wmv wtv xvid"
)
VIDEO = frozenset(_CONTAINERS.split())
"""Containers that either server takes for a film."""

_LEFTOVERS = "part partial tmp temp crdownload download !qb !ut aria2 bc! filepart opdownload"
_UNFINISHED = frozenset(_LEFTOVERS.split())
_JUNK_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "nzbget.lock"})
_SAMPLES = frozenset({"sample", "samples"})

MAX_STEM = 160
"""Longer names are looked at one by one: they may not fit once translated."""

RELEASE_GROUP = "release group"
"""Why the last word of a release name is lost."""

PROVIDERS = ("imdb", "tmdb", "tvdb")
"""The order in which ids are written; where only one fits, the first is."""

ID = re.compile(
    r"[\[{]\s*(imdb|tmdb|tvdb)(?:id)?\s*[-=]\s*([^\]}\[{]*?)\s*[\]}]"
    r"|\(\s*(imdb|tmdb|tvdb)id\s*[-=]\s*([^()]*?)\s*\)"
    r"|[\[{]\s*(tt\d{7,})\s*[\]}]",
    re.IGNORECASE,
)
"""An id as Plex or Jellyfin spells it, or as people do."""

BRACE = re.compile(r"\{([A-Za-z]+)-([^}]+)\}")
"""Plex's attribute block."""
BRACKET = re.compile(r"\[([^\[\]]+)\]")
FOREIGN_ID = re.compile(r"\[([A-Za-z]+)id[-=]([^\]]+)\]")
HASH = re.compile(r"[0-9a-f]{8}(?:[0-9a-f]{8})?")
"""What tells two files of one name apart, as the peer writes it (ours may be longer)."""

_LINES = re.compile(r"(\d{3,4})([pi])", re.IGNORECASE)
_WORDS = {"4k": "2160p", "uhd": "2160p", "ultrahd": "2160p", "8k": "4320p", "fhd": "1080p"}
_DISCS = {"bd": "1080p", "dvd": "DVD"}

PART = re.compile(
    r"(?:^|[ _.-]+|(?<=[\]\)}]))[(\[]?(cd|dvd|part|pt|dis[ck])[ _.-]*(\d{1,2}|[a-d])[)\]]?$", re.IGNORECASE
)
"""One of several files that are one film."""
SAMPLE = re.compile(r"(?:^|[-._ ])sample$", re.IGNORECASE)
THREE_D = re.compile(
    r"(?<![A-Za-z0-9])3d"
    r"(?:[ ._-]*(?:h(?:alf)?[ ._-]?)?(?:f(?:ull)?[ ._-]?)?(?:sbs|tab|ou|mvc)(?![A-Za-z0-9]))?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
EDITION_WORDS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"extended(?:[ ._](?:cut|edition|version))?|director'?s?[ ._]cut|theatrical(?:[ ._](?:cut|release|version))?"
    r"|final[ ._]cut|ultimate(?:[ ._](?:cut|edition|extended[ ._]edition))?|unrated(?:[ ._]cut)?|uncut|remastered"
    r"|restored|special[ ._]edition|collector'?s?[ ._]edition|criterion(?:[ ._](?:collection|edition))?"
    r"|anniversary[ ._]edition|imax(?:[ ._](?:edition|enhanced))?|open[ ._]matte|black[ ._]and[ ._]chrome|redux"
    r"|despecialized|fan[ ._]?edit|workprint|hybrid"
    r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
"""Cuts as release names spell them."""
_TECHNICAL = re.compile(
    r"blu-?ray|bdrip|brrip|bdmux|remux|web(?:-?(?:dl|rip|mux))?|hdtv|pdtv|dvdrip|dvd[59r]?|hdrip|vhs|cam|telesync|ts|tc"
    r"|screener|[xh]\.?26[45]|hevc|avc|av1|vc-?1|mpeg-?[24]|xvid|divx|(?:8|10|12)-?bit|hdr(?:10)?(?:\+|plus)?|dv|dovi"
    r"|dolby|vision|sdr|hlg|aac|e?-?ac-?3|dd[p+]?|dts(?:-?(?:hd|x|es|ma))?|hra|ma|true-?hd|atmos|flac|opus|mp3|l?pcm"
    r"|\d\.\d|[257]\.?1|proper|repack\d?|rerip|multi|dual|audio|dubbed|subbed|subs?|internal|limited|retail|readnfo"
    r"|amzn|nf|dsnp|hulu|atvp|hmax|max|pcok|it|cr|3d|bd|uhd|hd|sd",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s_,()\[\]]+|(?<!\d)\.|\.(?!\d)|(?<=[A-Za-z])-(?=\d)")


def suffix_of(name: str) -> str:
    """Return the extension without its dot, lower case; empty if there is none."""
    dot = name.rfind(".")
    return name[dot + 1 :].lower() if dot > 0 else ""


def is_video(name: str) -> bool:
    """Whether either server would play a file of this name as a film."""
    return suffix_of(name) in VIDEO


def hidden(name: str) -> bool:
    """Whether a name is left out without a word. `...And Justice for All` is a film."""
    return name[0] == "." and not name.startswith("...")


def junk_file(name: str) -> str | None:
    """Why a file is never mirrored, or None."""
    if suffix_of(name) in _UNFINISHED or name.endswith("~"):
        return "unfinished download or temporary file"
    return "system file" if name.lower() in _JUNK_FILES else None


def junk_folder(name: str) -> str | None:
    """Why a folder is never mirrored, or None."""
    lower = name.lower()
    if lower in SYSTEM_FOLDERS:
        return SYSTEM
    if lower.startswith(("_unpack_", "_failed_")):
        return "unfinished download"
    return "samples" if lower in _SAMPLES else None


def resolution(word: str) -> str:
    """Read one word: `1080p`, `DVD` and so on in one spelling, or empty."""
    if match := _LINES.fullmatch(word):
        return match[1] + match[2].lower()
    lower = word.lower()
    return _WORDS.get(lower) or _DISCS.get(lower, "")


def glued_resolution(label: str) -> tuple[str, str]:
    """Find a resolution among the words of a label; return it and the label without it."""
    if found := resolution(label):
        return found, ""
    for match in re.finditer(r"[^\s._,\-()]+", label):
        word = match[0]
        lower = word.lower()
        if _LINES.fullmatch(word) or lower in _WORDS:
            left, right = label[: match.start()].rstrip(" ._,-("), label[match.end() :].lstrip(" ._,-)")
            return resolution(word), f"{left} {right}".strip()
    return "", label


def technical(text: str) -> bool:
    """Whether every word tells of source, codec, sound or release, none of the film."""
    words = [
        word for word in re.split(r"[\s_,()\[\]]+|(?<!\d)\.|\.(?!\d)|(?<=[A-Za-z])-(?=\d)", text) if word.strip("-. ")
    ]
    return bool(words) and all(_TECHNICAL.fullmatch(word) or resolution(word) for word in words)


def resolution_class(found: str) -> str:
    """What both layouts can tell apart: all of standard definition is one."""
    if found in {"480i", "480p", "576i", "576p", "DVD"}:
        return "DVD"
    return {"720i": "720p", "1080i": "1080p", "2160i": "2160p"}.get(found, found)
