"""The report as one HTML page that needs nothing else: no network, no fonts, no other file.

What the page says is in :mod:`.html_view`, how it is laid out in ``templates/``. Its policy allows
the one script and the one style that are written into it, by their hashes, and nothing besides.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from ..findings import milliseconds
from ..spans import line_text
from .clean import no_commands
from .html_text import bare, clipped, code, final, isolated, lines, plain, prose
from .html_time import percent as share
from .html_view import (
    function_view,
    opportunity_calls,
    place_of,
    shown_functions,
    sources,
    verdict,
    watched,
    why_confidence,
)
from .page import Opportunity, Page, compared, factor, percent
from .projection_text import bound
from .summary import plural

#: What is shown in full, and in tables; the rest is counted. A page has to open at once, so the
#: letters of each part are limited too: together they stay below 8 MB whatever the input is.
OPPORTUNITIES, FUNCTIONS, ROWS, SHORT = 200, 100, 500, 50
ROOM, ROOM_ROWS = 2_500_000, 500_000
DIFF_LINES, DIFF_WIDTH = 120, 400
OPEN = 3  # opportunities that are open when the page is


@dataclass(frozen=True, slots=True)
class Kept:
    """The parts of a section that are shown, and how many are not."""

    parts: tuple[Markup, ...]
    left: int


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: str
    text: str


def render(page: Page) -> str:
    """The page, as text without lone surrogates."""
    environment = _environment()
    functions = shown_functions(page)
    numbers = {id(f): i for i, (_, f) in enumerate(functions, 1)}

    def each(name: str, items: Iterable[dict[str, Any]], count: int, most: int, room: int) -> Kept:
        return _kept(environment.get_template(name), items, count, most, room)

    full = each(
        "function.html", ({"view": function_view(*f), "number": i, "open": i == 1}
                          for i, f in enumerate(functions, 1)),
        len(functions), FUNCTIONS, ROOM,
    )  # fmt: skip
    linked = {key: number for key, number in numbers.items() if number <= len(full.parts)}
    found = page.opportunities
    details = each(
        "opportunity.html",
        ({"item": o, "number": i, "open": i <= OPEN, "diff": diff_lines(o),
          "calls": opportunity_calls(o),
          "function": linked.get(id(o.function))}
         for i, o in enumerate(found, 1)),
        len(found), OPPORTUNITIES, ROOM,
    )  # fmt: skip
    rows = each(
        "opportunity-row.html",
        ({"item": o, "number": i, "linked": i <= len(details.parts)}
         for i, o in enumerate(found, 1)),
        len(found), ROWS, ROOM_ROWS,
    )  # fmt: skip
    function_rows = each(
        "function-row.html",
        ({"name": n, "function": f, "number": i, "linked": i <= len(full.parts)}
         for i, (n, f) in enumerate(functions, 1)),
        len(functions), ROWS, ROOM_ROWS,
    )  # fmt: skip
    files = [f for f in page.files if f.times.calls > 1] if len(page.files) > 1 else []
    file_rows = each("file-row.html", ({"file": f} for f in files), len(files), SHORT, ROOM_ROWS)
    costs = each("cost.html", ({"item": c} for c in page.costs), len(page.costs), SHORT, ROOM_ROWS)
    found_sources = sources(page)
    style, script = _file("style.css"), _file("script.js")
    text = environment.get_template("page.html").render(
        page=page,
        times=page.times,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        verdict=verdict(page),
        bound=bound(page.times),
        why=why_confidence(page),
        compared=compared(page),
        details=details,
        rows=rows,
        functions=full,
        function_rows=function_rows,
        few=len(page.functions) - len(functions),
        file_rows=file_rows,
        costs=costs,
        sources=found_sources[:SHORT],
        more_sources=max(0, len(found_sources) - SHORT),
        watched=watched(page)[:SHORT],
        roots=[(n, f) for n, f in functions if f.times.saved_ms > 0][:10],
    )
    return no_commands(text)  # where a workflow prints it, its runner reads it too


def _kept(
    template: Template, items: Iterable[dict[str, Any]], count: int, most: int, room: int
) -> Kept:
    """Items rendered as long as there is room for them."""
    parts: list[Markup] = []
    for item in items:
        if len(parts) == most:
            break
        text = template.render(item)
        room -= len(text.encode("utf-8"))
        if room < 0:
            break
        parts.append(Markup(text))
    return Kept(tuple(parts), count - len(parts))


def diff_lines(item: Opportunity) -> tuple[DiffLine, ...]:
    """The lines of a diff with what they do; long ones are cut, and said to be."""
    lines = item.diff.split("\n")
    lines = lines[:-1] if lines and not lines[-1] else lines
    kinds = {"+": "added", "-": "removed", "@": "place"}
    shown = [
        DiffLine(kinds.get(line[:1], "kept"), clipped(line, DIFF_WIDTH))
        for line in lines[:DIFF_LINES]
    ]
    if len(lines) > DIFF_LINES:
        more = plural(len(lines) - DIFF_LINES, "more line")
        shown.append(DiffLine("place", f"… {more}: `pexec-fix --diff` has them"))
    return tuple(shown)


def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_file),
        finalize=final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "bare": bare,
        "code": code,
        "factor": factor,
        "isolated": isolated,
        "lines": lines,
        "ms": milliseconds,
        "percent": percent,
        "plain": plain,
        "prose": prose,
        "short": clipped,
    }
    known: dict[str, Any] = {
        "counted": plural,
        "line_text": line_text,
        "place_of": place_of,
        "share": share,
    }
    # jinja2 does not say what these dictionaries hold.
    made.filters.update(filters)  # pyright: ignore[reportUnknownMemberType]
    made.globals.update(known)  # pyright: ignore[reportUnknownMemberType]
    return made


def _file(name: str) -> str:
    """A file of the templates; lines end as browsers read them, or the hashes would not fit."""
    folder = resources.files(__package__ or "pexec.analyzer.report") / "templates"
    return "\n".join((folder / name).read_text(encoding="utf-8").splitlines())


def _hash(text: str) -> str:
    """The hash of a script or style as a policy names it (CSP Level 3, §2.3.1)."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
