"""The helper that ``pexec-fix --print-helper`` prints behaves like one call after the other."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from pexec.codemods import helper
from pexec.codemods.helper import gather_in_order


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(main(), 5))


async def later(value: Any, turns: int = 1) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    if isinstance(value, BaseException):
        raise value
    return value


def test_results_in_argument_order() -> None:
    async def main() -> None:
        assert await gather_in_order(later(1, 9), later(2, 1), later(3, 5)) == [1, 2, 3]

    run(main)


@pytest.mark.parametrize("count", [0, 1, 7, 20])
def test_any_number(count: int) -> None:
    async def main() -> None:
        assert await gather_in_order(*(later(i) for i in range(count))) == list(range(count))

    run(main)


def test_all_run_at_once() -> None:
    async def main() -> None:
        barrier = asyncio.Barrier(3)
        await gather_in_order(barrier.wait(), barrier.wait(), barrier.wait())

    run(main)


def test_first_member_runs_in_the_task_of_the_caller() -> None:
    async def task() -> Any:
        return asyncio.current_task()

    async def main() -> None:
        first, second = await gather_in_order(task(), task())
        assert first is asyncio.current_task()
        assert second is not first

    run(main)


@pytest.mark.parametrize(("slow", "fast"), [(9, 1), (1, 9)])
def test_failure_first_in_order_not_in_time(slow: int, fast: int) -> None:
    async def main() -> None:
        with pytest.raises(KeyError):
            await gather_in_order(later(0), later(KeyError(), slow), later(OSError(), fast))

    run(main)


def test_failure_does_not_wait_for_a_member_that_never_ends() -> None:
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("drained")

    async def main() -> None:
        with pytest.raises(ValueError, match="now"):
            await gather_in_order(later(ValueError("now"), 3), forever(), forever())
        assert ended == ["drained", "drained"]

    run(main)


def test_failure_keeps_its_traceback() -> None:
    async def guilty() -> None:
        raise LookupError

    async def main() -> None:
        with pytest.raises(LookupError) as caught:
            await gather_in_order(later(1), guilty())
        assert caught.traceback[-1].name == "guilty"
        assert caught.value.__context__ is None

    run(main)


def test_sibling_that_fails_later_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("while ending") from None

    async def main() -> None:
        with pytest.raises(KeyError):
            await gather_in_order(later(KeyError(), 4), later(OSError(), 1), stubborn())

    with caplog.at_level(logging.DEBUG, "asyncio"):
        run(main)
        import gc

        gc.collect()
    assert "never retrieved" not in caplog.text


def test_cancellation_cancels_and_drains_all() -> None:
    ended: list[int] = []

    async def member(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    async def main() -> None:
        task = asyncio.ensure_future(gather_in_order(member(1), member(2), member(3)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(ended) == [1, 2, 3]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_second_cancellation_waits_for_the_drain() -> None:
    ended: list[str] = []

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    continue
            ended.append("yes")

    async def main() -> None:
        task = asyncio.ensure_future(gather_in_order(later(OSError(), 2), slow_to_end()))
        for _ in range(4):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["yes"]

    run(main)


def test_member_that_is_no_awaitable_leaves_nothing_running() -> None:
    async def main() -> None:
        first = asyncio.ensure_future(later(1))
        with pytest.raises(TypeError):
            await gather_in_order(first, later(2), 3)  # type: ignore[call-overload]
        await first
        assert len(asyncio.all_tasks()) <= 2

    run(main)


TYPED = """
from __future__ import annotations
from helper import gather_in_order

async def number() -> int: return 1
async def word() -> str: return ""

async def main() -> None:
    a, b = await gather_in_order(number(), word())
    c: int = a
    d: str = b
    six = await gather_in_order(number(), word(), number(), word(), number(), word())
    e: tuple[int, str, int, str, int, str] = six
    f: list[int] = await gather_in_order(*[number() for _ in range(9)])
    print(c, d, e, f)
"""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_types_survive_under_strict(tmp_path: Path, checker: str) -> None:
    pytest.importorskip(checker)
    (tmp_path / "helper.py").write_bytes(Path(helper.__file__).read_bytes())
    (tmp_path / "use.py").write_text(TYPED)
    if checker == "mypy":
        command = ["mypy", "--strict", "--no-incremental", "use.py", "helper.py"]
    else:
        (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
        command = ["pyright", "-p", "."]
    done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True,
                          text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
