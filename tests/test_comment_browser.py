"""The Markdown of the report as GitHub draws it: its diagrams are parsed by Mermaid itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import Browser
from diagrams import Mermaid, comment_page

PROJECTS = Path(__file__).parent / "data" / "reports" / "projects"
REPORTS = sorted(PROJECTS.glob("*.md"))
GRAPHS = sorted(PROJECTS.glob("*.mmd"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_diagram_is_one(mermaid: Mermaid) -> None:
    found = [
        diagram
        for path in REPORTS
        for diagram in re.findall(r"```mermaid\n(.*?)\n```", text_of(path), re.DOTALL)
    ]
    assert len(found) >= 10
    for diagram in found:
        assert mermaid.parse(diagram) == "gantt", diagram
    for path in GRAPHS:
        assert mermaid.parse(text_of(path)).startswith("flowchart"), path.name
        assert mermaid.render(text_of(path)).startswith("<svg")


def test_a_long_wait_is_drawn_too(mermaid: Mermaid) -> None:
    text = (
        "gantt\n    dateFormat x\n    axisFormat %M:%S\n    section now\n    a 2.0 min :0, 120000"
    )
    assert mermaid.parse(text) == "gantt"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comment_is_drawn(browser: Browser, npm: Path, tmp_path: Path, scheme: str) -> None:
    page = comment_page(
        tmp_path / "comment.html", text_of(PROJECTS / "pairs.md"), npm, scheme=scheme
    )
    browser.open(page)
    browser.run("await window.drawn")
    assert browser.count("table") >= 2
    assert browser.count("svg") == 1
    assert browser.count("details") == 1
    assert not browser.errors()
    browser.click("summary")
    assert "get_customer" in browser.text("details")


def test_hostile_names_are_text(browser: Browser, npm: Path, tmp_path: Path) -> None:
    text = text_of(PROJECTS / "hostile.md")
    browser.open(comment_page(tmp_path / "comment.html", text, npm))
    browser.run("await window.drawn")
    assert browser.count("article script") == browser.count("article img") == 0
    assert browser.count("article a") == 0
    assert "<script>alert(1)</script>" in browser.text("article")
    assert not browser.errors()
