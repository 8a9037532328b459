"""What holds for every library, tried on many made at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import tempfile
from typing import Any

from hypothesis import given, settings as hypothesis_settings, strategies as st

from custom_components.plex_steward.mirror.model import Materializer, Outcome

from .disk import COPY, frozen, planned, sync, tree, verbs, write

TITLES = st.sampled_from(["Alien", "Alien 3", "Léon", "[REC]", "Face - Off", "M", "千と千尋", "Big {Fish}"])
YEARS = st.sampled_from(["(1999)", "(2007)", "(1999) (2007)", ""])
IDS = st.sampled_from(["", "{imdb-tt1}", "{tmdb-2}", "{imdb-tt1} {tmdb-2}"])
LABELS = st.sampled_from(["", "[1080p]", "[2160p]", "{edition-Cut}", "[1080p] [remux]", "- 720p", "cd1", "-trailer"])
ENDINGS = st.sampled_from([".mkv", ".mp4", ".en.srt", ".nfo", "-poster.jpg"])


@st.composite
def folders(draw: st.DrawFn) -> str:
    """Name of a film's folder."""
    words = (draw(TITLES), draw(YEARS), draw(IDS))
    return " ".join(word for word in words if word)


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, str]:
    """Files of a library with their contents."""
    files: dict[str, str] = {}
    for folder in draw(st.lists(folders(), min_size=1, max_size=4, unique=True)):
        for _ in range(draw(st.integers(1, 4))):
            name = f"{folder} {draw(LABELS)}".strip() + draw(ENDINGS)
            place = draw(st.sampled_from(["", "", "", "Trailers/", "Behind The Scenes/", "Other/Deep/"]))
            files[f"{folder}/{place}{name}"] = draw(st.sampled_from(["a", "bb", "ccc"]))
    return files


CHANGES = st.lists(
    st.tuples(st.sampled_from(["remove", "add", "rewrite", "rename", "stray"]), st.integers(0, 99)), max_size=6
)
WAYS = st.sampled_from([Materializer.HARDLINK, COPY, Materializer.FORCE_COPY])
FREE: dict[str, Any] = {"max_removals": "100%", "keep_server_files": False}


@contextmanager
def disk(files: dict[str, str]) -> Iterator[tuple[Path, Path]]:
    """A source with these files, and a place for its mirror."""
    root = Path(tempfile.mkdtemp(prefix="mirror-"))
    try:
        yield write(root / "source", files), root / "target"
    finally:
        shutil.rmtree(root)


def disturb(source: Path, target: Path, changes: list[tuple[str, int]]) -> None:
    """Change both trees; the source keeps at least one film."""
    write(source, {"Anchor (2000)/Anchor (2000).mkv": "stays"})
    for number, (what, which) in enumerate(changes):
        files = sorted(path for path in source.rglob("*") if path.is_file() and "Anchor" not in str(path))
        if what == "add":
            write(source, {f"New {which} (2020)/New {which} (2020).mkv": "new"})
        elif what == "stray":
            there = sorted(path for path in target.rglob("*") if path.is_dir() and ".plex-steward" not in str(path))
            (there[which % len(there)] if there else target).joinpath(f"stray {number}.mkv").write_text("stray")
        elif files:
            path = files[which % len(files)]
            if what == "rename":
                path.rename(path.with_name(f"{path.stem} [480p]{path.suffix}"))
            else:
                path.unlink()
                if what == "rewrite":
                    path.write_text(f"rewritten {number}")


@hypothesis_settings(max_examples=40)
@given(files=libraries(), changes=CHANGES, way=WAYS, delete=st.booleans())
def test_plan_after_apply_is_empty(
    files: dict[str, str], changes: list[tuple[str, int]], way: Materializer, delete: bool
) -> None:
    with disk(files) as (source, target):
        for _ in range(2):
            before = frozen(source)
            report = sync(source, target, materializer=way, delete=delete, **FREE)
            assert report.outcome in {Outcome.DONE, Outcome.PARTIAL}, report.refusal
            assert frozen(source) == before, "no source file ever changes"
            if report.outcome is Outcome.DONE and way is not Materializer.FORCE_COPY:
                assert planned(sync(source, target, materializer=way, delete=delete, verb="plan", **FREE)).empty
            disturb(source, target, changes)


@hypothesis_settings(max_examples=40)
@given(files=libraries(), changes=CHANGES, way=WAYS)
def test_undo_restores_the_tree(files: dict[str, str], changes: list[tuple[str, int]], way: Materializer) -> None:
    with disk(files) as (source, target):
        sync(source, target, materializer=way, delete=True, **FREE)
        disturb(source, target, changes)
        by_inode, by_content = tree(target), tree(target, content=True)
        if verbs(sync(source, target, materializer=way, delete=True, **FREE)):
            source_before = frozen(source)
            report = sync(source, target, verb="undo")
            assert report.outcome is Outcome.DONE, report.problems
            assert frozen(source) == source_before
        if way is not Materializer.FORCE_COPY:  # which makes equal files anew
            assert tree(target) == by_inode
        assert tree(target, content=True) == by_content


@hypothesis_settings(max_examples=40)
@given(files=libraries(), changes=CHANGES, days=st.sampled_from([0.0, 30.0]), undo=st.booleans())
def test_no_last_link_is_ever_removed(
    files: dict[str, str], changes: list[tuple[str, int]], days: float, undo: bool
) -> None:
    with disk(files) as (source, target):
        sync(source, target, **FREE)
        disturb(source, target, changes)
        there = set(tree(source).values()) | set(tree(target).values())
        sync(source, target, delete=True, trash_days=days, **FREE)
        if undo:
            sync(source, target, verb="undo")
        sync(source, target, delete=True, trash_days=days, **FREE)
        left = set(tree(source).values()) | set(tree(target, own=True).values())
        assert there <= left, "every file still has a name somewhere"
