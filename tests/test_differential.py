"""Original against rewritten program in the simulated world (``simulation``).

Every program is run under many latencies, failures, cancellations and deadlines before and after
`parallelize`, and nothing that the contract promises may differ. ``PEXEC_EXAMPLES`` sets the
number of generated programs; they are the same ones every time.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum

import pytest
from pexec.codemods import parallelize
from simulation.declarations import TOOLS
from simulation.search import check_program, corpus, generated, shrunk

EXAMPLES = int(os.environ.get("PEXEC_EXAMPLES", "250"))

PROGRAMS = corpus()

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


def kinds(value: object) -> Iterator[str]:
    """The edge kinds that stand anywhere in what the library call reports."""
    if isinstance(value, Enum):
        if value.value in EDGES:
            yield str(value.value)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from kinds(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from kinds(tuple(value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from kinds(item)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_corpus_program_does_the_same_when_rewritten(name: str) -> None:
    found = check_program(PROGRAMS[name], parallelize, seeds=2).difference
    assert found is None, str(found)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("safe_")])
def test_a_safe_corpus_program_is_rewritten(name: str) -> None:
    assert parallelize(PROGRAMS[name], tools=TOOLS).changed


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_corpus_program_keeps_what_on_success_promises(name: str) -> None:
    found = check_program(PROGRAMS[name], parallelize, level="on-success").difference
    assert found is None, str(found)


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
        blocked.update(set(kinds(checked.rewrite)))

    generated(visit, EXAMPLES)
    assert visited == EXAMPLES
    assert rewritten >= visited / 2, f"only {rewritten} of {visited} programs were rewritten"
    assert set(blocked) == EDGES, f"never blocked anything: {sorted(EDGES - set(blocked))}"


def test_generated_programs_keep_what_on_success_promises() -> None:
    def visit(source: str) -> None:
        found = check_program(source, parallelize, level="on-success").difference
        assert found is None, str(shrunk(found, parallelize, level="on-success"))

    generated(visit, max(1, EXAMPLES // 5), seed=1)
