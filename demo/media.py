"""The demo's media: a film library in the Plex layout that another program writes, some shows and some music."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys

FILMS = 60
MEBIBYTE = 1024 * 1024
VIDEOS = frozenset({".mkv", ".mp4", ".m4v"})

SHOWS = {
    "The Lighthouse Keepers (2019) {tvdb-900001}": (2, 6),
    "Small Town Orchestra (2021) {tvdb-900002}": (1, 8),
    "North Sea Nights (2016) {tvdb-900003}": (3, 5),
}
"""Show folder -> number of seasons and of episodes in each."""

ALBUMS = {
    "Marta Linde": {"Paper Boats (2018)": 9, "Low Tide (2022)": 7},
    "The Quiet Engines": {"Night Shift (2015)": 10},
}


def films(folder: Path, *, count: int = FILMS) -> None:
    """Let ``jellyplex-gen`` write ``count`` films into the missing or empty ``folder``.

    The films are its own idea of a Plex library, not ours. Its files are tiny, so the videos get a size: holes, which
    take no room on the disk.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    generator = Path(sys.executable).with_name("jellyplex-gen")
    command = [str(generator), "plex", "--out", str(folder), "--movies", str(count), "--seed", "steward"]
    subprocess.run([*command, "--with-extras", "--max-content-size", "2000"], check=True, capture_output=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    for video in sorted(folder.rglob("*")):
        if video.suffix in VIDEOS:
            grow(video)


def grow(video: Path) -> None:
    """Give the file a size after its name: more for 4K, less for extras, the same at every run."""
    chance = hashlib.sha256(video.name.encode()).digest()[0] / 255
    full = 60 if "2160p" in video.name or "4k" in video.name.lower() else 20
    least = 2 if "{" not in video.stem else full // 2
    os.truncate(video, int((least + chance * full / 2) * MEBIBYTE) + video.stat().st_size)


def shows(folder: Path) -> None:
    """Write a few shows in the Plex layout."""
    for name, (seasons, episodes) in SHOWS.items():
        title = name.partition(" {")[0]
        for season in range(1, seasons + 1):
            place = folder / name / f"Season {season:02}"
            place.mkdir(parents=True, exist_ok=True)
            for episode in range(1, episodes + 1):
                video = place / f"{title} - s{season:02}e{episode:02} - Part {episode} [1080p].mkv"
                if not video.exists():
                    video.write_bytes(video.name.encode())
                    grow(video)


def music(folder: Path) -> None:
    """Write a few albums."""
    for artist, albums in ALBUMS.items():
        for album, tracks in albums.items():
            place = folder / artist / album
            place.mkdir(parents=True, exist_ok=True)
            for track in range(1, tracks + 1):
                file = place / f"{track:02} - Track {track}.flac"
                if not file.exists():
                    file.write_bytes(file.name.encode())
                    os.truncate(file, 3 * MEBIBYTE + track)
