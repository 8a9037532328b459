"""Which layout a tree is in, and why."""

from __future__ import annotations

import random

import pytest

from custom_components.plex_steward.mirror.errors import LayoutError
from custom_components.plex_steward.mirror.layout import detect
from custom_components.plex_steward.mirror.model import Layout, Options
from custom_components.plex_steward.mirror.plan import plan

from .trees import EMPTY, tree

PLEX, JELLYFIN, AUTO = Layout.PLEX, Layout.JELLYFIN, Layout.AUTO

CASES = [
    (["M (2010)/M (2010) {imdb-tt1}.mkv"], PLEX),
    (["M (2010) {imdb-tt1}/M (2010).mkv"], PLEX),
    (["M (2010) {tmdb-1}/M (2010).mp4"], PLEX),
    (["M (2010)/M (2010) {edition-X}.m4v"], PLEX),
    (["M (2010) [imdbid-tt1]/M (2010).mkv"], JELLYFIN),
    (["M (2010) [tmdbid=1]/M (2010).avi"], JELLYFIN),
    (["M (2010) {tmdbid-1}/M (2010).mkv"], JELLYFIN),
    (["M (2010) (tmdbid-1)/M (2010).mkv"], JELLYFIN),
    (["M (2010)/M (2010) [1080p].mkv"], PLEX),
    (["M (2010)/M (2010) [Bluray-1080p].mkv"], PLEX),
    (["M (2010)/M (2010) - 1080p.mkv"], JELLYFIN),
    (["M (2010)/M (2010) - Director's Cut.mkv"], JELLYFIN),
    (["M (2010)/M (2010) - [Bluray-1080p][x264]-GRP.mkv"], JELLYFIN),
    (["M (2010)/M (2010).mkv", "M (2010)/extras/x.mkv"], JELLYFIN),
    (["M (2010) [imdbid-tt1]/M (2010) [imdbid-tt1] - {edition-X} [Bluray-1080p].mkv"], JELLYFIN),
    (["Show {tvdb-1}/Season 01/Show - s01e01.mkv"], PLEX),
    (["Show [tvdbid-1]/Season 01/Show S01E01.mkv"], JELLYFIN),
    (["M (2010)/M (2010).mkv"], AUTO),
    (["Face - Off/Face - Off.mkv"], AUTO),
    (["M (2010)/M (2010) - pt1.mkv", "M (2010)/M (2010) - pt2.mkv"], AUTO),
    (["Show/Season 01/Show - s01e01 - Pilot.mkv"], AUTO),
    (["A (2010)/A (2010) [DVD].mkv", "B (2010)/B (2010) - DVD.mkv"], AUTO),
    ([".trash/M {imdb-tt1}.mkv", "M (2010) [imdbid-tt1]/M (2010).mkv"], JELLYFIN),
    (["@eaDir/M {imdb-tt1}.mkv", "M (2010) [imdbid-tt1]/M (2010).mkv"], JELLYFIN),
    ([], AUTO),
]


@pytest.mark.parametrize(("paths", "expected"), CASES)
def test_detect(paths: list[str], expected: Layout) -> None:
    found = detect(tree(paths).folder)
    assert found.layout is expected
    assert found.reasons


def test_one_odd_title_does_not_turn_a_library_over() -> None:
    paths = [f"M {number} (2010) [imdbid-tt{number}]/M {number} (2010).mkv" for number in range(10)]
    paths.append("Odd (2010) {imdb-tt99}/Odd (2010).mkv")
    for seed in range(20):
        random.Random(seed).shuffle(paths)
        assert detect(tree(paths).folder).layout is JELLYFIN


def test_a_mixed_library_is_undecided_and_says_what_to_do() -> None:
    source = tree(["A {imdb-tt1}/A.mkv", "B [imdbid-tt2]/B.mkv"])
    with pytest.raises(LayoutError) as caught:
        plan(source, EMPTY, Options())
    assert caught.value.flag == "--source-format"
    assert caught.value.code == "layout_undecided"
    assert len(caught.value.reasons) == 2
    assert plan(source, EMPTY, Options(source_layout=PLEX)).target_layout is JELLYFIN


def test_the_target_is_the_other_one_unless_it_is_said() -> None:
    source = tree(["A {imdb-tt1}/A.mkv"])
    found = plan(source, EMPTY, Options())
    assert (found.source_layout, found.target_layout) == (PLEX, JELLYFIN)
    assert found.evidence == ("plex ids or editions: 1, for instance 'A {imdb-tt1}'",)
    assert plan(source, EMPTY, Options(target_layout=PLEX)).target_layout is PLEX
    assert plan(source, EMPTY, Options(JELLYFIN)).target_layout is PLEX
