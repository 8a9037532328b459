"""What a video's name says beyond its folder's, in words both layouts share."""

from __future__ import annotations

from functools import lru_cache
import re
from typing import NamedTuple
import unicodedata

from .folder import FolderName, Lost
from .tokens import EDITION_WORDS, PART, THREE_D, glued_resolution, resolution_class, technical

_YEAR = re.compile(r"[\s._]*[(\[]?(\d{4})[)\]]?(?![0-9pi])")
_EDGES = " .,-_–—()[]\t"
_DOTS = frozenset("._")
"""What stands between the words of a release name."""
_GROUP = re.compile(r"-([A-Za-z0-9@&.]+)$")


class Label(NamedTuple):
    """One `[label]`."""

    text: str
    size: str = ""
    """The resolution in it, if any."""
    rest: str = ""
    """What it says besides."""


@lru_cache(maxsize=4096)
def label(text: str) -> Label:
    """Read a label's text; the same few come again and again."""
    size, rest = glued_resolution(text)
    return Label(text, size, rest)


class Video(NamedTuple):
    """One file of a film, read relative to its folder."""

    resolution: str = ""
    """In one spelling: `1080p`, `2160p`, `DVD` ..."""
    edition: str = ""
    labels: tuple[Label, ...] = ()
    """All labels in order, the one that gave the resolution included."""
    three_d: str = ""
    """`3D`, `3D HSBS` ..., from a label or from the text."""
    part: str = ""
    """`cd1`, `pt2` ... of a stack."""
    group: str = ""
    """Release group behind the labels."""
    hashed: str = ""
    """What told it from another file of the same name in an earlier mirror."""
    ids: tuple[tuple[str, str], ...] = ()
    lost: tuple[Lost, ...] = ()
    related: bool = True
    """Whether the name begins with its folder's title."""

    @property
    def gist(self) -> tuple[str, str, str]:
        """What a round trip has to keep: edition with 3D, part, resolution class."""
        three_d = self.three_d or next((one.text for one in self.labels if THREE_D.fullmatch(one.text)), "")
        edition = " ".join(filter(None, (self.edition, three_d)))
        return " ".join(edition.casefold().split()), self.part, resolution_class(self.resolution)


class Rest(NamedTuple):
    """What is left of a stem behind the words it shares with its folder."""

    text: str
    prefix: str
    related: bool
    """Whether the stem begins with the folder's title."""
    release: bool
    """Whether it is a release name, words between dots."""


def relative(stem: str, folder_name: str, folder: FolderName) -> Rest:
    """Cut what the folder says already off the front of a stem."""
    end = len(folder_name)
    if stem.startswith(folder_name) and not stem[end : end + 1].isalnum():
        return Rest(stem[end:], folder_name, True, stem[end : end + 1] in _DOTS)
    if not stem.isascii() and not _fold(stem).startswith(_fold(folder.title)):
        stem = unicodedata.normalize("NFC", stem)
        folder_name = unicodedata.normalize("NFC", folder_name)
        folder = folder._replace(title=unicodedata.normalize("NFC", folder.title))
    folded = _fold(stem)
    spaced = folded.replace(".", " ").replace("_", " ")
    for prefix in (folder_name, folder.bare):
        if (end := _starts(folded, prefix)) >= 0:
            return Rest(stem[end:], stem[:end], True, stem[end : end + 1] in _DOTS)
    for text, prefix in ((folded, folder.title), (spaced, _plain(folder.title))):
        if (end := _starts(text, prefix)) >= 0:
            rest = stem[end:]
            release = rest[:1] in _DOTS
            if (year := _YEAR.match(rest)) and (not folder.year or year[1] == folder.year):
                return Rest(rest[year.end() :], stem[: end + year.end()], True, release)
            return Rest(rest, stem[:end], True, release)
    if folder.year and (found := re.search(rf"[.\s_(\[]{re.escape(folder.year)}(?=[.\s_)\]]|$)[)\]]?", stem)):
        return Rest(stem[found.end() :], stem[: found.end()], False, stem[found.start()] in "._")
    return Rest(stem, "", False, False)


def _fold(text: str) -> str:
    """Lower case that keeps every character at its place."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _plain(title: str) -> str:
    return re.sub(r"[:'’!?,]", "", title.replace(".", " ").replace("_", " "))


def _starts(text: str, prefix: str) -> int:
    """Return where `prefix` ends at the front of `text`, at a word's end; -1 if it is not there."""
    wanted = _fold(prefix)
    if wanted and text.startswith(wanted) and not text[len(wanted) : len(wanted) + 1].isalnum():
        return len(wanted)
    return -1


def take_part(text: str) -> tuple[str, str]:
    """Split the mark of a stacked part off the end."""
    if match := PART.search(text):
        number = match[2].lower()
        if number.isalpha():
            number = str("abcd".index(number) + 1)
        return text[: match.start()], f"{match[1].lower()}{int(number)}"
    return text, ""


def take_group(text: str) -> tuple[str, str]:
    """Split a release group off the end."""
    if match := _GROUP.search(text):
        return text[: match.start()], match[1]
    return text, ""


def take_three_d(text: str) -> tuple[str, str]:
    """Take the mark of a 3D film out of a text; return it as `3D` or `3D HSBS`."""
    if match := THREE_D.search(text):
        words = match[0].upper().replace(".", " ").replace("_", " ").replace("-", " ").split()
        return f"{text[: match.start()]} {text[match.end() :]}", " ".join(words)
    return text, ""


class Words(NamedTuple):
    """What free text says."""

    resolution: str
    edition: str
    three_d: str
    lost: str


def read_words(text: str, *, release: bool) -> Words:
    """Read text that is neither block nor label.

    ` - Director's Cut` is an edition; of a release name or of text glued to the
    name only known words are, the rest tells of source and codec and is lost.
    """
    if not text.strip(_EDGES):
        return Words("", "", "", "")
    named = text.lstrip().startswith(("- ", "– ")) or (text.startswith("-") and not release)
    text, three_d = take_three_d(text)
    found, text = glued_resolution(text)
    clean = " ".join(text.replace("_", " ").strip(_EDGES).split())
    if named and clean and not technical(clean):
        return Words(found, clean, three_d, "")
    editions = [match[0] for match in EDITION_WORDS.finditer(text)]
    edition = " ".join(re.sub(r"[._]", " ", word) for word in editions)
    lost = EDITION_WORDS.sub(" ", text) if editions else text
    return Words(found, edition, three_d, " ".join(lost.strip(_EDGES).split()))
