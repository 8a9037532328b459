"""Odd rows of real servers."""

from datetime import UTC, datetime

import pytest

from custom_components.plex_steward.plex import answers
from custom_components.plex_steward.plex.models import Activity, Library, Setting


def test_a_library_with_everything_as_text():
    row = {
        "key": 1,
        "uuid": "u",
        "title": "Films",
        "type": "movie",
        "refreshing": "1",
        "contentChangedAt": "-1",
        "scannedAt": "1700000000",
        "updatedAt": 10**20,
        "Location": {"id": 1, "path": "M:\\Films"},
    }
    assert answers.libraries([row, {"key": "2"}, {"uuid": "v"}]) == (
        Library(
            uuid="u",
            key="1",
            title="Films",
            type="movie",
            refreshing=True,
            content_changed_at=-1,
            scanned_at=datetime.fromtimestamp(1700000000, UTC),
            locations=("M:\\Films",),
        ),
    )


@pytest.mark.parametrize(
    ("root", "reachable"),
    [
        ({}, None),
        ({"myPlexMappingState": "mapped"}, True),
        ({"myPlexMappingState": "mapped", "myPlexMappingError": "unreachable"}, False),
        ({"myPlexMappingState": "failed"}, False),
        ({"myPlexMappingState": "waiting"}, None),
        ({"myPlexMappingState": "unknown"}, None),
    ],
)
def test_remote_access(root, reachable):
    assert answers.server_info(root).remote_access is reachable


@pytest.mark.parametrize(
    ("root", "can"),
    [
        ({}, True),
        ({"myPlexSubscription": 0}, False),
        ({"myPlexSubscription": "1"}, True),
        ({"ownerFeatures": "pass, session_kick"}, True),
        ({"ownerFeatures": "pass", "myPlexSubscription": True}, False),
    ],
)
def test_who_can_stop_streams(root, can):
    assert answers.server_info(root).can_terminate is can


def test_activities():
    row = {
        "uuid": "a",
        "type": "library.update.section",
        "progress": -1,
        "cancellable": True,
        "Context": {"librarySectionID": 3},
    }
    assert answers.activity(row) == Activity("a", "library.update.section", "", cancellable=True, library_key="3")
    assert answers.activity({"progress": "140.5"}).progress == 100


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("bool", "true", True),
        ("bool", "0", False),
        ("int", "40", 40),
        ("int", "forty", "forty"),
        ("double", "1.5", 1.5),
        ("text", "  a,b ", "  a,b "),
        ("text", 7, "7"),
        ("text", None, ""),
        ("bool", None, ""),
    ],
)
def test_preferences_keep_what_does_not_fit(kind, raw, value):
    assert answers.setting({"id": "x", "type": kind, "value": raw, "default": raw}) == Setting("x", value, value, kind)


def test_choices_split_at_the_first_colon():
    row = {"id": "x", "type": "int", "value": 0, "default": 0, "enumValues": "0:0:00|1|2:two|"}
    assert answers.setting(row).choices == (("0", "0:00"), ("1", "1"), ("2", "two"))
