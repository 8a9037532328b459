"""Fuzzes parsers with Atheris: inputs that reach new code are kept and changed again.

A program of its own (`python -m tests.fuzz.guided TARGET ...`), because libFuzzer never returns.
"""

import os
from random import Random
import sys

import atheris

from . import target as targets
from .findings import Notebook, Result, arguments

with atheris.instrument_imports(include=["custom_components.plex_steward"]):
    import tests.bare  # noqa: F401 - the rings stand alone: nothing of Home Assistant is loaded

CUT = 4
"""Every so many mutations one is libFuzzer's own, blind to the input's form."""


class Fuzzer:
    """One target, from Atheris' point of view."""

    def __init__(self, target: targets.Target, book: Notebook, seconds: float) -> None:
        """Prepare."""
        self.target = target
        self.book = book
        self.seconds = seconds

    def one(self, data: bytes) -> None:
        """Try one input. A finding does not end the run: its cause is noted and met again in silence."""
        text = targets.decoded(data)
        error = targets.attempt(self.target, text)
        self.book.tried()
        if error is not None and (cause := targets.signature(error)) not in self.book.result.findings:
            self.book.found(cause, text, targets.tell(error))
            if not isinstance(error, targets.TooLong):  # that would take too long as well
                small = targets.smallest(text, lambda other: self.breaks(other, cause), tries=400)
                self.book.found(cause, small, targets.tell(targets.attempt(self.target, small) or error))
        if self.book.seconds > self.seconds:
            self.book.save()
            os._exit(0)  # libFuzzer ends the process in its own way, with neither result nor clean exit code

    def breaks(self, text: str, cause: str) -> bool:
        """Tell whether an input breaks the same."""
        error = targets.attempt(self.target, text)
        return error is not None and targets.signature(error) == cause

    def mutate(self, data: bytes, longest: int, seed: int) -> bytes:
        """Change an input and keep its form, most of the time."""
        random = Random(seed)
        assert self.target.mutate is not None
        if random.randrange(CUT):
            changed = targets.encoded(_plain(self.target.mutate(targets.decoded(data), random)))
            if len(changed) <= longest and changed != data:
                return changed
        mutated: bytes = atheris.Mutate(data, longest)
        return mutated


def _plain(text: str) -> str:
    """Leave out what no bytes stand for."""
    return text.encode("utf-8", "replace").decode() if any("\ud800" <= one < "\udc80" for one in text) else text


def main() -> None:
    """Fuzz until the time is over."""
    given = arguments()
    with atheris.instrument_imports(include=["custom_components.plex_steward"]):
        target = targets.load(given.target)
    corpus = given.work / "inputs" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    words = given.work / f"{target.name}.dict"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words if word), encoding="ascii")
    for number, text in enumerate([*target.seeds(), *targets.kept(target.name).values()]):
        (corpus / f"seed-{number:04}").write_bytes(targets.encoded(text))
    book = Notebook(Result(target.name, given.seed, "atheris (coverage)"), given.work)
    fuzzer = Fuzzer(target, book, given.seconds)
    options = [
        f"-seed={given.seed}",
        f"-max_len={target.longest}",
        f"-dict={words}",
        "-timeout=86400",
        "-rss_limit_mb=3000",
        "-verbosity=0",
    ]
    more = {"custom_mutator": fuzzer.mutate} if target.mutate is not None else {}
    atheris.Setup([sys.argv[0], *options, str(corpus)], fuzzer.one, **more)
    book.begin()
    atheris.Fuzz()


def _quoted(word: str) -> str:
    """Write a word as libFuzzer's dictionaries have it."""
    return "".join(f"\\x{byte:02x}" for byte in targets.encoded(word))


if __name__ == "__main__":
    main()
