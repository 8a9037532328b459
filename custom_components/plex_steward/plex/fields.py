"""Reading what Plex sends, leniently.

XML carries text only, JSON native types, and the same field changes its type between server versions and endpoints.
Whatever cannot be read is `None`: unknown, never zero.
"""

from collections.abc import Mapping

from .models import Row


def text(fields: Row, *names: str) -> str | None:
    """Return the first of the named fields that holds something, as text."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            if value := value.strip():
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def number(fields: Row, *names: str) -> float | None:
    """Return the first of the named fields that is a finite number."""
    for name in names:
        value = fields.get(name)
        if value is None or isinstance(value, bool):
            continue
        try:
            found = float(value)
        except OverflowError, TypeError, ValueError:  # a whole number may have any length
            continue
        if found - found == 0:  # neither infinite nor "not a number"
            return found
    return None


def integer(fields: Row, *names: str) -> int | None:
    """Return the first of the named fields that is a number, cut to a whole one."""
    found = number(fields, *names)
    return None if found is None else int(found)


def positive(fields: Row, *names: str, below: int = 2**63) -> int | None:
    """Return a whole number from 1 up to (not including) `below`; other values mean "unknown" to Plex."""
    found = integer(fields, *names)
    return found if found is not None and 0 < found < below else None


def flag(fields: Row, name: str) -> bool | None:
    """Return a boolean, written as 1/0, true/false or natively; `None` when absent (false flags are often left out)."""
    value = fields.get(name)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    if isinstance(value, str):
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(
            value.strip().lower()
        )
    return None


def child(fields: Row, name: str) -> Row | None:
    """Return a single child element; some servers wrap it in a list."""
    found = children(fields, name)
    return found[0] if found else None


def children(fields: Row, name: str) -> list[Row]:
    """Return the child elements of one name; an empty list is left out by the server, a single one may stand alone."""
    value = fields.get(name)
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, Mapping)]
    return []


def chosen(elements: list[Row]) -> Row | None:
    """Return the element marked `selected`, else the first."""
    return next((element for element in elements if flag(element, "selected")), elements[0] if elements else None)
