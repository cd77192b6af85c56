"""Results of a notebook: lines of its text → lines of its cells, in places and in words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .ir import Span
from .source import Source

if TYPE_CHECKING:
    from .engine import Blocked, CallSite, Finding, Result
    from .hops import Hop
    from .race_findings import Race
    from .report.effects import Claim, Known
    from .unlocking import Unlock
    from .work_trees import FileTrees, FunctionTree

_LINE = re.compile(r"\b(line|lines) (\d+)\b")
_LONGEST = 40  # of a magic that is named in words


def localized(result: Result) -> Result:
    """The same result; of a notebook, with each place in its cell."""
    from .engine import Analyzed

    if not isinstance(result, Analyzed) or result.source.notebook is None:
        return result
    source = result.source
    return replace(
        result,
        findings=tuple(_finding(f, source) for f in result.findings),
        blocked=tuple(_blocked(b, source) for b in result.blocked),
        unused=tuple(replace(u, span=span_in(u.span, source)) for u in result.unused),
        unknown=tuple(replace(u, span=span_in(u.span, source)) for u in result.unknown),
        races=tuple(_race(r, source) for r in result.races),
        unlocks=tuple(_unlock(u, source) for u in result.unlocks),
        trees=_trees(result.trees, source),
    )


def span_in(span: Span, source: Source) -> Span:
    """A span with its lines counted in the cell."""
    cell, line = source.where(span.line)
    return replace(span, cell=cell, line=line, end_line=source.where(span.end_line)[1])


def in_cells(words: str, source: Source | None, here: int = 0) -> str:
    """Words that name lines, and magics, of the text; ``here``: the cell that they speak of."""
    if source is None or source.notebook is None:
        return words

    def line(match: re.Match[str]) -> str:
        cell, number = source.where(int(match[2]))
        return f"{match[1]} {number}" + ("" if cell == here else f" of cell {cell}")

    words = _LINE.sub(line, words)
    for call, original in source.notebook.aside:
        name = call.rpartition(" ")[2].partition("(")[0]
        if name in words:
            shown = original.split("\n")[0]
            shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
            words = re.sub(rf"\b{name}\b", lambda _, shown=shown: shown or "IPython", words)
    return words


def known_in(item: Known, source: Source, filename: str) -> Known:
    """What is known of a call, with each place in its cell."""
    if source.notebook is None:
        return item
    span = span_in(item.span, source)

    def hop(one: Hop) -> Hop:
        cell, line = source.where(one.line) if one.filename == filename else (0, one.line)
        return replace(one, cell=cell, line=line, words=in_cells(one.words, source, cell))

    def claim(one: Claim) -> Claim:
        return replace(
            one,
            text=in_cells(one.text, source, span.cell),
            chain=tuple(hop(h) for h in one.chain),
            source=in_cells(one.source, source, span.cell),
            note=in_cells(one.note, source, span.cell),
        )

    return replace(
        item,
        name=in_cells(item.name, source),
        span=span,
        effects=tuple(map(claim, item.effects)),
        claims=tuple(map(claim, item.claims)),
    )


def _finding(item: Finding, source: Source) -> Finding:
    span = span_in(item.span, source)
    return replace(
        item,
        message=in_cells(item.message, source, span.cell),
        span=span,
        calls=tuple(_call(c, source) for c in item.calls),
        form_reason=in_cells(item.form_reason, source, span.cell),
        assumptions=tuple(in_cells(a, source, span.cell) for a in item.assumptions),
    )


def _race(item: Race, source: Source) -> Race:
    span = span_in(item.span, source)
    return replace(item, span=span, message=in_cells(item.message, source, span.cell))


def _call(item: CallSite, source: Source) -> CallSite:
    span = span_in(item.span, source)
    facts = tuple(
        replace(fact, source=in_cells(fact.source, source, span.cell)) for fact in item.effects
    )
    return replace(item, span=span, effects=facts)


def _blocked(item: Blocked, source: Source) -> Blocked:
    span = span_in(item.span, source)
    return replace(
        item,
        span=span,
        earlier=span_in(item.earlier, source),
        words=in_cells(item.words, source, span.cell),
        unknown=in_cells(item.unknown, source),
        unknown_line=source.where(item.unknown_line)[1] if item.unknown_line else 0,
        undeclared=tuple(
            (in_cells(name, source), source.where(line)[1]) for name, line in item.undeclared
        ),
    )


def _unlock(item: Unlock, source: Source) -> Unlock:
    """A batch, and with it all of its calls, stands in one cell."""
    cell, line = source.where(item.line)
    names = tuple((name, source.where(at)[1]) for name, at in item.names)
    return replace(item, names=names, line=line, cell=cell)


def _trees(item: FileTrees | None, source: Source) -> FileTrees | None:
    if item is None:
        return None
    return replace(item, functions=tuple(_tree(f, source) for f in item.functions))


def _tree(item: FunctionTree, source: Source) -> FunctionTree:
    """The module's own code stands in all cells."""
    whole = item.name == "<module>"
    edges = tuple(
        replace(e, words=in_cells(e.words, source, span_in(item.sites[e.second].span, source).cell))
        for e in item.edges
    )
    return replace(
        item,
        span=item.span if whole else span_in(item.span, source),
        sites=tuple(replace(s, span=span_in(s.span, source)) for s in item.sites),
        blocks=tuple(replace(b, span=span_in(b.span, source)) for b in item.blocks),
        edges=edges,
    )
