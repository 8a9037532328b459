"""Read both trees and compare them: all of a library, or a few of its folders."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
import os
from typing import NamedTuple

from .errors import ScanError
from .hands import MANY, many, share
from .model import OWN_FOLDER, Cancel, Layout, Materializer, Options, Plan, Tree
from .names import FolderName, read_folder
from .plan import plan, resolve_layouts
from .scan import scan, scan_few


class View(NamedTuple):
    """What was seen."""

    source: Tree
    target: Tree
    plan: Plan


def look(
    source: str,
    target: str,
    options: Options,
    *,
    missing_ok: bool = False,
    jobs: int = 1,
    cancel: Cancel | None = None,
    stamps: bool = False,
    trees: tuple[Tree, Tree] | None = None,
) -> View:
    """Scan and plan. `missing_ok` is for a target that is yet to be made.

    `stamps` reads the time of every directory too; `trees` are there already.
    Raises ScanError, LayoutError, Cancelled.
    """
    if not options.fold_case and folds_case(target):
        options = replace(options, fold_case=True)
    if options.only:
        return _look_only(source, target, options, missing_ok=missing_ok, cancel=cancel)
    details = options.materializer is not Materializer.HARDLINK
    if trees is not None:
        return View(*trees, plan(*trees, options, cancel))
    read = partial(scan, details=details, stamps=stamps)
    there = partial(read, target, options.target_layout, missing_ok=missing_ok)
    here = partial(read, source, options.source_layout)
    if _small(target):  # then the second process has more to do in the source
        jobs, here = 1, partial(here, jobs=jobs)
    one, two = share(jobs, [here, there], cancel)
    return View(one, two, plan(one, two, options, cancel))


def _small(root: str) -> bool:
    """Whether a target holds next to nothing, as before a first run."""
    try:
        with os.scandir(root) as entries:
            return not many(sum(1 for _ in islice(entries, MANY)))
    except OSError:  # to be read, and reported, once more
        return True


def _look_only(source: str, target: str, options: Options, *, missing_ok: bool, cancel: Cancel | None) -> View:
    """Look at a few source folders, at others that may be of the same film, and at their target folders alone.

    The others matter: without them their files in the target would be strays.
    """
    details = options.materializer is not Materializer.HARDLINK
    asked = frozenset(options.only)
    if options.source_layout is Layout.AUTO:
        options = replace(options, source_layout=_whole_layout(source, options, cancel))
    one = scan_few(source, asked, options.source_layout, details=details, cancel=cancel)
    read = [read_folder(name, options.source_layout) for name in one.folder.folders]
    if related := _related(source, asked, [name for name in read if name is not None], options.source_layout):
        one = scan_few(source, asked | related, options.source_layout, details=details, cancel=cancel)
    empty = scan_few(target, (), options.target_layout, missing_ok=missing_ok)
    draft = plan(one, empty, options, cancel)
    wanted = {title.target for title in draft.titles if asked.intersection(title.sources)}
    names = _spellings(target, wanted) if options.fold_case else wanted
    two = scan_few(target, names, options.target_layout, details=details, cancel=cancel, missing_ok=missing_ok)
    made = plan(one, two, options, cancel)
    titles = tuple(title for title in made.titles if title.target in wanted)
    return View(one, two, replace(made, titles=titles, strays=(), ignored=()))


def _whole_layout(source: str, options: Options, cancel: Cancel | None) -> Layout:
    """Detect the layout by the whole library: one folder says too little."""
    return resolve_layouts(scan(source, cancel=cancel), options)[0]


def _related(source: str, asked: Collection[str], names: list[FolderName], layout: Layout) -> frozenset[str]:
    """Other folders of the source whose name says the title and year of one that was asked for."""
    wanted = {(name.title, name.year) for name in names}
    titles = tuple({name.title for name in names if name.title})
    found = set()
    for other in os.listdir(source):
        if other not in asked and any(title in other for title in titles):
            name = read_folder(other, layout)
            if name is not None and (name.title, name.year) in wanted:
                found.add(other)
    return frozenset(found)


def _spellings(target: str, wanted: Collection[str]) -> set[str]:
    """The names that folders of the target really have, where case does not matter."""
    import unicodedata  # noqa: PLC0415 - only on such file systems

    folded = {unicodedata.normalize("NFC", name).casefold() for name in wanted}
    with suppress(OSError):
        return {name for name in os.listdir(target) if unicodedata.normalize("NFC", name).casefold() in folded}
    return set(wanted)


def folds_case(root: str) -> bool:
    """Whether a folder answers to a name in another case; asked of a name that is there. Raises ScanError."""
    try:
        names = [OWN_FOLDER] if os.path.lexists(os.path.join(root, OWN_FOLDER)) else os.listdir(root)
        name = next((one for one in names if one.swapcase() != one and one.swapcase() not in names), None)
        if name is not None:
            return os.path.samestat(os.lstat(os.path.join(root, name)), os.lstat(os.path.join(root, name.swapcase())))
    except FileNotFoundError:
        pass
    except OSError as error:  # to guess would let two names fight for one file
        raise ScanError("unreadable", root, error.errno or 0) from error
    return False
