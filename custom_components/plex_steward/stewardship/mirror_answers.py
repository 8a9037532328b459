"""A run's report as the answer of an action: the mirror's own document, cut to a size a page can take.

Blocking for big libraries: for the executor.
"""

from typing import Any, Final

from ..mirror.model import Report
from ..mirror.report import as_dict, lines

MOST: Final = 1000
"""Entries of a list at most; `left_out` says how many more there are."""


def answer(report: Report) -> dict[str, Any]:
    """Give the document without what is right already and without endless lists."""
    document = as_dict(report, skips=False, most=MOST)
    if "movies" in document:
        document["movies"] = [_movie(movie) for movie in document["movies"] if _tells_something(movie)]
    left_out = {}
    if "events" in document and (more := lines(report) - MOST) > 0:
        left_out["events"] = more
    for name, value in document.items():
        if isinstance(value, list) and len(value) > MOST:
            left_out[name] = len(value) - MOST
            document[name] = value[:MOST]
    cleaned: dict[str, Any] = printable({**document, "left_out": left_out})
    return cleaned


def _changes(movie: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for line in movie["actions"] if line["action"] != "skip"]


def _tells_something(movie: dict[str, Any]) -> bool:
    return bool(_changes(movie) or movie["strays"] or movie["drops"] or movie["ignored"])


def _movie(movie: dict[str, Any]) -> dict[str, Any]:
    """One title; the lists of all its files stay with the command line."""
    left = {key: value for key, value in movie.items() if key not in ("videos", "loose_files", "assets")}
    return {**left, "actions": _changes(movie)}


def printable(value: Any) -> Any:
    """Show names that are no valid text as what can be told of them: storage and answers are UTF-8."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="surrogateescape").decode(errors="replace")
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    return value
