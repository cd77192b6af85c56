"""Comprehensions → their new text: the calls are started, the comprehension takes them in order."""

from __future__ import annotations

import re

from ..analyzer.comprehensions import Comprehension
from ..analyzer.edits import Edit
from ..analyzer.ir import Span
from ..analyzer.loop_forms import Fold, LoopForm
from ..analyzer.moved_text import names_in
from ..analyzer.turn_plans import LoopPlan
from ..analyzer.turns import symbols_of
from .arguments import Names
from .edit import Writer
from .gather import Rewritten, await_all, dropped_comment
from .imports import needed, reach
from .loop_lines import Words, gathered, listed, many_of
from .loops import bound, call_base, defined


def rewrite_comprehension(
    plan: LoopPlan, form: LoopForm, writer: Writer, names: Names, target_version: str
) -> Rewritten | None:
    """The edit that starts the calls of a comprehension ahead; None if its text is too tangled."""
    one, statement, indent = plan.comprehension, plan.statement, plan.site.block.indent
    assert one is not None
    writer = writer.for_block(indent)
    found = elements(plan, writer, names)
    if found is None:
        return None
    lines, target, iterable = found
    module, function = writer.module, plan.site.function
    asyncio, new_import = reach(module, function, "asyncio", statement.span.start), None
    if asyncio is None:
        new_import = needed(module, function, "asyncio")
        asyncio = new_import.name
    opening, made = defined(plan, call_base(plan.member), writer, names, asyncio, bool(lines))
    words = Words(target, iterable, made, asyncio, target_version)
    lines += opening
    if form.fold is Fold.LIST:
        whole = _plain(plan, words, writer)
        if whole is None:
            return None
        lines += whole
    else:
        lines += _ordered(plan, words, writer, names)
    text = writer.style.newline.join(lines)
    if writer.source.text[: statement.lines.end].endswith(("\n", "\r")):
        text += writer.style.newline
    return Rewritten(Edit(statement.lines.start, statement.lines.end, text), new_import)


def elements(plan: LoopPlan, writer: Writer, names: Names) -> tuple[list[str], str, str] | None:
    """What the elements are made of: lines ahead, target and iterable; None if too tangled."""
    one, indent = plan.comprehension, plan.site.block.indent
    assert one is not None
    clause = writer.text(one.clause).strip()
    target, several = _target(plan, writer)
    found = re.fullmatch(r"for\b[\s(]*", _between(one.clause, plan.turns.target, writer).lstrip())
    if found is None or "#" in clause:
        return None
    lines: list[str] = []
    iterable = "" if one.more else _iterable(plan, writer)
    if iterable is None:
        return None
    if not plan.repeats:
        name = many_of(target, names, "chosen" if one.filters else "items")
        if one.filters or one.more:
            own = f"({target})" if several else target
            if not re.search("\"\"\"|'''", clause):  # a line end that belongs to a text
                clause = re.sub(r"\s*[\r\n]\s*", " ", clause)
            lines += listed(f"{name} = [", own, clause, "]", indent, writer)
        else:
            lines += bound(name, f"list({iterable})" if plan.once else iterable, indent)
        iterable = name
    return lines, target, iterable


def _target(plan: LoopPlan, writer: Writer) -> tuple[str, bool]:
    """What an element is told by, and whether that is several names.

    Of a comprehension with several clauses these are the names that anything else looks at.
    """
    one, text = plan.comprehension, writer.source.text
    assert one is not None
    span = plan.member.call.await_span or plan.member.call.span
    if not one.more:
        return writer.text(plan.turns.target).strip(), isinstance(plan.turns.names, tuple)
    known = list(dict.fromkeys(s.rpartition(":")[2] for s in symbols_of(one.names)))
    read = _used(one, span, text) | names_in(writer.text(plan.member.call.span))
    kept = [name for name in known if name in read] or known[-1:]
    return ", ".join(kept), len(kept) > 1


def _iterable(plan: LoopPlan, writer: Writer) -> str | None:
    """The text of what is gone through, with its parentheses."""
    one, turns, text = plan.comprehension, plan.turns, writer.source.text
    assert one is not None
    if plan.repeats:  # a name or a call, which needs no parentheses
        return writer.text(turns.iterable)
    opened = re.fullmatch(
        r"[\s),]*\bin\b\s*([\s(]*)", text[turns.target.end : turns.iterable.start]
    )
    ends = one.conditions[0].start if one.conditions else one.clause.end
    closed = re.fullmatch(r"([\s)]*)(?:\bif\b[\s(]*)?", text[turns.iterable.end : ends])
    if opened is None or closed is None:
        return None
    return f"{opened.group(1)}{writer.text(turns.iterable)}{closed.group(1).rstrip()}"


def _between(first: Span, second: Span, writer: Writer) -> str:
    return writer.source.text[first.start : second.start]


def _ordered(plan: LoopPlan, words: Words, writer: Writer, names: Names) -> list[str]:
    one, indent, unit = plan.comprehension, plan.site.block.indent, writer.style.unit
    assert one is not None
    tasks, task = names.new("tasks"), names.new("task")
    started = f"{words.asyncio}.ensure_future({words.made})"
    lines = listed(f"{tasks} = [", started, words.turns, "]", indent, writer)
    edits = taking(plan, words, f"await {task}", task, tasks, writer)
    inner = indent + unit
    lines.append(f"{indent}try:")
    lines += writer.indented(plan.statement.lines.line, plan.statement.span.end_line, edits)
    lines.append(f"{indent}finally:")
    lines += [f"{inner}for {task} in {tasks}:", f"{inner}{unit}{task}.cancel()"]
    return lines + await_all(words.asyncio, [f"*{tasks}"], inner, writer)


def taking(
    plan: LoopPlan, words: Words, result: str, task: str, tasks: str, writer: Writer
) -> list[Edit]:
    """The edits that make a comprehension take its results, ``result`` being that of ``task``."""
    one, text = plan.comprehension, writer.source.text
    assert one is not None
    span = plan.member.call.await_span or plan.member.call.span
    used = _used(one, span, text)
    version = words.version
    strict = ", strict=True" if version and int(version[3:]) >= 10 else ""
    turns = f"for {task} in {tasks}"
    if any(symbol.rpartition(":")[2] in used for symbol in symbols_of(one.names)):
        own = f"({words.target})" if _target(plan, writer)[1] else words.target
        turns = f"for {own}, {task} in zip({words.iterable}, {tasks}{strict})"
    clause = one.clause
    lead = len(writer.text(clause)) - len(writer.text(clause).lstrip())
    end = clause.end
    if one.asks:  # the condition stays, and takes what its call answers with
        after = re.match(r"[\s)]*", text[plan.turns.iterable.end :])
        end = plan.turns.iterable.end + (after.end() if after else 0)
        turns += " "
    return [
        Edit(span.start, span.end, result),
        Edit(clause.start + lead, end, turns),
        *dropped_comment(plan.member, writer),
    ]


def _used(one: Comprehension, awaited: Span, text: str) -> frozenset[str]:
    """The names that are read for an element beside the call."""
    if not one.asks:
        left = f"{text[one.element.start : awaited.start]}None{text[awaited.end : one.element.end]}"
        return names_in(f"{{{left}\n}}" if one.kind == "dict" else left)
    (condition,) = one.conditions
    asked = f"{text[condition.start : awaited.start]}None{text[awaited.end : condition.end]}"
    element = text[one.element.start : one.element.end]
    return names_in(asked) | names_in(f"{{{element}\n}}" if one.kind == "dict" else element)


def _plain(plan: LoopPlan, words: Words, writer: Writer) -> list[str] | None:
    """One `gather` in place of the list; None where it would need parentheses or more lines."""
    one, statement = plan.comprehension, plan.statement
    assert one is not None
    text = writer.source.text
    before = text[statement.span.start : one.span.start]
    after = text[one.span.end : statement.span.end]
    opens = not before or re.search(r"(?:[(,=]|\breturn)\s*$", before)
    if not opens or not re.match(r"\s*(?:[),]|$)", after):
        return None
    indent = plan.site.block.indent
    above = writer.lines(statement.lines.line, statement.span.line)[:-1]
    behind = text[statement.span.end : statement.lines.end].rstrip("\r\n")
    opening = f"{before}await {words.asyncio}.gather(*("
    line = f"{indent}{opening}{words.made} {words.turns})){after}{behind}"
    if "\n" not in line and "\r" not in line and writer.fits(line):
        return [*(t for _, t in above), line]
    if after or "\n" in before or "\r" in before:
        return None
    lines = gathered(opening, words, indent, writer)
    lines[-1] += behind
    return [*(t for _, t in above), *lines]
