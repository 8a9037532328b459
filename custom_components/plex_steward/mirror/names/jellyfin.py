"""Jellyfin's way of naming the files of a film: one version label behind ` - `."""

from __future__ import annotations

from functools import lru_cache
import re

from ..model import Layout
from .folder import FolderName, Lost, read_ids
from .tokens import BRACE, BRACKET, HASH, RELEASE_GROUP, THREE_D, glued_resolution, resolution
from .video import Label, Video, label, read_words, relative, take_group, take_part, take_three_d

_PIECES = re.compile(r"(?:\s+[-–](?=\s|$))+\s*|^\s*[-–](?!\s*-\s)\s*")
_SD = "DVD"
_NAMES = {
    "480i": _SD,
    "480p": _SD,
    "576i": _SD,
    "576p": _SD,
    "DVD": _SD,
    "720i": "720p",
    "1080i": "BD",
    "1080p": "BD",
    "2160i": "4k",
    "2160p": "4k",
}
"""The peer's words: they sort so that Jellyfin offers the best version first."""


def read(stem: str, folder_name: str, folder: FolderName) -> Video:
    """Read a stem: what stands behind the folder's name, all of its labels."""
    rest = relative(stem, folder_name, folder)
    ids, text = read_ids(rest.text)
    ids = _front(rest.prefix) + ids
    reader = _Reader()
    text = BRACE.sub(reader.brace, text)
    if rest.release:
        reader.release(text)
    elif rest.prefix:
        for piece in _PIECES.split(text):
            reader.piece(piece)
    elif not folder.title.casefold().startswith(stem.casefold()):
        first, *pieces = re.split(r"\s+-\s+", text)
        head, reader.part = take_part(first)
        for piece in pieces:
            reader.piece(piece)
        if head.strip(" .-_"):
            reader.lost.append(("text", None, " ".join(head.split()), "neither edition nor resolution"))
    return reader.result(ids, related=rest.related)


@lru_cache(maxsize=64)
def _front(prefix: str) -> tuple[tuple[str, str], ...]:
    """Read the ids that the files of one folder all begin with."""
    return read_ids(prefix)[0]


class _Reader:
    """Collects what the pieces of one stem say."""

    def __init__(self) -> None:
        self.resolution = self.part = self.group = self.hashed = self.three_d = ""
        self.editions: list[str] = []
        self.labels: list[Label] = []
        self.lost: list[Lost] = []

    def brace(self, match: re.Match[str]) -> str:
        """Take a block that Plex users and their tools leave in Jellyfin names."""
        if match[1].lower() == "edition":
            self.editions.append(match[2].strip())
        else:
            self.lost.append(("attribute", match[1].lower(), match[2].strip(), "unknown to the target layout"))
        return " "

    def release(self, text: str) -> None:
        """Read a release name's words."""
        text = BRACKET.sub(self.bracket, text)
        text, self.part = take_part(text)
        self.resolution, edition, self.three_d, spare = read_words(text, release=True)
        self.editions += [edition] if edition else []
        if spare:
            self.lost.append(("text", None, spare, "neither edition nor resolution"))

    def bracket(self, match: re.Match[str]) -> str:
        """Take a `[label]` out of a piece."""
        text = match[1].strip()
        if HASH.fullmatch(text) and not self.hashed:
            self.hashed = text
        elif text:
            self.labels.append(label(text))
        return "\1"

    def piece(self, piece: str) -> None:
        """Read what stands between two ` - `."""
        piece = piece.strip()
        whole = BRACKET.fullmatch(piece)
        if whole and not HASH.fullmatch(whole[1].strip()):
            piece = whole[1].strip()
        piece, part = take_part(piece)
        self.part = part or self.part
        marked = BRACKET.sub(self.bracket, piece)
        if "\1" in marked:
            marked, group = take_group(marked)
            self.group = group or self.group
        words = marked.replace("\1", " ").split()
        for end in (0, -1):
            if words and not self.resolution:
                size, glued = glued_resolution(words[end])
                if size and (glued or resolution(words[end])):
                    self.resolution = size
                    self.labels += [Label(words[end], size, glued)] if glued else []
                    del words[end]
        if words:
            text = " ".join(words)
            rest, three_d = take_three_d(text)
            self.editions.append(text if rest.strip() else three_d)

    def result(self, ids: tuple[tuple[str, str], ...], *, related: bool) -> Video:
        """Put it together; a label gives the resolution only if no word did."""
        size = self.resolution or next((one.size for one in self.labels if one.size), "")
        three_d = self.three_d
        edition = " - ".join(self.editions)
        return Video(
            size,
            edition,
            tuple(self.labels),
            three_d,
            self.part,
            self.group,
            self.hashed,
            ids,
            tuple(self.lost),
            related,
        )


def write(base: str, video: Video, source: Layout) -> tuple[str, tuple[Lost, ...]]:
    """Write a stem, and say what it cannot hold."""
    lost: list[Lost] = []
    words = [_NAMES.get(video.resolution, video.resolution), video.edition, video.three_d]
    if source is Layout.JELLYFIN:
        given = next((one for one in video.labels if one.size == video.resolution), None)
        words += [f"[{text}]" for one in video.labels if (text := one.rest if one is given else one.text)]
    else:
        lost += _lost_labels(video)
    words += [f"[{video.hashed}]"] if video.hashed else []
    text = " ".join(word for word in words if word)
    stem = f"{base} - {text}" if text else base
    if video.group and source is Layout.JELLYFIN:
        stem += f"-{video.group}"
    elif video.group:
        lost.append(("text", None, video.group, RELEASE_GROUP))
    return stem + (f" - {video.part}" if video.part else ""), tuple(lost)


def _lost_labels(video: Video) -> list[Lost]:
    lost: list[Lost] = []
    given = next((one for one in video.labels if one.size and one.text == one.size), None)
    given = given or next((one for one in video.labels if one.size == video.resolution), None)
    for one in video.labels:
        if one is given:
            if one.rest:
                lost.append(
                    ("label", None, one.text, "only its resolution has an equivalent in a Jellyfin version label")
                )
        elif one.size:
            lost.append(("label", None, one.text, "multiple resolution labels; first one wins"))
        elif not THREE_D.fullmatch(one.text) and one.text != video.hashed:
            lost.append(("label", None, one.text, "no equivalent in a Jellyfin version label"))
    return lost
