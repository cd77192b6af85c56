"""Why what a vocabulary or a declaration says of a function may not hold for one call of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..classes import events_of
from ..container_methods import VIEWS
from ..ir import Call, Invoke, Iterate, Place, Value
from ..lineage import PROTOCOLS, ancestry
from ..own_code import members
from ..own_operators import looked_up as run_by_fields
from ..own_operators import run_by
from ..quiet import quiet
from ..typetext import CLASS, is_plain
from .arguments import argument
from .catalog import Entry
from .containers import asks_for_text, slots_of
from .dispatch import rearmed
from .formats import looked_up
from .handed_on import bound_method, called, dunders, follows, hidden, owner, owners, parameter
from .makers import makers

if TYPE_CHECKING:
    from .inference import Inference

_LOOKED_UP = frozenset({"__getattr__", "__getitem__", "__missing__"})
#: Methods of texts and lists that take numbers.
_COUNTING = frozenset({
    "center", "ljust", "rjust", "zfill", "replace", "split", "rsplit", "expandtabs", "index",
    "rindex", "find", "rfind", "count", "startswith", "endswith", "hex",
})  # fmt: skip
_ACCESS = frozenset({"__getattr__", "__getattribute__"})


def doubt(inference: Inference, entry: Entry, call: Call) -> str:
    """Why an entry does not hold for this very call, or ""."""
    excluded = inference.resolver.excluded(entry, call)
    if excluded:
        return f"is given {excluded}, which may run anything"
    # A vocabulary says which arguments a plain function calls, so only a function that is
    # handed over as such is suspect there; what runs early may look into what it is handed.
    deep = call.awaited or not entry.origin.startswith("catalog")
    for a in call.arguments:
        name = a.keyword or parameter(entry, call, a.value)
        if name not in entry.calls and _callable(inference, a.value, deep=deep):
            return "is handed a function that it may call"
    for name, value in called(entry, call):
        if not follows(inference, call, value):
            return f"calls what it is given as `{name}`"
    if hidden(entry, call):
        return "may be given a function to call in arguments that cannot be seen"
    for name, kinds in entry.typed.items():
        found = argument(call, name, entry.params)
        kind = inference.resolver.type_of(found) if found is not None else ""
        if kind not in kinds or found is None:
            continue
        words = rearmed(inference, kind) or _made_of_unknown(inference, found)
        if words:
            return f"is given `{name}`: {words}"
    if _of_the_class(inference, entry, call):
        return "is called on its class, with the object as an argument"
    own = _runs_own(inference, entry, call) or _reflects(inference, call)
    if own:
        return own
    special = dunders(inference.resolver, entry, call)
    if special and not inference.config.plain_values:
        return f"calls `{special[0]}` of what it is given (plain-values = false)"
    for name in entry.iterates:
        for value in _iterated(name, entry, call):
            if not inference.iterable(value):
                return f"iterates `{name}`, which could be a generator"
    return ""


def _made_of_unknown(inference: Inference, value: Value) -> str:
    """Which unknown call had a hand in an object whose type decides what a call does, or ""."""
    for call in makers(inference.module, value):
        facts = inference.facts(call)
        if facts.everything:
            return f"made by `{facts.name}`, of which nothing is known"
    return ""


def _of_the_class(inference: Inference, entry: Entry, call: Call) -> bool:
    """`list.append(rows, x)`: what it changes is its first argument."""
    place = call.receiver.place if call.receiver is not None else None
    if place is None or not any(template.of_receiver for template in entry.writes):
        return False
    of_class = inference.resolver.values.at(place).name == CLASS
    return of_class or (place.symbol.startswith("builtins:") and not place.steps)


def _runs_own(inference: Inference, entry: Entry, call: Call) -> str:
    """Which special method of the project an entry's function calls, or ""."""
    special = dunders(inference.resolver, entry, call)
    if call.method in _COUNTING:
        special += ("__index__",)
    if not special or asks_for_text(inference, call):
        return ""  # whatever lies under a text is not compared
    if "__getattr__" in special:  # it formats what it is given
        names = looked_up(inference, call)
        for a in call.arguments if names is None or names else ():
            found = run_by_fields(inference, a.value, names)
            if found:
                return f"looks up {found}, which a class of the project defines"
        special = tuple(name for name in special if name not in _LOOKED_UP)
    hashed = slots_of(inference, call) is not None
    for value in (call.receiver, *_looked_into(inference, entry, call)):
        if value is None:
            continue
        found, functions = run_by(inference, special, value, hashed=hashed)
        if found and (hashed or not quiet(functions)):
            return f"calls {found}, which a class of the project defines"
    return ""


def _looked_into(inference: Inference, entry: Entry, call: Call) -> list[Value]:
    """The arguments of a call; in place of a bound method the object that its answers are from."""
    resolver = inference.resolver
    methods = [value for _, value in called(entry, call) if owner(resolver, value) is not None]
    others = [a.value for a in call.arguments if not any(a.value is m for m in methods)]
    return [*others, *owners(resolver, entry, call)]


def _reflects(inference: Inference, call: Call) -> str:
    """Why `getattr(x, name)` or `vars(x)` may be more than a look at an object, or ""."""
    name = inference.resolver.call_name(call)
    if name == "builtins.vars":
        result = Value(place=Place(call.symbol))
        gone_through = any(
            (isinstance(e, Iterate) and e.value == result)
            or (isinstance(e, Invoke) and e.call.receiver == result and e.call.method in VIEWS)
            for function in inference.module.functions
            for e in events_of(function)
        )
        return (
            ""
            if gone_through and call.arguments
            else "hands out the attributes of an object, to be set"
        )
    if name != "builtins.getattr" or not call.arguments:
        return ""
    kind = inference.resolver.values.of(call.arguments[0].value)
    known = members(inference, kind)
    if known is not None:
        ran = known.computed | (known.names & _ACCESS)
    elif kind and is_plain(kind):
        return ""
    else:
        return "looks up an attribute of what it knows nothing of"
    return f"looks up what may be `{min(ran)}`, which is computed" if ran else ""


def asks_identity(inference: Inference, call: Call) -> bool:
    """Does `isinstance` look at nothing but the type? A protocol is asked for its members."""
    todo = [a.value for a in call.arguments[1:]]
    while todo:
        value = todo.pop()
        kind = inference.resolver.values.of(value)
        if value.held and value.fresh:
            todo += value.held
        elif kind.name == CLASS:
            line = ancestry(inference.resolver, kind.arg(0).name)
            if line is None or any(level.name in PROTOCOLS for level in line):
                return False
        elif value.place is None or not value.place.symbol.startswith("builtins:"):
            return False
    return True


def _iterated(name: str, entry: Entry, call: Call) -> list[Value]:
    if name != "*":
        value = argument(call, name, entry.params)
        return [] if value is None else [value]
    positional = [a for a in call.arguments if a.keyword is None]
    return [
        Value(held=(a.value,), element=True) if a.star == "*" else a.value
        for a in positional[len(entry.params) :]
    ]


def _callable(inference: Inference, value: Value, *, deep: bool) -> bool:
    """May the value be (``deep``: or hold) a function of this file, which looks names up?"""
    if value.function or any(_callable(inference, held, deep=deep) for held in value.held):
        return True
    if bound_method(inference.resolver, value):
        return True
    if not deep:
        place = value.place
        info = inference.module.symbols.get(place.symbol) if place and not place.steps else None
        return info is not None and any(v.function for v in info.values)
    group = inference.aliases.group
    return any(group(s) in inference.function_groups for s in inference.aliases.sources(value))
