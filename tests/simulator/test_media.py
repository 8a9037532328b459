"""Libraries read from folders."""

from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from simulator import Simulator
from simulator.facts import look

from .conftest import Asker, receive, until


def write(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


@pytest.fixture
def films(tmp_path: Path) -> Path:
    root = tmp_path / "Films"
    write(root / "Arrival (2016) {imdb-tt2543164} {tmdb-329865}" / "Arrival (2016) [2160p HDR10].mkv", 300)
    write(root / "Arrival (2016) {imdb-tt2543164} {tmdb-329865}" / "Arrival (2016) [1080p].mp4", 200)
    write(root / "Arrival (2016) {imdb-tt2543164} {tmdb-329865}" / "Arrival (2016)-trailer.mkv")
    write(root / "Arrival (2016) {imdb-tt2543164} {tmdb-329865}" / "Trailers" / "one.mkv")
    write(root / "Brazil (1985) [imdbid-tt0088846]" / "Brazil (1985) [imdbid-tt0088846] - 1080p.mkv")
    write(root / "Legend (1985)" / "Legend (1985) {edition-Director's Cut}.mkv")
    write(root / "Legend (1985)" / "Legend (1985).mkv")
    write(root / "Long (2001)" / "Long (2001) - cd1.avi", 5)
    write(root / "Long (2001)" / "Long (2001) - cd2.avi", 6)
    write(root / "Loose (1999).mkv")
    return root


async def test_films_in_both_layouts(films: Path, session: aiohttp.ClientSession) -> None:
    async with Simulator(media=[("Films", "movie", films)]) as plex:
        ask = Asker(plex, session)
        rows = (await ask.get("/library/sections/1/all?includeGuids=1&includeElements=Stream"))["Metadata"]
        found = {(row["title"], row["year"], row.get("editionTitle")): row for row in rows}
        assert set(found) == {
            ("Arrival", 2016, None),
            ("Brazil", 1985, None),
            ("Legend", 1985, None),
            ("Legend", 1985, "Director's Cut"),
            ("Long", 2001, None),
            ("Loose", 1999, None),
        }
        arrival = found["Arrival", 2016, None]
        assert [guid["id"] for guid in arrival["Guid"]] == ["imdb://tt2543164", "tmdb://329865"]
        parts = [part for media in arrival["Media"] for part in media["Part"]]
        assert sorted((Path(part["file"]).name, part["size"]) for part in parts) == [
            ("Arrival (2016) [1080p].mp4", 200),
            ("Arrival (2016) [2160p HDR10].mkv", 300),
        ]
        best = next(media for media in arrival["Media"] if media["videoResolution"] == "4k")
        assert best["Part"][0]["Stream"][0]["colorTrc"] == "smpte2084"
        assert [guid["id"] for guid in found["Brazil", 1985, None]["Guid"]] == ["imdb://tt0088846"]
        assert [part["size"] for part in found["Long", 2001, None]["Media"][0]["Part"]] == [5, 6]


async def test_shows_and_music(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    shows, music = tmp_path / "Shows", tmp_path / "Music"
    write(shows / "Small Town (2021) {tvdb-9}" / "Season 01" / "Small Town - s01e01 - One [1080p].mkv")
    write(shows / "Small Town (2021) {tvdb-9}" / "Season 02" / "Small Town - s02e04-e06.mkv")
    write(shows / "Small Town (2021) {tvdb-9}" / "Specials" / "Small Town - s00e01 - Extra.mkv")
    write(music / "Marta" / "Low Tide (2022)" / "01 - First.flac")
    write(music / "Marta" / "Low Tide (2022)" / "02 - Second.mp3")
    async with Simulator(media=[("Shows", "show", shows), ("Music", "artist", music)]) as plex:
        ask = Asker(plex, session)
        [show] = (await ask.get("/library/sections/1/all"))["Metadata"]
        assert (show["title"], show["year"], show["leafCount"], show["childCount"]) == ("Small Town", 2021, 5, 3)
        episodes = (await ask.get("/library/sections/1/all?type=4"))["Metadata"]
        shared = [row["Media"][0]["Part"][0]["id"] for row in episodes if row["parentIndex"] == 2]
        assert len(shared) == 3
        assert len(set(shared)) == 1
        assert {row["grandparentTitle"] for row in episodes} == {"Small Town"}
        tracks = (await ask.get("/library/sections/2/all?type=10&sort=index"))["Metadata"]
        assert [(row["title"], row["index"], row["parentTitle"]) for row in tracks] == [
            ("First", 1, "Low Tide"),
            ("Second", 2, "Low Tide"),
        ]
        assert [row["Media"][0]["audioCodec"] for row in tracks] == ["flac", "mp3"]


async def test_a_scan_finds_what_is_new_and_trashes_what_is_lost(films: Path, session: aiohttp.ClientSession) -> None:
    async with Simulator(media=[("Films", "movie", films)]) as plex:
        plex.state.prefs["autoEmptyTrash"] = False
        ask = Asker(plex, session)
        section = plex.state.library.sections[1]
        new = write(films / "New Film (2024)" / "New Film (2024).mkv")
        (films / "Loose (1999).mkv").unlink()
        async with ask.socket() as socket:
            await until(lambda: plex.state.bus.listeners)
            assert await ask.status("GET", f"/library/sections/1/refresh?path={quote(str(new.parent))}") == 200
            row = await receive(socket, "timeline")
            assert (row["title"], row["state"], row["metadataState"]) == ("New Film", 0, "created")
        await until(lambda: not section.refreshing)
        assert plex.state.library.trashed(section) == []
        assert await ask.status("GET", "/library/sections/1/refresh") == 200
        await until(lambda: not section.refreshing)
        assert [item.title for item in plex.state.library.trashed(section)] == ["Loose"]
        write(films / "Loose (1999).mkv")
        assert await ask.status("GET", "/library/sections/1/refresh") == 200
        await until(lambda: not section.refreshing)
        assert plex.state.library.trashed(section) == []


async def test_an_unmounted_folder_fills_the_trash(films: Path, session: aiohttp.ClientSession) -> None:
    async with Simulator(media=[("Films", "movie", films)]) as plex:
        plex.state.prefs["autoEmptyTrash"] = False
        section = plex.state.library.sections[1]
        films.rename(films.with_name("away"))  # a blink
        ask = Asker(plex, session)
        assert await ask.status("GET", "/library/sections/1/refresh") == 200
        await until(lambda: not section.refreshing)
        assert len(plex.state.library.trashed(section)) == 6
        [film] = (await ask.get("/library/metadata/1?checkFiles=1"))["Metadata"]
        assert film["Media"][0]["Part"][0]["exists"] is False


@pytest.mark.parametrize(
    ("name", "resolution", "range_", "audio"),
    [
        ("M (2024) [2160p DV TrueHD Atmos 7.1].mkv", "4k", "dv8", "atmos"),
        ("M.2024.2160p.HDR10+.DDP5.1.Atmos.mkv", "4k", "hdr10+", "eac3atmos"),
        ("M.2024.1080p.HDR10Plus.DTS-X.mkv", "1080", "hdr10+", "dtsx"),
        ("M.2024.720p.HLG.DTS.x264.mkv", "720", "hlg", "dts"),
        ("M.2024.DVDRip.480p.AC3.avi", "480", "sdr", "ac3"),
        ("M (2024) - BD.mkv", "1080", "sdr", ""),
        ("M.2024.1080p.DTS-HD.MA.5.1.mkv", "1080", "sdr", "dtshdma"),
    ],
)
def test_quality_from_a_name(name: str, resolution: str, range_: str, audio: str) -> None:
    what = look(name)
    assert (what.resolution, what.range) == (resolution, range_)
    assert not audio or what.audio[0][0] == audio
