"""Regions of blocking calls → their new text: the later ones run in threads beside the first."""

from __future__ import annotations

import re

from ..analyzer.blocks import Plan
from ..analyzer.codes import Applicability
from ..analyzer.config import Config
from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.engine import Analysis
from ..analyzer.findings import finding
from ..analyzer.forms import Form, Written
from ..analyzer.ir import Function
from ..analyzer.schedule import Region
from ..analyzer.sites import Sites
from ..analyzer.thread_members import may_pause, shared
from .arguments import Names, base_name
from .candidate import Candidate, fix_of, loses_comments, mixed_ends
from .edit import Writer
from .gather import Rewritten, carried, dropped_comment, region_lines
from .imports import Import, needed, reach

_BLOCKING = Written(Form.THREADS, "blocking calls, each later one in a thread of its own")
_BESIDE = Written(Form.THREADS, "blocking calls, each in a thread beside an awaited one")
_AWAITED = Written(
    Form.THREADS, "blocking calls of a coroutine that waits anyway: each in a thread, and awaited"
)


def thread_candidates(
    analysis: Analysis, config: Config, applicability: Applicability, names: dict[str, Names]
) -> list[Candidate]:
    """A rewrite for every planned region of blocking calls."""
    writer = Writer(analysis.source, analysis.module, config.line_length)
    found: list[Candidate] = []
    for plan in analysis.planner.threads:
        statements = plan.site.block.statements
        for region in plan.regions:
            start, end = statements[region.first].lines.start, statements[region.last].lines.end
            if writer.mixed and mixed_ends(writer, start, end):
                continue
            known = names.setdefault(plan.site.function.qualname, Names(set(analysis.module.names)))
            waits = awaited(plan, region, writer, analysis.planner.sites)
            rewritten = rewrite_threads(plan, region, writer, known, waits=waits)
            if loses_comments(rewritten.edit, analysis, typed=False):
                continue  # a comment stands among the arguments
            fix = fix_of(rewritten, analysis, writer)
            beside = plan.stays[region.first].awaited
            written = _BESIDE if beside else _AWAITED if waits else _BLOCKING
            item = finding(analysis, plan, region, written, applicability, fix)
            found.append(Candidate(rewritten, item))
    return found


def awaited(plan: Plan, region: Region, writer: Writer, sites: Sites) -> bool:
    """May the event loop go on meanwhile? Then the first call is made in a thread too."""
    stays = [] if plan.stays[region.first].awaited else [plan.rows[region.first].member]
    members = [*stays, *region.moved]
    function = plan.site.function
    if any(row.several for row in plan.rows[region.first : region.last + 1]):
        return False  # it would wait within a statement, which was atomic
    return may_pause(sites, plan.site, region.first) and all(
        m is not None and _untyped(m, function, writer) and not shared(sites.inference, m)
        for m in members
    )


def _untyped(member: Member, function: Function, writer: Writer) -> bool:
    """Does nothing around the call ask for a type of its own?

    Where a wider one is asked for, `len(await asyncio.wrap_future(…))`, mypy takes the future for
    one of that type, and says that it is not.
    """
    text, span, statement = writer.source.text, member.call.span, member.statement.span
    before, after = text[statement.start : span.start], text[span.end : statement.end].lstrip()
    if re.search(r"(^|[^\w)\]\s])\s*\($", before) and after.startswith(")"):
        after = after[1:].lstrip()
    if after:
        return after.startswith((".", "[", "("))
    target = re.fullmatch(r"(\w+)\s*=\s*|", before)
    info = writer.module.symbols.get(f"{function.scope}:{target.group(1)}") if target else None
    return target is not None and not (info is not None and info.annotations)


def rewrite_threads(
    plan: Plan, region: Region, writer: Writer, names: Names, *, waits: bool
) -> Rewritten:
    """The edit that starts the later calls of a region in threads, and what it imports.

    ``waits``: their results are awaited.
    """
    indent = plan.site.block.indent
    writer = writer.for_block(indent)
    first = plan.site.block.statements[region.first]
    imports: list[Import] = []
    executor = _reached(plan, region, writer, "concurrent.futures", "ThreadPoolExecutor", imports)
    context = _reached(plan, region, writer, "contextvars", "copy_context", imports)
    members, taken = list(region.moved), "{}.result()"
    stays = plan.rows[region.first].member
    if waits:
        asyncio = _reached(plan, region, writer, "asyncio", "", imports)
        taken = f"await {asyncio}.wrap_future({{}})"
        members = members if stays is None else [stays, *members]
    pool = names.new("pool")
    inner = indent + writer.style.unit
    lines = [f"{indent}with {executor}(max_workers={len(members)}) as {pool}:"]
    edits: list[Edit] = []
    for member in members:
        several = len(plan.rows[member.index].several) > 1
        future = names.new(f"{base_name(member, several=several)}_future")
        comment = carried(member, writer)
        lines += _submitted(f"{future} = {pool}.submit", context, member, inner, writer, comment)
        span = member.call.span
        result = taken.format(future)
        if waits and _asked(member, writer):
            result = f"({result})"
        edits.append(Edit(span.start, span.end, result))
        edits += dropped_comment(member, writer)
    lines += region_lines(plan, region, writer, edits)
    end = plan.site.block.statements[region.last].lines.end
    text = writer.style.newline.join(lines)
    if writer.source.text[first.lines.start : end].endswith(("\n", "\r")):
        text += writer.style.newline
    return Rewritten(Edit(first.lines.start, end, text), None, tuple(imports))


def _asked(member: Member, writer: Writer) -> bool:
    """Does an attribute, a subscript or a call follow, which bind tighter than `await`?"""
    after = writer.source.text[member.call.span.end : member.statement.span.end]
    return after.lstrip(" \t\r\n\\").startswith((".", "[", "("))


def _reached(
    plan: Plan, region: Region, writer: Writer, target: str, member: str, imports: list[Import]
) -> str:
    """The name by which something can be used in the block; its import is added if it has none."""
    first = plan.site.block.statements[region.first]
    function = plan.site.function
    full = f"{target}.{member}" if member else target
    found = reach(writer.module, function, full, first.span.start)
    if found is not None:
        return found
    new = needed(writer.module, function, target, member)
    imports.append(new)
    return new.name


def _submitted(
    opening: str, context: str, member: Member, indent: str, writer: Writer, comment: str
) -> list[str]:
    """``opening(copy_context().run, callee, arguments)`` on one line, three, or one per word."""
    call = member.call
    words = [f"{context}().run", call.callee, *writer.arguments(call)]
    text = ", ".join(words)
    one = f"{indent}{opening}({text}){comment}"
    broken = any("\n" in word or "\r" in word for word in words)
    if writer.fits(one) and not broken:
        return [one]
    inner = indent + writer.style.unit
    if writer.fits(f"{inner}{text}{comment}") and not broken:
        return [f"{indent}{opening}(", f"{inner}{text}{comment}", f"{indent})"]
    rows = [f"{inner}{words[0]},", f"{inner}{words[1]},{comment}"]
    for argument in call.arguments:
        assert argument.span is not None
        rows += writer.shifted(argument.span, inner, ",")
    return [f"{indent}{opening}(", *rows, f"{indent})"]
