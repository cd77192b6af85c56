"""``--add-ignore``: findings → the text with a ``# pexec: ignore[…]`` for each of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .comments import same_code
from .edits import Edit, apply
from .engine import Analyzed, Finding
from .silent_chains import BATCHES, CHAINS
from .source import Source
from .suppressions import Kind, Suppression, suppressions

if TYPE_CHECKING:
    from .engine import Remark


@dataclass(frozen=True, slots=True)
class Added:
    """The new text, how many comments were written or extended, and what got none."""

    text: str
    comments: int
    left: tuple[Finding | Remark, ...]


def add_ignores(result: Analyzed) -> Added:
    """Put a comment behind the first line where each reported finding can be silenced.

    That is the first or last line of one of its calls, where a comment may stand.
    """
    from .lowering import lower
    from .lowering.comments import closed_lines

    source = result.source
    closed = closed_lines(source)
    codes: dict[int, list[str]] = {}
    left: list[Finding | Remark] = []
    for finding in result.reported:
        line = next((n for n in _lines(finding, source) if n not in closed), None)
        if line is None:
            left.append(finding)
        else:
            # Chains that are silenced alone leave batches in their place.
            new = (CHAINS, BATCHES) if finding.code == CHAINS else (finding.code,)
            of_line = codes.setdefault(line, [])
            of_line += [code for code in new if code not in of_line]
    written = suppressions(lower(source).directives)
    text = apply(source.text, _edits(source, codes, written))
    if not same_code(source, text):
        return Added(source.text, 0, result.reported)
    return Added(text, len(codes), tuple(left))


def _lines(finding: Finding | Remark, source: Source) -> list[int]:
    """The lines where a comment silences it, from the top."""
    spans = [finding.span] if not isinstance(finding, Finding) else [c.span for c in finding.calls]
    # By offsets: the lines of a result may be those of a cell.
    offsets = {offset for span in spans for offset in (span.start, span.end)}
    return sorted({bisect_right(source.line_starts, offset) for offset in offsets})


def _edits(
    source: Source, codes: Mapping[int, Sequence[str]], written: Sequence[Suppression]
) -> list[Edit]:
    ends = (*source.line_starts, len(source.text))
    edits: list[Edit] = []
    for line, new in codes.items():
        words = ", ".join(new)
        own = [s for s in written if s.line == line and s.kind is Kind.IGNORE and s.codes]
        if own:  # joins what is there
            place = own[0].comment.span.start + own[0].codes_end
            text = source.text[own[0].comment.span.start + own[0].codes_start : place]
            end = place - (len(text) - len(text.rstrip(" \t\f,")))
            edits.append(Edit(end, place, f", {words}"))
            continue
        code = source.text[ends[line - 1] : ends[line]].rstrip("\r\n")
        start = ends[line - 1] + len(code.rstrip(" \t\f"))
        edits.append(Edit(start, ends[line - 1] + len(code), f"  # pexec: ignore[{words}]"))
    return edits
