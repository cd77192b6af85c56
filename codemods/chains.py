"""Regions with chains → their new text: each chain gets a function, which is started ahead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..analyzer.blocks import Plan
from ..analyzer.chain_links import Chain
from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.schedule import Region
from .arguments import Names, Start, base_name
from .edit import Writer
from .gather import await_all, carried, dropped_comment, end_line, wrapped

#: Words before the name of what a call answers with: `get_user` loads a user.
_ASKING = re.compile(r"^a?(get|fetch|load|read|list|find|query)_(?=.)")


def ordered_chains(
    plan: Plan, region: Region, writer: Writer, names: Names, asyncio: str
) -> list[str]:
    """What is first stays in place, chains and calls beside it are awaited where they stood."""
    indent, unit = plan.site.block.indent, writer.style.unit
    by_end = {chain.end: chain for chain in region.chains}
    lines: list[str] = []
    started: list[str] = []
    edits: list[Edit] = []
    tasks: dict[int, str] = {}
    for member in _started(region):
        chain = by_end.get(member.index)
        base = base_of(member, chain)
        function = ""
        if chain is not None:
            function = names.new(function_name(member, chain, base))
            if lines or not opens_block(plan, region, writer):
                lines.append("")
            lines.append(f"{indent}async def {function}():")
            lines += _body(plan, chain, member, writer)
        task = tasks[member.index] = names.new(f"{base}_task")
        opening = f"{task} = {asyncio}.ensure_future"
        if chain is None:
            comment = carried(member, writer)
            started += wrapped(opening, Start(member, (), None), indent, writer, comment)
        else:
            started.append(f"{indent}{opening}({function}())")
        if chain is None or not chain.whole:
            span = member.call.await_span
            assert span is not None
            edits.append(Edit(span.start, span.end, f"await {task}"))
            edits += dropped_comment(member, writer)
    lines += ["", *started, f"{indent}try:"]
    lines += _kept(plan, region, tasks, writer, edits)
    lines.append(f"{indent}finally:")
    lines += [f"{indent}{unit}{task}.cancel()" for task in tasks.values()]
    return lines + await_all(asyncio, list(tasks.values()), indent + unit, writer)


def _started(region: Region) -> list[Member]:
    """The calls that tasks end with: those that are moved by themselves, and the last of chains."""
    within = {id(m) for chain in region.chains for m in chain.members[:-1]}
    return [m for m in region.moved if id(m) not in within]


def base_of(member: Member, chain: Chain | None) -> str:
    """A telling name for what a task gives: the last name that is bound, else the callee's."""
    if chain is not None and chain.gives and member.statement.blocks:
        name = chain.gives[-1].rpartition(":")[2].strip("_").lower()
        return name if name.isidentifier() else "result"
    return base_name(member)


def function_name(member: Member, chain: Chain, base: str) -> str:
    """After what the chain computes: the name that its last call is bound to, else the callee."""
    if member.statement.blocks and chain.gives:
        return f"load_{base}"
    if member.statement.target_name.strip("_").lower() == base:
        return f"load_{base}"
    noun = _ASKING.sub("", base)
    return f"load_{noun}" if noun != base else f"{base}_chain"


# -- the function ------------------------------------------------------------------------------


def _body(plan: Plan, chain: Chain, last: Member, writer: Writer) -> list[str]:
    statements, indent = plan.site.block.statements, plan.site.block.indent
    inner = indent + writer.style.unit
    end = chain.end if chain.whole else chain.end - 1
    first = statements[chain.begin].lines.line
    lines = writer.indented(first, end_line(statements[end], indent, writer), [])
    while lines and not lines[0].strip():
        lines.pop(0)
    if chain.whole:
        return [*lines, f"{inner}return {given(chain)}"] if chain.gives else lines
    return [*lines, *returned(last, inner, writer)]


def returned(
    member: Member, indent: str, writer: Writer, names: str = "", *, awaited: bool = True
) -> list[str]:
    """The call, which is ``awaited``, as the result of a function, behind ``names``."""
    comment = carried(member, writer)
    lines = writer.call_lines(member.call, indent)
    opening = f"{indent}return {names}, " if names else f"{indent}return "
    opening += "await " if awaited else ""
    one = opening + lines[0][len(indent) :]
    if len(lines) == 1 and not writer.fits(one + comment) and member.call.arguments:
        arguments = writer.arguments(member.call)
        exploded = writer.exploded(member.call.callee, arguments, indent)
        return [opening + exploded[0][len(indent) :], *exploded[1:-1], exploded[-1] + comment]
    lines[0] = one
    lines[-1] += comment
    return lines


def opens_block(plan: Plan, region: Region, writer: Writer) -> bool:
    """Does nothing stand in the block before the region, or a blank line?"""
    start = plan.site.block.statements[region.first].lines.start
    text = writer.source.text
    blank = re.search(r"(\r\n|\n|\r)[ \t\f]*(\r\n|\n|\r)[ \t\f]*$", text[:start])
    return region.first == 0 or blank is not None or not text[:start].strip()


# -- what stays --------------------------------------------------------------------------------


def _kept(
    plan: Plan, region: Region, tasks: Mapping[int, str], writer: Writer, edits: Sequence[Edit]
) -> list[str]:
    """The lines of the region without those that moved into functions; ``tasks`` by statement."""
    inner = plan.site.block.indent + writer.style.unit
    lines: list[str] = []
    position = region.first
    for chain in region.chains:
        lines += _run(plan, position, chain.begin - 1, writer, edits)
        position = chain.end
        if chain.whole:
            names = f"{given(chain)} = " if chain.gives else ""
            lines.append(f"{inner}{names}await {tasks[chain.end]}")
            position = chain.end + 1
    return lines + _run(plan, position, region.last, writer, edits)


def _run(plan: Plan, first: int, last: int, writer: Writer, edits: Sequence[Edit]) -> list[str]:
    if first > last:
        return []
    statements = plan.site.block.statements
    begin = statements[first].lines
    stop = end_line(statements[last], plan.site.block.indent, writer)
    own = [e for e in edits if begin.start <= e.start and e.end <= writer.starts[stop]]
    return writer.indented(begin.line, stop, own)


def given(chain: Chain) -> str:
    """The names that a chain gives, as its function returns them."""
    return ", ".join(symbol.rpartition(":")[2] for symbol in chain.gives)
