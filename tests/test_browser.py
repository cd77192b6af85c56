"""The browser that pages are tested in does what the helpers say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import browser as helpers
import pytest
from browser import Browser, ScriptError, served
from diagrams import NPM, Mermaid, comment_page, npm_packages

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Trial</title>
<style>
:root { color-scheme: light dark }
body { background: white } h1 { margin: 0 } #more { display: none } #more.open { display: block }
@media (prefers-color-scheme: dark) { body { background: rgb(1, 2, 3) } }
@media print { #button { display: none } }
</style>
<h1>Trial</h1>
<button id="button" aria-expanded="false" aria-describedby="hint">More</button>
<span id="hint">Shows the rest</span>
<p id="more">The rest</p><input id="field" aria-label="Filter">
<ol><li>one<li>two</ol>
<script>
button.onclick = () => {
  more.classList.toggle("open");
  button.setAttribute("aria-expanded", more.classList.contains("open"));
};
</script></html>
"""
GANTT = """gantt
    title load_account
    dateFormat x
    axisFormat %L ms
    section before
    get_user : 0, 120
    get_orders : 120, 240
    section after
    get_user : 0, 120
    get_orders : 0, 120
"""
FLOW = 'flowchart LR\n    a["get_user(id)"] -->|"user"| b["get_orders(user)"]\n'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "trial page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_page_is_read_and_clicked(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.text("h1") == "Trial"
    assert browser.texts("li") == ["one", "two"]
    assert not browser.shown("#more")
    browser.click("#button")
    assert browser.shown("#more")
    assert browser.attribute("#button", "aria-expanded") == "true"
    assert browser.errors() == []
    assert browser.requests() == [page.as_uri()]


def test_keys_go_where_the_focus_is(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.press("Tab", "Enter")
    assert (browser.focused(), browser.shown("#more")) == ("button#button", True)
    browser.press("Tab", "a", "+", "b")
    assert browser.run("return field.value") == "a+b"
    browser.press("Shift+Tab", "Space")
    assert not browser.shown("#more")


def test_mouse_field_and_width(browser: Browser, page: Path) -> None:
    style = "<style>h1:hover { color: rgb(4, 5, 6) } ol { min-width: 600px }</style>"
    page.write_text(PAGE + style, encoding="utf-8")
    browser.open(page)
    browser.hover("h1")
    assert browser.style("h1", "color") == "rgba(4, 5, 6, 1)"
    browser.type("#field", "get_*")
    assert browser.run("return field.value") == "get_*"
    assert browser.box("ol")["width"] >= 600
    assert not browser.wider_than_window()
    browser.resize(400, 800)
    assert browser.wider_than_window()
    assert browser.count("li") == 2


def test_what_the_console_says_is_seen(browser: Browser, page: Path) -> None:
    bad = "<script>console.error('said'); missing()</script><img src='absent.png'>"
    page.write_text(PAGE + bad, encoding="utf-8")
    browser.open(page)
    said = "\n".join(browser.errors())
    assert all(words in said for words in ("said", "missing is not defined", "absent.png"))
    assert browser.errors() == []


def test_dark_and_light(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.style("body", "background-color") == "rgba(255, 255, 255, 1)"
    browser.media("dark")
    assert browser.style("body", "background-color") == "rgba(1, 2, 3, 1)"
    browser.media(type="print")
    assert not browser.shown("#button")


def test_without_network(browser: Browser, page: Path) -> None:
    ask = "return await fetch(arguments[0]).then(r => r.status, e => 'offline');"
    with served(page.parent) as address:
        there = f"{address}{page.name.replace(' ', '%20')}"
        browser.open(there)
        assert browser.run(ask, there) == 200
        browser.offline()
        assert browser.run(ask, there) == "offline"
        browser.offline(False)
        assert browser.run(ask, there) == 200
    assert browser.requests().count(there) == 4
    assert browser.run(ask, "http://elsewhere.example/") == "offline"  # no other host is reached


def test_what_a_screen_reader_is_told(browser: Browser, page: Path) -> None:
    browser.open(page)
    nodes = browser.accessibility()
    button = next(node for node in nodes if node.role == "button")
    assert (button.name, button.description) == ("More", "Shows the rest")
    assert button.properties["expanded"] is False
    assert any((n.role, n.name) == ("heading", "Trial") for n in nodes)
    assert not any(n.name == "The rest" for n in nodes)


def test_pictures_and_print(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page)
    browser.run("document.body.style.height = '1500px'")
    whole = browser.screenshot(tmp_path / "whole.png").read_bytes()
    assert whole.startswith(b"\x89PNG")
    width, height = (int.from_bytes(whole[at : at + 4]) for at in (16, 20))
    assert width == helpers.WIDTH
    assert height >= 1500
    part = browser.screenshot(tmp_path / "part.png", "#button").read_bytes()
    assert int.from_bytes(part[16:20]) < 200
    assert browser.pdf(tmp_path / "page.pdf") == 2
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_a_failing_script_raises_its_own_words(browser: Browser) -> None:
    with pytest.raises(ScriptError, match="no such thing"):
        browser.run("throw new Error('no such thing')")


# ---- Mermaid


def test_mermaid_knows_a_good_gantt_and_flowchart(mermaid: Mermaid) -> None:
    assert mermaid.parse(GANTT) == "gantt"
    assert mermaid.parse(FLOW).startswith("flowchart")
    assert "get_orders" in mermaid.render(GANTT)
    assert "get_orders(user)" in mermaid.render(FLOW)
    assert mermaid.browser.errors() == []


@pytest.mark.parametrize(
    "text",
    ["gantt\n    section a\n    b : : :\n    nonsense", "flowchart LR\n a[b", "no diagram at all"],
    ids=["gantt", "flowchart", "neither"],
)
def test_mermaid_refuses_what_is_none(mermaid: Mermaid, text: str) -> None:
    with pytest.raises(ScriptError):
        mermaid.parse(text)


def test_mermaid_comes_into_a_page_that_lets_no_script_in(mermaid: Mermaid, page: Path) -> None:
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    page.write_text(f"<!doctype html>{policy}<title>x</title><p>text", encoding="utf-8")
    mermaid.browser.open(page)
    assert mermaid.parse(GANTT) == "gantt"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comment_looks_as_on_github(
    browser: Browser, npm: Path, tmp_path: Path, scheme: str
) -> None:
    rows = "| call | ms |\n|---|---|\n| `get_user` | 120 |\n"
    folded = "<details><summary>Diff</summary>\n\n```diff\n-a <b>\n+b\n```\n\n</details>\n"
    text = f"### pexec\n\n{rows}\n```mermaid\n{GANTT}```\n\n{folded}"
    page = comment_page(tmp_path / "comment.html", text, npm, scheme=scheme)
    browser.open(page)
    browser.run("await window.drawn")
    assert browser.count("pre.mermaid svg") == 1
    assert browser.texts("td") == ["get_user", "120"]
    assert not browser.shown("details pre")
    browser.click("summary")
    assert browser.text("details pre") == "-a <b>\n+b"
    assert browser.errors() == []
    assert browser.screenshot(tmp_path / "comment.png").stat().st_size > 10_000


# ---- without a browser


def test_without_chromium_a_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv(helpers.REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install chromium"):
        helpers.program("chromium")
    monkeypatch.setenv(helpers.REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match=r"REQUIRE_BROWSER.*chromium"):
        helpers.program("chromium")


def test_a_browser_that_does_not_start_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("selenium")
    monkeypatch.setattr(helpers, "program", lambda *names: str(Path(sys.executable)))
    monkeypatch.delenv(helpers.REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium does not start"):
        helpers.chromium(tmp_path).__enter__()


def test_without_npm_a_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text('{"packages": {}}', encoding="utf-8")
    monkeypatch.setattr("diagrams.NPM", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv(helpers.REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="`npm` is missing"):
        npm_packages()


def test_the_lock_file_names_no_registry() -> None:
    lock = (NPM / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
