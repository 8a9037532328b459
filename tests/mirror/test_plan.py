"""What a plan says of a target that is not empty."""

from __future__ import annotations

from typing import Any

import pytest

from custom_components.plex_steward.mirror.errors import Cancelled
from custom_components.plex_steward.mirror.model import (
    Context,
    Folder,
    Kind,
    Link,
    Materializer,
    Options,
    Plan,
    Reason,
    Sidecars,
    Stray,
    Tree,
    Verb,
)
from custom_components.plex_steward.mirror.plan import plan

from .trees import EMPTY, JELLYFIN, PLEX, film, mirrored, nested, tree, wanted

OPTIONS = Options(PLEX, JELLYFIN)
DELETE = Options(PLEX, JELLYFIN, delete=True)
NAME, NEW = "M (2010) {imdb-tt1}", "M (2010) [imdbid-tt1]"


def source(files: dict[str, Any] | None = None, **more: Any) -> Tree:
    return tree({NAME: files or {f"{NAME} [1080p].mkv": 1, "poster.jpg": 2, "Trailers": {"t.mkv": 3}}}, **more)


def target(names: dict[str, Any], **more: Any) -> Tree:
    return tree(names, first=10**6, root="/mirror", **more)


def steps(found: Plan) -> list[tuple[str, str, str]]:
    return [(action.verb, action.target, action.reason) for action in found.changes()]


def strays(found: Plan) -> list[tuple[str, str]]:
    return [(stray.path, stray.context) for stray in found.all_strays()]


def test_the_first_run() -> None:
    found = plan(source(), EMPTY, OPTIONS)
    assert [action[:3] for action in found.changes()] == [
        ("mkdir", NEW, None),
        ("link", f"{NEW}/{NEW} - BD.mkv", f"{NAME}/{NAME} [1080p].mkv"),
        ("link", f"{NEW}/poster.jpg", f"{NAME}/poster.jpg"),
        ("mkdir", f"{NEW}/Trailers", None),
        ("link", f"{NEW}/Trailers/t.mkv", f"{NAME}/Trailers/t.mkv"),
    ]
    assert [action.inode for action in found.changes()] == [0, 1, 2, 0, 3]
    assert not found.empty
    assert (found.source_files, found.target_files) == (3, 0)


def test_a_plan_can_be_given_up() -> None:
    asked: list[int] = []

    def cancel() -> bool:
        asked.append(0)
        return len(asked) == 2

    with pytest.raises(Cancelled):
        plan(source(), EMPTY, OPTIONS, cancel)
    assert len(asked) == 2


def test_the_second_run_says_why_it_does_nothing() -> None:
    found = plan(source(), mirrored(plan(source(), EMPTY, OPTIONS)), DELETE)
    assert found.empty
    (title,) = found.titles
    assert title.in_sync
    assert {(action.verb, action.target, action.source, action.reason) for action in title.skips()} == {
        ("skip", f"{NEW}/{NEW} - BD.mkv", f"{NAME}/{NAME} [1080p].mkv", "same_file"),
        ("skip", f"{NEW}/poster.jpg", f"{NAME}/poster.jpg", "same_file"),
        ("skip", f"{NEW}/Trailers/t.mkv", f"{NAME}/Trailers/t.mkv", "same_file"),
    }


def test_another_file_under_the_name_is_replaced() -> None:
    there = target({NEW: {f"{NEW} - BD.mkv": 99, "poster.jpg": 2, "Trailers": {"t.mkv": 98}}})
    assert steps(plan(source(), there, OPTIONS)) == [
        ("replace", f"{NEW}/{NEW} - BD.mkv", "other_file"),
        ("replace", f"{NEW}/Trailers/t.mkv", "other_file"),
    ]


def test_equal_numbers_on_two_devices_are_two_files() -> None:
    there = mirrored(plan(source(), EMPTY, OPTIONS))._replace(device=2)
    assert {verb for verb, _, _ in steps(plan(source(), there, OPTIONS))} == {"replace"}


def test_strays_are_reported_and_removed_only_with_delete() -> None:
    there = target(
        {
            NEW: {
                f"{NEW} - BD.mkv": 1,
                "poster.jpg": 2,
                "Trailers": {"t.mkv": 3, "old.mkv": 4},
                "movie.nfo": 5,
                "Subs": {"a.srt": 6},
            },
            "Gone (1999)": {"a.mkv": 7, "b": {"c.mkv": 8}},
            "stray.txt": 9,
        }
    )
    kept = plan(source(), there, OPTIONS)
    expected = [
        (f"{NEW}/Subs", Context.TITLE),
        (f"{NEW}/movie.nfo", Context.TITLE),
        (f"{NEW}/Trailers/old.mkv", Context.ASSET),
        ("Gone (1999)", Context.LIBRARY),
        ("stray.txt", Context.LIBRARY),
    ]
    assert sorted(strays(kept)) == sorted(expected)
    assert kept.empty
    assert list(kept.removals()) == []
    gone = plan(source(), there, DELETE)
    assert sorted((action.target, action.context) for action in gone.removals()) == sorted(expected)
    assert all(action.verb is Verb.REMOVE and action.reason is Reason.NOT_IN_SOURCE for action in gone.removals())
    assert next(stray for stray in gone.strays if stray.path == "Gone (1999)").files == 2
    assert not gone.empty


def test_what_is_hidden_or_the_systems_is_no_stray() -> None:
    there = mirrored(plan(source(), EMPTY, OPTIONS)).folder
    system = {"@eaDir": Folder("@eaDir", 5, {}, {}, {}, unknown="system folder")}
    there = there._replace(folders={**there.folders, **system})
    assert strays(plan(source(), Tree("/mirror", JELLYFIN, 1, there), DELETE)) == []


@pytest.mark.parametrize("mark", [{"ignored": True}, {"unknown": "Input/output error"}])
def test_a_stray_that_is_marked_or_not_wholly_known_stays(mark: dict[str, Any]) -> None:
    inner = Folder("inner", 5, {}, {}, {}, **mark)
    old = Folder("Old (1999)", 6, {"a.mkv": 7}, {"inner": inner}, {})
    there = mirrored(plan(source(), EMPTY, OPTIONS)).folder
    for folder in (old, inner):
        tree_ = Tree("/mirror", JELLYFIN, 1, there._replace(folders={**there.folders, folder.name: folder}))
        assert strays(plan(source(), tree_, DELETE)) == []


def test_below_an_unreadable_source_folder_nothing_is_a_stray() -> None:
    full = source().folder
    title = full.folders[NAME]
    trailers = title.folders["Trailers"]._replace(files={}, unknown="Input/output error")
    partly = full._replace(folders={NAME: title._replace(folders={"Trailers": trailers})})
    there = mirrored(plan(source(), EMPTY, OPTIONS))
    found = plan(Tree("/library", PLEX, 1, partly), there, DELETE)
    assert found.empty
    assert strays(found) == []
    wholly = full._replace(folders={NAME: title._replace(files={}, folders={}, unknown="Stale file handle")})
    found = plan(Tree("/library", PLEX, 1, wholly), there, DELETE)
    assert found.empty
    assert strays(found) == []


def test_an_unreadable_film_without_id_protects_what_may_be_its_mirror() -> None:
    there = mirrored(film("M (2010)", "M (2010) {imdb-tt1}.mkv"))
    assert set(there.folder.folders) == {"M (2010) [imdbid-tt1]"}
    lost = Folder("M (2010)", 5, {}, {}, {}, unknown="Input/output error")
    other = tree({"N (2011)": {"N (2011).mkv": 1}}).folder
    found = plan(Tree("/library", PLEX, 1, other._replace(folders={**other.folders, "M (2010)": lost})), there, DELETE)
    assert strays(found) == []


def test_an_unreadable_target_folder_is_left_alone() -> None:
    there = mirrored(plan(source(), EMPTY, OPTIONS)).folder
    title = there.folders[NEW]._replace(files={}, folders={}, unknown="Input/output error")
    found = plan(source(), Tree("/mirror", JELLYFIN, 1, there._replace(folders={NEW: title})), DELETE)
    assert found.empty


def test_a_marked_target_folder_is_left_alone() -> None:
    title = Folder(NEW, 5, {}, {}, {}, ignored=True)
    there = EMPTY.folder._replace(folders={NEW: title})
    found = plan(source(), Tree("/mirror", JELLYFIN, 1, there), DELETE)
    assert found.empty
    assert found.marked_target == (NEW,)


def test_a_marked_source_folder_is_not_mirrored() -> None:
    marked = Folder("N (2011)", 5, {}, {}, {}, ignored=True)
    whole = source().folder
    found = plan(
        Tree("/library", PLEX, 1, whole._replace(folders={**whole.folders, "N (2011)": marked})), EMPTY, OPTIONS
    )
    assert found.marked == ("N (2011)",)
    assert [title.target for title in found.titles] == [NEW]


def test_what_stands_in_the_way_is_a_problem_not_the_end() -> None:
    there = target({NEW: {f"{NEW} - BD.mkv": {"x": 5}, "Trailers": 6}})
    found = plan(source(), there, OPTIONS)
    assert steps(found) == [("link", f"{NEW}/poster.jpg", "missing")]
    assert {(one.path, one.code, one.side) for one in found.titles[0].problems} == {
        (f"{NEW}/{NEW} - BD.mkv", "folder_in_the_way", "target"),
        (f"{NEW}/Trailers", "file_in_the_way", "target"),
    }
    found = plan(source(), target({NEW: 5}), OPTIONS)
    assert [(one.path, one.code) for one in found.titles[0].problems] == [(NEW, "file_in_the_way")]


def test_links_in_the_target_are_replaced_never_followed() -> None:
    title = Folder(NEW, 5, {"poster.jpg": 2}, {}, {f"{NEW} - BD.mkv": Link("elsewhere"), "Trailers": Link("/other")})
    found = plan(source(), Tree("/mirror", JELLYFIN, 1, EMPTY.folder._replace(folders={NEW: title})), DELETE)
    assert steps(found) == [("replace", f"{NEW}/{NEW} - BD.mkv", "other_file")]
    assert [one.code for one in found.titles[0].problems] == ["file_in_the_way"]
    whole = Tree("/mirror", JELLYFIN, 1, EMPTY.folder._replace(links={NEW: Link("/other")}))
    assert [one.code for one in plan(source(), whole, DELETE).titles[0].problems] == ["file_in_the_way"]


def test_a_link_in_the_source_stands_for_the_file_it_leads_to() -> None:
    links = {"M (2010).mkv": Link("../store/x.mkv", "store/x.mkv", 77), "away.mkv": Link("/etc/passwd")}
    root = EMPTY.folder._replace(folders={"M (2010)": Folder("M (2010)", 5, {}, {}, links)}, links={"All": Link(".")})
    found = plan(Tree("/library", PLEX, 1, root), EMPTY, OPTIONS)
    assert wanted(found) == {"store/x.mkv": "M (2010)/M (2010).mkv"}
    assert [one.path for one in found.titles[0].ignored] == ["M (2010)/away.mkv"]
    assert [one.path for one in found.ignored] == ["All"]


class TestRenames:
    def test_a_stale_name_is_renamed_not_removed(self) -> None:
        there = target({NEW: {f"{NEW}.mkv": 1, "poster.jpg": 2, "Trailers": {"t.mkv": 3}}})
        found = plan(source(), there, DELETE)
        (step,) = found.changes()
        assert (step.verb, step.target, step.origin, step.reason) == (
            "rename",
            f"{NEW}/{NEW} - BD.mkv",
            f"{NEW}/{NEW}.mkv",
            "stale_name",
        )
        assert list(found.removals()) == []

    def test_a_folder_that_got_an_id_takes_its_files_along(self) -> None:
        there = target(
            {"M (2010)": {"M (2010) - BD.mkv": 1, "poster.jpg": 2, "Trailers": {"t.mkv": 3}, "movie.nfo": 4}}
        )
        found = plan(source(), there, DELETE)
        assert [(step.verb, step.origin) for step in found.changes() if step.source] == [
            ("rename", "M (2010)/M (2010) - BD.mkv"),
            ("rename", "M (2010)/poster.jpg"),
            ("rename", "M (2010)/Trailers/t.mkv"),
        ]
        (stray,) = found.strays
        assert (stray.path, stray.files, stray.renamed) == ("M (2010)", 4, 3)

    def test_without_delete_the_old_name_stays(self) -> None:
        there = target({NEW: {f"{NEW}.mkv": 1, "poster.jpg": 2, "Trailers": {"t.mkv": 3}}})
        found = plan(source(), there, OPTIONS)
        assert steps(found) == [("link", f"{NEW}/{NEW} - BD.mkv", "missing")]
        assert strays(found) == [(f"{NEW}/{NEW}.mkv", Context.TITLE)]

    def test_one_old_name_serves_one_new_name(self) -> None:
        two = source({f"{NAME} [1080p].mkv": 1, f"{NAME} [720p].mkv": 1})
        found = plan(two, target({NEW: {"old.mkv": 1}}), DELETE)
        assert sorted(step.verb for step in found.changes()) == ["link", "rename"]


class TestCopies:
    COPY = Options(PLEX, JELLYFIN, materializer=Materializer.COPY)

    @staticmethod
    def trees(size: int, mtime: int) -> tuple[Tree, Tree]:
        here = Folder("M (2010)", 1, {"M (2010).mkv": 11}, {}, {}, details={"M (2010).mkv": (5, 10**9)})
        there = Folder("M (2010)", 2, {"M (2010).mkv": 22}, {}, {}, details={"M (2010).mkv": (size, mtime)})
        root = EMPTY.folder
        return (
            Tree("/library", PLEX, 1, root._replace(folders={"M (2010)": here})),
            Tree("/mirror", JELLYFIN, 2, root._replace(folders={"M (2010)": there})),
        )

    @pytest.mark.parametrize(
        ("size", "mtime", "tolerance", "verb"),
        [
            (5, 10**9, 0, None),
            (6, 10**9, 0, "replace"),
            (5, 10**9 + 1, 0, "replace"),
            (5, 3 * 10**9, 2 * 10**9, None),
            (5, 3 * 10**9 + 1, 2 * 10**9, "replace"),
        ],
    )
    def test_by_size_and_time(self, size: int, mtime: int, tolerance: int, verb: str | None) -> None:
        options = Options(PLEX, JELLYFIN, materializer=Materializer.COPY, time_tolerance_ns=tolerance)
        found = steps(plan(*self.trees(size, mtime), options))
        assert found == ([] if verb is None else [(verb, "M (2010)/M (2010).mkv", "changed")])

    def test_a_hard_link_is_as_good_as_a_copy(self) -> None:
        here, there = self.trees(6, 0)
        file = there.folder.folders["M (2010)"]._replace(files={"M (2010).mkv": 11})
        there = there._replace(device=1, folder=there.folder._replace(folders={"M (2010)": file}))
        assert steps(plan(here, there, self.COPY)) == []

    def test_forced(self) -> None:
        options = Options(PLEX, JELLYFIN, materializer=Materializer.FORCE_COPY)
        assert steps(plan(*self.trees(5, 10**9), options)) == [("replace", "M (2010)/M (2010).mkv", "changed")]


def test_sidecars_keep() -> None:
    found = film(NAME, f"{NAME} [1080p].mkv", f"{NAME} [1080p].en.srt", f"{NAME}.nfo", sidecars=Sidecars.KEEP)
    assert set(wanted(found).values()) == {f"{NEW}/{NEW} - BD.mkv", f"{NEW}/{NAME} [1080p].en.srt", f"{NEW}/{NAME}.nfo"}


def test_kind_is_decided_per_folder_or_said() -> None:
    library = {
        "Show (2010) {tvdb-1}": nested(["Season 01/Show (2010) {tvdb-1} - s01e01.mkv"]),
        "M (2010)": {"M (2010).mkv": 1},
    }
    kinds = {title.target: title.kind for title in plan(tree(library), EMPTY, OPTIONS).titles}
    assert kinds == {"M (2010)": Kind.MOVIES, "Show (2010) [tvdbid-1]": Kind.SHOWS}
    movies = plan(tree(library), EMPTY, Options(PLEX, JELLYFIN, Kind.MOVIES))
    assert "Show (2010) [tvdbid-1]/Season 01/Show (2010) {tvdb-1} - s01e01.mkv" in wanted(movies).values()
    shows = plan(tree(library), EMPTY, Options(PLEX, JELLYFIN, Kind.SHOWS))
    assert {title.kind for title in shows.titles} == {Kind.SHOWS}


@pytest.mark.parametrize(
    ("folder", "show"),
    [
        ("Season 01", True),
        ("season 1", True),
        ("Season 1 (2010)", True),
        ("Season 2 - The Return", True),
        ("Show Season 3", True),
        ("S02", True),
        ("Specials", True),
        ("Staffel 1", True),
        ("Сезон 4", True),
        ("Series 1 interviews", False),
        ("Seasons", False),
        ("Trailers", False),
        ("SUBS1", False),
    ],
)
def test_what_makes_a_show(folder: str, show: bool) -> None:
    found = film("M (2010)", f"{folder}/x.mkv")
    assert (found.titles[0].kind is Kind.SHOWS) is show


def test_only_some_titles_leave_the_rest_alone() -> None:
    there = target({"Old (1999)": {"a.mkv": 7}, NEW: {"stray.txt": 8}})
    found = plan(source(), there, Options(PLEX, JELLYFIN, delete=True, only=(NAME,)))
    assert strays(found) == [(f"{NEW}/stray.txt", Context.TITLE)]


def test_what_is_no_title_is_ignored_with_its_reason() -> None:
    found = plan(
        tree({"{imdb-tt1}": {"a.mkv": 1}, "[1080p]": {}, "file.mkv": 2, "#recycle": {}, ".hidden": {}}), EMPTY, OPTIONS
    )
    assert found.titles == ()
    assert {(one.path, one.reason) for one in found.ignored} == {
        ("{imdb-tt1}", "unparseable folder name"),
        ("[1080p]", "unparseable folder name"),
        ("file.mkv", "not a directory"),
        ("#recycle", "system folder"),
    }


def test_empty_folders_are_mirrored_empty() -> None:
    found = plan(tree({"M (2010)": {"Subs": {}}, "N (2011)": {}}), EMPTY, OPTIONS)
    assert [action.target for action in found.changes()] == ["M (2010)", "M (2010)/Subs", "N (2011)"]


def test_values_are_sorted_and_frozen() -> None:
    found = plan(tree({"B (2010)": {"x.jpg": 1, "a.jpg": 2}, "A (2010)": {"y.jpg": 3}}), EMPTY, OPTIONS)
    assert [action.target for action in found.changes()] == [
        "A (2010)",
        "A (2010)/y.jpg",
        "B (2010)",
        "B (2010)/a.jpg",
        "B (2010)/x.jpg",
    ]
    assert hash(found.titles) == hash(tuple(found.titles))
    with pytest.raises(AttributeError):
        found.titles = ()  # type: ignore[misc]  # what is tested
    assert Stray("a", Context.TITLE, "file", 1) == Stray("a", Context.TITLE, "file", 1)
