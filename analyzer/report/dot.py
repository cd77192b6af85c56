"""Dependence graphs in the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import milliseconds
from ..projection import FunctionProjection
from ..spans import line_text
from .clean import no_commands, visible


def render(functions: Sequence[tuple[str, FunctionProjection]]) -> str:
    """One graph, with a cluster for each function that makes two calls or more."""
    lines = ["digraph pexec {", "  rankdir=TB;", '  node [shape=box, fontname="sans-serif"];',
             '  edge [fontname="sans-serif", fontsize=10];']  # fmt: skip
    shown = [(name, f) for name, f in functions if len(f.tree.sites) > 1]
    for k, (filename, function) in enumerate(shown):
        lines += [
            f"  subgraph cluster_{k} {{",
            f"    label={_quoted(f'{filename}: {function.name}')};",
        ]
        for i, site in enumerate(function.tree.sites):
            took = milliseconds(site.latency.distribution.mean)
            place = f"line {line_text(site.span.cell, site.span.line)}"
            label = f"{site.name}\n{place}, {took}"
            tip = f"{took}: {site.latency.source}"
            lines.append(f"    f{k}c{i} [label={_quoted(label)}, tooltip={_quoted(tip)}];")
        for edge in function.tree.edges:
            lines.append(
                f"    f{k}c{edge.first} -> f{k}c{edge.second} "
                f"[label={_quoted(edge.kind)}, tooltip={_quoted(edge.words)}];"
            )
        lines.append("  }")
    return no_commands("\n".join([*lines, "}"]))


def _quoted(text: str) -> str:
    """A quoted string: line breaks as Graphviz writes them, and no escapes of its own."""
    parts = (visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    joined = "\\n".join(parts)
    return f'"{joined}"'
