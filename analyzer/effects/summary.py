"""What is known of a function of the project, in the words of its parameters and of modules."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Function
from .facts import NO_LOCKS, Locking
from .model import Effect, Resource
from .roots import Origin


@dataclass(frozen=True, slots=True)
class Summary:
    """Effects whose roots are parameters (``function:name``), modules (``<module>``) or ``?``.

    ``result`` is what it may return of others' objects, ``held`` what new objects that it returns
    may lead to, and ``makes`` whether it may return such a new one. ``links`` are the parameters
    (symbols, and "" for the result) that may be, or hold, one object afterwards; True: somebody
    else may keep it too. ``ends``: a manager that does something, when it is left, to an object
    that it made and yielded.
    """

    effects: tuple[Effect, ...] = ()
    everything: str = ""
    unknown: str = ""  # qualified name of the unknown call behind `everything`
    contained: bool = False  # all that runs is known, so nobody unknown keeps what it is handed
    affine: bool = False
    raises: bool = False
    handles: tuple[Resource, ...] = ()
    cancel_unsafe: bool = False
    latency_ms: float = 0.0
    result: frozenset[Origin] = frozenset()
    held: frozenset[Origin] = frozenset()
    makes: bool = False
    links: tuple[tuple[frozenset[str], bool], ...] = ()
    returns: str = "alias"
    assumes: tuple[str, ...] = ()
    locking: Locking = NO_LOCKS
    ends: bool = False


#: What the first round takes of a function whose component is still being gone through.
BOTTOM = Summary(returns="immutable")


def all_linked(function: Function) -> tuple[tuple[frozenset[str], bool], ...]:
    return ((frozenset({"", *function.parameters}), True),)
