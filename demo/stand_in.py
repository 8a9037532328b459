"""Start Home Assistant with plex.tv played by the simulator.

The product knows one address of plex.tv, a constant; users get no switch for it. Here, and only here, it is replaced
before Home Assistant loads the integration: ``PLEX_STEWARD_PLEX_TV`` names the simulator's address.
Run as ``python -m demo.stand_in`` with the arguments of ``hass``.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
from pathlib import Path
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ADDRESS = "PLEX_STEWARD_PLEX_TV"
"""The environment variable with plex.tv's stand-in, for example ``http://127.0.0.1:40123``."""
MODULE = "custom_components.plex_steward.plex.account"


class _Replacing(importlib.abc.MetaPathFinder):
    """Puts the stand-in's address into the account module as soon as that is loaded."""

    def find_spec(
        self,
        fullname: str,
        path: object = None,
        target: ModuleType | None = None,  # noqa: ARG002 - importlib says so
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the one module by the usual way, with its loader wrapped."""
        if fullname != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]  # a package's path
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            # The constant this is all about.
            module.PLEX_TV = module.PlexTv.at(os.environ[ADDRESS])  # type: ignore[attr-defined]  # that module has both

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader only
        return spec


def main() -> int:
    """Run Home Assistant in this process."""
    # Home Assistant must find the integration in its own folder, as everywhere, and not in this checkout.
    here = Path(__file__).resolve().parent.parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    if os.environ.get(ADDRESS):
        sys.meta_path.insert(0, _Replacing())
    from homeassistant.__main__ import main as hass  # noqa: PLC0415 - only now, with the finder in place

    return hass()


if __name__ == "__main__":
    sys.exit(main())
