"""Make a film library in the Plex layout: 5.7 files and 1.5 folders per film, the same for the same seed."""

import os
from pathlib import Path
import random

_ADJECTIVES = ["Broken", "Silent", "Crimson", "Last", "Hidden", "Golden", "Winter", "Electric", "Distant", "Paper"]
_NOUNS = ["Lantern", "Harbour", "Machine", "Orchard", "Signal", "Kingdom", "Mirror", "Railway", "Island", "Garden"]


def make(root: Path, films: int, seed: int = 1) -> int:
    """Create the library and return the number of its files."""
    chance = random.Random(seed)
    root.mkdir(parents=True)
    return sum(_film(root, number, chance) for number in range(films))


def _film(root: Path, number: int, chance: random.Random) -> int:
    title = f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)} {number}"
    name = f"{title} ({chance.randint(1950, 2024)}) {{imdb-tt{1000000 + number}}}"
    folder = root / name
    folder.mkdir()
    versions = chance.choices([1, 2, 3], [70, 22, 8])[0]
    files = [f"{name} {label}.mkv" for label in chance.sample(["[1080p]", "[2160p]", "[720p]"], versions)]
    files += [f"{name}.nfo", "poster.jpg", "fanart.jpg"]
    files += [f"{name}.{language}.srt" for language in chance.sample(["en", "de", "fr"], chance.choice([0, 1, 1]))]
    if chance.random() < 0.25:
        for kind in chance.sample(["Trailers", "Behind The Scenes", "Featurettes"], 2):
            (folder / kind).mkdir()
            files += [f"{kind}/{title} {part}.mkv" for part in range(chance.choice([1, 1, 2]))]
    for file in files:
        os.close(os.open(folder / file, os.O_WRONLY | os.O_CREAT))
    return len(files)
