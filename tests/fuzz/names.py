"""Names of the mirror: one title as a listing of paths, read and written in both layouts."""

from collections.abc import Iterable
from pathlib import Path

from custom_components.plex_steward.mirror.layout import detect
from custom_components.plex_steward.mirror.model import Kind, Layout, Options, Sidecars
from custom_components.plex_steward.mirror.names import (
    extras,
    read_folder,
    read_video,
    shows,
    write_folder,
    write_video,
)
from tests.mirror.test_name_properties import ATOMS, usable
from tests.mirror.trees import EMPTY, nested, tree

from .target import Finding, Target
from .trees import sound

DATA = Path(__file__).parents[1] / "mirror" / "data"
LAYOUTS = (Layout.PLEX, Layout.JELLYFIN)


def check(text: str) -> None:
    """The first letter holds the options, the first line the title's folder, each further line a path in it."""
    options = _options(ord(text[0]) if text else 0)
    folder, *lines = text[1:].split("\n")
    for stem in (folder, *lines):
        _parsers(folder, stem)
    if not usable(folder):
        return
    listed = [line for line in lines if line and all(usable(part) for part in line.split("/"))]
    try:
        source = tree({folder: nested(listed)})
    except AttributeError, TypeError:
        return  # one path takes for a folder what is a file in another
    detect(source.folder)
    sound(source, EMPTY, options)


def _options(number: int) -> Options:
    return Options(
        source_layout=LAYOUTS[number & 1],
        target_layout=LAYOUTS[number >> 1 & 1],
        sidecars=list(Sidecars)[number >> 2 & 1],
        delete=bool(number & 8),
        fold_case=bool(number & 16),
        kind=list(Kind)[(number >> 5 & 3) % 3],
    )


def _parsers(folder: str, stem: str) -> None:
    """Every reader and writer by itself."""
    for layout in LAYOUTS:
        for target in LAYOUTS:
            shows.map_season(stem, layout, target)
            extras.map_folder(stem, layout, target)
            shows.map_episode(stem, folder, "Target", target)
            extras.write_extra(*extras.split_extra(stem), target)
        if (found := read_folder(folder, layout)) is None:
            continue
        video = read_video(stem, folder, found, layout)
        for target in LAYOUTS:
            name, _ = write_folder(found, target)
            written, _ = write_video(name, video, layout, target)
            if not name.strip() or ("/" in name + written and "/" not in folder + stem):
                raise Finding(f"a name of nothing, or a path: {name!r} {written!r}")
    shows.season(stem)


def seeds() -> Iterable[str]:
    """Real names and those of other tools, as titles of every kind."""
    yield "\x00M (2010) {imdb-tt0000001}\nM (2010) {imdb-tt0000001} {edition-Cut} [1080p].mkv\na.jpg\nTrailers/a.mkv"
    yield "\x03M (2010) [imdbid-tt1]\nM (2010) [imdbid-tt1] - BD Cut [x264].mkv\nM (2010) [imdbid-tt1] - 4k.en.srt"
    yield "\x42S (2001) {tvdb-3}\nSeason 01/S (2001) - S01E01-02.mkv\nSpecials/S - S00E01 {imdb-tt1}.mkv\nShow.nfo"
    real = (DATA / "real_names.txt").read_text(encoding="utf-8").splitlines()
    for number, name in enumerate(real[:: max(1, len(real) // 120)]):
        yield f"{chr(number & 127)}{name[:120]}\n{name[:120]} [1080p].mkv\n{name[:120]}.en.srt"
    cases = (DATA / "peer_cases.json").read_text(encoding="utf-8")
    words = [word for word in cases.split('"') if "(" in word or "[" in word]
    for number, name in enumerate(words[:: max(1, len(words) // 80)]):
        yield f"{chr(number & 127)}{name[:120]}\n{name[:120]}.mkv"


TARGET = Target("names", check, seeds, words=(*ATOMS, ".mkv", ".srt", "\n", "season ", "/"), longest=600)
