"""Plex's way of naming the files of a film."""

from __future__ import annotations

from functools import lru_cache

from ..model import Layout
from .folder import FolderName, Lost, read_ids
from .tokens import BRACE, BRACKET, HASH, THREE_D, resolution
from .video import Label, Video, label, read_words, relative, take_group, take_part

EDITION_LIMIT = 32
"""Plex shows no more of an edition."""


def read(stem: str, folder_name: str, folder: FolderName) -> Video:
    """Read a stem: blocks anywhere in it, other text behind the folder's name."""
    rest = relative(stem, folder_name, folder)
    ids_before, before = _front(rest.prefix)
    ids_behind, behind = read_ids(rest.text)
    edition = ""
    lost: list[Lost] = []
    for key, value in BRACE.findall(before) + BRACE.findall(behind):
        if key.lower() == "edition":
            edition = value.strip()
        else:
            lost.append(("attribute", key.lower(), value.strip(), "unknown to the target layout"))
    before, behind = BRACE.sub(" ", before), BRACE.sub(" ", behind)
    ids = ids_before + ids_behind
    known = [
        text.strip() for text in ([] if "[" in folder.title else BRACKET.findall(before)) + BRACKET.findall(behind)
    ]
    labels = tuple(label(text) for text in known if text)
    text, part = take_part(BRACKET.sub("\1", behind).rstrip("\1 "))
    group = ""
    if labels and "\1" in behind.replace("[", "\1"):
        text, group = take_group(text)
    text = text.replace("\1", " ")
    if rest.prefix:
        found, words, three_d, spare = read_words(text, release=rest.release)
    else:
        found, words, three_d, spare = "", "", "", " ".join(text.split()).strip(" .-_")
    if spare:
        lost.append(("text", None, spare, "neither edition nor resolution"))
    sizes = [one for one in labels if one.size]
    exact = [one for one in sizes if resolution(one.text)]
    size = (exact or sizes or [Label("", found)])[0].size
    three_d = next((one.text for one in labels if THREE_D.fullmatch(one.text)), three_d)
    hashed = next((one.text for one in labels if HASH.fullmatch(one.text)), "")
    return Video(size, edition or words, labels, three_d, part, group, hashed, ids, tuple(lost), rest.related)


@lru_cache(maxsize=64)
def _front(prefix: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Read what the files of one folder all begin with."""
    return read_ids(prefix)


def write(base: str, video: Video, source: Layout) -> tuple[str, tuple[Lost, ...]]:
    """Write a stem, and say what it cannot hold."""
    lost: list[Lost] = []
    edition, blocks = video.edition, []
    if source is Layout.JELLYFIN:
        edition = " ".join(filter(None, (edition, video.three_d)))
        blocks = [video.resolution] if video.resolution else []
        given = next((one for one in video.labels if one.size == video.resolution), None)
        blocks += [one.rest if one is given else one.text for one in video.labels]
        blocks += [video.hashed] if video.hashed else []
    else:
        texts = [one.text for one in video.labels]
        if video.resolution and not any(one.size for one in video.labels):
            blocks.append(video.resolution)
        blocks += texts
        if video.three_d and video.three_d not in texts:
            blocks.append(video.three_d)
        if video.hashed and video.hashed not in texts:
            blocks.append(video.hashed)
    if "{" in edition or "}" in edition:
        lost.append(("edition", None, edition, "braces would end the edition"))
        edition = edition.replace("{", "(").replace("}", ")")
    if len(edition) > EDITION_LIMIT:
        lost.append(("edition", None, edition, f"Plex shows the first {EDITION_LIMIT} characters"))
    parts = [base, *([f"{{edition-{edition}}}"] if edition else []), *(f"[{block}]" for block in blocks if block)]
    stem = " ".join(parts) + (f"-{video.group}" if video.group else "")
    return stem + (f" - {video.part}" if video.part else ""), tuple(lost)
