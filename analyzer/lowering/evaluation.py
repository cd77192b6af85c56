"""The table of expression lowerings, and the one function that looks into it."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from ..ir import Control, Operate, Risk, Value
from .context import Context

Lower = Callable[[cst.BaseExpression, Context, bool], Value]
#: Filled by `expressions.py`; the lowerings of parts call `evaluate` again.
LOWERINGS: dict[type[cst.CSTNode], Lower] = {}


def evaluate(node: cst.BaseExpression, context: Context, *, deep: bool = True) -> Value:
    """Add the events of evaluating ``node`` and return its value.

    ``deep``: the value's content is looked at here; False where it is only passed on.
    """
    lower = LOWERINGS.get(type(node))
    if lower is not None:
        return lower(node, context, deep)
    if not isinstance(node, cst.Ellipsis):
        context.add(Control("expression", context.guarded))  # not known here: nothing passes it
    return Value(immutable=True)


def test(node: cst.BaseExpression, context: Context) -> Value:
    """Evaluate a condition: the value, then its truth (reference, 6.11)."""
    value = evaluate(node, context)
    if not value.immutable:
        context.add(Operate((value,), Risk.TRUTH, context.guarded))
    return value
