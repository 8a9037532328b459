"""Pages of a listing that break, in every way they can."""

import pytest

from custom_components.plex_steward.plex import errors, pages
from custom_components.plex_steward.plex.items import Target
from custom_components.plex_steward.plex.pages import Broken, PageReader

TARGET = Target(1, "movie")
PATH = "/library/sections/1/all"


class Answers:
    """A client that answers from a function of (start, size), which may raise; it counts what it is asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def stream(self, path, *, params=None, page=None):
        self.asked.append(page)
        text = self.answer(*(page or (0, 0)))
        for piece in text if isinstance(text, list) else [text]:
            yield piece


def listing(start, size, *, total=120, title="Film"):
    films = "".join(
        f'<Video ratingKey="{key}" type="movie" title="{title} {key}" updatedAt="1"/>'
        for key in range(start + 1, min(start + size, total) + 1)
    )
    count = films.count("<Video")
    return f'<MediaContainer size="{count}" totalSize="{total}">{films}</MediaContainer>'.encode()


async def read(answer, *, size=20):
    client = Answers(answer)
    reader = PageReader(client, pause=0, rest=0)
    found = [page async for page in reader.pages(PATH, {}, TARGET, size=size)]
    return client, found


def keys(found):
    return [row[0] for page in found for row in page.rows.items]


async def one(document, **options):
    """Read one document; give it, and how often it was asked for."""
    client = Answers(lambda *_: document)
    rows = await PageReader(client, pause=0, rest=0).document(PATH, {}, TARGET, **options)
    return rows, len(client.asked)


@pytest.mark.parametrize(
    ("sent", "title"),
    [
        (b"Tom &#3; Jerry", "Tom \ufffd Jerry"),
        (b"Tom &#x1f; Jerry", "Tom \ufffd Jerry"),
        (b"Tom & Jerry", "Tom & Jerry"),
        (b"Tom &amp; Jerry & Co", "Tom & Jerry & Co"),
        (b"Tom &#x41;&#66; & &lt;", "Tom AB & <"),
        (b"Tom &#9999999; \x03", "Tom \ufffd \ufffd"),
        (b"Tom \xff\xfe Jerry", "Tom \ufffd\ufffd Jerry"),
    ],
)
async def test_text_that_xml_does_not_allow_is_repaired(sent, title):
    document = b'<MediaContainer size="1"><Video ratingKey="7" type="movie" title="' + sent + b'"/></MediaContainer>'
    rows, asked = await one(document)
    assert [row[5] for row in rows.items] == [title]
    assert asked == 2


@pytest.mark.parametrize("document", [b"", b"<html>", b"<html/>", b"<MediaContainer", b"\x00"])
async def test_what_is_no_listing_is_broken(document):
    with pytest.raises(Broken):
        await one(document)


async def test_a_parser_that_gave_up_needs_no_more():
    """Hundreds of pieces come after the one that broke it; nobody waits for them to be parsed."""
    with pytest.raises(Broken):
        await one([b"<MediaContainer></Nonsense>", *[b" "] * (3 * pages.BACKLOG)], tries=1)


async def test_a_fast_line_waits_for_a_slow_parser():
    whole = listing(0, 100)
    rows, asked = await one([whole[place : place + 10] for place in range(0, len(whole), 10)])
    assert (len(rows.items), asked) == (100, 1)


async def test_an_unreadable_place_costs_one_item():
    def answer(start, size):
        return listing(start, size) if not start <= 57 < start + size else b"<MediaContainer"

    _, found = await read(answer)
    assert keys(found) == [key for key in range(1, 121) if key != 58]
    assert found[-1].lost == 1


async def test_the_last_place_may_be_the_unreadable_one():
    def answer(start, size):
        return listing(start, size) if start + size <= 119 else b"<MediaContainer"

    _, found = await read(answer)
    assert (len(keys(found)), found[-1].lost, found[-1].position) == (119, 1, 120)


async def test_a_server_that_is_ill_is_not_asked_for_each_item():
    client = Answers(lambda start, size: listing(start, size, total=5000) if not start else b"<MediaContainer")
    reader = PageReader(client, pause=0, rest=0)
    found = []
    with pytest.raises(errors.InvalidAnswer):
        found.extend([page async for page in reader.pages(PATH, {}, TARGET, size=20)])
    assert len(client.asked) < 5000


async def test_a_first_page_that_cannot_be_read_at_all_is_no_empty_library():
    with pytest.raises(errors.InvalidAnswer):
        await read(lambda *_: b"<MediaContainer")


@pytest.mark.parametrize("error", [errors.Unreachable(reason="refused"), errors.NotFound(), errors.Forbidden()])
async def test_what_does_not_pass_is_raised(error):
    def answer(*_):
        raise error

    with pytest.raises(type(error)):
        await read(answer)


@pytest.mark.parametrize(
    "error", [errors.NotReady(), errors.Unreachable(reason="closed"), errors.RateLimited(), errors.ServerFault()]
)
async def test_what_passes_is_waited_for(error):
    times = iter([error, error, None])

    def answer(start, size):
        if (wrong := next(times, None)) is not None:
            raise wrong
        return listing(start, size)

    _, found = await read(answer, size=200)
    assert len(keys(found)) == 120
