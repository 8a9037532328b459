"""Where a mirror remembers things between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
import json
import os
from typing import Any

from .model import OWN_FOLDER


class State:
    """The folders of one mirror. Nothing is made before it is needed, so looking leaves no trace."""

    def __init__(self, target: str, folder: str | None = None) -> None:
        """Keep what belongs to the target in it, and the memory in `folder` if one is given."""
        self.own = os.path.join(target, OWN_FOLDER)
        self.folder = folder or self.own
        self.journals = os.path.join(self.folder, "journal")
        self.trash = os.path.join(self.own, "trash")
        self.lock = os.path.join(self.own, "lock")
        self.index = os.path.join(self.folder, "index")
        self.made = os.path.join(self.folder, "made")
        self.memory = os.path.join(self.folder, "last-run.json")

    def recover(self) -> None:
        """Take away what a killed run left half written in here."""
        for path in (self.index, self.made, self.memory):
            with suppress(OSError):
                os.unlink(_aside(path))

    def remember(self, values: Mapping[str, Any]) -> None:
        """Replace what is remembered of the last run, down to the disk; nothing to do if it is the same."""
        data = json.dumps(dict(values)).encode()
        if json.loads(data) != self.recall():
            write_atomic(self.memory, data, sync=True)

    def recall(self) -> dict[str, Any]:
        """What `remember` was given last; empty when there is nothing or it is broken.

        Raises OSError: what cannot be read now may say that this is another disk.
        """
        try:
            with open(self.memory, "rb") as file:
                values = json.load(file)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}


def _aside(path: str) -> str:
    return f"{path}.tmp"


def write_atomic(path: str, data: bytes, *, sync: bool = False) -> None:
    """Write a file so that a killed process leaves the old one or the new one. One writer at a time.

    Without `sync` it may be broken after a power cut; what is broken counts as not there.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = _aside(path)
    try:
        with open(aside, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(aside)
        raise
