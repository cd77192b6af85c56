"""The conflict oracle: what execution says of two tool calls, and what pexec makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.oracle import own
from benchmarks.oracle.evaluate import Matrix, evaluate
from benchmarks.oracle.execute import truth_of, truths
from benchmarks.oracle.model import Package, Pair, call_of, pairs_of
from benchmarks.oracle.report import text

PURE = """
[[tools]]
match = "tools.*"
pure = true
returns = "fresh"
latency-ms = 100
"""


@pytest.fixture(params=own.names())
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Package:
    return own.package(request.param, tmp_path)


CASES = {
    "same key, one writes": ("bank", "balance('DE3')", "deposit('DE3', 20.0)", "conflict"),
    "other key": ("bank", "set_daily_limit('DE1', 9)", "set_daily_limit('DE2', 9)", "commute"),
    "one generator": ("bank", "deposit('DE1', 5.0)", "deposit('DE2', 7.5)", "conflict"),
    "attribute of a class": (
        "bank",
        "print_statement('DE1')",
        "print_statement('DE2')",
        "conflict",
    ),
    "output is a piece of state": ("bank", "account_details('DE1')", "deposit('DE1', 1.0)", "late"),
    "two reads": ("bank", "total_of('ada')", "balance('DE2')", "commute"),
    "same place, other result": (
        "library",
        "borrow('C101', 'Ada')",
        "borrow('C102', 'Ada')",
        "conflict",
    ),
    "not the same attribute": (
        "library",
        "move_copy('C101', 'E')",
        "is_available('C101')",
        "commute",
    ),
    "by values alone": ("library", "join('Emil', 'child')", "overdue_members()", "kind"),
    "tree with parents": ("agenda", "enter_folder('work')", "where_am_i()", "conflict"),
    "slots": ("agenda", "move_entry(1, 10)", "rename_entry(1, 'Doctor')", "commute"),
    "rebound global": ("stock", "set_mode('night')", "get_mode()", "conflict"),
    "lazy singleton": ("stock", "pages_printed()", "print_label('A1')", "conflict"),
    "lazy cache": ("stock", "size_of('bolt')", "size_of('nut')", "kind"),
    "shared count": ("stock", "next_ticket()", "next_ticket()", "conflict"),
    "gift card": (
        "retail",
        "spent_by('mia_1')",
        "cancel_pending_order('W1', 'no longer needed')",
        "conflict",
    ),
    "last seats": (
        "airline",
        "book('kai', 'F10', '05-01', [{}], 'credit_card_1')",
        "search_direct('OSL', 'RIX', '05-01')",
        "conflict",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_execution_tells_what_two_calls_do_to_each_other(case: str, tmp_path: Path) -> None:
    name, first, second, expected = CASES[case]
    package = own.package(name, tmp_path)
    pair = Pair(name, package.scenarios[0], (), call_of(first), call_of(second))
    truth = truth_of(package, pair)
    assert not truth.raised
    assert truth.commutes is (expected in ("commute", "kind"))
    assert truth.kind is (expected == "kind")
    assert bool(truth.overlap) is (expected != "commute")
    assert truth.late is (expected != "conflict")


def test_every_conflict_is_explained_by_a_place_that_both_touch(package: Package) -> None:
    pairs = pairs_of(package, dense=True)[::5]
    found = truths(package, pairs=pairs)
    assert [p.text for p, t in found if not t.agrees and not t.overlap] == []
    assert sum(not t.agrees for _, t in found) >= 3


def test_pexec_runs_nothing_together_that_conflicts(package: Package) -> None:
    matrix = evaluate(package)
    assert len(matrix.judged) >= 30
    assert [j.pair.text for j in matrix.missed] == [], text([matrix])


def test_nor_with_arguments_of_unknown_value(package: Package) -> None:
    assert [j.pair.text for j in evaluate(package, variables=True).missed] == []


def test_a_wrong_claim_is_caught(tmp_path: Path) -> None:
    matrix = evaluate(own.package("stock", tmp_path), declarations=PURE)
    conflicts = [j for j in matrix.judged if not j.truth.commutes]
    assert conflicts
    assert list(matrix.missed) == conflicts
    assert f"MISSED: run together, but they conflict: {len(conflicts)}" in text([matrix])
    assert not matrix.false


def test_neighbours_are_those_of_one_turn(tmp_path: Path) -> None:
    package = own.package("stock", tmp_path)
    turns = [turn for scenario in package.scenarios for turn in scenario.turns]
    assert len(pairs_of(package)) == sum(len(turn) - 1 for turn in turns)
    dense = sum(n * (n - 1) // 2 for n in (sum(map(len, s.turns)) for s in package.scenarios))
    assert len(pairs_of(package, dense=True)) == dense


def test_a_matrix_of_nothing_can_be_printed() -> None:
    assert "0/0" in text([Matrix("none", ())])
