"""What a folder's name says of a film or show, and how each layout writes it."""

from __future__ import annotations

from functools import lru_cache
import re
from typing import NamedTuple

from ..model import Layout
from .tokens import BRACE, BRACKET, FOREIGN_ID, ID, PROVIDERS, resolution

Lost = tuple[str, "str | None", str, str]
"""Kind, key, value and reason of a loss whose file is added later."""

_PLEX_YEAR = re.compile(r"(.*?\S)\s+\((\d{4})\)((?:\s*\(\d{4}\))*)(.*)", re.DOTALL)
_JELLYFIN_YEAR = re.compile(r"(.*\S)\s+\((\d{4})\)\s*-?", re.DOTALL)
_JELLYFIN_TAIL = re.compile(r"(.*?\(\d{4}\)) - (.*)", re.DOTALL)
_EDGES = " .-_\t"


class FolderName(NamedTuple):
    """One film or show as its folder names it."""

    title: str
    year: str = ""
    """Four digits as written, or empty."""
    ids: tuple[tuple[str, str], ...] = ()
    """In the order of `PROVIDERS`, each at most once."""
    edition: str = ""
    """Said by the folder for files that say none themselves."""
    lost: tuple[Lost, ...] = ()

    @property
    def bare(self) -> str:
        """Title and year."""
        return f"{self.title} ({self.year})" if self.year else self.title


def read_ids(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Take the provider ids out of a name; of a repeated one the last counts."""
    if "[" not in text and "{" not in text and "(" not in text:
        return (), text
    found: dict[str, str] = {}
    for match in ID.finditer(text):
        key, value = match[1] or match[3], match[2] or match[4]
        if match[5]:
            key, value = "imdb", match[5]
        if value:
            found[key.lower()] = value
    if not found:
        return (), text
    rest = ID.sub(lambda match: " " if match[2] or match[4] or match[5] else match[0], text)
    return tuple((key, found[key]) for key in PROVIDERS if key in found), rest


@lru_cache(maxsize=256)
def read_folder(name: str, layout: Layout) -> FolderName | None:
    """Read a folder's name; None if it leaves no title."""
    ids, rest = read_ids(name)
    return _read_plex(rest, ids) if layout is Layout.PLEX else _read_jellyfin(rest, ids)


def _read_plex(rest: str, ids: tuple[tuple[str, str], ...]) -> FolderName | None:
    lost: list[Lost] = []
    edition = ""
    for key, value in BRACE.findall(rest):
        if key.lower() == "edition":
            edition = value.strip()
        else:
            lost.append(("attribute", key.lower(), value.strip(), "unknown to the target layout"))
    rest = BRACE.sub(" ", rest)
    rest, labels = _without_brackets(rest)
    lost += [("label", None, label, "no equivalent in a folder name") for label in labels]
    rest = " ".join(rest.split())
    year = ""
    if match := _PLEX_YEAR.fullmatch(rest):
        rest, year, more, tail = match.groups()
        if more:  # "Death Race (2000) (1975)": the last of a run is the year, as Jellyfin has it
            years = [year, *re.findall(r"\d{4}", more)]
            rest, year = " ".join([rest, *(f"({early})" for early in years[:-1])]), years[-1]
        if tail.strip(_EDGES):
            lost.append(("text", None, tail.strip(_EDGES), "text behind the year"))
    return _checked(FolderName(rest, year, ids, edition, tuple(lost)))


def _without_brackets(text: str) -> tuple[str, list[str]]:
    """Take out `[labels]`, but leave a leading one that is the title: `[REC] (2007)`, `[REC] 2 (2009)`."""
    labels: list[str] = []
    leading = BRACKET.match(text.strip())
    if leading and not resolution(leading[1].strip()):
        behind = BRACKET.sub(" ", text.strip()[leading.end() :]).strip()
        if re.match(r"[^\w{]*\(\d{4}\)|\d+\b(?![.\d]*[pi]\b)|[²³]", behind):
            kept, text = leading[0], text.strip()[leading.end() :]
            labels = [label.strip() for label in BRACKET.findall(text)]
            return f"{kept}{BRACKET.sub(' ', text)}", labels
    return BRACKET.sub(" ", text), [label.strip() for label in BRACKET.findall(text)]


def _read_jellyfin(rest: str, ids: tuple[tuple[str, str], ...]) -> FolderName | None:
    lost = [
        ("attribute", key.lower(), value, "unknown to the target layout") for key, value in FOREIGN_ID.findall(rest)
    ]
    rest = " ".join(FOREIGN_ID.sub(" ", rest).split())
    edition = year = ""
    if match := _JELLYFIN_TAIL.fullmatch(rest):
        rest, edition = match[1], match[2].strip()
    if match := _JELLYFIN_YEAR.fullmatch(rest):
        rest, year = match[1], match[2]
    return _checked(FolderName(rest, year, ids, edition, tuple(lost)))


def _checked(found: FolderName) -> FolderName | None:
    title = found.title.strip()
    if not title or (title.strip(".") == "" and not found.year):
        return None
    return None if found.bare.startswith(".") and not found.bare.startswith("...") else found._replace(title=title)


def write_folder(folder: FolderName, layout: Layout) -> tuple[str, tuple[Lost, ...]]:
    """Write the folder's name, and say what it cannot hold."""
    if layout is Layout.PLEX:
        return " ".join([folder.bare, *(f"{{{key}-{value}}}" for key, value in folder.ids)]), ()
    if not folder.ids:
        return folder.bare, ()
    (key, value), *more = folder.ids
    reason = "only one provider id is emitted per Jellyfin folder"
    return f"{folder.bare} [{key}id-{value}]", tuple(("attribute", key, value, reason) for key, value in more)
