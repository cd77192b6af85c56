"""The pages of the rules: current, complete, and their examples are what the tool does."""

from __future__ import annotations

import ast
import pkgutil
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from commands import lint
from pexec.analyzer import rules
from pexec.analyzer.codes import RULES
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analyzed, Blocked, Finding, Skipped, analyze_bytes
from pexec.analyzer.rules.example import Example
from pexec.analyzer.rules.page import Rule, described, index, rule
from pexec.analyzer.unused import Unused
from pexec.codemods.rewrite import rewrite

FOLDER = Path(__file__).parent.parent / "docs" / "rules"
WRITTEN = "<!-- written by `pytest --regenerate` from the rule's module in the code -->\n\n"
SECTIONS = [
    "What it does", "Why", "How it decides", "What is not reported", "How to silence or tune it",
]  # fmt: skip
#: All that have a module; which of them are registered is for `codes.py` to say.
MODULES = [m.name for m in pkgutil.iter_modules(rules.__path__) if m.name.startswith("px")]
ALL = [
    described(name.upper(), RULES.get(name.upper(), "not-registered"),
              import_module(f"pexec.analyzer.rules.{name}"))
    for name in MODULES
]  # fmt: skip
EXAMPLES = [(r, e) for r in ALL for e in r.examples]
RUN = [(r, e) for r, e in EXAMPLES if r.code in RULES]


def ids(pairs: list[tuple[Rule, Example]]) -> list[str]:
    return [f"{r.code}-{e.title}" for r, e in pairs]


def test_every_registered_rule_has_a_module() -> None:
    assert set(RULES) <= {r.code for r in ALL}


@pytest.mark.parametrize("item", ALL, ids=lambda r: r.code)
def test_a_page_is_complete(item: Rule) -> None:
    assert list(item.sections) == SECTIONS
    assert all(item.sections.values())
    assert item.short.endswith(".")
    assert len(item.short) <= 100
    assert any(e.after or e.reported for e in item.examples)
    assert any(e.left_alone for e in item.examples)
    assert item.code in item.sections["How to silence or tune it"]


@pytest.mark.parametrize("code", RULES)
def test_pages_are_current(code: str, regenerate: bool) -> None:
    path, text = FOLDER / f"{code}.md", WRITTEN + rule(code).markdown
    if regenerate:
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text


def test_the_index_is_current(regenerate: bool) -> None:
    path, text = FOLDER / "README.md", WRITTEN + index(rule(code) for code in RULES)
    if regenerate:
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text
    assert {p.stem for p in FOLDER.glob("PX*.md")} == set(RULES)


def findings(example: Example, source: str) -> tuple[str, list[Finding | Unused], list[Blocked]]:
    """The new text, the findings and the notes, with the example's own settings."""
    settings = check(tomllib.loads(example.settings), "example")
    data = source.encode()
    outcome = analyze_bytes(data, "example.py", settings, rewrite, script=example.script)
    if isinstance(outcome, Skipped):
        return source, [], []
    assert isinstance(outcome, Analyzed), outcome
    text = source if outcome.fixed is None else outcome.fixed
    return text, list(outcome.reported), list(outcome.blocked)


@pytest.mark.parametrize(("item", "example"), RUN, ids=ids(RUN))
def test_an_example_is_what_the_tool_does(item: Rule, example: Example) -> None:
    text, found, notes = findings(example, example.before)
    of_rule = [f for f in found if f.code == item.code]
    if example.left_alone:
        assert of_rule == []
        assert text == example.before
        assert {n.kind for n in notes} == ({example.kind} if example.kind else set())
    elif example.reported:
        assert [f.message for f in of_rule] == [example.reported]
        assert text == example.before
    else:
        assert len(of_rule) == 1
        assert text == example.after
        assert findings(example, text)[1] == []


@pytest.mark.parametrize(("item", "example"), EXAMPLES, ids=ids(EXAMPLES))
def test_an_example_is_a_program(item: Rule, example: Example) -> None:
    before = ast.dump(ast.parse(example.before))
    assert [bool(example.after), bool(example.left_alone), bool(example.reported)].count(True) == 1
    assert example.after != example.before
    if item.code == "PX001" and example.after:  # comments only
        assert ast.dump(ast.parse(example.after)) == before


# -- --explain ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", RULES)
def test_explain_prints_the_page(code: str) -> None:
    result = lint("--explain", code)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (FOLDER / f"{code}.md").read_text(encoding="utf-8").removeprefix(
        WRITTEN
    )


@pytest.mark.parametrize("code", ["PX11", "px101", "P101"])
def test_explain_of_another_code_names_the_nearest(code: str) -> None:
    result = lint("--explain", code)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: unknown code {code!r} (codes: PX")
    assert result.stderr.endswith("; did you mean PX101?\n")


def test_explain_of_what_is_no_code_at_all() -> None:
    result = lint("--explain", "")
    assert result.exit_code == 2
    assert "did you mean" not in result.stderr


def test_plain_text_has_no_markup() -> None:
    for item in ALL:
        assert not re.search(r"^(#{1,3} |```)", item.plain, re.MULTILINE)
        assert item.sections["Why"] in item.plain


def test_without_docstrings_there_is_still_a_page() -> None:
    module = import_module("pexec.analyzer.rules.px101")
    kept, module.__doc__ = module.__doc__, None
    try:
        item = rule("PX101")
    finally:
        module.__doc__ = kept
    assert item.short == item.full == "sequential-awaits"
    assert "## Examples" in item.markdown
