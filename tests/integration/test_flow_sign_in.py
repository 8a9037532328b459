"""Sign in with Plex: both ways, everything that can go wrong, and the way back from it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.plex.models import Place
from simulator import PlexTv, Simulator
from simulator.plextv import Connection
from tests.integration.conftest import MakeEntry, MakePlex, Setup, Until
from tests.integration.flows import Flow, begin, labels, showing, sign_in, step

WAYS = ["sign_in", "sign_in_code", "manual"]


async def add(hass: HomeAssistant, flow: Flow, plex: Simulator) -> MockConfigEntry:
    """Choose a server and take the preselected address."""
    assert flow["step_id"] == "server"
    flow = await step(hass, flow, {"server": plex.machine_identifier})
    assert flow["step_id"] == "address", flow
    flow = await step(hass, flow, flow["data_schema"]({}))
    assert flow["type"] is FlowResultType.CREATE_ENTRY, flow
    entry: MockConfigEntry = flow["result"]
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)
    return entry


@pytest.mark.usefixtures("current_request_with_host")
async def test_through_the_page_and_back(
    hass: HomeAssistant,
    plex: Simulator,
    tv: PlexTv,
    until: Until,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    tv.add(plex)
    assert await async_setup_component(hass, DOMAIN, {})  # its views must be there before the client below
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    assert flow["type"] is FlowResultType.EXTERNAL_STEP
    (pin,) = tv.pins.values()
    assert flow["url"].startswith(f"{tv.url}/auth#?")
    assert pin.code in flow["url"]
    assert flow["flow_id"] in flow["url"]

    browser = await hass_client_no_auth()
    answer = await browser.get("/auth/plex_steward/callback", params={"flow_id": flow["flow_id"]})
    assert answer.status == HTTPStatus.OK
    assert "window.close" in await answer.text()
    flow = await step(hass, flow)  # back before plex.tv knows of it
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    assert flow["progress_action"] == "wait_for_sign_in"
    tv.approve(pin.code)
    await until(lambda: showing(hass, flow) != "sign_in_wait")
    entry = await add(hass, await step(hass, flow), plex)

    assert entry.data["token"] == plex.token
    assert entry.data["account_token"] == tv.account.token
    assert entry.data["account_id"] == tv.account.id
    assert entry.data["client_id"] == pin.client
    assert {client for _, _, client in tv.log if client} == {pin.client}


@pytest.mark.usefixtures("current_request_with_host")
async def test_approved_but_the_browser_never_comes_back(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until
) -> None:
    tv.add(plex)
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    (pin,) = tv.pins.values()
    tv.approve(pin.code)
    await until(lambda: showing(hass, flow) != "sign_in")
    flow = await step(hass, flow)
    flow = await step(hass, flow) if flow["type"] is FlowResultType.SHOW_PROGRESS_DONE else flow
    await add(hass, flow, plex)


async def test_a_stranger_at_the_callback(
    hass: HomeAssistant, tv: PlexTv, entry: MockConfigEntry, setup: Setup, hass_client_no_auth: ClientSessionGenerator
) -> None:
    from custom_components.plex_steward.flow.callback import callback_url

    await setup(entry)
    assert callback_url(hass, "http://ha", "x") == "http://ha/auth/plex_steward/callback?flow_id=x"
    browser = await hass_client_no_auth()
    for query in ({}, {"flow_id": "made up"}):
        answer = await browser.get("/auth/plex_steward/callback", params=query)
        assert answer.status == HTTPStatus.NOT_FOUND


async def test_without_a_browser_there_is_the_code(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until
) -> None:
    tv.add(plex)
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    assert flow["description_placeholders"]["url"] == f"{tv.url}/link"
    tv.approve(flow["description_placeholders"]["code"])
    await until(lambda: showing(hass, flow) != "sign_in_code")
    await add(hass, await step(hass, flow), plex)


@pytest.mark.parametrize(
    ("harm", "shown"),
    [
        (lambda tv, code: tv.expire(code), "sign_in_expired"),
        (lambda tv, code: tv.deny(code), "sign_in_denied"),
    ],
)
async def test_not_approved(
    hass: HomeAssistant,
    plex: Simulator,
    tv: PlexTv,
    until: Until,
    harm: Callable[[PlexTv, str], None],
    shown: str,
) -> None:
    tv.add(plex)
    tv.expired = "null"  # the other variant looks like a refusal as long as the time is not up
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    harm(tv, flow["description_placeholders"]["code"])
    await until(lambda: showing(hass, flow) != "sign_in_code")
    flow = await step(hass, flow)
    assert flow["type"] is FlowResultType.MENU
    assert flow["step_id"] == shown
    assert flow["menu_options"] == WAYS
    await add(hass, await sign_in(hass, tv, until, flow), plex)


@pytest.mark.parametrize("way", ["sign_in", "sign_in_code"])
@pytest.mark.usefixtures("current_request_with_host")
async def test_plex_tv_is_down(hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, way: str) -> None:
    tv.add(plex)
    tv.fault = 500
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    assert flow["step_id"] == "sign_in_unavailable"
    assert flow["menu_options"] == WAYS
    flow = await step(hass, flow, {"next_step_id": way})
    assert flow["step_id"] == "sign_in_unavailable"
    tv.fault = 0
    await add(hass, await sign_in(hass, tv, until, flow), plex)


async def test_plex_tv_goes_down_after_the_approval(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until
) -> None:
    tv.add(plex)
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    tv.approve(flow["description_placeholders"]["code"])
    await until(lambda: showing(hass, flow) != "sign_in_code")
    tv.fault = 503
    flow = await step(hass, flow)
    assert flow["step_id"] == "sign_in_unavailable"
    tv.fault = 0
    await add(hass, await sign_in(hass, tv, until, flow), plex)


@pytest.mark.usefixtures("current_request_with_host")
@pytest.mark.parametrize("way", ["sign_in", "sign_in_code"])
async def test_closing_the_dialogue_stops_asking(hass: HomeAssistant, tv: PlexTv, way: str) -> None:
    tv.fault = 500
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    tv.fault = 0
    flow = await step(hass, flow, {"next_step_id": way})
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress()


async def test_servers_are_told_apart(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_plex: MakePlex, make_entry: MakeEntry
) -> None:
    shared = await make_plex(name="Cellar", machine_identifier="b" * 40, shared_token="for a friend")
    away = await make_plex(name="Attic", machine_identifier="a" * 40)
    tv.add(plex)
    tv.add(shared, owned=False, token="for a friend", source_title="anna")
    tv.add(away, presence=False, connections=[])
    make_entry(plex)
    flow = await sign_in(hass, tv, until, await begin(hass), "sign_in")
    version = plex.state.identity.version
    assert labels(flow, "server") == {
        away.machine_identifier: f"Attic · {version} · Linux · yours · offline",
        plex.machine_identifier: f"Simulated Plex · {version} · Linux · yours · online · already set up",
        shared.machine_identifier: f"Cellar · {version} · Linux · shared with you: anna · online",
    }
    assert flow["data_schema"]({}) == {"server": away.machine_identifier}

    flow = await step(hass, flow, {"server": away.machine_identifier})
    assert flow["step_id"] == "offline"
    flow = await sign_in(hass, tv, until, flow)
    entry = await add(hass, flow, shared)
    assert entry.data["owned"] is False
    assert entry.data["token"] == "for a friend"


async def test_a_server_that_is_set_up_already(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, entry: MockConfigEntry
) -> None:
    tv.add(plex)
    flow = await sign_in(hass, tv, until, await begin(hass), "sign_in")
    flow = await step(hass, flow, {"server": plex.machine_identifier})
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "already_configured"


async def test_an_account_without_servers(hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until) -> None:
    flow = await sign_in(hass, tv, until, await begin(hass), "sign_in")
    assert flow["step_id"] == "no_servers"
    tv.add(plex)
    await add(hass, await sign_in(hass, tv, until, flow), plex)


async def test_addresses_are_tried_and_strangers_learn_nothing(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until, make_plex: MakePlex
) -> None:
    stranger = await make_plex(name="Stranger", machine_identifier="c" * 40)
    tv.add(plex, connections=[Connection.dead(), Connection.to(stranger), Connection.to(plex)])
    flow = await sign_in(hass, tv, until, await begin(hass), "sign_in")
    flow = await step(hass, flow, {"server": plex.machine_identifier})
    seen = labels(flow, "address")
    assert seen["http://127.0.0.1:1"] == "http://127.0.0.1:1 · local · no answer"
    assert seen[stranger.url] == f"{stranger.url} · local · another server answers"
    assert seen[plex.url] == f"{plex.url} · local · answers"
    assert flow["data_schema"]({}) == {"address": plex.url}

    # Overruled: it is remembered as the first choice, and while nobody is there the others stand in.
    flow = await step(hass, flow, {"address": "http://127.0.0.1:1"})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    entry = flow["result"]
    assert [(row["url"], row["manual"]) for row in entry.data["addresses"]] == [
        ("http://127.0.0.1:1", True),
        (stranger.url, False),
        (plex.url, False),
    ]
    assert entry.data["url"] == plex.url
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert {seen.token for seen in stranger.state.log} == {""}


async def test_no_address_answers_yet(hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until) -> None:
    tv.add(plex)
    plex.quirks.starting = True
    flow = await sign_in(hass, tv, until, await begin(hass), "sign_in")
    flow = await step(hass, flow, {"server": plex.machine_identifier})
    assert flow["errors"] == {"base": "none_reachable"}
    assert labels(flow, "address") == {plex.url: f"{plex.url} · local · starting"}
    flow = await step(hass, flow, {"address": plex.url})
    assert flow["errors"] == {"base": "not_ready"}
    plex.quirks.starting = False
    flow = await step(hass, flow, {"address": plex.url})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["addresses"][0]["place"] == Place.LOCAL
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(flow["result"].entry_id)


@pytest.mark.usefixtures("current_request_with_host")
async def test_closed_while_the_page_is_open(hass: HomeAssistant, tv: PlexTv, until: Until) -> None:
    """The approval comes just as the dialogue is closed: nobody is woken, nothing is left over."""
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    handler: Any = hass.config_entries.flow._progress[flow["flow_id"]]
    approval = handler._approval
    tv.approve()
    await until(approval.done)
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.usefixtures("current_request_with_host")
async def test_trying_again_leaves_the_first_attempt_behind(
    hass: HomeAssistant, plex: Simulator, tv: PlexTv, until: Until
) -> None:
    tv.add(plex)
    flow = await step(hass, await begin(hass), {"next_step_id": "sign_in"})
    tv.deny()
    await until(lambda: showing(hass, flow) != "sign_in")
    flow = await step(hass, flow)
    flow = await step(hass, flow) if flow["type"] is FlowResultType.SHOW_PROGRESS_DONE else flow
    assert flow["step_id"] == "sign_in_denied"
    flow = await step(hass, flow, {"next_step_id": "sign_in"})
    assert flow["type"] is FlowResultType.EXTERNAL_STEP
    tv.approve()
    await until(lambda: showing(hass, flow) != "sign_in")
    flow = await step(hass, flow)
    flow = await step(hass, flow) if flow["type"] is FlowResultType.SHOW_PROGRESS_DONE else flow
    await add(hass, flow, plex)
