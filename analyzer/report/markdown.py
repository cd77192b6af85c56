"""The report as Markdown, for a comment on a pull request, a step summary or a wiki.

What comes from code is shown as code, or escaped: nothing in it makes a link, a mention, a table or
HTML. The text stays below the limit of a comment whatever the project is: what saves most comes
first, and the rest is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..findings import milliseconds
from ..spans import line_text
from . import mermaid
from .clean import no_commands, shortened, visible
from .page import (
    Opportunity,
    Page,
    compared,
    factor,
    latency_words,
    percent,
    rows_of,
)
from .projection_text import COSTS, HEADERS, bound, cells
from .rollout import rollout
from .summary import plural

#: GitHub takes 65,536 characters; what is added around the text has to fit as well.
LIMIT = 60_000
ROWS, DETAILED, LISTED, REASONS = 30, 10, 40, 20
DIFF_LINES, DIFF_SIGNS = 80, 5000
_TICKS = re.compile(r"`([^`\n]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$@:^=])")


#: A file, its first and its last line → where they can be looked at, or "" if that is not known.
Links = Callable[[str, int, int], str]


def _nowhere(filename: str, first: int, last: int) -> str:
    return ""


def render(page: Page, links: Links = _nowhere) -> str:
    """The report. ``links``: for links to lines, which each server has in a way of its own."""
    if not page.files:
        return f"## pexec\n\n{prose(page.summary)}"
    return no_commands("\n".join(_lines(page, links)))


def _lines(page: Page, links: Links) -> list[str]:
    head = [_heading(page), "", *_verdict(page)]
    if page.opportunities:
        head += ["", *_comparison(page)]
    tail = [*_functions(page), *_blocked(page), *_undeclared(page), *_validation(page),
            *_rollout(page), *_sources(page), "", prose(page.summary)]  # fmt: skip
    room = LIMIT - sum(len(line) + 1 for line in (*head, *tail)) - 500
    return [*head, *_opportunities(page, links, room), *tail]


def _heading(page: Page) -> str:
    times, number = page.times, len(page.opportunities)
    if not number:
        return "## pexec: nothing to run together"
    now, then = milliseconds(times.sequential_ms), milliseconds(times.projected_ms)
    less = percent(times.reduction)
    return (
        f"## pexec: {plural(number, 'place')} to run calls together, {now} → {then} ({less} less)"
    )


def _verdict(page: Page) -> list[str]:
    times = page.times
    saved = f"`pexec-fix` would save about {milliseconds(times.saved_ms)} ({factor(times.speedup)})"
    if times.saved_ms <= 0:
        saved = "`pexec-fix` would change nothing"
    words = [f"{saved}; {bound(times)}."]
    if page.more_unsafe:
        words.append(f"{page.more_unsafe} more with `--unsafe-fixes`.")
    words.append(f"Confidence: **{page.confidence}**, as the weakest latency.")
    return [" ".join(words)]


def _comparison(page: Page) -> list[str]:
    rows = [_row(("", "now", "projected")), "|---|---:|---:|"]
    return rows + [_row((row.what, row.before, row.after)) for row in compared(page)]


# -- what to do --------------------------------------------------------------------------------


def _opportunities(page: Page, links: Links, room: int) -> list[str]:
    """As many as there is room for, in detail, then as lines, then as a number."""
    found = page.opportunities
    lines: list[str] = []
    if not found:
        return lines
    lines += ["", "### What would run together"]
    room -= 60
    shown = 0
    for number, item in enumerate(found[:DETAILED], 1):
        text = _detailed(number, item, links)
        size = sum(len(line) + 1 for line in text)
        if size > room * 0.8 and number > 1:
            break
        lines += text
        room -= size
        shown = number
    rest: list[str] = []
    for item in found[shown : shown + LISTED]:
        line = f"- {_place(item, links)} {code(item.function.name)}: {_saves(item)}"
        if len(line) + 1 > room:
            break
        room -= len(line) + 1
        rest.append(line)
    if rest:
        lines += ["", *rest]
    left = len(found) - shown - len(rest)
    if left:
        saved = sum(item.saved_ms for item in found[-left:])
        lines += ["", f"… and {plural(left, 'more')[: -1 if left > 1 else None]} that would save "
                  f"{milliseconds(saved)} together."]  # fmt: skip
    return lines


def _detailed(number: int, item: Opportunity, links: Links) -> list[str]:
    finding = item.finding
    calls = ", ".join(code(call.name) for call in finding.calls[:12])
    more = f" and {len(finding.calls) - 12} more" if len(finding.calls) > 12 else ""
    lines = [
        "",
        f"#### {number}. {_place(item, links)} in {code(item.function.name)}: {_saves(item)}",
        "",
        f"{finding.code}: {calls}{more}. Written as {finding.form}: {prose(finding.form_reason)}.",
    ]
    lines += [f"Assumes: {prose(words)}." for words in finding.assumptions[:5]]
    picture = mermaid.gantt(item.function, item.sites)
    if picture:
        lines += ["", "```mermaid", picture, "```"]
    diff = _fitting(visible(item.diff, keep="\n\t"))
    if diff:
        fence = _fence(diff)
        lines += ["", "<details><summary>Diff</summary>", "", f"{fence}diff", diff, fence, "",
                  "</details>"]  # fmt: skip
    return lines


def _saves(item: Opportunity) -> str:
    now, then = milliseconds(item.group.sequential_ms), milliseconds(item.group.projected_ms)
    return f"{now} → {then}"


def _fitting(diff: str) -> str:
    """A diff of which the end is left out if it is long."""
    lines = diff.rstrip("\n").split("\n")
    kept = [shortened(line, 400) for line in lines[:DIFF_LINES]]
    while kept and sum(map(len, kept)) > DIFF_SIGNS:
        kept.pop()
    if len(kept) < len(lines):
        kept.append(f"… {len(lines) - len(kept)} more lines")
    return "\n".join(kept)


# -- the rest ----------------------------------------------------------------------------------


def _functions(page: Page) -> list[str]:
    rows, left = rows_of(page, ROWS)
    if not rows:
        return []
    lines = ["", "### What waits", "", _row(("where", *HEADERS[1:]))]
    lines.append("|---|" + "---:|" * (len(HEADERS) - 1))
    lines += [_row((code(label.strip(), 120), *cells("", times)[1:])) for label, times in rows]
    if left:
        lines.append(_row((f"… and {left} more rows", *[""] * (len(HEADERS) - 1))))
    lines.append(_row(tuple(f"**{cell}**" for cell in cells("total", page.times))))
    return lines


def _blocked(page: Page) -> list[str]:
    if not page.reasons:
        return []
    lines = ["", "### What keeps the other calls in their order", ""]
    for reason in page.reasons[:REASONS]:
        names = f": {', '.join(code(n) for n in reason.names)}" if reason.names else ""
        lines.append(f"- {reason.count} {prose(reason.words)}{names}")
    return lines


def _undeclared(page: Page) -> list[str]:
    if not page.costs:
        return []
    lines = ["", "### Calls that nobody declared", ""]
    lines += [_row(("call", "first met at", "holds back")), "|---|---|---|"]
    for item in page.costs[:COSTS]:
        lines.append(_row((code(item.name, 120), code(item.place, 120), prose(item.cost))))
    if len(page.costs) > COSTS:
        lines.append(_row((f"… and {len(page.costs) - COSTS} more", "", "")))
    text = visible("\n\n".join(item.declaration for item in page.costs[:COSTS]), keep="\n")
    text = "\n".join(shortened(line, 300) for line in text.split("\n"))
    fence = _fence(text)
    return [*lines, "", "<details><summary>If they only read, these declarations unlock that"
            "</summary>", "", f"{fence}toml", text, fence, "", "</details>"]  # fmt: skip


def _validation(page: Page) -> list[str]:
    found = page.validation
    refused = f", {found.refused} refused by the validator" if found.refused else ""
    return [
        "",
        "### Validation",
        "",
        f"Level **{found.level}**: {plural(found.validated, 'rewrite')} validated{refused}; pairs "
        f"of calls reordered against a dependence: {found.conflicts}.",
    ]


def _rollout(page: Page) -> list[str]:
    lines = rollout(page)
    if not lines:
        return []
    return ["", "### Rolling it out", "", *(f"- {prose(line)}" for line in lines)]


def _sources(page: Page) -> list[str]:
    words = [f"Times are projected, not measured ({prose(latency_words(page))})."]
    if page.assumed:
        words.append(f"Assumed: {prose('; '.join(page.assumed))}.")
    if page.coverage is not None:
        c = page.coverage
        words.append(f"Traces: {c.matched} of {plural(c.timed, 'timed call')} used.")
    return ["", f"<sub>{' '.join(words)}</sub>"]


# -- words -------------------------------------------------------------------------------------


def _place(item: Opportunity, links: Links) -> str:
    """Where a finding is, linked to its lines if it is known where these can be seen."""
    span = item.finding.span
    text = code(f"{item.filename}:{line_text(span.cell, span.line)}", 120)
    if span.cell:
        return text
    last = max(call.span.end_line for call in item.finding.calls)
    address = links(item.filename, span.line, last)
    return f"[{text}]({address})" if address else text


def code(text: str, most: int = 80) -> str:
    """A text as code, whatever it holds (CommonMark 0.31, section 6.1), also in a table."""
    text = shortened(visible(text), most).replace("|", "\\|")
    if "`" not in text:
        return f"`{text}`" if text.strip() else "` `"
    ticks = "`" * (max(map(len, re.findall("`+", text))) + 1)
    return f"{ticks} {text} {ticks}"


def prose(text: str) -> str:
    """Words of this tool, in which names from code stand between backticks."""
    parts = _TICKS.split(visible(text))
    return "".join(
        code(part) if i % 2 else _SPECIAL.sub(r"\\\1", part) if _odd(part) else part
        for i, part in enumerate(parts)
    )


def _odd(text: str) -> bool:
    """Does a text hold more than words and their punctuation?"""
    return re.search(r"[^\w\s,.;:()'\"/%→–…=\-]|\w_|_\w", text) is not None


def _fence(text: str) -> str:
    return "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)


def _row(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"
