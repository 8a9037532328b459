"""``pip install .`` gives the mirror as a command that needs nothing but Python."""

import json
from pathlib import Path
from zipfile import ZipFile

from .conftest import ROOT, run

MANIFEST = ROOT / "custom_components" / "plex_steward" / "manifest.json"
FILM = "Film (1999) {imdb-tt0000001}/Film (1999) {imdb-tt0000001}.mkv"


def library(folder: Path) -> tuple[Path, Path]:
    source, target = folder / "plex", folder / "jellyfin"
    (source / FILM).parent.mkdir(parents=True)
    (source / FILM).write_bytes(b"film")
    target.mkdir()
    return source, target


def test_it_holds_the_mirror_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    code = {name for name in names if ".dist-info/" not in name}
    mirror = ROOT / "custom_components" / "plex_steward" / "mirror"
    expected = {f"plex_steward_mirror/{path.relative_to(mirror)}" for path in mirror.rglob("*.py")}
    assert {name for name in code if name.endswith(".py")} == expected
    assert all(name.startswith("plex_steward_mirror/") for name in code)
    assert "Requires-Dist" not in metadata
    assert "Requires-Python: >=3.11" in metadata


def test_its_version_is_the_integrations(wheel):
    version = json.loads(MANIFEST.read_text(encoding="utf-8"))["version"]
    assert wheel.name.startswith(f"plex_steward_mirror-{version}-")


def test_it_says_what_it_can(command):
    text = run(command, "--help")
    assert all(verb in text for verb in ("sync", "diff", "plan", "undo"))


def test_it_links_a_library(command, tmp_path):
    source, target = library(tmp_path)
    run(command, "sync", source, target)
    linked = [path for path in target.rglob("*.mkv") if path.is_file()]
    assert [path.stat().st_ino for path in linked] == [(source / FILM).stat().st_ino]


def test_a_dry_run_writes_nothing(command, tmp_path):
    source, target = library(tmp_path)
    run(command, "sync", "--dry-run", source, target)
    assert list(target.iterdir()) == []


def test_its_report_is_json(command, tmp_path):
    source, target = library(tmp_path)
    report = json.loads(run(command, "sync", "--json", source, target))
    assert isinstance(report, dict)
    assert report
