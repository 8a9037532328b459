"""What is said of a mirror's two folders, without a touch."""

from pathlib import Path

import pytest

from custom_components.plex_steward.mirror.errors import ScanError
from custom_components.plex_steward.mirror.model import Layout, Options
from custom_components.plex_steward.mirror.settings import MirrorSettings
from custom_components.plex_steward.stewardship import mirror_health
from custom_components.plex_steward.stewardship.mirror_health import look, probe


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders that fit together, the source with a film."""
    source, target = tmp_path / "plex", tmp_path / "jellyfin"
    (source / "Film (2001)").mkdir(parents=True)
    (source / "Film (2001)" / "Film (2001).mkv").write_text("film")
    target.mkdir()
    return source, target


def mirror(source: Path, target: Path, anchor: str | None = None) -> MirrorSettings:
    """A mirror of two folders."""
    return MirrorSettings(str(source), str(target), Options(source_layout=Layout.PLEX), anchor=anchor)


def test_healthy(folders: tuple[Path, Path]) -> None:
    assert look(mirror(*folders)) is None
    assert probe(mirror(*folders)) is None
    assert list(folders[1].iterdir()) == []


def test_folders_that_are_one_another(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, target = folders
    twin = tmp_path / "twin"
    twin.symlink_to(source)
    (source / "inside").mkdir()
    assert look(mirror(source, twin)) == "same_folder"
    assert look(mirror(source, source / "inside")) == "target_in_source"
    assert look(mirror(source / "inside", source)) == "source_in_target"
    assert probe(mirror(source, twin)) == ("target", "same_folder", {})
    assert look(mirror(source, target, anchor=".mounted")) == "anchor_missing"
    assert look(mirror(tmp_path / "no", target)) == "source_missing"


@pytest.mark.parametrize("side", [0, 1])
def test_what_cannot_be_told_is_not_guessed(
    folders: tuple[Path, Path], side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder above one of them cannot be read: that, not a wrong relation, is said."""

    def relation(*paths: str) -> str:
        raise ScanError("unreadable", paths[side], 5)

    monkeypatch.setattr(mirror_health, "relation", relation)
    assert look(mirror(*folders)) == ("source_unreadable", "target_unreadable")[side]
