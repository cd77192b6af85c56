"""A readable form of the intermediate representation, for tests and for people.

One function after the other; one line per statement (its line in the file and its kind); one line
per event, in evaluation order; nested blocks indented where their events stand. What may run not at
all or more than once is marked ``?``. A path is printed as ``scope:name.attribute["key"]``, where
``[scope:name]`` is a subscript by a variable and ``[*]`` any other one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from . import ir
from .effects.selector import Attr, Key, Step, SymKey

_INDENT = "  "
_BUILTINS = "builtins."


def format_module(module: ir.Module) -> str:
    """All functions of a module in source order, the module's own body first."""
    functions = sorted(module.functions, key=lambda f: (bool(f.name), f.span.start))
    return "\n".join("\n".join(_function(f)) + "\n" for f in functions)


def format_symbols(module: ir.Module) -> str:
    """One line per symbol that the module mentions: its kind and what the file says about it."""
    return "".join(f"{symbol} {_symbol(info)}\n" for symbol, info in sorted(module.symbols.items()))


# -- values ------------------------------------------------------------------------------------


def format_place(place: ir.Place) -> str:
    """``f:a.b["k"]``."""
    return place.symbol + "".join(_step(step) for step in place.steps)


def _step(step: Step) -> str:
    match step:
        case Attr(name):
            return f".{name}"
        case Key(value):
            return f"[{value!r}]"
        case SymKey(name):
            return f"[{name}]"
        case _:
            return "[*]"


def format_value(value: ir.Value) -> str:
    """A path, a literal, or how it was made: ``list(f:a)``, ``join('x', f:a)``, ``of(f:a)``."""
    if value.place is not None:
        return format_place(value.place)
    if value.is_literal:
        return repr(value.literal)
    if value.function and value.function != "lambda":
        return f"function {value.function}"
    return _made(value)


def _made(value: ir.Value) -> str:
    if value.entries is not None:
        inner = ", ".join(f"{key!r}: {format_value(item)}" for key, item in value.entries)
    else:
        inner = _values(value.parts or value.held)
    words = {ir.SLICE: "slice", ir.CAUGHT: "caught", ir.ITEM: "item", ir.UNTYPED: "element"}
    kind = value.function or words.get(value.type, value.type.removeprefix(_BUILTINS))
    if not kind and value.parts:
        kind = "path" if value.path_join else "join"
    if not kind:
        marks = {"new": value.fresh, "element": value.element, "constant": value.immutable}
        kind = next((word for word, holds in marks.items() if holds), "")
    if not inner and not value.fresh:
        return kind or "?"
    return f"{kind or 'of'}({inner})"


def _values(values: Sequence[ir.Value]) -> str:
    return ", ".join(format_value(value) for value in values)


# -- events ------------------------------------------------------------------------------------


def format_event(event: ir.Event) -> str:
    """One event on one line."""
    mark = "? " if event.guarded else ""
    return f"{mark}{_event(event)}"


def _event(event: ir.Event) -> str:
    match event:
        case ir.Use(place, member=step) if step is not None:
            return f"use {_step(step)} in {format_place(place)}"
        case ir.Use(place, truth=True):
            return f"use truth of {format_place(place)}"
        case ir.Use(place, deep, risk):
            return f"use {format_place(place)}{' deep' if deep else ''}{_risk(place, risk)}"
        case ir.Operate(values, risk):
            return f"operate {risk.value}({_values(values)})"
        case ir.Define(symbol, value):
            return f"def {symbol} = {format_value(value)}"
        case ir.Store(place, value):
            return f"store {format_place(place)} = {format_value(value)}"
        case ir.Mutate(place):
            return f"mutate {format_place(place)}"
        case ir.Invoke(call):
            return _call(call)
        case ir.Iterate(value, asynchronous):
            return f"iterate {format_value(value)}{' async' if asynchronous else ''}"
        case ir.Enter(value, asynchronous):
            return f"enter {format_value(value)}{' async' if asynchronous else ''}"
        case ir.AwaitValue(value):
            return f"await {format_value(value)}"
        case ir.Control(word, _, value):
            return f"control {word}" + ("" if value == ir.Value() else f" {format_value(value)}")


def _risk(place: ir.Place, risk: ir.Risk) -> str:
    """The risk, unless it is the one that the last step of the path has by itself."""
    usual = ir.Risk.NAME
    if place.steps:
        usual = ir.Risk.ATTRIBUTE if isinstance(place.steps[-1], Attr) else ir.Risk.ITEM
    return "" if risk is usual else f" risk={risk.value or 'none'}"


def _call(call: ir.Call) -> str:
    function = format_value(call.function)
    if call.function.place is None and call.method:
        function = f"{format_value(call.receiver or call.function)}.{call.method}"
    arguments = ", ".join(_argument(argument) for argument in call.arguments)
    return f"call #{call.id} {function}({arguments}){' awaited' if call.awaited else ''}"


def _argument(argument: ir.Argument) -> str:
    keyword = f"{argument.keyword}=" if argument.keyword is not None else argument.star
    return f"{keyword}{format_value(argument.value)}"


# -- statements and functions ------------------------------------------------------------------


def _function(function: ir.Function) -> Iterator[str]:
    words = ["async def" if function.is_async else "def", function.qualname]
    header = " ".join(words) if function.name else "module"
    if function.name:
        header += f"({', '.join(function.parameters)})"
    if function.is_generator:
        header += " generator"
    if function.class_scope:
        header += f" method-of={function.class_scope}"
    if function.decorators:
        header += f" decorators=[{_values(function.decorators)}]"
    if function.exposed:
        header += f" exposes=[{', '.join(sorted(function.exposed))}]"
    yield header
    for statement in function.block.statements:
        yield from _statement(statement, _INDENT)


def _statement(statement: ir.Statement, indent: str) -> Iterator[str]:
    flags = [
        f"shape={statement.shape.value}" if statement.shape is not ir.Shape.WITHIN else "",
        f"target={statement.target_name}" if statement.target_name else "",
        "annotated" if statement.annotated else "",
        "" if statement.solo else "shares-line",
        "handlers" if statement.handlers else "",
        "final" if statement.final else "",
    ]
    yield f"{indent}{' '.join([f'{statement.span.line}: {statement.kind}', *filter(None, flags)])}"
    inner = indent + _INDENT
    at = 0
    for block, start, length, guarded in _folded(statement):
        yield from _events(statement.events[at:start], inner)
        yield f"{inner}{'? ' if guarded else ''}{block.role}{' inline' if block.inline else ''}:"
        for nested in block.statements:
            yield from _statement(nested, inner + _INDENT)
        at = start + length
    yield from _events(statement.events[at:], inner)


def _events(events: Sequence[ir.Event], indent: str) -> Iterator[str]:
    for event in events:
        yield f"{indent}{format_event(event)}"


def _folded(statement: ir.Statement) -> Iterator[tuple[ir.Block, int, int, bool]]:
    """Where each block's events stand among those of its statement, and whether behind a guard.

    A block without events stands before the next one (that of a ``try`` as early as it may).
    """
    at = 0
    pending: list[ir.Block] = []
    for block in statement.blocks:
        events = [event for nested in block.statements for event in nested.events]
        if not events:
            pending.append(block)
            continue
        start = _find(statement.events, events, at)
        yield from ((empty, at if empty.role == "try" else start, 0, False) for empty in pending)
        pending.clear()
        guarded = statement.events[start] is not events[0]
        yield block, start, len(events), guarded or events[0].guarded
        at = start + len(events)
    end = len(statement.events)
    yield from ((empty, at if empty.role == "try" else end, 0, False) for empty in pending)


def _find(events: Sequence[ir.Event], wanted: Sequence[ir.Event], at: int) -> int:
    marked = [replace(event, guarded=True) for event in wanted]
    for start in range(at, len(events) - len(wanted) + 1):
        window = events[start : start + len(wanted)]
        if [replace(event, guarded=True) for event in window] == marked:
            return start
    raise ValueError("the events of a block are not folded into its statement")


# -- symbols -----------------------------------------------------------------------------------


def _symbol(info: ir.SymbolInfo) -> str:
    words = [info.kind, f"bindings={info.bindings}" if info.bindings != 1 else ""]
    for word in ("target", "function", "cls"):
        found = getattr(info, word)
        words.append(f"{word}={found}" if found else "")
    words.append(f"annotations=[{', '.join(info.annotations)}]" if info.annotations else "")
    words.append(f"values=[{_values(info.values)}]" if info.values else "")
    words.append(f"opaque={info.opaque_bindings}" if info.opaque_bindings else "")
    return " ".join(filter(None, words))
