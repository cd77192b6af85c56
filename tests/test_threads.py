"""Blocking calls in threads (PX102), run with real ones: the programs of ``fixtures/threads``."""

from __future__ import annotations

import os

import pytest
from bodies import Case
from fuzz_threads import program
from threaded import cases, difference, interrupted, rewritten

CASES = cases()
EXAMPLES = int(os.environ.get("PEXEC_THREADS", "12"))


def text_of(case: Case) -> str:
    return dict(case.files)["main.py"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rewritten_program_does_the_same(case: Case) -> None:
    text = text_of(case)
    exact, unsafe = rewritten(text), rewritten(text, unsafe=True)
    found = "refused"
    if exact.text != text:
        found = "rewritten"
        assert "ThreadPoolExecutor" in exact.text
        assert difference(text, exact.text, exact=True) == ""
    elif unsafe.text != text:
        found = "on-success"
        assert difference(text, unsafe.text, exact=False) == ""
    assert found == case.expected, unsafe.notes
    assert case.word in exact.notes
    assert rewritten(exact.text).text == exact.text


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if "async def main" in text_of(c) and c.expected == "rewritten"],
    ids=str,
)
def test_a_cancelled_coroutine_leaves_no_thread(case: Case) -> None:
    text = text_of(case)
    new = rewritten(text).text
    assert new != text
    assert interrupted(text, new) == ""


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_a_random_program_does_the_same(seed: int) -> None:
    text = program(seed)
    new = rewritten(text)
    assert "validator" not in new.notes, f"{new.notes}\n{text}"
    if new.text != text:
        assert difference(text, new.text, exact=True) == ""
        if "async def" in text:
            assert interrupted(text, new.text) == ""
    unsafe = rewritten(text, unsafe=True)
    assert "validator" not in unsafe.notes, f"{unsafe.notes}\n{text}"
    if unsafe.text != new.text:
        assert difference(text, unsafe.text, exact=False) == ""


def test_enough_random_programs_are_rewritten() -> None:
    programs = [program(seed) for seed in range(20)]
    assert sum(rewritten(text).text != text for text in programs) >= 8
