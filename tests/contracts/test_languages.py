"""Every language says everything English says, in the same order, with the same placeholders."""

import re

import pytest

from .reading import INTEGRATION, english, leaves, read_json

LANGUAGES = sorted(path.stem for path in (INTEGRATION / "translations").glob("*.json"))


def test_english_is_there():
    assert "en" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_in_the_same_order(language):
    words = read_json(INTEGRATION / "translations" / f"{language}.json")
    ours, theirs = ([".".join(path) for path, _ in leaves(one)] for one in (english(), words))
    assert set(ours) ^ set(theirs) == set()
    assert ours == theirs, "the order differs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_placeholders(language):
    words = dict(leaves(read_json(INTEGRATION / "translations" / f"{language}.json")))
    for path, text in leaves(english()):
        wanted, found = (sorted(set(re.findall(r"{\w+}", one))) for one in (text, words[path]))
        assert wanted == found, ".".join(path)


def test_they_are_translated():
    """Names are the same in many languages; whole sentences are not."""
    for language in set(LANGUAGES) - {"en"}:
        words = dict(leaves(read_json(INTEGRATION / "translations" / f"{language}.json")))
        untouched = [
            ".".join(path) for path, text in leaves(english()) if len(text.split()) > 4 and words[path] == text
        ]
        assert untouched == [], language
