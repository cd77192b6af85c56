"""Reports of very large projects, and of names that try to be more than names."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analyzed, analyze
from pexec.analyzer.projection import project
from pexec.analyzer.report import dot, markdown, mermaid, projection_json, projection_text
from pexec.analyzer.report.clean import no_commands, visible
from pexec.analyzer.report.markdown import LIMIT, code, prose
from pexec.analyzer.report.page import Page, page_of
from pexec.analyzer.report.paint import Paint
from pexec.analyzer.source import from_text
from pexec.analyzer.tree_builder import trees
from pexec.codemods.rewrite import rewrite

TOOLS = [
    {"match": f"app.{name}", "reads": [f"{name}:{{0}}"], "returns": "fresh", "latency-ms": ms}
    for name, ms in (("one", 100), ("two", 200))
]
SOURCE = (
    "from app import one, two\n\n\n"
    "async def f(a):\n    x = await one(a)\n    y = await two(a)\n    return x, y\n"
)


def one_result(source: str = SOURCE, **config: Any) -> Analyzed:
    found = check({"tools": TOOLS, **config}, "test")
    analysis = analyze(from_text(source), found, name="prog")
    result = rewrite(analysis, found, "prog.py", False)
    return replace(result, trees=trees(analysis, result))


def page(results: list[Analyzed]) -> Page:
    return page_of(project([r.trees for r in results if r.trees]), results, 0)


@pytest.fixture(scope="module")
def large() -> Page:
    """10,000 findings in as many files of one text."""
    result = one_result()
    assert result.trees is not None
    name = "folder/" * 10 + "file_{}.py"
    results: list[Analyzed] = []
    for i in range(10_000):
        named = name.format(i)
        functions = tuple(replace(f, qualified=f"m{i}.f") for f in result.trees.functions)
        own = replace(result.trees, filename=named, functions=functions)
        results.append(replace(result, filename=named, trees=own))
    return page(results)


def test_a_comment_holds_what_saves_most_and_counts_the_rest(large: Page) -> None:
    address = "https://github.com/" + "x" * 80 + "/blob/" + "0" * 40
    text = markdown.render(large, lambda name, *lines: f"{address}/{name}#L{lines[0]}-L{lines[1]}")
    assert 20_000 < len(text) < LIMIT
    assert len(text.encode()) < 65_536
    assert "10000 places to run calls together" in text
    assert re.search(r"… and 99\d\d more that would save", text)
    assert text.count("```mermaid") >= 5


def test_a_terminal_gets_one_page(large: Page) -> None:
    text = projection_text.render(large, Paint(False))
    assert text.count("\n") < 120
    assert "… and 9970 more rows" in text
    assert "… and 9990 more" in text


def test_json_holds_everything(large: Page) -> None:
    found = json.loads(projection_json.render(large))
    assert len(found["opportunities"]) == len(found["files"]) == 10_000
    assert found["total"]["batches"] == 10_000
    assert found["total"]["sequential_ms"] == pytest.approx(3_000_000)


def test_long_names_and_diffs_leave_a_comment_short() -> None:
    name = "a" * 5000
    calls = "\n".join(f'    v{i} = await one("{name}{i}")' for i in range(300))
    result = one_result(f"from app import one\n\n\nasync def {name}(a):\n{calls}\n")
    text = markdown.render(page([result] * 1))
    assert len(text) < LIMIT
    assert "more lines" in text


NAMES = st.text(max_size=40) | st.sampled_from([
    "<script>alert(1)</script>", "`", "``x`` | y", "@everyone", "::error::x", "##[error]x",
    "\u202eevil", "x\ny", "--> <!-- ", "](javascript:1)", "|a|b|", "\x1b[31m", "\ud800", "```",
])  # fmt: skip


@given(NAMES)
def test_code_is_one_span_whatever_it_holds(name: str) -> None:
    text = code(name)
    assert "\n" not in text
    ticks = re.match("`+", text)
    assert ticks is not None
    inner = text[len(ticks[0]) : -len(ticks[0])]
    assert text.endswith(ticks[0])
    assert ticks[0] not in re.findall("`+", inner)
    assert not re.search(r"(?<!\\)\|", inner)
    text.encode()


@given(NAMES)
def test_prose_makes_no_markup(name: str) -> None:
    text = prose(f"needs {name} of line 3")
    outside = re.sub(r"(`+).+?\1", "", text)
    assert not re.search(r"(?<!\\)[<>\[\]|@`*]", outside)
    text.encode()


@given(NAMES)
def test_nothing_hides(name: str) -> None:
    hidden = "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    assert not re.search(hidden, visible(name))


@given(st.lists(NAMES, max_size=4).map("\n".join))
def test_no_line_is_a_command(text: str) -> None:
    found = no_commands(text)
    assert not any(line.lstrip().startswith("::") for line in found.split("\n"))
    assert "##[" not in found


@settings(max_examples=40, deadline=None)
@given(NAMES)
def test_hostile_tools_in_every_form(name: str) -> None:
    result = one_result()
    assert result.trees is not None
    tree = result.trees.functions[0]
    sites = tuple(replace(site, name=name) for site in tree.sites)
    trees_ = replace(result.trees, filename=name or "x", functions=(replace(tree, sites=sites),))
    finding = result.findings[0]
    calls = tuple(replace(call, name=name) for call in finding.calls)
    hostile = replace(
        result, filename=name or "x", trees=trees_, findings=(replace(finding, calls=calls),)
    )
    found = page([hostile])
    texts = {
        "markdown": markdown.render(found),
        "text": projection_text.render(found, Paint(False)),
        "dot": dot.render(found.functions),
        "mermaid": mermaid.render(found.functions),
    }
    for form, text in texts.items():
        assert not any(line.lstrip().startswith("::") for line in text.split("\n")), form
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text), form
        text.encode()
    json.loads(projection_json.render(found))
