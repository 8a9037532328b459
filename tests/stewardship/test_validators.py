"""Values that Home Assistant's own validators let pass, and nothing here could hold."""

from datetime import timedelta
from typing import Any

import probatio
import pytest

from custom_components.plex_steward.validators import LARGEST, LONGEST, moment, period, text, whole


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text, "half a \ud83c"),
        (whole, "many"),
        (whole, None),
        (whole, float("inf")),
        (whole, -1),
        (whole, LARGEST + 1),
        (period, {"days": 10**20}),
        (period, timedelta(days=-1)),
        (period, LONGEST + timedelta(seconds=1)),
        (moment, "0001-01-01T00:00:00+14:00"),
    ],
)
def test_refused(read: Any, value: object) -> None:
    with pytest.raises(probatio.Invalid):
        read(value)


def test_taken() -> None:
    assert text("Füße 🎬") == "Füße 🎬"
    assert whole("7") == 7
    assert whole(LARGEST) == LARGEST
    assert period({"days": 366}) == LONGEST
    assert moment("2026-11-21T12:00:00+02:00").isoformat() == "2026-11-21T10:00:00+00:00"
