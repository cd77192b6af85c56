"""Methods that do no more than an operator on plain data does: they look, and may raise.

`a == b` on objects of the project runs its ``__eq__``. Where that method, and all that it may run
in turn, only looks at what it is given, the comparison reads its operands and does nothing else, so
that it needs no more than what is assumed of values of unknown type (contract §2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .classes import events_of
from .container_methods import VIEWS
from .effects.model import MEMORY
from .effects.selector import Attr
from .ir import Call, Control, Define, Event, Function, Invoke, Iterate, Operate, Place, Use, Value

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .index_facts import ClassFact
    from .typetext import Type

#: What answers with a truth or a text; of others it matters which object they answer with.
LOOKING = frozenset({
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__repr__", "__str__",
    "__format__",
})  # fmt: skip
_COMPARING = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
_ACCESS = frozenset({"__getattr__", "__getattribute__"})
_SETTING = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_WORDS = frozenset({"return", "raise", "break", "continue", "pass"})
#: A chain of methods that is longer than this is not followed.
_MOST = 40

One = tuple["Inference", Function]
#: The same, and whether it is called by name.
Run = tuple["Inference", Function, bool]


def of_class(inference: Inference, cls: ClassFact, names: Iterable[str]) -> list[One] | None:
    """The functions behind special methods of a class; None if one is not a plain method."""
    found: list[One] = []
    module = inference.module_of(cls)
    owner = inference.of(module) if module else None
    for name in set(names) & cls.binds:
        method = owner.callees.by_scope.get(f"{cls.qualname}.{name}") if owner else None
        if owner is None or method is None:
            return None
        found.append((owner, method))
    return found


def in_file(inference: Inference, names: Iterable[str]) -> list[One] | None:
    """The functions behind special methods of all classes of a file."""
    found: list[One] = []
    for qualname, info in inference.module.classes.items():
        for name in set(names) & info.methods:
            method = inference.callees.by_scope.get(f"{qualname}.{name}")
            if method is None:
                return None
            found.append((inference, method))
    return found


def together(several: Iterable[list[One] | None]) -> list[One] | None:
    found: list[One] = []
    for one in several:
        if one is None:
            return None
        found.extend(one)
    return found


def quiet(functions: list[One] | None) -> bool:
    """Do methods, and whatever special methods they may run, only look at what they are given?

    They may run each other without end: it is asked of all that are reached, together.
    """
    if functions is None:
        return False
    reached: set[tuple[str, str, bool]] = set()
    todo = [(inference, function, False) for inference, function in functions]
    while todo:
        inference, function, called = todo.pop()
        key = (inference.resolver.module_name, function.scope, called)
        if key in reached:
            continue
        reached.add(key)
        looking = inference.looking
        if (function.scope, called) not in looking:
            looking[function.scope, called] = _more(inference, function, called=called)
        known = looking[function.scope, called]
        if known is None or len(reached) > _MOST:
            return False
        todo.extend(known)
    return True


def is_property(function: Function) -> bool:
    """Is a method nothing but what an attribute is computed by?"""
    return [v.place for v in function.decorators] == [Place("builtins:property")]


def _more(inference: Inference, function: Function, *, called: bool) -> list[Run] | None:
    """The methods that a function that only looks may run; None if it does anything else.

    ``called``: it is a function that another one calls by name.
    """
    if function.is_async or function.is_generator or function.signature.defaults:
        return None  # the object of a default is everybody's
    if not is_property(function):
        if inference.callees.changed(function) or not (called or function.name in LOOKING):
            return None
    elif inference.replaced(function):
        return None
    if function.scope in inference.module.introspects:
        return None
    found: list[Run] = []
    for event in events_of(function):
        more = _of_event(inference, function, event)
        if more is None:
            return None
        found.extend(more)
    return found


def _of_event(inference: Inference, function: Function, event: Event) -> list[Run] | None:
    from .own_code import steps_run
    from .own_operators import ran

    resolver = inference.resolver
    match event:
        case Use(place=place):
            if not _within(inference, function, place):
                return None
            insert = place.steps and resolver.place_type(Place(place.symbol, place.steps[:-1]))
            bad = insert == "collections.defaultdict"
            return None if bad else _specials(steps_run(inference, event)[1])
        case Operate(values=values, member=member):
            if member and not inference.iterable(values[-1]):
                return None  # looking for something in an iterator advances it
            return _specials(together(ran(inference, v, event)[1] for v in values))
        case Define(symbol=symbol):
            return [] if symbol.startswith(_inside(function)) else None
        case Iterate(value=value, asynchronous=False):
            return [] if inference.iterable(value) or _of_attributes(inference, value) else None
        case Control(word=word, value=value):
            fine = word in _WORDS and not (word == "raise" and _of_project(value))
            if word == "return" and (function.name in _COMPARING or is_property(function)):
                fine = _truth(inference, value)
            return [] if fine else None
        case Invoke(call=call):
            return _of_call(inference, call)
        case _:
            return None


def _specials(functions: list[One] | None) -> list[Run] | None:
    return None if functions is None else [(*one, False) for one in functions]


def _of_call(inference: Inference, call: Call) -> list[Run] | None:
    from .own_operators import run_by

    entry = inference.resolver.entry(call)
    name = inference.resolver.call_name(call).rpartition(".")[2]
    if name in _SETTING or call.method in _SETTING:
        return None
    if entry is None:
        return [] if _own_attributes(call) else _helpers(inference, call)
    if entry.calls or call.awaited or not entry.origin.startswith("catalog"):
        return None
    if not entry.pure and (entry.writes or any(t.domain != MEMORY for t in entry.reads)):
        return None
    values = [v for v in (call.receiver, *(a.value for a in call.arguments)) if v is not None]
    given = [v for v in values if not inference.resolver.immutable(v)]
    if entry.iterates and not all(inference.iterable(v) for v in given):
        return None
    if inference.resolver.call_name(call) in ("builtins.getattr", "builtins.vars") and (
        not call.arguments or _computes(inference, inference.resolver.values.of(values[0]))
    ):
        return None
    return _specials(together(run_by(inference, entry.dunders, v)[1] for v in given))


def _own_attributes(call: Call) -> bool:
    """Is it `self.__dict__.items()` or the like, which looks at the attributes of an object?"""
    place = call.receiver.place if call.receiver is not None else None
    return call.method in VIEWS and place is not None and place.steps[-1:] == (Attr("__dict__"),)


def _of_attributes(inference: Inference, value: Value) -> bool:
    """Are these the names and values of attributes, or one such pair?"""
    if value.element:
        return bool(value.held) and all(_of_attributes(inference, held) for held in value.held)
    call = inference.module.calls.get(value.place.symbol) if value.place else None
    return call is not None and _own_attributes(call)


def _helpers(inference: Inference, call: Call) -> list[Run] | None:
    """The functions of the project that a call runs; None if that is not known, or a class."""
    found: list[Run] = []
    for target in inference.callees.targets(call):
        if target.function is None or target.constructs or target.given:
            return None
        found.append((target.inference, target.function, True))
    return found or None


def _computes(inference: Inference, kind: Type) -> bool:
    """Does its class compute attributes of an object, or, if that is not known, any class?"""
    from .own_code import members
    from .strangers import runs

    if kind:
        known = members(inference, kind)
        return known is None or bool(known.computed or known.names & _ACCESS)
    index = inference.index
    return any(index.binding.get(name) or index.made_up(name) for name in _ACCESS) or any(
        runs(inference, cls, name, how)
        for classes in index.computing.values()
        for cls in classes
        for name, how in cls.computed
    )


def _of_project(value: Value) -> bool:
    """May what is raised be a class of the project, whose constructor runs?"""
    if value.held:
        return any(map(_of_project, value.held))
    place = value.place
    return place is not None and not place.symbol.startswith(("builtins:", "call#"))


def _inside(function: Function) -> tuple[str, ...]:
    """How the symbols of its own names begin, those of its comprehensions included."""
    return f"{function.scope}:", f"{function.scope}.<"


def _within(inference: Inference, function: Function, place: Place) -> bool:
    """Is a path one below a parameter or a local name, or what never changes?"""
    if place.symbol.startswith(("call#", "builtins:", *_inside(function))):
        return True
    resolver = inference.resolver
    return resolver.module_like(place) or (not place.steps and resolver.defined_thing(place))


def _truth(inference: Inference, value: Value) -> bool:
    if value.held and not value.fresh and not value.element:
        return all(_truth(inference, held) for held in value.held)
    named = value.place is not None and value.place.symbol == "builtins:NotImplemented"
    return named or value.is_literal or inference.resolver.immutable(value)
