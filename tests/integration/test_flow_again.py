"""Signing in again, changing the connection, discovery: servers that are known already, and those that are found."""

from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import CONF_ACCOUNT_ID, CONF_ACCOUNT_TOKEN, DOMAIN
from custom_components.plex_steward.flow.discovery import look_around
from custom_components.plex_steward.plex import discovery
from simulator import Fault, PlexTv, Simulator
from simulator.gdm import Gdm
from simulator.plextv import Connection
from tests.integration.conftest import NOWHERE, MakeEntry, MakePlex, Setup, Until
from tests.integration.flows import begin, labels, sign_in, step


def signed_in(tv: PlexTv, **other: Any) -> dict[str, Any]:
    return {CONF_ACCOUNT_TOKEN: tv.account.token, CONF_ACCOUNT_ID: tv.account.id, **other}


def announced(plex: Simulator, **other: Any) -> ZeroconfServiceInfo:
    address = ip_address("127.0.0.1")
    return ZeroconfServiceInfo(
        **{
            "ip_address": address,
            "ip_addresses": [address],
            "port": plex.port,
            "hostname": "attic.local.",
            "type": "_plexmediasvr._tcp.local.",
            "name": "Attic._plexmediasvr._tcp.local.",
            "properties": {},
        }
        | other
    )


async def test_signing_in_again(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_entry: MakeEntry, setup: Setup
) -> None:
    tv.add(plex)
    tv.add_account("stranger")
    entry = make_entry(plex, token="revoked", data=signed_in(tv))
    await setup(entry, state=ConfigEntryState.SETUP_ERROR)
    flow = dict(hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0])
    assert flow["step_id"] == "reauth_confirm"
    result = await sign_in(hass, tv, until, flow, "sign_in", "stranger")
    assert result["step_id"] == "wrong_account"
    assert entry.data["token"] == "revoked"
    result = await sign_in(hass, tv, until, result, account="owner")
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["token"] == plex.token
    assert [row["manual"] for row in entry.data["addresses"]] == [False]


async def test_signing_in_again_with_an_account_that_lost_access(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_entry: MakeEntry
) -> None:
    entry = make_entry(plex, token="revoked")
    result = await sign_in(hass, tv, until, await entry.start_reauth_flow(hass), "sign_in")
    assert result["step_id"] == "wrong_account"
    tv.add(plex)
    result = await sign_in(hass, tv, until, result)
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_signing_in_again_while_the_server_is_away(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_entry: MakeEntry
) -> None:
    tv.add(plex)
    entry = make_entry(plex, token="revoked", data=signed_in(tv))
    plex.quirks.starting = True
    result = await sign_in(hass, tv, until, await entry.start_reauth_flow(hass), "sign_in")
    assert result["step_id"] == "address"
    assert result["errors"] == {"base": "none_reachable"}
    plex.quirks.starting = False
    result = await step(hass, result, {"address": plex.url})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_another_address_of_those_known(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup
) -> None:
    rows = [
        {"url": NOWHERE, "place": "local", "ipv6": False, "manual": False},
        {"url": plex.url, "place": "remote", "ipv6": False, "manual": False},
    ]
    entry = make_entry(plex, data={"addresses": rows})
    await setup(entry)
    assert entry.runtime_data.client.connection.url == plex.url
    flow = await step(hass, await entry.start_reconfigure_flow(hass), {"next_step_id": "address"})
    assert labels(flow, "address") == {
        NOWHERE: f"{NOWHERE} · local · no answer",
        plex.url: f"{plex.url} · remote · answers",
    }
    plex.state.accounts.clear()
    flow = await step(hass, flow, {"address": plex.url})
    assert flow["errors"] == {"base": "unauthorized"}
    plex.state.accounts.update(Simulator().state.accounts)
    flow = await step(hass, flow, {"address": plex.url})
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["url"] == plex.url


async def test_linking_anew_may_change_the_account(
    hass: HomeAssistant,
    make_plex: MakePlex,
    tv: PlexTv,
    until: Until,
    make_entry: MakeEntry,
    setup: Setup,
) -> None:
    plex = await make_plex(shared_token="guest")
    guest = tv.add_account("guest")
    tv.add(plex, owned=False, token="guest", accounts=[guest.token])
    tv.add(plex, accounts=[tv.account.token])
    data = {CONF_ACCOUNT_TOKEN: guest.token, CONF_ACCOUNT_ID: guest.id}
    entry = make_entry(plex, token="guest", owned=False, data=data)
    await setup(entry)
    flow = await sign_in(hass, tv, until, await entry.start_reconfigure_flow(hass), "sign_in", "owner")
    assert flow["step_id"] == "address"
    flow = await step(hass, flow, flow["data_schema"]({}))
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["owned"] is True
    assert entry.data["token"] == plex.token
    assert entry.data[CONF_ACCOUNT_ID] == tv.account.id


async def test_a_new_server_is_announced(hass: HomeAssistant, plex: Simulator, setup: Setup) -> None:
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["type"] is FlowResultType.MENU
    assert flow["step_id"] == "discovered"
    (running,) = hass.config_entries.flow.async_progress()
    assert running["context"]["title_placeholders"] == {"name": "Attic"}
    assert running["context"]["unique_id"] == plex.machine_identifier
    flow = await step(hass, flow, {"next_step_id": "manual"})
    suggested = {str(key): key.description["suggested_value"] for key in flow["data_schema"].schema if key.description}
    assert suggested == {"url": plex.url}
    flow = await step(hass, flow, {"url": plex.url, "token": "wrong", "verify_ssl": True})
    assert flow["errors"] == {"base": "unauthorized"}
    flow = await step(hass, flow, {"url": plex.url, "token": plex.token, "verify_ssl": True})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(flow["result"].entry_id)


async def test_an_announced_server_by_signing_in(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_plex: MakePlex
) -> None:
    other = await make_plex(name="Other", machine_identifier="b" * 40)
    tv.add(other)
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    flow = await sign_in(hass, tv, until, flow, "sign_in")
    assert flow["step_id"] == "wrong_account"  # the account has a server, but not this one
    tv.add(plex)
    flow = await sign_in(hass, tv, until, flow)
    assert flow["step_id"] == "address"
    flow = await step(hass, flow, flow["data_schema"]({}))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].unique_id == plex.machine_identifier
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(flow["result"].entry_id)


async def test_what_is_announced_is_not_believed(hass: HomeAssistant, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/identity", "html", times=None))
    with patch.object(plex, "tls", new=False):
        flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["reason"] == "not_plex"
    no_address = announced(plex, ip_address=ip_address("fe80::1"), ip_addresses=[ip_address("fe80::1")])
    flow = await begin(hass, SOURCE_ZEROCONF, no_address)
    assert flow["reason"] == "not_plex"


@pytest.mark.usefixtures("broken_handshakes")
async def test_an_announced_server_that_wants_encryption(hass: HomeAssistant, make_plex: MakePlex) -> None:
    plex = await make_plex(tls=True)
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["step_id"] == "discovered"


async def test_a_known_server_has_moved(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until
) -> None:
    await setup(entry)
    before = plex.url
    await plex.restart(new_port=True)
    assert plex.url != before
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["reason"] == "already_configured"
    assert entry.data["url"] == plex.url
    assert [row["url"] for row in entry.data["addresses"]] == [plex.url, before]
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    await hass.async_block_till_done()
    assert entry.runtime_data.client.connection.url == plex.url


async def test_a_known_server_where_it_was(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    await setup(entry)
    before = dict(entry.data)
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["reason"] == "already_configured"
    assert entry.data == before


async def test_an_ignored_server_stays_ignored(hass: HomeAssistant, plex: Simulator) -> None:
    ignored = MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=plex.machine_identifier, data={})
    ignored.add_to_hass(hass)
    flow = await begin(hass, SOURCE_ZEROCONF, announced(plex))
    assert flow["reason"] == "already_configured"
    assert ignored.data == {}


async def test_our_own_scan(hass: HomeAssistant, plex: Simulator, until: Until) -> None:
    async with Gdm(plex) as gdm:

        async def scan() -> Any:
            return await discovery_scan(destinations=(("127.0.0.1", gdm.port),), wait=0.5)

        discovery_scan = discovery.scan
        with patch.object(discovery, "scan", scan):
            await look_around(hass)
            await hass.async_block_till_done()
            assert not hass.config_entries.flow.async_progress()  # Home Assistant does not look for devices here
            hass.config.components.add("zeroconf")
            await look_around(hass)
            (flow,) = await until(hass.config_entries.flow.async_progress)
    assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    assert flow["context"]["unique_id"] == plex.machine_identifier
    assert flow["step_id"] == "discovered"


async def test_the_dialogue_looks_around(hass: HomeAssistant) -> None:
    hass.config.components.add("zeroconf")
    asked = []

    async def scan() -> tuple[()]:
        asked.append(True)
        return ()

    with patch.object(discovery, "scan", scan):
        flow = await begin(hass, SOURCE_USER)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert asked
    hass.config_entries.flow.async_abort(flow["flow_id"])


async def test_relay_only(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_entry: MakeEntry
) -> None:
    tv.add(plex, connections=[Connection.to(plex, local=False, relay=True)])
    entry = make_entry(plex, token="revoked", data=signed_in(tv, addresses=[]))
    flow = await sign_in(hass, tv, until, await entry.start_reconfigure_flow(hass), "sign_in")
    assert labels(flow, "address") == {plex.url: f"{plex.url} · relay · answers"}
    flow = await step(hass, flow, {"address": plex.url})
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
