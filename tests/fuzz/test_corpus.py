"""Every input that once broke something is tried again, and so is everything that the fuzzer begins with."""

from dataclasses import replace
import json
import logging

import pytest

from custom_components.plex_steward.mirror.model import Action, Options, Plan, Tree, Verb
from custom_components.plex_steward.mirror.plan import plan

from . import plans, trees
from .__main__ import ALL, DRAWN, GUIDED, HOUSE
from .house import House
from .target import CORPUS, SECRETS, Finding, Target, attempt, kept, load, smallest, tell


def insist(target: Target, inputs: dict[str, str]) -> None:
    """Nothing of it breaks anything."""
    for name, text in inputs.items():
        error = attempt(target, text)
        assert error is None, f"{target.name} {name}: {tell(error)}"


@pytest.mark.parametrize("name", [*GUIDED, *DRAWN])
def test_what_broke_something_once(name: str) -> None:
    insist(load(name), kept(name))


@pytest.mark.parametrize("name", [*GUIDED, *DRAWN])
def test_what_the_fuzzer_begins_with(name: str, socket_enabled: None) -> None:
    target = load(name)
    seeds = list(target.seeds())
    assert seeds
    insist(target, {str(number): text for number, text in enumerate(seeds)})


@pytest.mark.parametrize("name", HOUSE)
async def test_what_broke_the_house_once(house: House, name: str) -> None:
    for key, text in kept(name).items():
        error = await house.attempt(name, text)
        assert error is None, f"{name} {key}: {tell(error)}"


async def test_the_house_notices(house: House) -> None:
    assert await house.attempt("actions", json.dumps(["get_sessions", {}, True, 1])) is None
    assert isinstance(await house.attempt("actions", json.dumps(["get_sessions", {}, True])), ValueError)
    (house.root / "beside").write_text("")
    error = await house.attempt("actions", json.dumps(["get_sessions", {}, True, 0]))
    assert isinstance(error, Finding)


def test_a_finding_is_noticed_and_made_small() -> None:
    def check(text: str) -> None:
        if "a" in text and "b" in text:
            raise KeyError(text)
        if text == "for ever":
            while True:
                pass

    target = Target("none", check, list)
    assert attempt(target, "b") is None
    error = attempt(target, "xxaxxbxx")
    assert isinstance(error, KeyError)
    assert smallest("xxaxxbxx", lambda text: attempt(target, text) is not None) == "ab"


def test_every_kept_input_belongs_to_a_target() -> None:
    folders = {path.name for path in CORPUS.iterdir()}
    assert folders <= set(ALL)
    assert all(path.suffix == ".txt" for path in CORPUS.rglob("*") if path.is_file())


def test_a_path_outside_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(source: Tree, target: Tree, options: Options) -> Plan:
        made = plan(source, target, options)
        first, *rest = made.titles
        step = Action(Verb.LINK, "../beside.mkv", *first.steps[-1][2:])
        return replace(made, titles=(first._replace(steps=(*first.steps[:-1], step)), *rest))

    (seed,) = plans.TARGET.seeds()
    assert attempt(plans.TARGET, seed) is None
    monkeypatch.setattr(trees, "plan", wrong)
    error = attempt(plans.TARGET, seed)
    assert isinstance(error, Finding)
    assert "path outside" in str(error)


def test_a_secret_in_the_log_is_noticed() -> None:
    logger = logging.getLogger("custom_components.plex_steward.plex.wire")
    target = Target("none", lambda text: logger.debug("heard %s", text), list)
    assert attempt(target, "nothing") is None
    assert isinstance(attempt(target, f"the token {SECRETS[0]}"), Finding)
