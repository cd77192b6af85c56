"""The types of what containers hold, and of what their methods and the builtins make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .effects.selector import Key, Step
from .typetext import (
    GENERATOR,
    NEVER,
    NUMBERS,
    OPEN,
    PLAIN,
    PLAIN_DATA,
    SCALAR,
    SCALARS,
    TEXT,
    UNKNOWN,
    WHOLE,
    Type,
    is_plain,
    join,
)

_MAPPINGS = frozenset({
    "builtins.dict", "collections.defaultdict", "collections.OrderedDict", "typing.Mapping",
    "typing.MutableMapping", "collections.abc.Mapping", "collections.abc.MutableMapping",
})  # fmt: skip
_SEQUENCES = frozenset({
    "builtins.list", "collections.deque", "typing.Sequence", "typing.MutableSequence",
    "collections.abc.Sequence", "collections.abc.MutableSequence",
})  # fmt: skip
_LAZY = frozenset({"builtins.reversed", "builtins.iterator", "builtins.enumerate", "builtins.zip"})
_ITERABLES = _SEQUENCES | frozenset({
    "builtins.set", "builtins.frozenset", "builtins.dict_values", "builtins.dict_keys",
    "builtins.dict_items", "typing.Iterable", "typing.Iterator", "typing.Collection",
    "collections.abc.Iterable", "collections.abc.Iterator", "collections.abc.Collection",
    "typing.AsyncIterator", "typing.AsyncIterable", "collections.abc.AsyncIterator",
    "collections.abc.AsyncIterable", "typing.Generator", "collections.abc.Generator",
    "typing.AsyncGenerator", "collections.abc.AsyncGenerator", "typing.Set", "typing.AbstractSet",
    "collections.abc.Set", GENERATOR, *_LAZY,
})  # fmt: skip
#: What goes through the items of other containers.
VIEWS = _LAZY | {"builtins.dict_values", "builtins.dict_keys", "builtins.dict_items"}
_BYTES = frozenset({
    "builtins.bytes", "builtins.bytearray", "builtins.range", "itertools.count",
})  # fmt: skip


def element(found: Type, index: int | None = None) -> Type:
    """What iterating an object gives; ``index``: what unpacking puts at that place."""
    name = found.name
    if name == PLAIN:
        return PLAIN_DATA
    if name == SCALAR:
        return TEXT.bare
    if name == "builtins.str" or found == OPEN:
        return found
    if name in _BYTES:
        return WHOLE
    if name == "builtins.tuple":
        if index is not None and len(found.args) > 1:
            return found.arg(index)
        return join(found.args) if all(found.args) else UNKNOWN
    return found.arg(0) if name in _MAPPINGS or name in _ITERABLES else UNKNOWN


def item(found: Type, step: Step) -> Type:
    """What subscripting an object gives."""
    name = found.name
    if found == OPEN:
        return found
    if name in _MAPPINGS:
        return found.arg(1)
    if name == "builtins.tuple" and isinstance(step, Key) and isinstance(step.value, int):
        return found.arg(step.value) if len(found.args) > 1 else found.arg(0)
    if (
        name in _SEQUENCES
        or name in ("builtins.tuple", "builtins.str", PLAIN, SCALAR)
        or name in _BYTES
    ):
        return element(found)
    return UNKNOWN


def piece(found: Type) -> Type:
    """What a slice of an object is."""
    known = found.name in ("builtins.list", "builtins.str", "builtins.bytes", PLAIN, OPEN.name)
    if found.name == "builtins.tuple":
        return Type(found.name, (element(found),)) if found.args else found
    return found if known else UNKNOWN


def display(kind: str, rows: Sequence[Type]) -> Type:
    """A new list, set or tuple of such values."""
    if kind == "builtins.tuple":
        return Type(kind, tuple(rows), exact=True)
    return Type(kind, (join(rows),), exact=True) if rows and all(rows) else Type(kind, exact=True)


def put(found: Type, key: Type | None, value: Type) -> Type:
    """A container that is filled with one more thing."""
    sliced = key is not None and key.name != WHOLE.name
    if found.name in ("builtins.list", "builtins.set", "collections.deque") and not sliced:
        if not found.args:
            return found
        return replace(found, args=(join((found.args[0], value)),))
    if found.name == "builtins.dict" and len(found.args) == 2 and key is not None:
        return replace(found, args=(join((found.args[0], key)), join((found.args[1], value))))
    return found.bare


def cut(found: Type, depth: int) -> Type:
    """A type without what lies more than so many steps down."""
    if depth <= 0:
        return found.bare
    return replace(found, args=tuple(cut(arg, depth - 1) for arg in found.args))


_OPERANDS = SCALARS | {PLAIN, SCALAR}


def _of_numbers(names: set[str], sign: str) -> Type | None:
    if sign in ("-", "/") or (sign == "*" and "builtins.float" in names):
        return WHOLE.bare  # or another number
    if sign == "%" or (sign == "+" and SCALAR in names):
        return Type(SCALAR)
    if sign == "+" and names & set(NUMBERS):
        return WHOLE.bare
    return TEXT.bare if sign == "+" and TEXT.name in names else None


_TIMES = frozenset({"datetime.datetime", "datetime.date", "datetime.timedelta"})


def operated(rows: Sequence[Type], operator: str) -> Type | None:
    """What an operator makes of plain data, and of times (library reference, "datetime").

    None for other operands. Lists are joined and repeated, dictionaries joined, and text put
    together; all the rest is done with numbers.
    """
    names = [row.name for row in rows]
    if all(name in _OPERANDS for name in names):
        return _of_numbers(set(names), operator.rstrip("="))
    if len(rows) != 2 or not set(names) <= _TIMES:
        return None
    moments = [row for row in rows if row.name != "datetime.timedelta"]
    if operator.startswith("+") and len(moments) == 1:
        return moments[0].bare
    if operator.startswith("+") and not moments:
        return rows[0]
    return moments[0].bare if moments == [rows[0]] else UNKNOWN


# -- calls -----------------------------------------------------------------------------------------

_Rule = Callable[[Type, Sequence[Type]], Type]


def _value(receiver: Type, given: Sequence[Type]) -> Type:
    """An item of a mapping, or the default."""
    return join([receiver.arg(1), *given[1:2]]) if receiver.arg(1).known else UNKNOWN


def _same(receiver: Type, given: Sequence[Type]) -> Type:
    return receiver


_METHODS: dict[str, _Rule] = {
    "dict.get": _value,
    "dict.pop": _value,
    "dict.setdefault": _value,
    "dict.items": lambda r, g: Type(
        "builtins.dict_items", (Type("builtins.tuple", (r.arg(0), r.arg(1))),)
    ),
    "dict.keys": lambda r, g: Type("builtins.dict_keys", r.args[:1]),
    "dict.values": lambda r, g: Type("builtins.dict_values", r.args[1:2]),
    "dict.popitem": lambda r, g: Type("builtins.tuple", r.args),
    "dict.copy": _same,
    "list.pop": lambda r, g: r.arg(0),
    "list.copy": _same,
    "set.pop": lambda r, g: r.arg(0),
    "set.copy": _same,
    "set.union": _same,
    "set.intersection": _same,
    "set.difference": _same,
    "deque.pop": lambda r, g: r.arg(0),
    "deque.popleft": lambda r, g: r.arg(0),
}
_PLAIN_METHODS: dict[str, _Rule] = {
    "items": lambda r, g: Type(
        "builtins.dict_items", (Type("builtins.tuple", (PLAIN_DATA, PLAIN_DATA)),)
    ),
    "keys": lambda r, g: Type("builtins.dict_keys", (PLAIN_DATA,)),
    "values": lambda r, g: Type("builtins.dict_values", (PLAIN_DATA,)),
    "copy": _same,
    "popitem": lambda r, g: Type("builtins.tuple", (PLAIN_DATA, PLAIN_DATA)),
}


def _new(kind: str) -> Callable[[Sequence[Type]], Type]:
    def rule(given: Sequence[Type]) -> Type:
        held = element(given[0]) if given else UNKNOWN
        return Type(kind, (held,) if held.known else (), exact=True)

    return rule


def _dict(given: Sequence[Type]) -> Type:
    same = bool(given) and given[0].name in _MAPPINGS
    return Type("builtins.dict", given[0].args if same else (), exact=True)


def _one(given: Sequence[Type]) -> Type:
    """One of what an iterable holds, or a default."""
    if not given or not element(given[0]).known:
        return UNKNOWN
    return join([element(given[0]), *given[1:2]])


def _least(given: Sequence[Type]) -> Type:
    return _one(given) if len(given) == 1 else join(given) if given else UNKNOWN


def _number(given: Sequence[Type]) -> Type:
    return WHOLE.bare if given and given[0].name in _OPERANDS else UNKNOWN


def _sum(given: Sequence[Type]) -> Type:
    """Without a start it begins with 0, to which only numbers can be added."""
    return _number([element(given[0])]) if len(given) == 1 else UNKNOWN


def _counted(given: Sequence[Type]) -> Type:
    held = element(given[0]) if given else UNKNOWN
    return Type("builtins.enumerate", (Type("builtins.tuple", (WHOLE, held)),))


_BUILTINS: dict[str, Callable[[Sequence[Type]], Type]] = {
    "builtins.list": _new("builtins.list"),
    "builtins.sorted": _new("builtins.list"),
    "builtins.set": _new("builtins.set"),
    "builtins.frozenset": _new("builtins.frozenset"),
    "builtins.tuple": _new("builtins.tuple"),
    "builtins.reversed": _new("builtins.reversed"),
    "builtins.iter": _new("builtins.iterator"),
    "builtins.enumerate": _counted,
    "builtins.zip": lambda given: Type(
        "builtins.zip", (Type("builtins.tuple", tuple(map(element, given))),)
    ),
    "builtins.dict": _dict,
    "builtins.abs": _number,
    "builtins.round": _number,
    "builtins.sum": _sum,
    "builtins.next": _one,
    "builtins.min": _least,
    "builtins.max": _least,
    "copy.deepcopy": lambda given: given[0] if given and is_plain(given[0]) else UNKNOWN,
    "copy.copy": lambda given: given[0] if given and is_plain(given[0]) else UNKNOWN,
}


def of_method(receiver: Type, method: str, given: Sequence[Type]) -> Type | None:
    """What a method of a container answers with; None if it is none that is listed."""
    owner = receiver.name.removeprefix("collections.").removeprefix("builtins.")
    if receiver.name == PLAIN:
        rule = _PLAIN_METHODS.get(method)
    elif receiver.name in ("collections.defaultdict", "collections.OrderedDict"):
        rule = _METHODS.get(f"dict.{method}")
    elif receiver.name in ("builtins.dict", "builtins.list", "builtins.set", "collections.deque"):
        rule = _METHODS.get(f"{owner}.{method}")
    else:
        rule = None
    if receiver == OPEN:
        return receiver
    return rule(receiver, given) if rule is not None else None


def of_nothing(name: str) -> Type:
    """What a constructor of containers makes that is handed nothing."""
    if name not in ("builtins.list", "builtins.dict", "builtins.set", "builtins.tuple"):
        return UNKNOWN
    return Type(name, (NEVER, NEVER) if name == "builtins.dict" else (NEVER,), exact=True)


def of_builtin(name: str, given: Sequence[Type]) -> Type | None:
    """What a builtin on containers answers with; None if it is none that is listed."""
    rule = _BUILTINS.get(name)
    return rule(given) if rule is not None else None
