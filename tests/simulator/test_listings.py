"""Listings: pages, filters, what an item carries."""

import json
from typing import Any

import pytest

from simulator import Simulator

from .conftest import Asker, page

ALL = "/library/sections/1/all"


def keys(container: dict[str, Any]) -> list[str]:
    return [row["ratingKey"] for row in container.get("Metadata", [])]


async def test_paging_needs_both_headers(ask: Asker) -> None:
    whole = await ask.get(ALL, headers={"X-Plex-Container-Size": "5"})
    assert (whole["size"], "totalSize" in whole) == (24, False)
    _, body, headers = await ask.call("GET", ALL, headers=page(20, 10))
    part = json.loads(body)["MediaContainer"]
    assert (part["size"], part["totalSize"], part["offset"]) == (4, 24, 20)
    assert (headers["X-Plex-Container-Start"], headers["X-Plex-Container-Total-Size"]) == ("20", "24")
    by_query = await ask.get(f"{ALL}?X-Plex-Container-Start=20&X-Plex-Container-Size=10")
    assert keys(by_query) == keys(part)


async def test_pages_make_the_whole(ask: Asker) -> None:
    pages = [keys(await ask.get(f"{ALL}?sort=addedAt", headers=page(start, 7))) for start in range(0, 28, 7)]
    assert [len(one) for one in pages] == [7, 7, 7, 3]
    assert [key for one in pages for key in one] == [str(number) for number in range(1, 25)]


@pytest.mark.parametrize(
    ("section", "kind", "total"),
    [(1, 1, 24), (2, 2, 2), (2, 3, 4), (2, 4, 24), (3, 8, 2), (3, 9, 4), (3, 10, 32), (1, 4, 0)],
)
async def test_size_zero_counts(ask: Asker, section: int, kind: int, total: int) -> None:
    answer = await ask.get(f"/library/sections/{section}/all?type={kind}", headers=page(0, 0))
    assert (answer["size"], answer["totalSize"], "Metadata" in answer) == (0, total, False)


async def test_the_server_may_cap_pages(ask: Asker, plex: Simulator) -> None:
    plex.quirks.page_cap = 5
    assert (await ask.get(ALL, headers=page(0, 1000)))["size"] == 5
    assert (await ask.get(ALL))["size"] == 24


async def test_a_listing_has_media_but_no_streams_and_no_ids(ask: Asker) -> None:
    for film in (await ask.get(ALL))["Metadata"]:
        part = film["Media"][0]["Part"][0]
        assert part["size"] > 0
        assert "Stream" not in part
        assert "Guid" not in film
        assert not {"exists", "accessible"} & set(part)


async def test_streams_and_ids_come_when_asked_for(ask: Asker) -> None:
    films = (await ask.get(f"{ALL}?includeElements=Stream&includeGuids=1"))["Metadata"]
    assert all(part["Stream"] for film in films for media in film["Media"] for part in media["Part"])
    assert films[0]["Guid"][0]["id"].startswith("imdb://")


async def test_a_server_may_ignore_included_elements_or_fail(ask: Asker, plex: Simulator) -> None:
    plex.quirks.include_elements = "ignored"
    assert "Stream" not in (await ask.get(f"{ALL}?includeElements=Stream"))["Metadata"][0]["Media"][0]["Part"][0]
    plex.quirks.include_elements = "error"
    assert await ask.status("GET", f"{ALL}?includeElements=Stream") == 500
    assert await ask.status("GET", ALL) == 200


async def test_with_an_api_version_included_elements_are_all_there_is(ask: Asker) -> None:
    new = {"X-Plex-Pms-Api-Version": "1.0"}
    film = (await ask.get(f"{ALL}?includeElements=Stream", headers=new))["Metadata"][0]
    assert "Media" not in film
    film = (await ask.get(f"{ALL}?includeOptionalElements=Stream", headers=new))["Metadata"][0]
    assert film["Media"][0]["Part"][0]["Stream"]


async def test_elements_and_fields_can_be_left_out(ask: Asker) -> None:
    film = (await ask.get(f"{ALL}?excludeElements=Media,Genre,Image&excludeFields=summary"))["Metadata"][0]
    assert not {"Media", "Genre", "Image", "summary"} & set(film)
    assert "Director" in film


async def test_filters_by_number_date_and_text(ask: Asker, plex: Simulator) -> None:
    items = plex.state.library.items
    film = items[10]
    films = [one for one in items.values() if one.type == "movie"]
    newer = sorted(str(one.id) for one in films if one.updated_at > film.updated_at)
    assert sorted(keys(await ask.get(f"{ALL}?updatedAt%3E={film.updated_at}"))) == newer
    assert sorted(keys(await ask.get(f"{ALL}?updatedAt>={film.updated_at}"))) == newer
    year = sorted(str(one.id) for one in films if (one.year or 0) >= (film.year or 0))
    assert sorted(keys(await ask.get(f"{ALL}?year>={film.year}"))) == year
    assert keys(await ask.get(f"{ALL}?title=silent%20harb")) == ["1"]
    assert keys(await ask.get(f"{ALL}?title==Silent%20Harbour")) == ["1"]
    unwatched = {str(one.id) for one in films if not one.view_count}
    assert set(keys(await ask.get(f"{ALL}?unwatched=1"))) == unwatched
    assert len(keys(await ask.get(f"{ALL}?file=Broken%20Garden"))) == 1


async def test_an_equals_sign_inside_the_key_is_ignored(ask: Asker) -> None:
    assert (await ask.get(f"{ALL}?updatedAt%3E%3D=9999999999"))["size"] == 24
    assert (await ask.get(f"{ALL}?updatedAt%3E=9999999999"))["size"] == 0


async def test_a_bare_comparison_is_a_bad_request_and_an_unknown_word_nothing(ask: Asker) -> None:
    assert await ask.status("GET", f"{ALL}?updatedAt>5") == 400
    assert (await ask.get(f"{ALL}?UpdatedAt>=9999999999&nonsense=1"))["size"] == 24


async def test_sorts(ask: Asker) -> None:
    assert keys(await ask.get(f"{ALL}?sort=addedAt:desc"))[:3] == ["24", "23", "22"]


async def test_an_optimised_version_a_stack_and_two_versions_exist(plex: Simulator) -> None:
    from simulator.model import Library
    from simulator.synthetic import films

    library = Library()
    films(library, library.section("Many", "movie", ["/m"]), 300)
    media = [item.media for item in library.items.values()]
    assert any(one.attrs.get("proxyType") == 42 for versions in media for one in versions)
    assert any(len(one.parts) == 2 for versions in media for one in versions)
    assert any(len(versions) > 1 for versions in media)
    numbers = [part.id for versions in media for one in versions for part in one.parts]
    assert len(set(numbers)) == len(numbers)


async def test_metadata_in_batches(ask: Asker, plex: Simulator) -> None:
    assert keys(await ask.get("/library/metadata/3,1,987654")) == ["3", "1"]
    film = (await ask.get("/library/metadata/1?checkFiles=1&includeExtras=1"))["Metadata"][0]
    part = film["Media"][0]["Part"][0]
    assert (part["exists"], part["accessible"]) == (True, True)
    plex.quirks.unmounted = True
    film = (await ask.get("/library/metadata/1?checkFiles=1&includeExtras=1"))["Metadata"][0]
    assert film["Media"][0]["Part"][0]["exists"] is False
    assert film["Extras"][0]["Metadata"][0]["Media"]


async def test_the_trash_can_be_counted(ask: Asker, plex: Simulator) -> None:
    library = plex.state.library
    library.trash(library.items[4])
    assert (await ask.get(f"{ALL}?trash=1&type=1", headers=page(0, 0)))["totalSize"] == 1
    assert (await ask.get(ALL, headers=page(0, 0)))["totalSize"] == 24
    assert await ask.status("PUT", "/library/sections/1/emptyTrash") == 200
    assert (await ask.get(ALL, headers=page(0, 0)))["totalSize"] == 23


async def test_a_change_moves_the_counter_and_the_time(ask: Asker, plex: Simulator) -> None:
    before = (await ask.get("/library/sections"))["Directory"][0]["contentChangedAt"]
    film = plex.state.library.items[2]
    when = film.updated_at
    assert await ask.status("PUT", "/library/metadata/2/refresh") == 200
    assert film.updated_at > when
    assert (await ask.get("/library/sections"))["Directory"][0]["contentChangedAt"] > before


async def test_the_answer_cache_forgets_with_every_change() -> None:
    async with Simulator(synthetic=30, cache_answers=True) as plex:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            ask = Asker(plex, session)
            first = await ask.get(ALL)
            assert await ask.get(ALL) == first
            assert plex.state.cache is not None
            assert len(plex.state.cache) == 1
            plex.state.library.items[1].title = "Another"
            plex.state.library.touch(plex.state.library.items[1])
            assert "Another" in [row["title"] for row in (await ask.get(ALL))["Metadata"]]


async def test_the_same_seed_gives_the_same_library() -> None:
    from simulator.model import Library
    from simulator.nodes import View, item_node
    from simulator.synthetic import films

    def made(seed: int) -> list[Any]:
        library = Library()
        films(library, library.section("Films", "movie", ["/m"]), 100, seed)
        return [item_node(item, View(streams=True, guids=True)) for item in library.items.values()]

    assert made(1) == made(1)
    assert made(1) != made(2)


async def test_pictures(ask: Asker) -> None:
    for path in (
        "/library/metadata/1/thumb/1",
        "/photo/:/transcode?url=/library/metadata/1/thumb/1&width=10&height=20",
    ):
        status, body, headers = await ask.call("GET", path)
        assert (status, headers["Content-Type"], body[:4]) == (200, "image/png", b"\x89PNG")
    assert await ask.status("GET", "/library/metadata/99999/thumb/1") == 404
    assert await ask.status("GET", "/photo/:/transcode?url=/library/metadata/1/thumb/1") == 400


async def test_a_play_moves_no_time_of_change(ask: Asker, plex: Simulator) -> None:
    film = plex.state.library.items[1]
    when, counter = film.updated_at, film.section.content_changed_at
    plex.state.library.played(film)
    [row] = (await ask.get("/library/metadata/1"))["Metadata"]
    assert (row["viewCount"], row["updatedAt"]) == (film.view_count, when)
    assert film.section.content_changed_at == counter


async def test_a_server_on_windows_and_files_without_facts(ask: Asker, plex: Simulator) -> None:
    from simulator.model import Media
    from simulator.synthetic import films

    library = plex.state.library
    films(library, library.section("Windows", "movie", ["M:\\Media\\Films"]), 5)
    row = (await ask.get("/library/sections/4/all"))["Metadata"][0]
    assert row["Media"][0]["Part"][0]["file"].startswith("M:\\Media\\Films\\Golden Harbour (")
    library.items[1].own_media = []
    library.items[2].own_media = [Media(5, {})]
    rows = (await ask.get("/library/metadata/1,2"))["Metadata"]
    assert "Media" not in rows[0]
    assert rows[1]["Media"] == [{"id": 5}]


async def test_a_type_the_section_lacks_is_empty(ask: Asker) -> None:
    assert (await ask.get("/library/sections/1/all?type=18"))["size"] == 0


async def test_titles_are_as_odd_as_real_ones(ask: Asker) -> None:
    async with Simulator(synthetic=1400) as plex:
        titles = [item.title for item in plex.state.library.items.values()]
        assert len(set(titles)) == 1400
        for odd in (":", ";", ",", "&", "É", "東京", "🎬"):
            assert any(odd in title for title in titles)
        for accept in ("application/json", "*/*"):
            body = (
                await Asker(plex, ask.session).call("GET", "/library/sections/1/all?title=%E6%9D%B1", accept=accept)
            )[1]
            assert "東京" in body.decode()
