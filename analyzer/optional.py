"""What annotations and assignments leave open: None, and one of several types."""

from __future__ import annotations

import re

from .annotated import own_name
from .classes import events_of
from .effects.selector import Attr
from .ir import CAUGHT, Call, Control, Place, Value
from .lineage import Level
from .resolve import CONTAINERS, Resolver
from .returned import own_function
from .typetext import CLASS, MAPPINGS, NONE, SCALARS, members, optional

#: So many names and containers are followed.
_DEEPEST = 24
#: Which they are: what leads back to one of them says nothing more.
Seen = tuple[object, ...]
#: Methods of dictionaries that answer with None where there is nothing.
_PERHAPS = frozenset({"get", "pop", "setdefault"})
#: Builtins that answer with one thing out of their arguments, or with what they are told to.
_PICKING = frozenset({"builtins.next", "builtins.min", "builtins.max"})
#: Builtins, and methods, that answer with the same things in another container.
_KEEPING = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
    "builtins.reversed", "builtins.enumerate", "builtins.zip", "builtins.iter",
})  # fmt: skip
#: Those whose elements are tuples of them.
_PAIRING = frozenset({"builtins.enumerate", "builtins.zip"})
_NAME = re.compile(r"[^|,\[\]]+")
_VIEWS = frozenset({"values", "items", "keys", "copy"})


def maybe_none(resolver: Resolver, place: Place, seen: Seen = ()) -> bool:
    """May the object at a path, or one on the way there, be None?

    A name is what it is annotated as; otherwise what is assigned to it tells. Where neither does,
    it may be.
    """
    if _variable_may_be_none(resolver, place.symbol, seen):
        return True
    for i, step in enumerate(place.steps):
        before = Place(place.symbol, place.steps[:i])
        if isinstance(step, Attr):
            if _field_may_be_none(resolver, before, step.name, seen):
                return True
        elif _holds_none(resolver, Value(place=before), seen):
            return True
    return False


def value_may_be_none(resolver: Resolver, value: Value, seen: Seen = ()) -> bool:
    """May a value be None? Of `a or b` and the like, if one of its parts may be."""
    if len(seen) > _DEEPEST:
        return True
    if value.is_literal:
        return value.literal is None
    if value.element:
        return any(_holds_none(resolver, held, seen) for held in value.held)
    if value.fresh or value.function or value.operator or value.type == CAUGHT:
        return False
    if value.place is not None:
        return maybe_none(resolver, value.place, seen)
    if value.held:
        return any(value_may_be_none(resolver, held, seen) for held in value.held)
    return not value.type.startswith("builtins.")


def _variable_may_be_none(resolver: Resolver, symbol: str, seen: Seen) -> bool:
    key = (resolver.module_name, symbol)
    if key in seen:
        return False  # what it is besides tells
    seen = (*seen, key)
    if symbol.startswith("call#"):
        call = resolver.module.calls.get(symbol)
        return call is not None and _result_may_be_none(resolver, call, seen)
    info = resolver.module.symbols.get(symbol)
    if info is None or len(seen) > _DEEPEST:
        return info is not None
    if info.annotations:  # `x: int = None` is as common as it is wrong
        return any(_optional(resolver, text) for text in info.annotations) or any(
            _says_none(resolver, value, seen) for value in info.values
        )
    if info.kind == "import":
        return _imported_may_be_none(resolver, symbol, info.target, seen)
    if info.kind == "parameter" and not info.values:
        return False  # the object of a method, or one of which no type is known
    return any(value_may_be_none(resolver, value, seen) for value in info.values)


def _says_none(resolver: Resolver, value: Value, seen: Seen) -> bool:
    """Is it None, or a name that may be, or may one of these be what it comes to?"""
    if value.is_literal:
        return value.literal is None
    if value.fresh or value.element or value.operator:
        return False
    if value.place is not None:
        call = value.place.symbol.startswith("call#")
        return not call and maybe_none(resolver, value.place, seen)
    return any(_says_none(resolver, held, seen) for held in value.held)


def _imported_may_be_none(resolver: Resolver, symbol: str, target: str, seen: Seen) -> bool:
    """A name of another module of the project is what that module says."""
    project = resolver.project
    found = project.definition(target) if project is not None else None
    if project is None or found is None or found.kind != "variable":
        return False
    inference = project.inference(found.module)
    if inference is None or (inference.resolver is resolver and symbol == f":{found.qualname}"):
        return True
    return _variable_may_be_none(inference.resolver, f":{found.qualname}", seen)


def _field_may_be_none(resolver: Resolver, owner: Place, name: str, seen: Seen) -> bool:
    """By the annotation of a field, or by what is assigned to it in the files of its classes."""
    from .fields import family

    for kind in resolver.values.at(owner).each:
        for level in family(resolver, kind.name):
            said = _said(level, name, seen)
            if said:
                return True
            if said is False:
                break
    return False


def _said(level: Level, name: str, seen: Seen) -> bool | None:
    """Does a class say that its field may be None? None if it says nothing of the field."""
    key = (level.name, f".{name}")
    if key in seen:
        return False
    seen = (*seen, key)
    owner, info = level.resolver, level.info
    known = owner.module.symbols.get(level.symbol(name)) if info is not None else None
    values = [v for v in known.values if not v.function] if known is not None else []
    values += [
        value
        for place, value in owner.own.stores.get(name, ())
        if value is not None
        and info is not None
        and owner.values.at(Place(place.symbol, place.steps[:-1])).name == level.name
    ]
    if known is not None and known.annotations:
        return any(_optional(owner, text) for text in known.annotations) or any(
            _says_none(owner, value, seen) for value in values
        )
    if not values:
        return None
    return any(value.is_literal and value.literal is None for value in values) or any(
        value_may_be_none(owner, value, seen) for value in values if not value.is_literal
    )


def _holds_none(resolver: Resolver, value: Value, seen: Seen, *, deep: bool = False) -> bool:
    """May something that a container holds be None? True if that is not known.

    ``deep``: or something in what it holds, however deep.
    """
    if len(seen) > _DEEPEST:
        return True
    if value.is_literal:
        return False  # a text
    if value.element and value.held:
        return any(_holds_none(resolver, held, seen, deep=True) for held in value.held)
    if value.place is None:
        if value.fresh:
            return any(
                value_may_be_none(resolver, held, seen)
                or (deep and not _whole(held) and _holds_none(resolver, held, seen, deep=True))
                for held in value.held
            )
        inner = (_holds_none(resolver, held, seen, deep=deep) for held in value.held)
        return not value.held or any(inner)
    key = (resolver.module_name, value.place, deep)
    if key in seen:
        return False
    seen = (*seen, key)
    texts = _texts(resolver, value.place)
    if texts:
        put = resolver.own.stored_below.get(value.place.symbol, ())
        return any(NONE in text or _alias_in(resolver, text) for text in texts) or any(
            _says_none(resolver, one, seen) for one in put
        )
    if value.place.steps:
        return True
    call = resolver.module.calls.get(value.place.symbol)
    if call is not None:
        return _result_holds_none(resolver, call, seen, deep=deep)
    info = resolver.module.symbols.get(value.place.symbol)
    if info is None or not info.values or info.opaque_bindings:
        return True
    filled = any(
        value_may_be_none(resolver, put, seen)
        for put in resolver.own.stored_below.get(value.place.symbol, ())
    )
    inner = (_holds_none(resolver, one, seen, deep=deep) for one in info.values)
    return filled or any(inner)


def _whole(value: Value) -> bool:
    """Is it a constant, or a text that is put together, which holds nothing?"""
    return value.is_literal or value.type in SCALARS


def _texts(resolver: Resolver, place: Place) -> tuple[str, ...]:
    """The annotations of a name, or of a field."""
    if not place.steps:
        info = resolver.module.symbols.get(place.symbol)
        return info.annotations if info is not None else ()
    last = place.steps[-1]
    if not isinstance(last, Attr):  # what stands behind the container of containers holds for all
        return _texts(resolver, Place(place.symbol, place.steps[:-1]))
    from .fields import family

    owner = Place(place.symbol, place.steps[:-1])
    for kind in resolver.values.at(owner).each:
        for level in family(resolver, kind.name):
            known = level.resolver.module.symbols.get(level.symbol(last.name))
            if level.info is not None and known is not None and known.annotations:
                return known.annotations
    return ()


def _result_may_be_none(resolver: Resolver, call: Call, seen: Seen) -> bool:
    """What a call answers with: by the annotation of its function, or if it is known to make it."""
    if len(seen) > _DEEPEST:
        return True
    name = resolver.call_name(call)
    receiver = call.receiver
    kind = resolver.type_of(receiver) if receiver is not None else ""
    if receiver is not None and kind in (*CONTAINERS, *MAPPINGS):
        if call.method in _PERHAPS:
            return True
        return call.method in ("popleft", "popitem") and _holds_none(resolver, receiver, seen)
    if name in _PICKING:
        given = [a.value for a in call.arguments]
        return any(_holds_none(resolver, given[0], seen) for _ in given[:1]) or any(
            value_may_be_none(resolver, value, seen) for value in given[1:]
        )
    entry = resolver.entry(call)
    if entry is not None:
        return optional(entry.type) if entry.type else not entry.origin.startswith("catalog")
    own = own_function(resolver, call)
    if own is not None:
        owner, function, _ = own
        given = (e.value for e in events_of(function) if isinstance(e, Control)
                 and e.word == "return")  # fmt: skip
        return (
            not function.returns
            or _optional(owner, function.returns)
            or any(_says_none(owner, value, seen) for value in given)
        )
    made = call.function.place is not None and resolver.values.at(call.function.place).name == CLASS
    return not made and not resolver.constructs(call)


def _result_holds_none(resolver: Resolver, call: Call, seen: Seen, *, deep: bool) -> bool:
    name = resolver.call_name(call)
    given = [a.value for a in call.arguments if a.keyword is None]
    if name == "builtins.range":
        return False
    if name in _KEEPING and given:
        inner = deep and name not in _PAIRING
        return any(_holds_none(resolver, value, seen, deep=inner) for value in given)
    if call.method in _VIEWS and call.receiver is not None and not given:
        inner = deep and call.method != "items"
        return _holds_none(resolver, call.receiver, seen, deep=inner)
    own = own_function(resolver, call)
    if own is not None and own[1].returns:
        return NONE in own[1].returns or _alias_in(own[0], own[1].returns)
    return True


def _optional(resolver: Resolver, text: str) -> bool:
    return optional(text) or _alias_in(resolver, text)


def _alias_in(resolver: Resolver, text: str) -> bool:
    """May one of the names of an annotation stand for a type that None belongs to?

    So may any name of another module that is no class.
    """
    project = resolver.project
    for member in _NAME.findall(text):
        name = own_name(member, resolver)
        found = project.definition(name) if project is not None and "." in name else None
        if found is not None and found.kind == "variable":
            return True
    return False


def annotated_types(resolver: Resolver, place: Place) -> frozenset[str]:
    """Every type that the annotations of a variable, or of a field, name."""
    texts: tuple[str, ...] = ()
    if not place.steps:
        info = resolver.module.symbols.get(place.symbol)
        texts = info.annotations if info is not None else ()
    elif isinstance(place.steps[-1], Attr):
        owner = resolver.place_type(Place(place.symbol, place.steps[:-1]))
        for qualname in resolver.own.family(owner.removeprefix(f"{resolver.module_name}.")):
            info = resolver.module.symbols.get(f"{qualname}:{place.steps[-1].name}")
            texts += info.annotations if info is not None else ()
    return frozenset(own_name(part, resolver) for text in texts for part in members(text))
