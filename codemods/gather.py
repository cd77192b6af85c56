"""Regions of awaited calls → their new text: plain, ordered, helper and task-group forms."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..analyzer.blocks import Plan
from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.effects.directives import parse_comment
from ..analyzer.forms import Form, Written, members_of
from ..analyzer.ir import Shape, Statement
from ..analyzer.members import risk_key
from ..analyzer.schedule import Region
from .arguments import Names, Start, base_name, naming, starting
from .edit import Writer
from .imports import Import, needed, reach


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The edit for one region and the imports it needs: one, and ``more``."""

    edit: Edit
    new_import: Import | None
    more: tuple[Import, ...] = ()

    @property
    def imports(self) -> tuple[Import, ...]:
        return (*([self.new_import] if self.new_import is not None else []), *self.more)


#: Makes the lines of one region; the last argument is the name of asyncio, or of the helper.
Build = Callable[[Plan, Region, Writer, Names, str], list[str]]


def rewrite_region(
    plan: Plan,
    region: Region,
    written: Written,
    writer: Writer,
    names: Names,
    helper: str,
    build: Build | None = None,
) -> Rewritten:
    """The edit that turns ``region`` into its form, or into the lines that ``build`` makes."""
    writer = writer.for_block(plan.site.block.indent)
    module, function = writer.module, plan.site.function
    first = plan.site.block.statements[region.first]
    target, member = "asyncio", ""
    if written.form is Form.HELPER:
        target, _, member = helper.rpartition(".")
    full = f"{target}.{member}" if member else target
    found = reach(module, function, full, first.span.start)
    new_import = None
    if found is None:
        new_import = needed(module, function, target, member)
        found = new_import.name
    build = build or _FORMS[written.form]
    lines = build(plan, region, writer, names, found)
    last = plan.site.block.statements[region.last]
    end = writer.starts[end_line(last, plan.site.block.indent, writer)] if region.chains else \
        last.lines.end  # fmt: skip
    text = writer.style.newline.join(lines)
    if writer.source.text[first.lines.start : end].endswith(("\n", "\r")):
        text += writer.style.newline
    return Rewritten(Edit(first.lines.start, end, text), new_import)


def end_line(statement: Statement, indent: str, writer: Writer) -> int:
    """The last line of a statement, comments at the end of its blocks included."""
    end = statement.span.end_line
    if not statement.blocks:
        return end
    for number in range(end + 1, len(writer.starts)):
        ((_, line),) = writer.lines(number, number)
        if not line.strip():
            continue
        own = line[: len(line) - len(line.lstrip())]
        if not line.lstrip().startswith("#") or len(own) <= len(indent):
            break
        end = number
    return end


# -- ordered -----------------------------------------------------------------------------------


def _ordered(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    indent, unit = plan.site.block.indent, writer.style.unit
    starts = starting(plan, region, region.moved, writer, names)
    tasks = [names.new(f"{base_name(s.member)}_task") for s in starts]
    edits: list[Edit] = []
    lines = _first_named(plan, region, writer, names, edits)
    lines += [line for s in starts for line in s.lines]
    for start, task in zip(starts, tasks, strict=True):
        lines += started(start, task, asyncio, indent, writer, edits)
    lines.append(f"{indent}try:")
    lines += region_lines(plan, region, writer, edits)
    lines.append(f"{indent}finally:")
    lines += [f"{indent}{unit}{task}.cancel()" for task in tasks]
    lines += await_all(asyncio, tasks, indent + unit, writer)
    return lines


def started(
    start: Start, task: str, asyncio: str, indent: str, writer: Writer, edits: list[Edit]
) -> list[str]:
    """The lines that start a call as ``task``; ``edits`` gets that it is awaited in its place."""
    comment = carried(start.member, writer)
    lines = wrapped(f"{task} = {asyncio}.ensure_future", start, indent, writer, comment)
    span = start.member.call.await_span
    assert span is not None
    edits.append(Edit(span.start, span.end, f"await {task}"))
    edits += dropped_comment(start.member, writer)
    return lines


def _first_named(
    plan: Plan, region: Region, writer: Writer, names: Names, edits: list[Edit]
) -> list[str]:
    """Names for the first call's own arguments, if later ones that may raise come before it."""
    known, before = plan.shown[region.first]
    first = plan.rows[region.first].member
    later = any(risk_key(e) not in known for m in region.moved for e in m.risks)
    if first is None or not later or plan.around.ends:
        return []
    risky = [e for e in first.risks if risk_key(e) not in before]
    if not risky:
        return []
    lines, changes = naming(first, risky, plan.site.block.indent, writer, names)
    edits += changes
    return lines


def region_lines(plan: Plan, region: Region, writer: Writer, edits: Sequence[Edit]) -> list[str]:
    """The statements of a region, one level deeper, with ``edits`` applied in them."""
    statements = plan.site.block.statements
    first, last = statements[region.first].lines, statements[region.last].span
    return writer.indented(first.line, last.end_line, edits)


def await_all(asyncio: str, tasks: Sequence[str], indent: str, writer: Writer) -> list[str]:
    line = f"{indent}await {asyncio}.gather({', '.join(tasks)}, return_exceptions=True)"
    if writer.fits(line):
        return [line]
    inner = indent + writer.style.unit
    one = f"{inner}{', '.join(tasks)}, return_exceptions=True"
    if writer.fits(one):
        return [f"{indent}await {asyncio}.gather(", one, f"{indent})"]
    return [
        f"{indent}await {asyncio}.gather(",
        *(f"{inner}{task}," for task in tasks),
        f"{inner}return_exceptions=True,",
        f"{indent})",
    ]


def wrapped(opening: str, start: Start, indent: str, writer: Writer, comment: str) -> list[str]:
    """``opening(call)`` on one line if it fits, else with the call on lines of its own.

    The comment stays on the call's line: there it silences a type checker, or claims its effects.
    """
    call = start.member.call
    text = start.text if start.text is not None else writer.text(call.span)
    one = f"{indent}{opening}({text})"
    if "\n" not in text and "\r" not in text and writer.fits(one + comment):
        return [one + comment]
    inner = indent + writer.style.unit
    return [
        f"{indent}{opening}(",
        *_argument_lines(start, inner, writer, "", comment),
        f"{indent})",
    ]


def _argument_lines(
    start: Start, inner: str, writer: Writer, comma: str, comment: str = ""
) -> list[str]:
    call = start.member.call
    lines = writer.call_lines(call, inner, start.text)
    exploded = not writer.fits(lines[0] + comma) and not _CHECKER.search(comment)
    if len(lines) == 1 and exploded and call.arguments:
        callee, arguments = start.pieces or (call.callee, writer.arguments(call))
        if not any("\n" in word or "\r" in word for word in (callee, *arguments)):
            lines = writer.exploded(callee, arguments, inner)
    lines[-1] += comma + comment
    return lines


# -- arguments that may raise ------------------------------------------------------------------


# -- comments that speak to tools --------------------------------------------------------------

_CHECKER = re.compile(r"#\s*(type:\s*ignore|pyright:\s*ignore)\S*", re.IGNORECASE)


def _trailing(member: Member, writer: Writer) -> tuple[int, str]:
    """Offset and text of the comment behind the statement, if there is one."""
    statement = member.statement
    rest = writer.source.text[statement.span.end : statement.lines.end].rstrip("\r\n")
    stripped = rest.lstrip(" \t;):")  # a header ends with a colon
    if not stripped.startswith("#"):
        return 0, ""
    return statement.span.end, rest


def _on_its_line(member: Member, writer: Writer) -> tuple[int, str]:
    """The comment behind the statement if it is on the call's line too: it speaks of the call."""
    call = member.call.span
    ends = member.statement.span.end_line in (call.line, call.end_line)
    return _trailing(member, writer) if ends else (0, "")


def carried(member: Member, writer: Writer) -> str:
    """Claims about a call, and a checker's ignore for it, go where the call goes."""
    _, comment = _on_its_line(member, writer)
    if parse_comment(comment, ""):
        return "  " + comment.strip()
    found = _CHECKER.search(comment)
    return f"  {found.group()}" if found else ""


def dropped_comment(member: Member, writer: Writer) -> list[Edit]:
    offset, comment = _on_its_line(member, writer)
    return [Edit(offset, offset + len(comment), "")] if parse_comment(comment, "") else []


# -- plain, helper, task group -----------------------------------------------------------------


def _gathered(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    return _together(plan, region, writer, names, f"await {asyncio}.gather")


def _results(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    """The results of one statement's calls get names before it."""
    statement = plan.site.block.statements[region.first]
    first, last = statement.lines.line, statement.span.end_line
    above = [line for _, line in writer.lines(first, statement.span.line)[:-1]]
    call, edits = results_of(plan, region, writer, names, asyncio)
    return [*above, *call, *writer.edited(statement.span.line, last, edits)]


def results_of(
    plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str
) -> tuple[list[str], list[Edit]]:
    """The line that names the results of one statement's calls, and their uses in it."""
    found = [s.member for s in plan.rows[region.first].several]
    members = [m for m in found if m is not None]
    given = [names.new(f"{base_name(m)}_result") for m in members]
    opening = f"{', '.join(given)} = await {asyncio}.gather"
    starts = [Start(m, (), None) for m in members]
    lines = _one_call(opening, starts, plan.site.block.indent, writer, bare=True)
    pairs = zip(members, given, strict=True)
    return lines, [Edit(*own_range(m, writer.source.text), name) for m, name in pairs]


def _helped(plan: Plan, region: Region, writer: Writer, names: Names, helper: str) -> list[str]:
    return _together(plan, region, writer, names, f"await {helper}")


def _together(plan: Plan, region: Region, writer: Writer, names: Names, opening: str) -> list[str]:
    members = members_of(plan, region)
    assert members is not None
    indent = plan.site.block.indent
    starts = starting(plan, region, members, writer, names)
    lines = [line for s in starts for line in s.lines]
    targets = [_target(m, writer) for m in members]
    assigned = f"{', '.join(targets)} = " if any(t != "_" for t in targets) else ""
    lines += _one_call(f"{assigned}{opening}", starts, indent, writer)
    moved = {m.index for m in members}
    for i in range(region.first, region.last + 1):
        if i not in moved:
            statement = plan.site.block.statements[i]
            between = writer.lines(statement.lines.line, statement.lines.end_line)
            lines += [line for _, line in between]
    return lines


def _target(member: Member, writer: Writer) -> str:
    statement = member.statement
    if statement.shape is not Shape.ASSIGN or statement.target is None:
        return "_"
    text = writer.text(statement.target)
    unpacks = re.match(r"[^()\[\]]*,", text)
    return f"({text})" if unpacks else text


#: No comments: above a statement, and behind it.
_NONE: tuple[list[str], str] = ([], "")


def _one_call(
    opening: str, starts: Sequence[Start], indent: str, writer: Writer, *, bare: bool = False
) -> list[str]:
    """The call of all members; ``bare``: their statement stays, with its comments."""
    texts = [s.text if s.text is not None else writer.text(s.member.call.span) for s in starts]
    comments = [_NONE if bare else _comments(s.member, writer) for s in starts]
    one = f"{indent}{opening}({', '.join(texts)})"
    if (
        not any(above or behind for above, behind in comments)
        and "\n" not in one
        and "\r" not in one
        and writer.fits(one)
    ):
        return [one]
    inner = indent + writer.style.unit
    lines = [*comments[0][0], f"{indent}{opening}("]
    for i, (start, (above, behind)) in enumerate(zip(starts, comments, strict=True)):
        if i:
            lines += [inner + line.strip() for line in above]
        comment = f"  {behind.strip()}" if behind else ""
        lines += _argument_lines(start, inner, writer, ",", comment)
    lines.append(f"{indent})")
    return lines


def _comments(member: Member, writer: Writer) -> tuple[list[str], str]:
    statement = member.statement
    above = writer.lines(statement.lines.line, statement.span.line)[:-1]
    _, behind = _trailing(member, writer)
    return [line for _, line in above], behind


def _grouped(plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str) -> list[str]:
    members = members_of(plan, region)
    assert members is not None
    block = plan.site.block
    indent, unit = block.indent, writer.style.unit
    starts = starting(plan, region, members, writer, names)
    group = names.new("group")
    lines = [line for s in starts for line in s.lines]
    lines.append(f"{indent}async with {asyncio}.TaskGroup() as {group}:")
    edits: list[Edit] = []
    for start in starts:
        task = names.new(f"{base_name(start.member)}_task")
        comment = carried(start.member, writer)
        lines += wrapped(f"{task} = {group}.create_task", start, indent + unit, writer, comment)
        begin, end = own_range(start.member, writer.source.text)
        edits.append(Edit(begin, end, f"{task}.result()"))
        edits += dropped_comment(start.member, writer)
    first, last = block.statements[region.first].lines, block.statements[region.last].span
    lines += writer.edited(first.line, last.end_line, edits)
    return lines


def own_range(member: Member, text: str) -> tuple[int, int]:
    """The range of the `await`, and of a pair of parentheses that stand for it alone."""
    span = member.call.await_span
    assert span is not None
    begin, end = span.start, span.end
    own = text[begin - 1 : begin] == "(" and text[end : end + 1] == ")"
    before = re.search(r"(\w+|[)\]}\"'])\s*$", text[: begin - 1].rpartition("\n")[2])
    called = before and not (keyword.iskeyword(before[1]) and text[begin - 2].isspace())
    return (begin - 1, end + 1) if own and not called else (begin, end)


_FORMS = {
    Form.ORDERED: _ordered,
    Form.PLAIN: _gathered,
    Form.HELPER: _helped,
    Form.TASKGROUP: _grouped,
    Form.RESULTS: _results,
}
