"""Changes JSON and XML texts and keeps their form, so that what is behind the parser is reached."""

from collections.abc import Callable
import json
from random import Random
import re
from typing import Any

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        1.5,
        -0.0,
        2**31,
        2**53 + 1,
        2**63,
        2**64,
        10**30,
        10**400,
        -(10**400),
        1e308,
        float("inf"),
    ),
    *(
        "",
        " ",
        "0",
        "1",
        "-1",
        "true",
        "yes",
        "1e999",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1_000",
        "٣",
        "²",
        "1,5",
        "9" * 400,
    ),
    *(
        "a" * 3000,
        "\0",
        "\x1b[31m",
        "\ud800",
        "\u202e",
        "İ",
        "ß",
        "/",
        "../..",
        "//",
        "http://192.0.2.77:32400/",
        "::ffff:",
        "::",
    ),
    *(
        ":",
        "|",
        "a:b:c",
        ";",
        ",",
        "%s",
        "{}",
        "[1/2]",
        "movie",
        "episode",
        "playing",
        "stopped",
        "transcode",
        "copy",
        "2",
        "3",
    ),
    *([], {}, [[]], [None], [{}], {"": ""}, [1, "a", {}], {"id": {}}),
)
"""What servers do not send, or only on bad days."""
_VALUE = re.compile(r'="([^"<]*)"')
_ELEMENT = re.compile(r"<(?:/?[A-Za-z][^>]*)>")


def json_text(text: str, random: Random) -> str:
    """Change one to three places of a document; what is none is left."""
    try:
        document = json.loads(text)
    except ValueError, RecursionError:
        return text
    for _ in range(random.randint(1, 3)):
        document = _changed(document, random)
    return json.dumps(document)


def _changed(document: Any, random: Random) -> Any:  # noqa: PLR0911 - as many as there are ways
    """Change one place, found by walking down at random."""
    if isinstance(document, dict) and document and random.random() < 0.85:
        key = random.choice(list(document))
        match random.randrange(12):
            case 0:
                return {name: value for name, value in document.items() if name != key}
            case 1:
                return {**document, random.choice((*document, "size", "uuid", "type")): odd(random)}
            case 2:
                other = random.choice(list(document))
                return {**document, key: document[other], other: document[key]}
            case _:
                return {**document, key: _changed(document[key], random)}
    if isinstance(document, list) and document and random.random() < 0.85:
        place = random.randrange(len(document))
        match random.randrange(8):
            case 0:
                return document[:place] + document[place + 1 :]
            case 1:
                return [*document, document[place]]
            case 2:
                return document[place]
            case _:
                return [*document[:place], _changed(document[place], random), *document[place + 1 :]]
    return odd(random, document)


def odd(random: Random, before: Any = None) -> Any:
    """Something else in a value's place: an odd thing, the value in another type, or a little off."""
    ways: list[Callable[[], Any]] = [lambda: random.choice(ODD)] * 5
    ways += [lambda: [before], lambda: {"tag": before}, lambda: _nested(random, before)]
    if isinstance(before, str):
        ways += [lambda: _spoilt(before, random)] * 4
    elif isinstance(before, int | float):
        ways += [lambda: str(before), lambda: -before, lambda: before * 10**18, lambda: before + 0.5]
    try:
        return random.choice(ways)()
    except OverflowError:  # a number that is odd already
        return str(before)


def _nested(random: Random, before: Any) -> Any:
    for _ in range(random.choice((3, 30))):
        before = [before]
    return before


def _spoilt(text: str, random: Random) -> str:
    """Cut, double or fill a text."""
    place = random.randint(0, len(text))
    piece = random.choice([one for one in ODD if isinstance(one, str) and len(one) < 20])
    return random.choice((text[:place], text * 2, text[:place] + piece + text[place:], text[::-1], text.upper()))


def xml_text(text: str, random: Random) -> str:
    """Change one to three attributes or elements of a document."""
    for _ in range(random.randint(1, 3)):
        found = list((_VALUE if random.random() < 0.75 else _ELEMENT).finditer(text))
        if not found:
            return text
        match = random.choice(found)
        if match.re is _VALUE:
            value = odd(random, match[1])
            clean = str(value).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            text = f"{text[: match.start(1)]}{clean if random.random() < 0.9 else value}{text[match.end(1) :]}"
        else:
            again = random.choice(found)[0]
            middle = random.choice(("", match[0] * 2, again, match[0] + again))
            text = text[: match.start()] + middle + text[match.end() :]
    return text


def sliced(document: Any, most: int = 4) -> Any:
    """Shorten long lists: an input that is small is tried more often."""
    if isinstance(document, dict):
        return {key: sliced(value, most) for key, value in document.items()}
    if isinstance(document, list):
        return [sliced(value, most) for value in document[:most]]
    return document
