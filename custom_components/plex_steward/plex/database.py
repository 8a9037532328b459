"""The file of an inventory: opened, checked, rebuilt when it cannot be read, removed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
import sqlite3
import threading
from typing import Any, Final

from . import errors, schema

_COMPANIONS: Final = ("-wal", "-shm", "-journal")
_WAIT: Final = 30.0
"""Seconds to wait for another connection's write."""


_BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreFailed(errors.PlexError):
    """The file cannot be used now: disk full or failing, no permission, locked. `reason` is sqlite's word for it."""

    code = "store_failed"


class StoreBroken(StoreFailed):
    """The file became unreadable while it was open: close it and open it again, which sets it aside."""

    code = "store_broken"


class Database:
    """One SQLite file with one writer and one reader, usable from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make a new one. Raises `StoreFailed`; an unreadable file is no failure (see `rebuilt`)."""
        self.path = path
        self.rebuilt: str | None = None
        """`unreadable` (the old file stands beside, as `.broken`) or `version` (of another release, replaced)."""
        with _translated():
            problem = inspect(path) if path.exists() else "missing"
            if problem is not None:
                if problem == "unreadable":
                    set_aside(path)
                self.rebuilt = None if problem == "missing" else problem
                create(path)
            self._writer, self._reader = _connect(path), _connect(path)
            self._reader.execute("PRAGMA query_only = 1")
            self._reader.execute("PRAGMA mmap_size = 268435456")
        self._write_lock, self._read_lock = threading.RLock(), threading.Lock()
        self._remembered: dict[str, tuple[int, list[Any]]] = {}
        self._closed = False

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        with self._write_lock, self._read_lock:
            self._closed = True
            self._reader.close()
            self._writer.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write: all or nothing. Raises `StoreFailed`."""
        with self._write_lock, _translated():
            self._open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def query(self, statement: str, parameters: Any = ()) -> list[Any]:
        """Read what was last committed. Raises `StoreFailed`."""
        with self._read_lock, _translated():
            self._open()
            return self._reader.execute(statement, parameters).fetchall()

    def _open(self) -> None:
        """Refuse somebody who comes when the house is being shut."""
        if self._closed:
            raise StoreFailed(reason="closed")

    def remembered(self, statement: str) -> list[Any]:
        """Read what is costly and seldom changes: the answer is kept until something is written."""
        ((version,),) = self.query("PRAGMA data_version")
        known = self._remembered.get(statement)
        if known is None or known[0] != version:
            known = self._remembered[statement] = (version, self.query(statement))
        return known[1]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as err:
        name = getattr(err, "sqlite_errorname", "").removeprefix("SQLITE_").lower()
        if _is_broken(err):
            raise StoreBroken(reason=name) from None
        if isinstance(err, sqlite3.OperationalError):
            raise StoreFailed(reason=name) from None
        raise  # a mistake of ours
    except OSError as err:
        raise StoreFailed(errno=err.errno or 0) from None


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    """Tell a broken file from a disk that is full, a missing permission, a lock: those must not cost the file."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _BROKEN


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL: never corrupt, at worst the last pages are read again
    connection.execute("PRAGMA cache_size = -8192")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def create(path: Path) -> None:
    """Make an empty inventory under another name and put it in place at once: nobody sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    remove(fresh)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(schema.SCHEMA)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    for name in _COMPANIONS:
        path.with_name(path.name + name).unlink(missing_ok=True)
    fresh.replace(path)


def inspect(path: Path) -> str | None:
    """Tell what is wrong with a file: `unreadable`, `version`, or nothing. Raises sqlite3's errors for an ill disk."""
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != schema.APPLICATION:
                return "unreadable"
            if version != schema.VERSION:
                return "version"
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            return None if found == ("ok",) else "unreadable"
    except sqlite3.DatabaseError as err:
        if _is_broken(err):
            return "unreadable"
        raise


def broken_path(path: Path) -> Path:
    """Return where a broken file is set aside."""
    return path.with_name(path.name + ".broken")


def set_aside(path: Path) -> Path:
    """Move a broken file out of the way and return its new name; an older broken one is replaced."""
    broken = broken_path(path)
    remove(broken)
    path.replace(broken)
    for name in _COMPANIONS:
        companion = path.with_name(path.name + name)
        if companion.exists():
            companion.replace(broken.with_name(broken.name + name))
    return broken


def remove(path: Path) -> None:
    """Delete a file with its companions."""
    for name in ("", *_COMPANIONS):
        path.with_name(path.name + name).unlink(missing_ok=True)
