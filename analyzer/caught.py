"""What `except … as error` catches, where it is only shown: text that nothing changes any more.

`return f"failed: {error}"` looks at the arguments of an exception. These are text, numbers and keys
if the interpreter raised it (library reference, "Built-in Exceptions"), and what a `raise` in the
project says otherwise. So all statements of the project that raise, and all that may change an
exception afterwards, are looked at once.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .classes import events_of
from .effects.selector import Attr
from .ir import (
    CAUGHT,
    Call,
    ClassInfo,
    Control,
    Event,
    Function,
    Invoke,
    Module,
    Operate,
    Place,
    Store,
    Use,
    Value,
)
from .lineage import ancestry, decorator_name
from .typetext import CLASS, is_plain

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .resolve import Resolver

_ERRORS = frozenset(
    f"builtins:{name}"
    for name, found in vars(builtins).items()
    if isinstance(found, type) and issubclass(found, BaseException)
)
#: Builtins that only look at what they are handed, and keep nothing of it.
_LOOKING = frozenset({
    "builtins:str", "builtins:repr", "builtins:format", "builtins:type", "builtins:isinstance",
    "builtins:print",
})  # fmt: skip
#: Methods that make what an object shows of itself.
_SHOWING = frozenset({"__str__", "__repr__", "__format__", "__getattribute__"})
#: Decorators that write a method that shows the fields.
_SHOWING_FIELDS = frozenset({
    "dataclass", "define", "mutable", "frozen", "attrs", "s", "attributes",
})  # fmt: skip
#: Attributes of built-in exceptions that their text is made of.
_SHOWN = frozenset({
    "args", "filename", "filename2", "strerror", "errno", "msg", "reason", "object", "name",
    "__notes__",
})  # fmt: skip


def is_text(resolver: Resolver, symbol: str) -> bool:
    """Is a name bound to caught exceptions of which nothing but the text is looked at?"""
    if not (resolver.plain_values and is_caught(resolver.module, symbol)):
        return False
    textual = resolver.find_textual is not None and resolver.find_textual()
    return textual and only_shown(resolver.module, symbol)


def is_caught(module: Module, symbol: str) -> bool:
    """Is a name bound by clauses of `except` only?"""
    info = module.symbols.get(symbol)
    return (
        info is not None
        and info.kind == "local"
        and not info.opaque_bindings
        and bool(info.values)
        and all(value.type == CAUGHT for value in info.values)
    )


def only_shown(module: Module, symbol: str) -> bool:
    """Is a caught exception put into text, tested and raised again, and nothing else?"""
    scope = symbol.rpartition(":")[0]
    return all(
        _shows(event, symbol)
        for function in module.functions
        if function.scope == scope or function.scope.startswith(f"{scope}.")
        for event in events_of(function)
    )


def _shows(event: Event, symbol: str) -> bool:
    match event:
        case Use(place=place):
            return place.symbol != symbol or not place.steps
        case Invoke(call=call):
            looks = call.function.place is not None and call.function.place.symbol in _LOOKING
            given = [a.value for a in call.arguments] if not looks else []
            return not any(_means(v, symbol) for v in (call.receiver or Value(), *given))
        case Control(word="raise") | Operate():
            return True
        case _:
            values = _values(event)
            place = getattr(event, "place", None)
            written = isinstance(place, Place) and place.symbol == symbol
            return not written and not any(_means(value, symbol) for value in values)


def _values(event: Event) -> Iterator[Value]:
    value = getattr(event, "value", None)
    if isinstance(value, Value):
        yield value


def _means(value: Value, symbol: str) -> bool:
    if value.place is not None and value.place.symbol == symbol:
        return True
    return any(_means(held, symbol) for held in value.held)


# -- what exceptions hold --------------------------------------------------------------------------


def raises_text(inference: Inference) -> bool:
    """Do the exceptions that a file raises hold nothing that changes, and does it change none?"""
    module, resolver = inference.module, inference.resolver
    shown = (f"{name}:{method}" for name in module.classes for method in _SHOWING)
    if any(symbol in module.symbols for symbol in shown):
        return False
    if any(_shown_as_key(resolver, info) for info in module.classes.values()):
        return False
    return all(
        _harmless(resolver, event, function)
        for function in module.functions
        for event in events_of(function)
    )


def _shown_as_key(resolver: Resolver, info: ClassInfo) -> bool:
    """May objects that show their fields, which may change, be keys? A `KeyError` holds its key.

    A decorator such as `dataclass` writes the ``__repr__``, and takes ``__hash__`` away unless it
    is told otherwise (library reference, "dataclasses").
    """
    own = "__hash__" in info.methods
    for decorator in info.decorators:
        name = decorator_name(resolver, decorator)
        if name.rpartition(".")[2] not in _SHOWING_FIELDS:
            if resolver.types.decorators.get(name) != "harmless":
                return True
            continue
        call = resolver.module.calls.get(decorator.place.symbol) if decorator.place else None
        arguments = call.arguments if call is not None else ()
        given = {a.keyword: a.value.literal if a.value.is_literal else ... for a in arguments}
        if given.get("frozen") is True or name.rpartition(".")[2] == "frozen":
            continue
        hashed = any(given.get(word) not in (None, False) for word in ("unsafe_hash", "hash"))
        if own or hashed or None in given or given.get("eq", True) is not True:
            return True
    return own and any(
        base.place is None or not base.place.symbol.startswith("builtins:") for base in info.bases
    )


def _harmless(resolver: Resolver, event: Event, function: Function) -> bool:
    if isinstance(event, Store) and event.place.steps:
        last, owner = event.place.steps[-1], Place(event.place.symbol, event.place.steps[:-1])
        if is_caught(resolver.module, owner.symbol) or (
            isinstance(last, Attr) and last.name in _SHOWING
        ):
            return False
        shown = isinstance(last, Attr) and last.name in _SHOWN
        return not shown or _no_error(resolver, owner)
    if isinstance(event, Invoke):
        return _keeps_text(resolver, event.call)
    if isinstance(event, Control) and event.word == "raise":
        return all(_textual(resolver, value) for value in event.value.held[:1])
    if isinstance(event, Control) and (
        event.word == "assert" or (event.word == "return" and function.is_generator)
    ):  # what a generator returns is in its StopIteration
        return event.value == Value() or _fixed(resolver, event.value)
    return True


def _keeps_text(resolver: Resolver, call: Call) -> bool:
    """Does a call raise nothing, or change no exception, with an object that may change?"""
    if call.method == "pop" and any(_changes(resolver, a.value) for a in call.arguments[:1]):
        return False  # of an empty dictionary it raises for what could be no key
    if call.method in ("add_note", "set_exception", "throw", "__setattr__"):
        return False
    place = call.function.place
    if place is not None and place.symbol == "builtins:setattr" and len(call.arguments) > 1:
        name = call.arguments[1].value.literal
        return isinstance(name, str) and name not in _SHOWING | _SHOWN
    leaves = place is not None and place.symbol in ("builtins:exit", "builtins:quit")
    if leaves or call.method == "cancel" or resolver.call_name(call) == "sys.exit":
        return all(_fixed(resolver, argument.value) for argument in call.arguments)
    return True


def _changes(resolver: Resolver, value: Value) -> bool:
    """Is something known to be an object that may change?"""
    kind = resolver.values.of(value)
    fixed = value.immutable or resolver.immutable(value) or kind.name == "builtins.tuple"
    return (kind.known and not fixed and not is_plain(kind)) or any(
        _changes(resolver, held) for held in value.held
    )


def _no_error(resolver: Resolver, owner: Place) -> bool:
    """Is an object surely no exception?"""
    found = resolver.values.at(owner)
    lines = [ancestry(resolver, one.name) for one in found.each]
    return found.known and all(
        line is not None and not any(f"{level.name}".startswith("builtins.") and level.info is None
                                     and level.name != "builtins.object" for level in line)
        for line in lines
    )  # fmt: skip


def _textual(resolver: Resolver, raised: Value) -> bool:
    """Is what is raised a class, or made of text, numbers and other such exceptions?"""
    place = raised.place
    if place is None:
        return raised == Value()  # `raise` alone
    if place.symbol in _ERRORS or is_caught(resolver.module, place.symbol):
        return not place.steps
    call = resolver.module.calls.get(place.symbol)
    if call is None or place.steps:
        return call is None and _is_class(resolver, raised)
    made = call.function
    if made.place is None or not (made.place.symbol in _ERRORS or _is_class(resolver, made)):
        return False
    return all(_fixed(resolver, argument.value) for argument in call.arguments)


def _fixed(resolver: Resolver, value: Value) -> bool:
    if value.place is not None and is_caught(resolver.module, value.place.symbol):
        return not value.place.steps
    held = all(_fixed(resolver, one) for one in value.held)
    return held and (value.immutable or resolver.immutable(value))


def _is_class(resolver: Resolver, value: Value) -> bool:
    """A class of exceptions that makes its text as the built-in ones do."""
    place = value.place
    if place is None:
        return False
    found = resolver.values.at(place)
    if found.name == CLASS:
        line = ancestry(resolver, found.arg(0).name)
        return line is not None and all(
            level.info is None or _makes_plainly(level.resolver, level.info.qualname)
            for level in line
        )
    info = resolver.module.symbols.get(place.symbol)
    inside = resolver.project is not None and info is not None and \
        resolver.project.inside(info.target)  # fmt: skip
    return info is not None and info.kind == "import" and not inside


def _makes_plainly(resolver: Resolver, qualname: str) -> bool:
    """Does the constructor of a class look at nothing but its arguments?"""
    return all(
        _of_arguments(resolver.module, function)
        for function in resolver.module.functions
        if function.class_scope == qualname and function.name in ("__init__", "__new__")
    )


def _of_arguments(module: Module, function: Function) -> bool:
    for event in events_of(function):
        if isinstance(event, Invoke):
            place = event.call.function.place
            builtin = place is not None and place.symbol.startswith("builtins:")
            if not builtin and event.call.method != "__init__":
                return False
        if isinstance(event, Use) and event.place.symbol.startswith(":"):
            info = module.symbols.get(event.place.symbol)
            if info is None or not (info.cls or info.kind == "import"):
                return False
    return True
