"""Numbers of a library, from the inventory. Everything here blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from dataclasses import dataclass, field

from .database import Database


@dataclass(frozen=True, slots=True)
class Newest:
    """What was added last."""

    rating_key: int
    title: str = field(repr=False)
    show_title: str | None = field(repr=False)
    added: int
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One library in numbers."""

    uuid: str
    title: str = field(repr=False)
    type: str
    counts: dict[str, int]
    """Items by kind (movie, show, season, episode, artist, album, track)."""
    size: int
    """Bytes of all files; optimised versions do not count, a file that several items share counts once."""
    newest: Newest | None
    by_resolution: dict[str, int]
    """Films, episodes or tracks by the best of their versions; `unknown` for files the server has not analysed."""
    by_dynamic_range: dict[str, int]
    by_audio_profile: dict[str, int]
    swept_at: float | None
    """Epoch seconds of the last time every key was seen."""

    @property
    def items(self) -> int:
        """What the library is said to hold: films, shows or artists."""
        return self.counts.get({"movie": "movie", "show": "show", "artist": "artist"}.get(self.type, self.type), 0)


_LEAVES = "('movie', 'episode', 'track')"


def summaries(database: Database) -> dict[str, Summary]:
    """Return the numbers of every library by its uuid."""
    libraries = database.query("SELECT id, uuid, title, type, swept_at FROM library ORDER BY id")
    return {row[1]: _summary(database, *row) for row in libraries}


def _summary(database: Database, key: int, uuid: str, title: str, kind: str, swept_at: float | None) -> Summary:
    ((size,),) = database.query(
        "SELECT sum(size) FROM (SELECT max(size) AS size FROM part WHERE library = ? GROUP BY mark)", (key,)
    )
    return Summary(
        uuid=uuid,
        title=title,
        type=kind,
        counts=dict(database.query("SELECT kind, count(*) FROM item WHERE library = ? GROUP BY kind", (key,))),
        size=int(size or 0),
        newest=_newest(database, key),
        by_resolution=_split(database, key, "resolution"),
        by_dynamic_range=_split(database, key, "dynamic_range"),
        by_audio_profile=_split(database, key, "audio_profile"),
        swept_at=swept_at,
    )


def _newest(database: Database, library: int) -> Newest | None:
    rows = database.query(
        "SELECT id, title, show_title, added FROM item WHERE library = ? AND added IS NOT NULL"
        f" AND kind IN {_LEAVES} ORDER BY added DESC, id DESC LIMIT 1",
        (library,),
    )
    return Newest(*rows[0]) if rows else None


def _split(database: Database, library: int, column: str) -> dict[str, int]:
    rows = database.query(
        f"SELECT coalesce({column}, 'unknown'), count(*) FROM item WHERE library = ? AND kind IN {_LEAVES} GROUP BY 1",
        (library,),
    )
    return dict(rows)
