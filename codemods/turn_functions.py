"""Turns that await several calls → the function that makes them, and what stays in the loop."""

from __future__ import annotations

from ..analyzer.edits import Edit
from ..analyzer.turn_plans import LoopPlan
from .arguments import Names
from .chains import base_of, function_name, given, returned
from .edit import Writer
from .gather import dropped_comment, end_line


def turn_function(
    plan: LoopPlan, limit: str, inner: str, writer: Writer, names: Names
) -> tuple[list[str], str, str]:
    """The lines of the function but its head, its name, and its parameters.

    ``limit``: what its body holds, if there is a limit; ``inner``: the indentation of its body.
    """
    chain, host = plan.chain, plan.host
    assert chain is not None
    assert host is not None
    name = names.new(function_name(plan.member, chain, base_of(plan.member, chain)))
    parameters = ", ".join(symbol.rpartition(":")[2] for symbol in plan.inner)
    lines = [f"{inner}async with {limit}:"] if limit else []
    indent = inner + writer.style.unit if limit else inner
    first, end = _first_line(plan, writer), _last_line(plan, writer)
    lines += writer.reindented(first, end, host.block.indent, indent)
    if not chain.whole:
        lines += returned(plan.member, indent, writer, given(chain))
    elif chain.gives:
        lines.append(f"{indent}return {given(chain)}")
    return lines, name, parameters


def turn_edits(plan: LoopPlan, task: str, writer: Writer, names: Names) -> list[Edit]:
    """What the loop does where its calls stood: it awaits the task of the turn."""
    chain, host = plan.chain, plan.host
    assert chain is not None
    assert host is not None
    statements = host.block.statements
    taken = f"await {task}"
    edits: list[Edit] = []
    if not chain.whole:
        span = plan.member.call.await_span
        assert span is not None
        result = _result(plan, names) if chain.gives else ""
        edits = [Edit(span.start, span.end, result or taken), *dropped_comment(plan.member, writer)]
        if not chain.gives:
            begin, last = statements[chain.begin].lines.start, statements[chain.end].lines.start
            return edits if begin == last else [Edit(begin, last, ""), *edits]
        taken = f"{given(chain)}, {result} = {taken}"
    elif chain.gives:
        taken = f"{given(chain)} = {taken}"
    ((_, first),) = writer.lines(_first_line(plan, writer), _first_line(plan, writer))
    begin = writer.starts[_first_line(plan, writer) - 1] + len(first) - len(first.lstrip())
    end = _last_line(plan, writer)
    ((_, line),) = writer.lines(end, end)
    return [Edit(begin, writer.starts[end - 1] + len(line), taken), *edits]


def _result(plan: LoopPlan, names: Names) -> str:
    """A new name for what the last call gives: the noun of its function's name, if that is free."""
    assert plan.chain is not None
    name = function_name(plan.member, plan.chain, base_of(plan.member, plan.chain))
    noun = name.removeprefix("load_")
    free = noun != name and noun not in names.taken and noun not in names.given
    return names.new(noun if free else "result")


def _first_line(plan: LoopPlan, writer: Writer) -> int:
    """The first line of the statements that move, comments above it included."""
    assert plan.chain is not None
    assert plan.host is not None
    line = plan.host.block.statements[plan.chain.begin].lines.line
    while not writer.lines(line, line)[0][1].strip():
        line += 1
    return line


def _last_line(plan: LoopPlan, writer: Writer) -> int:
    assert plan.chain is not None
    assert plan.host is not None
    block = plan.host.block
    end = plan.chain.end if plan.chain.whole else plan.chain.end - 1
    return end_line(block.statements[end], block.indent, writer)
