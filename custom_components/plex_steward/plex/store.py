"""What the inventory writes: libraries, pages of items, what vanished. Every method blocks: call it in a thread."""

# ruff: noqa: S608 - statements are put together from names written here; values always travel beside them

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
import json
from pathlib import Path
import sqlite3
from typing import Any, Final, Self

from . import schema
from .database import Database
from .items import Mark, Rows
from .models import Library
from .names import COLUMNS, Name

_PUT_ITEM: Final = schema.insert("item", schema.ITEM)
_PUT_LOOK: Final = schema.insert("look", schema.LOOK, "IGNORE")
_PUT_VERSION: Final = schema.insert("version", schema.VERSION_COLUMNS)
_PUT_PART: Final = schema.insert("part", schema.PART)
_PUT_PROGRESS: Final = schema.insert("progress", schema.PROGRESS)
_THESE: Final = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Stored:
    """A library of the store."""

    id: int
    uuid: str
    key: str
    title: str
    type: str
    sweep: int
    changed: int | None
    swept_at: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A full read that has begun."""

    position: int
    total: int
    sweep: int
    gate: int
    """`contentChangedAt` when it began."""


@dataclass(slots=True)
class Changes:
    """Which items came, changed and went, by rating key."""

    added: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    names: dict[int, Name] = field(default_factory=dict, repr=False)
    """What the removed ones were called: afterwards nobody knows."""
    plays: int = 0
    """How many items have other play counts than before."""

    def __ior__(self, other: Changes) -> Self:
        """Take in what another step did."""
        self.added |= other.added
        self.updated |= other.updated
        self.removed |= other.removed
        self.names |= other.names
        self.plays += other.plays
        return self


class Store(Database):
    """The inventory's file, for writing."""

    def __init__(self, path: Path) -> None:
        """Open or make it (see `Database`)."""
        super().__init__(path)

    # Libraries

    def libraries(self) -> list[Stored]:
        """Return the libraries there are."""
        rows = self.query("SELECT id, uuid, key, title, type, sweep, changed, swept_at FROM library ORDER BY id")
        return [Stored(*row) for row in rows]

    def put_library(self, library: Library) -> Stored:
        """Enter a library, or take over its new name and key."""
        with self.transaction() as write:
            write.execute(
                "INSERT INTO library (uuid, key, title, type) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (uuid) DO UPDATE SET key = excluded.key, title = excluded.title",
                (library.uuid, library.key, library.title, library.type),
            )
        return next(stored for stored in self.libraries() if stored.uuid == library.uuid)

    def forget_libraries(self, keep: Iterable[str]) -> int:
        """Forget all libraries but those with the given uuids; return how many went."""
        kept = json.dumps(list(keep))
        with self.transaction() as write:
            gone = [row[0] for row in write.execute(f"SELECT id FROM library WHERE uuid NOT IN {_THESE}", (kept,))]
            for library in gone:
                write.execute("DELETE FROM version WHERE item IN (SELECT id FROM item WHERE library = ?)", (library,))
                write.execute("DELETE FROM part WHERE library = ?", (library,))
                for table in ("item", "progress"):
                    write.execute(f"DELETE FROM {table} WHERE library = ?", (library,))
                write.execute("DELETE FROM library WHERE id = ?", (library,))
        return len(gone)

    def refreshed(self, library: int, changed: int, swept_at: float | None) -> None:
        """Note that a library is known completely as of this `contentChangedAt`."""
        with self.transaction() as write:
            write.execute(
                "UPDATE library SET changed = ?, swept_at = coalesce(?, swept_at) WHERE id = ?",
                (changed, swept_at, library),
            )

    # Full reads

    def begun(self, library: int) -> dict[str, Progress]:
        """Return the full reads that were begun and not finished, by kind."""
        rows = self.query("SELECT kind, position, total, sweep, gate FROM progress WHERE library = ?", (library,))
        return {kind: Progress(*rest) for kind, *rest in rows}

    def begin(self, library: int, kinds: Sequence[str], gate: int) -> dict[str, Progress]:
        """Begin a full read of some kinds."""
        with self.transaction() as write:
            write.execute("UPDATE library SET sweep = sweep + 1 WHERE id = ?", (library,))
            ((sweep,),) = write.execute("SELECT sweep FROM library WHERE id = ?", (library,))
            begun = {kind: Progress(0, 0, sweep, gate) for kind in kinds}
            write.executemany(_PUT_PROGRESS, [(library, kind, *astuple(progress)) for kind, progress in begun.items()])
        return begun

    def put(self, rows: Rows, at: tuple[int, str, Progress] | None = None) -> Changes:
        """Write a page in one go; `at` is (library, kind, how far the full read has come with it)."""
        ids = json.dumps([row[0] for row in rows.items])
        with self.transaction() as write:
            known = dict(write.execute(f"SELECT id, updated FROM item WHERE id IN {_THESE}", (ids,)))
            if known:
                _clear(write, known)
            write.executemany(_PUT_ITEM, rows.items)
            write.executemany(_PUT_LOOK, [(key, *look) for key, look in rows.looks.items()])
            write.executemany(_PUT_VERSION, rows.versions)
            write.executemany(_PUT_PART, rows.parts)
            if at is not None:
                library, kind, progress = at
                write.execute(_PUT_PROGRESS, (library, kind, *astuple(progress)))
        changes = Changes()
        for key, updated, *_ in rows.marks:
            if key not in known:
                changes.added.add(key)
            elif known[key] != updated:
                changes.updated.add(key)
        return changes

    def end(self, library: int, kind: str, sweep: int, keep: set[int] | None) -> Changes:
        """End a full read: what it did not see is gone, except `keep` (listed, but unreadable); `None` keeps all."""
        changes = Changes()
        with self.transaction() as write:
            if keep is not None:
                found = write.execute(
                    "SELECT id FROM item WHERE library = ? AND kind = ? AND sweep < ?", (library, kind, sweep)
                )
                changes = _delete(write, {row[0] for row in found} - keep)
            write.execute("DELETE FROM look WHERE id NOT IN (SELECT look FROM version)")
            write.execute("DELETE FROM progress WHERE library = ? AND kind = ?", (library, kind))
        return changes

    def held(self, library: int, kind: str, sweep: int | None = None) -> int:
        """Count the items of a kind, or only those that a full read has seen."""
        seen = "" if sweep is None else " AND sweep = ?"
        values = (library, kind) if sweep is None else (library, kind, sweep)
        ((count,),) = self.query(f"SELECT count(*) FROM item WHERE library = ? AND kind = ?{seen}", values)
        return int(count)

    def unplayed(self, library: int, kind: str) -> int:
        """Count the items of a kind that were never played, or were marked so."""
        ((count,),) = self.query(
            "SELECT count(*) FROM item WHERE library = ? AND kind = ? AND plays = 0", (library, kind)
        )
        return int(count)

    # Refreshes

    def newest(self, library: int, kind: str) -> int:
        """Return the highest `updatedAt` of a kind, by the server's clock."""
        ((found,),) = self.query("SELECT max(updated) FROM item WHERE library = ? AND kind = ?", (library, kind))
        return int(found or 0)

    def last_played(self, library: int, kind: str) -> int:
        """Return the time of the newest play of a kind, by the server's clock."""
        ((found,),) = self.query("SELECT max(played) FROM item WHERE library = ? AND kind = ?", (library, kind))
        return int(found or 0)

    def compare(
        self, library: int, kind: str, marks: Sequence[Mark], *, sweep: int | None = None, keep: bool = False
    ) -> tuple[set[int], Changes]:
        """Hold the whole list of a kind against the store.

        Return the items that are to be read (new or changed; with `sweep`, those that full read has not seen), and what
        was settled here: plays, and removals unless `keep`.
        """
        changes = Changes()
        with self.transaction() as write:
            _note(write, marks)
            found = write.execute(
                "SELECT mark.id FROM mark LEFT JOIN item ON item.id = mark.id WHERE item.id IS NULL"
                " OR item.library != ?1 OR (?2 IS NULL AND item.updated IS NOT mark.updated) OR item.sweep < ?2",
                (library, sweep),
            )
            wanted = {row[0] for row in found}
            if not keep:
                found = write.execute(
                    "SELECT id FROM item WHERE library = ? AND kind = ? AND id NOT IN (SELECT id FROM mark)",
                    (library, kind),
                )
                changes = _delete(write, {row[0] for row in found})
            changes.plays = _plays(write)
        return wanted, changes

    def played(self, marks: Sequence[Mark]) -> int:
        """Take over play counts; return how many items have others than before."""
        with self.transaction() as write:
            _note(write, marks)
            return _plays(write)

    def drop(self, ids: Iterable[int]) -> Changes:
        """Remove single items."""
        wanted = json.dumps(list(ids))
        with self.transaction() as write:
            known = write.execute(f"SELECT id FROM item WHERE id IN {_THESE}", (wanted,)).fetchall()
            return _delete(write, [row[0] for row in known])


def _clear(write: sqlite3.Connection, ids: Iterable[int]) -> None:
    these = json.dumps(list(ids))
    for table in ("version", "part"):
        write.execute(f"DELETE FROM {table} WHERE item IN {_THESE}", (these,))


def _delete(write: sqlite3.Connection, ids: Iterable[int]) -> Changes:
    gone = sorted(ids)
    if not gone:
        return Changes()
    named = write.execute(f"SELECT {COLUMNS} FROM item WHERE id IN {_THESE}", (json.dumps(gone),))
    changes = Changes(removed=set(gone), names={row[0]: Name(*row) for row in named})
    _clear(write, gone)
    write.execute(f"DELETE FROM item WHERE id IN {_THESE}", (json.dumps(gone),))
    return changes


def _note(write: sqlite3.Connection, marks: Sequence[Mark]) -> None:
    write.execute("CREATE TEMP TABLE IF NOT EXISTS mark (id INTEGER PRIMARY KEY, updated, plays, played)")
    write.execute("DELETE FROM mark")
    write.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)", marks)


def _plays(write: sqlite3.Connection) -> int:
    done: Any = write.execute(
        "UPDATE item SET plays = mark.plays, played = mark.played FROM mark WHERE item.id = mark.id"
        " AND (item.plays IS NOT mark.plays OR item.played IS NOT mark.played)"
    )
    return int(done.rowcount)
