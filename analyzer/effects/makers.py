"""The calls that had a hand in making a value, as far as one file shows them."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir import Call, Module, Value


def makers(module: Module, value: Value) -> Iterator[Call]:
    """The call that made a value, those that made what it was handed and called on, and so on."""
    seen, todo = set[str](), [value]
    while todo:
        made = todo.pop()
        todo += made.held
        if made.place is None or made.place.symbol in seen:
            continue
        seen.add(made.place.symbol)
        call = module.calls.get(made.place.symbol)
        if call is None:
            info = module.symbols.get(made.place.symbol)
            todo += info.values if info is not None else ()
            continue
        yield call
        todo += [argument.value for argument in call.arguments]
        todo += [call.receiver] if call.receiver is not None else []
