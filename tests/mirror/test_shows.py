"""Shows, from what is on the disk to what the plan says of them."""

from __future__ import annotations

import pytest

from custom_components.plex_steward.mirror.model import Kind, Plan

from .trees import JELLYFIN, PLEX, film, wanted

SHOW, THERE = "Show (2010) {tvdb-1}", "Show (2010) [tvdbid-1]"
BACK = (JELLYFIN, PLEX)


def clashes(found: Plan) -> list[tuple[str, tuple[str, ...], str]]:
    return [(clash.target, clash.sources, clash.resolution) for title in found.titles for clash in title.clashes]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (["News - 2010-03-01.mkv", "News - 2010-03-02.mkv"], Kind.SHOWS),
        (["Live - 2010-03-01.mkv"], Kind.MOVIES),
        (["A - 01.mkv", "A - 02.mkv", "A - 03.mkv"], Kind.SHOWS),
        (["A - 01.mkv", "A - 02.mkv"], Kind.MOVIES),
        (["A - 480.mkv", "A - 720.mkv", "A - 1080.mkv"], Kind.MOVIES),
    ],
)
def test_dates_and_numbers_side_by_side_make_a_show(files: list[str], kind: Kind) -> None:
    assert film("M (2010)", *files).titles[0].kind is kind


def test_two_episodes_of_one_name_are_told_and_the_first_comes() -> None:
    one, two = f"{SHOW} - s01e01.mkv", f"{THERE} - s01e01.mkv"
    found = film(SHOW, f"Season 01/{one}", f"Season 01/{two}")
    assert list(wanted(found).values()) == [f"{THERE}/Season 01/{THERE} - s01e01.mkv"]
    ((name, sources, resolution),) = clashes(found)
    assert (name, resolution) == (f"Season 01/{THERE} - s01e01.mkv", "skipped")
    assert set(sources) == {f"{SHOW}/Season 01/{one}", f"{SHOW}/Season 01/{two}"}


def test_a_folder_of_extras_the_target_has_no_use_for_is_a_loss() -> None:
    found = film(THERE, f"Season 01/{THERE} - s01e01.mkv", "theme-music/one.mp3", layouts=BACK)
    assert f"{SHOW}/theme-music/one.mp3" in wanted(found).values(), "it comes all the same"
    (loss,) = found.titles[0].losses
    assert (loss.kind, loss.value, loss.file) == ("extra", "theme-music", f"{THERE}/theme-music")
    assert loss.reason == "Plex has no such folder"


def test_a_season_folder_with_the_shows_name_gets_its_new_name() -> None:
    found = film(SHOW, f"{SHOW} Season 1/{SHOW} - s01e01.mkv")
    assert list(wanted(found).values()) == [f"{THERE}/{THERE} Season 1/{THERE} - s01e01.mkv"]


def test_a_file_with_a_seasons_new_name_holds_it() -> None:
    found = film(THERE, "Season 01", f"Staffel 1/{THERE} - s01e01.mkv", layouts=BACK)
    assert list(wanted(found).values()) == [f"{SHOW}/Season 01"]
    assert clashes(found) == [("Season 01", (f"{THERE}/Season 01", f"{THERE}/Staffel 1"), "skipped")]
