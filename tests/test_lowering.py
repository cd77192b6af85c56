"""Lowering, as source in and printed form out: the cases are in `data/lowering/*.test`.

A case is a ``[case name]`` line, the source, ``[out]`` and the printed form; ``[symbols]`` in place
of ``[out]`` asks for the table of symbols. ``--regenerate`` writes the outputs anew: check them
against the Python reference (evaluation order 6.16, scopes 4.2) before committing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import pytest
from pexec.analyzer import printing
from pexec.analyzer.ir import Invoke, Module, Statement
from pexec.analyzer.lowering import lower
from pexec.analyzer.source import from_text

FOLDER = Path(__file__).parent / "data" / "lowering"
FORMS = {"[out]": printing.format_module, "[symbols]": printing.format_symbols}
_CASE = re.compile(r"^\[case ([\w-]+)\]\n", re.MULTILINE)
_FORM = re.compile(r"^(\[out\]|\[symbols\])\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One case of a data file."""

    file: str
    name: str
    source: str
    form: str
    expected: str


def read(path: Path) -> Iterator[Case]:
    """The cases of one data file."""
    _, *pieces = _CASE.split(path.read_text(encoding="utf-8"))
    for name, text in zip(pieces[::2], pieces[1::2], strict=True):
        source, form, expected = _FORM.split(text, maxsplit=1)
        yield Case(path.name, name, source, form, expected.strip("\n") + "\n")


CASES = [case for path in sorted(FOLDER.glob("*.test")) for case in read(path)]


def printed(source: str, form: str) -> str:
    return FORMS[form](lower(from_text(source), "m")).strip("\n") + "\n"


@pytest.fixture(scope="session", autouse=True)
def _written(regenerate: bool) -> None:
    """With ``--regenerate``, the data files with new outputs."""
    if not regenerate:
        return
    for path in sorted(FOLDER.glob("*.test")):
        texts = [
            f"[case {case.name}]\n{case.source}{case.form}\n{printed(case.source, case.form)}"
            for case in read(path)
        ]
        path.write_text("\n".join(texts), encoding="utf-8", newline="\n")


@pytest.mark.parametrize("case", CASES, ids=[f"{c.file[:-5]}-{c.name}" for c in CASES])
def test_case(case: Case, regenerate: bool) -> None:
    actual = printed(case.source, case.form)
    assert regenerate or actual == case.expected


def test_case_names_are_unique() -> None:
    names = [(case.file, case.name) for case in CASES]
    assert len(set(names)) == len(names)


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _kinds(base: type[cst.CSTNode]) -> Iterator[str]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("libcst.") and not re.match("_?Base", kind.__name__):
            yield kind.__name__
        yield from _kinds(kind)


@pytest.mark.parametrize(
    "base",
    [cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompoundStatement],
    ids=lambda base: base.__name__,
)
def test_every_kind_has_a_case(base: type[cst.CSTNode]) -> None:
    used = {type(node).__name__ for case in CASES for node in _nodes(cst.parse_module(case.source))}
    assert sorted(set(_kinds(base)) - used) == []


def test_no_case_holds_an_expression_that_is_not_known() -> None:
    assert [c.name for c in CASES if "control expression" in c.expected] == []


def _all_statements(module: Module) -> Iterator[Statement]:
    stack = [s for function in module.functions for s in function.block.statements]
    while stack:
        statement = stack.pop()
        yield statement
        stack.extend(s for block in statement.blocks for s in block.statements)


@pytest.mark.parametrize("case", CASES, ids=[f"{c.file[:-5]}-{c.name}" for c in CASES])
def test_spans_are_the_text_of_their_nodes(case: Case) -> None:
    """A statement's span parses by itself; a call's span is a call; each call stands once."""
    module = lower(from_text(case.source), "m")
    for statement in _all_statements(module):
        text = case.source[statement.span.start : statement.span.end]
        assert text == text.strip()
        lines = case.source[statement.lines.start : statement.lines.end]
        assert text in lines
    for call in module.calls.values():
        text = case.source[call.span.start : call.span.end]
        assert text.startswith(("(", call.callee))
        assert isinstance(cst.parse_expression(f"({text})"), cst.Call)
    invoked = [
        event.call.id
        for function in module.functions
        for statement in function.block.statements
        for event in statement.events
        if isinstance(event, Invoke)
    ]
    assert sorted(invoked) == sorted(call.id for call in module.calls.values())
