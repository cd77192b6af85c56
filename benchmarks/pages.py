"""Markdown tables, and the sections of a page that a script writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; columns of numbers are aligned to the right."""
    body = [[_cell(value) for value in row] for row in rows]
    right = [all(_is_number(row[i]) for row in body) for i in range(len(head))]
    lines = [_line(head), _line(["---:" if r else "---" for r in right])]
    return "\n".join([*lines, *(_line(row) for row in body)])


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("", "–")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def put(page: Path, section: str, text: str) -> None:
    """Replace what stands between the marks ``<!-- section -->`` and ``<!-- /section -->``.

    Raises click.ClickException if the page has no such marks.
    """
    start, end = f"<!-- {section} -->\n", f"<!-- /{section} -->"
    old = page.read_text(encoding="utf-8")
    if old.count(start) != 1 or old.count(end) != 1:
        raise click.ClickException(f"{page}: needs {start.strip()} and {end} once each")
    before, rest = old.split(start)
    after = rest.split(end)[1]
    page.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")
