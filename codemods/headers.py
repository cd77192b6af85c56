"""Regions in the header of an `if`, `for` or `match` → their new text.

What the header needs comes first. The statement and its blocks stay where they are, and only read
names then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..analyzer.blocks import Plan
from ..analyzer.edges import Member
from ..analyzer.edits import Edit, apply
from ..analyzer.forms import Form
from ..analyzer.headers import header_of
from ..analyzer.ir import Span
from ..analyzer.schedule import Region
from .arguments import Names, base_name, starting
from .edit import Writer
from .gather import Build, await_all, carried, own_range, results_of, started

#: What the value of a header is called.
_VALUE = {"if": "condition", "for": "items", "match": "subject"}


def headed(form: Form) -> Build:
    """What makes the lines of a region in a header, in the plain or the ordered form."""
    return _plain if form is Form.RESULTS else _ordered


def _plain(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    call, edits = results_of(plan, region, writer, names, asyncio)
    return [*call, *_header(plan, writer, edits)]


def _ordered(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    indent = plan.site.block.indent
    inner = indent + writer.style.unit
    starts = starting(plan, region, region.moved, writer, names)
    tasks = [names.new(f"{base_name(s.member)}_task") for s in starts]
    awaits: list[Edit] = []
    lines = [line for s in starts for line in s.lines]
    for start, task in zip(starts, tasks, strict=True):
        lines += started(start, task, asyncio, indent, writer, awaits)
    lines.append(f"{indent}try:")
    if plan.named:
        given = {s.member.key: task for s, task in zip(starts, tasks, strict=True)}
        named, edits = _results(plan, given, inner, writer, names)
    else:
        named, edits = _value(plan, awaits, inner, writer, names)
    lines += [*named, f"{indent}finally:"]
    lines += [f"{inner}{task}.cancel()" for task in tasks]
    lines += await_all(asyncio, tasks, inner, writer)
    return [*lines, *_header(plan, writer, edits)]


def _results(
    plan: Plan, tasks: Mapping[tuple[int, int], str], indent: str, writer: Writer, names: Names
) -> tuple[list[str], list[Edit]]:
    """A line for the result of each call, in order; the header reads the names."""
    lines: list[str] = []
    edits: list[Edit] = []
    for member in plan.named:
        name = names.new(f"{base_name(member)}_result")
        edits.append(Edit(*own_range(member, writer.source.text), name))
        if member.key in tasks:
            lines.append(f"{indent}{name} = await {tasks[member.key]}")
        else:
            lines += _awaited(f"{name} = await ", member, indent, writer)
    return lines, edits


def _awaited(opening: str, member: Member, indent: str, writer: Writer) -> list[str]:
    """A call that stays in its place among the others, on lines of its own."""
    call = member.call
    first, *rest = writer.call_lines(call, indent)
    line = f"{indent}{opening}{first[len(indent) :]}"
    if not rest:
        line += carried(member, writer)
    words = writer.arguments(call)
    if rest or writer.fits(line) or not words or any("\n" in w or "\r" in w for w in words):
        return [line, *rest]
    first, *rest = writer.exploded(call.callee, words, indent)
    return [f"{indent}{opening}{first[len(indent) :]}", *rest]


def _value(
    plan: Plan, awaits: list[Edit], indent: str, writer: Writer, names: Names
) -> tuple[list[str], list[Edit]]:
    """A line for the value of the header, in which each call is awaited where it stood."""
    statement, block = plan.site.parents[-1]
    header = header_of(statement, block)
    assert header is not None
    span, text = header.value, writer.source.text
    name = names.new(_VALUE[header.word])
    inner = indent + writer.style.unit
    marks = writer.deeper(span, inner, awaits)
    moved = [Edit(e.start - span.start, e.end - span.start, e.text) for e in (*awaits, *marks)]
    value = apply(text[span.start : span.end], moved)
    begin, end = _parenthesised(span, text)
    glued = text[begin - 1 : begin].isalnum()
    edits = [Edit(begin, end, f" {name}" if glued else name)]
    parts = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(parts) == 1 and writer.fits(f"{indent}{name} = {value}"):
        return [f"{indent}{name} = {value}"], edits
    return [f"{indent}{name} = (", inner + parts[0], *parts[1:], f"{indent})"], edits


def _parenthesised(span: Span, text: str) -> tuple[int, int]:
    """The range of a value with all the parentheses that stand around it alone."""
    begin, end = span.start, span.end
    while (before := re.search(r"\(\s*$", text[:begin])) and (
        behind := re.match(r"\s*\)", text[end:])
    ):
        begin, end = before.start(), end + behind.end()
    return begin, end


def _header(plan: Plan, writer: Writer, edits: list[Edit]) -> list[str]:
    lines = plan.site.block.statements[0].lines
    return writer.edited(lines.line, lines.end_line, edits)
