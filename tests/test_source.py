"""Reading source bytes: encodings, line ends and odd bytes, with nothing lost and places exact."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pexec.analyzer.lowering import lower
from pexec.analyzer.source import Source, SourceError, from_bytes, from_text

BODY = "async def f():\n    a = await g('ä')\n    b = await h(a)\n"
ROUND_TRIPS = {
    "plain": BODY.encode(),
    "empty": b"",
    "only-a-comment": b"# nothing",
    "byte-order-mark": b"\xef\xbb\xbf" + BODY.encode(),
    "byte-order-mark-and-cookie": b"\xef\xbb\xbf# coding: utf-8\n" + BODY.encode(),
    "cookie": b"# -*- coding: latin-1 -*-\n" + BODY.encode("latin-1"),
    "cookie-on-second-line": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n"
    + BODY.encode("cp1252"),
    "cookie-of-utf-8-sig": b"# coding: utf-8-sig\n" + BODY.encode(),
    "cookie-of-shift-jis": b"# coding: shift_jis\nx = '\x83\x65\x83\x58\x83\x67'\n",
    "carriage-return-line-feed": BODY.replace("\n", "\r\n").encode(),
    "lone-carriage-return": BODY.replace("\n", "\r").encode(),
    "mixed-line-ends": b"a = 1\r\nb = 2\nc = 3\rd = f(a)\r\n",
    "no-final-newline": BODY.encode().rstrip(),
    "tabs": BODY.replace("    ", "\t").encode(),
    "tabs-and-spaces": b"if a:\n \tb()\n \tc()\n",
    "form-feed-between": b"a()\n\f\nb()\n\f",
    "form-feed-leads": b"def f():\n    a()\n\f    b()\n  \f    c()\n",
    "form-feed-in-a-line": b"a =\f f(b)\n",
    "form-feed-in-a-string": b'a = """\n\f x\n"""; f(a)\n',
    "backslash": b"a = \\\n    f(b)\n",
    "vertical-space-in-string": "a = 'x\x0b\x1c\u2028\x85y'; f(a)\nb = g(a)\n".encode(),
    "beyond-the-first-plane": "a = '😀'; b = f(a)\nñ = '𝔘'; g(ñ)\n".encode(),
    "spaces-at-the-end": b"a()   \n\n   \n  # c\n  ",
}
REFUSED = {
    "not-utf-8": (
        b"a = 1\nb = '\xff'\n",
        "invalid or missing encoding|not valid utf-8",
    ),
    "not-utf-8-far-down": (b"\n" * 40 + b"b = '\xff'\n", "not valid utf-8: byte 0xff"),
    "unknown-encoding": (b"# coding: klingon\n", "unknown encoding: klingon"),
    "mark-against-cookie": (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem: utf-8"),
    "not-a-text-encoding": (b"# coding: rot13\nk = 1\n", "encoding rot13"),
    "bytes-codec": (b"# coding: hex\n41\n", "encoding hex"),
    "undefined-codec": (b"# coding: undefined\n", "encoding undefined"),
    "several-spellings": (b"# coding: utf-7\nk = '+AGE-'\n", "does not give back the bytes"),
    "utf-16": (BODY.encode("utf-16"), "invalid or missing encoding|not valid|source code"),
    "utf-16-cookie": (b"# coding: utf-16\nk=1\n", "utf-16"),
}
#: Syntax by the proposal that brought it.
SYNTAX = {
    "pep-308": "x = a if b else c\n",
    "pep-380": "def f():\n    yield from g()\n",
    "pep-448": "f(*a, *b, **c, **d)\nx = [*a, *b]\ny = {**c}\n",
    "pep-465": "x = a @ b\nx @= c\n",
    "pep-492": "async def f():\n    async with a as b:\n        await c\n",
    "pep-498": "x = f'{a!r:>{b}}'\n",
    "pep-515": "x = 1_000, 0x_ff, 1_0.0_1e1_0j\n",
    "pep-525": "async def f():\n    yield await a\n",
    "pep-526": "x: int\ny: int = 1\n",
    "pep-530": "async def f():\n    return [x async for x in y]\n",
    "pep-570": "def f(a, /, b, *, c): ...\n",
    "pep-572": "if (x := a): pass\n",
    "pep-614": "@a[0].b\ndef f(): ...\n",
    "pep-617": "with (a as b, c as d,): pass\n",
    "pep-634": "match a:\n    case {'b': [c, *_], **d} if e: pass\n",
    "pep-646": "def f(*a: *b): ...\nx = c[*d]\n",
    "pep-654": "try: a()\nexcept* b as c: pass\n",
    "pep-695": "type A[T: int, *U, **P] = list[T]\ndef f[T](a: T): ...\nclass B[T](C[T]): ...\n",
    "pep-696": "def f[T = int, *U = *tuple[int], **P = [int]](): ...\n",
    "pep-701": "x = f'{f'{a['b']}'} {\n    c  # d\n}'\n",
    "pep-750": "x = t'a{b!r:{c}}'\n",
    "pep-798": "x = [*a for a in b], {**a for a in b}, {*a for a in b}, (*a for a in b)\n",
    "pep-810": "lazy import a.b as c\nlazy from d import e\n",
    "pep-758": "try: a()\nexcept b, c: pass\n",
    "soft-keywords": "match = case = type = _ = a\nmatch[case] = type(match)\n",
}


@pytest.mark.parametrize("data", ROUND_TRIPS.values(), ids=ROUND_TRIPS.keys())
def test_nothing_is_lost(data: bytes) -> None:
    source = from_bytes(data)
    assert source.encode(source.text) == data
    lower(source)


@pytest.mark.parametrize("data", ROUND_TRIPS.values(), ids=ROUND_TRIPS.keys())
def test_places_are_exact(data: bytes) -> None:
    """A call's span is its text, wherever it stands."""
    source = from_bytes(data)
    for call in lower(source).calls.values():
        text = source.text[call.span.start : call.span.end]
        assert text.startswith(f"{call.callee}(")
        assert text.endswith(")")
        line = source.line_starts[call.span.line - 1]
        assert source.text[line + call.span.column - 1 :].startswith(call.callee)


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        from_bytes(data)


def test_place_of_an_invalid_byte() -> None:
    with pytest.raises(SourceError) as caught:
        from_bytes(b"\n" * 40 + b"b = '\xff'\n")
    assert caught.value.line == 41


@pytest.mark.parametrize(
    "text",
    ["x = \n", "x = (\n", "x = 1\0\n", "if a:\nb\n", "\tif a:\n  b\n", "x = $\n", 't"a" t"b"\n'],
)
def test_not_python(text: str) -> None:
    """Text that cannot be parsed, or that LibCST does not read yet."""
    with pytest.raises(SourceError, match="cannot parse"):
        lower(from_text(text))


@pytest.mark.parametrize("text", ["x = " + "a + " * 3000 + "a\n", "x = a" + ".b" * 3000 + "\n"])
def test_too_deep(text: str) -> None:
    with pytest.raises(SourceError, match="nested too deeply"):
        lower(from_text(text))


PARENTHESES = f"x = {'(' * 3000}1{')' * 3000}\n"
TERMS = f"x = {' + '.join(['1'] * 20_000)}\n"


@pytest.mark.parametrize("text", [PARENTHESES, TERMS], ids=["parentheses", "terms"])
def test_too_deep_for_python_does_not_reach_the_parser_that_would_crash(text: str) -> None:
    """In a process of its own: what is prevented is its end by a signal."""
    code = (
        "import sys\nfrom pexec.analyzer.lowering import lower\n"
        "from pexec.analyzer.source import SourceError, from_text\n"
        "try:\n    lower(from_text(sys.stdin.read()))\n"
        "except SourceError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=text, text=True,
                          capture_output=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "nested too deeply to be analyzed\n")


def test_long_chain_of_strings_is_not_deep() -> None:
    """Tables of text (codecs) are one chain of several hundred strings."""
    module = lower(from_text("x = (\n" + "    'a'\n" * 300 + ")\n"))
    (value,) = module.symbols[":x"].values
    assert len(value.parts) == 300


def test_line_of_a_syntax_error() -> None:
    with pytest.raises(SourceError) as caught:
        lower(from_text("a = 1\nb = = 2\n"))
    assert caught.value.line == 2


@pytest.mark.parametrize("text", SYNTAX.values(), ids=SYNTAX.keys())
def test_syntax(text: str) -> None:
    """Read, and lowered without an expression that is not known."""
    module = lower(from_text(text))
    events = [e for f in module.functions for s in f.block.statements for e in s.events]
    assert not [e for e in events if getattr(e, "word", "") == "expression"]


@pytest.mark.parametrize(
    ("text", "newline"), [("a\r\nb\n", "\r\n"), ("a\rb", "\r"), ("a\n", "\n"), ("a", "\n")]
)
def test_newline_is_the_first_one(text: str, newline: str) -> None:
    assert from_text(text).newline == newline


def test_form_feed_resets_the_indentation() -> None:
    source = from_text("def f():\n    a()\n  \f    b()\n")
    assert source.parse_text == "def f():\n    a()\n    b()\n"
    (block,) = (f.block for f in lower(source).functions if f.name == "f")
    spans = [statement.span for statement in block.statements]
    assert [source.text[span.start : span.end] for span in spans] == ["a()", "b()"]


def _lines(source: Source) -> list[str]:
    ends = [*source.line_starts[1:], len(source.text)]
    return [source.text[a:b] for a, b in zip(source.line_starts, ends, strict=True)]


@given(st.text(alphabet="ab \t\f\r\n#'ä😀\x0b\u2028", max_size=30))
def test_any_text_comes_back(text: str) -> None:
    source = from_text(text)
    assert source.encode(source.text).decode() == text
    assert "".join(_lines(source)) == text


@given(st.binary(max_size=40))
def test_any_bytes_come_back_or_are_refused(data: bytes) -> None:
    try:
        source = from_bytes(data)
    except SourceError:
        return
    assert source.encode(source.text) == data


@given(st.text(alphabet="a()\t\f \r\n=", max_size=20))
def test_places_agree_with_python(text: str) -> None:
    """Whatever both parsers read: each call begins where CPython says it does."""
    try:
        tree = ast.parse(text)
        module = lower(from_text(text))
    except (SyntaxError, SourceError):
        return
    calls = sorted((n.lineno, n.end_lineno) for n in ast.walk(tree) if isinstance(n, ast.Call))
    assert sorted((c.span.line, c.span.end_line) for c in module.calls.values()) == calls
