"""Fuzzes structured inputs with Hypothesis: round after round with other seeds until the time is over."""

from collections.abc import Callable
import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st

from .findings import Notebook
from .target import signature, tell

ROUND = 200
"""Examples of one round; then the seed is the next."""


def run(
    book: Notebook, strategy: st.SearchStrategy[Any], attempt: Callable[[str], BaseException | None], seconds: float
) -> None:
    """Draw values, try them as JSON, write down the smallest of each cause. `attempt` gives what an input breaks."""
    book.begin()
    number = 0
    while book.seconds < seconds:
        _round(book, strategy, attempt, seconds, book.result.seed + number)
        number += 1
        book.save()


def _round(
    book: Notebook,
    strategy: st.SearchStrategy[Any],
    attempt: Callable[[str], BaseException | None],
    seconds: float,
    seed: int,
) -> None:
    """Look at a round's examples; of the first new cause, shrink."""
    smallest: dict[str, tuple[str, str]] = {}
    chosen: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(value: Any) -> None:
        if book.seconds > seconds and not chosen:
            return
        text = json.dumps(value)
        error = attempt(text)
        book.tried()
        if error is None:
            return
        cause = signature(error)
        if cause in book.result.findings or (chosen and cause != chosen[0]):
            return
        chosen[:] = [cause]
        smallest[cause] = (text, tell(error))
        raise RuntimeError(cause) from error  # for Hypothesis all causes are alike

    try:
        one()
    except Exception:
        if not smallest:
            raise
    for cause, (text, told) in smallest.items():
        book.found(cause, text, told)
