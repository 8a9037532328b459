"""Paths of a server that runs on another system than we do."""

import pytest

from custom_components.plex_steward.stewardship.server_paths import below, overlap, sound, within


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/data/films/Alien", "/data/films", True),
        ("/data/films", "/data/films/", True),
        ("/data/films2", "/data/films", False),
        ("/data", "/data/films", False),
        ("/Data/films", "/data", False),
        (r"M:\Media\Films\Alien", r"m:\media", True),
        (r"M:\Media", r"N:\Media", False),
        ("M:/Media/Films", r"M:\Media", True),
        (r"\\nas\media\films", r"\\NAS\media", True),
    ],
)
def test_within(path: str, folder: str, expected: bool) -> None:
    assert within(path, folder) is expected
    assert overlap(path, folder) is (expected or within(folder, path))


def test_below_keeps_the_spelling() -> None:
    assert below("/data/films/New Films/", "/data") == ("films", "New Films")
    assert below(r"M:\Media\New Films", r"m:\media") == ("New Films",)
    assert below("/data", "/data/") == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/films/Alien (1979)", True),
        ("/data/films/Ali..en", True),
        (r"M:\Media\Films", True),
        (r"\\nas\media", True),
        ("data/films", False),
        ("/data/films/../..", False),
        ("/data/./films", False),
        (r"M:\Media\..\x", False),
        (r"..\x", False),
        ("/data/films\0", False),
        ("/data/\nfilms", False),
        ("", False),
    ],
)
def test_sound(path: str, expected: bool) -> None:
    assert sound(path) is expected
