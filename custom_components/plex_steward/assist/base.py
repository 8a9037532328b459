"""What all intents share: who may be asked, how they act, how they answer.

An intent acts through the integration's own actions, in the name of whoever speaks, so that the same rules hold. What
Assist may know and do is decided where the user decides it for everything else: by the entities that are exposed. Each
intent has one entity that stands for it; without that entity the intent knows nothing.

Answers are facts, not sentences: the sentences for the local agent are in the user's language in `custom_sentences`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, cast, override

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.intent import Intent, IntentHandleError, IntentHandler, IntentResponse, IntentResponseType
from homeassistant.helpers.llm import ToolAnnotations
import probatio

from ..const import DOMAIN
from ..data import StewardConfigEntry

READS: Final = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)


def field(name: str, description: str) -> probatio.Optional:
    """Describe a slot; a model reads the description."""
    return probatio.Optional(name, description=description)


SERVER: Final = {field("server", "Name of the Plex server; leave out unless the user names one"): cv.string}


@callback
def offered(
    hass: HomeAssistant, assistant: str | None, entity: tuple[str, str]
) -> list[tuple[StewardConfigEntry, er.RegistryEntry]]:
    """Find the entities of a platform and key that this assistant may know, with their servers.

    Without an assistant (a call over the API) exposure does not matter.
    """
    platform, key = entity
    registry = er.async_get(hass)
    return [
        (cast("StewardConfigEntry", entry), row)
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        for row in er.async_entries_for_config_entry(registry, entry.entry_id)
        if (row.domain, row.translation_key) == (platform, key)
        and not row.disabled
        and (assistant is None or async_should_expose(hass, assistant, row.entity_id))
    ]


def fits(wanted: str, *names: str | None) -> bool:
    """Tell whether something said means one of the names: speech has no dots and capitals, and leaves words out."""
    said = _plain(wanted)
    return bool(said) and any(said in _plain(name) for name in names if name)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


class Asked:
    """One question or order: its slots, and where it may be answered."""

    def __init__(self, intent: Intent, said: Mapping[str, Any], entity: tuple[str, str]) -> None:
        """Look for what may be known."""
        self.hass = intent.hass
        self.said = said
        self._context = intent.context
        self.found = offered(intent.hass, intent.assistant, entity)
        if not self.found:
            raise IntentHandleError("Nothing of Plex is exposed for this", "plex_steward_not_exposed")

    @property
    def servers(self) -> list[StewardConfigEntry]:
        """The servers that are meant: all, or the one that was named."""
        entries = list({entry.entry_id: entry for entry, _ in self.found}.values())
        if (name := self.said.get("server")) is None:
            return entries
        return _insist(name, [entry for entry in entries if fits(name, entry.title)])

    @property
    def server(self) -> StewardConfigEntry:
        """The one server that is meant."""
        servers = self.servers
        if len(servers) > 1:
            names = ", ".join(entry.title for entry in servers)
            raise IntentHandleError(f"Which server is meant: {names}?", "plex_steward_which")
        return servers[0]

    async def act(self, action: str, *, domain: str = DOMAIN, response: bool = True, **data: Any) -> dict[str, Any]:
        """Call an action in the name of whoever speaks."""
        answer = await self.hass.services.async_call(
            domain, action, data, blocking=True, context=self._context, return_response=response
        )
        return cast("dict[str, Any]", answer or {})


def _insist[T](name: str, found: list[T]) -> list[T]:
    if not found:
        raise IntentHandleError(f"There is no {name}", "plex_steward_unknown")
    return found


def choose[T](asked: Iterable[tuple[str, T]], name: str | None) -> list[T]:
    """Return those whose names fit, or all when no name was said."""
    everything = list(asked)
    if name is None:
        return [one for _, one in everything]
    return _insist(name, [one for title, one in everything if fits(name, title)])


class StewardIntent(IntentHandler):
    """An intent that answers with facts."""

    tool: ClassVar[str]
    """Name of the tool for models."""
    title: ClassVar[str]
    """Name of the tool for people."""
    entity: ClassVar[tuple[str, str]]
    """Platform and key of the entity that stands for it."""
    annotations: ClassVar[ToolAnnotations]
    slots: ClassVar[Mapping[Any, Any]] = {}

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """Return what may be said."""
        return dict(self.slots)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Do it and return the facts."""
        raise NotImplementedError

    @override
    async def async_handle(self, intent_obj: Intent) -> IntentResponse:
        """Answer; what goes wrong is said, not thrown about."""
        said = {key: slot["value"] for key, slot in self.async_validate_slots(intent_obj.slots).items()}
        asked = Asked(intent_obj, said, self.entity)
        try:
            facts = await self.answer(asked)
        except IntentHandleError:
            raise
        except Unauthorized as error:
            raise IntentHandleError("Only administrators may do this", "plex_steward_administrators") from error
        except HomeAssistantError as error:
            raise IntentHandleError(str(error), "plex_steward_failed") from error
        response = intent_obj.create_response()
        if self.annotations.read_only:
            response.response_type = IntentResponseType.QUERY_ANSWER
        response.async_set_speech_slots(facts)
        return response
