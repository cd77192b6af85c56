"""Trees of waiting calls: averages, draws against closed forms, limits, timelines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist, fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pexec.analyzer.distributions import Constant, Empirical, LogNormal, quantile, spread
from pexec.analyzer.timeline import rows, timeline
from pexec.analyzer.variables import Averages, Draws, Site
from pexec.analyzer.work import (
    NOTHING,
    Choice,
    Leaf,
    Overlap,
    Paths,
    Repeat,
    Step,
    Work,
    evaluate,
    scheduled,
    seq,
)

#: Enough quantiles of the exponential distribution with mean 100 to stand for it.
EXPONENTIAL = Empirical(tuple(-100 * math.log(1 - (i + 0.5) / 20_000) for i in range(20_000)))


def together(*works: Work) -> Overlap:
    return Overlap(tuple(Step(work, i > 0) for i, work in enumerate(works)))


def average(work: Work, *ms: float, limits: Sequence[tuple[str, int] | None] = ()) -> float:
    table = [Site(Constant(m), limits[i] if i < len(limits) else None) for i, m in enumerate(ms)]
    return evaluate(work, Averages(table))[0]


@pytest.mark.parametrize(
    ("work", "ms"),
    [
        (NOTHING, 0),
        (Leaf(0), 10),
        (seq(Leaf(0), Leaf(1), Leaf(2)), 70),
        (together(Leaf(0), Leaf(1), Leaf(2)), 40),
        (together(seq(Leaf(0), Leaf(2)), Leaf(1)), 50),
        # started ahead, awaited where it stood: the one between waits beside it
        (Overlap((Step(Leaf(0), False), Step(Leaf(1), False), Step(Leaf(2), True))), 40),
        (Overlap((Step(Leaf(0), False), Step(Leaf(1), True)), start_ms=0.5), 20.5),
        (Repeat(Leaf(0), 5, "literal"), 50),
        (Repeat(Leaf(0), 5, "literal", 2), 30),
        (Repeat(Leaf(0), 5, "literal", 8), 10),
        (Repeat(Leaf(0), 5, "literal", 0), 10),
        (Repeat(Leaf(0), 0, "literal"), 0),
        (Repeat(Leaf(0), 2.5, "trace"), 25),
        (Repeat(Leaf(0), 1000, "literal"), 10_000),
        (Repeat(Leaf(0), 1000, "literal", 8), 1250),
        (Repeat(seq(Leaf(0), Leaf(1)), 3, "literal"), 90),
        (Choice(((0.5, Leaf(0)), (0.5, Leaf(1))), "assumed"), 15),
        (Choice(((0.25, Leaf(0)), (0.75, NOTHING)), "trace"), 2.5),
        (Paths((Leaf(0), Leaf(1), Leaf(2)), ((), (), (0,))), 50),
        (Paths((Leaf(0), Leaf(1), Leaf(2)), ((), (0,), (1,))), 70),
    ],
)
def test_averages(work: Work, ms: float) -> None:
    assert average(work, 10, 20, 40) == pytest.approx(ms)


def test_a_limit_lets_calls_of_a_batch_in_one_after_the_other() -> None:
    one = ("mcp:crm/*", 1)
    batch = together(Leaf(0), Leaf(1), Leaf(2))
    assert average(batch, 10, 20, 40, limits=[one, one, one]) == 70
    assert average(batch, 10, 20, 40, limits=[one, one, None]) == 40
    assert average(batch, 10, 20, 40, limits=[("mcp:crm/*", 2)] * 3) == 50
    assert average(Repeat(Leaf(0), 6, "literal", 8), 10, limits=[("a", 2)]) == 30
    assert average(Repeat(Leaf(0), 6, "literal", 8), 10, limits=[one]) == 60


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.integers(1, 10))
def test_list_scheduling_keeps_grahams_bound(durations: list[float], width: int) -> None:
    begins, end = scheduled(durations, width)
    assert begins == sorted(begins)
    longest = max(sum(durations) / width, max(durations))
    assert longest - 1e-6 <= end <= sum(durations) / width + max(durations) + 1e-6
    at_once = [sum(b <= t < b + d for b, d in zip(begins, durations, strict=True)) for t in begins]
    assert max(at_once) <= width


def drawn(work: Work, *distributions: object, number: int = 4000) -> list[float]:
    table = [Site(d) for d in distributions]  # type: ignore[arg-type]
    return evaluate(work, Draws(table, number, "test"))


@pytest.mark.parametrize("u", [0.05, 0.5, 0.95, 0.99])
def test_one_exponential_call(u: float) -> None:
    found = sorted(drawn(Leaf(0), EXPONENTIAL))
    assert quantile(found, u) == pytest.approx(-100 * math.log(1 - u), rel=0.02)
    assert fmean(found) == pytest.approx(100, rel=0.005)


def erlang(x: float, n: int) -> float:
    """The distribution function of the sum of n exponentials with mean 100."""
    return 1 - sum(math.exp(-x / 100) * (x / 100) ** k / math.factorial(k) for k in range(n))


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("u", [0.5, 0.95])
def test_the_sum_of_exponentials_is_an_erlang(n: int, u: float) -> None:
    work = seq(*(Leaf(i) for i in range(n)))
    found = sorted(drawn(work, *[EXPONENTIAL] * n))
    assert erlang(quantile(found, u), n) == pytest.approx(u, abs=0.02)
    assert fmean(found) == pytest.approx(100 * n, rel=0.005)
    turns = sorted(drawn(Repeat(Leaf(0), n, "literal"), EXPONENTIAL))
    assert erlang(quantile(turns, u), n) == pytest.approx(u, abs=0.02)


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("u", [0.5, 0.95])
def test_the_maximum_of_exponentials(n: int, u: float) -> None:
    expected = -100 * math.log(1 - u ** (1 / n))
    work = together(*(Leaf(i) for i in range(n)))
    found = sorted(drawn(work, *[EXPONENTIAL] * n))
    assert quantile(found, u) == pytest.approx(expected, rel=0.04)
    assert fmean(found) == pytest.approx(100 * sum(1 / k for k in range(1, n + 1)), rel=0.03)
    turns = sorted(drawn(Repeat(Leaf(0), n, "literal", 0), EXPONENTIAL))
    assert quantile(turns, u) == pytest.approx(expected, rel=0.04)


def test_a_branch_is_taken_in_its_share_of_the_runs() -> None:
    found = drawn(Choice(((0.3, Leaf(0)), (0.7, Leaf(1))), "trace"), Constant(10), Constant(20))
    assert found.count(10) == pytest.approx(1200, abs=1)
    assert found.count(20) == pytest.approx(2800, abs=1)


def test_nested_branches_are_independent() -> None:
    inner = Choice(((0.5, Leaf(0)), (0.5, NOTHING)), "assumed")
    found = drawn(Choice(((0.5, inner), (0.5, NOTHING)), "assumed"), Constant(10))
    assert fmean(found) == pytest.approx(2.5, rel=0.1)


def test_a_call_takes_as_long_before_and_after() -> None:
    table = [Site(EXPONENTIAL), Site(EXPONENTIAL)]
    draws = Draws(table, 500, "f")
    now = evaluate(seq(Leaf(0), Leaf(1)), draws)
    then = evaluate(together(Leaf(0), Leaf(1)), draws)
    assert all(b <= a for a, b in zip(now, then, strict=True))
    assert evaluate(seq(Leaf(0), Leaf(1)), Draws(table, 500, "f")) == now
    assert evaluate(seq(Leaf(0), Leaf(1)), Draws(table, 500, "g")) != now


def test_a_log_normal_has_its_two_quantiles() -> None:
    found = spread(100, 300)
    assert isinstance(found, LogNormal)
    assert found.quantile(0.5) == pytest.approx(100)
    assert found.quantile(0.95) == pytest.approx(300)
    z = NormalDist().inv_cdf(0.95)
    assert found.mean == pytest.approx(100 * math.exp((math.log(3) / z) ** 2 / 2))
    assert fmean(drawn(Leaf(0), found)) == pytest.approx(found.mean, rel=0.01)
    assert spread(100, None) == spread(100, 100) == Constant(100)


def test_quantiles_between_measured_values_are_linear() -> None:
    found = Empirical((10.0, 20.0, 40.0))
    assert [found.quantile(u) for u in (0, 0.25, 0.5, 0.75, 1)] == [10, 15, 20, 30, 40]


WORKS = st.recursive(
    st.integers(0, 3).map(Leaf),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: seq(*parts)),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: together(*parts)),
        st.tuples(inner, st.integers(0, 40), st.integers(0, 9)).map(
            lambda t: Repeat(t[0], t[1], "literal", t[2])
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: Choice(tuple((1 / len(parts), p) for p in parts), "assumed")
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(WORKS)
def test_bars_end_when_the_tree_does(work: Work) -> None:
    table = [Site(Constant(m)) for m in (10, 20, 40, 80)]
    bars = timeline(work, table)
    whole = evaluate(work, Averages(table))[0]
    assert max((b.end for b in bars), default=0) == pytest.approx(whole)
    assert min((b.start for b in bars), default=0) == pytest.approx(0, abs=1e-9)
    for row in range(rows(bars)):
        own = [b for b in bars if b.row == row]
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(own))
