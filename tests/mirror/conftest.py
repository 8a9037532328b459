"""Fixtures for the mirror's tests."""

from __future__ import annotations

from collections.abc import Callable
import importlib
import json
import os
from pathlib import Path
import pkgutil
from typing import Any

import pytest

from custom_components.plex_steward import mirror
from custom_components.plex_steward.mirror.model import Outcome

from .disk import sync, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source")


@pytest.fixture
def target(tmp_path: Path, source: Path) -> Path:
    """A mirror that is in sync."""
    assert sync(source, tmp_path / "target").outcome is Outcome.DONE
    return tmp_path / "target"


@pytest.fixture
def as_user(tmp_path: Path) -> Callable[[Callable[[], Any]], Any]:
    """Call something as a user without special rights, in a child process; gives back what JSON can carry."""
    for module in pkgutil.walk_packages(mirror.__path__, f"{mirror.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)  # the child may not be able to read them

    def call(what: Callable[[], Any]) -> Any:
        if os.geteuid() != 0:
            return what()
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(folder.stat().st_mode | 0o111)
        for path in (tmp_path, *tmp_path.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                os.write(writing, json.dumps(what()).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        assert answer, "the child failed"
        return json.loads(answer)

    return call
