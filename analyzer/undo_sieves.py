"""Output text → the condition with which each turn of a loop began, and which is a filter now."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from enum import Enum

from .lowering.compare import Item

_INVERSE = {"Is": "IsNot", "IsNot": "Is", "In": "NotIn", "NotIn": "In"}
#: Opposites for numbers and texts only: where one took the place of the other is told apart.
_EQUAL = {"Equal": "NotEqual", "NotEqual": "Equal"}


class Sieved(Enum):
    """How the condition of a turn became a filter."""

    PLAIN = "plain"
    SCALARS = "scalars"  # `!=` took the place of `==`, or the other way round


def chosen(
    value: object, name: str, target: object, iterable: object
) -> tuple[object, object] | None:
    """What a list of those elements that a condition lets through is made from, and the condition.

    ``name`` is what the list is bound to, which the loop goes through.
    """
    if not name or iterable != ("Name", name):
        return None
    match value:
        case ("ListComp", element, ("CompFor", own, inner, ("[]", ("CompIf", test)), None, None)):
            return (inner, test) if element == own == target else None
        case _:
            return None


def sieved_as(old: Item, restored: Item, test: object) -> Sieved | None:
    """How ``old`` is the loop ``restored``, of which each turn begins with a condition.

    None if it is another one. Of those turns that it leaves out nothing is left: no `else` of the
    loop looks at them.
    """
    if len(old.blocks) != 1 or len(restored.blocks) != 1 or old.canon != restored.canon:
        return None
    first, *rest = old.blocks[0]
    match first.canon:
        case ("If", condition, "…", None):
            pass
        case _:
            return None
    if len(first.blocks) != 1:
        return None
    (inner,) = first.blocks
    if [item.canon for item in inner] == [("Continue",)]:
        found = _negated(condition, test)
        return found if rest and tuple(rest) == restored.blocks[0] else None
    same = not rest and condition == test and inner == restored.blocks[0]
    return Sieved.PLAIN if same else None


def _negated(one: object, other: object) -> Sieved | None:
    """Is one condition true where the other is false, and do they evaluate the same?"""
    if ("UnaryOperation", ("Not",), one) == other or ("UnaryOperation", ("Not",), other) == one:
        return Sieved.PLAIN
    match one, other:
        case (
            ("Comparison", left, ("[]", ("ComparisonTarget", (str(sign), *_), right))),
            ("Comparison", same, ("[]", ("ComparisonTarget", (str(inverse), *_), too))),
        ):
            if left == same and right == too:
                if _INVERSE.get(sign) == inverse:
                    return Sieved.PLAIN
                return Sieved.SCALARS if _EQUAL.get(sign) == inverse else None
            return None
        case _:
            return None
