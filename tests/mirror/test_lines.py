"""Lines that are written out only for whoever looks are the same as lines that were written out before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.plex_steward.mirror.lines import Chain, Fresh, changed, columns, count, is_new
from custom_components.plex_steward.mirror.model import Action, Kind, Layout, Options, Plan, Reason, Title, Verb
from custom_components.plex_steward.mirror.plan import plan
from custom_components.plex_steward.mirror.report import pending
from custom_components.plex_steward.mirror.scan import scan

from .disk import planned, sync, write

FILMS = [
    "A (2001) {imdb-tt1}/A (2001) {imdb-tt1} [1080p].mkv",
    "A (2001) {imdb-tt1}/poster.jpg",
    "A (2001) {imdb-tt1}/Other/one.mkv",
    "A (2001) {imdb-tt1}/Other/another.mkv",
    "A (2001) {imdb-tt1}/Trailers/a.mkv",
]
JELLYFIN = [
    "A (2001) [imdbid-tt1]/A (2001) [imdbid-tt1] - BD.mkv",
    "A (2001) [imdbid-tt1]/poster.jpg",
    "A (2001) [imdbid-tt1]/extras/one.mkv",
    "A (2001) [imdbid-tt1]/extras/another.mkv",
    "A (2001) [imdbid-tt1]/trailers/a.mkv",
]
NAME = "A (2001) [imdbid-tt1]"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source", FILMS)


def looked(source: Path, target: Path, **options: Any) -> Plan:
    return planned(sync(source, target, verb="plan", **options))


@pytest.fixture
def lazy(source: Path, tmp_path: Path) -> Fresh:
    (title,) = looked(source, tmp_path / "target").titles
    assert isinstance(title.steps, Fresh)
    return title.steps


@pytest.mark.parametrize("layout", [Layout.PLEX, Layout.JELLYFIN])
def test_they_are_those_of_the_long_way(tmp_path: Path, layout: Layout) -> None:
    """On a target that does not tell `a` from `A` every film is compared name by name."""
    source = write(tmp_path / "source", FILMS if layout is Layout.PLEX else JELLYFIN)
    trees = scan(str(source), layout), scan(str(tmp_path / "target"), missing_ok=True)
    options = Options(source_layout=layout)
    (one,), (two,) = (plan(*trees, each).titles for each in (options, replace(options, fold_case=True)))
    assert isinstance(one.steps, Fresh)
    assert isinstance(two.steps, tuple)
    assert len(two.steps) == 8
    assert one == two
    assert {step.source: step.inode for step in one.steps if step.source} == {
        str(path.relative_to(source)): path.stat().st_ino for path in source.rglob("*") if path.is_file()
    }


def test_they_are_like_a_tuple(lazy: Fresh) -> None:
    wanted = tuple(lazy)
    assert lazy == wanted
    assert wanted == lazy
    assert lazy != wanted[:-1]
    assert lazy != [*wanted]
    assert hash(lazy) == hash(wanted)
    assert repr(lazy) == repr(wanted)
    assert (len(lazy), lazy[0], lazy[-1], lazy[1:3]) == (len(wanted), wanted[0], wanted[-1], wanted[1:3])
    assert [*reversed(lazy)] == [*reversed(wanted)]
    assert wanted[1] in lazy


def test_columns_say_the_same(lazy: Fresh) -> None:
    assert [[*column] for column in columns(lazy)] == [[*column] for column in columns(tuple(lazy))]


def test_counts_need_no_lines(lazy: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = (Action(Verb.RENAME, "b", origin="c"), Action(Verb.LINK, "d", "e"))
    wanted = Counter(action.verb for action in (*lazy, *rest))
    chain = Chain([lazy, rest, ()])
    assert (len(chain), tuple(chain)) == (len(lazy) + 2, (*lazy, *rest))
    monkeypatch.delattr(Fresh, "columns")
    assert count(chain) == wanted
    assert count(lazy) + count(rest) == wanted
    assert count(()) == Counter()


def test_changed_folders_need_no_lines(lazy: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tuple(lazy)
    loose = Action(Verb.REMOVE, "stray.mkv", None, Reason.NOT_IN_SOURCE)
    inner = Action(Verb.LINK, "B (2002)/b.mkv", "C (2002)/b.mkv", Reason.MISSING)
    assert changed(written) == ({NAME}, {"A (2001) {imdb-tt1}"})
    monkeypatch.setattr(Fresh, "__iter__", None)
    assert changed(lazy) == changed(written)
    assert changed(Chain([lazy, (loose, inner)])) == ({NAME, "B (2002)"}, {"A (2001) {imdb-tt1}", "C (2002)"})


def test_new_is_what_begins_with_its_folder(lazy: Fresh) -> None:
    title = Title(NAME, ("A",), Kind.MOVIES)
    assert is_new(title._replace(steps=lazy))
    assert is_new(title._replace(steps=tuple(lazy)))
    assert not is_new(title)
    assert not is_new(title._replace(steps=(Action(Verb.MKDIR, f"{NAME}/extras"),)))


def test_plans_of_equal_trees_are_equal(source: Path, tmp_path: Path) -> None:
    one, two = (looked(source, tmp_path / "target") for _ in range(2))
    assert one == two
    write(source, ["A (2001) {imdb-tt1}/fanart.jpg"])
    assert looked(source, tmp_path / "target") != one


def test_a_rename_writes_out_only_the_film_it_is_in(source: Path, tmp_path: Path) -> None:
    write(source, ["B (2002) {imdb-tt2}/B (2002) {imdb-tt2}.mkv"])
    target = tmp_path / "target"
    (target / "old").mkdir(parents=True)
    (target / "old/name.mkv").hardlink_to(source / "B (2002) {imdb-tt2}/B (2002) {imdb-tt2}.mkv")
    a, b = looked(source, target, delete=True).titles
    assert isinstance(a.steps, Fresh)
    assert [step.verb for step in b.steps] == [Verb.MKDIR, Verb.RENAME]


def test_a_plan_outlives_the_trees(source: Path, tmp_path: Path) -> None:
    """A run lets go of what it read; what it reports stays whole."""
    report = sync(source, tmp_path / "target", dry_run=True)
    assert [action.target for action in report.done][:2] == [NAME, f"{NAME}/{NAME} - BD.mkv"]
    assert pending(report) == sum(1 for path in source.rglob("*") if path.is_file())
