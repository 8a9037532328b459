"""Address and token by hand: each error has its own message, and each is followed by success."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.flow.base import error_key
from custom_components.plex_steward.plex import account
from custom_components.plex_steward.plex.errors import CertificateInvalid
from custom_components.plex_steward.plex.transport import identify
from simulator import Fault, Simulator
from tests.integration import flows
from tests.integration.conftest import NOWHERE, MakeEntry, MakePlex, Setup
from tests.integration.flows import Flow, step


async def begin(hass: HomeAssistant) -> Flow:
    flow = await flows.begin(hass)
    assert flow["type"] is FlowResultType.MENU
    assert flow["step_id"] == "user"
    assert flow["menu_options"] == ["sign_in", "manual"]
    flow = await step(hass, flow, {"next_step_id": "manual"})
    assert flow["type"] is FlowResultType.FORM
    assert flow["step_id"] == "manual"
    return flow


def given(plex: Simulator, **other: Any) -> dict[str, Any]:
    return {"url": plex.url, "token": plex.token, "verify_ssl": True, **other}


async def end(hass: HomeAssistant, flow: Flow, plex: Simulator, **other: Any) -> MockConfigEntry:
    """Give what is right; the entry is made, loads, and is unloaded again."""
    result = await step(hass, flow, given(plex, **other))
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    entry = result["result"]
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)
    return entry


async def test_a_server_by_hand(hass: HomeAssistant, plex: Simulator) -> None:
    entry = await end(hass, await begin(hass), plex)
    assert entry.title == "Simulated Plex"
    assert entry.unique_id == plex.machine_identifier
    assert entry.data["url"] == plex.url
    assert entry.data["token"] == plex.token
    assert entry.data["verify_ssl"] is True
    assert entry.data["owned"] is True
    assert entry.data["addresses"] == [{"url": plex.url, "place": "local", "ipv6": False, "manual": True}]
    assert len(entry.data["client_id"]) == 36


async def test_the_address_of_a_page_is_reduced(hass: HomeAssistant, plex: Simulator) -> None:
    entry = await end(hass, await begin(hass), plex, url=f"  {plex.url}/web/index.html#!/server ")
    assert entry.data["url"] == plex.url


@pytest.mark.parametrize("url", ["192.168.1.10:32400", "ftp://192.168.1.10", "http://", "http://a:b:c", "nonsense"])
async def test_no_address_at_all(hass: HomeAssistant, plex: Simulator, url: str) -> None:
    flow = await step(hass, await begin(hass), given(plex, url=url))
    assert flow["errors"] == {"url": "invalid_url"}
    await end(hass, flow, plex)


async def test_nobody_there(hass: HomeAssistant, plex: Simulator) -> None:
    flow = await step(hass, await begin(hass), given(plex, url=NOWHERE))
    assert flow["errors"] == {"base": "unreachable"}
    await end(hass, flow, plex)


async def test_token_refused(hass: HomeAssistant, plex: Simulator) -> None:
    flow = await step(hass, await begin(hass), given(plex, token="wrong"))
    assert flow["errors"] == {"base": "unauthorized"}
    await end(hass, flow, plex)


async def test_token_of_blanks(hass: HomeAssistant, plex: Simulator) -> None:
    flow = await step(hass, await begin(hass), given(plex, token="  "))
    assert flow["errors"] == {"token": "token_missing"}
    await end(hass, flow, plex)


async def test_still_starting(hass: HomeAssistant, plex: Simulator) -> None:
    plex.quirks.starting = True
    flow = await step(hass, await begin(hass), given(plex))
    assert flow["errors"] == {"base": "not_ready"}
    plex.quirks.starting = False
    await end(hass, flow, plex)


async def test_not_plex(hass: HomeAssistant, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/identity", "html"))
    flow = await step(hass, await begin(hass), given(plex))
    assert flow["errors"] == {"base": "not_plex"}
    await end(hass, flow, plex)


async def test_too_slow(hass: HomeAssistant, plex: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plex_identify_defaults(), "timeout", 0.2)
    plex.state.faults.append(Fault("/identity", "hang"))
    flow = await step(hass, await begin(hass), given(plex))
    assert flow["errors"] == {"base": "timed_out"}
    monkeypatch.undo()
    await end(hass, flow, plex)


def plex_identify_defaults() -> dict[str, Any]:
    assert identify.__kwdefaults__ is not None
    return identify.__kwdefaults__


@pytest.mark.usefixtures("broken_handshakes")
async def test_encrypted_server_spoken_to_plainly(hass: HomeAssistant, make_plex: MakePlex) -> None:
    plex = await make_plex(tls=True)
    flow = await step(hass, await begin(hass), given(plex, url=plex.url.replace("https", "http")))
    assert flow["errors"] == {"base": "wrong_scheme"}
    flow = await step(hass, flow, given(plex))
    assert flow["errors"] == {"base": "certificate_invalid"}
    entry = await end(hass, flow, plex, verify_ssl=False)
    assert entry.data["verify_ssl"] is False


async def test_plain_server_spoken_to_encrypted(hass: HomeAssistant, plex: Simulator) -> None:
    flow = await step(hass, await begin(hass), given(plex, url=plex.url.replace("http", "https")))
    assert flow["errors"] == {"base": "wrong_scheme"}
    await end(hass, flow, plex)


async def test_a_guest_may_have_a_server_too(hass: HomeAssistant, make_plex: MakePlex) -> None:
    plex = await make_plex(shared_token="guest")
    entry = await end(hass, await begin(hass), plex, token="guest")
    assert entry.data["owned"] is False


async def test_the_same_server_twice(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, make_plex: MakePlex
) -> None:
    flow = await step(hass, await begin(hass), given(plex))
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "already_configured"
    other = await make_plex(name="Other", machine_identifier="b" * 40)
    await end(hass, await begin(hass), other)


async def test_the_servers_own_token(hass: HomeAssistant, plex: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_server_token(self: account.PlexAccount, machine: str) -> bool:
        return machine == plex.machine_identifier

    with monkeypatch.context() as patch:
        patch.setattr(account.PlexAccount, "is_server_token", is_server_token)
        flow = await step(hass, await begin(hass), given(plex))
        assert flow["errors"] == {"token": "wrong_token_kind"}
    await end(hass, flow, plex)


async def test_changing_the_address_keeps_the_token(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    await setup(entry)
    flow = await entry.start_reconfigure_flow(hass)
    assert flow["type"] is FlowResultType.MENU
    flow = await step(hass, flow, {"next_step_id": "manual"})
    assert flow["type"] is FlowResultType.FORM
    assert plex.token not in repr(flow)
    flow = await step(hass, flow, {"url": NOWHERE, "verify_ssl": True})
    assert flow["errors"] == {"base": "unreachable"}
    flow = await step(hass, flow, {"url": plex.url, "verify_ssl": True})
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["token"] == plex.token
    assert entry.state is ConfigEntryState.LOADED


async def test_another_server_is_sent_no_token(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, make_plex: MakePlex
) -> None:
    stranger = await make_plex(machine_identifier="c" * 40)
    await setup(entry)
    for source in (entry.start_reconfigure_flow, entry.start_reauth_flow):
        flow = await step(hass, dict(await source(hass)), {"next_step_id": "manual"})
        flow = await step(hass, flow, {"url": stranger.url, "token": plex.token, "verify_ssl": True})
        assert flow["errors"] == {"base": "wrong_server"}
        flow = await step(hass, flow, {"url": plex.url, "token": plex.token, "verify_ssl": True})
        assert flow["type"] is FlowResultType.ABORT
        assert flow["reason"] in {"reconfigure_successful", "reauth_successful"}
        await hass.async_block_till_done()
    assert [seen.path for seen in stranger.state.log]
    assert {seen.token for seen in stranger.state.log} == {""}


async def test_a_refused_token_is_asked_for_anew(
    hass: HomeAssistant, plex: Simulator, make_entry: MakeEntry, setup: Setup
) -> None:
    entry = make_entry(plex, token="revoked")
    await setup(entry, state=ConfigEntryState.SETUP_ERROR)
    flow = dict(hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0])
    assert flow["step_id"] == "reauth_confirm"
    result = await step(hass, flow, {"next_step_id": "manual"})
    result = await step(hass, result, given(plex, token="still wrong"))
    assert result["errors"] == {"base": "unauthorized"}
    result = await step(hass, result, given(plex))
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["token"] == plex.token


async def test_a_port_that_hangs_up(hass: HomeAssistant, plex: Simulator) -> None:
    plex.state.faults.append(Fault("/identity", "cut"))
    plex.state.faults.append(Fault("/identity", "cut"))
    flow = await step(hass, await begin(hass), given(plex))
    assert flow["errors"] == {"base": "unreachable"}
    plex.state.faults.clear()
    await end(hass, flow, plex)


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("expired", "certificate_expired"),
        ("hostname", "certificate_hostname"),
        ("untrusted", "certificate_invalid"),
        ("self_signed", "certificate_invalid"),
    ],
)
def test_what_is_wrong_with_a_certificate(reason: str, key: str) -> None:
    assert error_key(CertificateInvalid(reason=reason)) == key
