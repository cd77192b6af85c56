"""The simulated world itself: virtual time, the tools, and that wrong rewrites are told from right.

The pairs below are written by hand; no analyzer takes part.
"""

from __future__ import annotations

import asyncio
from textwrap import dedent, indent
from types import SimpleNamespace
from typing import Any

import pytest
from simulation.declarations import TOOLS as DECLARED
from simulation.differential import compare, compare_interrupted
from simulation.loop import VirtualLoop, run_program
from simulation.outcome import run
from simulation.pairs import READ_WRITE, RIGHT
from simulation.schedule import Failure, Schedule
from simulation.search import corpus, find_counterexample, find_difference, generated
from simulation.tools import TOOLS
from simulation.wrong_pairs import WRONG


def program(body: str) -> str:
    return "import asyncio\n\nasync def main(box):\n" + indent(dedent(body).strip(), "    ") + "\n"


# Virtual time.


def test_time_advances_without_waiting() -> None:
    async def main() -> float:
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(7200))
        return asyncio.get_running_loop().time()

    ending = run_program(lambda loop: main())
    assert (ending.kind, ending.value, ending.time) == ("value", 7200, 7200)


def test_a_deadlock_is_detected() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    assert run_program(lambda loop: main()).kind == "deadlock"


def test_spinning_is_detected() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    assert run_program(lambda loop: main()).kind == "livelock"


def test_cancellation_and_deadline_come_from_outside() -> None:
    async def main() -> None:
        await asyncio.sleep(10)

    cancelled = run_program(lambda loop: main(), cancel_at=(2.5,))
    assert (cancelled.kind, cancelled.time, cancelled.interrupted) == ("cancelled", 2.5, 2.5)
    missed = run_program(lambda loop: main(), deadline=2.5)
    assert (missed.kind, missed.time, missed.interrupted) == ("error", 2.5, 2.5)
    assert isinstance(missed.error, TimeoutError)
    met = run_program(lambda loop: main(), deadline=10.5, cancel_at=(11,))
    assert (met.kind, met.interrupted) == ("value", -1)


def test_an_error_of_the_program_is_not_a_missed_deadline() -> None:
    async def main() -> None:
        raise TimeoutError("its own")

    ending = run_program(lambda loop: main(), deadline=5)
    assert (ending.kind, ending.interrupted) == ("error", -1)


def test_what_is_left_running_is_reported_and_ended() -> None:
    async def main(loop: VirtualLoop) -> None:
        loop.create_task(asyncio.sleep(5), name="left")
        loop.create_task(asyncio.Event().wait(), name="stuck")

    ending = run_program(main)
    assert ending.running == ("left", "stuck")
    assert ending.time == 0


def test_a_forgotten_failure_and_a_forgotten_coroutine_are_reported() -> None:
    async def fail() -> None:
        raise ValueError("x")

    async def main() -> None:
        task = asyncio.ensure_future(fail())
        fail()
        await asyncio.sleep(1)
        del task

    complaints = run_program(lambda loop: main()).complaints
    assert any("never retrieved" in text for text in complaints)
    assert any("never awaited" in text for text in complaints)


# The tools.


def one_call(call: str, *failures: Any, **more: Any) -> Schedule:
    """A schedule in which the first call of a tool of that name fails."""
    probe = run(program(call))
    keys = {each.key[0]: each.key for each in probe.calls}
    return Schedule(failures=tuple((keys[name], failure) for name, failure in failures), **more)


def test_a_failure_before_the_effect_leaves_no_write_and_one_after_it_does() -> None:
    call = "await save(key='k', value=1)"
    before = run(program(call), 0, one_call(call, ("save", Failure("before"))))
    after = run(program(call), 0, one_call(call, ("save", Failure("after"))))
    assert before.kind == after.kind == "error"
    assert (len(before.writes), len(after.writes)) == (0, 1)


def test_an_exclusive_handle_refuses_two_calls_at_once() -> None:
    body = "return await asyncio.gather(query(sql='a', site=5), query(sql='b', site=6))"
    outcome = run(program(body))
    assert outcome.kind == "error"
    assert outcome.violations == ("conn is used by two calls at once",)


def test_a_cancelled_read_leaves_the_connection_one_answer_behind() -> None:
    body = """
    task = asyncio.ensure_future(query(sql="first", site=3))
    await asyncio.sleep(1.5)
    task.cancel()
    await asyncio.wait([task])
    return await query(sql="second")
    """
    outcome = run(program(body), 0, Schedule(pattern="equal"))
    assert "first" in outcome.result


def test_a_tool_that_reads_its_argument_again_sees_a_mutation() -> None:
    body = """
    xs = [1]
    task = asyncio.ensure_future(audit(note="n", payload=xs))
    await asyncio.sleep(1.5)
    xs.append(2)
    await task
    """
    assert "n [1]','n [1,2]" in run(program(body), 0, Schedule(pattern="equal")).state


def test_an_argument_is_copied_when_the_call_starts() -> None:
    body = """
    xs = [1]
    task = asyncio.ensure_future(save(key="k", value=xs))
    await asyncio.sleep(0.5)
    xs.append(2)
    await task
    """
    assert "'k':[1]" in run(program(body), 0, Schedule(pattern="equal")).state


def test_the_program_sees_virtual_clocks_only() -> None:
    body = """
    import time
    t0 = time.monotonic()
    await asyncio.sleep(5)
    return [float(time.monotonic() - t0) == 5, f"{time.time()}"]
    """
    assert run(program(body)).result == "[True,'<moment>']"


def test_the_same_call_behaves_the_same_wherever_it_runs() -> None:
    schedule = Schedule(seed=3)
    key = ("lookup", "{'key':'a'}", "4")
    assert schedule.plan(key) == schedule.plan(key)


# Pairs of an original and a rewrite.


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_rewrite_shows_no_difference(name: str) -> None:
    original, rewritten = RIGHT[name]
    assert find_difference(program(original), program(rewritten), seeds=4) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rewrite_is_reported(name: str) -> None:
    original, rewritten, kinds = WRONG[name]
    found = find_difference(program(original), program(rewritten), seeds=4, kinds=kinds)
    assert found is not None
    assert found.kind in kinds


def test_every_program_is_like_itself() -> None:
    for original, *_ in [*RIGHT.values(), *WRONG.values()]:
        assert find_difference(program(original), program(original), seeds=2) is None


def test_every_tool_is_declared_but_the_unknown_one() -> None:
    declared = {each["match"] for each in DECLARED if "." not in each["match"]}
    assert declared == TOOLS.keys() - {"mystery"}


@pytest.mark.parametrize("name", corpus())
def test_a_corpus_program_runs_and_is_like_itself(name: str) -> None:
    source = corpus()[name]
    outcome = run(source)
    assert (outcome.complaints, outcome.violations, outcome.running) == ((), (), ())
    assert find_difference(source, source, seeds=1) is None


def test_generated_programs_differ_and_come_back() -> None:
    first: list[str] = []
    second: list[str] = []
    generated(first.append, 30)
    generated(second.append, 30)
    assert len(set(first)) == 30
    assert first == second
    assert {run(source).kind for source in first} <= {"value", "error"}


def test_a_counterexample_is_found_and_shrunk() -> None:
    def silent(source: str, **_: Any) -> SimpleNamespace:
        text = source.replace("print(", "str(")
        return SimpleNamespace(source=text, changed=text != source)

    def honest(source: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(source=source, changed=False)

    found = find_counterexample(silent, 0, 0)
    assert found is not None
    assert found.kind == "stdout"
    assert find_counterexample(honest, 5, 0) is None


def test_on_success_allows_later_writes_of_a_failing_run_and_nothing_else() -> None:
    original, rewritten, _ = WRONG["write over a failing read"]
    schedule = one_call(original, ("lookup", Failure("after")), pattern="equal")
    old, new = run(program(original), 0, schedule), run(program(rewritten), 0, schedule)
    assert {each.kind for each in compare(old, new)} >= {"writes", "state"}
    assert compare(old, new, "on-success") == []
    lost = run(program(READ_WRITE.replace("value=1", "value=2")), 0, Schedule())
    assert compare(run(program(READ_WRITE)), lost, "on-success")


def test_a_program_that_a_failure_ends_may_show_another_failure() -> None:
    original, rewritten, _ = WRONG["first failure in time"]
    failing = one_call(
        original, ("lookup", Failure("after")), ("orders_of", Failure("before")), pattern="equal"
    )
    old, new = run(program(original), 0, failing), run(program(rewritten), 0, failing)
    assert "exception" in {each.kind for each in compare(old, new)}
    assert compare(old, new, "ending") == []


def test_a_deadline_that_was_missed_may_be_met() -> None:
    original, rewritten = RIGHT["ordered"]
    schedule = Schedule(pattern="equal", deadline=2.5)
    old, new = run(program(original), 0, schedule), run(program(rewritten), 0, schedule)
    assert (old.interrupted, new.interrupted) == (True, False)
    assert compare_interrupted(run(program(original), 0, Schedule(pattern="equal")), old, new) == []
