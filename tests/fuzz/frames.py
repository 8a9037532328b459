"""Messages of the push channel, and what is made of them."""

from collections.abc import Iterable
import json
from typing import Any

from custom_components.plex_steward.plex import answers
from custom_components.plex_steward.plex.describe import change_facts, stream_facts
from custom_components.plex_steward.plex.notifications import parse
from custom_components.plex_steward.plex.roster import Roster
from custom_components.plex_steward.plex.sessions import streams_of

from .mutations import json_text
from .target import SECRETS, Target

TYPES = frozenset({"activity", "playing", "timeline", "status", "transcodeSession.start", "transcodeSession.update"})
STREAMS: list[dict[str, Any]] = [
    {
        "sessionKey": str(key),
        "ratingKey": str(key + 100),
        "type": "movie",
        "title": "Film",
        "duration": 6_000_000,
        "viewOffset": 1000,
        "librarySectionID": "1",
        "User": {"id": "1", "title": SECRETS[4]},
        "Player": {"state": "playing", "title": "Box", "address": SECRETS[2], "machineIdentifier": "box"},
        "Session": {"id": f"id{key}", "location": "lan"},
    }
    for key in (1, 2)
]


def check(text: str) -> None:
    """One message, heard twice by a server's list of two streams."""
    event = parse(text, TYPES)
    everything = parse(text)
    roster = Roster()
    roster.read(streams_of(STREAMS), 1000.0)
    if event is not None:
        for now in (1005.0, 1030.0, 2000.0):
            changes, _ = roster.report(event.rows, now)
            for change in [*changes, *roster.tick(now + 1)]:
                json.dumps(change_facts(change))
        for row in event.rows:
            answers.activity(row)
            if isinstance(inner := row.get("Activity"), dict):
                answers.activity(inner)
    for stream in roster.streams:
        json.dumps(stream_facts(stream))
    if everything is not None:
        hash(everything.type)


def seeds() -> Iterable[str]:
    """One message of each type, as the server sends them."""
    playing: dict[str, Any] = {
        "sessionKey": "1",
        "clientIdentifier": "box",
        "guid": "",
        "ratingKey": "101",
        "url": "",
        "key": "/library/metadata/101",
    }
    playing |= {"viewOffset": 5000, "playQueueItemID": 7, "state": "playing", "transcodeSession": "abc"}
    activity = {"uuid": "u-1", "type": "library.update.section", "cancellable": True, "userID": 1, "title": "Scanning"}
    activity |= {"subtitle": SECRETS[3], "progress": 40, "Context": {"librarySectionID": "1"}}
    for kind, key, row in (
        ("playing", "PlaySessionStateNotification", playing),
        ("playing", "PlaySessionStateNotification", {**playing, "state": "stopped"}),
        ("playing", "PlaySessionStateNotification", {**playing, "state": "buffering", "sessionKey": "2"}),
        ("activity", "ActivityNotification", {"event": "updated", "uuid": "u-1", "Activity": activity}),
        (
            "timeline",
            "TimelineEntry",
            {"identifier": "com.plexapp.plugins.library", "sectionID": "1", "itemID": "9", "type": 1, "state": 5},
        ),
        ("status", "StatusNotification", {"title": "Library scan complete", "notificationName": "LIBRARY_UPDATE"}),
        (
            "transcodeSession.update",
            "TranscodeSession",
            {"key": "abc", "progress": 1.5, "speed": 0.0, "throttled": False},
        ),
    ):
        yield json.dumps({"NotificationContainer": {"type": kind, "size": 1, key: [row]}})


WORDS = (
    '{"NotificationContainer":{"type":"',
    '"playing"',
    '"activity"',
    '"size":1',
    "[",
    "]",
    "{",
    "}",
    "[" * 50,
    "1e999",
    "NaN",
    "\\u0000",
)
TARGET = Target("frames", check, seeds, words=WORDS, mutate=json_text, longest=3000)
