"""PX201 to PX203: golden cases, each with a twin that is none, and what is done with findings."""

from __future__ import annotations

import re
from dataclasses import replace

import golden
import pytest
from pexec.analyzer.engine import Analyzed, Skipped

CASES = golden.cases("races")


def _found(case: golden.Case, data: bytes | None = None) -> Analyzed | None:
    result = golden.run(case, data)
    if isinstance(result, Skipped):
        return None
    assert isinstance(result, Analyzed), result
    return result


def _text(result: Analyzed | None) -> str:
    if result is None:
        return "skipped\n"
    races = [f"{r.span.line}: {r.code}: {r.message}\n" for r in result.races]
    notes = [f"{b.span.line}: note {b.code}: {b.name}: {b.kind}: {b.words}\n"
             for b in result.blocked if b.code.startswith("PX2")]  # fmt: skip
    return "".join([*races, *notes])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case: golden.Case, regenerate: bool) -> None:
    """The findings of the header, with their words, and the notes."""
    result = _found(case)
    text = _text(result)
    expected = case.path.with_suffix(".found")
    if regenerate:
        expected.write_text(text, encoding="utf-8", newline="\n")
    codes = {r.code for r in result.races} if result is not None else set()
    assert codes == set(case.headers["found"].split(", ")) - {"none"}, text
    assert text == expected.read_bytes().decode()
    assert re.search(r"\w{3}", case.headers["why"])


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.headers["found"] != "none"], ids=lambda c: c.name
)
def test_suppressed(case: golden.Case) -> None:
    """A comment behind the first line of a group silences what is said of it, and is in use."""
    result = _found(case)
    assert result is not None
    lines = case.path.read_text(encoding="utf-8").split("\n")
    for line, code in sorted({(r.span.line, r.code) for r in result.races}, reverse=True):
        lines[line - 1] += f"  # pexec: ignore[{code}]"
    again = _found(case, "\n".join(lines).encode())
    assert again is not None
    assert again.races == ()
    assert again.unused == ()


def test_what_is_not_selected_is_not_looked_for() -> None:
    case = next(c for c in CASES if c.name == "unbounded")
    config = replace(case.config, select=case.config.select - {"PX203"})
    result = _found(replace(case, config=config))
    assert result is not None
    assert result.races == ()
    assert result.blocked == ()


def test_every_code_has_findings_and_twins() -> None:
    found = [case.headers["found"] for case in CASES]
    assert {"PX201", "PX202", "PX203"} <= set(found)
    assert found.count("none") >= len(found) / 2


def test_nothing_is_fixed() -> None:
    for case in CASES:
        if case.headers["found"] != "none":
            assert golden.fixed_bytes(golden.run(case)) is None, case.name
