"""Special methods that operators, and functions of libraries, run on objects of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .classes import is_operator
from .effects.selector import AnyKey
from .ir import Event, Mutate, Operate, Place, Risk, Store, Value
from .keys import hashable
from .own_code import computed_of, functions_of, members
from .quiet import quiet, together
from .strangers import Ran, attribute, is_stranger, special, special_methods
from .typetext import CLASS, GENERATOR, MAPPINGS, PLAIN, SCALAR, UNKNOWN, Type, is_plain

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .resolve import Resolver

#: Containers pass operators on to what they hold.
_HOLDING = ("builtins.", "collections.", "typing.", GENERATOR)
HASHING = frozenset({"builtins.set", "builtins.frozenset"})
_ITERATING = frozenset({"__iter__", "__getitem__"})
_COMPARING = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"})
_SHOWING = frozenset({"__str__", "__repr__", "__int__", "__index__", "__float__", "__getitem__"})


_NONE = frozenset[str]()


def _arithmetic(*names: str) -> frozenset[str]:
    return frozenset(f"__{how}{name}__" for name in names for how in ("", "r", "i"))


#: What arithmetic runs, by its sign; "-" stands for all that have none of their own.
_BY_SIGN = {
    "+": _arithmetic("add"),
    "*": _arithmetic("mul") | {"__index__"},
    "%": _arithmetic("mod"),
    "|": _arithmetic("or"),
    "&": _arithmetic("and"),
    "^": _arithmetic("xor"),
    "~": frozenset({"__invert__"}),
    "-": _arithmetic("sub", "truediv", "floordiv", "pow", "matmul", "lshift", "rshift")
    | {"__neg__", "__pos__"},
}


def operated(inference: Inference, value: Value, event: Operate) -> str:
    """What an operator runs for one of its operands, or ""; what only looks is nothing."""
    word, functions = ran(inference, value, event)
    return "" if not word or (_reads(inference, event) and quiet(functions)) else word


def _reads(inference: Inference, event: Operate) -> bool:
    """Are the operands read with all that lies below them?"""
    return event.risk not in (Risk.TRUTH, Risk.INDEX) and _looked(inference, event)


def _looked(inference: Inference, event: Operate) -> bool:
    """Is what is asked for a member looked through?"""
    if not event.member:
        return True
    place = event.values[-1].place
    if place is None or place.symbol.startswith("call#"):
        return False
    return inference.resolver.values.at(place).name not in (*MAPPINGS, PLAIN)


def ran(inference: Inference, value: Value, event: Operate) -> tuple[str, Ran]:
    """The special methods that an operator may run: one in words, and all as functions."""
    kind = inference.resolver.values.of(event.values[-1]) if event.member else UNKNOWN
    if value is event.values[-1] and is_plain(kind.arg(0)) and kind.name == "builtins.dict":
        return "", []  # only the keys are compared
    if event.risk is Risk.ATTRIBUTE:
        return _attributes_run(inference, value, event)
    hashed = kind.name in MAPPINGS | HASHING
    wanted = _wanted(inference, value, event)
    return _ran(
        inference, value, lambda names: wanted & names if wanted else _any(names), hashed=hashed
    )


def _any(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if is_operator(name))


def _wanted(inference: Inference, value: Value, event: Operate) -> frozenset[str]:
    """The special methods that an operator may run for one of its operands; none: any."""
    last = value is event.values[-1]
    if event.risk is Risk.FORMAT:
        return frozenset({"__str__", "__format__", "__repr__"})
    if event.risk is Risk.TRUTH:
        return frozenset({"__bool__", "__len__"})
    if event.risk is Risk.INDEX:
        return frozenset({"__index__"} if event.sign else {"__index__", "__hash__", "__eq__"})
    if event.member:
        return _COMPARING | ({"__contains__"} | _ITERATING if last else set[str]())
    if event.sign:
        shows = event.sign == "%" and last and _may_be_text(inference, event.values[0])
        return _BY_SIGN[event.sign] | (_SHOWING if shows else _NONE)
    return _COMPARING if event.risk is Risk.OPERATOR and len(event.values) > 1 else _NONE


def _may_be_text(inference: Inference, value: Value) -> bool:
    kind = inference.resolver.type_of(value)
    return kind in ("", "builtins.str", "builtins.bytes", PLAIN, SCALAR)


def _attributes_run(inference: Inference, value: Value, event: Operate) -> tuple[str, Ran]:
    """What looking up attributes and items of a value without a name runs."""
    word = looked_up(inference, value, frozenset(event.sign.split(".")))
    return word, None if word else []


def looked_up(inference: Inference, value: Value, names: frozenset[str] | None) -> str:
    """What looking up those attributes, and items ("[]"), of an object runs, or "".

    They may be looked up in what was found first, so all are asked of all. None: any attribute.
    """
    if value.is_literal or value.immutable:
        return ""
    any_name = inference.index.computing.keys() | {"[]"}
    asked = any_name if names is None else names
    found = [computed_of(inference, kind, asked) for kind in _kinds(inference.resolver, value)]
    word = next((one for one in found if one), "")
    if word or (len(asked) < 2 and inference.resolver.values.of(value).known):
        return word
    attributes = [attribute(inference, name)[0] for name in sorted(asked - {"[]"})]
    access = {"__getattribute__", "__getattr__"} if attributes else set[str]()
    items = {"__getitem__", "__missing__"} if "[]" in asked else set[str]()
    attributes.append(special(inference, frozenset(access | items))[0])
    return next((one for one in attributes if one), "")


def gone_through(inference: Inference, event: Event) -> str:
    """What `xs += ys` and `xs[a:b] = ys` run to take what stands behind them apart."""
    if isinstance(event, Mutate):
        value = event.operand if event.operator in ("+=", "|=") else None
        fixed = inference.resolver.immutable(Value(place=event.place))
    elif isinstance(event, Store) and event.place.steps[-1:] == (AnyKey(),):
        value, owner = event.value, Place(event.place.symbol, event.place.steps[:-1])
        fixed = inference.resolver.place_type(owner) in MAPPINGS
    else:
        return ""
    if value is None or fixed or inference.iterable(value):
        return ""
    names = _ITERATING | {"keys"}
    for kind in inference.resolver.values.of(value).each:
        found = members(inference, kind)
        if found is not None and names & found.names:
            return f"`{kind.name}.{min(names & found.names)}`"
    strange = not inference.resolver.values.of(value).known
    return special(inference, names)[0] if strange else ""


def run_by(
    inference: Inference, dunders: Iterable[str], value: Value, *, hashed: bool = False
) -> tuple[str, Ran]:
    """Which special methods of the project a library's function may call on a value.

    ``hashed``: it is compared as a key is, so only if it can be hashed.
    """
    wanted = set(dunders) - {"__iter__"}  # what is gone through is known to be a container
    return _ran(inference, value, wanted.intersection, hashed=hashed)


def _ran(
    inference: Inference,
    value: Value,
    called: Callable[[frozenset[str]], Iterable[str]],
    *,
    hashed: bool,
) -> tuple[str, Ran]:
    if value.is_literal or value.immutable:
        return "", []
    resolver = inference.resolver
    word, found = "", list[Ran]()
    for one in _kinds(resolver, value):
        defined = members(inference, one)
        names = set(called(defined.names | defined.generated)) if defined is not None else None
        if names and not (hashed and not hashable(inference, one)):
            word = word or f"`{one.name}.{min(names)}`"
            found.append(functions_of(inference, one, names))
        if one.name == CLASS and any(c.keywords for c in inference.index.kin(one.arg(0).name)):
            word = word or f"the metaclass of `{one.arg(0).name}`"
            found.append(None)  # what it defines is called on the class
    kind = resolver.values.of(value)
    strange = not kind.known and (value.place is None or is_stranger(inference, value.place))
    if strange or any(holds(resolver, k) for k in kind.each):
        names = frozenset(called(special_methods(inference)))
        more, functions = special(inference, names, hashed=hashed)
        word = word or more
        found.append(functions)
    return word, together(found)


def holds(resolver: Resolver, kind: Type) -> bool:
    """Is it a container, or what goes through one, of which it is not known that it holds data?

    Classes are data here: what they are asked for, their metaclass does.
    """
    own = not kind.name.startswith(_HOLDING)
    plain = bool(kind.args) and all(is_plain(arg) or arg.name == CLASS for arg in kind.args)
    return not (
        own or plain or kind.name == CLASS or is_plain(kind) or resolver.immutable_type(kind.name)
    )


def _kinds(resolver: Resolver, value: Value) -> Iterator[Type]:
    """The types of a value, and of what it holds."""
    todo = [resolver.values.of(value)]
    while todo:
        kind = todo.pop()
        if kind:
            yield kind
        todo.extend(kind.union if kind.name == CLASS else (*kind.args, *kind.union))
    for held in value.held:
        yield from _kinds(resolver, held)
