"""PX001: what is reported as unused, where pexec keeps silent, and what its fix leaves behind."""

from __future__ import annotations

import io
import tokenize
from dataclasses import replace
from pathlib import Path

import golden
import pytest
from commands import CONFIG, fix, lint, objects, put
from pexec.analyzer import unused as module
from pexec.analyzer.comments import same_code
from pexec.analyzer.config import Config
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.analyzer.ir import Comment
from pexec.analyzer.source import from_text
from pexec.codemods import parallelize
from pexec.codemods.rewrite import rewrite
from test_suppressions import config, result_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_tokens(text: str) -> list[tuple[int, str]]:
    """The tokens that are the program: no comments, no blank lines, no kinds of line ends."""
    drop = (tokenize.COMMENT, tokenize.NL)
    read = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return [
        (t.type, "" if t.type == tokenize.NEWLINE else t.string) for t in read if t.type not in drop
    ]


#: line → the line without what is unused ("" if it goes), and what is said of it.
FIXES: dict[str, tuple[str, str, list[str]]] = {
    "trailing": ("f()  # pexec: ignore[PX101]", "f()", ["PX101"]),
    "bare": ("f()  # pexec: ignore", "f()", [""]),
    "noqa": ("f()  # noqa: PX101", "f()", ["PX101"]),
    "one-space": ("f() # noqa: PX101", "f()", ["PX101"]),
    "tabs-before": ("f()\t \t# noqa: PX101", "f()", ["PX101"]),
    "space-behind": ("f()  # noqa: PX101  ", "f()", ["PX101"]),
    "own-line": ("# pexec: ignore[PX101]", "", ["PX101"]),
    "indented-own-line": ("   # noqa: PX101", "", ["PX101"]),
    "other-tools-code-before": ("f()  # noqa: E501, PX101", "f()  # noqa: E501", ["PX101"]),
    "other-tools-code-behind": ("f()  # noqa: PX101,E501", "f()  # noqa: E501", ["PX101"]),
    "tight-codes": ("f()  # noqa:A1,PX101,B2", "f()  # noqa:A1,B2", ["PX101"]),
    "codes-without-commas": ("f()  # noqa: A1 PX101 B2", "f()  # noqa: A1 B2", ["PX101"]),
    "comma-at-the-end": ("f()  # noqa: PX101,", "f()", ["PX101"]),
    "twice": ("f()  # noqa: PX101, PX101", "f()", ["PX101"]),
    "reason": ("f()  # noqa: PX101 too slow", "f()  # too slow", ["PX101"]),
    "comment-behind": ("f()  # noqa: PX101  # slow", "f()  # slow", ["PX101"]),
    "comment-before": ("f()  # slow  # noqa: PX101", "f()  # slow", ["PX101"]),
    "comments-around": ("f()  # a  # noqa: PX101  # b", "f()  # a  # b", ["PX101"]),
    "type-ignore": ("f()  # type: ignore # noqa: PX101", "f()  # type: ignore", ["PX101"]),
    "word-of-a-directive": ("f()  # pexec: ignore[PX101] pure", "f()  # pexec: pure", ["PX101"]),
    "last-word": ("f()  # pexec: reads=a, ignore[PX101]", "f()  # pexec: reads=a", ["PX101"]),
    "word-between": ("f()  # pexec: pure ignore raises=false", "f()  # pexec: pure raises=false",
                     [""]),
    "last-word-and-comment": ("f()  # pexec: pure ignore  # b", "f()  # pexec: pure  # b", [""]),
    "odd-selector": ("f()  # pexec: reads=a: ignore[PX101]", "f()  # pexec: reads=a:", ["PX101"]),
    "two-words": ("f()  # pexec: ignore[PX101] ignore  # b", "f()  # b", ["PX101", ""]),
    "two-words-and-more": ("f()  # pexec: ignore[PX101] pure ignore", "f()  # pexec: pure",
                           ["PX101", ""]),
    "two-directives": ("f()  # pexec: ignore # noqa: PX101 # c", "f()  # c", ["", "PX101"]),
    "unknown-code-stays": ("f()  # pexec: ignore[PX999, PX101]", "f()  # pexec: ignore[PX999]",
                           ["PX999", "PX101"]),
    "capitals": ("f()  # PEXEC: IGNORE[px101]", "f()", ["PX101"]),
    "string-with-a-hash": ("f('# x')  # noqa: PX101", "f('# x')", ["PX101"]),
    "commented-out-code": ("# f()  # noqa: PX101", "# f()", ["PX101"]),
    "semicolon": ("f(); g();  # noqa: PX101", "f(); g();", ["PX101"]),
    "backslash-of-a-comment": ("f()  # noqa: PX101 # C:\\", "f()  # C:\\", ["PX101"]),
}  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", ""], ids=["lf", "crlf", "cr", "no-newline"])
@pytest.mark.parametrize(("line", "left", "codes"), FIXES.values(), ids=FIXES.keys())
def test_fix(line: str, left: str, codes: list[str], ending: str) -> None:
    newline = ending or "\n"
    text = f"import x{newline}{line}{ending}"
    found = result_of(text)
    assert [",".join(item.codes) for item in found.unused] == codes
    expected = f"import x{newline}" + (f"{left}{ending}" if left else "")
    assert found.fixed == expected
    again = analyze_bytes(expected.encode(), "agent.py", config(), rewrite)
    assert not isinstance(again, Analyzed) or again.fixed is None
    if ending != "\r":  # `tokenize` counts such a file as one line
        assert code_tokens(text) == code_tokens(expected)


@pytest.mark.parametrize(
    "line",
    ["f()  # noqa", "f()  # noqa: E501", "f()  # noqa: all", "f()  # pexec: pure",
     "f()  # noqa: PX001, PX101", "f()  # pexec: ignore[PX101] ignore[PX001]",
     "f()  # pexec: ignore[PX101]  # noqa", "f('# pexec: ignore')",
     '"""\n# noqa: PX101\n"""'],
    ids=["bare-noqa", "other-tools", "no-code", "declaration", "silences-itself",
         "silenced-by-name", "silenced-by-noqa", "string", "text-of-several-lines"],
)  # fmt: skip
def test_not_reported(line: str) -> None:
    result = analyze_bytes(f"{line}\n".encode(), "agent.py", config(), rewrite)
    assert not isinstance(result, Analyzed) or (not result.unused and result.fixed is None)


@pytest.mark.parametrize(
    "line",
    ["f()  # noqa: PX101 type: ignore", "f()  # noqa: PX101 pexec: pure",
     "f()  # pexec: ignore[PX101]#noqa", "f()  #pexec:ignore[px101]#noqa:px101#noqa"],
    ids=["checker", "claim", "noqa", "several"],
)  # fmt: skip
def test_no_fix_that_would_make_a_directive_of_a_remark(line: str) -> None:
    found = result_of(f"{line}\n")
    assert found.unused
    assert all(item.fix is None for item in found.unused)
    assert found.fixed is None


def test_unknown_code_says_so_and_has_no_fix() -> None:
    (item,) = result_of("f()  # pexec: ignore[PX110]\n").unused
    assert item.message == (
        "`PX110` of `# pexec: ignore[PX110]` is no code "
        "(codes: PX001, PX101, PX102, PX103, PX104, PX105, PX106, PX201, PX202, PX203, PX301); "
        "did you mean `PX106`?"
    )
    assert item.fix is None
    assert result_of("f()  # noqa: E501, PX999\n").unused[0].codes == ("PX999",)


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({"select": ["PX101"]}, []),
        ({"ignore": ["PX001"]}, []),
        ({"select": ["PX001"]}, []),
        ({"ignore": ["PX101"]}, []),
        ({}, ["PX101", ""]),
    ],
)
def test_codes_that_are_not_selected(settings: dict[str, list[str]], reported: list[str]) -> None:
    """Nor a bare one, if some rule that it may be meant for is not selected."""
    text = (
        "f()  # pexec: ignore[PX101]\ng()  # pexec: ignore\n"
        + "async def f():\n"
        + ("    await g()\n" * 2)
    )
    assert [",".join(item.codes) for item in result_of(text, **settings).unused] == reported


TWO = (
    "    x = await get_user(a){}\n"
    "    y = await get_orders(a)\n"
    "    return x, y\n"
)  # fmt: skip
#: Code that is not looked at, where nothing can be told of a suppression.
UNSEEN = {
    "test": "async def test_it(a):\n" + TWO,
    "test-method": "class TestIt:\n"
    + "".join(f"    {line}\n" for line in ("async def test_it(a):\n" + TWO).splitlines()),
    "anyio": "import anyio\nasync def f(a):\n" + TWO,
    "trio": "import trio\nasync def f(a):\n" + TWO,
    "workflow": "from temporalio import workflow\n@workflow.run\nasync def f(a):\n" + TWO,
    "names-looked-at": "async def f(a):\n    locals()\n" + TWO,
    "beside-a-branch-that-gathers": (
        "import asyncio\nasync def f(a, quick):\n"
        "    if quick:\n"
        "        return await asyncio.gather(get_user(a), get_orders(a))\n"
        "    else:\n" + "".join(f"    {line}\n" for line in TWO.splitlines())
    ),
}


@pytest.mark.parametrize("source", UNSEEN.values(), ids=UNSEEN.keys())
def test_silent_where_the_code_is_not_looked_at(source: str) -> None:
    for comment in ("# pexec: ignore[PX101]", "# noqa: PX101", "# pexec: ignore"):
        text = source.format(f"  {comment}")
        assert result_of(text).unused == ()
        assert result_of(text).fixed is None


def test_reported_where_tests_are_looked_at() -> None:
    text = "async def test_it(a):\n    x = await get_user(a)  # noqa: PX101\n"
    seen = replace(config(), include_tests=True)
    result = analyze_bytes(text.encode(), "agent.py", seen, rewrite)
    assert isinstance(result, Analyzed)
    assert len(result.unused) == 1
    assert result.unused[0].function == "test_it"


def test_helpers_of_a_test_are_looked_at() -> None:
    text = "def test_it():\n    async def f(a):\n        await g()  # noqa: PX101\n    f(1)\n"
    assert len(result_of(text).unused) == 1


#: A suppression that is used, though the run reports nothing that it silences.
USED = {
    "only-unsafe": "async def f(a):\n    x = await get_user(a){}\n    await save(a)\n",
    "comment-among-the-arguments": "async def f(a):\n    x = await get_user({}\n        a)\n"
    "    y = await get_orders(a)\n",
    "comment-behind-await": "async def f(a):\n    x = await ({}\n        get_user(a))\n"
    "    y = await get_orders(a)\n",
}


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("source", USED.values(), ids=USED.keys())
def test_used(source: str, unsafe: bool) -> None:
    text = source.format("  # pexec: ignore[PX101]")
    result = analyze_bytes(text.encode(), "agent.py", config(), rewrite, unsafe=unsafe)
    assert isinstance(result, Analyzed)
    assert not result.unused
    assert not result.findings


CHAINS = """\
async def f(a):
    user = await get_user(a){comment}
    mine = await get_orders(user)
    other = await get_user(7)
    theirs = await get_orders(other)
    return mine, theirs
"""


@pytest.mark.parametrize("codes", ["[PX106]", "[PX106, PX101]", ""], ids=["one", "both", "bare"])
def test_silenced_chains_are_no_unused_suppression(codes: str) -> None:
    source = CHAINS.format(comment=f"  # pexec: ignore{codes}")
    result = result_of(source)
    assert not result.unused
    assert [f.code for f in result.findings] == (["PX101"] if codes == "[PX106]" else [])
    if result.fixed is not None:  # the batch in the place of the chains: the comment stays
        again = result_of(result.fixed)
        assert not again.unused
        assert again.fixed is None


def test_no_chains_to_silence() -> None:
    (item,) = result_of("async def f(a):\n" + TWO.format("  # pexec: ignore[PX106]")).unused
    assert item.codes == ("PX106",)


def test_one_of_two_codes_is_used() -> None:
    text = "async def f(a):\n" + TWO.format("  # pexec: ignore[PX101, PX999]")
    (item,) = result_of(text).unused
    assert item.codes == ("PX999",)


def test_comment_that_is_in_the_way_of_a_rewrite_gets_no_fix() -> None:
    """It stands where it silences nothing, but to take it out would let a rewrite happen."""
    text = (
        "async def f(a, b):\n"
        "    x = await get_user(a)\n"
        "    y = await get_orders(\n"
        "        b[1],{}\n"
        "        a,\n"
        "    )\n"
        "    z = await get_user(b[2])\n"
        "    return x, y, z\n"
    )
    assert len(result_of(text.format("")).findings) == 1
    result = result_of(text.format("  # noqa: PX101"))
    assert not result.findings
    assert [item.fix for item in result.unused] == [None]
    assert result.fixed is None


def test_fixes_of_both_rules_in_one_run(here: Path) -> None:
    source = (
        "async def f(a):\n"
        "    x = await get_user(a)\n"
        "    # pexec: ignore[PX101]\n"
        "    y = await get_orders(a)\n"
        "    return x, y  # noqa: PX101\n"
    )
    put(here, agent=source)
    result = fix("agent.py")
    assert result.exit_code == 0
    assert "fixed 3 findings in 1 file, 0 notes." in result.stdout
    fixed = (here / "agent.py").read_text()
    assert "PX101" not in fixed
    assert "asyncio.ensure_future(get_orders(a))" in fixed
    assert fixed == parallelize(
        "".join(line.replace("  # noqa: PX101", "") for line in source.splitlines(keepends=True)
                if not line.startswith("    #")),
        tools=[{"match": "get_user", "reads": ["crm:{0}"], "returns": "fresh"},
               {"match": "get_orders", "reads": ["orders:{0}"], "returns": "fresh"}],
    ).source  # fmt: skip
    assert fix("--exit-non-zero-on-fix", "agent.py").exit_code == 0


ODD = {
    "byte-order-mark": b"\xef\xbb\xbff()  # noqa: PX101\n",
    "cookie": b"# coding: latin-1\nx = '\xe4'  # noqa: PX101 \xe4\n",
    "form-feed": b"f()\n\f# noqa: PX101\ng()\n\fh()\f# noqa: PX101\n",
    "mixed-line-ends": b"f()  # noqa: PX101\r\ng()  # noqa: PX101\nh()  # noqa: PX101\r",
    "beyond-the-first-plane": "x = '😀'  # noqa: PX101\n".encode(),
    "line-separator-in-a-string": "x = '\u2028'; f()  # noqa: PX101\n".encode(),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_bytes_beside_the_comment_stay(data: bytes) -> None:
    result = analyze_bytes(data, "agent.py", config(), rewrite)
    assert isinstance(result, Analyzed)
    assert result.unused
    fixed = golden.fixed_bytes(result)
    expected = {
        "byte-order-mark": b"\xef\xbb\xbff()\n",
        "cookie": b"# coding: latin-1\nx = '\xe4'  # \xe4\n",
        "form-feed": b"f()\ng()\n\fh()\n",
        "mixed-line-ends": b"f()\r\ng()\nh()\r",
        "beyond-the-first-plane": "x = '😀'\n".encode(),
        "line-separator-in-a-string": "x = '\u2028'; f()\n".encode(),
    }
    assert fixed == expected[next(k for k, v in ODD.items() if v == data)]


def test_line_that_would_become_a_cookie_stays() -> None:
    """An encoding is declared on the first two lines: no later line may move there."""
    data = b"# noqa: PX101\n\n# coding: latin-1\nx = '\xc3\xa4'\n"
    result = analyze_bytes(data, "agent.py", config(), rewrite)
    assert isinstance(result, Analyzed)
    assert [item.fix for item in result.unused] == [None]
    assert result.fixed is None


def test_an_edit_that_would_change_the_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "f()  # noqa: PX101\ng()  # pexec: ignore\n"

    def too_much(comment: Comment, dead: object) -> str:
        return "+ 1" if "noqa" in comment.text else ""

    monkeypatch.setattr(module, "without", too_much)
    result = result_of(text)
    assert [item.fix is None for item in result.unused] == [True, False]
    assert result.fixed == "f()  # noqa: PX101\ng()\n"


@pytest.mark.parametrize(
    ("text", "same"),
    [("f()\n", True), ("# c\n\nf()  # c\n", True), ("f(\n)\n", True), ("f();\n", True),
     ("g()\n", False), ("f(1)\n", False), ("", False), ("f(\n", False)],
)  # fmt: skip
def test_same_code(text: str, same: bool) -> None:
    assert same_code(from_text("f()  # noqa: PX101\n"), text) is same


# -- what is shown -------------------------------------------------------------------------------

BOTH = """\
f()  # noqa: PX101
async def page(uid):
    user = await get_user(uid)
    orders = await get_orders(uid)
    return user, orders  # pexec: ignore[PX101]
g()  # noqa: PX101
"""


def test_text_in_order_of_the_file(here: Path) -> None:
    put(here, agent=BOTH)
    result = lint("agent.py")
    assert result.exit_code == 1
    heads = [line for line in result.stdout.splitlines() if line.startswith("agent.py")]
    assert [line.split()[:3] for line in heads] == [
        ["agent.py:1:6:", "PX001", "[*]"],
        ["agent.py:3:12:", "PX101", "[*]"],
        ["agent.py:5:26:", "PX001", "[*]"],
        ["agent.py:6:6:", "PX001", "[*]"],
    ]
    assert heads[2].endswith("`# pexec: ignore[PX101]` silences nothing")
    assert "; 4 findings, 0 notes." in result.stdout


def test_json(here: Path) -> None:
    put(here, agent=BOTH)
    found = objects(lint("--output-format", "json", "agent.py"))
    assert [o["code"] for o in found] == ["PX001", "PX101", "PX001", "PX001"]
    item = found[2]
    assert set(item) == set(found[1])
    assert (item["name"], item["function"]) == ("unused-suppression", "page")
    assert item["location"] == {"row": 5, "column": 26}
    assert item["end_location"] == {"row": 5, "column": 48}
    assert item["fix"] == {
        "applicability": "safe",
        "message": "Remove the unused suppression",
        "edits": [{"content": "", "location": {"row": 5, "column": 24},
                   "end_location": {"row": 5, "column": 48}}],
    }  # fmt: skip


def test_file_with_no_call_is_looked_at_too(here: Path) -> None:
    put(here, agent="x = 1  # pexec: ignore\n", other="y = 1  # noqa\n")
    result = lint(".")
    assert result.exit_code == 1
    assert "agent.py:1:8: PX001 [*] `# pexec: ignore` silences nothing" in result.stdout
    assert lint("--ignore", "PX001", ".").exit_code == 0
    assert fix("--check", ".").exit_code == 1
    fix(".")
    assert (here / "agent.py").read_text() == "x = 1\n"
    assert lint(".").exit_code == 0


def test_what_has_no_fix_is_left(here: Path) -> None:
    put(here, agent="x = 1  # pexec: ignore[PX999]\ny = 1  # pexec: ignore[PX101]\n")
    result = fix("agent.py")
    assert result.exit_code == 0
    assert "fixed 1 finding in 1 file, 1 left, 0 notes." in result.stdout
    result = fix("agent.py")
    assert "; 1 finding, 0 notes." in result.stdout
    assert lint("agent.py").exit_code == 1


def test_the_library_call_says_so_too() -> None:
    found = parallelize("x = 1  # noqa: PX101\n", config=Config())
    assert found.source == "x = 1\n"
    assert [item.code for item in found.unused] == ["PX001"]
    assert parallelize("x = 1  # pexec: ignroe\n").error.startswith("1:8: `# pexec: ignroe` is not")
