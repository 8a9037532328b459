"""Bring films from a staging folder into a library. Only ever adds: a name that is taken stays as it is.

Staged files may lie anyhow; each is grouped by what its own name says (or its
folder's, if that says the year) into the film folder it should have come in,
and these folders go through the same plan as any library.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
import errno
import filecmp
import os
import stat
import time

from .apply import Progress
from .entries import NO_LINK, ROOT, clear, mkdir, opened, problem, temporary
from .errors import Cancelled, LayoutError, MirrorError
from .facts import relation
from .guard import Refusal
from .journal import new_id
from .lock import lock
from .materialize import maker
from .model import (
    OWN_FOLDER,
    Action,
    Cancel,
    Folder,
    Ignored,
    Layout,
    Materializer,
    Outcome,
    Plan,
    Problem,
    Report,
    Title,
    Tree,
    Verb,
)
from .names import read_folder, write_folder
from .names.tokens import is_video
from .plan import plan, resolve_layouts
from .scan import scan
from .settings import MirrorSettings

_NO_LINK = NO_LINK | {errno.EXDEV}

_TOLERANCE_NS = 2_000_000_000
"""Coarsest times a file system gives a copy."""


def bring_in(
    settings: MirrorSettings,
    *,
    move: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Report:
    """Import what lies in `settings.source` into `settings.target`; `move` takes it out of the staging folder.

    Like `run`: what is to be expected is in the report.
    """
    started = time.time()
    work = _Import(settings, move=move, dry_run=dry_run, progress=progress, cancel=cancel)
    try:
        report = work.all()
    except Cancelled:
        report = work.report(Outcome.CANCELLED, 10)
    except Refusal as refusal:
        report = work.report(Outcome.REFUSED, 1, refusal.code, tuple(sorted(refusal.data.items())))
    except LayoutError as error:
        data = (("evidence", "; ".join(error.reasons)), ("flag", error.flag))
        report = work.report(Outcome.FAILED, 1, error.code, data)
    except MirrorError as error:
        code = "staging_missing" if error.code == "missing" else error.code
        report = work.report(Outcome.FAILED, 1, code, (("path", error.path),))
    except OSError as error:
        data = (("detail", error.strerror or str(error)), ("path", os.fsdecode(error.filename or "")))
        report = work.report(Outcome.FAILED, 1, "system", data)
    return replace(report, started=started, duration=time.time() - started)


class _Import:
    """One import."""

    def __init__(
        self, settings: MirrorSettings, *, move: bool, dry_run: bool, progress: Progress | None, cancel: Cancel | None
    ) -> None:
        self.settings, self.move, self.dry_run = settings, move, dry_run
        self.progress, self.cancel = progress, cancel
        self.places: dict[str, str] = {}
        """Path in the made-up source -> path in the staging folder."""
        self.ignored: list[Ignored] = []
        self.problems: list[Problem] = []
        self.done: list[Action] = []
        self.failed: dict[str, OSError] = {}
        """Folders of the library that something could not be brought into: the videos for them wait."""
        self.skipped = 0
        self.plan: Plan | None = None
        self.temporary = temporary(new_id())

    def all(self) -> Report:
        """Group, plan, bring in."""
        settings = self.settings
        if nested := relation(settings.source, settings.target):
            raise Refusal(nested)
        staged = scan(settings.source, settings.options.source_layout, details=True, cancel=self.cancel)
        if not os.path.isdir(settings.target) and not settings.create:
            raise Refusal("target_missing")
        if self.dry_run:
            self.work(staged)
        else:
            os.makedirs(settings.target, exist_ok=True)
            with lock(os.path.join(settings.target, OWN_FOLDER, "lock")):
                self.work(staged)
        return self.report(Outcome.PARTIAL if self.problems else Outcome.DONE, 3 if self.problems else 0)

    def work(self, staged: Tree) -> None:
        """Do all of it, with the lock held."""
        options = replace(self.settings.options, materializer=Materializer.HARDLINK, delete=False)
        layout, target_layout, _ = resolve_layouts(staged, options)
        options = replace(options, source_layout=layout, target_layout=target_layout)
        source = staged._replace(layout=layout, folder=self.arrange(staged.folder, layout))
        target = scan(self.settings.target, target_layout, cancel=self.cancel, missing_ok=True)
        if not self.dry_run:
            clear(self.settings.target, target.leftovers)
        found = plan(source, target, options)
        self.plan = replace(found, ignored=tuple(sorted((*found.ignored, *self.ignored))), strays=())
        self.problems += [*found.problems, *(one for title in found.titles for one in title.problems)]
        # A subtitle without its video is not known for one: what belongs to a video goes before it.
        steps = [step for title in found.titles for step in sorted(title.steps, key=_is_video)]
        for number, step in enumerate(steps):
            if self.cancel is not None and self.cancel():
                raise Cancelled
            if self.progress is not None:
                self.progress("apply", number, len(steps))
            self.step(step)
        for action in (one for title in found.titles for one in title.skips()):
            if self.arrived(action):
                self.there(self.places[str(action.source)], action.target)

    def arrange(self, root: Folder, layout: Layout) -> Folder:
        """Put the staged files into the folders they should have come in."""
        films: dict[str, dict[str, tuple[int, tuple[int, int]]]] = defaultdict(dict)
        for path, folder in _folders(root, ""):
            stems = {name.rpartition(".")[0]: name for name in folder.files if is_video(name)}
            for name in sorted(folder.files):
                place = f"{path}/{name}" if path else name
                stem = _stem_of(name, stems)
                home = _home(stem, folder.name, layout) if stem else None
                if home is None:
                    self.ignored.append(Ignored(place, "not a video file" if stem is None else "unparseable file name"))
                elif name in films[home]:
                    self.problems.append(Problem(place, "exists"))
                else:
                    details = (folder.details or {}).get(name, (0, 0))
                    films[home][name] = (folder.files[name], details)
                    self.places[f"{home}/{name}"] = place
        folders = {
            home: Folder(
                home,
                0,
                {name: inode for name, (inode, _) in files.items()},
                {},
                {},
                (),
                {name: details for name, (_, details) in files.items()},
            )
            for home, files in sorted(films.items())
            if files
        }
        return Folder("", root.inode, {}, folders, {})

    def step(self, step: Action) -> None:
        """Do one line; a name that is taken is a problem, never replaced."""
        if step.verb is Verb.MKDIR:
            if self.attempt(step, self.make_folder):
                self.done.append(step)
            return
        staged = self.places[str(step.source)]
        action = step._replace(source=staged)
        if step.verb is not Verb.LINK and self.arrived(step):
            self.there(staged, step.target)
        elif step.verb is not Verb.LINK:
            self.problems.append(Problem(step.target, "exists", errno.EEXIST, "target"))
        elif _is_video(step) and (error := self.failed.get(os.path.dirname(step.target))):
            self.problems.append(problem(step.target, error))
        elif self.attempt(action, self.bring):
            self.done.append(action)

    def attempt(self, action: Action, what: Callable[[Action], None]) -> bool:
        """Do something unless this is a dry run; false if it failed."""
        if not self.dry_run:
            try:
                what(action)
            except OSError as error:
                self.problems.append(problem(action.target, error))
                if error.errno != errno.EEXIST:
                    self.failed[os.path.dirname(action.target)] = error
                return False
        return True

    def make_folder(self, action: Action) -> None:
        """Make a film's folder."""
        with _at(self.settings.target, action.target) as (above, name):
            mkdir(action, above, name)

    def bring(self, action: Action) -> None:
        """Bring one file in, as a second name where that is possible; then take the staged name away."""
        target, source_root = self.settings.target, self.settings.source
        with _at(target, action.target) as (place, name), _at(source_root, str(action.source)) as (source, staged):
            if self.move:
                try:
                    os.link(staged, name, src_dir_fd=source, dst_dir_fd=place, follow_symlinks=False)
                except OSError as error:
                    if error.errno not in _NO_LINK:
                        raise
                    self.copy(staged, source, place, name)
                os.unlink(staged, dir_fd=source)
            else:
                self.copy(staged, source, place, name)

    def copy(self, staged: str, source: int, place: int, name: str) -> None:
        """Copy aside, then give the copy its name unless that has been taken meanwhile."""
        aside = self.temporary
        maker(Materializer.COPY, source)(staged, place, aside, self.cancel)
        try:
            try:
                os.link(aside, name, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
                if name in os.listdir(place):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from error
                os.rename(aside, name, src_dir_fd=place, dst_dir_fd=place)
        finally:
            with suppress(OSError):
                os.unlink(aside, dir_fd=place)

    def there(self, staged: str, target: str) -> None:
        """Count a file that is in the library already, and take its staged name away."""
        self.skipped += 1
        if not self.move or self.dry_run:
            return
        try:
            with _at(self.settings.source, staged) as (source, name):
                os.unlink(name, dir_fd=source)
        except OSError as error:
            self.problems.append(problem(target, error))

    def arrived(self, step: Action) -> bool:
        """Whether the name has this very file: a link, or a copy of an import that did not come to its end."""
        staged = os.path.join(self.settings.source, self.places[str(step.source)])
        target = os.path.join(self.settings.target, step.target)
        with suppress(OSError):
            one, two = os.lstat(staged), os.lstat(target)
            if os.path.samestat(one, two):
                return True
            alike = one.st_size == two.st_size and abs(one.st_mtime_ns - two.st_mtime_ns) <= _TOLERANCE_NS
            # A name is taken away only when every byte is in the library.
            return alike and stat.S_ISREG(two.st_mode) and (not self.move or filecmp.cmp(staged, target, shallow=False))
        return False

    def report(
        self,
        outcome: Outcome,
        code: int,
        refusal: str | None = None,
        data: tuple[tuple[str, str | int | float], ...] = (),
    ) -> Report:
        """Say what came of it."""
        found, options = self.plan, self.settings.options
        return Report(
            "import",
            outcome,
            code,
            self.settings.source,
            self.settings.target,
            found.source_layout if found else options.source_layout,
            found.target_layout if found else options.target_layout,
            self.dry_run,
            None if found is None else replace(found, titles=tuple(_bare(one) for one in found.titles)),
            tuple(self.done),
            self.skipped,
            problems=tuple(self.problems),
            refusal=refusal,
            refusal_data=data,
        )


def _is_video(step: Action) -> bool:
    return step.verb is not Verb.MKDIR and is_video(step.target)


def _bare(title: Title) -> Title:
    """A title without what else the library holds of it: an import looks at nothing but what it brings."""
    return title._replace(kept=(), strays=())


def _folders(folder: Folder, path: str) -> Iterator[tuple[str, Folder]]:
    """Every folder of the staging tree that could be read."""
    if folder.unknown is not None or folder.ignored:
        return
    yield path, folder
    for name in sorted(folder.folders):
        yield from _folders(folder.folders[name], f"{path}/{name}" if path else name)


def _stem_of(name: str, stems: dict[str, str]) -> str | None:
    """The stem of the video a file belongs to: its own, or the longest that its name begins with."""
    if is_video(name):
        return name.rpartition(".")[0]
    return max((stem for stem in stems if name.startswith(stem + ".")), key=len, default=None)


def _home(stem: str, folder: str, layout: Layout) -> str | None:
    """Name of the film folder that a staged video belongs into, in the source's layout."""
    own, around = read_folder(stem, layout), read_folder(folder, layout) if folder else None
    name = around if around is not None and around.year and (own is None or not own.year) else own
    return write_folder(name, layout)[0] if name is not None else None


@contextmanager
def _at(root: str, path: str) -> Iterator[tuple[int, str]]:
    """Open the folder that `path` lies in, never through a symbolic link below the root."""
    descriptor = os.open(root, ROOT)
    try:
        with opened(descriptor, path) as found:
            yield found
    finally:
        os.close(descriptor)
