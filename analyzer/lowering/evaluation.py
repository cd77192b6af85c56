"""The table of expression lowerings, and the one function that looks into it."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from ..ir import Control, Operate, Risk, Use, Value
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


def test(node: cst.BaseExpression, context: Context, *, deep: bool) -> Value:
    """Evaluate a condition: the value, then its truth (reference, 6.11).

    ``deep``: the value is what is looked at, too (`a or b`).
    """
    value = evaluate(node, context, deep=deep)
    if not deep and value.place is not None and not value.immutable:
        context.add(Use(value.place, deep=False, guarded=context.guarded, truth=True))
    if not value.immutable:
        context.add(Operate((value,), Risk.TRUTH, context.guarded))
    return value
