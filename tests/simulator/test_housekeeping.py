"""Preferences, butler, activities, scans, trash, database."""

import asyncio
import json
from xml.etree import ElementTree as ET

import pytest

from simulator import Simulator

from .conftest import Asker, page, receive, until


async def prefs(ask: Asker) -> dict[str, object]:
    return {row["id"]: row["value"] for row in (await ask.get("/:/prefs"))["Setting"]}


async def test_preferences_are_native_in_json_and_text_in_xml(ask: Asker) -> None:
    values = await prefs(ask)
    assert (values["autoEmptyTrash"], values["DatabaseCacheSize"], values["LoudnessThreshold"]) == (True, 40, -23.5)
    _, body, _ = await ask.call("GET", "/:/prefs", accept="*/*")
    rows = {row.get("id"): row for row in ET.fromstring(body)}
    assert (rows["autoEmptyTrash"].get("value"), rows["autoEmptyTrash"].get("hidden")) == ("true", "0")
    assert rows["ButlerStartHour"].get("enumValues", "").startswith("0:0\ua78900|1:1")


async def test_a_preference_is_written_and_cleared(ask: Asker, plex: Simulator) -> None:
    assert await ask.status("PUT", "/:/prefs?CinemaTrailersPrerollID=%2Fa%20b.mp4%2C%2Fc%3Bd.mp4") == 200
    assert plex.state.prefs["CinemaTrailersPrerollID"] == "/a b.mp4,/c;d.mp4"
    assert await ask.status("PUT", "/:/prefs?CinemaTrailersPrerollID=") == 200
    assert plex.state.prefs["CinemaTrailersPrerollID"] == ""
    assert [list(row) for row in plex.state.prefs.writes] == [["CinemaTrailersPrerollID"]] * 2


@pytest.mark.parametrize("query", ["foo=1", "friendlyname=x", "DatabaseCacheSize=many"])
async def test_what_cannot_be_set_is_plain_text(ask: Asker, query: str) -> None:
    status, body, headers = await ask.call("PUT", f"/:/prefs?{query}")
    assert (status, headers["Content-Type"].partition(";")[0]) == (400, "text/plain")
    assert body.decode() == f"cannot set preference value for unknown preference {query.partition('=')[0]}"


async def test_preferences_may_be_unknown_to_a_version_or_refuse(ask: Asker, plex: Simulator) -> None:
    plex.quirks.missing_prefs = {"DatabaseCacheSize"}
    plex.quirks.refused_prefs = {"FriendlyName"}
    assert "DatabaseCacheSize" not in await prefs(ask)
    assert await ask.status("PUT", "/:/prefs?DatabaseCacheSize=80") == 400
    assert await ask.status("GET", "/:/prefs/get?id=DatabaseCacheSize") == 404
    assert await ask.status("PUT", "/:/prefs?FriendlyName=x") == 400
    assert "FriendlyName" in await prefs(ask)


async def test_one_wrong_preference_leaves_all_alone(ask: Asker, plex: Simulator) -> None:
    assert await ask.status("PUT", "/:/prefs?FriendlyName=New&foo=1") == 400
    assert plex.state.prefs["FriendlyName"] == "Simulated Plex"


async def test_the_butler_has_a_root_of_its_own(ask: Asker) -> None:
    _, body, _ = await ask.call("GET", "/butler")
    tasks = json.loads(body)["ButlerTasks"]["ButlerTask"]
    assert "MediaContainer" not in json.loads(body)
    assert any("title" not in task for task in tasks)
    _, body, _ = await ask.call("GET", "/butler", accept="*/*")
    assert ET.fromstring(body).tag == "ButlerTasks"


async def test_a_task_runs_once_at_a_time_and_stops(ask: Asker, plex: Simulator) -> None:
    plex.state.butler.seconds = 300
    assert await ask.status("POST", "/butler/BackupDatabase") == 200
    assert await ask.status("POST", "/butler/BackupDatabase") == 202
    assert await ask.status("POST", "/butler/Nothing") == 404
    assert await ask.status("DELETE", "/butler/BackupDatabase") == 200
    await until(lambda: not plex.state.butler.running)
    assert plex.state.butler.done == []
    assert await ask.status("DELETE", "/butler/BackupDatabase") == 404


async def test_optimising_in_the_background_names_its_activity(ask: Asker, plex: Simulator) -> None:
    plex.quirks.optimize_seconds = 300
    status, body, headers = await ask.call("PUT", "/library/optimize?async=1")
    assert (status, body) == (200, b"")
    [activity] = (await ask.get("/activities"))["Activity"]
    assert activity["uuid"] == headers["X-Plex-Activity"]
    assert await ask.status("DELETE", f"/activities/{activity['uuid']}") == 400
    assert await ask.status("DELETE", "/activities/none") == 404
    assert plex.state.housekeeping == []


async def test_optimising_without_async_blocks(ask: Asker, plex: Simulator) -> None:
    plex.quirks.optimize_seconds = 0.05
    assert await ask.status("PUT", "/library/optimize") == 200
    assert plex.state.housekeeping == ["optimize"]


async def test_the_activity_header_may_be_missing(ask: Asker, plex: Simulator) -> None:
    plex.quirks.activity_header = False
    assert "X-Plex-Activity" not in (await ask.call("PUT", "/library/clean/bundles?async=1"))[2]
    await until(lambda: plex.state.housekeeping == ["clean/bundles"])


async def test_a_scan_shows_and_is_told(ask: Asker, plex: Simulator) -> None:
    plex.quirks.scan_seconds = 300
    async with ask.socket() as socket:
        await until(lambda: plex.state.bus.listeners)
        assert await ask.status("GET", "/library/sections/1/refresh?path=%2Fsynthetic%2Ffilms%2FA%2C%20b") == 200
        assert (await receive(socket, "activity"))["Activity"]["title"] == "Scanning"
        assert (await receive(socket, "status"))["notificationName"] == "LIBRARY_UPDATE"
        told = await receive(socket, "activity")
        assert told["Activity"]["Context"] == {"librarySectionID": "1"}
        assert (await ask.get("/library/sections"))["Directory"][0]["refreshing"] is True
        assert await ask.status("DELETE", "/library/sections/1/refresh") == 200
        while told["event"] != "ended":
            told = await receive(socket, "activity")
    assert plex.state.library.sections[1].refreshing is False
    assert plex.state.scans[0]["path"] == "/synthetic/films/A, b"


async def test_all_sections_are_scanned(ask: Asker, plex: Simulator) -> None:
    assert await ask.status("GET", "/library/sections/all/refresh") == 200
    assert await ask.status("POST", "/library/sections/2/refresh?force=1") == 200
    assert [row["section"] for row in plex.state.scans] == [1, 2, 3, 2]
    await until(lambda: not any(section.refreshing for section in plex.state.library.sections.values()))


async def test_an_update_is_offered_and_installed(ask: Asker, plex: Simulator) -> None:
    assert "Release" not in await ask.get("/updater/status")
    assert await ask.status("PUT", "/updater/apply") == 400
    plex.state.updater.offer("1.99.0.1-abc", can_install=True)
    assert await ask.status("PUT", "/updater/check?download=0") == 200
    status = await ask.get("/updater/status")
    assert (status["canInstall"], status["Release"][0]["version"]) == (True, "1.99.0.1-abc")
    assert await ask.status("PUT", "/updater/apply?tonight=0&skip=0") == 200
    assert (await ask.get("/identity"))["version"] == "1.99.0.1-abc"
    plex.state.updater.offer("2.0")
    plex.quirks.optional_updater = False
    assert "Release" not in await ask.get("/updater/status")


async def test_a_cancelled_activity_ends(ask: Asker, plex: Simulator) -> None:
    uuid = (await ask.control("POST", "activities", {"type": "media.generate.bif", "seconds": 300}))["uuid"]
    assert await ask.status("DELETE", f"/activities/{uuid}") == 200
    async with asyncio.timeout(30):
        while "Activity" in await ask.get("/activities"):  # a client can only ask
            await asyncio.sleep(0.005)


async def test_caches_and_analysis_are_accepted(ask: Asker) -> None:
    assert await ask.status("DELETE", "/library/caches") == 200
    assert await ask.status("PUT", "/library/sections/1/analyze") == 200
    assert (await ask.get("/library/sections/1/all?trash=1&type=1", headers=page(0, 0)))["totalSize"] == 0
