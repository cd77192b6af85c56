"""The report as a page: its structure, what hostile names do to it, its limits, its colours."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pages import SHOP, large_page, made_page, nasty_page, page
from pexec.analyzer.report import html
from pexec.analyzer.report.html_graph import GAP, WIDTH, graph
from pexec.analyzer.report.html_text import bare, isolated, plain, prose
from pexec.analyzer.report.html_time import ticks
from pexec.analyzer.work_trees import Dependence, FunctionTree

DATA = Path(__file__).parent / "data" / "reports"
ROOT = Path(__file__).parent.parent
VOID = {"meta", "link", "input", "br", "img", "hr", "wbr"}
TEMPLATES = ROOT / "analyzer" / "report" / "templates"

CHAIN = "async def f(a):\n    x = await one(a)\n    return await two(x)\n"
TWO = {"shop.py": SHOP, "b/other.py": SHOP.replace("put", "three")}
PAGES = {
    "empty": lambda: page({"a.py": "x = 1\n"}),
    "nothing": lambda: page({"a.py": CHAIN}),
    "shop": lambda: page({"shop.py": SHOP}),
    "unsafe": lambda: page(TWO, unsafe=True),
    "limited": lambda: page({"shop.py": SHOP}, limits=[{"match": "two", "max-concurrency": 1}]),
    "nasty": nasty_page,
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: tuple[str, ...] = ()


@dataclass
class Parsed(HTMLParser):
    """Elements in order, with the text in them; what is not closed in order is an error."""

    elements: list[Element] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        twice = [k for k, n in Counter(key for key, _ in attrs).items() if n > 1]
        self.problems += [f"{tag} has {key} twice" for key in twice]
        made = Element(tag, dict(attrs), inside=tuple(e.tag for e in self.open))
        self.elements.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), inside=tuple(e.tag for e in self.open)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            self.problems.append(f"</{tag}> in {[e.tag for e in self.open]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [e for e in self.elements if e.tag in tags]


def parsed(text: str) -> Parsed:
    found = Parsed()
    found.feed(text)
    found.close()
    assert not found.problems
    assert not found.open
    return found


@pytest.mark.parametrize("name", PAGES)
def test_golden(name: str, regenerate: bool) -> None:
    text = html.render(PAGES[name]())
    if name == "nasty":  # the characters that matter, without those that editors choke at
        text = text[text.index("<body>") : text.index('<section aria-labelledby="checked">')]
        text = text[: text.index('id="o2"')]
    text = re.sub("<(style|script)>.*?</", r"<\1>…</", text, flags=re.DOTALL)
    text = re.sub("sha256-[^']*", "sha256-…", text)
    path = DATA / f"page-{name}.html"
    if regenerate:
        path.write_bytes(text.encode() + b"\n")
    assert text == path.read_bytes().decode().removesuffix("\n")


@pytest.mark.parametrize("name", PAGES)
def test_structure(name: str) -> None:
    found = parsed(html.render(PAGES[name]()))
    ids = Counter(e.attributes["id"] for e in found.elements if "id" in e.attributes)
    assert max(ids.values()) == 1
    links = [e.attributes["href"] or "" for e in found.all("a")]
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert not found.all("img", "iframe", "object", "embed", "base", "form")
    assert len(found.all("script")) == len(found.all("style")) == 1
    assert [e.attributes["href"] for e in found.all("link")] == ["data:,"]
    for element in found.elements:
        assert not [a for a in element.attributes if a.startswith("on") or a == "style"]
        assert "src" not in element.attributes
    # names for everything that is a part of its own
    for element in found.all("svg", "section", "nav"):
        given_ = element.attributes
        named = given_.get("aria-label") or given_.get("aria-labelledby") in ids
        assert named or given_.get("aria-hidden") == "true"
    assert len(found.all("caption")) == len(found.all("table"))
    assert all(e.attributes.get("scope") in ("col", "row") for e in found.all("th"))
    assert {e.attributes.get("for") for e in found.all("label")} <= ids.keys()
    # one h1, and no level left out on the way down
    levels = [int(e.tag[1]) for e in found.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip([0, *levels], levels, strict=False))
    assert [len(found.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1] * 4


def test_headings_of_the_parts() -> None:
    found = parsed(html.render(PAGES["shop"]()))
    assert [e.text for e in found.all("h2")] == [
        "In short", "What would change", "Functions: now and projected",
        "What holds the rest back", "Validation", "Where the times come from",
        "Deployment and monitoring",
    ]  # fmt: skip


def test_headers_that_sort_are_buttons() -> None:
    found = parsed(html.render(PAGES["shop"]()))
    headers = [e for e in found.all("th") if "aria-sort" in e.attributes]
    buttons = [e for e in found.all("button") if e.inside[-1] == "th"]
    assert len(headers) == len(buttons) > 8
    assert all(e.attributes["type"] == "button" and e.text for e in buttons)


def test_policy_allows_what_is_there_and_nothing_else() -> None:
    text = html.render(PAGES["shop"]())
    found = parsed(text)
    policy = found.all("meta")[1].attributes
    assert policy["http-equiv"] == "Content-Security-Policy"
    rules = dict(part.split(" ", 1) for part in (policy["content"] or "").split("; "))

    def hashed(tag: str) -> str:
        inner = text[text.index(f"<{tag}>") + len(tag) + 2 : text.index(f"</{tag}>")]
        return base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()

    assert rules == {
        "default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
        "style-src": f"'sha256-{hashed('style')}'", "script-src": f"'sha256-{hashed('script')}'",
    }  # fmt: skip
    assert "http:" not in text
    assert "https:" not in text
    assert "url(http" not in text


def test_everything_of_the_report_is_said() -> None:
    made = PAGES["shop"]()
    text = parsed(html.render(made)).all("main")[0].text
    for item in made.opportunities:
        assert item.finding.message.replace("`", "") in text
        assert item.finding.form_reason in text
        assert item.place in text
        assert item.diff.splitlines()[1] in text
    for _, function in made.functions:
        for edge in function.tree.edges:
            assert edge.words.replace("`", "") in text
    for cost in made.costs:
        assert cost.declaration in text
    for reason in made.reasons:
        assert reason.words in text
    for words in made.assumed:
        assert words in text
    assert made.summary in parsed(html.render(made)).all("header")[0].text
    assert "exact" in text


def test_bars_say_what_they_stand_for() -> None:
    found = parsed(html.render(PAGES["shop"]()))
    titles = [e.text for e in found.all("title") if "svg" in e.inside]
    assert "1. one, line 4: 100 ms, from 0 ms to 100 ms; test: `tools`".replace("`", "") in titles
    assert any("10 turns" in title and "one call takes" in title for title in titles)
    assert any(" waits for " in title and "(flow): " in title for title in titles)


# -- hostile text ------------------------------------------------------------------------------


def test_hostile_text_makes_no_elements() -> None:
    text = html.render(nasty_page())
    found = parsed(text)
    own = parsed(html.render(large_page(7)))
    assert {e.tag for e in found.elements} <= {e.tag for e in own.elements} | {"wbr"}
    names = {a for e in own.elements for a in e.attributes}
    assert {a for e in found.elements for a in e.attributes} <= names
    assert "{{ 7 * 7 }}{% raw %}" in text


def test_hidden_characters_are_shown() -> None:
    text = html.render(nasty_page())
    text.encode("utf-8")  # no lone surrogates
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e]", text)
    assert not re.search("[\u2067\u2068\ufeff\u2028\u2029]", text)
    assert text.count("\u2066") == text.count("\u2069") > 0  # our own isolates
    for shown in (r"nul\x00 esc\x1b[31m", r"\ud800", r"access\u202egnp.exe\u2066", r"\u2028"):
        assert shown in text
    assert "שלום_עולם" in text


def test_no_line_is_a_command_to_a_runner() -> None:
    text = html.render(nasty_page())
    assert r"end\n::error::of a line ## [error]x" in text
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


@given(text=st.text())
def test_plain_text_has_nothing_hidden(text: str) -> None:
    shown = plain(text)
    assert plain(shown) == shown
    shown.encode("utf-8")
    if text.isascii() and text.isprintable():
        assert shown == text


@given(text=st.text(max_size=60))
def test_names_are_escaped_and_kept(text: str) -> None:
    found = Parsed()
    found.feed(str(prose(f"`{text.replace('`', '')}` waits")))
    assert {e.tag for e in found.elements} <= {"bdi", "code", "wbr"}
    assert str(prose("`gpt.agent.Researcher.conduct`")).count("<wbr>") == 3
    assert "<" not in str(prose(text)).replace("<bdi><code>", "").replace(
        '<bdi class="long"><code>', ""
    ).replace("</code></bdi>", "").replace("<wbr>", "")
    assert "`" not in bare("`a` uses `b`")


def test_names_from_right_to_left_are_kept_to_themselves() -> None:
    assert isolated("plain") == "plain"
    assert isolated("שלום") == "\u2066שלום\u2069"
    assert str(prose("`שלום` uses `b`")) == (
        "<bdi><code>שלום</code></bdi> uses <bdi><code>b</code></bdi>"
    )


# -- limits ------------------------------------------------------------------------------------


def test_ten_thousand_opportunities() -> None:
    made = large_page(10_000)
    text = html.render(made)
    assert len(text.encode()) < 8_000_000
    found = parsed(text)
    items = Counter((e.attributes.get("id") or "?")[0] for e in found.all("details"))
    assert items["o"] == html.OPPORTUNITIES
    assert items["f"] == html.FUNCTIONS
    said = found.all("main")[0].text
    assert "… and 9500 more opportunities that save less." in said
    assert "The 200 opportunities above are those that save most; 9800 more" in said
    assert "… and 9500 more functions." in said
    assert "Timelines and dependences of 9900 more functions are not shown." in said
    assert "… and 50 more calls that hold back less." in said


def test_large_texts_leave_the_page_small() -> None:
    words = "<&'\">" * 2000
    made = made_page([(f"{i} {words}", [words] * 60) for i in range(300)], words, words)
    assert len(html.render(made).encode()) < 8_000_000


def test_large_functions_are_listed_only() -> None:
    calls = [f"tools.call_{i}" for i in range(500)]
    text = html.render(made_page([("many", calls), ("few", calls[:70])]))
    assert "More than 400 bars would not be readable" in text
    assert "A drawing of 500 calls and 498 dependences would not be readable" in text
    assert "… and 400 more calls: the JSON report has all of them." in text
    assert "… and 398 more dependences" in text
    assert "A drawing of 70 calls" in text
    assert len(parsed(text).all("rect")) == 3 + 2 * 70  # the summary's, and those of the short one


def test_long_diffs_are_cut() -> None:
    text = html.render(made_page([("f", ["a\n" * 500, "b"])]))
    assert "more lines: `pexec-fix --diff` has them" in text


# -- drawings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.3, 1, 7, 80, 99.9, 100, 450, 1000, 6800, 86_400_000])
def test_ticks_are_few_and_round(scale: float) -> None:
    found = ticks(scale)
    assert 4 <= len(found) <= 9
    assert found[0].x == "0%"


def pairs_of(number: int) -> st.SearchStrategy[tuple[int, set[tuple[int, int]]]]:
    call = st.integers(0, number - 1)
    return st.tuples(st.just(number), st.sets(st.tuples(call, call), max_size=60))


@given(st.integers(2, 30).flatmap(pairs_of))
def test_nodes_of_a_graph_do_not_overlap(drawn: tuple[int, set[tuple[int, int]]]) -> None:
    number, pairs = drawn
    made = made_page([("f", [f"c{i}" for i in range(number)])]).functions[0][1].tree
    edges = tuple(Dependence(a, b, "flow", "") for a, b in sorted(pairs))
    tree = FunctionTree("f", "f", made.span, made.sites, made.before, made.after, made.best,
                        edges=edges)  # fmt: skip
    found = graph(tree, [100.0] * number)
    forward = [(a, b) for a, b in pairs if a < b]
    assert len(found.arrows) == len(forward)
    for a, b in forward:
        assert found.nodes[a].y < found.nodes[b].y
    rows: dict[int, list[int]] = {}
    for node in found.nodes:
        assert 0 <= node.x <= found.width - WIDTH
        assert 0 <= node.y < found.height
        rows.setdefault(node.y, []).append(node.x)
    for places in rows.values():
        places.sort()
        assert all(b - a >= WIDTH + GAP - 1 for a, b in itertools.pairwise(places))


# -- colours -----------------------------------------------------------------------------------


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def schemes() -> list[dict[str, str]]:
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", root)) for root in roots]


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_contrast(scheme: dict[str, str]) -> None:
    text = [
        *((front, back) for front in ("text", "muted", "link", "weak") for back in ("bg", "panel")),
        *(("text", back) for back in ("now", "then", "best")),
        ("added-text", "added"), ("removed-text", "removed"),
    ]  # fmt: skip
    shapes = [(edge, "bg") for edge in ("control", "now-edge", "then-edge", "best-edge", "link")]
    for pairs, least in ((text, 4.5), (shapes, 3)):
        low = {pair: contrast(scheme[pair[0]], scheme[pair[1]]) for pair in pairs}
        assert {pair: found for pair, found in low.items() if found < least} == {}


def test_both_schemes_have_the_same_colours() -> None:
    light, dark = schemes()
    assert light.keys() == dark.keys()
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) == light.keys()
    assert not re.search("transition|animation|url\\(|@import|@font-face|sticky|fixed", css)


def test_templates_are_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    data = project["tool"]["setuptools"]["package-data"]
    assert data["pexec.analyzer.report"] == ["templates/*"]
    assert {p.suffix for p in TEMPLATES.iterdir()} == {".html", ".css", ".js"}
