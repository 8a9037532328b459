"""The inventory's file: made at once, set aside when it cannot be read, never lost for another reason."""

import sqlite3

import pytest

from custom_components.plex_steward.plex import schema
from custom_components.plex_steward.plex.database import StoreBroken, StoreFailed, inspect, remove
from custom_components.plex_steward.plex.items import Rows
from custom_components.plex_steward.plex.models import Library
from custom_components.plex_steward.plex.store import Store

FILMS = Library("uuid-1", "1", "Films", "movie")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "inventory.db"


def names(path):
    return {found.name for found in path.parent.iterdir()}


def test_a_new_file_is_made(path):
    store = Store(path)
    assert store.rebuilt is None
    assert store.libraries() == []
    store.put_library(FILMS)
    store.close()
    assert names(path) == {"inventory.db"}
    again = Store(path)
    assert again.rebuilt is None
    assert [library.title for library in again.libraries()] == ["Films"]
    again.close()


def test_a_library_keeps_its_place_under_a_new_name(path):
    store = Store(path)
    first = store.put_library(FILMS)
    second = store.put_library(Library("uuid-1", "7", "Movies", "movie"))
    assert (second.id, second.key, second.title) == (first.id, "7", "Movies")
    store.close()


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\x00" + bytes(5000)])
def test_what_is_no_store_is_set_aside(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = Store(path)
    assert store.rebuilt == "unreadable"
    store.put_library(FILMS)
    store.close()
    assert path.with_name("inventory.db.broken").read_bytes() == content
    assert inspect(path) is None


def filled(path):
    store = Store(path)
    with store.transaction() as write:
        write.execute("INSERT INTO library (id, uuid, key, title, type) VALUES (1, 'a', '1', 'A', 'movie')")
        row = dict.fromkeys(schema.ITEM) | {"library": 1, "kind": "movie", "title": "T" * 300, "sort_title": "t"}
        row |= {"plays": 0, "versions": 0, "size": 0, "search": "", "sweep": 0}
        write.executemany(
            schema.insert("item", schema.ITEM), [tuple((row | {"id": key}).values()) for key in range(500)]
        )
    return store


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_store_is_set_aside(path, damage):
    filled(path).close()
    content = bytearray(path.read_bytes())
    assert len(content) > 100_000
    if damage == "cut":
        content = content[: len(content) // 2]
    else:
        content[8192:60_000] = b"\xa5" * (60_000 - 8192)
    path.write_bytes(content)
    store = Store(path)
    assert store.rebuilt == "unreadable"
    assert store.libraries() == []
    store.close()


def test_damage_while_it_is_open(path):
    store = filled(path)
    store._reader.execute("PRAGMA cache_size = 0")
    with store._write_lock:
        store._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with pytest.raises(StoreBroken):
        store.query("SELECT sum(length(title)) FROM item")
    store.close()
    again = Store(path)
    assert again.rebuilt == "unreadable"
    again.close()


def test_another_version_is_replaced(path):
    store = Store(path)
    store.put_library(FILMS)
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    store = Store(path)
    assert store.rebuilt == "version"
    assert store.libraries() == []
    store.close()
    assert names(path) == {"inventory.db"}


def test_a_folder_in_its_place_is_an_error_not_a_broken_store(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreFailed):
        Store(path)
    assert path.is_dir()


def test_half_made_files_are_swept_away(path):
    path.parent.mkdir()
    path.with_name("inventory.db.new").write_bytes(b"half")
    store = Store(path)
    assert store.rebuilt is None
    store.close()
    assert names(path) == {"inventory.db"}


def test_a_transaction_is_all_or_nothing(path):
    store = Store(path)

    def write_and_fail():
        with store.transaction() as write:
            write.execute("INSERT INTO library (uuid, key, title, type) VALUES ('a', '1', 'A', 'movie')")
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert store.libraries() == []
    store.put_library(FILMS)
    store.close()


def test_readers_see_only_what_is_committed(path):
    store = Store(path)
    with store.transaction() as write:
        write.execute("INSERT INTO library (uuid, key, title, type) VALUES ('a', '1', 'A', 'movie')")
        assert store.libraries() == []
    assert len(store.libraries()) == 1
    store.close()


def test_an_empty_page_changes_nothing(path):
    store = Store(path)
    changes = store.put(Rows())
    assert (changes.added, changes.updated, changes.removed) == (set(), set(), set())
    store.close()


def test_removal(path):
    store = Store(path)
    remove(path.with_name("other.db"))
    store.close()
    remove(path)
    assert names(path) == set()


def test_who_comes_when_it_is_closed_is_told_so(path):
    store = Store(path)
    store.close()
    for question in (store.libraries, lambda: store.put_library(FILMS)):
        with pytest.raises(StoreFailed) as caught:
            question()
        assert caught.value.reason == "closed"
