"""Timelines and dependence graphs as Mermaid, which GitHub and GitLab draw in Markdown.

Names are reduced to letters, digits and a few signs, as Mermaid gives most others a meaning
(https://mermaid.js.org/syntax/gantt.html, https://mermaid.js.org/syntax/flowchart.html).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..findings import milliseconds
from ..projection import FunctionProjection
from ..spans import line_text
from ..timeline import Bar, timeline
from ..work_trees import FunctionTree
from .clean import shortened

#: Bars of one picture: more could not be read.
MOST = 40
_OTHER = re.compile(r"[^\w. -]+")


def word(name: str, most: int = 40) -> str:
    """A name as it may stand in any place of a diagram."""
    plain = _OTHER.sub(" ", name.removeprefix("mcp:"))
    plain = re.sub(r"--+|\s+", " ", plain)
    return shortened(" ".join(plain.split()).strip("-. "), most) or "call"


def gantt(function: FunctionProjection, only: frozenset[int] | None = None) -> str:
    """The calls of a function before and after, on one scale; ``only``: these call sites.

    "" if there is nothing to draw.
    """
    before, after = (
        _shifted([b for b in timeline(work, table) if only is None or b.site in only])
        for work, table in zip(
            (function.tree.before, function.tree.after), function.tables, strict=True
        )
    )
    if not before or len(before) > MOST:
        return ""
    longest = max(b.end for b in (*before, *after))
    lines = ["gantt", "    dateFormat x", f"    axisFormat {_axis(longest)}"]
    lines += ["    section now", *_tasks(function.tree, before, "")]
    lines += ["    section together", *_tasks(function.tree, after, "active, ")]
    return "\n".join(lines)


def _shifted(bars: Sequence[Bar]) -> list[Bar]:
    """The bars with the first one at 0."""
    first = min((b.start for b in bars), default=0.0)
    return [replace(b, start=b.start - first, end=b.end - first) for b in bars]


def _axis(ms: float) -> str:
    """The format of d3 for the marks of the axis: seconds, with minutes if there are any."""
    return "%S.%L s" if ms < 60_000 else "%M:%S"


def _tasks(tree: FunctionTree, bars: Sequence[Bar], mark: str) -> list[str]:
    lines: list[str] = []
    for bar in bars:
        name = word(tree.sites[bar.site].name)
        took = milliseconds(bar.end - bar.start)
        note = f" ({bar.note})" if bar.note else ""
        start, end = round(bar.start), max(round(bar.end), round(bar.start) + 1)
        lines.append(f"    {name} {_OTHER.sub(' ', f'{took}{note}')} :{mark}{start}, {end}")
    return lines


def render(functions: Sequence[tuple[str, FunctionProjection]]) -> str:
    """One flowchart of the dependences between calls, with a box for each function that makes two
    calls or more."""
    lines = ["flowchart TD"]
    shown = [(name, f) for name, f in functions if len(f.tree.sites) > 1]
    for k, (filename, function) in enumerate(shown):
        lines.append(f'    subgraph f{k}["{word(filename, 80)} {word(function.name, 80)}"]')
        lines += [f"    {line}" for line in _nodes(function.tree, k)]
        lines.append("    end")
    return "\n".join(lines)


def _nodes(tree: FunctionTree, k: int) -> list[str]:
    lines: list[str] = []
    for i, site in enumerate(tree.sites):
        place = line_text(site.span.cell, site.span.line).replace(":", " line ")
        lines.append(f'    f{k}c{i}["{word(site.name)}, line {place}"]')
    for edge in tree.edges:
        kind = f'|"{word(edge.kind)}"|' if edge.kind else ""
        lines.append(f"    f{k}c{edge.first} -->{kind} f{k}c{edge.second}")
    return lines
