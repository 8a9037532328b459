"""Libraries of any size, made up: the same seed gives the same items, and media are made when somebody asks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .facts import Look, version
from .model import Details, Item, NoFacts

if TYPE_CHECKING:
    from .model import Library, Media, Section

EPOCH = 1_600_000_000
"""When the first item was added; each further one comes a quarter of an hour later."""
STEP = 900

_FIRST = ("Silent", "Golden", "Last", "Hidden", "Northern", "Paper", "Crimson", "Distant", "Broken", "Early", "Salt")
_SECOND = ("Harbour", "Garden", "Signal", "Winter", "Letter", "Orchard", "Railway", "Mirror", "Lantern", "Coast")
_THIRD = (
    "",
    " of Ash",
    " Road",
    " in May",
    ": Part Two",
    " & Sons",
    " Été",
    " 東京",
    " at Noon",
    " 🎬",
    "; or, Home",
    ", Again",
)
_GENRES = ("Drama", "Comedy", "Thriller", "Documentary", "Animation", "Science Fiction", "Horror")
_PEOPLE = ("Ada Fern", "Ben Okoro", "Chloé Martin", "Daniel Ito", "Eva Lind", "Farid Aziz", "Greta Holm")

_LOOKS = (
    Look("1080", "h264", "sdr", (("ac3", "eng"), ("aac", "deu")), ("eng", "deu")),
    Look("1080", "hevc", "sdr", (("eac3", "eng"),), ("eng", "fra", "deu")),
    Look("4k", "hevc", "hdr10", (("atmos", "eng"), ("ac3", "eng")), ("eng", "spa")),
    Look("4k", "hevc", "dv8", (("atmos", "eng"), ("eac3", "fra")), ("eng", "fra")),
    Look("720", "h264", "sdr", (("aac", "eng"),), ("eng",)),
    Look("4k", "hevc", "hdr10+", (("eac3atmos", "eng"),), ("eng", "deu")),
    Look("1080", "h264", "sdr", (("dtshdma", "eng"), ("ac3", "fra")), ("fra",)),
    Look("480", "mpeg2video", "sdr", (("ac3", "eng"),), ()),
    Look("4k", "hevc", "dv5", (("eac3atmos", "eng"),), ("eng",)),
    Look("4k", "hevc", "hlg", (("aac51", "jpn"),), ("eng",)),
    Look("1080", "av1", "hdr10", (("opus", "eng"),), ("eng",)),
    Look("4k", "hevc", "dv7", (("dtsx", "eng"), ("truehd", "eng")), ("eng", "deu", "fra")),
)


def mixed(number: int, seed: int) -> int:
    """Turn a number into another one without a pattern, fast."""
    value = (number + 0x9E3779B9 * (seed + 1)) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return value ^ (value >> 16)


class _Films:
    """Facts of made-up films and episodes."""

    def __init__(self, seed: int) -> None:
        """Keep the seed."""
        self.seed = seed

    def media(self, item: Item) -> list[Media]:
        """Make the versions: nearly always one, sometimes two, sometimes two stacked files."""
        dice = mixed(item.id, self.seed)
        what = _LOOKS[dice % len(_LOOKS)]
        size = {"4k": 24, "1080": 9, "720": 4}.get(what.resolution, 2) * 1_000_000_000 + dice % 900_000_000
        folder = self._folder(item)
        name = f"{folder}/{_file(item)}"
        end = f" [{what.resolution}{'' if what.resolution == '4k' else 'p'}].mkv"
        files = [(f"{name}{end}", size)]
        if dice % 50 == 7:
            files = [(f"{name} - cd1.avi", size // 2), (f"{name} - cd2.avi", size - size // 2)]
        versions = [version(item.id * 100, what, files, item.duration)]
        if dice % 20 == 3:
            small = Look("720", "h264", "sdr", (("aac", "eng"),), ())
            versions.append(version(item.id * 100 + 1, small, [(f"{name} [720p].mp4", size // 5)], item.duration))
        if dice % 100 == 11:
            small = Look("480", "h264", "sdr", (("aac", "eng"),), ())
            path = f"{folder}/Plex Versions/Optimized for Mobile/{item.title.replace('/', '-')}.mp4"
            optimized = version(item.id * 100 + 2, small, [(path, size // 20)], item.duration)
            optimized.attrs |= {"proxyType": 42, "target": "Optimized for Mobile", "title": "Optimized for Mobile"}
            versions.append(optimized)
        if "\\" in item.section.locations[0]:  # a server on Windows
            for part in (part for media in versions for part in media.parts):
                part.file = part.file.replace("/", "\\")
        return versions

    def details(self, item: Item) -> Details:
        """Make summary, tags and ids."""
        return _details(item.id, self.seed)

    def _folder(self, item: Item) -> str:
        root = item.section.locations[0]
        if item.parent is None:
            return f"{root}/{_file(item)}"
        show = item.parent.parent or item.parent
        return f"{root}/{show.title}/Season {item.parent.index or 0:02}"


def _file(item: Item) -> str:
    if item.type == "episode" and item.parent is not None and item.parent.parent is not None:
        return f"{item.parent.parent.title} - s{item.parent.index or 0:02}e{item.index or 0:02}"
    return f"{item.title.replace('/', '-')} ({item.year}) {{imdb-tt{item.id:07}}}"


class _Tracks:
    """Facts of made-up tracks."""

    def __init__(self, seed: int) -> None:
        """Keep the seed."""
        self.seed = seed

    def media(self, item: Item) -> list[Media]:
        """Make the one file."""
        flac = mixed(item.id, self.seed) % 3
        kind = "mp3" if flac == 0 else "flac"
        what = Look("", "", "sdr", ((kind, "eng"),), ())
        names = [above.title for above in item.ancestors()]
        path = "/".join([item.section.locations[0], *reversed(names), f"{item.index:02} - {item.title}.{kind}"])
        return [version(item.id * 100, what, [(path, 5_000_000 + mixed(item.id, 5) % 25_000_000)], item.duration)]

    def details(self, _: Item) -> Details:
        """Make nothing."""
        return Details()


@lru_cache(maxsize=200_000)
def _details(number: int, seed: int) -> Details:
    dice = mixed(number, seed + 7)
    attrs = {
        "studio": f"Studio {dice % 40}",
        "contentRating": ("PG", "12", "15", "18")[dice % 4],
        "summary": f"{_PEOPLE[dice % 7]} finds a {_SECOND[dice % 10].lower()} and loses a {_SECOND[dice % 9].lower()}.",
        "rating": round(4 + dice % 60 / 10, 1),
        "audienceRating": round(4 + dice // 60 % 60 / 10, 1),
        "originallyAvailableAt": f"{1960 + dice % 66}-{1 + dice % 12:02}-{1 + dice % 28:02}",
    }
    tags = {
        "Genre": [_GENRES[dice % 7], _GENRES[(dice + 3) % 7]],
        "Director": [_PEOPLE[dice // 7 % 7]],
        "Writer": [_PEOPLE[dice // 49 % 7]],
        "Country": [("United Kingdom", "Japan", "France")[dice % 3]],
        "Role": [_PEOPLE[(dice + turn) % 7] for turn in range(5)],
    }
    guids = [f"imdb://tt{number:07}", f"tmdb://{number}"] if dice % 40 else []
    return Details(dict(attrs), tags, guids)


def title(number: int) -> str:
    """Make a film's title: every one is another one."""
    first, second = _FIRST[number % 11], _SECOND[number // 11 % 10]
    third, round_ = _THIRD[number // 110 % 12], number // 1320
    return f"{first} {second}{third}{f' {round_ + 1}' if round_ else ''}"


def films(library: Library, section: Section, count: int, seed: int = 1) -> None:
    """Fill a section with films."""
    source = _Films(seed)
    for number in range(count):
        dice = mixed(number, seed)
        when = EPOCH + number * STEP
        key = library.next_id()
        watched = dice % 3 == 0
        library.add(
            Item(
                key,
                "movie",
                title(number),
                section,
                when,
                when + dice % 500,
                source,
                year=1950 + dice % 76,
                duration=(75 + dice % 90) * 60_000,
                view_count=dice % 4 if watched else 0,
                last_viewed_at=EPOCH + dice % 100_000_000 if watched and dice % 4 else None,
            )
        )


def shows(library: Library, section: Section, count: int, seed: int = 1) -> None:
    """Fill a section with shows of two seasons of six episodes."""
    source, nothing = _Films(seed), NoFacts()
    for number in range(count):
        when = EPOCH + number * STEP * 12
        show = library.add(Item(library.next_id(), "show", f"The {title(number)} Files", section, when, when, nothing))
        show.year = 1990 + number % 36
        for turn in (1, 2):
            season = Item(library.next_id(), "season", f"Season {turn}", section, when, when, nothing, show, turn)
            library.add(season)
            for episode in range(1, 7):
                key = library.next_id()
                dice = mixed(key, seed)
                name = f"Chapter {episode}"
                item = Item(key, "episode", name, section, when + episode, when + episode, source, season, episode)
                item.duration, item.year = (20 + dice % 40) * 60_000, show.year
                library.add(item)


def music(library: Library, section: Section, count: int, seed: int = 1) -> None:
    """Fill a section with artists of two albums of eight tracks."""
    source, nothing = _Tracks(seed), NoFacts()
    for number in range(count):
        when = EPOCH + number * STEP * 16
        artist = Item(library.next_id(), "artist", f"{title(number)} Band", section, when, when, nothing)
        library.add(artist)
        for turn in (1, 2):
            name = f"Record {turn}"
            album = Item(
                library.next_id(), "album", name, section, when, when, nothing, artist, turn, 1980 + number % 45
            )
            library.add(album)
            for track in range(1, 9):
                key = library.next_id()
                item = Item(key, "track", f"Song {track}", section, when, when, source, album, track)
                item.duration = (120 + mixed(key, seed) % 240) * 1000
                library.add(item)


FILLERS = {"movie": films, "show": shows, "artist": music}
