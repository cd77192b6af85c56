"""The report's page in a real browser: clicks, keys, colours, print, and what is told to ears."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from browser import Browser
from made_pages import SHOP, large_page, nasty_page, page
from pexec.analyzer.report import html
from pexec.analyzer.report.page import Page

MAKERS = {
    "shop": lambda: page({"shop.py": SHOP, "b/other.py": SHOP.replace("100", "150")}),
    "nasty": nasty_page,
    "large": lambda: large_page(800),
    "empty": lambda: page({"a.py": "x = 1\n"}),
}
SAVED = "#opportunities tbody td:last-child"
NUMBERS = "#opportunities tbody td:first-child"


@cache
def rendered(name: str) -> str:
    made: Page = MAKERS[name]()
    return html.render(made)


def opened(browser: Browser, folder: Path, name: str, width: int = 1280) -> None:
    path = folder / f"{name}.html"
    path.write_text(rendered(name), encoding="utf-8")
    browser.resize(width)
    browser.open(path)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", MAKERS)
def test_page_is_quiet_and_fits(browser: Browser, tmp_path: Path, name: str, width: int) -> None:
    opened(browser, tmp_path, name, width)
    assert browser.errors() == []
    assert [url[:5] for url in browser.requests() if not url.startswith("data:")] == ["file:"]
    assert not browser.wider_than_window()
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true;")
    assert not browser.wider_than_window()
    assert browser.run("return typeof window.pwned") == "undefined"
    assert browser.errors() == []


def test_hostile_text_does_nothing_when_it_is_touched(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "nasty")
    browser.run("""
        for (const element of document.querySelectorAll('body *'))
          for (const kind of ['mouseover', 'load', 'error', 'click', 'focus'])
            if (element.tagName !== 'A') element.dispatchEvent(new Event(kind, {bubbles: true}));
    """)
    assert browser.run("return typeof window.pwned") == "undefined"
    assert browser.count("img") == 0
    browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=pwned=1>')")
    assert browser.run("return typeof window.pwned") == "undefined"  # the policy forbids it too


def order(browser: Browser, selector: str = NUMBERS) -> list[str]:
    return browser.run(
        "return Array.from(document.querySelectorAll(arguments[0]), e => e.textContent)", selector
    )


def test_sorting_by_click(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    header = "#opportunities th:nth-child(8)"
    assert browser.attribute(header, "aria-sort") == "descending"
    before = order(browser)
    assert before == sorted(before, key=int)
    assert len(before) > 2
    browser.click(f"{header} button")
    assert browser.attribute(header, "aria-sort") == "ascending"
    values = browser.run(
        "return Array.from(document.querySelectorAll(arguments[0]), e => Number(e.dataset.v))",
        SAVED,
    )
    assert values == sorted(values)
    browser.click("#opportunities th:nth-child(3) button")
    assert browser.attribute(header, "aria-sort") == "none"
    assert browser.attribute("#opportunities th:nth-child(3)", "aria-sort") == "ascending"
    places = order(browser, "#opportunities tbody td:nth-child(3)")
    assert places[0].startswith("b/other.py")
    assert places[-1].startswith("shop.py")


def test_sorting_by_keys(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    browser.run("document.querySelector('#opportunities th button').focus()")
    browser.press("Enter")
    assert browser.attribute("#opportunities th", "aria-sort") == "descending"
    browser.press("Space")
    assert browser.attribute("#opportunities th", "aria-sort") == "ascending"
    browser.press("Tab", "Enter")
    assert browser.attribute("#opportunities th:nth-child(2)", "aria-sort") == "ascending"
    assert browser.focused().startswith("button")
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_skip_link_is_first(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    browser.press("Tab")
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.box(".skip")["x"] >= 0
    browser.press("Enter")
    assert browser.focused() == "main#main"


def test_details_open_and_close(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    assert browser.attribute("#o1", "open") is not None
    browser.click("#o1 > summary")
    assert browser.attribute("#o1", "open") is None
    browser.press("Enter")
    assert browser.attribute("#o1", "open") is not None
    browser.click("[data-close=plan-details]")
    assert browser.count("#plan-details > details[open]") == 0
    browser.click("[data-open=plan-details]")
    assert browser.count("#plan-details > details:not([open])") == 0
    browser.click("[data-close=plan-details]")
    browser.click("#opportunities a[href='#o2']")
    browser.run("await new Promise(requestAnimationFrame)")
    assert browser.attribute("#o2", "open") is not None


def test_filter(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "large")
    browser.type("#q-opportunities", "function_77")
    shown = browser.run(
        "return Array.from(document.querySelectorAll('#opportunities tbody tr'))"
        ".filter(row => !row.hidden).length"
    )
    assert shown == 1
    assert browser.text("output[for=q-opportunities]") == "1 of 500 rows"


def test_long_tables_are_folded(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "large")
    last = "#opportunities tbody tr:last-child"
    assert not browser.shown(last)
    browser.media(type="print")
    assert browser.shown(last)
    browser.media()
    browser.click("[data-unfold=opportunities]")
    assert browser.attribute("[data-unfold=opportunities]", "aria-expanded") == "true"
    assert browser.shown(last)


def test_nothing_is_hidden_without_scripts(browser: Browser, tmp_path: Path) -> None:
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(browser, tmp_path, "large")
        assert browser.shown("#opportunities tbody tr:last-child")
        assert not browser.shown("#q-opportunities")
        browser.click("#o9 > summary")
        assert browser.attribute("#o9", "open") is not None
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_colours_follow_the_scheme(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    assert browser.style("body", "background-color") == "rgba(255, 255, 255, 1)"
    browser.media("dark")
    assert browser.style("body", "background-color") == "rgba(20, 24, 28, 1)"
    assert browser.style(".then rect", "fill") == "rgb(23, 64, 107)"
    browser.media("dark", type="print")
    assert browser.style("body", "background-color") == "rgba(255, 255, 255, 1)"


def test_paper_has_everything(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    browser.click("[data-close=plan-details]")
    pages = browser.pdf(tmp_path / "closed.pdf")
    assert pages > 2
    assert browser.count("#plan-details > details[open]") == 0  # as it was
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true;")
    assert browser.pdf(tmp_path / "open.pdf") == pages
    browser.media(type="print")
    assert browser.style("nav", "display") == "none"
    assert browser.style(".then rect", "print-color-adjust") == "exact"


def test_ears_get_names(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    browser.click("[data-open=function-details]")
    nodes = browser.accessibility()
    for role in ("button", "table", "link", "region", "heading", "columnheader", "navigation"):
        found = [node for node in nodes if node.role == role]
        assert found, role
        assert all(node.name for node in found), role
    images = [node.name for node in nodes if node.role in ("image", "img")]
    assert any(name.startswith("1. one, line 4: 100 ms") for name in images)
    assert any(" waits for " in name for name in images)
    tables = {node.name for node in nodes if node.role == "table"}
    assert {"Opportunities", "Before and after"} <= tables
    assert "Saved" in {node.name for node in nodes if node.role == "button"}


def test_words_of_bars_are_not_cut(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "shop")
    for width in (1280, 700, 360):
        browser.resize(width)
        cut = browser.run("""
            for (const d of document.querySelectorAll('details')) d.open = true;
            const found = [];
            for (const svg of document.querySelectorAll('svg.time')) {
              const frame = svg.getBoundingClientRect();
              for (const text of svg.querySelectorAll('text')) {
                const box = text.getBoundingClientRect();
                if (box.left < frame.left - 1 || box.right > frame.right + 1)
                  found.push(text.textContent);
              }
            }
            return found;
        """)
        assert cut == []


def test_words_of_nodes_fit(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, "nasty")
    wide = browser.run("""
        for (const d of document.querySelectorAll('details')) d.open = true;
        const wide = (element) => element.getBoundingClientRect().width;
        return Array.from(document.querySelectorAll('.node text')).filter(
          (text) => wide(text) > wide(text.parentNode.querySelector('rect'))
        ).map((text) => text.textContent);
    """)
    assert wide == []
