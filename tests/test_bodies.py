"""What pexec makes of calls of the project's own functions, against what they really do.

Every project of ``fixtures/bodies`` is rewritten at both levels; what is rewritten is executed
before and after under many latencies, at level exact with every call failing once as well. So are
random ones (``fuzz_bodies``, ``fuzz_headers``); ``PEXEC_BODIES`` sets their number.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bodies import Case, cases, difference, rewritten
from fuzz_bodies import project
from fuzz_headers import header_program

CASES = cases()
EXAMPLES = int(os.environ.get("PEXEC_BODIES", "15"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rewritten_project_does_the_same(case: Case, tmp_path: Path) -> None:
    exact = rewritten(case, tmp_path, unsafe=False)
    unsafe = rewritten(case, tmp_path, unsafe=True)
    wrong = difference(case, exact, exact=True) if exact.changed else ""
    if unsafe.files not in (exact.files, case.files):
        wrong = wrong or difference(case, unsafe, exact=False)
    assert (wrong == "") == (case.expected != "wrong"), wrong or "it is right now: promote it"
    if wrong:
        return
    found = "rewritten" if exact.changed else "on-success" if unsafe.changed else "refused"
    expected = "refused" if case.expected == "not-yet" else case.expected
    assert found == expected, unsafe.notes
    assert case.word in unsafe.notes


@pytest.mark.parametrize("seed", range(3 * EXAMPLES))
def test_a_random_header_does_the_same(seed: int, tmp_path: Path) -> None:
    case = header_program(seed)
    for unsafe in (False, True):
        new = rewritten(case, tmp_path, unsafe=unsafe)
        wrong = difference(case, new, exact=not unsafe) if new.changed else ""
        assert not wrong, "\n".join((wrong, *(text for _, text in case.files)))
        assert "validator" not in new.notes


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_a_random_project_does_the_same(seed: int, tmp_path: Path) -> None:
    case = project(seed)
    for unsafe in (False, True):
        new = rewritten(case, tmp_path, unsafe=unsafe)
        wrong = difference(case, new, exact=not unsafe) if new.changed else ""
        assert not wrong, "\n".join((wrong, *(text for _, text in case.files)))


def test_a_module_that_is_not_read_may_put_anything_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(c for c in CASES if str(c) == "nested:two_orders")
    assert rewritten(case, tmp_path / "alone", unsafe=False).changed
    more = replace(case, files=(*case.files, ("other.py", "#" * 5000)))
    monkeypatch.setattr("pexec.analyzer.project._LARGEST", 4000)
    assert not rewritten(more, tmp_path / "beside", unsafe=False).changed


def test_names_are_given_once() -> None:
    twice = [name for name, count in Counter(str(case) for case in CASES).items() if count > 1]
    assert not twice
