"""Loops and comprehensions of blocking calls → their new text: threads make the calls ahead.

The loop stays, and takes the results in order. When it is left by a failure, the calls that no
thread has begun are not made any more, and those under way are waited for.
"""

from __future__ import annotations

from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.loop_forms import LoopForm
from ..analyzer.turn_plans import LoopPlan
from .arguments import Names
from .chains import returned
from .comprehensions import elements, taking
from .edit import Writer
from .gather import Rewritten, carried, dropped_comment
from .imports import Import, needed, reach
from .loop_lines import Words, last_line, loop_header
from .loops import call_base, gone_through, opens_block
from .loops import taking as turns_taking


def rewrite_threaded(
    plan: LoopPlan, form: LoopForm, writer: Writer, names: Names, target_version: str
) -> Rewritten | None:
    """The edit that makes the calls of all turns in threads; None if its text is too tangled."""
    del form  # there is one
    statement, indent = plan.statement, plan.site.block.indent
    writer = writer.for_block(indent)
    if plan.comprehension is None:
        found = gone_through(plan, writer, names, filtered=False)
        lines, target, iterable = found[:3] if found is not None else ([], "", "")
    else:
        found = elements(plan, writer, names)
        lines, target, iterable = found if found is not None else ([], "", "")
    if found is None or any("\n" in a or "\r" in a for a in _words(plan.member, writer)):
        return None
    imports: list[Import] = []
    executor = _reached(plan, writer, "concurrent.futures", "ThreadPoolExecutor", imports)
    context = _reached(plan, writer, "contextvars", "copy_context", imports)
    words = [f"{context}().run", *_words(plan.member, writer)]
    comment = carried(plan.member, writer)
    if not plan.direct:
        name = names.new(f"{call_base(plan.member)}_one")
        parameters = [symbol.rpartition(":")[2] for symbol in plan.inner]
        lines += _function(plan, name, parameters, writer, blank=bool(lines))
        words, comment = [words[0], name, *parameters], ""
    pool, futures, future = names.new("pool"), names.new("futures"), names.new("future")
    inner = indent + writer.style.unit
    lines.append(f"{indent}{pool} = {executor}(max_workers={plan.workers})")
    lines.append(f"{indent}try:")
    turns = f"for {target} in {iterable}"
    lines += _submitted(f"{futures} = [", f"{pool}.submit", words, turns, inner, writer, comment)
    whole = Words(target, iterable, "", "", target_version)
    lines += _taken(plan, whole, futures, future, writer)
    lines += [f"{indent}finally:", f"{inner}{pool}.shutdown(cancel_futures=True)"]
    end = statement.lines.end
    if plan.comprehension is None:
        end = writer.starts[last_line(plan, writer)]
    text = writer.style.newline.join(lines)
    if writer.source.text[statement.lines.start : end].endswith(("\n", "\r")):
        text += writer.style.newline
    return Rewritten(Edit(statement.lines.start, end, text), None, tuple(imports))


def _words(member: Member, writer: Writer) -> list[str]:
    """What is handed over to make the call: its callee and its arguments."""
    return [member.call.callee, *writer.arguments(member.call)]


def _reached(
    plan: LoopPlan, writer: Writer, target: str, member: str, imports: list[Import]
) -> str:
    """The name by which something can be used in the block; its import is added if it has none."""
    function, start = plan.site.function, plan.statement.span.start
    found = reach(writer.module, function, f"{target}.{member}", start)
    if found is not None:
        return found
    imports.append(needed(writer.module, function, target, member))
    return imports[-1].name


def _function(
    plan: LoopPlan, name: str, parameters: list[str], writer: Writer, *, blank: bool
) -> list[str]:
    """A function that makes the call of one turn, and evaluates its arguments when it does."""
    indent = plan.site.block.indent
    lines = [""] if blank or not opens_block(plan, writer) else []
    body = returned(plan.member, indent + writer.style.unit, writer, awaited=False)
    return [*lines, f"{indent}def {name}({', '.join(parameters)}):", *body, ""]


def _submitted(
    opening: str, submit: str, words: list[str], turns: str, indent: str, writer: Writer,
    comment: str,
) -> list[str]:  # fmt: skip
    """The list of what is under way, on as many lines as it needs."""
    made = f"{submit}({', '.join(words)})"
    one = f"{indent}{opening}{made} {turns}]"
    if not comment and "\n" not in turns and "\r" not in turns and writer.fits(one):
        return [one]
    inner = indent + writer.style.unit
    if not comment and "\n" not in turns and writer.fits(f"{inner}{made} {turns}"):
        return [f"{indent}{opening}", f"{inner}{made} {turns}", f"{indent}]"]
    calls = [f"{inner}{made}{comment}"]
    if not writer.fits(calls[0]):
        deep = inner + writer.style.unit
        calls = [f"{deep}{', '.join(words)}{comment}"]
        if not writer.fits(calls[0]):
            calls = [f"{deep}{word}," for word in words]
            calls[1] += comment
        calls = [f"{inner}{submit}(", *calls, f"{inner})"]
    return [f"{indent}{opening}", *calls, f"{inner}{turns}", f"{indent}]"]


def _taken(plan: LoopPlan, words: Words, futures: str, future: str, writer: Writer) -> list[str]:
    """The lines of the loop, or of the statement, that takes the results."""
    inner = plan.site.block.indent + writer.style.unit
    result, span = f"{future}.result()", plan.member.call.span
    if plan.comprehension is not None:
        edits = taking(plan, words, result, future, futures, writer)
        return writer.indented(plan.statement.lines.line, plan.statement.span.end_line, edits)
    edits = [
        loop_header(plan, words, futures, future, inner, writer),
        Edit(span.start, span.end, result),
        *dropped_comment(plan.member, writer),
    ]
    return turns_taking(plan, edits, writer)
