"""Files that want one name, and folders that are one film."""

from __future__ import annotations

from custom_components.plex_steward.mirror.model import Options
from custom_components.plex_steward.mirror.plan import plan

from .trees import EMPTY, JELLYFIN, PLEX, film, tree, wanted

OPTIONS = Options(PLEX, JELLYFIN)


class TestTwoFoldersOfOneFilm:
    def test_they_are_merged(self) -> None:
        found = plan(
            tree({"M (2010)": {"M (2010) [1080p].mkv": 1}, "M (2010) [4k]": {"M (2010) [4k].mkv": 2, "poster.jpg": 3}}),
            EMPTY,
            OPTIONS,
        )
        (title,) = found.titles
        assert title.sources == ("M (2010)", "M (2010) [4k]")
        assert sorted(wanted(found).values()) == [
            "M (2010)/M (2010) - 4k.mkv",
            "M (2010)/M (2010) - BD.mkv",
            "M (2010)/poster.jpg",
        ]

    def test_the_same_name_twice_is_told_apart_by_the_path(self) -> None:
        found = plan(
            tree({"M (2010)": {"M (2010).mkv": 1, "a.jpg": 3}, "M  (2010)": {"M (2010).mkv": 2, "a.jpg": 4}}),
            EMPTY,
            OPTIONS,
        )
        (title,) = found.titles
        videos, pictures = title.clashes
        assert videos.resolution == "hash_suffix"
        assert len(set(videos.results)) == 2
        assert pictures.resolution == "skipped"
        assert pictures.results == ("a.jpg", "")
        assert len(wanted(found)) == 3

    def test_one_file_in_both_is_one_file(self) -> None:
        found = plan(tree({"M (2010)": {"M (2010).mkv": 1}, "M  (2010)": {"M (2010).mkv": 1}}), EMPTY, OPTIONS)
        assert found.titles[0].clashes == ()
        assert len(wanted(found)) == 1

    def test_extras_of_both_are_kept(self) -> None:
        found = plan(
            tree({"M (2010)": {"Trailers": {"t.mkv": 1}}, "M  (2010)": {"Trailers": {"t.mkv": 2}}}), EMPTY, OPTIONS
        )
        assert len(set(wanted(found).values())) == 2


class TestClashes:
    def test_the_peers_names(self) -> None:
        found = film("M (2010)", "M (2010) [1080p].mkv", "M (2010) [1080p] [remux].mkv")
        assert sorted(wanted(found).values()) == [
            "M (2010)/M (2010) - BD [799ccec6].mkv",
            "M (2010)/M (2010) - BD [b95220b2].mkv",
        ]
        (clash,) = found.titles[0].clashes
        assert clash.target == "M (2010) - BD.mkv"
        assert set(clash.results) == {"M (2010) - BD [799ccec6].mkv", "M (2010) - BD [b95220b2].mkv"}

    def test_a_name_that_looks_hashed_already_is_not_overwritten(self) -> None:
        found = film(
            "M (2010)",
            "M (2010) [1080p].mkv",
            "M (2010) [1080p] [remux].mkv",
            "M (2010) [1080p] {edition-[799ccec6]}.mkv",
        )
        assert len(set(wanted(found).values())) == 3

    def test_sidecars_follow_to_the_hashed_name(self) -> None:
        found = film("M (2010)", "M (2010) [1080p].mkv", "M (2010) [1080p] [remux].mkv", "M (2010) [1080p].en.srt")
        assert "M (2010)/M (2010) - BD [799ccec6].en.srt" in wanted(found).values()

    def test_names_that_differ_by_case_clash_where_the_target_folds_it(self) -> None:
        files = ["M (2010) {edition-Cut}.mkv", "M (2010) {edition-CUT}.mkv", "poster.jpg", "Poster.jpg"]
        plain, folded = film("M (2010)", *files), film("M (2010)", *files, fold_case=True)
        assert plain.titles[0].clashes == ()
        assert [clash.resolution for clash in folded.titles[0].clashes] == ["hash_suffix", "skipped"]
        assert len({target.casefold() for target in wanted(folded).values()}) == 3

    def test_folders_that_differ_by_case_are_one_film_there(self) -> None:
        library = tree({"Alien (1979)": {"a.jpg": 1}, "ALIEN (1979)": {"b.jpg": 2}})
        assert len(plan(library, EMPTY, OPTIONS).titles) == 2
        (title,) = plan(library, EMPTY, Options(PLEX, JELLYFIN, fold_case=True)).titles
        assert title.sources == ("ALIEN (1979)", "Alien (1979)")

    def test_a_folder_named_like_a_file(self) -> None:
        found = film("M (2010)", "M (2010) [1080p].mkv", "M (2010) - BD.mkv/x.jpg")
        assert wanted(found) == {"M (2010)/M (2010) [1080p].mkv": "M (2010)/M (2010) - BD.mkv"}
        assert [clash.resolution for clash in found.titles[0].clashes] == ["skipped"]


def test_a_name_too_long_is_the_problem_of_one_file() -> None:
    name = "M" * 236 + " (2010)"
    found = film(name, f"{name}.mkv", f"{name} - Ext.mkv", "poster.jpg", layouts=(JELLYFIN, PLEX))
    assert [(one.path, one.code) for one in found.titles[0].problems] == [(f"{name}/{name} - Ext.mkv", "name_too_long")]
    assert len(wanted(found)) == 2
    name = "M" * 230 + " (2010) {imdb-tt0000001}"
    found = film(name, "M.mkv")
    assert [(one.path, one.code) for one in found.titles[0].problems] == [(name, "name_too_long")]
    assert found.empty
