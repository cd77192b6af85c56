"""Golden cases: every rewrite shape and its refused twins, run through the whole pipeline."""

from __future__ import annotations

import re
from collections import Counter

import golden
import pytest
from pexec.analyzer.engine import Analyzed
from pexec.analyzer.source import from_bytes

REWRITES = golden.cases("rewrites")
REFUSALS = golden.cases("refusals")
#: Edge kinds of contract §3, each of which must have a refusal.
EDGES = ("flow", "anti", "output", "effect", "unknown", "exclusive", "lock", "affine", "clock",
         "sleep", "control", "failure", "framework")  # fmt: skip


def _ids(cases: list[golden.Case]) -> list[str]:
    return [case.name for case in cases]


def check_rewrite(case: golden.Case, *, regenerate: bool) -> None:
    """The expected bytes, the form of the header, idempotence, and untouched rest."""
    data = case.path.read_bytes()
    result = golden.run(case)
    assert isinstance(result, Analyzed), result
    assert not [b for b in result.blocked if b.kind == "validator"], golden.notes_text(result)
    fixed = golden.fixed_bytes(result)
    assert fixed is not None, golden.notes_text(result)
    assert {f.form for f in result.findings} == {case.headers["form"]}
    diff = golden.diff_text(data, fixed, case.name)
    if regenerate:
        case.expected.write_bytes(fixed)
        case.diff.write_text(diff, encoding="utf-8", newline="\n")
    assert fixed == case.expected.read_bytes()
    assert diff == case.diff.read_bytes().decode()
    again = golden.run(case, fixed)
    assert golden.fixed_bytes(again) is None, "a second run changes the file again"
    assert not isinstance(again, Analyzed) or not (again.findings or again.races)


@pytest.mark.parametrize("case", REWRITES, ids=_ids(REWRITES))
def test_rewrite(case: golden.Case, regenerate: bool) -> None:
    check_rewrite(case, regenerate=regenerate)


@pytest.mark.parametrize("case", REWRITES, ids=_ids(REWRITES))
def test_suppressed(case: golden.Case) -> None:
    """The same case with `# pexec: ignore[…]` behind each finding's first call."""
    data = case.path.read_bytes()
    result = golden.run(case)
    assert isinstance(result, Analyzed)
    source = from_bytes(data)
    starts = (*source.line_starts, len(source.text))
    text = source.text
    found = {(f.calls[0].span.end_line, f.code) for f in result.findings}
    for line, code in sorted(found, reverse=True):
        ending = text[starts[line - 1] : starts[line]]
        bare = ending.rstrip("\r\n")
        assert not bare.endswith("\\"), "a comment cannot stand behind this line"
        text = (
            text[: starts[line - 1]] + bare + f"  # pexec: ignore[{code}]" + ending[len(bare) :]
            + text[starts[line] :]
        )  # fmt: skip
    again = golden.run(case, source.encode(text))
    assert isinstance(again, Analyzed)
    # In the place of chains there may be batches then.
    chains = {"PX101", "PX105"} if any(code == "PX106" for _, code in found) else set[str]()
    assert {f.code for f in again.findings} <= chains
    assert again.findings or golden.fixed_bytes(again) is None


@pytest.mark.parametrize("case", REFUSALS, ids=_ids(REFUSALS))
def test_refusal(case: golden.Case, regenerate: bool) -> None:
    """Not rewritten, and the note names the edge of the header (`none`: no note is due)."""
    result = golden.run(case)
    assert golden.fixed_bytes(result) is None
    notes = golden.notes_text(result)
    kind = case.headers["blocked"]
    if kind != "none":
        assert isinstance(result, Analyzed)
        assert kind in {b.kind for b in result.blocked}, notes
    expected = case.path.with_suffix(".notes")
    if regenerate:
        expected.write_text(notes, encoding="utf-8", newline="\n")
    assert notes == expected.read_bytes().decode()


def test_every_edge_kind_has_a_refusal() -> None:
    kinds = Counter(case.headers["blocked"] for case in REFUSALS)
    assert [edge for edge in EDGES if not kinds[edge]] == []


def test_there_are_enough_cases() -> None:
    assert len(REWRITES) >= 60
    assert len(REFUSALS) >= 60


def test_every_case_says_why() -> None:
    for case in (*REWRITES, *REFUSALS):
        assert re.search(r"\w{3}", case.headers.get("why", "")), case.path
