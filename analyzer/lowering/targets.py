"""Access paths: names, attributes and subscripts that are read, bound or stored to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from ..effects.selector import AnyKey, Anything, Attr, Key, Step, SymKey
from ..ir import (
    AENTER,
    ENTER,
    ITEM,
    SLICE,
    UNTYPED,
    Control,
    Define,
    Iterate,
    Operate,
    Place,
    Risk,
    Store,
    Value,
)
from .context import Context
from .evaluation import evaluate


def path(node: cst.BaseExpression, context: Context) -> tuple[Place | None, Value]:
    """The place that a chain of attributes and subscripts names, its parts evaluated.

    The last slot is *not* read: the caller says whether it is read or stored.
    """
    if isinstance(node, cst.Name) and node.value not in ("True", "False", "None"):
        place = Place(context.symbol(node.value))
        return place, Value(place=place)
    if isinstance(node, cst.Attribute):
        base = _base(node.value, context)
        return _step(base, Attr(node.attr.value))
    if isinstance(node, cst.Subscript):
        base = _base(node.value, context)
        named = base[0] is not None or base[1].place is not None
        return _step(base, _key(node, context, named=named))
    value = evaluate(node, context)
    return None, value


def _base(node: cst.BaseExpression, context: Context) -> tuple[Place | None, Value]:
    if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Slice):
        return None, evaluate(node, context, deep=False)  # a new list: no step on the path
    place, value = path(node, context)
    if place is not None:
        use_path(place, context, deep=False)
    return place, value


def use_path(place: Place, context: Context, *, deep: bool) -> None:
    if not place.steps:
        risk = Risk.NAME
    elif isinstance(place.steps[-1], Attr):
        risk = Risk.ATTRIBUTE
    else:
        risk = Risk.ITEM
    if place.symbol.startswith("call#") and not place.steps:
        return
    context.use(place, deep=deep, risk=risk)


def _step(base: tuple[Place | None, Value], step: Step) -> tuple[Place | None, Value]:
    place, value = base
    if place is None and value.place is not None:
        place = value.place
    if place is None:
        kind = UNTYPED if isinstance(step, Attr) else ITEM
        return None, Value(held=(value,), element=True, type=kind)
    longer = place.then(step)
    return longer, Value(place=longer)


def _key(node: cst.Subscript, context: Context, *, named: bool) -> Step:
    first = node.slice[0].slice
    if len(node.slice) == 1 and isinstance(first, cst.Index) and not first.star:
        return key_of(_index(first.value, context, named=named))
    for element in node.slice:
        _slice(element.slice, context)
    return AnyKey()


def _index(node: cst.BaseExpression, context: Context, *, named: bool = False) -> Value:
    """What stands between brackets: of an object some special methods are run.

    ``named``: what is subscripted has a name, so a path says which name stands there.
    """
    value = evaluate(node, context)
    named = named and value.place is not None and not value.place.symbol.startswith("call#")
    if not (value.is_literal or value.immutable or (named and isinstance(key_of(value), SymKey))):
        context.add(Operate((value,), Risk.INDEX, context.guarded))
    return value


def key_of(index: Value) -> Step:
    """The step of subscripting with a value."""
    if index.is_literal and isinstance(index.literal, (str, int, bytes)):
        return Key(index.literal)
    if index.place is not None and not index.place.steps:
        return SymKey(index.place.symbol)
    return AnyKey()


def _slice(node: cst.BaseSlice, context: Context) -> None:
    if isinstance(node, cst.Index):
        value = _index(node.value, context)
        if node.star:
            context.add(Iterate(value, guarded=context.guarded))
    elif isinstance(node, cst.Slice):
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                value = evaluate(part, context)
                if not (value.is_literal or value.immutable):
                    context.add(Operate((value,), Risk.INDEX, context.guarded, sign=":"))


def bind(target: cst.CSTNode, value: Value, context: Context) -> Place | None:
    """Bind ``value`` to an assignment target: names, unpacking, attributes, subscripts.

    Returns the place that it is found at afterwards, if it is one.
    """
    if isinstance(target, cst.Name):
        symbol = context.symbol(target.value)
        context.unit.values.setdefault(symbol, []).append(value)
        context.add(Define(symbol, value, context.guarded))
        return Place(symbol)
    if isinstance(target, (cst.Tuple, cst.List)):
        direct = value.place is not None and value.place.symbol.startswith("call#")
        if direct or value.type in (ENTER, AENTER):
            # Unpacking what a call of this very statement returned is an operator on that value.
            context.add(Operate((value,), Risk.ITEM, context.guarded))
        else:
            context.add(Iterate(value, guarded=context.guarded))
        starred = any(isinstance(e, cst.StarredElement) for e in target.elements)
        parts = tuple(
            Value(held=(value,), element=True, index=None if starred else i)
            for i in range(len(target.elements))
        )
        parts = value.held if _in_order(target, value) else parts
        for element, one in zip(target.elements, parts, strict=True):
            if isinstance(element, cst.StarredElement):  # a new list of what is left
                one = Value(held=(one,), fresh=True, type="builtins.list")
            bind(element.value, one, context)
    elif isinstance(target, (cst.Attribute, cst.Subscript)):
        place, base = path(target, context)
        if place is not None:
            context.add(Store(place, value, context.guarded))
            return place
        context.add(Operate((base, value), Risk.ITEM, context.guarded))
        for other in perhaps(target, base):
            context.add(Store(other, value, guarded=True))
        context.add(Control("store", context.guarded))
    else:
        context.add(Control("target", context.guarded))
    return None


def perhaps(target: cst.BaseExpression, base: Value) -> Iterator[Place]:
    """The slots that a target without a path of its own may mean: `(a or b)["k"]`."""
    step = Attr(target.attr.value) if isinstance(target, cst.Attribute) else AnyKey()
    for owner in base.held:
        yield from (place.then(step) for place in _places(owner))


def _places(value: Value) -> Iterator[Place]:
    """The paths that may lead to what a value without one is."""
    if value.place is not None:
        yield value.place
    elif value.element:
        step = Anything() if value.type == UNTYPED else AnyKey()
        for held in value.held:
            yield from _inner(held, step)
    elif not value.fresh:
        for held in value.held:
            yield from _places(held)


def _inner(value: Value, step: Step) -> Iterator[Place]:
    """The paths that may lead to what lies in it."""
    if value.fresh:
        for held in value.held:
            yield from _places(held)
    elif value.operator or value.type == SLICE:
        for held in value.held:
            yield from _inner(held, step)
    else:
        yield from (place.then(step) for place in _places(value))


def bound(value: Value, place: Place | None) -> Value:
    """A value that was bound already: an object that is made there is the one at that place."""
    if not _makes(value):
        return value
    return Value(place=place) if place is not None else replace(value, anything=True)


def _makes(value: Value) -> bool:
    if value.fresh:
        return not value.immutable
    return any(_makes(held) for held in value.held)


def _in_order(target: cst.Tuple | cst.List, value: Value) -> bool:
    """Is each of the targets given the part of a display that stands at its place?"""
    return (
        value.fresh
        and value.type in ("builtins.list", "builtins.tuple")
        and len(value.held) == len(target.elements)
        and not any(held.element for held in value.held)  # `*xs`: any number of parts
        and not any(isinstance(e, cst.StarredElement) for e in target.elements)
    )
