"""Schedule texts, Kometa's blocks, and when they are next due."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from custom_components.plex_steward.kometa import KometaError, read
from custom_components.plex_steward.schedule import Schedule, parse

from .target import SECRETS, Finding, Target, insist_on_secrecy, tell

ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu")
]
BEGIN = datetime(1995, 1, 1, tzinfo=UTC)
COUNT = 5


def check(text: str) -> None:
    """The first letter chooses zone and moment; the rest is a schedule, several (by line), and a Kometa block."""
    number, text = ord(text[:1] or "\0"), text[1:]
    zone, after = ZONES[number % len(ZONES)], BEGIN + timedelta(hours=7919 * number % 400_000, minutes=number % 60)
    parse(text, pipes=False)
    for entries in (text, text.split("\n")) if "\n" in text else (text,):
        _due(parse(entries), after, zone, time(number % 24, number % 60))
    try:
        block = read(text)
    except KometaError as error:
        insist_on_secrecy(tell(error))
        return
    insist_on_secrecy(repr(block.steps), SECRETS[:1])
    for steps in block.steps.values():
        if steps != "off":
            with suppress(KeyError):
                _due(parse([one.strip() for one in steps.split(";")]), after, zone, time(5))


def _due(found: Schedule, after: datetime, zone: ZoneInfo, at: time) -> None:
    """What is due next comes later, in order, and is a match."""
    moments = found.next_runs(COUNT, after, zone, at)
    before = after
    for moment in moments:
        if moment.astimezone(UTC) <= before.astimezone(UTC):
            raise Finding(f"not in order: {moments}")
        before = moment
    found.matches(after.astimezone(zone))
    if found.problems and not all(problem.code for problem in found.problems):
        raise Finding("a problem without a code")


def seeds() -> Iterable[str]:
    """Every word of the grammar, and blocks as people have them."""
    for text in (
        "daily, never, hourly(5), weekly(sunday|mon)",
        "all[weekly(fri), monthly(13)]",
        "monthly(last), yearly(02/29|12/24), date(12/31/2026)",
        "range(12/01-01/06|03/01-03/02), non_existing",
        "all[hourly(22-4), range(06/01-08/31)]\nmonthly(1-7)",
        "all[monthly(31), range(02/01-02/28)]",
        f"plex:\n  url: http://192.0.2.77:32400\n  token: {SECRETS[0]}\n  db_cache: 4\n  clean_bundles: weekly(sunday)",
        f"token: {SECRETS[0]}\nempty_trash: [daily, 'all[weekly(mon), hourly(3)]']\noptimize: no\nverify_ssl: false",
        "libraries:\n  Films:\n    plex:\n      token: s3cret-token\nplex: &a\n  optimize: true\n  <<: *a",
        "plex: {timeout: 0x10, db_cache: 1_000, optimize: 2024-01-01}",
        'plex: {timeout: "60", empty_trash: "yes"}',
    ):
        for number in (0, 65, 100):
            yield chr(number) + text


WORDS = (
    "daily never hourly( weekly( monthly( yearly( date( range( non_existing all[ ] ) | - / , last sunday 02/29 "
    "12/31/9998 plex: token: timeout: db_cache: clean_bundles: empty_trash: optimize: verify_ssl: libraries: "
    "!!binary !!python/object <<: & * ? [ { } --- ..."
)
TARGET = Target("schedules", check, seeds, words=(*WORDS.split(), "\n", "\n  ", ": "), longest=1500)
