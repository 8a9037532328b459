"""The sentence files of all languages say the same things, of intents that exist, and each sentence is understood."""

import re

from hassil import Intents, recognize_best
from hassil.sample import sample_sentence
import pytest

from custom_components.plex_steward.assist import base
from custom_components.plex_steward.intent import INTENTS

from .reading import INTEGRATION, ROOT, literals, read_yaml, text

FILES = sorted((ROOT / "custom_sentences").glob("*/plex_steward.yaml"))
SAMPLES = 12
"""Ways of saying a sentence that are tried."""


def shape(document):
    """What must be alike in all languages: intents with their answers, errors, and the values of lists."""
    blocks = {
        name: {(block.get("response", "default"), str(block.get("slots"))) for block in intent["data"]}
        for name, intent in document["intents"].items()
    }
    said = {name: set(answers) for name, answers in document["responses"]["intents"].items()}
    lists = {
        name: {value["out"] for value in one["values"]} if "values" in one else tuple(one)
        for name, one in document["lists"].items()
    }
    return blocks, said, set(document["responses"]["errors"]), lists


def test_five_languages():
    assert [path.parent.name for path in FILES] == ["de", "en", "es", "fr", "nl"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_language_is_complete(path):
    document = read_yaml(path)
    assert document["language"] == path.parent.name
    assert shape(document) == shape(read_yaml(ROOT / "custom_sentences" / "en" / "plex_steward.yaml"))
    blocks, said, errors, lists = shape(document)
    assert set(blocks) == {kind.intent_type for kind in INTENTS}
    assert all({answer for answer, _ in blocks[name]} <= said[name] for name in blocks), "a sentence without answer"
    assert all(said[name] <= {answer for answer, _ in blocks[name]} for name in blocks), "an answer nobody gives"
    assert all(name.startswith("plex_") for name in lists), "lists of all integrations share one name space"
    told = {key for key in literals() if key.startswith("plex_steward_")} & errors
    assert told == errors, "errors that are not raised"
    assert errors >= {key for key in _raised() if key.startswith("plex_steward_")}


def _raised():
    """Every error key the code mentions."""
    code = "".join(text(path) for path in sorted((INTEGRATION / "assist").glob("*.py")))
    return {part.split('"')[0] for part in code.split('"plex_steward_')[1:] for part in [f"plex_steward_{part}"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_each_sentence_is_understood(path):
    """Said as it is written, with a name where anything may stand; the slots are those the intent takes."""
    document = read_yaml(path)
    intents = Intents.from_dict(document)
    slots = {kind.intent_type: {str(key) for key in kind.slots} for kind in INTENTS}
    for name, intent in intents.intents.items():
        for block in intent.data:
            for sentence in block.sentences:
                for number, said in enumerate(sample_sentence(sentence, intents.slot_lists)):
                    if number >= SAMPLES:
                        break
                    spoken = re.sub(r"\{plex_\w+\}", "Karlsson", said)
                    found = recognize_best(spoken, intents)
                    assert found is not None, spoken
                    assert found.intent.name == name, spoken
                    assert set(found.entities) <= slots[name], spoken


def test_examples_of_the_guide_are_understood():
    """A column of examples for each language, each one a sentence of its file."""
    languages = {"English": "en", "German": "de", "French": "fr", "Spanish": "es", "Dutch": "nl"}
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text(ROOT / "docs" / "assist.md").partition("| English |")[2].partition("\n\n")[0].splitlines()
    ]
    header, _, *examples = [["English", *rows[0]], *rows[1:]]
    assert {languages[name] for name in header} == {path.parent.name for path in FILES}
    assert len(examples) >= 8
    for language, said in zip(header, zip(*examples, strict=True), strict=True):
        intents = Intents.from_dict(read_yaml(ROOT / "custom_sentences" / languages[language] / "plex_steward.yaml"))
        assert [one for one in said if recognize_best(one, intents) is None] == [], language


def test_fits_as_people_speak():
    """Capitals, dots and missing words do not matter; nothing fits everything."""
    assert base.fits("living room", "Living-Room TV")
    assert base.fits("anna's", "Anna's iPad")
    assert not base.fits("...", "Sofa")
    assert not base.fits("sofa", None, "Bedroom")
