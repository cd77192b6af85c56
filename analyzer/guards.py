"""What stands behind a guard in a canonical form, and which kinds of nodes are in one."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .comprehensions import Comprehension
from .ir import Span
from .lowering.compare import expression_form

_GUARDS = frozenset(
    (kind,) for kind in ("Lambda", "IfExp", "BooleanOperation", "ListComp", "SetComp", "DictComp",
                         "GeneratorExp")
)  # fmt: skip


def _chained(part: tuple[object, ...]) -> bool:
    comparisons = part[2] if part[:1] == ("Comparison",) and len(part) > 2 else ()
    return isinstance(comparisons, tuple) and len(comparisons) > 2


def guarded_form(text: str, one: Comprehension, call: Span | None = None) -> bool:
    """Does the one `await` of an element, or of its condition, stand behind a guard?

    ``call``: where the call is that is asked for, if it is none that is awaited.
    """
    part = one.conditions[0] if one.asks else one.element
    shown = text[part.start : part.end]
    if call is not None:
        if not part.start <= call.start < call.end <= part.end:
            return True  # it stands in a condition
        before, after = text[part.start : call.start], text[call.end : part.end]
        shown = f"{before}(await None){after}"
    form = expression_form(f"{{{shown}\n}}" if one.kind == "dict" and not one.asks else shown)

    def guarded(part: object, behind: bool) -> bool:
        if not isinstance(part, tuple):
            return False
        if part[:1] == ("Await",) and behind:
            return True
        inside = behind or part[:1] in _GUARDS or _chained(part)
        return any(guarded(p, inside) for p in part)

    return guarded(form, False)


def kinds_of(form: object) -> set[str]:
    if not isinstance(form, tuple):
        return set()
    found = {form[0]} if form and isinstance(form[0], str) else set[str]()
    return found.union(*(kinds_of(part) for part in form))
