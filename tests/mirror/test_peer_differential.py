"""jellyplex-sync and we, side by side on the same libraries: the same trees, file by file.

Where the two are meant to differ is in `docs/naming.md`; the libraries here hold
what they agree on, which is what its users have.
"""

from __future__ import annotations

import os
from pathlib import Path
import random
import subprocess
import sys

import pytest

from custom_components.plex_steward.mirror.model import Kind, Layout, Options, Sidecars
from custom_components.plex_steward.mirror.plan import plan
from custom_components.plex_steward.mirror.scan import scan

from .trees import JELLYFIN, PLEX, carry_out, inodes, write

BIN = Path(sys.executable).parent
SEEDS = ["a", "b", "c", "d"]

WORDS = ["The", "A", "Last", "Red", "Silent", "House", "River", "Wölfe", "侍", "Ärger", "2049", "&", "Dr.", "O'Neil"]
P_LABELS = ["", "[1080p]", "[720p]", "[2160p]", "[4k]", "[DVD]", "[576i]", "[1440p]", "[1080p] [remux]", "[HEVC] [BD]"]
J_LABELS = [
    "",
    " - BD",
    " - 720p",
    " - 4k",
    " - DVD",
    " - 1440p",
    " - BD Final Cut",
    " - Final Cut 4k",
    " - Uncut",
    " - [1080p]",
]
EDITIONS = ["", "", " {edition-Director's Cut}", " {edition-Cut - Extended}", " {Edition-TV Fassung}"]
OTHERS = [".en.srt", ".nfo", "-poster.jpg"]


def library(seed: int, layout: Layout, films: int = 40) -> list[str]:
    """Make up the paths of a library."""
    chance = random.Random(seed)
    paths: list[str] = []
    for number in range(films):
        title = " ".join(chance.choices(WORDS, k=chance.randint(1, 4))) + f" {number}"
        ids = chance.sample(["imdb-tt%07d", "tmdb-%d", "tvdb-%d"], k=chance.choice([0, 1, 1, 1, 2, 3]))
        blocks = [one % number for one in ids]
        if layout is JELLYFIN:
            marks = [" [" + block.replace("-", "id-", 1) + "]" for block in blocks]
        else:
            marks = [f" {{{block}}}" for block in blocks]
        folder = title + chance.choice(["", f" ({chance.randint(1900, 2030)})"]) + "".join(marks)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            rest = chance.choice(J_LABELS)
            if layout is PLEX:
                label = chance.choice(P_LABELS)
                rest = chance.choice(EDITIONS) + (f" {label}" if label else "")
            paths.append(f"{folder}/{folder}{rest}.{chance.choice(['mkv', 'mkv', 'm4v'])}")
            if chance.random() < 0.3:
                paths.append(f"{folder}/{folder}{rest}{chance.choice(OTHERS)}")
        extras = ["Trailers/t.mkv", "other/x.mkv", "poster.jpg", "Subs/en.srt", "Behind The Scenes/a/b.mkv"]
        paths += [f"{folder}/{extra}" for extra in chance.sample(extras, k=2)]
    return paths


def theirs(source: Path, target: Path, layout: Layout, target_layout: Layout) -> dict[str, int]:
    """Let jellyplex-sync mirror a library; return the tree it makes."""
    formats = ["--source-format", layout, "--target-format", target_layout]
    command = [str(BIN / "jellyplex"), "sync", "--create", *formats, str(source), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=os.environ | {"PYTHONUTF8": "1"})
    return inodes(target)


def ours(source: Path, target: Path, layout: Layout, target_layout: Layout) -> dict[str, int]:
    """Mirror a library ourselves; return the tree."""
    options = Options(layout, target_layout, Kind.MOVIES, Sidecars.KEEP)
    made = plan(scan(str(source)), scan(str(target), missing_ok=True), options)
    assert [title.problems for title in made.titles if title.problems] == []
    carry_out(made)
    assert plan(
        scan(str(source)), scan(str(target)), Options(layout, target_layout, Kind.MOVIES, Sidecars.KEEP, delete=True)
    ).empty
    return inodes(target)


@pytest.mark.parametrize("seed", SEEDS)
def test_libraries_of_their_own_generator_both_ways(seed: str, tmp_path: Path) -> None:
    source = tmp_path / "plex"
    generator = [
        str(BIN / "jellyplex-gen"),
        "plex",
        f"--seed={seed}",
        "--movies=60",
        "--with-extras",
        f"--out={source}",
    ]
    subprocess.run(generator, check=True, capture_output=True, timeout=120)
    made = theirs(source, tmp_path / "their jellyfin", PLEX, JELLYFIN)
    assert made == ours(source, tmp_path / "our jellyfin", PLEX, JELLYFIN)
    assert len(made) > 60
    back = theirs(tmp_path / "our jellyfin", tmp_path / "their plex", JELLYFIN, PLEX)
    assert back == ours(tmp_path / "our jellyfin", tmp_path / "our plex", JELLYFIN, PLEX)


@pytest.mark.parametrize(
    "layouts", [(PLEX, JELLYFIN), (JELLYFIN, PLEX), (PLEX, PLEX), (JELLYFIN, JELLYFIN)], ids="-".join
)
@pytest.mark.parametrize("seed", range(4))
def test_libraries_of_ours(seed: int, layouts: tuple[Layout, Layout], tmp_path: Path) -> None:
    source = write(tmp_path / "source", library(seed, layouts[0]))
    made = theirs(source, tmp_path / "theirs", *layouts)
    assert made == ours(source, tmp_path / "ours", *layouts)
    assert len(made) > 80
