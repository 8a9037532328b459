"""Fuzzes one structured target with Hypothesis (`python -m tests.fuzz.unguided TARGET ...`); see `__main__`."""

from importlib import import_module
from pathlib import Path
import sys

import pytest

from . import drawn, target as targets
from .findings import Notebook, Result, arguments


def main() -> None:
    """Fuzz until the time is over."""
    given = arguments()
    book = Notebook(Result(given.target, given.seed, "hypothesis"), given.work)
    if given.target == "plans":
        import tests.bare  # noqa: F401 - nothing of Home Assistant is loaded

        module = import_module("tests.fuzz.plans")
        drawn.run(book, module.STRATEGY, lambda text: targets.attempt(module.TARGET, text), given.seconds)
        return
    sys.exit(in_house(book, given.seconds))


def in_house(book: Notebook, seconds: float) -> int:
    """Fuzz a target of the house inside pytest, which brings Home Assistant along."""

    class Given:
        """Hands over what was asked for."""

        @pytest.fixture
        def asked(self) -> tuple[Notebook, float]:
            return book, seconds

    file = str(Path(__file__).with_name("long_run.py"))
    return int(
        pytest.main([file, "-q", "-p", "no:cacheprovider", "-p", "no:logging", "--timeout=0"], plugins=[Given()])
    )


if __name__ == "__main__":
    main()
