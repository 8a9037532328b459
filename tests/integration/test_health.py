"""Repairs that mend, diagnostics and system health that tell nothing private, and silence in the log."""

from datetime import timedelta
from http import HTTPStatus
import json
import logging
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward.const import CONF_TOKEN_UNCHECKED, DOMAIN
from custom_components.plex_steward.plex import account, connection, discovery
from custom_components.plex_steward.plex.models import Found
from custom_components.plex_steward.repairs import async_create_fix_flow
from custom_components.plex_steward.stewardship import health
from custom_components.plex_steward.stewardship.relocate import ways_to
from simulator import PlexTv, Simulator
from simulator.gdm import Gdm
from tests.integration.conftest import CLIENT_ID, NOWHERE, MakeEntry, MakePlex, Setup, Until


class Repair:
    """A repair's dialogue, as the browser drives it."""

    def __init__(self, hass: HomeAssistant, client: Any) -> None:
        self.hass = hass
        self.client = client

    async def begin(self, issue_id: str) -> dict[str, Any]:
        answer = await self.client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id})
        assert answer.status == HTTPStatus.OK, await answer.text()
        result: dict[str, Any] = await answer.json()
        return result

    async def step(self, flow: dict[str, Any], given: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json=given or {})
        assert answer.status == HTTPStatus.OK, await answer.text()
        result: dict[str, Any] = await answer.json()
        return result


@pytest.fixture
async def repair(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Repair:
    assert await async_setup_component(hass, "repairs", {})
    assert await async_setup_component(hass, DOMAIN, {})
    return Repair(hass, await hass_client())


def issues(hass: HomeAssistant) -> set[str]:
    return {str(i.translation_key) for (domain, _), i in ir.async_get(hass).issues.items() if domain == DOMAIN}


def lost(**other: Any) -> dict[str, Any]:
    """Give the data of an entry whose only address leads nowhere."""
    return {"url": NOWHERE, "addresses": [{"url": NOWHERE, "place": "local", "ipv6": False, "manual": True}], **other}


async def gone(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Let the server be away for long; give the repair."""
    await hass.config_entries.async_reload(entry.entry_id)
    with patch.object(health, "PATIENCE", timedelta(0)):
        await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == {"address_gone"}
    return health.issue_id(entry, "address_gone")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search again at once after a search that found nothing."""
    monkeypatch.setattr(connection, "SEARCH_PAUSE", 0.0)


async def test_an_address_is_found_by_plex_tv(
    hass: HomeAssistant,
    plex: Simulator,
    tv: PlexTv,
    make_entry: MakeEntry,
    repair: Repair,
    until: Until,
) -> None:
    tv.add(plex)
    tv.fault = 500
    entry = make_entry(plex, data=lost(account_token=tv.account.token))
    flow = await repair.begin(await gone(hass, entry))
    assert flow["step_id"] == "confirm"
    assert flow["description_placeholders"] == {"name": "Simulated Plex"}
    flow = await repair.step(flow)
    assert flow["errors"] == {"base": "not_reachable"}
    tv.fault = 0
    flow = await repair.step(flow)
    assert flow["type"] == "create_entry"
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    assert entry.data["url"] == plex.url
    assert issues(hass) == set()
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_an_address_is_found_in_the_local_network(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    make_plex: MakePlex,
    repair: Repair,
    until: Until,
) -> None:
    other = await make_plex(name="Other", machine_identifier="b" * 40)
    entry = make_entry(plex, data=lost())
    issue = await gone(hass, entry)
    hass.config.components.add("zeroconf")
    heard = [Found(p.machine_identifier, p.state.identity.name, "127.0.0.1", p.port) for p in (other, plex)]

    async def scan() -> tuple[Found, ...]:
        return tuple(heard)

    with patch.object(discovery, "scan", scan):
        flow = await repair.step(await repair.begin(issue))
    assert flow["type"] == "create_entry"
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    assert entry.data["url"] == plex.url
    assert {seen.token for seen in other.state.log} <= {""}
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_server_that_came_back_by_itself(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    repair: Repair,
    until: Until,
) -> None:
    await plex.stop()
    issue = await gone(hass, entry)
    await plex.restart()
    before = dict(entry.data)
    flow = await repair.step(await repair.begin(issue))
    assert flow["type"] == "create_entry"
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    assert entry.data == before
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("broken_handshakes")
async def test_a_certificate_that_does_not_fit(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, repair: Repair, setup: Setup, until: Until
) -> None:
    plex = await make_plex(tls=True)
    entry = make_entry(plex)
    await setup(entry, state=ConfigEntryState.SETUP_RETRY)
    assert entry.error_reason_translation_key == "certificate_invalid"
    assert issues(hass) == {"certificate"}
    flow = await repair.begin(health.issue_id(entry, "certificate"))
    assert flow["type"] == "menu"
    assert flow["menu_options"] == ["confirm", "verify_off"]
    flow = await repair.step(flow, {"next_step_id": "confirm"})
    assert flow["errors"] == {"base": "not_reachable"}
    flow = await repair.step(await repair.begin(health.issue_id(entry, "certificate")), {"next_step_id": "verify_off"})
    assert flow["type"] == "create_entry"
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    assert entry.data["verify_ssl"] is False
    assert issues(hass) == set()


@pytest.mark.parametrize("kind", ["not_owner", "wrong_token_kind"])
async def test_another_token_is_needed(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, repair: Repair, setup: Setup, kind: str
) -> None:
    await setup(entry)
    health.raise_issue(hass, entry, kind)
    flow = await repair.step(await repair.begin(health.issue_id(entry, kind)))
    assert flow["type"] == "create_entry"
    assert flow["next_flow"][0] == "config_flow"
    (running,) = hass.config_entries.flow.async_progress()
    assert running["flow_id"] == flow["next_flow"][1]
    assert running["context"]["source"] == SOURCE_RECONFIGURE
    assert issues(hass) == set()


async def test_issues_of_one_kind_are_told_apart(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    await setup(entry)
    for subject in ("one", "two"):
        health.raise_issue(hass, entry, "no_plex_pass", subject=subject, data={"feature": subject})
    registry = ir.async_get(hass)
    assert len(registry.issues) == 2
    issue = registry.async_get_issue(DOMAIN, health.issue_id(entry, "no_plex_pass", "one"))
    assert issue is not None
    assert issue.data == {"feature": "one", "entry_id": entry.entry_id, "kind": "no_plex_pass", "subject": "one"}
    health.clear_issue(hass, entry, "no_plex_pass", "one")
    assert len(registry.issues) == 1
    flow = await async_create_fix_flow(hass, "x", {"entry_id": entry.entry_id, "kind": "not_owner"})
    assert flow is not None


async def test_a_token_of_unknown_kind_is_looked_at_later(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup, until: Until, monkeypatch: Any
) -> None:
    answers: list[bool | None] = [None, True, False]
    asked: list[str] = []

    async def is_server_token(self: account.PlexAccount, machine: str) -> bool | None:
        asked.append(machine)
        return answers[len(asked) - 1]

    monkeypatch.setattr(account.PlexAccount, "is_server_token", is_server_token)
    entry = make_entry(plex, data={CONF_TOKEN_UNCHECKED: True})
    await setup(entry)
    await until(lambda: asked == [plex.machine_identifier])
    assert issues(hass) == set()  # plex.tv is silent
    await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: issues(hass) == {"wrong_token_kind"})
    await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: not issues(hass))
    assert entry.data[CONF_TOKEN_UNCHECKED] is False
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert len(asked) == 3


def test_a_name_below_plex_direct_moves_along() -> None:
    def entry(*urls: str) -> MockConfigEntry:
        rows = [{"url": url, "place": "local", "ipv6": False, "manual": False} for url in urls]
        return MockConfigEntry(domain=DOMAIN, data={"url": urls[0], "addresses": rows})

    found = Found("a" * 40, "Attic", "192.168.1.20", 32400)
    secure = "https://192-168-1-10.0123abcd.plex.direct:32400"
    moved = "https://192-168-1-20.0123abcd.plex.direct:32400"

    def urls(*known: str) -> list[str]:
        return [address.url for address in ways_to(entry(*known), found)]

    assert urls(secure) == [moved]  # encrypted it was, encrypted it stays
    assert urls(secure, "http://192.168.1.10:32400") == [moved, "http://192.168.1.20:32400"]
    assert urls("http://192.168.1.10:32400") == ["http://192.168.1.20:32400"]
    assert urls("https://plex.example.org") == ["https://192.168.1.20:32400"]


async def test_diagnostics(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    hass_client: ClientSessionGenerator,
) -> None:
    plex = await make_plex(name="Anna's attic")
    entry = make_entry(plex, data={"account_token": "account-secret", "account_id": 987654321})
    await setup(entry)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(told)
    secrets = (plex.token, "account-secret", "987654321", CLIENT_ID, "Anna", "127.0.0.1", plex.machine_identifier)
    for secret in secrets:
        assert secret not in text, secret
    assert told["server"]["version"] == plex.state.identity.version
    assert told["server"]["plex_pass"] is True
    assert {library["type"] for library in told["server"]["libraries"]} >= {"movie", "show"}
    assert all(library["on"] for library in told["server"]["libraries"])
    assert told["entry"]["data"]["addresses"] == [
        {"url": "**REDACTED**", "place": "local", "ipv6": False, "manual": True}
    ]


async def test_diagnostics_of_a_server_that_fails(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    hass_client: ClientSessionGenerator,
) -> None:
    await setup(entry)
    plex.quirks.starting = True
    await entry.runtime_data.server.async_refresh()
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["server"]["answers"] is False
    assert "not_ready" in told["server"]["last_error"]


async def test_system_health(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, entry: MockConfigEntry, setup: Setup, make_entry: MakeEntry
) -> None:
    await setup(entry)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info.pop("plex_tv") == "ok"
    assert info == {
        "servers": 1,
        "servers_connected": 1,
        "server_versions": plex.state.identity.version,
        "libraries": len(entry.runtime_data.server.all_libraries),
        "mirrors": 0,
    }


async def test_nothing_secret_is_logged_or_shown(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At debug level, through set-up, failure, refusal and recovery."""
    caplog.set_level(logging.DEBUG)
    plex = await make_plex(token="owner-secret-token")
    entry = make_entry(plex, data={"account_token": "account-secret-token"})
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    plex.sessions.start("transcode", user="anna.secret")
    await until(lambda: any(state.state == "1" for state in hass.states.async_all("sensor")))
    plex.quirks.starting = True
    await entry.runtime_data.server.async_refresh()
    plex.quirks.starting = False
    await plex.restart()
    await entry.runtime_data.server.async_refresh()
    health.raise_issue(hass, entry, "no_plex_pass")
    plex.state.accounts.clear()
    await entry.runtime_data.server.async_refresh()
    await hass.async_block_till_done()

    shown = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    shown += [repr(record.exc_info) for record in caplog.records if record.exc_info]
    shown += [repr(state.as_dict()) for state in hass.states.async_all()]
    shown += [repr(issue) for issue in ir.async_get(hass).issues.values()]
    assert shown
    everything = "\n".join(shown)
    for secret in ("owner-secret-token", "account-secret-token", CLIENT_ID, "127.0.0.1"):
        assert secret not in everything, secret
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("owner-secret-token", "account-secret-token", CLIENT_ID):
        assert secret not in logged, secret


async def test_gdm_answers_are_heard(plex: Simulator) -> None:
    async with Gdm(plex) as gdm:
        (found,) = await discovery.scan(destinations=(("127.0.0.1", gdm.port),), wait=0.5)
    assert found.machine_identifier == plex.machine_identifier
