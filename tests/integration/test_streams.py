"""Streams in Home Assistant: what is pushed shows, what ends leaves, and nobody is ended by mistake."""

import random
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators import sessions as sessions_module
from simulator import Fault, Simulator

from .conftest import MakeEntry, MakePlex, Named, Setup, Until


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and give its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def test_pushed_streams_show_by_decision(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """Each kind is counted where it belongs, with its bandwidth."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    assert state_of(entry, "_busy") == "off"
    plex.sessions.start("direct_play", user="anna", location="lan", bandwidth=8000)
    plex.sessions.start("direct_stream", user="ben", location="lan", bandwidth=4000)
    last = plex.sessions.start("transcode", user="cleo", location="wan", bandwidth=3000, hardware="nvenc")
    await until(lambda: state_of(entry, f"{plex.machine_identifier}_streams") == "3")
    assert state_of(entry, "_direct_play_streams") == "1"
    assert state_of(entry, "_direct_stream_streams") == "1"
    assert state_of(entry, "_transcode_streams") == "1"
    assert state_of(entry, "_hardware_transcodes") == "1"
    assert float(state_of(entry, "_bandwidth_lan")) == pytest.approx(12.0)
    assert float(state_of(entry, "_bandwidth_wan")) == pytest.approx(3.0)
    assert state_of(entry, "_busy") == "on"
    plex.sessions.stop(last)
    await until(lambda: state_of(entry, "_transcode_streams") == "0")
    plex.sessions.stop_all()
    await until(lambda: state_of(entry, "_busy") == "off")


async def test_events_tell_what_happens(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """The event entity fires with the facts that rules ask for; nothing large is recorded."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    entity = entity_of(entry, "_playback")

    def kind() -> Any:
        state = hass.states.get(entity)
        return state and state.attributes.get("event_type")

    stream = plex.sessions.start("direct_play", user="anna", player="Sofa")
    await until(lambda: kind() == "started")
    attributes = hass.states.get(entity).attributes  # type: ignore[union-attr]  # it was just read
    assert attributes["user"] == "anna"
    assert attributes["player"] == "Sofa"
    assert attributes["decision"] == "direct_play"
    assert attributes["streams_of_user"] == 1
    plex.sessions.pause(stream)
    await until(lambda: kind() == "paused")
    plex.sessions.resume(stream)
    await until(lambda: kind() == "resumed")
    plex.sessions.stop(stream)
    await until(lambda: kind() == "stopped")


async def test_who_was_on_before_us_has_not_started_now(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """A restart of Home Assistant starts no automation."""
    plex.sessions.start("direct_play", user="anna")
    fired = async_capture_events(hass, "state_changed")
    await setup(entry)
    await until(lambda: state_of(entry, f"{plex.machine_identifier}_streams") == "1")
    assert not [one for one in fired if (one.data["new_state"] and one.data["new_state"].attributes.get("event_type"))]


async def test_get_sessions_reads_the_list_anew(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """The response has every detail, source and delivered."""
    await setup(entry)
    plex.sessions.start("transcode", user="anna", player="Sofa", hardware="nvenc", quiet=True)
    answer = await act(hass, "get_sessions", config_entry_id=entry.entry_id)
    (stream,) = answer["sessions"]
    assert stream["user"] == "anna"
    assert stream["player"] == "Sofa"
    assert stream["decision"] == "transcode"
    assert stream["hardware"] is True
    assert stream["source"]["video"]["resolution"]
    assert stream["streams_of_user"] == 1


@pytest.mark.parametrize(
    ("choice", "ended"),
    [
        ({"user": "anna"}, {"anna"}),
        ({"player": "sofa"}, {"anna"}),
        ({"decision": "transcode"}, {"ben"}),
        ({"all": True}, {"anna", "ben"}),
        ({"user": "anna", "decision": "transcode"}, set()),
        ({"paused_longer_than": {"minutes": 5}}, set()),
    ],
)
async def test_terminate_ends_what_fits_and_tells_the_viewer(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, choice: dict[str, Any], ended: set[str]
) -> None:
    """The reason reaches the player; everyone else goes on."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna", player="Sofa")
    plex.sessions.start("transcode", user="ben", player="Phone")
    answer = await act(hass, "terminate_session", reason="Good night", **choice)
    assert {one["user"] for one in answer["streams"] if one["outcome"] == "ended"} == ended
    assert {message.reason for message in plex.sessions.messages} == ({"Good night"} if ended else set())


async def test_terminate_without_a_choice_is_refused(hass: HomeAssistant, entry: MockConfigEntry, setup: Setup) -> None:
    """Nothing chosen is not everything."""
    await setup(entry)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "terminate_session", reason="x")
    assert error.value.translation_key == "nothing_chosen"


async def test_only_admins_end_streams(
    hass: HomeAssistant, entry: MockConfigEntry, setup: Setup, hass_read_only_user: MockUser
) -> None:
    """Somebody who may only look may not end."""
    await setup(entry)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "terminate_session", {"all": True}, blocking=True, context=Context(user_id=hass_read_only_user.id)
        )


async def test_a_server_shared_with_us_has_no_streams(
    hass: HomeAssistant, make_plex: MakePlex, make_entry: MakeEntry, setup: Setup
) -> None:
    """It works without them, and the action says why."""
    plex = await make_plex(shared_token="guest-token")
    entry = await setup(make_entry(plex, token="guest-token", owned=False))
    assert entry.runtime_data.sessions is None
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "get_sessions", config_entry_id=entry.entry_id)
    assert error.value.translation_key == "not_owner"


async def test_an_unreachable_server_is_an_error_not_an_empty_list(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup
) -> None:
    """A list that cannot be read is not read as empty."""
    await setup(entry)
    await plex.stop()
    with pytest.raises(HomeAssistantError):
        await act(hass, "get_sessions")


async def test_the_button_ends_all(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """One press."""
    await setup(entry)
    plex.sessions.start("direct_play", user="anna")
    plex.sessions.start("transcode", user="ben")
    button = entity_of(entry, "_stop_all_streams")
    await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    await until(lambda: len(plex.sessions.messages) == 2)


async def test_a_dropped_line_ends_in_the_truth(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, state_of: Named
) -> None:
    """However often the websocket drops while streams come and go, the end state is the server's."""
    await setup(entry)
    events = entry.runtime_data.events
    await until(lambda: events.connected)
    dice = random.Random(5)
    for _ in range(100):
        playing = list(plex.sessions.current)
        if playing and dice.random() < 0.5:
            plex.sessions.stop(dice.choice(playing))
        else:
            plex.sessions.start(dice.choice(["direct_play", "transcode", "direct_stream"]), user=dice.choice("abc"))
        plex.state.bus.drop()
        if dice.random() < 0.5:
            events.async_server_seen()
    events.async_server_seen()
    truth = str(len(plex.sessions.current))
    await until(lambda: (events.async_server_seen(), state_of(entry, f"{plex.machine_identifier}_streams") == truth)[1])


async def test_what_happened_while_the_server_was_away_is_told_when_it_is_back(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, until: Until, entity_of: Named
) -> None:
    """Triggers do not hear an event that ends unavailability, so the entity is available first."""
    await setup(entry)
    await until(lambda: entry.runtime_data.events.connected)
    playback = entity_of(entry, "_playback")
    streams = entry.runtime_data.sessions
    plex.state.faults.append(Fault("/status/sessions", "status", status=503, times=None))
    await streams.async_refresh()
    await until(lambda: (state := hass.states.get(playback)) and state.state == "unavailable")
    changes = async_capture_events(hass, "state_changed")
    for user in ("anna", "ben"):
        plex.sessions.start("direct_play", user=user, quiet=True)
    plex.state.faults.clear()
    await streams.async_refresh()

    def heard() -> list[str]:
        return [
            change.data["new_state"].attributes["user"]
            for change in changes
            if change.data["entity_id"] == playback
            and change.data["new_state"].attributes.get("event_type") == "started"
            and change.data["old_state"].state != "unavailable"
        ]

    await until(lambda: len(heard()) == 2)
    assert sorted(heard()) == ["anna", "ben"]


async def test_streams_show_even_when_their_files_are_not_told(
    hass: HomeAssistant, plex: Simulator, entry: MockConfigEntry, setup: Setup, state_of: Named
) -> None:
    """What a converted file was before is a detail; it is asked for again at the next look."""
    await setup(entry)
    fault = Fault("/library/metadata/*", "status", times=None)
    plex.state.faults.append(fault)
    plex.sessions.start("transcode", user="cleo")
    await entry.runtime_data.sessions.async_refresh()
    assert state_of(entry, "_transcode_streams") == "1"
    (stream,) = (await act(hass, "get_sessions"))["sessions"]
    before = stream["source"]
    plex.state.faults.remove(fault)
    await entry.runtime_data.sessions.async_refresh()
    (stream,) = (await act(hass, "get_sessions"))["sessions"]
    assert before != stream["source"]
    assert stream["source"]["video"]["resolution"]


async def test_more_streams_than_are_read_at_once(
    hass: HomeAssistant,
    plex: Simulator,
    entry: MockConfigEntry,
    setup: Setup,
    state_of: Named,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crowd is read beside the loop, and what is remembered of files has an end."""
    monkeypatch.setattr(sessions_module, "MANY", 3)
    monkeypatch.setattr(sessions_module, "REMEMBERED", 2)
    for number in range(5):
        plex.sessions.start("transcode", user=f"user {number}")
    await setup(entry)
    assert state_of(entry, f"{plex.machine_identifier}_streams") == "5"
    assert {one["user"] for one in (await act(hass, "get_sessions"))["sessions"]} == {f"user {n}" for n in range(5)}
    assert len(entry.runtime_data.sessions._sources) <= 2
