"""What holds for every name, however odd."""

from __future__ import annotations

import os
from string import printable
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings, strategies as st

from custom_components.plex_steward.mirror import plan as planner
from custom_components.plex_steward.mirror.model import Folder, Layout, Options, Plan, Sidecars
from custom_components.plex_steward.mirror.names import read_folder, read_video, write_folder, write_video
from custom_components.plex_steward.mirror.names.tokens import resolution_class
from custom_components.plex_steward.mirror.plan import plan

from .trees import EMPTY, JELLYFIN, PLEX, mirrored, tree, wanted

_ATOMS = (
    "M|Dune|Der Zug|[REC]|(2010)|(1999)|2049|{imdb-tt0000001}|{tmdb-5}|[imdbid-tt1]|[tmdbid=7]|{edition-Final Cut}"
    "|{edition-|}|{|[|]|(|)|[1080p]|[4K]| - |-|.|..| |  |BD|1080p|DVD|4k|Director's Cut|part1|cd2|-trailer|sample"
    "|3D HSBS|[799ccec6]|x264|GRP|S01E01|Season 01|extras|Trailers|ß|İ|é|e\u0301|七人の侍|😀|\u200f|\u00a0|\udce9"
)
ATOMS = _ATOMS.split("|")
SUFFIXES = ["mkv", "MKV", "mp4", "avi", "srt", "en.srt", "nfo", "jpg", "part", "", "txt"]
OPTIONS = st.builds(
    Options,
    source_layout=st.sampled_from([PLEX, JELLYFIN]),
    target_layout=st.sampled_from([PLEX, JELLYFIN]),
    sidecars=st.sampled_from(Sidecars),
    delete=st.booleans(),
    fold_case=st.booleans(),
)


def usable(name: str) -> bool:
    """Whether a file system can hold the name."""
    return name not in {"", ".", ".."} and "/" not in name and "\0" not in name and len(os.fsencode(name)) <= 255


TEXTS = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=6).map("".join) | st.text(min_size=1, max_size=20)
FOLDERS = TEXTS.filter(usable)
FILES = st.builds(lambda stem, suffix: f"{stem}.{suffix}", TEXTS, st.sampled_from(SUFFIXES)).filter(usable)
LEAVES = st.dictionaries(FILES, st.none(), max_size=3)


@st.composite
def films(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a folder, most of whose files begin with its name."""
    name = draw(FOLDERS)
    related = FILES.map(lambda rest: name + rest).filter(usable)
    files: dict[str, object] = dict(draw(st.dictionaries(FILES | related, st.none(), max_size=5)))
    for key, value in draw(st.dictionaries(FOLDERS, LEAVES, max_size=2)).items():
        files.setdefault(key, value)
    return name, files


LIBRARIES = st.lists(films(), max_size=4).map(dict)


def targets(found: Plan) -> list[str]:
    """Return every path a plan would make."""
    return [action.target for action in found.changes()]


@given(TEXTS, TEXTS, st.sampled_from([PLEX, JELLYFIN]))
@example("[", "]", PLEX)
@example("{edition-", "{edition-}", PLEX)
@example("İ (2010)", "İ (2010) - BD", JELLYFIN)
def test_reading_never_raises(folder: str, stem: str, layout: Layout) -> None:
    found = read_folder(folder, layout)
    if found is not None:
        video = read_video(stem, folder, found, layout)
        for target in (PLEX, JELLYFIN):
            name, _ = write_folder(found, target)
            write_video(name, video, layout, target)


@given(LIBRARIES, OPTIONS)
@settings(max_examples=300)
def test_no_two_sources_share_a_target_and_none_leaves_the_tree(library: dict[str, Any], options: Options) -> None:
    found = plan(tree(library), EMPTY, options)
    paths = targets(found)
    folded = [path.casefold() for path in paths] if options.fold_case else paths
    assert len(set(folded)) == len(paths)
    for path in paths:
        parts = path.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert not path.startswith("/")
        assert "\0" not in path


@given(LIBRARIES, OPTIONS)
@settings(max_examples=300)
def test_a_mirrored_tree_needs_nothing(library: dict[str, Any], options: Options) -> None:
    source = tree(library)
    again = plan(source, mirrored(plan(source, EMPTY, options)), options)
    assert list(again.changes()) == []
    assert list(again.all_strays()) == []


@given(LIBRARIES, OPTIONS)
def test_equal_trees_give_equal_plans_in_any_order(library: dict[str, Any], options: Options) -> None:
    source = tree(library)
    assert plan(source, EMPTY, options) == plan(source, EMPTY, options)
    backwards = source._replace(folder=_reversed(source.folder))
    assert plan(source, EMPTY, options) == plan(backwards, EMPTY, options)


ARR = [
    f" - [{source}-1080p][x264]-{group}"
    for source in ("WEBDL", "Bluray")
    for group in ("GRP", "x264", "AB1", "cd1", "other")
]
PLAIN = st.sampled_from(["M (2010)", "M (2010) {imdb-tt1}", "Red Zug (1999) [tmdbid-7]", "S (2001) {tvdb-3}"])
TAILS = FILES | st.sampled_from(
    [f"{tail}.{end}" for tail in ("", " - BD", " [1080p]", "-trailer", *ARR) for end in ("mkv", "nfo")]
)


@st.composite
def plain_films(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a folder named in the canonical form."""
    name = draw(PLAIN)
    files: dict[str, object] = {name + tail: None for tail in draw(st.lists(TAILS, max_size=4)) if usable(name + tail)}
    files |= draw(
        st.dictionaries(st.sampled_from(["poster.jpg", "Thumbs.db", "sample.mkv", "a.part"]), st.none(), max_size=2)
    )
    inner = st.dictionaries(
        st.sampled_from(["Trailers", "extras", "other", "Sample", "@eaDir", "Subs"]), LEAVES, max_size=2
    )
    return name, files | draw(inner)


@given(st.lists(plain_films(), max_size=4).map(dict), OPTIONS)
@settings(max_examples=300)
def test_films_of_one_shape_come_out_as_if_done_one_by_one(library: dict[str, Any], options: Options) -> None:
    library |= {
        f"N {name}": {f"N {key}".replace("-GRP", "-Other"): value for key, value in files.items()}
        for name, files in library.items()
    }
    source = tree(library)
    quick = plan(source, EMPTY, options)
    with patch.object(planner, "endings", return_value=None):
        slow = plan(source, EMPTY, options)
        slow_again = plan(source, mirrored(slow), options)
    assert quick == slow
    again = plan(source, mirrored(quick), options)
    kept = [sorted(action[:3] for title in found.titles for action in title.skips()) for found in (again, slow_again)]
    assert kept[0] == kept[1]


def _reversed(folder: Folder) -> Folder:
    files = dict(reversed(folder.files.items()))
    folders = {name: _reversed(inner) for name, inner in reversed(folder.folders.items())}
    return folder._replace(files=files, folders=folders)


@given(LIBRARIES, OPTIONS)
def test_every_file_is_planned_or_reported(library: dict[str, Any], options: Options) -> None:
    found = plan(tree(library), EMPTY, options)
    said = {one.path for one in found.ignored} | {one.path for title in found.titles for one in title.ignored}
    said |= {source for title in found.titles for clash in title.clashes for source in clash.sources}
    said |= {problem.path for title in found.titles for problem in title.problems}
    sources = set(wanted(found))
    for folder, files in library.items():
        for path in _paths(folder, files):
            hidden = any(part[0] == "." and not part.startswith("...") for part in path.split("/"))
            parents = {path.rsplit("/", depth)[0] for depth in range(path.count("/") + 1)}
            assert hidden or path in sources or parents & said, path


def _paths(path: str, names: Any) -> list[str]:
    if names is None:
        return [path]
    return [deeper for name, inner in names.items() for deeper in _paths(f"{path}/{name}", inner)]


WORD = st.sampled_from(["The", "Red", "Zug", "Épopée", "侍", "2049", "-", "Part", "Two", "A", "3D", "O'Neil"])
TITLE = st.lists(WORD, min_size=1, max_size=4).map(" ".join).filter(lambda text: not text.startswith("-"))
EDITION = st.sampled_from(
    [
        "",
        "Director's Cut",
        "Final Cut",
        "Cut - Extended",
        "TV Fassung",
        "1080p",
        "BD",
        "part 1",
        "Foo [Bar]",
        "[x]",
        "3D",
    ]
)
SIZE = st.sampled_from(["", "480p", "576i", "DVD", "720p", "1080i", "1080p", "2160p", "4K", "1440p", "Bluray-1080p"])
IDS = st.lists(st.sampled_from(["imdb-tt0000001", "tmdb-22", "tvdb-333"]), unique=True, max_size=3)


@given(TITLE, st.sampled_from(["", "1999", "2010"]), IDS, EDITION, SIZE, st.sampled_from(["", " - pt1", " - cd2"]))
@settings(max_examples=500)
def test_round_trip_keeps_or_reports(title: str, year: str, ids: list[str], edition: str, size: str, part: str) -> None:
    folder = " ".join([f"{title} ({year})" if year else title, *(f"{{{one}}}" for one in ids)])
    stem = folder + (f" {{edition-{edition}}}" if edition else "") + (f" [{size}]" if size else "") + part
    there = plan(tree({folder: {f"{stem}.mkv": 7}}), EMPTY, Options(PLEX, JELLYFIN))
    back = plan(mirrored(there), EMPTY, Options(JELLYFIN, PLEX))
    lost = {loss.kind for found in (there, back) for title in found.titles for loss in title.losses}
    (link,) = (action for action in back.changes() if action.verb == "link")
    new_folder, _, new_file = link.target.partition("/")
    was, now = read_folder(folder, PLEX), read_folder(new_folder, PLEX)
    assert was is not None
    assert now is not None
    if "title" not in lost:
        assert (was.title, was.year) == (now.title, now.year)
    if "attribute" not in lost:
        assert was.ids == now.ids
    if "edition" not in lost:
        old = read_video(stem, folder, was, PLEX)
        new = read_video(new_file.removesuffix(".mkv"), new_folder, now, PLEX)
        assert old.gist == new.gist
        assert resolution_class(old.resolution) == resolution_class(new.resolution)


@given(st.text(alphabet=printable, max_size=30))
def test_what_is_written_for_plex_reads_the_same(label: str) -> None:
    folder = read_folder("M (2010) [tmdbid-1]", JELLYFIN)
    assert folder is not None
    video = read_video(f"M (2010) [tmdbid-1] - {label}", "M (2010) [tmdbid-1]", folder, JELLYFIN)
    stem, lost = write_video("M (2010) {tmdb-1}", video, JELLYFIN, PLEX)
    now = read_folder("M (2010) {tmdb-1}", PLEX)
    assert now is not None
    assert lost or read_video(stem, "M (2010) {tmdb-1}", now, PLEX).resolution == video.resolution
