"""Libraries on disk for the tests of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
import os
from pathlib import Path
import stat
from typing import Any

from custom_components.plex_steward.mirror.model import OWN_FOLDER, Layout, Materializer, Options, Plan, Report
from custom_components.plex_steward.mirror.run import MirrorSettings, run

FILMS = (
    "A Bridge (1977) {imdb-tt1}/A Bridge (1977) {imdb-tt1} [1080p].mkv",
    "A Bridge (1977) {imdb-tt1}/A Bridge (1977) {imdb-tt1}.nfo",
    "A Bridge (1977) {imdb-tt1}/Trailers/teaser.mkv",
    "Boat (1981) {imdb-tt2}/Boat (1981) {imdb-tt2} {edition-Director's Cut}.mkv",
    "Boat (1981) {imdb-tt2}/Boat (1981) {imdb-tt2} {edition-Theatrical}.mkv",
    "Boat (1981) {imdb-tt2}/poster.jpg",
    "Cat (1999) {imdb-tt3}/Cat (1999) {imdb-tt3}.mp4",
)


def write(root: Path, files: Iterable[str] | Mapping[str, str] = FILMS) -> Path:
    """Make files with their own path as content, or the one given."""
    for name in files:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name] if isinstance(files, Mapping) else name, encoding="utf-8")
    root.mkdir(parents=True, exist_ok=True)
    return root


def settings(source: Path, target: Path, **more: Any) -> MirrorSettings:
    """Settings for a Plex source; options and settings by name."""
    names = Options.__dataclass_fields__
    options = Options(source_layout=Layout.PLEX, **{key: more.pop(key) for key in list(more) if key in names})
    more.setdefault("quick", False)
    return MirrorSettings(str(source), str(target), options, **more)


def sync(source: Path, target: Path, **more: Any) -> Report:
    """Mirror; arguments of `run` go there, the rest are settings."""
    calls: dict[str, Any] = {
        key: more.pop(key) for key in ("dry_run", "verify", "approve", "progress", "cancel") if key in more
    }
    verb = more.pop("verb", "sync")
    if not more.pop("missing", False):
        target.mkdir(exist_ok=True)
    return run(settings(source, target, **more), verb, **calls)


def tree(root: Path, *, content: bool = False, own: bool = False) -> dict[str, object]:
    """Everything below a root: folders, and files by inode (or by content); our own folder left out."""
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(root):
        if not own and folder == str(root) and OWN_FOLDER in folders:
            folders.remove(OWN_FOLDER)
        below = Path(folder).relative_to(root)
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            key = str(below / name)
            if stat.S_ISDIR(status.st_mode):
                found[key] = "folder"
            elif stat.S_ISLNK(status.st_mode):
                found[key] = f"-> {path.readlink()}"
            else:
                found[key] = path.read_bytes() if content else status.st_ino
    return found


def files(root: Path) -> set[str]:
    """Names of all files below a root, but for our own folder's."""
    return {name for name, number in tree(root).items() if number != "folder"}


def frozen(root: Path) -> dict[str, object]:
    """A source by everything that must never change: names, inodes, contents, times and modes."""
    return {
        str(path.relative_to(root)): (
            (status := path.lstat()).st_ino,
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            path.read_bytes() if path.is_file() and not path.is_symlink() else None,
        )
        for path in sorted(root.rglob("*"))
    }


def planned(report: Report) -> Plan:
    """The plan of a report that has one."""
    assert report.plan is not None, report
    return report.plan


def verbs(report: Report) -> list[str]:
    """What a run did, in order."""
    return [action.verb.value for action in report.done]


def codes(report: Report) -> dict[str, str]:
    """Problems by path."""
    return {problem.path: problem.code for problem in report.problems}


def failing(real: Callable[..., Any], error: int, match: Callable[[str], bool]) -> Callable[..., Any]:
    """A system call that fails for some first arguments."""

    def call(*arguments: Any, **more: Any) -> Any:
        if arguments and match(os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""):
            raise OSError(error, os.strerror(error), arguments[0])
        return real(*arguments, **more)

    return call


COPY = Materializer.COPY
__all__ = ["COPY", "FILMS", "codes", "failing", "frozen", "planned", "settings", "sync", "tree", "verbs", "write"]
