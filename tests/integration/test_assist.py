"""Assist: what may be known is told, what may be done is done, in every language, and nothing else."""

from pathlib import Path
import shutil
from types import MappingProxyType
from typing import Any, Protocol

from homeassistant.components.conversation import ConversationResult, async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import LLMTools, async_get_tools
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from simulator import Simulator

from .conftest import MakeEntry, Named, Setup, Until
from .mirror_house import FILMS, MIRROR_ID, inodes, make_library, mirror_of, subentry

ROOT = Path(__file__).parents[2]
ASSISTANT = "conversation"
STANDING = {
    "now_playing": "_streams",
    "end_streams": "_stop_all_streams",
    "set_maintenance": "_maintenance",
    "find_media": "_items",
    "mirror_status": f"{MIRROR_ID}_status",
    "run_mirror": f"{MIRROR_ID}_sync",
}
"""Tool -> end of the unique id of the entity that stands for it."""


class Say(Protocol):
    """Speaks to the local agent."""

    async def __call__(self, text: str, language: str = "en", context: Context | None = None) -> ConversationResult:
        """Say something; gives the answer."""


@pytest.fixture
async def house(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    until: Until,
    entity_of: Named,
    tmp_path: Path,
) -> MockConfigEntry:
    """A server with a mirror; Assist may know and do everything."""
    hass.config.config_dir = str(tmp_path / "config")
    shutil.copytree(ROOT / "custom_sentences", hass.config.path("custom_sentences"))
    for component in ("homeassistant", "intent", "conversation", "llm"):
        assert await async_setup_component(hass, component, {})
    entry = await setup(make_entry(plex, subentries=(subentry(*make_library(tmp_path)),)))
    await until(lambda: len(entry.runtime_data.libraries.data) == 3)
    await hass.async_block_till_done()
    for ending in standing(entry, plex):
        async_expose_entity(hass, ASSISTANT, entity_of(entry, ending), True)
    return entry


def standing(entry: MockConfigEntry, plex: Simulator) -> list[str]:
    """Ends of the unique ids of what stands for the intents."""
    films = next(one.uuid for one in entry.runtime_data.server.libraries if one.type == "movie")
    return [
        f"{plex.machine_identifier}_streams",
        f"{plex.machine_identifier}_stop_all_streams",
        f"{plex.machine_identifier}_maintenance",
        f"{films}_items",
        f"{MIRROR_ID}_status",
        f"{MIRROR_ID}_sync",
    ]


@pytest.fixture
def say(hass: HomeAssistant) -> Say:
    """Speak."""

    async def speak(text: str, language: str = "en", context: Context | None = None) -> ConversationResult:
        return await async_converse(hass, text, None, context or Context(), language=language)

    return speak


def answer(result: ConversationResult) -> str:
    """What is said."""
    speech: str = result.response.speech["plain"]["speech"]
    return speech


@pytest.mark.parametrize(
    ("language", "question", "nobody", "somebody"),
    [
        ("en", "who is watching plex", "Nobody is watching Plex.", "anna is watching {} on Sofa."),
        ("de", "wer schaut gerade plex", "Niemand schaut Plex.", "anna schaut {} auf Sofa."),
        ("nl", "wie kijkt er naar plex", "Niemand kijkt Plex.", "anna kijkt {} op Sofa."),
        ("fr", "qui regarde plex", "Personne ne regarde Plex.", "anna regarde {} sur Sofa."),
        ("es", "quién está viendo plex", "Nadie está viendo Plex.", "anna está viendo {} en Sofa."),
    ],
)
async def test_who_is_watching(
    plex: Simulator, house: MockConfigEntry, say: Say, language: str, question: str, nobody: str, somebody: str
) -> None:
    """In every language."""
    assert answer(await say(question, language)) == nobody
    viewing = plex.sessions.start("direct_play", item="movie", user="anna", player="Sofa")
    assert answer(await say(question, language)) == somebody.format(viewing.item.title)


@pytest.mark.parametrize(
    ("language", "question", "said"),
    [
        ("en", "how many viewers are on plex", "There are 2 streams."),
        ("de", "wie viele plex streams laufen", "Es laufen 2 Streams."),
        ("nl", "hoeveel kijkers kijken er naar plex", "Er zijn 2 streams."),
        ("fr", "combien de spectateurs sont sur plex", "Il y a 2 flux."),
        ("es", "cuántos espectadores hay en plex", "Hay 2 transmisiones."),
        ("en", "is cleo watching plex", "cleo is not watching Plex."),
    ],
)
async def test_how_many(
    plex: Simulator, house: MockConfigEntry, say: Say, language: str, question: str, said: str
) -> None:
    """Counted."""
    for user in ("anna", "ben"):
        plex.sessions.start("direct_play", user=user)
    assert answer(await say(question, language)) == said


@pytest.mark.parametrize(
    ("language", "order", "left", "reason"),
    [
        ("en", "stop the plex stream of anna", ["ben"], ""),
        ("en", "say dinner is ready and stop the plex stream in the kids room", ["anna"], "dinner is ready"),
        ("en", "end all plex streams", [], ""),
        ("de", "beende den Plex Stream von Anna", ["ben"], ""),
        ("de", "sage gute nacht und stoppe den plex stream von anna", ["ben"], "gute nacht"),
        ("nl", "stop alle plex streams", [], ""),
        ("nl", "stop de plex stream van anna", ["ben"], ""),
        ("fr", "arrête le flux plex d'anna", ["ben"], ""),
        ("fr", "dis bonne nuit et arrête le flux plex sur le sofa", ["ben"], "bonne nuit"),
        ("es", "detén la transmisión de plex de anna", ["ben"], ""),
        ("es", "di buenas noches y detén el stream de plex en el sofa", ["ben"], "buenas noches"),
    ],
)
async def test_streams_end(
    plex: Simulator, house: MockConfigEntry, say: Say, language: str, order: str, left: list[str], reason: str
) -> None:
    """The one that was meant, with the reason that was said."""
    plex.sessions.start("direct_play", user="anna", player="Sofa")
    plex.sessions.start("direct_play", user="ben", player="Kids' Room")
    result = await say(order, language)
    assert [viewing.user.name for viewing in plex.sessions.current.values()] == left, answer(result)
    assert {message.reason for message in plex.sessions.messages} == {reason}
    assert result.response.response_type is intent.IntentResponseType.ACTION_DONE


async def test_only_administrators_end_streams(
    plex: Simulator, house: MockConfigEntry, say: Say, hass_read_only_user: MockUser
) -> None:
    """Whoever speaks is who acts."""
    plex.sessions.start("direct_play", user="anna")
    result = await say("end all plex streams", context=Context(user_id=hass_read_only_user.id))
    assert answer(result) == "Only administrators may do that."
    assert len(plex.sessions.current) == 1


async def test_what_is_meant_must_be_said(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, say: Say
) -> None:
    """Nothing said is not everything; an unreachable server is no silence."""
    plex.sessions.start("direct_play", user="anna")
    with pytest.raises(intent.IntentHandleError):
        await intent.async_handle(hass, "test", "PlexStewardEndStreams", {})
    assert len(plex.sessions.current) == 1
    with pytest.raises(intent.IntentHandleError):
        await intent.async_handle(hass, "test", "PlexStewardNowPlaying", {"server": {"value": "another"}})
    with pytest.raises(intent.InvalidSlotInfo):
        await intent.async_handle(hass, "test", "PlexStewardSetMaintenance", {"mode": {"value": "perhaps"}})
    await plex.stop()
    assert answer(await say("who is watching plex")) == "The Plex server did not do that."


@pytest.mark.parametrize(
    ("language", "begin", "wait", "end"),
    [
        (
            "en",
            "start plex maintenance for 30 minutes",
            "close plex when nobody is watching any more",
            "turn off plex maintenance mode",
        ),
        (
            "de",
            "starte den Plex Wartungsmodus für 30 Minuten",
            "schließe Plex wenn niemand mehr zuschaut",
            "beende die Plex Wartung",
        ),
        ("nl", "start plex onderhoud voor 30 minuten", "sluit plex als niemand meer kijkt", "open de plex server weer"),
        (
            "fr",
            "active le mode maintenance de plex pendant 30 minutes",
            "ferme plex quand plus personne ne regarde",
            "rouvre le serveur plex",
        ),
        (
            "es",
            "pon plex en mantenimiento durante 30 minutos",
            "cierra plex cuando no quede nadie",
            "desactiva el modo mantenimiento de plex",
        ),
    ],
)
async def test_maintenance(
    plex: Simulator, house: MockConfigEntry, say: Say, language: str, begin: str, wait: str, end: str
) -> None:
    """On with an end, waiting, and off."""
    maintenance = house.runtime_data.maintenance
    first = answer(await say(begin, language))
    assert maintenance.data.phase == "on"
    assert maintenance.data.duration == 1800
    assert ":" in first  # the time
    await say(end, language)
    assert maintenance.data.phase == "off"
    plex.sessions.start("direct_play", user="anna")
    await house.runtime_data.sessions.async_refresh()
    await say(wait, language)
    assert maintenance.data.phase == "waiting"
    await say(end, language)


async def test_the_library_is_asked(hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, say: Say) -> None:
    """Whether there is one, how many, and what is new."""
    films = [item for item in plex.state.library.items.values() if item.type == "movie"]
    title = films[0].title
    assert answer(await say(f"do I have {title} in plex")).startswith(f"Yes: {title}")
    assert answer(await say("do I have Nothing Of The Kind in plex")) == "No, there is no Nothing Of The Kind."
    assert answer(await say("how many movies are there in plex")) == f"There are {len(films)}."
    assert answer(await say("wie viele Filme gibt es auf Plex", "de")) == f"Es sind {len(films)}."
    assert answer(await say("hoeveel films zijn er op plex", "nl")) == f"Het zijn er {len(films)}."
    assert answer(await say("combien de films y a-t-il sur plex", "fr")) == f"Il y en a {len(films)}."
    assert answer(await say("cuántas películas hay en plex", "es")) == f"Hay {len(films)}."
    in_4k = await intent.async_handle(
        hass, "test", "PlexStewardFindMedia", {"kind": {"value": "movie"}, "resolution": {"value": "4k"}}
    )
    assert answer(await say("how many 4k movies are there in plex")) == f"There are {in_4k.speech_slots['total']}."
    assert in_4k.speech_slots["items"]
    new = await intent.async_handle(hass, "test", "PlexStewardFindMedia", {"added_days": {"value": 7}})
    count = new.speech_slots["total"]
    said = answer(await say("what's new on plex"))
    assert said.startswith(f"{count} were added: " if count else "Nothing was added")


@pytest.mark.parametrize(
    ("language", "order", "question", "running", "before", "after"),
    [
        ("en", "sync the movies mirror", "how is the mirror", "Movies is running.", "has not run yet", "is in sync"),
        (
            "de",
            "synchronisiere den Spiegel Movies",
            "wie steht es um den Spiegel",
            "Movies läuft.",
            "ist noch nie gelaufen",
            "ist aktuell",
        ),
        (
            "nl",
            "synchroniseer de spiegel",
            "hoe staat het met de spiegel",
            "Movies loopt.",
            "heeft nog niet gelopen",
            "is actueel",
        ),
        (
            "fr",
            "synchronise le miroir movies",
            "comment va le miroir",
            "Movies est en cours.",
            "n'a encore jamais été lancé",
            "est à jour",
        ),
        (
            "es",
            "sincroniza el espejo movies",
            "cómo está el espejo",
            "Movies se está ejecutando.",
            "aún no se ha ejecutado",
            "está al día",
        ),
    ],
)
async def test_the_mirror(
    house: MockConfigEntry,
    say: Say,
    until: Until,
    tmp_path: Path,
    language: str,
    order: str,
    question: str,
    running: str,
    before: str,
    after: str,
) -> None:
    """Asked, run, asked again."""
    assert answer(await say(question, language)) == f"Movies {before}."
    assert answer(await say(order, language)) == running
    await until(lambda: mirror_of(house).data.status == "in_sync")
    assert len(inodes(tmp_path / "jellyfin")) == len(FILMS)
    assert answer(await say(question, language)) == f"Movies {after}."


async def test_compare_touches_nothing(house: MockConfigEntry, say: Say, until: Until, tmp_path: Path) -> None:
    """It counts only."""
    assert answer(await say("compare the mirror")) == "Movies is being compared."
    await until(lambda: mirror_of(house).data.status == "differs")
    assert inodes(tmp_path / "jellyfin") == set()
    assert answer(await say("sync the garden mirror")) == "I know none of that name."


async def test_one_of_two_mirrors_has_to_be_named(
    hass: HomeAssistant, house: MockConfigEntry, say: Say, until: Until, entity_of: Named, tmp_path: Path
) -> None:
    """Nothing begins before."""
    known = subentry(*make_library(tmp_path / "shows"))
    other = ConfigSubentry(
        data=MappingProxyType(known["data"]),
        subentry_id="OTHER",
        subentry_type="mirror",
        title="Garden",
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(house, other)
    await hass.async_block_till_done()
    assert set(house.runtime_data.mirrors) == {MIRROR_ID, "OTHER"}
    for mirror in (MIRROR_ID, "OTHER"):
        async_expose_entity(hass, ASSISTANT, entity_of(house, f"{mirror}_sync"), True)
    assert answer(await say("sync the mirror")) == "There are several; say which one."
    assert inodes(tmp_path / "jellyfin") == inodes(tmp_path / "shows" / "jellyfin") == set()
    assert answer(await say("sync the garden mirror")) == "Garden is running."
    await until(lambda: len(inodes(tmp_path / "shows" / "jellyfin")) == len(FILMS))


async def tools(hass: HomeAssistant, assistant: str = ASSISTANT, api: str = LLM_API_ASSIST) -> dict[str, Any]:
    """The tools of ours that a language model gets."""
    context = LLMContext("test", Context(), "en", assistant, None)
    found: LLMTools = await async_get_tools(hass, context, api)
    return {tool.name: tool for tool in found.tools if tool.integration == "plex_steward"}


async def test_tools_of_language_models(hass: HomeAssistant, house: MockConfigEntry) -> None:
    """All are there, named, described and honest about what they do."""
    found = await tools(hass)
    assert set(found) == {f"plex_steward__{name}" for name in STANDING}
    harmless = {name.removeprefix("plex_steward__") for name, tool in found.items() if tool.annotations.read_only}
    assert harmless == {"now_playing", "find_media", "mirror_status"}
    harmful = {name.removeprefix("plex_steward__") for name, tool in found.items() if tool.annotations.destructive}
    assert harmful == {"end_streams", "set_maintenance"}
    assert all(tool.title and tool.description for tool in found.values())
    assert not any(tool.annotations.open_world for tool in found.values())
    assert await tools(hass, api="another") == {}


async def test_a_tool_needs_its_entity_exposed(
    hass: HomeAssistant, plex: Simulator, house: MockConfigEntry, say: Say, entity_of: Named
) -> None:
    """What the user does not expose is neither offered nor answered."""
    for name, ending in zip(STANDING, standing(house, plex), strict=True):
        async_expose_entity(hass, ASSISTANT, entity_of(house, ending), False)
        assert f"plex_steward__{name}" not in await tools(hass)
    assert await tools(hass) == {}
    assert answer(await say("who is watching plex")) == "Nothing of Plex is exposed to me for that."


async def test_tools_give_facts(hass: HomeAssistant, plex: Simulator, house: MockConfigEntry) -> None:
    """A model gets the facts, without addresses; blank values it makes up are left out."""
    found = await tools(hass)
    context = LLMContext("test", Context(), "en", ASSISTANT, None)

    async def call(name: str, **given: Any) -> dict[str, Any]:
        result = await found[f"plex_steward__{name}"].async_call(hass, ToolInput(name, given), context)
        facts: dict[str, Any] = result.data["speech_slots"]
        return facts

    plex.sessions.start("transcode", item="movie", user="anna", player="Sofa")
    playing = await call("now_playing", user="", player="sofa")
    (stream,) = playing["streams"]
    assert (stream["user"], stream["player"], stream["decision"]) == ("anna", "Sofa", "transcode")
    assert "192.168" not in str(playing)
    ended = await call("end_streams", user="Anna", reason="Bedtime")
    assert (ended["count"], ended["not_ended"]) == (1, [])
    assert plex.sessions.messages[0].reason == "Bedtime"
    assert (await call("find_media", kind="movie", never_played=False))["total"]
    assert (await call("mirror_status"))["mirrors"][0]["status"] == "idle"
