"""What annotations and assignments leave open: None, and one of several types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .annotated import own_name
from .effects.selector import Attr
from .ir import Place, Value
from .resolve import Resolver
from .typetext import members, optional


def maybe_none(resolver: Resolver, place: Place, seen: frozenset[str] = frozenset()) -> bool:
    """May an object on the way to the end of the path be None (a variable, or a field)?"""
    if _variable_may_be_none(resolver, place.symbol, seen):
        return True
    for i, step in enumerate(place.steps):
        owner = resolver.place_type(Place(place.symbol, place.steps[:i]))
        if isinstance(step, Attr) and resolver.own.field_may_be_none(owner, step.name):
            return True
    return False


def _variable_may_be_none(resolver: Resolver, symbol: str, seen: frozenset[str]) -> bool:
    """By its annotation, its default, or what is assigned."""
    info = resolver.module.symbols.get(symbol)
    if info is None or symbol in seen:
        return False
    if any(optional(text) for text in info.annotations):
        return True
    return any(
        value.literal is None
        if value.is_literal
        else value.place is not None and maybe_none(resolver, value.place, seen | {symbol})
        for value in _alternatives(info.values)
    )


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


def _alternatives(values: Iterable[Value]) -> Iterator[Value]:
    for value in values:
        yield value
        if not value.fresh:
            yield from _alternatives(value.held)
