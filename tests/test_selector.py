"""Abstract strings and paths, held against enumeration and against `re` and `posixpath`."""

from __future__ import annotations

import itertools
import posixpath
import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pexec.analyzer.effects.selector import (
    ANY,
    Literal,
    Overlap,
    Part,
    Star,
    Symbol,
    Text,
    Wild,
    declared,
    format_selector,
    glob,
    host_of,
    normalise_path,
    overlap_path,
    overlap_text,
    text,
)

NEVER, MAYBE, ALWAYS = Overlap.NEVER, Overlap.MAYBE, Overlap.ALWAYS
X, Y, W, S = Symbol("x"), Symbol("y"), Wild(), Star()


def parts_of(words: list[str], *, symbols: tuple[Part, ...] = (X, Y)) -> st.SearchStrategy[Text]:
    part = st.sampled_from(words).map(Literal) | st.sampled_from([*symbols, W, S])
    return st.lists(part, max_size=5).map(lambda parts: Text(tuple(parts)))


# ------------------------------------------------------------------------------- building


def test_text_has_one_form() -> None:
    assert text("a", "", "b", W, W, X).parts == (Literal("ab"), W, X)
    assert text(S, S).parts == (S,)
    assert text(S, W, S).parts == (W,)
    assert Text((Literal("a"), Literal("b"))) == text("ab")
    assert text() == text("")
    assert text(W) == ANY


def test_declared() -> None:
    assert declared("docs/*") == text("docs/", W)
    assert declared("*") == ANY
    assert declared("a?[b]") == text("a?[b]")
    assert declared("a*b*") == text("a", W, "b", W)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*.txt", text("a/", S, ".txt")),
        ("src/**/*.py", text("src/", W, ".py")),
        ("**", ANY),
        ("a?c", text("a", S, "c")),
        ("a[bc]d", text("a", S, "d")),
        ("a[]]d", text("a", S, "d")),
        ("a[!]x]d", text("a", S, "d")),
        ("a[[:alpha:]]d", text("a", W, "d")),
        ("a[b/c]d", text("a", W, "d")),
        ("a[b", text("a[b")),
        ("*.{js,ts}", text(S, ".", W)),
        ("a/{b,c/d}.x", text("a/", W, ".x")),
        ("!a", ANY),
        ("@(a|b)", ANY),
        ("a\\*", ANY),
        ("plain", text("plain")),
    ],
)
def test_glob(pattern: str, expected: Text) -> None:
    assert glob(pattern) == expected


def test_format() -> None:
    assert format_selector(text("a/", X, "-", W, "/", S, ".txt")) == "a/{x}-*/*.txt"


# ---------------------------------------------------------------------------------- texts


def regex(t: Text) -> re.Pattern[str]:
    words = {Symbol: ".*", Wild: ".*", Star: "[^/]*"}
    source = "".join(
        re.escape(p.text) if isinstance(p, Literal) else words[type(p)] for p in t.parts
    )
    return re.compile(source, re.DOTALL)


STRINGS = ["".join(s) for n in range(7) for s in itertools.product("ab/", repeat=n)]


@settings(max_examples=300, deadline=None)
@given(
    parts_of(["a", "b", "/", "a", "ab"], symbols=()).filter(lambda t: weight(t) <= 3),
    parts_of(["a", "b", "/", "b", "/a"], symbols=()).filter(lambda t: weight(t) <= 3),
)
def test_overlap_text_is_exact_without_symbols(a: Text, b: Text) -> None:
    # the shortest common string has at most the letters of both
    left, right = regex(a), regex(b)
    met = any(left.fullmatch(s) and right.fullmatch(s) for s in STRINGS)
    assert (overlap_text(a, b) is not NEVER) == met


def weight(t: Text) -> int:
    return sum(len(p.text) for p in t.parts if isinstance(p, Literal))


def instances(
    a: Text, b: Text, fills: list[str], names: list[str], limit: int = 4000
) -> Iterator[tuple[str, str]]:
    """Pairs of concrete strings; equal symbols are filled alike, each gap on its own."""
    holes: list[Part | tuple[int, int]] = []
    for side, t in enumerate((a, b)):
        for at, part in enumerate(t.parts):
            if isinstance(part, Symbol) and part not in holes:
                holes.append(part)
            elif isinstance(part, (Wild, Star)):
                holes.append((side, at))
    stars = [isinstance(h, tuple) and isinstance((a, b)[h[0]].parts[h[1]], Star) for h in holes]
    every = itertools.product(*(names if star else fills for star in stars))
    for values in itertools.islice(every, limit):
        filled = dict(zip(holes, values, strict=True))
        out = ["", ""]
        for side, t in enumerate((a, b)):
            for at, part in enumerate(t.parts):
                if isinstance(part, Literal):
                    out[side] += part.text
                else:
                    out[side] += filled[part if isinstance(part, Symbol) else (side, at)]
        yield out[0], out[1]


@settings(max_examples=300, deadline=None)
@given(parts_of(["a", "b", "/", "ab"]), parts_of(["a", "b", "/", "ba"]))
@example(text(X, "a", Y), text(X, "b", Y))
@example(text("x/", X), text(X))
def test_overlap_text_is_sound(a: Text, b: Text) -> None:
    answer = overlap_text(a, b)
    assert overlap_text(b, a) is answer
    for one, two in instances(a, b, ["", "a", "b", "/", "ab", "ba"], ["", "a", "b", "ab"]):
        assert answer is not (NEVER if one == two else ALWAYS), (one, two)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (text("a"), text("a"), ALWAYS),
        (text("a"), text("A"), NEVER),
        (text(), text(), ALWAYS),
        (text(X), text(X), ALWAYS),
        (text("k:", X), text("k:", X), ALWAYS),
        (text("k:", X), text("k:", Y), MAYBE),
        (text("k:", W), text("k:", W), MAYBE),
        (ANY, text("a"), MAYBE),
        (text("user:", X), text("order:", X), NEVER),
        (text(X, ":user"), text(Y, ":order"), NEVER),
        (text("a", W, "c"), text("ac"), MAYBE),
        (text("ab", W, "bc"), text("abc"), NEVER),
        (text("a", S, "c"), text("a/c"), NEVER),
        (text(X, "/a/", Y), text(X, "/b/", Y), NEVER),
        (text("a" * 100_000), text("a" * 99_999, "b"), NEVER),
        (text(W, "ab" * 2000, W), text(W, "ba" * 2000, W), MAYBE),
    ],
)
def test_overlap_text(a: Text, b: Text, expected: Overlap) -> None:
    assert overlap_text(a, b) is expected
    assert overlap_text(b, a) is expected


# ---------------------------------------------------------------------------------- hosts


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (text("https://API.Example.com/v1/x"), text("api.example.com")),
        (text("https://api.example.com"), text("api.example.com")),
        (text("https://api.example.com./"), text("api.example.com")),
        (text("https://me:pw@api.example.com:8443/", X), text("api.example.com")),
        (text("https://api.example.com?q=", X), text("api.example.com")),
        (text("https://api.example.com/", X), text("api.example.com")),
        (text("http://localhost:80/"), text("localhost")),
        (text("http://127.0.0.1/"), text("localhost")),
        (text("http://[::1]:80/"), text("localhost")),
        (text("http://[::ffff:127.0.0.1]/"), text("localhost")),
        (text("http://0.0.0.0:1/"), text("localhost")),
        (text("http://app.localhost/"), text("localhost")),
        (text("http://10.0.0.1/"), text("10.0.0.1")),
        (text("https://api.example.com", X), ANY),
        (text("https://localhost:", X, "/"), ANY),
        (text("https://", X, "/a"), ANY),
        (text(X, "/a"), ANY),
        (text("/v1/x"), ANY),
        (text("//host/x"), ANY),
        (text("file:///x"), ANY),
        (text("http://a.com\\@b.com/"), ANY),
        (text("http://a@b@c/"), ANY),
        (text("http://a\n.com/"), ANY),
        (text("http://2130706433/"), ANY),
        (text("http://0x7f.1/"), ANY),
        (text("http://010.0.0.1/"), ANY),
        (text("http://b\u00fccher.de/"), ANY),
        (text("http://%61.com/"), ANY),
        (text("http://./"), ANY),
        (text(), ANY),
    ],
)
def test_host_of(url: Text, expected: Text) -> None:
    assert host_of(url) == expected


# ---------------------------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (text("a//b/./c/"), text("a/b/c")),
        (text("./a"), text("a")),
        (text(""), text(".")),
        (text("./"), text(".")),
        (text("/"), text("/")),
        (text("/a/../b"), ANY),
        (text("/.."), ANY),
        (text("a/.."), ANY),
        (text("./../../a"), text("../../a")),
        (text("out//", X, "/./y/"), text("out/", X, "/y")),
        (text(X, "//a"), text(X, "//a")),
        (text("./", X), text("./", X)),
        (text(X, "/../a"), ANY),
        (text("out/", X, "..", Y), ANY),
        (text("~/a"), ANY),
        (text("$HOME/a"), ANY),
        (text("${HOME}/a"), ANY),
        (text("%", X, "%/a"), ANY),
        (text("a\\b"), ANY),
        (text("C:/a"), ANY),
        (text("//host/a"), ANY),
        (text("file:/a"), ANY),
    ],
)
def test_normalise_path(path: Text, expected: Text) -> None:
    assert normalise_path(path) == expected
    assert normalise_path(expected) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (text("a/b.txt"), text("./a//b.txt"), ALWAYS),
        (text("a/b.txt"), text("A/b.TXT"), MAYBE),  # one file or two, as the disk wills
        (text("caf\u00e9"), text("cafe\u0301"), MAYBE),
        (text("a/b.txt"), glob("a/*.txt"), MAYBE),
        (text("a/b.txt"), text("a"), MAYBE),
        (text("a/b.txt"), text("."), MAYBE),
        (text("a/b.txt"), text("../a"), MAYBE),
        (text("a/b.txt"), text("/a/b.txt"), MAYBE),
        (text("../a"), text("../a/b"), MAYBE),
        (text("a"), glob("a/**"), MAYBE),
        (text("src/a.py"), glob("src/**/*.py"), MAYBE),
        (text("out/", X, ".txt"), text("out/", Y, ".txt"), MAYBE),
        (text("out/", X, ".txt"), text("./out/", X, ".txt"), ALWAYS),
        (text(X), text(X), ALWAYS),
        (text(X), text("./", X), MAYBE),
        (text(X), text("a"), MAYBE),
        (text(X, "/a"), text(X), MAYBE),
        (text(X, "/b"), text(X, "b"), MAYBE),  # x = "a/"
        (text("~/a"), text("b"), MAYBE),
        (text("~/a"), text("~/a"), ALWAYS),
        (text("out/", X, ".", Y), text("out/b/c"), MAYBE),  # x = "b/", y = "/c"
        (text("x/", W, "/y"), text("x/y"), MAYBE),
    ],
)
def test_overlap_path(a: Text, b: Text, expected: Overlap) -> None:
    assert overlap_path(a, b) is expected
    assert overlap_path(b, a) is expected


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (text("a/b.txt"), glob("*.py")),
        (text("a/b.txt"), text("a/c.txt")),
        (text("a/b.txt"), text("a/b.txt2")),
        (text("a"), text("ab")),
        (text("/a/b"), text("/a/c/d")),
        (text("../a"), text("../b")),
        (glob("docs/**"), text("src/a.py")),
        (glob("src/*.py"), glob("src/*.txt")),
        (text("out/", X, ".txt"), text("in/", X, ".txt")),
        (text("out/", X, ".txt"), text("out/", X, ".json")),
        (text(X, "/a.json"), text(X, "/b.json")),
        (text(X, "/in/", Y), text(X, "/out/", Y)),
        (text(X, ".json"), text(X, ".txt")),
        (text("logs/.", S), text("logs/a")),
    ],
)
def test_paths_kept_apart(a: Text, b: Text) -> None:
    assert overlap_path(a, b) is NEVER
    assert overlap_path(b, a) is NEVER


def place(path: str, folder: str) -> tuple[str, ...]:
    full = posixpath.normpath(posixpath.join(folder, path))
    if full.startswith("//"):
        full = full[1:]
    return PurePosixPath(full).parts


def folded(parts: tuple[str, ...]) -> PurePosixPath:
    decomposed = (unicodedata.normalize("NFD", part).casefold() for part in parts)
    return PurePosixPath(*(unicodedata.normalize("NFD", part) for part in decomposed))


def assumed(t: Text, path: str) -> bool:
    """What the docstrings take for granted: no `..` out of a gap; a star alone is a name."""
    shown = "".join(p.text if isinstance(p, Literal) else "?" for p in t.parts)
    segments = path.replace("\1", "").split("/")
    if segments.count("..") > shown.split("/").count(".."):
        return False
    return not any("\1" in s and s.replace("\1", "") in ("", ".", "..") for s in path.split("/"))


PIECES = ["a", "A", "b", "/", "/", "/", ".", "..", "a/", "/b", ".x", "./", "e", "\u0301", "\u00e9"]
FILLS = ["", "a", "/", ".", "b", "/a", "a/", "/.", "a/b", ".x", "./", "e", "\u0301", "\u0323"]
NAMES = ["\1" + name for name in ("", "a", "b", ".", "\u0301x", "a\u0301")]


@settings(max_examples=800, deadline=None)
@given(parts_of(PIECES), parts_of(PIECES))
@example(text("a/", X, "/b"), text("a/b"))
@example(text(X, "/b"), text(X, "b"))
@example(text(X, "/.x"), text(X, "x"))
@example(text("a/.", X), text("a/b"))
@example(text("a/", X, "."), text("a"))
@example(text("a/", X, "\u0301"), text("a/\u00e9"))
@example(text("a/e", W), text("a/\u00e9"))
@example(text("a/a\u0301", X), text("a/a\u0323\u0301"))
@example(text("a/\u00e9", X), text("a/e\u0323\u0301"))
@example(text("a/", S, "\u0323"), text("a/a\u0323\u0301"))
def test_overlap_path_is_sound(a: Text, b: Text) -> None:
    answer = overlap_path(a, b)
    assert overlap_path(b, a) is answer
    for one, two in instances(a, b, FILLS, NAMES, 1500):
        if not assumed(a, one) or not assumed(b, two):
            continue
        one, two = one.replace("\1", ""), two.replace("\1", "")
        for folder in ("/a/b/e", "/"):
            p, q = place(one, folder), place(two, folder)
            if answer is ALWAYS:
                assert p == q, (one, two)
            if answer is NEVER:
                p, q = folded(p), folded(q)
                assert not p.is_relative_to(q), (one, two)
                assert not q.is_relative_to(p), (one, two)


@settings(max_examples=500, deadline=None)
@given(parts_of(PIECES))
def test_a_path_meets_its_other_spellings(path: Text) -> None:
    normal = normalise_path(path)
    assert normalise_path(normal) == normal
    assert overlap_path(path, normal) is not NEVER
    for one, two in instances(path, normal, FILLS, NAMES, 300):
        if normal != ANY and Star() not in path.parts and Wild() not in path.parts:
            assert place(one, "/a/b") == place(two, "/a/b")
