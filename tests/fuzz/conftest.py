"""The house that is fuzzed is made of the fixtures of the integration's tests."""

import pytest

from simulator import Simulator
from tests.integration import conftest
from tests.integration.conftest import MakePlex, integration, make_entry, setup

from .house import house
from .target import SECRETS

__all__ = ["house", "integration", "make_entry", "make_plex", "plex", "setup"]

make_plex = conftest.make_plex


@pytest.fixture(name="plex")
async def plex(make_plex: MakePlex) -> Simulator:
    """A server with secrets that are found when they are told."""
    return await make_plex(name=SECRETS[1], token=SECRETS[0])
