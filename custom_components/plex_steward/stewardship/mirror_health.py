"""Whether the two folders of a mirror are there and fit together. Blocking: for the executor."""

import os
from pathlib import Path
from typing import Final

from ..mirror.doctor import Finding, examine
from ..mirror.errors import ScanError
from ..mirror.facts import foreseen, identify, relation
from ..mirror.mounts import mounts
from ..mirror.run import MirrorSettings

AT_FAULT: Final = {
    "anchor_missing": "base",
    "same_folder": "target",
    "source_in_target": "target",
    "source_missing": "source",
    "source_not_a_directory": "source",
    "source_unreadable": "source",
    "target_in_source": "target",
    "target_missing": "target",
    "target_not_a_directory": "target",
    "target_not_writable": "target",
    "target_read_only": "target",
    "target_unreadable": "target",
}
"""The form's field that a word belongs to; all others are about how files are brought over."""


def look(settings: MirrorSettings) -> str | None:
    """Name what is wrong with the folders, touching nothing; None when they are well."""
    if trouble := _folder_trouble(settings.source):
        return f"source_{trouble}"
    if trouble := _folder_trouble(settings.target):
        return f"target_{trouble}"
    if code := _relation(settings):
        return code
    if settings.anchor and not os.path.lexists(Path(settings.source, settings.anchor)):
        return "anchor_missing"
    if foreseen(settings.source, settings.target, settings.options.materializer):
        return "cross_device"
    return None


def _relation(settings: MirrorSettings) -> str:
    try:
        return relation(settings.source, settings.target)
    except ScanError as error:
        side = "target" if error.path == settings.target else "source"
        return f"{side}_{error.code}"


def probe(settings: MirrorSettings) -> tuple[str, str, dict[str, str]] | None:
    """Look, and really bring one file over; give the form's field at fault, the word for it and the facts behind it.

    None when all is well.
    """
    code = look(settings)
    if code in AT_FAULT:
        return AT_FAULT[code], code, {}
    if (found := examined(settings)) is None:
        return None
    return AT_FAULT.get(found.code, "materializer"), found.code, dict(found.data)


def examined(settings: MirrorSettings) -> Finding | None:
    """What the doctor says is in the way; None when nothing is."""
    diagnosis = examine(settings.source, settings.target, settings.options.materializer)
    return next((one for one in diagnosis.findings if one.severity == "error"), None)


def _folder_trouble(path: str) -> str | None:
    try:
        return "missing" if identify(path, mounts()) is None else None
    except ScanError as error:
        return error.code
