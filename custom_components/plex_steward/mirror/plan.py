"""Compare two trees: what would make the target right. Pure, no disk."""

from __future__ import annotations

from .model import Options, Plan, Tree


def plan(source: Tree, target: Tree, options: Options) -> Plan:
    """Say for every file of `source` what `target` needs.

    Raises LayoutError when the layout is to be detected and cannot be.
    """
    raise NotImplementedError
