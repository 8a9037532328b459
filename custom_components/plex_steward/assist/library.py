"""Questions about the library."""

from datetime import timedelta
from typing import Any, Final, override

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio

from ..plex.quality import RESOLUTIONS, DynamicRange
from ..plex.sound import RANKED
from .base import READS, SERVER, Asked, StewardIntent, field

NAMED: Final = 10
"""Titles of an answer; it counts all."""
KINDS: Final = ("movie", "show", "episode", "artist", "album", "track")


QUESTION: Final = {
    field("text", "Part of a title, or of the name of a show or artist"): cv.string,
    field("kind", f"One of {', '.join(KINDS)}"): probatio.In(KINDS),
    field("genre", "Such as comedy"): cv.string,
    field("resolution", f"One of {', '.join(RESOLUTIONS)}"): probatio.In(RESOLUTIONS),
    field("dynamic_range", f"One of {', '.join(DynamicRange)}"): probatio.In([one.value for one in DynamicRange]),
    field("audio_profile", f"One of {', '.join(RANKED)}"): probatio.In(tuple(RANKED)),
    field("year_from", "First year"): probatio.Coerce(int),
    field("year_to", "Last year"): probatio.Coerce(int),
    field("added_days", "Only what was added in the last so many days"): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=3650)
    ),
    field("never_played", "True for what the owner has never watched"): cv.boolean,
    **SERVER,
}


class FindMedia(StewardIntent):
    """How many, which, and whether there is one."""

    intent_type = "PlexStewardFindMedia"
    tool = "find_media"
    title = "Ask the Plex library"
    description = (
        "Answers questions about the Plex library: whether it has a title, how many films or episodes fit, and which. "
        "Everything given must fit. Without a kind, films and shows are meant"
    )
    entity = ("sensor", "items")
    annotations = READS
    slots = QUESTION

    @override
    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Ask the inventory of every server that is meant; the newest come first."""
        said = {key: value for key, value in asked.said.items() if key in _SAME}
        if (days := asked.said.get("added_days")) is not None:
            said["added_after"] = (dt_util.now() - timedelta(days=days)).isoformat()
        said["kind"] = [asked.said["kind"]] if "kind" in asked.said else ["movie", "show"]
        total, items = 0, []
        for server in asked.servers:
            answer = await asked.act(
                "find_media",
                config_entry_id=server.entry_id,
                sort="added",
                descending=True,
                limit=NAMED,
                fields=["title", "show_title", "year", "season", "episode", "resolution", "added"],
                **said,
            )
            total += answer["total"]
            items += answer["items"]
        items.sort(key=lambda item: item["added"] or "", reverse=True)
        return {"total": total, "items": [_told(item) for item in items[:NAMED]]}


_SAME: Final = frozenset(
    {"text", "genre", "resolution", "dynamic_range", "audio_profile", "year_from", "year_to", "never_played"}
)


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known."""
    return {key: value for key, value in item.items() if value is not None}
