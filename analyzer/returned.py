"""The type of what a call answers with, and of what entering a manager gives.

A function of the project answers with what its annotation says, or with what its ``return``
statements give.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import items
from .annotated import SELF, annotated, typed_dict
from .classes import events_of
from .ir import Call, Control, Function, Place, Value
from .lineage import ancestry, class_at, decorator_name, found_method, inherited
from .managing import yielded
from .typetext import (
    CLASS,
    GENERATOR,
    MANAGER,
    NONE,
    OPEN,
    SUPER,
    TEXT,
    UNKNOWN,
    Type,
    is_plain,
    join,
    members,
)

if TYPE_CHECKING:
    from .resolve import Resolver

_TRANSPARENT = frozenset({
    "builtins.property", "builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod",
    "functools.cached_property", "functools.cache", "functools.lru_cache",
})  # fmt: skip
_CACHES = frozenset({"functools.cached_property", "functools.cache", "functools.lru_cache"})
_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_AWAITABLE = frozenset(
    {
        f"{module}.{name}"
        for module in ("typing", "collections.abc", "asyncio")
        for name in ("Awaitable", "Coroutine", "Task", "Future")
    }
)


def call_result(resolver: Resolver, call: Call) -> Type:
    """The type of a call's result (for an awaited call: of what awaiting it gives)."""
    method = resolver.own.super_calls.get(call.id)
    if method is not None:
        return Type(SUPER, (Type(f"{resolver.module_name}.{method.class_scope}"),))
    entry = resolver.entry(call)
    if entry is not None and resolver.excluded(entry, call):
        return UNKNOWN  # the handle has hooks: what is known of its type does not hold for it
    name = resolver.call_name(call)
    if entry is not None:
        found = _container(resolver, name, call)
        if found:
            return found
        if entry.type and resolver.plain_arguments(entry, call):
            kind = annotated(resolver, entry.type)
            if kind.args and "[" not in entry.type and not _of_data(resolver, call):
                kind = kind.bare  # it may hold what the call is handed
            return replace(kind, exact=True) if kind.name == name else kind  # a constructor
    if name in resolver.types.types:
        known = any(catalog.find(name) for catalog in resolver.sources)
        return UNKNOWN if known and entry is None else Type(name, exact=True)
    if call.receiver is not None and resolver.values.of(call.receiver) == OPEN:
        return OPEN
    made = _made(resolver, call)
    if made is not None:
        return made
    if call.receiver is not None and resolver.values.of(call.receiver).union:
        return _of_several(resolver, call, resolver.values.of(call.receiver).union)
    own = own_function(resolver, call)
    if own is not None:
        owner, function, receiver = own
        return result_of(owner, function, receiver, awaited=call.awaited)
    # A name whose methods are declared is a class, and calling it makes an instance.
    return Type(name, exact=True) if resolver.constructs(call) else UNKNOWN


def _of_data(resolver: Resolver, call: Call) -> bool:
    """Is all that a call is handed plain data, or what never changes?"""
    given = [a.value for a in call.arguments]
    if call.receiver is not None and not (
        call.receiver.place is not None and resolver.module_like(call.receiver.place)
    ):
        given.append(call.receiver)
    return all(resolver.immutable(v) or is_plain(resolver.values.of(v)) for v in given)


def _container(resolver: Resolver, name: str, call: Call) -> Type:
    """What methods of containers, and builtins on them, answer with."""
    if any(a.star or a.keyword == "default" for a in call.arguments):
        return UNKNOWN
    if not call.arguments and call.receiver is None:
        return items.of_nothing(name)
    of = resolver.values.of
    given = [of(a.value) for a in call.arguments if a.keyword is None]
    found: Type | None = None
    if call.receiver is not None:
        receiver = resolver.having(of(call.receiver), call.method)
        found = items.of_method(receiver, call.method, given)
    if found is None:
        found = items.of_builtin(name, given)
    if name == "builtins.dict" and any(a.keyword or a.star for a in call.arguments):
        return Type(name, exact=True)  # it holds the values of keywords, too
    return found or UNKNOWN


def _made(resolver: Resolver, call: Call) -> Type | None:
    """The object that calling a class of the project makes; None if no class is called."""
    place = call.function.place
    found = resolver.values.at(place) if place is not None else UNKNOWN
    name = found.arg(0).name
    known = class_at(resolver, name) if found.name == CLASS else None
    if known is None:
        return None
    line = ancestry(resolver, name)
    if line is None:
        owner, info = known
        odd = info.keywords or "__new__" in info.methods
        return UNKNOWN if odd else Type(f"{owner.module_name}.{info.qualname}", exact=True)
    if any(level.info is not None and "__new__" in level.info.methods for level in line):
        return UNKNOWN
    fields = typed_dict(resolver, name)
    if fields is not None:
        return Type("builtins.dict", (TEXT, join(annotated(o, t) for o, t in fields.values())))
    return Type(line[0].name, exact=True)


def own_function(resolver: Resolver, call: Call) -> tuple[Resolver, Function, Type] | None:
    """The function of the project that a call runs, as far as its name shows, and its receiver.

    A subclass may override it: with what answers alike, if it is annotated what it answers with.
    """
    place = call.function.place
    if place is not None:
        info = resolver.module.symbols.get(place.symbol)
        if info is not None and not place.steps and info.function and not info.unbound:
            function = resolver.own.function(info.function)
            plain = function is not None and not function.class_scope
            return (resolver, function, UNKNOWN) if plain and function is not None else None
        project = resolver.project
        if info is not None and info.kind == "import" and project is not None:
            before = Place(place.symbol, place.steps[:-1])
            if not place.steps or not resolver.values.at(before):
                found = project.definition(resolver.place_name(place))
                if found is None or found.kind != "function":
                    return None
                inference = project.inference(found.module)
                owner = inference.resolver if inference is not None else None
                function = owner.own.function(found.qualname) if owner is not None else None
                return (owner, function, UNKNOWN) if owner and function is not None else None
    if call.receiver is None or not call.method:
        return None
    receiver = resolver.values.of(call.receiver)
    if receiver.name == SUPER:
        name = receiver.arg(0).name
        above = inherited(resolver, name, name, call.method)
        return (*above, receiver.arg(0)) if isinstance(above, tuple) else None
    kind = receiver.arg(0) if receiver.name == CLASS else receiver
    return _method(resolver, kind, call.method)


def _method(resolver: Resolver, kind: Type, name: str) -> tuple[Resolver, Function, Type] | None:
    method = found_method(resolver, kind.name, name) if kind else None
    if method is None:
        return None
    index = resolver.index if not (kind.exact or method[1].returns) else None
    if index is not None and index.overriding(kind.name, name):
        return None
    return (*method, kind)


def _of_several(resolver: Resolver, call: Call, kinds: tuple[Type, ...]) -> Type:
    """What a method answers with that is called on an object of one of several classes."""
    from .fields import lacking

    found: list[Type] = []
    for kind in kinds:
        method = _method(resolver, kind, call.method)
        if method is not None:
            found.append(result_of(*method, awaited=call.awaited))
        elif not lacking(resolver, kind, call.method):
            return UNKNOWN
    return join(found)


def result_of(owner: Resolver, function: Function, receiver: Type, *, awaited: bool) -> Type:
    """What a function of the project answers with when it is called, or awaited."""
    names = {decorator_name(owner, value) for value in function.decorators}
    if names & _MANAGERS:
        found = owner.solver.solve(
            f"{function.scope}:<yield>", owner.returns, lambda: _entered(owner, function)
        )
        return Type(MANAGER, (found,)) if found else UNKNOWN
    for name in names - _TRANSPARENT:
        if owner.types.decorators.get(name) != "harmless":
            return UNKNOWN
    if function.is_generator:
        held = items.element(annotated(owner, function.returns)) if function.returns else UNKNOWN
        return Type(GENERATOR, (held,)) if not awaited else UNKNOWN
    if function.is_async and not awaited:
        return UNKNOWN
    if SELF in members(function.returns):
        return receiver
    found = _returned(owner, function)
    if names & _CACHES and not function.returns:
        found = found.bare  # one object for all callers, who may fill it
    if awaited and not function.is_async:
        return found.arg(-1) if found.name in _AWAITABLE else UNKNOWN
    if found and receiver and _gives_itself(function):
        return receiver
    return found


def _entered(owner: Resolver, function: Function) -> Type:
    """What a function yields that makes a manager."""
    given = [Type(NONE) if v == Value() else owner.values.of(v) for v in yielded(function)]
    if not function.returns:
        return join(map(_open, given))
    said = items.element(annotated(owner, function.returns))
    return said if all(owner.values.fits(said, found) for found in given) else UNKNOWN


def _open(kind: Type) -> Type:
    """A type without what is known to be in it: more may be put into what is yielded."""
    if kind.name == "builtins.tuple":
        return replace(kind, args=tuple(map(_open, kind.args)))
    return kind.bare


def _returned(owner: Resolver, function: Function) -> Type:
    key = function.scope
    return owner.solver.solve(key, owner.returns, lambda: _find(owner, function))


def _find(owner: Resolver, function: Function) -> Type:
    values = _values(function)
    given = [Type(NONE) if value == Value() else owner.values.of(value) for value in values]
    if not function.returns:
        return join(given) if given else Type(NONE)
    said = annotated(owner, function.returns)
    fits = all(owner.values.fits(said, found) for found in given)
    return said if fits or said.name in _AWAITABLE else UNKNOWN


def _values(function: Function) -> list[Value]:
    return [e.value for e in events_of(function) if isinstance(e, Control) and e.word == "return"]


def _gives_itself(function: Function) -> bool:
    """Is all that a method returns the object that it is called on?"""
    first = function.signature.positional[:1]
    if not function.class_scope or not first:
        return False
    mine = Value(place=Place(f"{function.scope}:{first[0]}"))
    values = _values(function)
    return bool(values) and all(value == mine for value in values)


def entered(resolver: Resolver, manager: Value, *, asynchronous: bool) -> Type:
    """What ``as`` names when a manager is entered."""
    kind = resolver.values.of(manager)
    if kind.name == MANAGER:
        return kind.arg(0)
    info = resolver.type_info(kind.name)
    if info is not None:
        if info.enter is None:
            return kind
        return annotated(resolver, info.enter) if isinstance(info.enter, str) else UNKNOWN
    name = "__aenter__" if asynchronous else "__enter__"
    method = found_method(resolver, kind.name, name) if kind else None
    if method is not None:
        return result_of(*method, kind, awaited=asynchronous)
    # A class known by its declared methods enters as itself.
    return kind if any(kind.name in c.prefixes for c in resolver.sources) else UNKNOWN
