"""The collector of the whole program is borrowed, and given back as it was."""

from __future__ import annotations

from collections.abc import Iterator
import gc
from pathlib import Path
import threading
import weakref

import pytest

from custom_components.plex_steward.mirror.garbage import let_go, no_gc, unseen
from custom_components.plex_steward.mirror.model import Layout
from custom_components.plex_steward.mirror.scan import scan

from .disk import sync


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    gc.unfreeze()
    yield
    assert gc.isenabled()
    gc.unfreeze()


class Knot:
    """Garbage that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


def test_off_until_the_last_one_is_done() -> None:
    with no_gc():
        with no_gc():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0, "outside of `unseen` all is seen"


def test_a_program_without_a_collector_keeps_none() -> None:
    gc.disable()
    try:
        with no_gc():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_hidden_until_the_run_ends(source: Path, tmp_path: Path) -> None:
    with unseen():
        report = sync(source, tmp_path / "target")
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        knot = weakref.ref(Knot())
        gc.collect()
        assert knot() is None, "what is made while a run copies for hours is collected"
        del report
    assert gc.get_freeze_count() == 0


def test_what_others_froze_stays_frozen(source: Path, tmp_path: Path) -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    with unseen():
        sync(source, tmp_path / "target")
    assert 0 < gc.get_freeze_count() <= before


def test_two_runs_at_a_time(source: Path) -> None:
    """The first that ends leaves the other's hidden."""
    inside, go = threading.Event(), threading.Event()

    def other() -> None:
        with unseen(), no_gc():
            inside.set()
            go.wait(60)

    thread = threading.Thread(target=other)
    with unseen():
        scan(str(source), Layout.PLEX)
        thread.start()
        assert inside.wait(60)
    assert gc.get_freeze_count() > 0
    assert not gc.isenabled()
    go.set()
    thread.join()
    assert gc.get_freeze_count() == 0


def test_a_tree_is_let_go_film_by_film(source: Path) -> None:
    tree = scan(str(source), Layout.PLEX)
    assert tree.folder.folders
    let_go(tree.folder)
    assert not tree.folder.folders
