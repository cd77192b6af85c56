"""PX001 over the golden cases: put a comment on every line, and only what is used stays."""

from __future__ import annotations

from itertools import pairwise

import golden
import pytest
from pexec.analyzer.engine import Analyzed
from pexec.analyzer.lowering.comments import closed_lines
from pexec.analyzer.source import from_bytes


def _commented(case: golden.Case) -> bool:
    """Are there comments besides the header, or is the rule not selected?"""
    text = from_bytes(case.path.read_bytes()).text
    body = text.split("\n", len(case.headers))[-1]
    return "#" in body or "select" in case.headers.get("config", "")


CASES = [c for c in (*golden.cases("rewrites"), *golden.cases("refusals")) if not _commented(c)]
MARK = "  # pexec: ignore[PX101]"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_golden_case_with_a_comment_on_every_line(case: golden.Case) -> None:
    """What is taken out is what was put in where nothing is found; the rest stays."""
    source = from_bytes(case.path.read_bytes())
    closed = closed_lines(source)
    starts = (*source.line_starts, len(source.text))
    marked = ""
    for number, (start, end) in enumerate(pairwise(starts), 1):
        line = source.text[start:end]
        code = line.rstrip("\r\n")
        own = code.rstrip() == code != "" and code[0] != "#" and number not in closed
        marked += f"{code}{MARK}{line[len(code) :]}" if own else line
    result = golden.run(case, source.encode(marked))
    assert isinstance(result, Analyzed), result
    assert not result.findings
    fixed = marked if result.fixed is None else result.fixed
    assert fixed.replace(MARK, "") == source.text
    again = golden.run(case, source.encode(fixed))
    assert not isinstance(again, Analyzed) or (again.fixed is None and not again.findings)
    plain = golden.run(case)
    assert fixed.count(MARK) >= (len(plain.findings) if isinstance(plain, Analyzed) else 0)


def test_most_golden_cases_are_taken() -> None:
    assert len(CASES) > 150
