"""The runs that are disturbed: what was before, what is run, and what the world should be in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import errno
import fcntl
import os
from pathlib import Path
import shutil
from typing import Any, NamedTuple

from custom_components.plex_steward.mirror import apply, hands
from custom_components.plex_steward.mirror.importer import bring_in
from custom_components.plex_steward.mirror.model import Layout, Materializer, Options, Outcome, Report
from custom_components.plex_steward.mirror.run import MirrorSettings, run

from ..disk import write

A, B, C, E = "A (2001) {imdb-tt1}", "B (2002) {imdb-tt2}", "C (2003) {imdb-tt3}", "E (2005) {imdb-tt5}"
FILMS = [
    f"{A}/{A} [1080p].mkv",
    f"{A}/{A} [720p].mkv",
    f"{A}/Trailers/one.mkv",
    f"{B}/{B}.mkv",
    f"{B}/poster.jpg",
    f"{C}/{C}.mkv",
    f"{E}/{E} [1080p].mkv",
    f"{E}/{E} [1080p] [remux].mkv",
]
"""The last two want one name, so each gets one that depends on the other."""
JELLY_A, JELLY_B = "A (2001) [imdbid-tt1]", "B (2002) [imdbid-tt2]"
JELLYFIN = [
    f"{JELLY_A}/{JELLY_A} - 1080p.mkv",
    f"{JELLY_A}/{JELLY_A} - 720p.mkv",
    f"{JELLY_A}/trailers/one.mkv",
    f"{JELLY_B}/{JELLY_B}.mp4",
    f"{JELLY_B}/{JELLY_B}.en.srt",
    "C (2003)/C (2003).mkv",
]
STAGED = [
    "N (2011) {imdb-tt9}.mkv",
    "N (2011) {imdb-tt9}.en.srt",
    "deep/M (2012) [1080p].mkv",
    "B (2002) {imdb-tt2}.mkv",
]

LONG_AGO = 1_500_000_000
OLD_TRASH = ".plex-steward/trash/20200101T000000.000000000"


class World:
    """A source and a target below one folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.source, self.target = root, root / "source", root / "target"

    def settings(self, **more: Any) -> MirrorSettings:
        """Settings of a mirror here."""
        names = Options.__dataclass_fields__
        chosen = {key: more.pop(key) for key in list(more) if key in names}
        options = Options(**{"source_layout": Layout.PLEX, **chosen})
        return MirrorSettings(str(self.source), str(self.target), options, **{"quick": False, "create": True, **more})

    def sync(self, verb: str = "sync", **more: Any) -> Report:
        """Run undisturbed."""
        dry_run, verify = more.pop("dry_run", False), more.pop("verify", False)
        return run(self.settings(**more), verb, dry_run=dry_run, verify=verify)


class Story(NamedTuple):
    """One kind of run."""

    name: str
    prepare: Callable[[World], None]
    options: Mapping[str, Any] = {}
    verb: str = "sync"
    """`sync`, `undo`, `diff`, `plan` or `import`."""
    ends: Outcome = Outcome.DONE
    """How it ends when nothing goes wrong."""
    around: Callable[[], None] = lambda: None
    """Makes the system what this story needs, in the process of the run."""

    def act(self, world: World) -> Report:
        """Carry it out."""
        if self.verb == "import":
            more = dict(self.options)
            move = more.pop("move", True)
            return bring_in(world.settings(**more), move=move)
        return world.sync(self.verb, **self.options)

    @property
    def reads(self) -> bool:
        """Whether it may write nothing at all."""
        return self.verb in {"diff", "plan"} or bool(self.options.get("dry_run"))


def contents(names: list[str]) -> dict[str, str]:
    """Files, each with contents that no other has."""
    return {name: f"this is {name} " * 20 for name in names}


def old(world: World) -> None:
    """A library without a mirror."""
    write(world.source, contents(FILMS))
    link = world.source / B / "Trailers" / "linked.mkv"
    link.parent.mkdir()
    link.symlink_to(Path("../..", FILMS[2]))


def jellyfin(world: World) -> None:
    """The same, as Jellyfin names it."""
    write(world.source, contents(JELLYFIN))


def mirrored(world: World, **options: Any) -> None:
    """A mirror of it, with what a server wrote, an old trash, and something that lies around."""
    report = world.sync(**options)
    assert report.outcome is Outcome.DONE, report
    first = min(path for path in world.target.iterdir() if path.name.startswith("A "))
    write(world.target, contents([f"{first.name}/movie.nfo", f"{OLD_TRASH}/gone/last.mkv"]))
    os.link(world.source / _films(world)[1], world.target / OLD_TRASH / "gone" / "other.mkv")


def change(world: World) -> None:
    """Give the next run one of everything to do."""
    source, target, films = world.source, world.target, _films(world)
    shutil.rmtree((source / films[5]).parent)
    (source / films[3]).unlink()
    write(source, {films[3]: "a new cut " * 20})
    (source / films[0]).rename(source / films[0].replace("1080p", "2160p"))
    write(source, contents(["D (2004)/D (2004).mkv", "D (2004)/Other/more.mkv", films[2].replace("one", "two")]))
    first = min(path for path in target.iterdir() if path.name.startswith("A "))
    write(target, contents([f"{first.name}/stray.mkv", "Old (1990)/old.mkv", "Old (1990)/extras/more.mkv"]))


def _films(world: World) -> list[str]:
    return FILMS if (world.source / FILMS[1]).exists() else JELLYFIN


def settled(world: World) -> None:
    """Folders look as if nothing had happened for years, so that a memory of them is kept."""
    for root in (world.source, world.target):
        for path in (root, *root.rglob("*")):
            if path.is_dir() and ".plex-steward" not in str(path):
                os.utime(path, (LONG_AGO, LONG_AGO))


def remembered(world: World) -> None:
    """A mirror that is right and known to be."""
    old(world)
    mirrored(world)
    settled(world)
    world.sync(quick=True)


def then(*steps: Callable[[World], Any]) -> Callable[[World], None]:
    """One step after the other."""

    def prepare(world: World) -> None:
        for step in steps:
            step(world)

    return prepare


def using(**options: Any) -> Callable[[World], None]:
    """A mirror made in this way, and changes since."""
    return then(old, lambda world: mirrored(world, **options), change)


def run_with(**options: Any) -> Callable[[World], Any]:
    """A run that must go well."""

    def step(world: World) -> None:
        report = world.sync(**options)
        assert report.outcome is Outcome.DONE, report

    return step


def staged(world: World) -> None:
    """A library with one film, and four files for it: one that is there already under another name."""
    write(world.source, contents(STAGED))
    write(world.target, contents([f"{JELLY_B}/{JELLY_B}.en.srt"]))


def other_disk(world: World) -> None:
    """Something else lies where the source was."""
    world.source.rename(world.root / "away")
    write(world.source, contents(FILMS[:4]))


def nested(world: World) -> None:
    """The target lies in the source, and a symbolic link hides it."""
    old(world)
    (world.source / "mirror").mkdir()
    world.target.symlink_to(world.source / "mirror", target_is_directory=True)


def around_source(world: World) -> None:
    """The source lies in the target."""
    old(world)
    world.source.rename(world.root / "inside")
    world.target.mkdir()
    (world.root / "inside").rename(world.target / "inside")
    world.source.symlink_to(world.target / "inside", target_is_directory=True)


def clones() -> None:
    """A file system that clones blocks, simulated: the bytes are copied."""
    real = fcntl.ioctl

    def ioctl(writing: int, request: int, reading: Any = 0) -> Any:
        if request != 0x40049409:
            return real(writing, request, reading)
        return os.pwrite(writing, os.pread(reading, 1 << 20, 0), 0)

    fcntl.ioctl = ioctl  # type: ignore[assignment]  # for this process only


def two_disks() -> None:
    """Source and target on two file systems, simulated: links between them are refused, and fast copies too."""
    real = os.link

    def link(src: Any, dst: Any, **more: Any) -> None:
        if "dst_dir_fd" in more and more.get("src_dir_fd") != more["dst_dir_fd"]:  # else: into the target's own trash
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), src)
        real(src, dst, **more)

    for name, call in (("link", link), ("copy_file_range", _refused), ("sendfile", _refused)):
        setattr(os, name, call)


def no_links() -> None:
    """A file system without hard links, simulated."""
    os.link = _no_link


def _refused(*_: Any) -> int:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def _no_link(*_: Any, **__: Any) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


COPY, FORCED, CLONE = Materializer.COPY, Materializer.FORCE_COPY, Materializer.REFLINK
DELETE = {"delete": True}


def few_are_many() -> None:
    """Let a small library be worth two processes."""
    vars(hands).update(MANY=1)
    vars(apply).update(TITLES=1)


STORIES = (
    Story("first run, links", old),
    Story("first run, Jellyfin to Plex", jellyfin, {"source_layout": Layout.JELLYFIN}),
    Story("first run, copies", old, {"materializer": COPY}),
    Story("first run, copies by hand", old, {"materializer": COPY}, around=two_disks),
    Story("first run, clones (simulated)", old, {"materializer": CLONE}, around=clones),
    Story("changes, no delete", using()),
    Story("changes, delete", using(), DELETE),
    Story("first run, two processes", old, {"jobs": 2}, around=few_are_many),
    Story("changes, delete, two processes", using(), {"delete": True, "jobs": 2}, around=few_are_many),
    Story("changes, delete, copies", using(materializer=COPY), {"delete": True, "materializer": COPY}),
    Story("changes, delete, copies anew", using(materializer=COPY), {"delete": True, "materializer": FORCED}),
    Story(
        "changes, copies, no hard links (simulated)",
        using(materializer=COPY),
        {"delete": True, "materializer": COPY},
        around=no_links,
    ),
    Story("changes, from links to copies", using(), {"delete": True, "materializer": COPY}),
    Story(
        "changes, Jellyfin to Plex",
        then(jellyfin, lambda world: mirrored(world, source_layout=Layout.JELLYFIN), change),
        {"delete": True, "source_layout": Layout.JELLYFIN},
    ),
    Story("nothing to do, quick", remembered, {"quick": True}),
    Story("nothing to do, all looked at", remembered, {"quick": True, "verify": True}),
    Story("changes, with a memory", then(remembered, change), {"quick": True, "delete": True}),
    Story("one film", using(), {"delete": True, "only": (A,)}),
    Story("undo of a first run", then(old, run_with()), verb="undo"),
    Story("undo of changes", then(using(), run_with(delete=True)), DELETE, "undo"),
    Story(
        "undo of copies",
        then(using(materializer=COPY), run_with(delete=True, materializer=COPY)),
        {"delete": True, "materializer": COPY},
        "undo",
    ),
    Story("import", staged, {}, "import", Outcome.DONE),
    Story("import, two disks (simulated)", staged, {}, "import", Outcome.DONE, two_disks),
    Story("import, copies", staged, {"move": False}, "import", Outcome.DONE),
    Story("diff", using(), {}, "diff", Outcome.DIFFERS),
    Story("plan", using(), DELETE, "plan", Outcome.DONE),
    Story("dry run", using(), {"delete": True, "dry_run": True}),
    Story(
        "refused: source empty",
        then(using(), lambda world: shutil.rmtree(world.source), lambda world: world.source.mkdir()),
        DELETE,
        ends=Outcome.REFUSED,
    ),
    Story("refused: another source", then(using(), other_disk), DELETE, ends=Outcome.REFUSED),
    Story("refused: target in source", nested, DELETE, ends=Outcome.REFUSED),
    Story("refused: source in target", around_source, DELETE, ends=Outcome.REFUSED),
)
