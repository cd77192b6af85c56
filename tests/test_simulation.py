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
from simulation.schedule import Failure, Schedule
from simulation.search import corpus, find_counterexample, find_difference, generated
from simulation.tools import TOOLS


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


# Pairs: an original and its rewrites.

TWO_READS = """
a = await lookup(key="a", site=1)
print("between")
b = await orders_of(key="b", site=2)
return [a, b]
"""

HANDLED = """
a = b = None
try:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
except Exception as error:
    seen("handler", a, b, error)
    await save(key="log", value="failed", site=3)
return [a, b]
"""

READ_WRITE = """
a = await lookup(key="a", site=1)
await save(key="k", value=1, site=2)
return a
"""

WRITE_READ = """
await save(key="k", value=1, site=1)
a = await lookup(key="a", site=2)
return a
"""

CHAIN = """
a = await lookup(key="a", site=1)
b = await orders_of(key=a["next"], site=2)
c = await lookup(key="c", site=3)
return [a, b, c]
"""

RIGHT = {
    "ordered": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            print("between")
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
    ),
    "ordered in a try": (
        HANDLED,
        """
        a = b = None
        try:
            later = asyncio.ensure_future(orders_of(key="b", site=2))
            try:
                a = await lookup(key="a", site=1)
                b = await later
            finally:
                later.cancel()
                await asyncio.gather(later, return_exceptions=True)
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        return [a, b]
        """,
    ),
    "led by a write": (
        WRITE_READ,
        """
        later = asyncio.ensure_future(lookup(key="a", site=2))
        try:
            await save(key="k", value=1, site=1)
            a = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return a
        """,
    ),
    "a chain as a member": (
        CHAIN,
        """
        later = asyncio.ensure_future(lookup(key="c", site=3))
        try:
            a = await lookup(key="a", site=1)
            b = await orders_of(key=a["next"], site=2)
            c = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b, c]
        """,
    ),
    "an argument that raises before an earlier read fails": (
        """
        try:
            a = await lookup(key="a", site=1)
            b = await orders_of(key=box["missing"], site=2)
        except Exception as error:
            seen("handler", error)
        """,
        """
        try:
            key = box["missing"]
            later = asyncio.ensure_future(orders_of(key=key, site=2))
            try:
                a = await lookup(key="a", site=1)
                b = await later
            finally:
                later.cancel()
                await asyncio.gather(later, return_exceptions=True)
        except Exception as error:
            seen("handler", error)
        """,
    ),
    "plain, of calls that cannot fail": (
        """
        a = await price(sku="a", site=1)
        b = await price(sku="b", site=2)
        return [a, b]
        """,
        """
        a, b = await asyncio.gather(price(sku="a", site=1), price(sku="b", site=2))
        return [a, b]
        """,
    ),
}

# name: original, wrong rewrite, the kinds of difference of which one at least is reported
WRONG = {
    "first failure in time": (
        TWO_READS.replace('print("between")\n', ""),
        """
        a, b = await asyncio.gather(lookup(key="a", site=1), orders_of(key="b", site=2))
        return [a, b]
        """,
        {"exception"},
    ),
    "sibling left running": (
        TWO_READS.replace('print("between")\n', ""),
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = await lookup(key="a", site=1)
        b = await later
        return [a, b]
        """,
        {"running"},
    ),
    "sibling cancelled but not drained": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            print("between")
            b = await later
        finally:
            later.cancel()
        return [a, b]
        """,
        {"running"},
    ),
    "write over a failing read": (
        READ_WRITE,
        """
        later = asyncio.ensure_future(save(key="k", value=1, site=2))
        try:
            a = await lookup(key="a", site=1)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return a
        """,
        {"writes"},
    ),
    "all are waited for before any is looked at": (
        TWO_READS.replace('print("between")\n', ""),
        """
        a, b = await asyncio.gather(
            lookup(key="a", site=1), orders_of(key="b", site=2), return_exceptions=True)
        for each in (a, b):
            if isinstance(each, BaseException):
                raise each
        return [a, b]
        """,
        {"later"},
    ),
    "exclusive handle used twice": (
        """
        a = await query(sql="x", site=1)
        b = await query(sql="y", site=2)
        return [a, b]
        """,
        """
        later = asyncio.ensure_future(query(sql="y", site=2))
        try:
            a = await query(sql="x", site=1)
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"violation"},
    ),
    "cancelled read on a handle that does not bear it": (
        """
        a = await lookup(key="a", site=1)
        b = await query(sql="y", site=2)
        return [a, b]
        """,
        """
        later = asyncio.ensure_future(query(sql="y", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"state"},
    ),
    "print moved": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
            print("between")
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"stdout"},
    ),
    "argument changed while it is read": (
        """
        xs = [1]
        n = await audit(note="n", payload=xs, site=1)
        xs.append(2)
        return await lookup(key="a", site=2)
        """,
        """
        xs = [1]
        later = asyncio.ensure_future(lookup(key="a", site=2))
        first = asyncio.ensure_future(audit(note="n", payload=xs, site=1))
        await asyncio.sleep(0)
        xs.append(2)
        try:
            n = await first
            return await later
        finally:
            first.cancel()
            later.cancel()
            await asyncio.gather(first, later, return_exceptions=True)
        """,
        {"state"},
    ),
    "argument evaluated before it is changed": (
        """
        xs = {"key": "a"}
        a = await lookup(key="c", site=1)
        xs["key"] = "b"
        return await orders_of(key=xs["key"], site=2)
        """,
        """
        xs = {"key": "a"}
        later = asyncio.ensure_future(orders_of(key=xs["key"], site=2))
        try:
            a = await lookup(key="c", site=1)
            xs["key"] = "b"
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"call"},
    ),
    "variable that a handler sees": (
        HANDLED,
        """
        a = b = None
        try:
            one = asyncio.ensure_future(lookup(key="a", site=1))
            later = asyncio.ensure_future(orders_of(key="b", site=2))
            try:
                await asyncio.wait([one, later], return_when=asyncio.FIRST_EXCEPTION)
                first, second = await one, await later
                a, b = first, second
            finally:
                one.cancel()
                later.cancel()
                await asyncio.gather(one, later, return_exceptions=True)
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        return [a, b]
        """,
        {"barrier"},
    ),
    "handler runs beside a sibling": (
        HANDLED,
        """
        a = b = None
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"barrier"},
    ),
    "exception group": (
        TWO_READS.replace('print("between")\n', ""),
        """
        async with asyncio.TaskGroup() as group:
            one = group.create_task(lookup(key="a", site=1))
            two = group.create_task(orders_of(key="b", site=2))
        return [one.result(), two.result()]
        """,
        {"exception"},
    ),
    "read moved past a guard": (
        """
        a = await lost(key="a", site=1)
        if a is None:
            return None
        return await orders_of(key="b", site=2)
        """,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lost(key="a", site=1)
            if a is None:
                return None
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"extra call"},
    ),
    "clock moved": (
        """
        await lookup(key="a", site=1)
        t = await ticks(site=2)
        await lookup(key="b", site=3)
        return t
        """,
        """
        later = asyncio.ensure_future(lookup(key="b", site=3))
        try:
            await lookup(key="a", site=1)
            t = await ticks(site=2)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return t
        """,
        {"barrier"},
    ),
    "pause no longer between": (
        """
        await lookup(key="a", site=1)
        await asyncio.sleep(3)
        await lookup(key="b", site=3)
        """,
        """
        later = asyncio.ensure_future(lookup(key="b", site=3))
        try:
            await lookup(key="a", site=1)
            await asyncio.sleep(3)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"barrier"},
    ),
    "read before the write it must see": (
        """
        await save(key="k", value=1, site=1)
        return await stored(key="k", site=2)
        """,
        """
        later = asyncio.ensure_future(stored(key="k", site=2))
        try:
            await save(key="k", value=1, site=1)
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"result", "call"},
    ),
    "argument that raises leaves a coroutine behind": (
        """
        a = await lookup(key="a", site=1)
        b = await orders_of(key=box["missing"], site=2)
        return [a, b]
        """,
        """
        one, two = lookup(key="a", site=1), orders_of(key=box["missing"], site=2)
        a, b = await asyncio.gather(one, two)
        return [a, b]
        """,
        {"complaint"},
    ),
    "client closed under a call": (
        """
        from simworld import Client
        async with Client() as client:
            a = await client.get("u", site=1)
            b = await client.get("v", site=2)
        return [a, b]
        """,
        """
        from simworld import Client
        async with Client() as client:
            later = asyncio.ensure_future(client.get("v", site=2))
            a = await client.get("u", site=1)
            b = await later
        return [a, b]
        """,
        {"violation"},
    ),
    "context variable set in a task": (
        """
        from simworld import tenant
        async def login(key):
            user = await lookup(key=key, site=1)
            tenant.set(key)
            return user
        await login("a")
        b = await orders_of(key="b", site=2)
        return [tenant.get(), b]
        """,
        """
        from simworld import tenant
        async def login(key):
            user = await lookup(key=key, site=1)
            tenant.set(key)
            return user
        _, b = await asyncio.gather(login("a"), orders_of(key="b", site=2))
        return [tenant.get(), b]
        """,
        {"result"},
    ),
    "partial results lost at a deadline": (
        """
        done = box["done"] = []
        try:
            async with asyncio.timeout(6.5):
                done.append(await lookup(key="a", site=1))
                done.append(await lookup(key="b", site=2))
                done.append(await lookup(key="c", site=3))
        except TimeoutError:
            pass
        """,
        """
        done = box["done"] = []
        try:
            async with asyncio.timeout(6.5):
                done.extend(await asyncio.gather(
                    lookup(key="a", site=1), lookup(key="b", site=2), lookup(key="c", site=3)))
        except TimeoutError:
            pass
        """,
        {"box"},
    ),
    "cancellation swallowed": (
        TWO_READS.replace('print("between")\n', ""),
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = b = None
        try:
            a = await lookup(key="a", site=1)
            b = await later
        except asyncio.CancelledError:
            pass
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"exception"},
    ),
    "no better than before": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = await lookup(key="a", site=1)
        await asyncio.sleep(20)
        print("between")
        b = await later
        return [a, b]
        """,
        {"later"},
    ),
}


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
