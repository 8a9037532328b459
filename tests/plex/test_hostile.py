"""A server that means harm: answers made to fill the memory, and names made to lead our requests elsewhere."""

import asyncio
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET
from xml.parsers import expat

from aiohttp import web
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.plex_steward import kometa
from custom_components.plex_steward.plex import errors, wire
from custom_components.plex_steward.plex.control import Control
from custom_components.plex_steward.plex.items import ItemParser, Target
from custom_components.plex_steward.plex.transport import Access

from .stand_in import CLIENT_ID, MACHINE, TOKEN, StandIn, serving


def bomb(levels: int = 12, width: int = 12) -> str:
    """A document of a few hundred bytes that stands for some 10^13."""
    names = "".join(
        f'<!ENTITY l{level} "{f"&l{level - 1};" * width}">' if level else '<!ENTITY l0 "lol">'
        for level in range(levels)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [{names}]><MediaContainer><Video title="&l{levels - 1};"/></MediaContainer>'
    )


OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><MediaContainer><Video>&f;</Video></MediaContainer>'


def test_an_entity_that_grows_is_refused():
    with pytest.raises(expat.ExpatError):
        ItemParser(Target(library=1)).feed(bomb())
    with pytest.raises(ET.ParseError):
        ET.fromstring(bomb())


def test_a_file_of_ours_is_not_read_for_it():
    parser = ItemParser(Target(library=1))
    parser.feed(OUTSIDE)
    assert "root:" not in str(parser.close())


@pytest.mark.parametrize("document", [bomb(), OUTSIDE], ids=["grows", "outside"])
async def test_plexapi_is_not_led_astray_either(document):
    async with serving(StandIn()) as plex:
        plex.replies = dict.fromkeys(
            ("/", "/library", "/:/prefs", "/library/recentlyAdded"),
            web.Response(text=document, content_type="application/xml"),
        )
        access = Access(token=TOKEN, client_id=CLIENT_ID, machine_identifier=MACHINE, timeout=30)
        control = Control(lambda: (plex.url, access))
        try:
            answer: object = await asyncio.to_thread(control.recently_added)
        except errors.PlexError as error:
            answer = error
        finally:
            await asyncio.to_thread(control.close)
        assert "root:" not in repr(answer)
        assert len(repr(answer)) < 1000


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(base=st.sampled_from(["http://127.0.0.1:32400", "https://plex.example.org", "http://[::1]:32400"]), rest=NAMES)
def test_no_name_leads_to_another_host(base, rest):
    """Whatever a server calls its libraries, items and activities: it is asked, and nobody else."""
    for path in (f"/library/sections/{rest}/all", f"/activities/{rest}", f"/{rest}"):
        target, _ = wire.locate(base, path)
        assert target.origin() == URL(base)
        assert "\r" not in str(target)
        assert "\n" not in str(target)


@given(value=NAMES, key=st.sampled_from(["url", "reason", "path"]))
def test_an_argument_stays_one_argument(value, key):
    """Nothing in a reason or a path can add an argument of its own."""
    target, _ = wire.locate("http://127.0.0.1:32400", "/x", {key: value, "last": 1})
    assert parse_qsl(target.raw_query_string, keep_blank_values=True) == [(key, value), ("last", "1")]


@pytest.mark.parametrize(
    "text",
    [
        "plex: !!python/object/apply:os.system ['true']",
        "a: &a [x, x]\nb: &b [*a, *a]\nplex:\n  empty_trash: [*b, *b]",
        "plex:\n  timeout: 99999999999999999999999x",
        "plex: &a\n  empty_trash: *a",
        "? {a: 1}\n: 2",
        "\0",
        "plex: [" * 500,
        "[" * 20_000,
    ],
)
def test_a_pasted_block_that_means_harm_is_refused_in_words(text):
    """No object is made, nothing grows, and the text itself is not repeated."""
    with pytest.raises(kometa.KometaError) as raised:
        kometa.read(text)
    assert len(raised.value.item) < 40
