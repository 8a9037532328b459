"""Nothing that opens a server is shown or told anywhere, and no person is named where only machines look."""

from collections.abc import AsyncIterator
import json
import logging
from pathlib import Path
import traceback
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, MATCH_ALL
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.plex import connection
from simulator import Simulator

from .conftest import MakeEntry, MakePlex, Setup, Until
from .library_house import hurry  # noqa: F401 - a fixture
from .life import PERSON, READS, SECRET, bad_days, born, good_days
from .mirror_house import act, device_of

LOUD = ("custom_components", "homeassistant", "aiohttp", "asyncio", "urllib3", "plexapi", "requests")


class Life:
    """A server, its entry, and all that was said while it was looked after."""

    def __init__(self, plex: Simulator, entry: MockConfigEntry) -> None:
        self.plex = plex
        self.entry = entry
        self.events: list[Event[Any]] = []
        self.raised: list[BaseException] = []

    @property
    def places(self) -> tuple[str, ...]:
        """Where the server is."""
        return (self.plex.url, self.plex.url.partition("//")[2], "127.0.0.1")


@pytest.fixture
async def life(
    hass: HomeAssistant,
    make_plex: MakePlex,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    hurry: None,  # noqa: F811 - the fixture
) -> AsyncIterator[Life]:
    """Every logger writes all it has; good days, then a look at them by the test, are followed by bad days."""
    caplog.set_level(logging.DEBUG)
    for name in LOUD:
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setattr(connection, "SEARCH_PAUSE", 0)
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)  # the simulator's diary of who called
    hass.config.config_dir = str(tmp_path / "config")
    (tmp_path / "config" / ".storage").mkdir(parents=True)
    for component in ("homeassistant", "config", "diagnostics", "intent", "llm", "repairs", "system_health"):
        assert await async_setup_component(hass, component, {})
    plex, entry = await born(make_plex, make_entry, tmp_path)
    life = Life(plex, entry)

    @callback
    def note(event: Event[Any]) -> None:
        life.events.append(event)

    stop = hass.bus.async_listen(MATCH_ALL, note)
    await good_days(hass, plex, entry, setup, until)
    yield life
    stop()


def clean(text: str, *words: str) -> None:
    """Insist that none of the words is there; say where it is."""
    for word in words:
        place = text.find(word)
        assert place < 0, f"…{text[max(0, place - 200) : place + 100]}…"


async def test_logs_and_errors(
    hass: HomeAssistant, life: Life, until: Until, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """At debug level, our own and those of the libraries we use; good days and bad."""
    raised = await bad_days(hass, life.plex, life.entry, until, tmp_path)
    formatter = logging.Formatter("%(name)s %(message)s")
    everything = "\n".join(formatter.format(record) for record in caplog.records)
    assert "custom_components.plex_steward" in everything
    clean(everything, SECRET)
    ours = [formatter.format(record) for record in caplog.records if record.name.startswith("custom_components")]
    clean("\n".join(ours), PERSON, *life.places)
    for error in raised:
        text = "".join(traceback.format_exception(error))
        clean(text, SECRET, *life.places)
        clean(str(error), PERSON)


async def test_states_events_and_registries(hass: HomeAssistant, life: Life, until: Until, tmp_path: Path) -> None:
    """What every other integration and every user of Home Assistant can see."""
    await bad_days(hass, life.plex, life.entry, until, tmp_path)
    registry = er.async_get(hass)
    rows = er.async_entries_for_config_entry(registry, life.entry.entry_id)
    assert any(row.entity_id.endswith("_playback") for row in rows)
    shown = [repr(state.as_dict()) for state in hass.states.async_all()]
    assert PERSON in str(shown)  # the last event names who watched: it is looked at
    shown += [repr(event.as_dict()) for event in life.events]
    shown += [repr(row.as_partial_dict) for row in rows]
    shown += [repr(row.extended_dict) for row in rows]
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), life.entry.entry_id)
    shown += [repr(device.dict_repr) for device in devices]
    clean("\n".join(shown), SECRET)
    states = [repr(state.as_dict()) for state in hass.states.async_all()]
    clean("\n".join(states), *life.places)


async def test_repairs_and_dialogues(
    hass: HomeAssistant, life: Life, until: Until, hass_client: ClientSessionGenerator, tmp_path: Path
) -> None:
    """Texts of repairs, and every form a browser is shown."""
    await bad_days(hass, life.plex, life.entry, until, tmp_path)
    issues = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    assert len(issues) >= 3
    clean("\n".join(repr(issue) for issue in issues), SECRET, *life.places)
    browser = await hass_client()
    base = "/api/config/config_entries"
    entry_id = life.entry.entry_id
    begun: list[tuple[str, Any]] = [
        (f"{base}/flow", {"handler": DOMAIN}),
        (f"{base}/flow", {"handler": DOMAIN, "entry_id": entry_id}),
        (f"{base}/options/flow", {"handler": entry_id}),
        (f"{base}/subentries/flow", {"handler": [entry_id, "mirror"]}),
        (f"{base}/subentries/flow", {"handler": [entry_id, "preroll_set"]}),
    ]
    shown: list[str] = []
    for path, handler in begun:
        answer = await browser.post(path, json=handler)
        form = await answer.json()
        shown.append(await answer.text())
        for choice in form.get("menu_options") or ():
            if choice == "sign_in":
                continue  # plex.tv is nowhere
            again = await (await browser.post(path, json=handler)).json()
            answer = await browser.post(f"{path}/{again['flow_id']}", json={"next_step_id": choice})
            shown.append(await answer.text())
    shown += [repr(flow) for flow in hass.config_entries.flow.async_progress()]
    assert any("token" in text for text in shown)
    clean("\n".join(shown), SECRET)


async def test_answers_of_actions_subscriptions_and_tools(
    hass: HomeAssistant, life: Life, hass_ws_client: WebSocketGenerator
) -> None:
    """Whoever asks is told names, never tokens, addresses or machines' identifiers."""
    life.plex.sessions.start("direct_play", user=f"anna {PERSON}", player=f"Sofa of {PERSON}")
    told = [json.dumps(await act(hass, action), default=str) for action in READS]
    told += [json.dumps(await act(hass, "plan_mirror", mirror=device_of(hass, life.entry)), default=str)]
    told += [json.dumps(await act(hass, "set_preroll", paths=[]), default=str)]
    assert PERSON in told[READS.index("get_sessions")]
    client = await hass_ws_client(hass)
    for command in ("library", "mirrors", "overview", "streams"):
        await client.send_json_auto_id({"type": f"plex_steward/{command}"})
        told.append(json.dumps(await client.receive_json()))
        if command != "overview":
            told.append(json.dumps(await client.receive_json()))
    for command in ("config_entries/get", "config/entity_registry/list", "repairs/list_issues"):
        await client.send_json_auto_id({"type": command})
        while (answer := await client.receive_json())["type"] != "result":
            pass
        told.append(json.dumps(answer))
    told.append(str(await _tools(hass, life)))
    clean("\n".join(told), SECRET, *life.places)


async def _tools(hass: HomeAssistant, life: Life) -> list[Any]:
    """What a language model may learn."""
    for row in er.async_entries_for_config_entry(er.async_get(hass), life.entry.entry_id):
        async_expose_entity(hass, "conversation", row.entity_id, True)
    context = LLMContext("test", Context(), "en", "conversation", None)
    found = await async_get_tools(hass, context, LLM_API_ASSIST)
    tools = [tool for tool in found.tools if tool.integration == DOMAIN and tool.annotations.read_only]
    assert len(tools) >= 3
    return [await tool.async_call(hass, ToolInput(tool.name, {}), context) for tool in tools]


async def test_diagnostics_and_system_health(
    hass: HomeAssistant, life: Life, until: Until, hass_client: ClientSessionGenerator, tmp_path: Path
) -> None:
    """What people paste into bug reports: no secret, no name, no address, no path."""
    told = [json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, life.entry))]
    await bad_days(hass, life.plex, life.entry, until, tmp_path)
    told += [json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, life.entry))]
    information = await get_system_health_info(hass, DOMAIN)
    plex_tv = information.pop("plex_tv")
    told += [str(information), str(await plex_tv)]
    identifiers = (life.plex.machine_identifier, str(tmp_path))
    clean("\n".join(told), SECRET, PERSON, *life.places, *identifiers)


async def test_what_is_kept(hass: HomeAssistant, life: Life, hass_storage: dict[str, Any], tmp_path: Path) -> None:
    """Tokens are in the config entry, where Home Assistant keeps its own; in no other file of ours."""
    assert SECRET in str(life.entry.data)
    clean(str((life.entry.options, life.entry.title, life.entry.unique_id, life.entry.version)), SECRET)
    clean(str([dict(one.data) for one in life.entry.subentries.values()]), SECRET)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    kept = {key: str(value) for key, value in hass_storage.items()}
    assert any(key.startswith(DOMAIN) for key in kept)
    for key, value in kept.items():
        if key != "core.config_entries":
            clean(f"{key}: {value}", SECRET)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
