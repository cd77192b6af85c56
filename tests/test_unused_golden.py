"""PX001 over the golden cases (a comment on every line: only what is used stays) and over any
comment."""

from __future__ import annotations

import re
from itertools import pairwise

import golden
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.analyzer.lowering.comments import closed_lines
from pexec.analyzer.source import from_bytes
from pexec.codemods.rewrite import rewrite
from test_suppressions import config
from test_unused import code_tokens


def _commented(case: golden.Case) -> bool:
    """Are there comments besides the header, or is the rule not selected?"""
    text = from_bytes(case.path.read_bytes()).text
    body = text.split("\n", len(case.headers))[-1]
    return "#" in body or "select" in case.headers.get("config", "")


CASES = [c for c in (*golden.cases("rewrites"), *golden.cases("refusals")) if not _commented(c)]
MARK = "  # pexec: ignore[PX101, PX102, PX103, PX104, PX105, PX106]"
MARKS = re.compile(r"  # pexec: ignore\[[\w, ]*\]")  # what is left of it


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
    assert MARKS.sub("", fixed) == source.text
    again = golden.run(case, source.encode(fixed))
    assert not isinstance(again, Analyzed) or (again.fixed is None and not again.findings)
    plain = golden.run(case)
    assert len(MARKS.findall(fixed)) >= (len(plain.findings) if isinstance(plain, Analyzed) else 0)


def test_most_golden_cases_are_taken() -> None:
    assert len(CASES) > 150


DEAD = ["ignore", "ignore[PX101]", "ignore[PX101,PX101]", "Ignore [px101]"]
OTHERS = ["pure", "reads=a:b", "raises=false", "ignore[PX999]", 'writes="x y"']
SPACE = st.sampled_from(["", " ", "  ", "\t"])
DIRECTIVE = st.lists(st.sampled_from(DEAD + OTHERS), min_size=1, max_size=4).map(
    lambda words: f"pexec: {' '.join(words)}"
)
NOQA = st.lists(st.sampled_from(["PX101", "E501", "px101", "W1"]), min_size=1, max_size=4).map(
    lambda codes: f"noqa: {','.join(codes)}"
)
WORDS = st.sampled_from(["slow", "noqa: all", "type: ignore", "ruff: noqa", ""])
COMMENT = st.lists(st.tuples(st.one_of(DIRECTIVE, NOQA, WORDS), SPACE), min_size=1, max_size=4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "f()", "f(  # a\n)"]), COMMENT), max_size=3))
def test_any_comments(lines: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """All that is dead goes in one run; what speaks to others stays, and so does the code."""
    text = ""
    for code, parts in lines:
        comment = " ".join(f"#{space}{words}{space}" for words, space in parts)
        text += f"{code}  {comment}\n" if code else f"{comment}\n"
    result = analyze_bytes(text.encode(), "agent.py", config(), rewrite)
    fixed = text
    if isinstance(result, Analyzed) and result.fixed is not None:
        fixed = result.fixed
        assert fixed != text
        assert all(i.fix is None or i.codes in ((), ("PX101",)) for i in result.unused)
    assert code_tokens(fixed) == code_tokens(text)
    assert not re.search(r"px101|ignore(?!\s*\[PX999)", re.sub("type: ignore", "", fixed), re.I)
    kept = r"pure|reads=a:b|raises=false|PX999|\"x y\"|E501|W1|slow|all|type: ignore|ruff: noqa"
    assert re.findall(kept, fixed) == re.findall(kept, text)
    again = analyze_bytes(fixed.encode(), "agent.py", config(), rewrite)
    assert not isinstance(again, Analyzed) or again.fixed is None
