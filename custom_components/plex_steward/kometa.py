"""Reads the `plex:` block of a Kometa configuration, as its users have it; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
import re
from typing import Any, Final, override

import yaml

from .schedule import parse

TIMEOUT: Final = (5, 600)
"""Seconds we allow; Kometa has no upper bound and takes 0 for its own default."""
FLAGS: Final[Mapping[str, str]] = {
    "empty_trash": "empty_trash",
    "clean_bundles": "clean_bundles",
    "optimize": "optimize_database",
}
"""Kometa's word -> our step."""
DOTS: Final = re.compile(r"^ *\.\.\. *$", re.MULTILINE)
MOST_KEYS: Final = 1000
"""More than any part of a configuration has."""
NEVER_TAKEN: Final = frozenset({"url", "token"})
TAKEN: Final = frozenset({"timeout", "db_cache", "verify_ssl", *FLAGS})
NO_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off"})


class KometaError(ValueError):
    """The block cannot be read; `code` is a word for translations, `item` what is meant."""

    def __init__(self, code: str, item: str = "") -> None:
        """Keep both."""
        super().__init__(code, item)
        self.code = code
        self.item = item


@dataclass(frozen=True, slots=True)
class Block:
    """What a block says, in our words."""

    timeout: int | None = None
    """Seconds."""
    database_cache: int | None = None
    """MB."""
    verify_ssl: bool | None = None
    steps: Mapping[str, str] = field(default_factory=dict)
    """Step -> `off`, `daily` or a schedule."""
    ignored: tuple[str, ...] = ()
    """Keys that were there and are not taken over."""
    library: str | None = None
    """The library whose own block names this server and was taken over."""
    libraries: tuple[str, ...] = ()
    """Libraries with a block of their own that was not taken over."""


class _Loader(yaml.SafeLoader):
    """Reads plain data, and stops where a few lines that refer to one another would grow without end."""

    @override
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Take in what `<<` refers to."""
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.constructor.ConstructorError(problem="too big", problem_mark=node.start_mark)


def read(text: str, addresses: Collection[str] = ()) -> Block:
    """Read a pasted block, with or without the line `plex:`, or a whole configuration. Raises `KometaError`.

    As in Kometa, what a library's own block says goes before the global one; here it does so if it names one of the
    server's `addresses` and the global block does not. The first such library decides.
    """
    document = _document(text)
    own = dict(_libraries(document))
    block = document.get("plex", {} if own else document) or {}
    if not isinstance(block, dict):
        raise KometaError("kometa_no_block")
    ours = [name for name, theirs in own.items() if _names(theirs, addresses)]
    library = ours[0] if ours and not _names(block, addresses) else None
    if library is not None:
        block = {**block, **own.pop(library)}
    if not block.keys() & (TAKEN | NEVER_TAKEN):
        raise KometaError("kometa_no_block")
    steps = {ours: _flag(theirs, block[theirs]) for theirs, ours in FLAGS.items() if block.get(theirs) is not None}
    seconds = _number("timeout", block.get("timeout"))
    return Block(
        timeout=min(max(seconds, TIMEOUT[0]), TIMEOUT[1]) if seconds else None,
        database_cache=_number("db_cache", block.get("db_cache")) or None,
        verify_ssl=_verify(block.get("verify_ssl")),
        steps=steps,
        ignored=tuple(sorted(str(key) for key in block.keys() - TAKEN)),
        library=library,
        libraries=tuple(own),
    )


def _document(text: str) -> dict[str, Any]:
    """Read YAML. A line of dots ends it there, but stands for what was left out in Kometa's own examples."""
    try:
        document = yaml.load(DOTS.sub("", text), _Loader)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise KometaError("kometa_yaml", str(mark.line + 1) if mark else "?") from None
    except AttributeError, LookupError, RecursionError, ValueError:  # its own values, such as the 13th month
        raise KometaError("kometa_yaml", "?") from None
    return document if isinstance(document, dict) else {}


def _names(block: Mapping[str, Any], addresses: Collection[str]) -> bool:
    """Tell whether a block speaks of the server with these addresses."""
    return _address(str(block.get("url"))) in {_address(one) for one in addresses}


def _address(url: str) -> str:
    """Kometa does without a slash at the end, too."""
    return url.rstrip("/\\").casefold()


def _number(key: str, value: Any) -> int | None:
    """Read a whole number from 0 on; nothing means that it is left alone."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise KometaError("kometa_number", key)
    return value


def _verify(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise KometaError("kometa_bool", "verify_ssl")
    return value


def _flag(key: str, value: Any) -> str:
    """Read a yes, a no or a schedule."""
    if isinstance(value, bool):
        return "daily" if value else "off"
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, str) for entry in entries):
        raise KometaError("kometa_flag", key)
    if any(entry.strip().lower() in NO_WORDS for entry in entries):
        raise KometaError("kometa_quoted", key)  # in quotes it is a word, not a yes; Kometa never runs it
    if parse(entries).problems:
        raise KometaError("kometa_flag", key)
    return "; ".join(entry.strip() for entry in entries)


def _libraries(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the libraries that have a block of their own, in their order."""
    libraries = document.get("libraries")
    for name, library in libraries.items() if isinstance(libraries, dict) else ():
        own = library.get("plex") if isinstance(library, dict) else None
        if isinstance(own, dict) and own:
            yield str(name), own
