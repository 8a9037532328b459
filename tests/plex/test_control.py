"""Rare things through plexapi, of the simulated server; each call in a thread, as Home Assistant makes it."""

import asyncio
import logging
import warnings

from aiohttp import web
import plexapi
import pytest

from custom_components.plex_steward.plex import errors, wire
from custom_components.plex_steward.plex.control import Control
from custom_components.plex_steward.plex.transport import Access
from simulator import Simulator

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, server_tls, serving

PREROLLS = "CinemaTrailersPrerollID"


class Threaded:
    """Calls a control's methods in a thread."""

    def __init__(self, url: str, *, machine: str = MACHINE, token: str = TOKEN, **access) -> None:
        self.url = url
        self.access = Access(token=token, client_id=CLIENT_ID, machine_identifier=machine, **access)
        self.control = Control(lambda: (self.url, self.access))

    async def __call__(self, method: str, *arguments, **options):
        return await asyncio.to_thread(getattr(self.control, method), *arguments, **options)


@pytest.fixture
async def plex():
    async with Simulator(shared_token="guest") as made:
        yield made


@pytest.fixture
async def call(plex):
    made = Threaded(plex.url, machine=plex.machine_identifier, token=plex.token)
    yield made
    await made("close")


@pytest.fixture
async def stand_in():
    """A server of which plexapi sees the root only."""
    async with serving(StandIn()) as made:
        made.replies["/"] = web.Response(text='<MediaContainer friendlyName="x"/>', content_type="application/xml")
        yield made


async def test_prerolls_are_set_and_cleared(call, plex):
    value = "/prerolls/Ä & B.mp4,/prerolls/100% #1+.mp4;C:\\x y.mp4"
    before, after = await call("set_preference", PREROLLS, value)
    assert (before.value, after.value) == ("", value)
    assert (await call("preference", PREROLLS.lower()[0] + PREROLLS[1:])).value == value
    assert await call("set_preference", PREROLLS, value) == (after, after)
    assert len(plex.state.prefs.writes) == 1
    before, after = await call("set_preference", PREROLLS, "")
    assert (before.value, after.value) == (value, "")
    assert plex.state.prefs.writes == [{PREROLLS: value}, {PREROLLS: ""}]


async def test_preferences_have_types(call, plex):
    before, after = await call("set_preference", "DatabaseCacheSize", 512.0)
    assert (before.value, after.value) == (40, 512)
    _, after = await call("set_preference", "autoEmptyTrash", False)
    assert after.value is False
    before, after = await call("set_preference", "autoEmptyTrash", "false")
    assert before is after
    for name, value in (("DatabaseCacheSize", "much"), ("autoEmptyTrash", "perhaps"), ("ButlerStartHour", 25)):
        with pytest.raises(errors.Rejected):
            await call("set_preference", name, value)
    assert len(plex.state.prefs.writes) == 2


async def test_preferences_a_server_lacks(call, plex):
    plex.quirks.missing_prefs = {"DatabaseCacheSize"}
    plex.quirks.refused_prefs = {PREROLLS}
    with pytest.raises(errors.NotFound):
        await call("set_preference", "DatabaseCacheSize", 512)
    with pytest.raises(errors.Rejected):
        await call("set_preference", PREROLLS, "/x.mp4")


async def test_a_change_made_elsewhere_is_seen(call, plex):
    await call("preference", "DatabaseCacheSize")
    plex.state.prefs["DatabaseCacheSize"] = 99
    assert (await call("preference", "DatabaseCacheSize")).value == 99


async def test_maintenance(call, plex):
    await call("empty_trash", "1")
    assert await call("clean_bundles") is not None or not plex.quirks.activity_header
    plex.quirks.optimize_seconds = 60
    activity = await call("optimize")
    assert activity
    plex.quirks.activity_header = False
    assert await call("clean_bundles") is None
    with pytest.raises(errors.NotFound):
        await call("empty_trash", "999")


async def test_scans(call, stand_in):
    for key in ("all", "2"):
        stand_in.replies[f"/library/sections/{key}/refresh"] = web.Response(text="", content_type="text/html")
    odd = Threaded(stand_in.url)
    await odd("scan")
    await odd("scan", "2", "/films/Ä + B & C")
    await odd("cancel_scan", "2")
    await odd("close")
    everything, one, cancelled = [each for each in stand_in.seen if "refresh" in each.path]
    assert (everything.method, everything.path, dict(everything.query)) == ("GET", "/library/sections/all/refresh", {})
    assert dict(one.query) == {"path": "/films/Ä + B & C"}
    assert (cancelled.method, cancelled.path) == ("DELETE", "/library/sections/2/refresh")


async def test_scans_of_the_simulated_server(call, plex):
    await call("scan")
    plex.quirks.scan_seconds = 60
    await call("scan", "1")
    await call("cancel_scan", "1")


async def test_the_butler(call):
    assert await call("run_butler", "OptimizeDatabase") in (True, False)
    with pytest.raises(errors.NotFound):
        await call("run_butler", "Nonsense")
    with pytest.raises(errors.NotFound):
        await call("stop_butler", "Nonsense")


@pytest.mark.parametrize(("status", "started"), [(200, True), (202, False)])
async def test_a_task_that_runs_already(stand_in, status, started):
    stand_in.replies["/butler/OptimizeDatabase"] = web.Response(status=status)
    odd = Threaded(stand_in.url)
    assert await odd("run_butler", "OptimizeDatabase") is started
    await odd("stop_butler", "OptimizeDatabase")
    await odd("close")


async def test_updates(call, plex):
    assert (await call("check_for_update")).release is None
    plex.state.updater.offer("1.99.0", can_install=True)
    status = await call("check_for_update")
    assert status.release is not None
    assert (status.release.version, status.can_install) == ("1.99.0", True)
    assert plex.state.updater.checks == 2
    await call("install_update")
    assert plex.state.updater.applied == 1


async def test_a_server_that_knows_nothing_of_updates(stand_in):
    stand_in.replies["/updater/check"] = web.Response()
    stand_in.replies["/updater/status"] = web.Response()
    odd = Threaded(stand_in.url)
    assert (await odd("check_for_update")).release is None
    await odd("close")


LISTING = (
    '<MediaContainer size="2" totalSize="2"><Video ratingKey="5" type="episode" title="Pilot" parentTitle="Season 1" '
    'grandparentTitle="Show" year="2011" addedAt="1700000000" librarySectionID="2" thumb="/t"/>'
    '<Directory type="movie" title="no key"/></MediaContainer>'
)


@pytest.mark.parametrize(
    ("method", "arguments", "path"),
    [
        ("recently_added", (), "/library/recentlyAdded"),
        ("recently_added", ("2",), "/library/sections/2/recentlyAdded"),
        ("on_deck", (), "/library/onDeck"),
        ("on_deck", ("2",), "/library/sections/2/onDeck"),
    ],
)
async def test_lists_of_items(stand_in, method, arguments, path):
    stand_in.replies[path] = web.Response(text=LISTING, content_type="application/xml")
    odd = Threaded(stand_in.url)
    (item,) = await odd(method, *arguments, limit=5)
    await odd("close")
    assert (item.key, item.type, item.title, item.parent_title, item.show_title) == (
        "5",
        "episode",
        "Pilot",
        "Season 1",
        "Show",
    )
    assert (item.year, item.library_key, item.thumb) == (2011, "2", "/t")
    assert item.added_at is not None
    assert stand_in.seen[-1].headers["X-Plex-Container-Size"] == "5"
    # One request for the list, none for what an item leaves out.
    assert [seen for seen in stand_in.paths if "library" in seen] == [f"GET {path}"]


async def test_search(stand_in):
    hubs = (
        '<MediaContainer size="1"><Hub type="movie" hubIdentifier="movie" size="1" title="Films">'
        '<Video ratingKey="7" type="movie" title="Alien"/></Hub></MediaContainer>'
    )
    stand_in.replies["/hubs/search"] = web.Response(text=hubs, content_type="application/xml")
    odd = Threaded(stand_in.url)
    (item,) = await odd("search", "alein", library_key="2", limit=0)
    await odd("close")
    assert (item.key, item.title) == ("7", "Alien")
    assert stand_in.seen[-1].query["limit"] == "1"
    assert stand_in.seen[-1].query["sectionId"] == "2"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (400, errors.Rejected),
        (500, errors.ServerFault),
        (502, errors.Unreachable),
        (503, errors.NotReady),
        (302, errors.InvalidAnswer),
    ],
)
async def test_each_status_has_its_meaning(stand_in, status, error):
    stand_in.replies["/butler/X"] = status
    odd = Threaded(stand_in.url)
    with pytest.raises(error) as caught:
        await odd("run_butler", "X")
    assert caught.value.status == status
    assert "127.0.0.1" not in str(caught.value)
    await odd("close")


async def test_a_guest_is_refused(plex):
    guest = Threaded(plex.url, machine=plex.machine_identifier, token="guest")
    for method, arguments in (("preference", ("FriendlyName",)), ("optimize", ()), ("run_butler", ("BackupDatabase",))):
        with pytest.raises(errors.Forbidden):
            await guest(method, *arguments)
    await guest("close")


async def test_a_stranger_never_hears_the_token(stand_in):
    odd = Threaded(stand_in.url)
    stand_in.replies["/library/sections/1/refresh"] = web.Response()
    await odd("scan", "1")
    assert stand_in.knows_token()
    # Another machine was given the address.
    stand_in.machine = "stranger"
    stand_in.seen.clear()
    with pytest.raises(errors.WrongServer):
        await odd("scan", "1")
    with pytest.raises(errors.WrongServer):
        await Threaded(stand_in.url)("scan", "1")
    assert set(stand_in.paths) == {"GET /identity"}
    assert not stand_in.knows_token()
    assert CLIENT_ID not in stand_in.heard
    await odd("close")


async def test_the_line_that_takes_the_token_has_proved_itself(stand_in):
    """Each time, and the same line: a new one may lead to another machine."""
    stand_in.replies["/library/sections/1/refresh"] = web.Response()
    odd = Threaded(stand_in.url)
    for _ in range(3):
        await odd("scan", "1")
    await odd("close")
    lines: dict[object, list[str]] = {}
    for request in stand_in.seen:
        lines.setdefault(request.protocol, []).append(request.path)
    assert len(lines) > 3
    assert all(len(paths) == 2 and paths[0] == "/identity" for paths in lines.values())


async def test_a_redirect_is_not_followed(stand_in):
    async with serving(StandIn(machine="other")) as elsewhere:
        stand_in.replies["/butler/X"] = web.Response(status=302, headers={"Location": f"{elsewhere.url}/steal"})
        odd = Threaded(stand_in.url)
        with pytest.raises(errors.InvalidAnswer):
            await odd("run_butler", "X")
        await odd("close")
        assert elsewhere.seen == []


async def test_something_else_than_plex_answers(stand_in):
    for reply in (web.Response(text="hello"), {"size": 0}):
        stand_in.replies["/identity"] = reply
        with pytest.raises(errors.NotPlex):
            await Threaded(stand_in.url)("scan")


async def test_broken_answers(stand_in):
    stand_in.replies["/:/prefs"] = web.Response(text="<broken", content_type="application/xml")
    odd = Threaded(stand_in.url)
    with pytest.raises(errors.InvalidAnswer):
        await odd("preference", "x")
    stand_in.replies["/:/prefs"] = web.Response(body=b"<a>" + b" " * 100_000 + b"</a>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "MAX_BODY", 50_000)
        with pytest.raises(errors.InvalidAnswer) as caught:
            await odd("preference", "x")
    assert caught.value.reason == "too_large"
    await odd("close")


async def test_nobody_answers(stand_in):
    odd = Threaded(stand_in.url)
    stand_in.fault = "drop"
    with pytest.raises(errors.Unreachable) as caught:
        await odd("scan")
    assert "127.0.0.1" not in str(caught.value)
    stand_in.fault = "hang"
    odd.access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE, timeout=0.3)
    with pytest.raises(errors.TimedOut) as slow:
        await odd("scan")
    assert slow.value.reason == "read"
    odd.url = "http://127.0.0.1:1"
    with pytest.raises(errors.Unreachable) as refused:
        await odd("scan")
    assert refused.value.reason == "refused"
    assert not refused.value.sent
    odd.url = stand_in.url.replace("http:", "https:")
    stand_in.fault = None
    with pytest.raises(errors.WrongScheme):
        await odd("scan")


async def test_tls(tmp_path, recwarn):
    name = "127-0-0-1.0123abcd.plex.direct"
    tls, chain = server_tls(tmp_path, name)
    async with serving(StandIn(), tls=tls) as plex:
        plex.replies["/"] = web.Response(text="<MediaContainer/>", content_type="application/xml")
        plex.replies["/library/sections/all/refresh"] = web.Response()
        odd = Threaded(plex.url)
        with pytest.raises(errors.CertificateInvalid) as caught:
            await odd("scan")
        assert caught.value.reason == "self_signed"
        assert plex.seen == []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            odd.access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE, verify_ssl=False)
            await odd("scan")
        await odd("close")
        # A plex.direct name is checked although no resolver is asked.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REQUESTS_CA_BUNDLE", chain)
            direct = Threaded(plex.url.replace("127.0.0.1", name))
            await direct("scan")
            await direct("close")
            with pytest.raises(errors.CertificateInvalid):
                await Threaded(plex.url.replace("127.0.0.1", name.replace("0123", "ffff")))("scan")


async def test_address_and_token_change_between_calls(plex):
    async with Simulator(token="second-token", machine_identifier=plex.machine_identifier) as moved:
        call = Threaded(plex.url, machine=plex.machine_identifier, token=plex.token)
        await call("preference", "FriendlyName")
        call.url = moved.url
        call.access = Access(token="second-token", client_id=CLIENT_ID, machine_identifier=plex.machine_identifier)
        await call("set_preference", PREROLLS, "/moved.mp4")
        assert moved.state.prefs[PREROLLS] == "/moved.mp4"
        assert plex.state.prefs[PREROLLS] == ""
        await call("close")


async def test_plexapis_own_settings_stay_as_they_are(call, stand_in):
    before = dict(plexapi.BASE_HEADERS)
    odd = Threaded(stand_in.url)
    stand_in.replies["/library/sections/all/refresh"] = web.Response()
    await odd("scan")
    await odd("close")
    assert before == plexapi.BASE_HEADERS
    headers = stand_in.seen[-1].headers
    assert headers["X-Plex-Client-Identifier"] == CLIENT_ID
    assert headers["X-Plex-Product"] == "Plex Steward"
    assert "X-Plex-Provides" not in headers


async def test_calls_at_once_take_turns(call):
    names = ["FriendlyName", "DatabaseCacheSize", PREROLLS] * 3
    found = await asyncio.gather(*(call("preference", name) for name in names))
    assert [setting.id for setting in found] == names


async def test_plexapi_logs_nothing_of_ours(call, caplog):
    with caplog.at_level(logging.DEBUG, logger="plexapi"):
        await call("set_preference", PREROLLS, "/secret/path.mp4")
    assert "secret" not in caplog.text
