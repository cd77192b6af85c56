"""Which functions of the project threads may make: all that they do is known to be harmless there.

Such a function calls only what threads may make and what is pure, changes nothing that it did not
make itself, and looks at no state that may belong to its thread: attributes of objects of unknown
type, and variables of modules that are more than constants, could be a ``threading.local``.
"""

from __future__ import annotations

from collections.abc import Iterator

from .classes import events_of
from .effects.callees import Target
from .effects.inference import Inference
from .effects.model import MEMORY, describe
from .effects.selector import Attr
from .ir import (
    Call,
    Control,
    Enter,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Place,
    Store,
    Use,
    Value,
)
from .latency import latency_of
from .own_code import members

#: Words that such a function may not hold: they change names of others, or run code of a module.
_APART = frozenset({"import", "global", "nonlocal", "yield", "class", "decorator"})
_PER_THREAD = frozenset({"threading.local", "_thread._local"})


class ThreadFunctions:
    """Answers for the functions of one project; remembers what it found."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}
        self.busy: set[str] = set()  # scopes of functions with a pool of their own
        self._open: set[tuple[int, str]] = set()  # functions that are being gone through

    def may_make(self, inference: Inference, call: Call) -> bool:
        """May threads make a call of functions of the project?"""
        return self.refused(inference, call) == ""

    def refused(self, inference: Inference, call: Call) -> str:
        """Why threads may not make a call of the project's functions, or ""."""
        targets = inference.callees.targets(call)
        facts = inference.facts(call)
        if not targets or facts.entry is not None or facts.everything or call.awaited:
            return "it is no function of the project that is known"
        if inference.config.benign:
            return "what is declared benign in turn need not be so at once"
        for target in targets:
            if target.function is None or target.constructs:
                return "it makes an object"
            reason = self._why(target.inference, target.function)
            if reason:
                return f"`{target.function.qualname}` {reason}"
        return ""

    def waits(self, inference: Inference, call: Call) -> float:
        """Milliseconds that a call blocks; of functions of the project what is certain to run."""
        facts = inference.facts(call)
        if facts.entry is not None:
            return latency_of(facts)[0] if facts.threads else 0.0
        if facts.everything or call.awaited:
            return 0.0
        targets = inference.callees.targets(call)
        return min((self._waits(t) for t in targets), default=0.0)

    def _waits(self, target: Target) -> float:
        function = target.function
        key = (id(target.inference), function.scope) if function is not None else None
        if function is None or key is None or key in self._open:
            return 0.0
        self._open.add(key)
        waits = sum(
            self.waits(target.inference, event.call)
            for event in events_of(function)
            if isinstance(event, Invoke) and not event.guarded
        )
        self._open.discard(key)
        return waits

    def _why(self, inference: Inference, function: Function) -> str:
        key = id(inference), function.scope
        if key not in self._known:
            self._known[key] = "calls itself"
            self._known[key] = self._found(inference, function)
        return self._known[key]

    def _found(self, inference: Inference, function: Function) -> str:
        if function.scope in self.busy:
            return "has a pool of its own, and each of its calls would have one"
        if function.is_async or function.is_generator or function.decorators:
            return "is no plain function"
        summary = inference.summary(function)
        if summary.everything or summary.affine or summary.ends:
            return "does what is not known, or has to stay in its thread"
        if summary.handles or summary.locking.locks or summary.locking.held:
            return "uses a handle, or a lock, one call at a time"
        for effect in summary.effects:
            if effect.writes and effect.resource.domain == MEMORY:
                return f"changes {describe(effect.resource)}, and threads would do so at once"
        calls = [e.call for e in events_of(function) if isinstance(e, Invoke)]
        callees = {p for call in calls if (p := call.function.place) is not None}
        found = [self._call(inference, call) for call in calls]
        found += [self._event(inference, event, callees) for event in events_of(function)]
        return next(filter(None, found), "")

    def _call(self, inference: Inference, call: Call) -> str:
        facts = inference.facts(call)
        if facts.everything or call.awaited:
            return f"calls `{facts.name}`, of which too little is known"
        if facts.entry is None:
            return self.refused(inference, call)
        # What a pure function of a library runs of the project's own classes is not looked at.
        own = any(self._of_project(inference, a.value) for a in call.arguments)
        if facts.threads or (facts.pure and not facts.entry.is_async and not own):
            return ""
        return f"calls `{facts.name}`, and no declaration says that threads may make that call"

    def evaluated(self, inference: Inference, call: Call) -> str:
        """Why a thread may not evaluate what a call is made of, callee and arguments; or ""."""
        callees = {p for p in (call.function.place,) if p is not None}
        inner = [e.call for e in call.setup if isinstance(e, Invoke)]
        callees |= {p for c in inner if (p := c.function.place) is not None}
        found = [self._call(inference, c) for c in inner]
        found += [self._event(inference, event, callees) for event in call.setup]
        return next(filter(None, found), "")

    def _of_project(self, inference: Inference, value: Value) -> bool:
        """May it be an object of a class of the project, whose operators are code as well?"""
        kinds = inference.resolver.values.of(value).each
        return any(members(inference, kind) is not None for kind in kinds)

    def _event(self, inference: Inference, event: object, callees: set[Place]) -> str:
        match event:
            case Control(word=word):
                return f"holds `{word}`" if word in _APART else ""
            case Enter(value=value, asynchronous=asynchronous):
                handle = inference.footprints.manager(value) == "handle" and not asynchronous
                return "" if handle else "enters what is no plain handle"
            case Use(place=place):
                return self._looked_up(inference, place, callees)
            case Store(place=place) | Mutate(place=place):
                return self._looked_up(inference, Place(place.symbol, place.steps[:-1]), callees)
            case Operate(values=values):
                own = any(self._of_project(inference, value) for value in values)
                return "has operators of the project's own classes" if own else ""
            case Iterate(value=value):
                own = self._of_project(inference, value)
                return "goes through an object of the project's own classes" if own else ""
            case _:
                return ""

    def _looked_up(self, inference: Inference, place: Place, callees: set[Place]) -> str:
        """Why what stands at a path may not be the same for all threads, or ""."""
        info = inference.module.symbols.get(place.symbol)
        words = f"looks at `{inference.resolver.place_name(place)}`, which may differ by thread"
        if info is not None and info.kind == "import":
            return "" if any(_begins(callee, place) for callee in callees) else words
        if place.symbol.startswith(":") and info is not None:
            if info.function or info.cls:
                return words if place.steps else ""
            if info.opaque_bindings or not info.values or not all(map(_constant, info.values)):
                return words
        for owner, name in _owners(place):
            kind = inference.resolver.values.at(owner)
            if not kind.known or any(one.name in _PER_THREAD for one in kind.each):
                return words
            known = [members(inference, one) for one in kind.each]
            if any(m is not None and name in m.computed for m in known):
                return words  # a property is code too
        return ""


def _owners(place: Place) -> Iterator[tuple[Place, str]]:
    """The objects on a path of which an attribute is looked up, and its name."""
    for i, step in enumerate(place.steps):
        if isinstance(step, Attr):
            yield Place(place.symbol, place.steps[:i]), step.name


def _begins(callee: Place, place: Place) -> bool:
    return callee.symbol == place.symbol and callee.steps[: len(place.steps)] == place.steps


def _constant(value: Value) -> bool:
    """A literal, or a new container of such."""
    if value.is_literal:
        return True
    return value.fresh and value.place is None and not value.function and \
        bool(value.held or value.type) and all(map(_constant, value.held))  # fmt: skip
