"""A pytest plugin that lets the inner rings stand alone: the integration's own ``__init__`` is not run.

With ``-p tests.bare`` the tests of the mirror and of the Plex ring import no Home Assistant, and those of the mirror
also run on Python 3.11.
"""

from pathlib import Path
import sys
from types import ModuleType

import custom_components

NAME = "custom_components.plex_steward"
FOLDER = Path(__file__).parents[1] / "custom_components" / "plex_steward"

if NAME not in sys.modules:
    package = ModuleType(NAME, "The integration's folder, without its code.")
    package.__path__ = [str(FOLDER)]
    sys.modules[NAME] = package
    custom_components.plex_steward = package  # type: ignore[attr-defined]  # as the import system would
