"""Every language says everything English says, in the same order, with the same placeholders, in forms and on cards."""

from collections.abc import Iterator
import json
import re
from typing import Any

import pytest

from .reading import INTEGRATION, english, leaves, read_json, text

LANGUAGES = sorted(path.stem for path in (INTEGRATION / "translations").glob("*.json"))
WORDS = INTEGRATION / "frontend" / "words"
SOURCES = ("translations", "cards")
NAMES = ("Plex", "Jellyfin", "Dolby", "DTS", "HDR10", "IMDb", "TMDB", "TVDB")
"""What no language translates."""


def of_forms(language: str) -> dict[str, str]:
    return {".".join(path): one for path, one in leaves(read_json(INTEGRATION / "translations" / f"{language}.json"))}


def of_cards(language: str) -> dict[str, str]:
    """Read a words file, which is an object with one text a line and nothing else."""
    start, *lines, end = [line for line in text(WORDS / f"{language}.js").splitlines() if line]
    assert (start, end) == ("export default {", "};"), language
    found = [re.fullmatch(r'  ([a-z_]+): (".*"),', line) or line for line in lines]
    assert not [line for line in found if isinstance(line, str)], f"lines of {language}.js that are no text"
    pairs = [(match[1], json.loads(match[2])) for match in found if not isinstance(match, str)]
    assert len(dict(pairs)) == len(pairs), f"{language}.js says something twice"
    return dict(pairs)


def texts(source: str, language: str) -> dict[str, str]:
    return of_forms(language) if source == "translations" else of_cards(language)


def choices(value: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Give all that people see side by side: the entities' names, an entity's states, a selector's options."""
    for platform in value["entity"]:
        for key, words in value["entity"][platform].items():
            if "state" in words:
                yield f"{platform}.{key}", words["state"]
    for key, selector in value["selector"].items():
        yield key, selector["options"]
    yield (
        "names",
        {
            f"{platform}.{key}": words["name"]
            for platform, entities in value["entity"].items()
            for key, words in entities.items()
            if "name" in words
        },
    )


def test_english_is_there():
    assert "en" in LANGUAGES


def test_cards_speak_what_forms_speak():
    """A file of words that the list of languages does not name is never loaded."""
    loaded = re.search(r"^const LANGUAGES = (\[.*\]);$", text(INTEGRATION / "frontend" / "words.js"), re.MULTILINE)
    assert loaded
    assert sorted(path.stem for path in WORDS.glob("*.js")) == LANGUAGES
    assert sorted(json.loads(loaded[1])) == LANGUAGES


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_in_the_same_order(language, source):
    ours, theirs = (list(texts(source, one)) for one in ("en", language))
    assert set(ours) ^ set(theirs) == set()
    assert ours == theirs, "the order differs"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_same_placeholders(language, source):
    words = texts(source, language)
    for key, one in texts(source, "en").items():
        wanted, found = (sorted(set(re.findall(r"{\w+}", said))) for said in (one, words[key]))
        assert wanted == found, key


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_same_paragraphs(language, source):
    words = texts(source, language)
    assert [key for key, one in texts(source, "en").items() if one.count("\n") != words[key].count("\n")] == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_they_are_translated(language, source):
    """Names are the same in many languages; whole sentences are not."""
    words = texts(source, language)
    untouched = [key for key, one in texts(source, "en").items() if len(one.split()) > 4 and words[key] == one]
    assert untouched == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_stay(language):
    words = of_forms(language)
    lost = [
        (key, name) for key, one in of_forms("en").items() for name in NAMES if name in one and name not in words[key]
    ]
    assert lost == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_english_tells_apart_stays_apart(language):
    """Two entities of one name, or two options that read alike, cannot be told from each other."""
    for (place, said), (_, ours) in zip(
        choices(read_json(INTEGRATION / "translations" / f"{language}.json")), choices(english()), strict=True
    ):
        assert len(set(said.values())) == len(set(ours.values())), place
