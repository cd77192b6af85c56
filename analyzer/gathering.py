"""Which calls run other calls together, themselves or in what they call."""

from __future__ import annotations

from collections.abc import Callable, Container

from .effects.inference import Inference
from .ir import Call, Function, Invoke

#: Calls that make tasks, or wait for several.
GATHERING = frozenset({
    "asyncio.gather", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait",
    "asyncio.as_completed", "asyncio.TaskGroup", "asyncio.TaskGroup.create_task",
})  # fmt: skip


def gathers(inference: Inference, call: Call, busy: Container[str]) -> bool:
    """Does a call run calls together, or one of its callees, or a function of scope ``busy``?"""
    if inference.resolver.call_name(call) in GATHERING:
        return True
    todo = [(t.inference, t.function) for t in inference.callees.targets(call)]
    seen: set[tuple[int, str]] = set()
    while todo:
        owner, function = todo.pop()
        if function is None or (id(owner), function.scope) in seen:
            continue
        seen.add((id(owner), function.scope))
        if (owner is inference and function.scope in busy) or makes_tasks(owner, function):
            return True
        todo.extend(owner.summaries.edges(function))
    return False


def makes_tasks(inference: Inference, function: Function) -> bool:
    """Does a function itself run calls together, or make tasks?"""
    return any(
        isinstance(event, Invoke) and inference.resolver.call_name(event.call) in GATHERING
        for statement in function.block.statements
        for event in statement.events
    )


def callees_first(inference: Inference) -> Callable[[Function], int]:
    """An order of the functions of a module in which callees come before their callers."""
    order: dict[str, int] = {}
    for root in inference.module.functions:
        stack = [(root, False)]
        open_: set[str] = set()
        while stack:
            function, done = stack.pop()
            if done:
                order.setdefault(function.scope, len(order))
            elif function.scope not in order and function.scope not in open_:
                open_.add(function.scope)
                stack.append((function, True))
                called = inference.summaries.edges(function)
                stack.extend((f, False) for owner, f in called if owner is inference)
    return lambda function: order.get(function.scope, len(order))
