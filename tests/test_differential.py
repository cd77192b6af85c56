"""Original against rewritten program in the simulated world (``simulation``).

Every program is run under many latencies, failures, cancellations and deadlines before and after
`parallelize`, and nothing that the contract promises may differ. ``PEXEC_EXAMPLES`` sets the
number of generated programs; they are the same ones every time.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from pexec.codemods import Rewrite, parallelize
from simulation.declarations import TOOLS
from simulation.search import check_program, corpus, found, generated, shrunk

EXAMPLES = int(os.environ.get("PEXEC_EXAMPLES", "250"))

PROGRAMS = corpus()
FOUND = found()

#: The kinds of edge of the contract (semantics.md §3).
EDGES = frozenset(
    (
        "flow",
        "anti",
        "output",
        "effect",
        "unknown",
        "exclusive",
        "affine",
        "clock",
        "sleep",
        "control",
        "failure",
        "framework",
    )
)


def blockers(rewrite: Rewrite) -> set[str]:
    """The kinds of edge that held calls of a program apart."""
    return {str(each.kind) for each in rewrite.blocked}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_corpus_program_does_the_same_when_rewritten(name: str) -> None:
    checked = check_program(PROGRAMS[name], parallelize, seeds=2)
    assert checked.difference is None, str(checked.difference)
    assert "validator" not in blockers(checked.rewrite), checked.rewrite.blocked


@pytest.mark.parametrize("name", FOUND)
def test_what_was_once_wrong_does_the_same_when_rewritten(name: str) -> None:
    checked = check_program(FOUND[name], parallelize, seeds=1)
    assert checked.difference is None, str(checked.difference)
    assert "validator" not in blockers(checked.rewrite), checked.rewrite.blocked


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("safe_")])
def test_a_safe_corpus_program_is_rewritten(name: str) -> None:
    assert parallelize(PROGRAMS[name], tools=TOOLS).changed


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_corpus_program_keeps_what_on_success_promises(name: str) -> None:
    different = check_program(PROGRAMS[name], parallelize, level="on-success").difference
    assert different is None, str(different)


def test_generated_programs_do_the_same_when_rewritten() -> None:
    rewritten = 0
    visited = 0
    blocked: Counter[str] = Counter()

    def visit(source: str) -> None:
        nonlocal rewritten, visited
        checked = check_program(source, parallelize)
        found = checked.difference
        assert found is None, str(shrunk(found, parallelize))
        visited += 1
        rewritten += checked.rewrite.changed
        blocked.update(blockers(checked.rewrite))

    generated(visit, EXAMPLES)
    assert visited == EXAMPLES
    assert rewritten >= visited / 2, f"only {rewritten} of {visited} programs were rewritten"
    assert blocked.keys() >= EDGES, f"never blocked anything: {sorted(EDGES - blocked.keys())}"
    assert not blocked["validator"], "the validator refused a rewrite"


def test_generated_programs_keep_what_on_success_promises() -> None:
    def visit(source: str) -> None:
        found = check_program(source, parallelize, level="on-success").difference
        assert found is None, str(shrunk(found, parallelize, level="on-success"))

    generated(visit, max(1, EXAMPLES // 5), seed=1)
