"""Which functions may be called by a call that cannot be seen, by their names.

A function whose name stands only where it is called, by calls that are followed, is called by
those alone. A name that is handed on, looked up by text, or called on an object of unknown type
may lead to any function of that name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import Call, Invoke, Place, Use, Value
from .selector import Attr, Key

if TYPE_CHECKING:
    from .inference import Inference

_ASKING = frozenset({"builtins.isinstance", "builtins.issubclass"})
#: What finds a thing by its name.
_BY_NAME = frozenset({
    "getattr", "globals", "vars", "locals", "__dict__", "methodcaller", "attrgetter",
    "import_module", "modules", "__getattribute__",
})  # fmt: skip
#: What finds the class of an object.
_BY_OBJECT = frozenset({"type", "__class__", "cls", "__new__"})


def escaping(inferences: Iterable[Inference]) -> frozenset[str]:
    """The names of functions and classes that are used otherwise than in calls that are followed.

    A method's name counts whatever object it is looked up on. ``__init__`` stands for classes that
    are found by their objects.
    """
    used: Counter[str] = Counter()
    called: Counter[str] = Counter()
    told: set[str] = set()
    texts: set[str] = set()
    for inference in inferences:
        for function in inference.module.functions:
            told |= {name for value in function.decorators for name in [_name(value.place)] if name}
            if function.decorators:
                told.add(function.name)
            for event in events_of(function):
                if isinstance(event, Use):
                    if not _mere_variable(inference, event.place):
                        used[_name(event.place)] += 1
                    texts |= _texts(event.place)
                elif isinstance(event, Invoke):
                    _call(inference, event.call, called, texts)
    if _BY_NAME & used.keys():
        told |= texts
    if _BY_OBJECT & used.keys():
        told.add("__init__")
    return frozenset({name for name, count in used.items() if count > called[name]} | told)


def _mere_variable(inference: Inference, place: Place) -> bool:
    """Is it a name of a function that only happens to be spelled like something else?"""
    info = inference.module.symbols.get(place.symbol)
    local = info is not None and info.kind in ("local", "parameter") and not place.steps
    return local and info is not None and not (info.function or info.cls)


def _call(inference: Inference, call: Call, called: Counter[str], texts: set[str]) -> None:
    resolver = inference.resolver
    place = call.function.place
    if place is not None and not _mere_variable(inference, place) \
            and inference.callees.targets(call):  # fmt: skip
        called[_name(call.function.place)] += 1
    for argument in call.arguments:
        value = argument.value
        if value.is_literal and isinstance(value.literal, str):
            texts.add(value.literal)
        elif value.place is not None and resolver.call_name(call) in _ASKING \
                and not _mere_variable(inference, value.place):  # fmt: skip
            called[_name(value.place)] += 1
        texts |= {name for held in value.held for name in _literals(held)}


def _literals(value: Value) -> set[str]:
    found = {value.literal} if isinstance(value.literal, str) else set[str]()
    return found.union(*(_literals(held) for held in value.held))


def _name(place: Place | None) -> str:
    if place is None:
        return ""
    if place.steps:
        last = place.steps[-1]
        return last.name if isinstance(last, Attr) else ""
    return place.symbol.rpartition(":")[2]


def _texts(place: Place) -> set[str]:
    return {s.value for s in place.steps if isinstance(s, Key) and isinstance(s.value, str)}
