"""The locks that a `with` holds while its body runs, as far as they keep other tasks out."""

from __future__ import annotations

from .accesses import OPAQUE_LOCK
from .effects.body import Body
from .effects.model import MEMORY, Resource
from .ir import Enter, Statement

#: Managers that keep no other task out.
_OPEN_MANAGERS = frozenset({"handle", "opened", "deadline", "suppress", "limiter", "transaction"})


def held_in(body: Body, statement: Statement) -> tuple[frozenset[Resource], bool]:
    """The locks that a `with` of a function holds, and whether one may bound how many get in.

    ``OPAQUE_LOCK`` is one that may be held, and cannot be told from others.
    """
    found: set[Resource] = set()
    bound = False
    for enter in statement.managers:
        lock, bounds = _lock(body, enter)
        bound = bound or bounds
        if lock is not None:
            found.add(lock)
    return frozenset(found), bound


def _lock(body: Body, enter: Enter) -> tuple[Resource | None, bool]:
    kind = body.locks.kind(enter.value)
    if kind.endswith("Semaphore"):
        if body.locks.several(enter.value):
            return None, True  # one that lets several in keeps nobody out
    elif not kind.endswith("Lock") and kind != "asyncio.Condition":
        known = body.footprints.manager(enter.value)
        bounds = body.locks.limited(enter.value) is not None or known in ("", "limiter")
        if known in _OPEN_MANAGERS or (known and known not in ("lock", "state")):
            return None, bounds
        return OPAQUE_LOCK, bounds
    if enter.value.place is None:
        return OPAQUE_LOCK, True
    return Resource(MEMORY, body.inference.memory(enter.value.place)), True
