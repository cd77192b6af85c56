"""Loops → their new text: the calls of all turns are started, the loop takes them one by one."""

from __future__ import annotations

import ast
import re

from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.loop_forms import Fold, LoopForm
from ..analyzer.turn_plans import LoopPlan
from .arguments import Names
from .chains import returned
from .edit import Writer
from .gather import Rewritten, await_all, dropped_comment
from .imports import needed, reach
from .loop_lines import Words, last_line, listed, loop_header, many_of, plain, remarks
from .turn_functions import turn_edits, turn_function


def rewrite_loop(
    plan: LoopPlan, form: LoopForm, writer: Writer, names: Names, target_version: str
) -> Rewritten | None:
    """The edit that starts the calls of a loop ahead; None if its header cannot be taken apart."""
    indent = plan.site.block.indent
    writer = writer.for_block(indent)
    statement = plan.statement
    found = gone_through(plan, writer, names, filtered=form.fold is not Fold.NONE)
    if found is None:
        return None
    lines, target, iterable, turns = found
    module, function = writer.module, plan.site.function
    asyncio, new_import = reach(module, function, "asyncio", statement.span.start), None
    if asyncio is None:
        new_import = needed(module, function, "asyncio")
        asyncio = new_import.name
    base = call_base(plan.member)
    opening, made = defined(plan, base, writer, names, asyncio, bool(lines))
    lines += opening
    filtered = "" if form.fold is Fold.NONE else turns
    words = Words(target, iterable, made, asyncio, target_version, filtered)
    lines += plain(plan, form, words, writer, names) if form.fold is not Fold.NONE else \
        _ordered(plan, words, writer, names)  # fmt: skip
    text = writer.style.newline.join(lines)
    end = writer.starts[last_line(plan, writer)]
    if writer.source.text[:end].endswith(("\n", "\r")):
        text += writer.style.newline
    return Rewritten(Edit(statement.lines.start, end, text), new_import)


def gone_through(
    plan: LoopPlan, writer: Writer, names: Names, *, filtered: bool
) -> tuple[list[str], str, str, str] | None:
    """What the turns go through: lines ahead, target and iterable, and the clause of a filter.

    ``filtered``: the condition that leaves turns out stays a clause, and makes no list. None if the
    header cannot be taken apart.
    """
    header, sieve, indent = _header(plan, writer), plan.sieve, plan.site.block.indent
    if header is None:
        return None
    target, iterable = header
    lines: list[str] = []
    if sieve is not None and ("\n" in iterable or "\r" in iterable):
        return None
    turns = "" if sieve is None else f"for {target} in {_operand(iterable)} if {sieve.condition}"
    if sieve is not None and not filtered:
        name = many_of(target, names, "chosen")
        own = f"({target})" if isinstance(plan.turns.names, tuple) else target
        lines += remarks(sieve, writer, indent)
        lines += listed(f"{name} = [", own, turns, "]", indent, writer)
        iterable = name
    elif sieve is None and not plan.repeats:
        name = many_of(target, names, "items")
        lines += bound(name, f"list({iterable})" if plan.once else iterable, indent)
        iterable = name
    return lines, target, iterable, turns


def _ordered(plan: LoopPlan, words: Words, writer: Writer, names: Names) -> list[str]:
    indent, unit = plan.site.block.indent, writer.style.unit
    tasks, task = names.new("tasks"), names.new("task")
    started = f"{words.asyncio}.ensure_future({words.made})"
    lines = listed(f"{tasks} = [", started, words.turns, "]", indent, writer)
    span = plan.member.call.await_span
    assert span is not None
    taken = [Edit(span.start, span.end, f"await {task}"), *dropped_comment(plan.member, writer)]
    if plan.chain is not None:
        taken = turn_edits(plan, task, writer, names)
    inner = indent + unit
    lines.append(f"{indent}try:")
    edits = [loop_header(plan, words, tasks, task, inner, writer), *taken]
    lines += taking(plan, edits, writer)
    lines.append(f"{indent}finally:")
    lines += [f"{inner}for {task} in {tasks}:", f"{inner}{unit}{task}.cancel()"]
    return lines + await_all(words.asyncio, [f"*{tasks}"], inner, writer)


def taking(plan: LoopPlan, edits: list[Edit], writer: Writer) -> list[str]:
    """The lines of the loop that takes the results, within the `try`."""
    start, end, sieve = plan.statement.lines.line, last_line(plan, writer), plan.sieve
    if sieve is None:
        return writer.indented(start, end, edits)
    if sieve.skips:
        first = plan.statements[0].lines
        gone = Edit(sieve.statement.lines.start, first.start, "")
        return writer.indented(start, end, [*edits, gone])
    first = plan.statements[0].lines  # it stands as deep as it did, without the `if` around it
    header, taken = edits[:1], edits[1:]
    above = writer.indented(start, sieve.statement.lines.line - 1, header)
    return above + writer.edited(first.line, end, taken)


def _operand(iterable: str) -> str:
    """What stands behind the `in` of a comprehension, where less may stand without parentheses."""
    node = ast.parse(f"({iterable})", mode="eval").body
    plain = isinstance(node, (ast.IfExp, ast.Lambda, ast.Tuple)) and not iterable.startswith("(")
    return f"({iterable})" if plain else iterable


def _header(plan: LoopPlan, writer: Writer) -> tuple[str, str] | None:
    """The texts of target and iterable, without parentheses around them."""
    turns = plan.statement.turns
    assert turns is not None
    text = writer.source.text
    before = text[plan.statement.span.start : turns.target.start]
    between = text[turns.target.end : turns.iterable.start]
    opened = re.fullmatch(r"[\s),]*\bin\b\s*([\s(]*)", between)
    closed = re.match(r"([\s)]*):", text[turns.iterable.end :])
    if opened is None or closed is None or not re.fullmatch(r"for[\s(]*", before):
        return None
    if plan.repeats:  # a name or a call, which needs no parentheses
        return writer.text(turns.target).strip(), writer.text(turns.iterable)
    iterable = f"{opened.group(1)}{writer.text(turns.iterable)}{closed.group(1).rstrip()}"
    return writer.text(turns.target).strip(), iterable


def bound(name: str, iterable: str, indent: str) -> list[str]:
    first, *rest = iterable.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [f"{indent}{name} = {first}", *rest]


def call_base(member: Member) -> str:
    """A name for the call, after the last part of what is called."""
    words = re.findall(r"\w+", member.call.callee)
    word = words[-1].strip("_").lower() if words else ""
    return word if word.isidentifier() else "call"


def defined(
    plan: LoopPlan, base: str, writer: Writer, names: Names, asyncio: str, follows: bool
) -> tuple[list[str], str]:
    """The lines that define what makes one call, and the expression that makes it."""
    call, indent, unit = plan.member.call, plan.site.block.indent, writer.style.unit
    if plan.direct:
        return [], writer.text(call.span)
    lines: list[str] = []
    name = ""
    if plan.chain is None:
        name = names.new(f"bounded_{base}" if plan.limited else f"{base}_one")
    inner = indent + unit
    limit = ""
    if plan.limited:
        limit = names.new("limit")
        lines.append(f"{indent}{limit} = {asyncio}.Semaphore({plan.width})")
    if plan.chain is not None:
        body, name, parameters = turn_function(plan, limit, inner, writer, names)
    else:
        parameters = ", ".join(symbol.rpartition(":")[2] for symbol in plan.inner)
        within = inner + unit if limit else inner
        body = [f"{inner}async with {limit}:"] if limit else []
        body += returned(plan.member, within, writer)
    if lines or follows or not opens_block(plan, writer):
        lines.append("")
    lines += [f"{indent}async def {name}({parameters}):", *body, ""]
    return lines, f"{name}({parameters})"


def opens_block(plan: LoopPlan, writer: Writer) -> bool:
    """Does nothing stand in the block before the loop, or a blank line?"""
    start = plan.statement.lines.start
    above = writer.source.text[:start].rstrip("\r\n \t\f")
    blank = re.search(r"(\r\n|\n|\r)[ \t\f]*(\r\n|\n|\r)[ \t\f]*$", writer.source.text[:start])
    return plan.index == 0 or blank is not None or not above
