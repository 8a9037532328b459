"""A server that misbehaves, as its owner sees it: what is shown, what is asked, and that it passes by itself."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.plex import connection, transport, wire
from custom_components.plex_steward.stewardship import mirror_schedule
from simulator import Fault, Simulator
from simulator.maintenance import scan

from .conftest import MakeEntry, MakePlex, Named, Setup, Until
from .library_house import ITEMS, LISTING, fault, hurry, known, small_pages
from .mirror_house import film, make_library, mirror_of, subentry

__all__ = ["hurry", "small_pages"]  # fixtures

SHORT = 0.3


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search is allowed again at once."""
    monkeypatch.setattr(connection, "SEARCH_PAUSE", 0)


def limited(patch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for what never comes."""
    for name in ("CONNECT", "POLL"):
        patch.setattr(wire, name, SHORT)
    for function in (transport.Transport.request, connection.Connection.request, connection.Connection.get):
        assert function.__kwdefaults__ is not None
        patch.setitem(function.__kwdefaults__, "timeout", SHORT)


def issues(hass: HomeAssistant) -> set[str]:
    """What repairs are shown."""
    return {str(one.translation_key) for (domain, _), one in ir.async_get(hass).issues.items() if domain == DOMAIN}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("hang", {}),
        ("html", {}),
        ("truncate", {}),
        ("cut", {}),
        ("status", {"status": 500}),
        ("status", {"status": 503}),
        ("status", {"status": 502}),
        ("redirect", {"location": "https://example.invalid/"}),
    ],
    ids=lambda value: str(value.get("status", "")) if isinstance(value, dict) else value,
)
async def test_whatever_it_answers_it_shows_and_passes(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
    words: dict[str, Any],
) -> None:
    """Connectivity says off, all else is unavailable and not zero, nobody is asked to sign in; then all is back."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    data = entry.runtime_data
    await until(lambda: state_of(entry, f"{plex.machine_identifier}_streams") == "1")
    await until(lambda: data.libraries.data)
    with monkeypatch.context() as patch:
        if kind == "hang":
            limited(patch)
        plex.state.faults.append(Fault("/*", kind, times=None, **words))
        await data.server.async_refresh()
        await data.sessions.async_refresh()
        assert state_of(entry, "_connectivity") == "off"
        assert state_of(entry, f"{plex.machine_identifier}_streams") == "unavailable"
        assert state_of(entry, f"{data.server.libraries[0].uuid}_items") == "unavailable"
        assert not hass.config_entries.flow.async_progress()
        plex.state.faults.clear()
    await data.server.async_refresh()
    await data.sessions.async_refresh()
    assert state_of(entry, "_connectivity") == "on"
    assert state_of(entry, f"{plex.machine_identifier}_streams") == "1"
    assert issues(hass) == set()


async def test_a_redirect_to_another_server(
    hass: HomeAssistant,
    plex: Simulator,
    make_plex: MakePlex,
    entry: MockConfigEntry,
    setup: Setup,
    state_of: Named,
) -> None:
    """Requests do not follow; the push channel's greeting does, with nothing of ours in it."""
    other = await make_plex(name="Another", machine_identifier="b" * 40)
    await setup(entry)
    plex.state.faults.append(Fault("/*", "redirect", times=None, location=f"{other.url}/"))
    data = entry.runtime_data
    await data.server.async_refresh()
    await data.sessions.async_refresh()
    assert state_of(entry, "_connectivity") == "off"
    assert {(seen.token, seen.client) for seen in other.state.log} <= {("", "")}


async def test_another_server_moves_in_while_running(
    hass: HomeAssistant,
    plex: Simulator,
    make_plex: MakePlex,
    entry: MockConfigEntry,
    setup: Setup,
    until: Until,
    state_of: Named,
) -> None:
    """It is asked who it is and nothing else; when the right one is back, all goes on."""
    await setup(entry)
    server, events = entry.runtime_data.server, entry.runtime_data.events
    await until(lambda: events.connected)
    await plex.stop()
    await until(lambda: not events.connected)
    stranger = await make_plex(machine_identifier="c" * 40, port=plex.port)
    await server.async_refresh()
    assert state_of(entry, "_connectivity") == "off"
    assert server.last_exception.translation_key == "wrong_server"
    assert {seen.path for seen in stranger.state.log} == {"/identity"}
    assert {(seen.token, seen.client) for seen in stranger.state.log} == {("", "")}
    await stranger.stop()
    await plex.restart()
    await server.async_refresh()
    assert state_of(entry, "_connectivity") == "on"


@pytest.mark.usefixtures("hurry", "small_pages")
async def test_the_token_is_revoked_in_the_middle_of_a_read(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """One dialogue to sign in again, however many notice; with a new token the read goes on where it was."""
    plex = await make_plex(synthetic={"movie": 60})
    fault(plex, "delay", LISTING, times=None, seconds=0.05)
    fault(plex, "delay", ITEMS, times=None, seconds=0.05)
    entry = await setup(make_entry(plex))
    data = entry.runtime_data
    await until(lambda: data.libraries.progress is not None and data.libraries.progress.done >= 10)
    account = plex.state.accounts.pop(plex.token)
    for refresh in (data.server, data.sessions, data.preferences):
        await refresh.async_refresh()
    await until(lambda: data.libraries.progress is None)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    plex.state.accounts["a new token"] = account
    plex.state.faults.clear()
    flow = await hass.config_entries.flow.async_configure(flows[0]["flow_id"], {"next_step_id": "manual"})
    words = {"url": plex.url, "token": "a new token", "verify_ssl": True}
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], words)
    assert flow["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    await until(lambda: known(entry, 1))
    (library,) = entry.runtime_data.server.libraries
    assert state_of(entry, f"{library.uuid}_items") == "60"
    assert not hass.config_entries.flow.async_progress()


async def test_a_silent_push_channel_costs_no_truth(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """The line stays open and nothing comes: the list is still read, and what it says is shown."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    plex.state.bus.silence(True)
    plex.sessions.start("transcode", user="anna")
    assert state_of(entry, f"{plex.machine_identifier}_streams") == "0"
    await entry.runtime_data.sessions.async_refresh()
    assert state_of(entry, f"{plex.machine_identifier}_streams") == "1"
    plex.state.bus.silence(False)


async def test_a_flood_of_messages_delays_nobody(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """What matters comes through behind thousands of messages, and the line holds."""
    await setup(entry)
    events = entry.runtime_data.events
    await until(lambda: events.connected)
    states: list[bool] = []
    heard: list[Any] = []
    stops = events.async_listen_state(states.append), events.async_listen({"activity"}, heard.append)
    plex.state.bus.flood(5000)
    plex.sessions.start("direct_play", user="anna")
    await until(lambda: state_of(entry, f"{plex.machine_identifier}_streams") == "1")
    await until(lambda: len(heard) >= 5000)
    for stop in stops:
        stop()
    assert states == []


async def test_an_outage_makes_no_ghosts(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, monkeypatch: Any
) -> None:
    """A stream at the end of its film says nothing new; that we could not hear it for long does not end it."""
    await setup(entry)
    sessions = entry.runtime_data.sessions
    view = plex.sessions.start("direct_play", user="anna")
    await sessions.async_refresh()
    changes: list[str] = []
    entry.async_on_unload(sessions.async_listen_changes(lambda change: changes.append(change.type.value)))
    plex.quirks.starting = True
    await sessions.async_refresh()
    assert not sessions.last_update_success
    (roster_entry,) = sessions._roster._entries.values()
    roster_entry.alive -= 3600  # an hour of silence
    plex.quirks.starting = False
    await sessions.async_refresh()
    assert [stream.key for stream in sessions.data] == [view.key]
    assert changes == []


async def test_new_items_of_which_nobody_told(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They came while the push channel was down: the mirror follows when it is back, and not when nothing came."""
    monkeypatch.setattr(mirror_schedule, "QUIET", 0.05)
    source, target = await hass.async_add_executor_job(make_library, tmp_path)
    plex = await make_plex(media=[("Movies", "movie", source)])
    entry = await setup(
        make_entry(plex, subentries=(subentry(source, target, after_new_items=True, scan_server=False),))
    )
    events = entry.runtime_data.events
    await until(lambda: events.connected)
    (section,) = plex.state.library.sections.values()
    for came in (False, True):
        plex.quirks.starting = True
        plex.state.bus.drop()
        await until(lambda: not events.connected)
        if came:
            await hass.async_add_executor_job(film, source, "New (2026)")
            await scan(plex.state, section)
        plex.quirks.starting = False
        events._notifications.retry_now()
        await until(lambda: events.connected)
        if came:
            await until(lambda: mirror_of(entry).records)
        else:
            await hass.async_block_till_done(wait_background_tasks=False)
            assert not mirror_of(entry).records
    assert mirror_of(entry).records[0].reason == "new_items"
    assert await hass.async_add_executor_job((target / "New (2026)").is_dir)
