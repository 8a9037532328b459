"""Whether the two folders of a mirror are there and fit together. Blocking: for the executor."""

import os
from pathlib import Path
from typing import Final

from ..mirror.errors import ScanError
from ..mirror.facts import foreseen, identify, relation, try_file
from ..mirror.model import Materializer
from ..mirror.mounts import mounts
from ..mirror.run import MirrorSettings

PROBED: Final = (Materializer.HARDLINK, Materializer.REFLINK)
LOOKED_THROUGH: Final = 2000
"""Folders looked through at most for a file to try a link with."""


def look(settings: MirrorSettings) -> str | None:
    """Name what is wrong with the folders, touching nothing; None when they are well."""
    if trouble := _folder_trouble(settings.source):
        return f"source_{trouble}"
    if trouble := _folder_trouble(settings.target):
        return f"target_{trouble}"
    if code := relation(settings.source, settings.target):
        return code
    if settings.anchor and not os.path.lexists(Path(settings.source, settings.anchor)):
        return "anchor_missing"
    if foreseen(settings.source, settings.target, settings.options.materializer):
        return "cross_device"
    return None


def probe(settings: MirrorSettings) -> tuple[str, str] | None:
    """Look, and try with a real link; give the field at fault and the word for it, None when all is well."""
    if (code := look(settings)) is not None:
        return ("source" if code.startswith(("source_m", "source_n", "source_u")) else "target", code)
    materializer = settings.options.materializer
    if not os.access(settings.target, os.W_OK | os.X_OK):
        return ("target", "target_read_only")
    if materializer in PROBED and (path := _some_file(settings.source)) is not None:
        try:
            failed = try_file(settings.source, path, settings.target, materializer)
        except OSError as error:
            failed = error.errno or -1
        if failed:
            return ("materializer", "reflink_unsupported" if materializer is Materializer.REFLINK else "link_failed")
    return None


def _folder_trouble(path: str) -> str | None:
    try:
        return "missing" if identify(path, mounts()) is None else None
    except ScanError as error:
        return error.code


def _some_file(root: str) -> str | None:
    """Find any file below a folder."""
    for number, (folder, _, names) in enumerate(Path(root).walk()):
        for name in names:
            path = folder / name
            if not path.is_symlink():
                return str(path.relative_to(root))
        if number > LOOKED_THROUGH:
            break
    return None
