"""Libraries read from folders: films in the Plex or the Jellyfin layout, shows, music. Nothing is ever written."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import TYPE_CHECKING

from .facts import Look, chance, look, version
from .model import Details

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Item, Media

VIDEOS = frozenset({".mkv", ".mp4", ".m4v", ".avi", ".mov", ".ts", ".m2ts", ".wmv", ".webm", ".mpg"})
SOUNDS = frozenset({".flac", ".mp3", ".m4a", ".opus", ".ogg", ".wav"})
EXTRAS = re.compile(r"-(trailer|featurette|behindthescenes|deleted|interview|scene|short|other|sample)$", re.IGNORECASE)
STACKED = re.compile(r"[ ._-]+(?:cd|disc|disk|dvd|part|pt)[ ._-]?(\d)$", re.IGNORECASE)
YEAR = re.compile(r"^(?P<title>.+?)\s*\((?P<year>\d{4})\)")
IDS = re.compile(r"[{\[](imdb|tmdb|tvdb)(?:id)?[-=]([^}\]]+)[}\]]", re.IGNORECASE)
EDITION = re.compile(r"\{edition-([^}]+)\}", re.IGNORECASE)
BRACKETS = re.compile(r"\s*[{\[][^}\]]*[}\]]")
EPISODE = re.compile(
    r"s(?P<season>\d{1,4})[ ._-]*e(?P<first>\d{1,4})(?:[ ._-]*-?[ ._-]*e?(?P<last>\d{1,4})(?!\d|p))?", re.IGNORECASE
)
SEASON = re.compile(r"^(?:season|series|staffel)[ ._-]*(\d+)$", re.IGNORECASE)
NUMBERED = re.compile(r"^(\d{1,3})[ ._-]+(.+)$")

type File = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Above:
    """A folder's item over a found one: show and season, artist and album."""

    place: str
    kind: str
    title: str
    index: int | None = None
    year: int | None = None
    guids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One film, episode or track on the disk."""

    place: str
    """What makes it the same item next time: its folder or file, and its edition."""
    kind: str
    title: str
    versions: tuple[tuple[File, ...], ...]
    """Path and size of the files of each version."""
    modified: int
    year: int | None = None
    guids: tuple[str, ...] = ()
    edition: str = ""
    index: int | None = None
    above: tuple[Above, ...] = ()
    """Topmost first."""


@dataclass(slots=True)
class FileFacts:
    """Facts of an item that lies on the disk."""

    found: Found
    number: int
    """Rating key of the first item that shares the file."""

    def media(self, item: Item) -> list[Media]:
        """Make a version of each file, its quality guessed from the name."""
        rows = []
        for turn, files in enumerate(self.found.versions):
            what = look(files[0][0])
            if item.type == "track":
                suffix = files[0][0].rpartition(".")[2].lower()
                kind = {"flac": "flac", "mp3": "mp3", "opus": "opus", "ogg": "opus"}.get(suffix, "aac")
                what = Look("", "", "sdr", ((kind, "eng"),), ())
            rows.append(version(self.number * 100 + turn, what, list(files), item.duration))
        return rows

    def details(self, item: Item) -> Details:
        """Give the ids of the folder's name."""
        dice = chance(self.found.place)
        genres = ("Drama", "Comedy", "Thriller", "Adventure", "Documentary")
        tags = {"Genre": [genres[dice % 5]]} if item.type == "movie" else {}
        return Details({"contentRating": ("PG", "12", "15")[dice % 3]}, tags, list(self.found.guids))


@dataclass(slots=True)
class FolderFacts:
    """Facts of a show, season, artist or album that is a folder."""

    place: str
    guids: tuple[str, ...] = ()

    def media(self, _: Item) -> list[Media]:
        """Give nothing: a folder plays nothing."""
        return []

    def details(self, _: Item) -> Details:
        """Give the ids of the folder's name."""
        return Details(guids=list(self.guids))


def duration_of(found: Found) -> int:
    """Give the milliseconds of an item: the same for the same place."""
    dice = chance(found.place)
    match found.kind:
        case "episode":
            return (20 + dice % 40) * 60_000
        case "track":
            return (120 + dice % 240) * 1000
    return (78 + dice % 80) * 60_000


def read(kind: str, root: str, under: str | None = None) -> list[Found]:
    """Read a library's folder, or only what lies under one path of it. Blocks; a missing folder holds nothing."""
    readers = {"movie": _films, "show": _shows, "artist": _music}
    rows = [found for found in readers[kind](root) if under is None or within(found, under)] if kind in readers else []
    return sorted(rows, key=lambda found: found.place)


def within(found: Found, path: str) -> bool:
    """Tell whether any file of an item lies under a path."""
    start = path.rstrip("/") + "/"
    return any(f"{file}/".startswith(start) for files in found.versions for file, _ in files)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as rows:
            return sorted((row for row in rows if not row.name.startswith(".")), key=lambda row: row.name)
    except OSError:
        return []


def _kind(entry: os.DirEntry[str], suffixes: frozenset[str]) -> bool:
    return Path(entry.name).suffix.lower() in suffixes and entry.is_file()


def named(name: str) -> tuple[str, int | None, tuple[str, ...]]:
    """Read title, year and ids from a folder's name in either layout."""
    guids = tuple(f"{key.lower()}://{value.strip()}" for key, value in IDS.findall(name))
    plain = BRACKETS.sub("", name).strip()
    match = YEAR.match(plain)
    if match:
        return match["title"].strip(), int(match["year"]), guids
    return plain or name, None, guids


def _films(root: str) -> Iterator[Found]:
    for entry in _entries(root):
        if entry.is_dir():
            videos = [row for row in _entries(entry.path) if _kind(row, VIDEOS)]
            yield from _film(entry.path, entry.name, videos)
        elif _kind(entry, VIDEOS):
            yield from _film(entry.path, Path(entry.name).stem, [entry])


def _film(place: str, name: str, videos: list[os.DirEntry[str]]) -> Iterator[Found]:
    """Make one item of each edition, with a version of each file or stack of files."""
    title, year, guids = named(name)
    editions: dict[str, dict[str, list[File]]] = {}
    modified: dict[str, int] = {}
    for video in videos:
        stem = Path(video.name).stem
        if EXTRAS.search(stem):
            continue
        facts = video.stat()
        match = EDITION.search(stem)
        edition = match[1] if match else ""
        editions.setdefault(edition, {}).setdefault(STACKED.sub("", stem), []).append((video.path, facts.st_size))
        modified[edition] = max(modified.get(edition, 0), int(facts.st_mtime))
    for edition, stacks in editions.items():
        versions: list[tuple[File, ...]] = []
        for files in stacks.values():
            stacked = all(STACKED.search(Path(file).stem) for file, _ in files)
            versions += [tuple(files)] if stacked else [(file,) for file in files]
        key = f"{place}\0{edition}"
        yield Found(key, "movie", title, tuple(versions), modified[edition], year, guids, edition)


def _shows(root: str) -> Iterator[Found]:
    for show in _entries(root):
        if not show.is_dir():
            continue
        title, year, guids = named(show.name)
        top = Above(show.path, "show", title, None, year, guids)
        folders = [(None, show.path), *((row.name, row.path) for row in _entries(show.path) if row.is_dir())]
        for name, path in folders:
            number = _season(name) if name else None
            if name and number is None:
                continue
            for video in _entries(path):
                if _kind(video, VIDEOS):
                    yield from _episodes(top, video, number)


def _season(name: str) -> int | None:
    if name.lower() in ("specials", "extras"):
        return 0 if name.lower() == "specials" else None
    match = SEASON.match(name)
    return int(match[1]) if match else None


def _episodes(show: Above, video: os.DirEntry[str], season: int | None) -> Iterator[Found]:
    match = EPISODE.search(video.name)
    if match is None:
        return
    number = int(match["season"]) if season is None else season
    first, last = int(match["first"]), int(match["last"] or match["first"])
    facts = video.stat()
    name = f"Season {number}" if number else "Specials"
    above = (show, Above(f"{show.place}\0{number}", "season", name, number))
    rest = BRACKETS.sub("", Path(video.name).stem[match.end() :]).strip(" -._")
    for turn in range(first, max(first, min(last, first + 20)) + 1):
        title = rest or f"Episode {turn}"
        files: tuple[File, ...] = ((video.path, facts.st_size),)
        place = f"{video.path}\0{turn}"
        yield Found(place, "episode", title, (files,), int(facts.st_mtime), index=turn, above=above)


def _music(root: str) -> Iterator[Found]:
    for artist in _entries(root):
        if not artist.is_dir():
            continue
        top = Above(artist.path, "artist", artist.name)
        for album in _entries(artist.path):
            if not album.is_dir():
                continue
            title, year, _ = named(album.name)
            above = (top, Above(album.path, "album", title, None, year))
            sounds = [row for row in _entries(album.path) if _kind(row, SOUNDS)]
            for turn, sound in enumerate(sounds, 1):
                match = NUMBERED.match(Path(sound.name).stem)
                index, name = (int(match[1]), match[2]) if match else (turn, Path(sound.name).stem)
                facts = sound.stat()
                files = ((sound.path, facts.st_size),)
                yield Found(sound.path, "track", name, (files,), int(facts.st_mtime), index=index, above=above)
