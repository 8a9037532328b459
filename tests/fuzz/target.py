"""What is fuzzed, and what counts as a finding."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
from pathlib import Path
from random import Random
import signal
import traceback
from types import FrameType
from typing import Any
from zlib import crc32

CORPUS = Path(__file__).parent / "corpus"
PRODUCT = "custom_components/plex_steward/"
CPU_LIMIT = 10.0
"""Seconds of the processor that one input may take: a thousand times what an ordinary one does."""
SECRETS = ("s3cret-token", "Geheimserver", "192.0.2.77", "/geheim", "Frau Unbekannt")
"""Token, server, address, path and viewer of everything that is fuzzed; none may be in an error or in our log."""


class Finding(AssertionError):
    """A promise that does not hold."""


class TooLong(BaseException):
    """The input took more than its time. Not an `Exception`: nothing on the way may swallow it."""


@dataclass(frozen=True)
class Target:
    """One thing to fuzz. An input is text; `check` raises for one that breaks something."""

    name: str
    check: Callable[[str], None]
    seeds: Callable[[], Iterable[str]]
    """Inputs to begin with."""
    words: tuple[str, ...] = ()
    """What inputs are made of."""
    mutate: Callable[[str, Random], str] | None = None
    """Changes an input and keeps its form; None leaves it to the fuzzer alone."""
    longest: int = 1024
    """Bytes of an input at most."""


def decoded(data: bytes) -> str:
    """Turn bytes into an input; every text that a file name can be is reached."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Turn an input into bytes."""
    return text.encode("utf-8", "surrogateescape")


def tell(error: BaseException) -> str:
    """Everything that a log would show of an error, without the lines of code."""
    parts = traceback.TracebackException.from_exception(error)
    return "\n".join([*parts.format(), repr(error)])


def insist_on_secrecy(text: str, secrets: Iterable[str] = SECRETS) -> None:
    """Look for what must not be told."""
    for secret in secrets:
        if secret in text:
            raise Finding(f"an error or a log tells a secret: {text[:2000]}")


def signature(error: BaseException) -> str:
    """What two findings of one cause share: the error's kind and the last place in the product, else in the check."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if PRODUCT in one.filename] or frames[-1:]
    place = f"{ours[-1].filename.rpartition(PRODUCT)[2]}:{ours[-1].name}" if ours else "?"
    detail = str(error).partition(":")[0] if isinstance(error, Finding) else ""
    return " ".join(word for word in (type(error).__name__, place, detail) if word)


@contextmanager
def limited(seconds: float = CPU_LIMIT) -> Iterator[None]:
    """Stop what takes more time of the processor. Only in the main thread."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Listener(logging.Handler):
    """Hears everything that we log, at any level."""

    def __init__(self, logger: str = "custom_components.plex_steward") -> None:
        """Begin to listen."""
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self._logger = logging.getLogger(logger)
        self._logger.setLevel(logging.DEBUG)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    def take(self) -> list[tuple[logging.LogRecord, str]]:
        """Give what was logged since the last time, written out."""
        found, self.records = self.records, []
        return [(record, self.format(record)) for record in found]

    def stop(self) -> None:
        """Hear no more."""
        self._logger.removeHandler(self)


def attempt(target: Target, text: str) -> BaseException | None:
    """Try one input; give what it broke."""
    listener = Listener()
    try:
        with limited():
            target.check(text)
        for _, line in listener.take():
            insist_on_secrecy(line)
    except (Exception, TooLong) as error:  # noqa: BLE001 - whatever it is, it is a finding
        return error
    finally:
        listener.stop()
    return None


def smallest(text: str, breaks: Callable[[str], bool], tries: int = 2000) -> str:
    """Make an input shorter while it goes on breaking the same."""
    size = max(1, len(text) // 2)
    while size and tries > 0:
        start, shorter = 0, False
        while start < len(text) and tries > 0:
            tries -= 1
            candidate = text[:start] + text[start + size :]
            if breaks(candidate):
                text, shorter = candidate, True
            else:
                start += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return text


def keep(target: str, text: str, folder: Path = CORPUS) -> Path:
    """Write a finding into a corpus, under a name that says nothing but what it is."""
    path = folder / target / f"{crc32(encoded(text)):08x}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(text))
    return path


def kept(target: str, folder: Path = CORPUS) -> dict[str, str]:
    """Every kept input of a target by its file's name."""
    return {path.stem: decoded(path.read_bytes()) for path in sorted((folder / target).glob("*.txt"))}


def load(name: str) -> Target:
    """Give a target by its name."""
    from importlib import import_module

    found: Any = import_module(f"tests.fuzz.{name}").TARGET
    assert isinstance(found, Target)
    return found
