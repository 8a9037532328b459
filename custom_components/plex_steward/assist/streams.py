"""Who is watching, ending it, and closing the server."""

from typing import Any, Final, override

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.intent import IntentHandleError
from homeassistant.helpers.llm import ToolAnnotations
from homeassistant.util import dt as dt_util
import probatio

from ..data import StewardConfigEntry
from .base import READS, SERVER, Asked, StewardIntent, field, fits

WHO: Final = {
    field("user", "Only streams of this viewer"): cv.string,
    field("player", "Only streams on this player, such as a television or a room"): cv.string,
    **SERVER,
}
MINUTES: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=7 * 24 * 60))


async def _streams(asked: Asked) -> list[tuple[StewardConfigEntry, dict[str, Any]]]:
    """Read the streams that are meant, each with its server."""
    user, player = asked.said.get("user"), asked.said.get("player")
    return [
        (entry, one)
        for entry in asked.servers
        for one in (await asked.act("get_sessions", config_entry_id=entry.entry_id))["sessions"]
        if (user is None or fits(user, one["user"])) and (player is None or fits(player, one["player"], one["product"]))
    ]


class NowPlaying(StewardIntent):
    """What is playing, for whom, where and how."""

    intent_type = "PlexStewardNowPlaying"
    tool = "now_playing"
    title = "Who is watching Plex"
    description = (
        "Tells what is being played from the Plex server now: how many streams, and for each its title, viewer, "
        "player, state, whether it is converted (decision), its resolution, and how many minutes are left"
    )
    entity = ("sensor", "streams")
    annotations = READS
    slots = WHO

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Read the streams."""
        streams = [_told(one) for _, one in await _streams(asked)]
        return {"count": len(streams), "streams": streams}


def _told(stream: dict[str, Any]) -> dict[str, Any]:
    """Say what people ask about; no addresses."""
    length, offset = stream["duration"], stream["offset"]
    video = stream["delivered"]["video"] or {}
    return {
        "title": stream["title"],
        "user": stream["user"],
        "player": stream["player"],
        "state": stream["state"],
        "decision": stream["decision"],
        "resolution": video.get("resolution"),
        "away": stream["local"] is False,
        "minutes_left": None if length is None or offset is None else max(0, round((length - offset) / 60)),
    }


END: Final = {
    **WHO,
    field("everything", "True to end every stream; needed when neither viewer nor player is given"): cv.boolean,
    field("reason", "What the viewer is shown"): cv.string,
}


class EndStreams(StewardIntent):
    """Ends the streams of a viewer or on a player, or all."""

    intent_type = "PlexStewardEndStreams"
    tool = "end_streams"
    title = "End Plex streams"
    description = (
        "Ends streams of the Plex server: of a viewer, on a player, or everything if the user clearly wants that. "
        "The reason is shown to the viewer. Ask before ending more than one stream"
    )
    entity = ("button", "stop_all_streams")
    annotations = ToolAnnotations(destructive=True, idempotent=True, open_world=False)
    slots = END

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """End what fits; each is looked at again right before."""
        if not ({"user", "player"} & asked.said.keys() or asked.said.get("everything")):
            raise IntentHandleError("Say whose streams to end", "plex_steward_whose")
        outcomes: list[dict[str, Any]] = []
        for entry, one in await _streams(asked):
            answer = await asked.act(
                "terminate_session",
                config_entry_id=entry.entry_id,
                session=one["session"],
                reason=asked.said.get("reason", ""),
            )
            outcomes += answer["streams"]
        left = [one for one in outcomes if one["outcome"] not in ("ended", "gone")]
        return {
            "count": len(outcomes) - len(left),
            "ended": [_named(one) for one in outcomes if one not in left],
            "not_ended": [{**_named(one), "why": one["refusal"] or one["outcome"]} for one in left],
        }


def _named(outcome: dict[str, Any]) -> dict[str, Any]:
    return {key: outcome[key] for key in ("title", "user", "player")}


CLOSE: Final[dict[Any, Any]] = {
    probatio.Required("mode", description="on or off"): probatio.In(["on", "off"]),
    field("minutes", "Ends by itself after so many minutes"): MINUTES,
    field("wait", "True to begin when the last viewer has gone, so that nobody is interrupted"): cv.boolean,
    field("message", "What viewers are shown whose streams are ended"): cv.string,
    **SERVER,
}


class SetMaintenance(StewardIntent):
    """Maintenance mode on and off."""

    intent_type = "PlexStewardSetMaintenance"
    tool = "set_maintenance"
    title = "Plex maintenance mode"
    description = (
        "Switches maintenance mode of the Plex server on or off. While it is on, streams are ended after a grace. "
        "It can begin when the last viewer has gone, and end by itself after some minutes"
    )
    entity = ("switch", "maintenance")
    annotations = ToolAnnotations(destructive=True, idempotent=True, open_world=False)
    slots = CLOSE

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Begin or end it."""
        server, said = asked.server, asked.said
        if said["mode"] == "off":
            answer = await asked.act("stop_maintenance", config_entry_id=server.entry_id)
        else:
            how = {name: said[name] for name in ("wait", "message") if name in said}
            if "minutes" in said:
                how["duration"] = {"minutes": said["minutes"]}
            answer = await asked.act("start_maintenance", config_entry_id=server.entry_id, **how)
        ends = None if answer["ends"] is None else dt_util.parse_datetime(answer["ends"])
        until = None if ends is None else dt_util.as_local(ends).strftime("%H:%M")
        return {"phase": answer["phase"], "ends": until, "server_name": server.title}
