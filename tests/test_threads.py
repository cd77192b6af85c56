"""Blocking calls in threads (PX102), run with real ones: the programs of ``fixtures/threads``."""

from __future__ import annotations

import _thread
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from bodies import Case
from fuzz_threads import program
from threaded import cases, difference, interrupted, rewritten

CASES = cases()
EXAMPLES = int(os.environ.get("PEXEC_THREADS", "12"))


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program is a project of its own: this one's recorder runs what is called `__main__`."""
    monkeypatch.chdir(tmp_path)


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


INTERRUPTED = {
    "loop": """\
def main(box):
    rows = box["rows"] = []
    for number in range(40):
        rows.append(grab(number))
""",
    "comprehension": """\
def main(box):
    box["rows"] = [grab(number) for number in range(40)]
""",
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_ctrl_c_drops_what_no_thread_has_begun(name: str) -> None:
    """And leaves nothing running; what was taken until then is kept."""
    text = rewritten(INTERRUPTED[name]).text
    assert "max_workers=8" in text
    begun: list[int] = []
    ended: list[int] = []

    def grab(number: int) -> int:
        begun.append(number)
        if number == 9:
            time.sleep(0.05)  # until the main thread waits for one of these
            _thread.interrupt_main()
        time.sleep(0.02 if number < 9 else 0.3)
        ended.append(number)
        return number

    names: dict[str, Any] = {"grab": grab}
    box: dict[str, list[int]] = {}
    exec(compile(text, "main.py", "exec"), names)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        names["main"](box)
    assert sorted(begun) == sorted(ended)
    assert len(begun) < 40
    assert threading.active_count() == before
    assert box.get("rows", []) in ([], list(range(len(box.get("rows", [])))))


def test_a_failure_drops_what_no_thread_has_begun() -> None:
    text = rewritten(INTERRUPTED["loop"]).text
    begun: list[int] = []

    def grab(number: int) -> int:
        begun.append(number)
        time.sleep(0.02)
        if number == 3:
            raise ValueError(number)
        return number

    names: dict[str, Any] = {"grab": grab}
    box: dict[str, list[int]] = {}
    exec(compile(text, "main.py", "exec"), names)
    with pytest.raises(ValueError, match="3"):
        names["main"](box)
    assert box == {"rows": [0, 1, 2]}
    assert len(begun) < 40
