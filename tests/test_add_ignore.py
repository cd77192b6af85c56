"""``--add-ignore``: each finding gets a comment where one may stand, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest
from commands import CONFIG, FLOW, TWO, WRITES, fix, lint, put
from pexec.analyzer import files
from pexec.analyzer.add_ignore import add_ignores
from pexec.analyzer.engine import Analyzed
from test_suppressions import result_of
from test_unused import code_tokens


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def function(*lines: str) -> str:
    return "async def f(a):\n" + "".join(f"    {line}\n" for line in (*lines, "return x, y"))


#: body → body with the comment
PLACES: dict[str, tuple[list[str], list[str]]] = {
    "behind-the-first-call": (
        ["x = await get_user(a)", "y = await get_orders(a)"],
        ["x = await get_user(a)  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "behind-another-comment": (
        ["x = await get_user(a)  # slow", "y = await get_orders(a)"],
        ["x = await get_user(a)  # slow  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "behind-another-tools-code": (
        ["x = await get_user(a)  # noqa: E501", "y = await get_orders(a)"],
        ["x = await get_user(a)  # noqa: E501  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "behind-a-declaration": (
        ["x = await get_user(a)  # pexec: raises=false", "y = await get_orders(a)"],
        ["x = await get_user(a)  # pexec: raises=false  # pexec: ignore[PX101]",
         "y = await get_orders(a)"],
    ),
    "joins-an-ignore": (
        ["x = await get_user(a)  # pexec: ignore[PX001]  # slow", "y = await get_orders(a)"],
        ["x = await get_user(a)  # pexec: ignore[PX001, PX101]  # slow",
         "y = await get_orders(a)"],
    ),
    "white-space-at-the-end": (
        ["x = await get_user(a) \t", "y = await get_orders(a)"],
        ["x = await get_user(a)  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "call-over-several-lines": (
        ["x = await get_user(", "    a", ")", "y = await get_orders(a)"],
        ["x = await get_user(  # pexec: ignore[PX101]", "    a", ")", "y = await get_orders(a)"],
    ),
    "first-line-ends-in-a-string": (
        ['x = await get_user("""', '""")', "y = await get_orders(a)"],
        ['x = await get_user("""', '""")  # pexec: ignore[PX101]', "y = await get_orders(a)"],
    ),
    "first-line-ends-in-a-formatted-string": (
        ['x = await get_user(f"""{a}', '""")', "y = await get_orders(a)"],
        ['x = await get_user(f"""{a}', '""")  # pexec: ignore[PX101]', "y = await get_orders(a)"],
    ),
    "first-line-is-continued": (
        ["x = await get_user \\", "    (a)", "y = await get_orders(a)"],
        ["x = await get_user \\", "    (a)  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "comment-ends-in-a-backslash": (
        ["x = await get_user(a)  # C:\\", "y = await get_orders(a)"],
        ["x = await get_user(a)  # C:\\  # pexec: ignore[PX101]", "y = await get_orders(a)"],
    ),
    "only-the-second-call-has-a-place": (
        ['x, z = await get_user("""', '"""), \\', "    1", "y = await get_orders(a)"],
        ['x, z = await get_user("""', '"""), \\', "    1",
         "y = await get_orders(a)  # pexec: ignore[PX101]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES.keys())
def test_place(here: Path, before: list[str], after: list[str], ending: str) -> None:
    source = function(*before).replace("\n", ending)
    put(here, agent=source)
    result = lint("--add-ignore", "agent.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Added 1 ignore comment in 1 file.\n"
    written = (here / "agent.py").read_bytes().decode()
    assert written == function(*after).replace("\n", ending)
    assert code_tokens(written) == code_tokens(source)
    assert lint("agent.py").exit_code == 0
    assert lint("--add-ignore", "agent.py").stderr == "Added 0 ignore comments in 0 files.\n"
    assert (here / "agent.py").read_bytes().decode() == written


def test_finding_without_a_place_is_said(here: Path) -> None:
    source = "async def f(a):\n    x = \\\n    await get_user(a), \\\n      1\n" + (
        "    y = 2, \\\n        await get_orders(a), \\\n        1\n    return x, y\n"
    )
    put(here, agent=source)
    assert lint("agent.py").exit_code == 1
    result = lint("--add-ignore", "agent.py")
    assert result.exit_code == 2
    assert result.stderr.startswith("agent.py:3:5: PX101: no comment can stand")
    assert (here / "agent.py").read_text() == source


def test_several_findings_and_files(here: Path) -> None:
    put(here, one=TWO + TWO.replace("page", "other"), two=TWO, quiet=FLOW)
    assert lint("--add-ignore", ".").stderr == "Added 3 ignore comments in 2 files.\n"
    assert lint(".").exit_code == 0


def test_findings_of_the_level_asked_for(here: Path) -> None:
    put(here, agent=WRITES)
    assert lint("--add-ignore", ".").stderr == "Added 0 ignore comments in 0 files.\n"
    result = lint("--add-ignore", "--unsafe-fixes", ".")
    assert result.stderr == "Added 1 ignore comment in 1 file.\n"
    assert lint("--unsafe-fixes", ".").exit_code == 0
    assert lint(".").exit_code == 0  # it counts as used


def test_unused_suppressions_are_silenced_by_name(here: Path) -> None:
    source = "f()  # pexec: ignore[PX101]\ng()  # noqa: PX101\n# pexec: ignore\nh()\n"
    put(here, agent=source)
    assert lint("--add-ignore", ".").stderr == "Added 3 ignore comments in 1 file.\n"
    assert (here / "agent.py").read_text() == (
        "f()  # pexec: ignore[PX101, PX001]\n"
        "g()  # noqa: PX101  # pexec: ignore[PX001]\n"
        "# pexec: ignore  # pexec: ignore[PX001]\n"
        "h()\n"
    )
    assert lint(".").exit_code == 0


def test_output_options_change_nothing(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--add-ignore", "--output-format", "json", "--show-blocked", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "# pexec: ignore[PX101]" in (here / "agent.py").read_text()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-"], "`-` (standard input) is none"),
        (["--show-effects", "agent.py:1"], "--show-effects and --add-ignore exclude each other"),
        (["--write-baseline", "b.json"], "--add-ignore and --write-baseline exclude each other"),
    ],
)
def test_wrong_usage(here: Path, args: list[str], words: str) -> None:
    put(here, agent=TWO)
    result = lint("--add-ignore", *args, stdin=TWO)
    assert result.exit_code == 2
    assert words in result.stderr
    assert (here / "agent.py").read_text() == TWO


def test_failures_are_exit_2_and_stop_no_other_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, agent=TWO, bad="async def f(:\n    await a\n    await b\n")
    result = lint("--add-ignore", ".", "gone.py")
    assert result.exit_code == 2
    assert "gone.py: no such file" in result.stderr
    assert "Added 1 ignore comment in 1 file." in result.stderr

    def full(*args: object, **more: object) -> None:
        raise files.FileError("No space left on device")

    put(here, agent=TWO)
    monkeypatch.setattr(files, "write", full)
    result = lint("--add-ignore", "agent.py")
    assert result.exit_code == 2
    assert "agent.py: not changed: it cannot be written: No space left on device" in result.stderr
    assert "Added 0 ignore comments in 0 files." in result.stderr


def test_byte_order_mark_stays(here: Path) -> None:
    (here / "agent.py").write_bytes(b"\xef\xbb\xbf" + TWO.encode())
    lint("--add-ignore", ".")
    data = (here / "agent.py").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfasync def")
    assert b"# pexec: ignore[PX101]\n" in data


def test_fix_leaves_what_was_ignored(here: Path) -> None:
    put(here, agent=TWO)
    lint("--add-ignore", ".")
    before = (here / "agent.py").read_text()
    assert fix("--check", ".").exit_code == 0
    fix(".")
    assert (here / "agent.py").read_text() == before


def test_last_line_without_a_line_end() -> None:
    text = "x = await get_user(1)\ny = await get_orders(2)"
    assert add_ignores(result_of(text)).text == text.replace(
        "(1)\n", "(1)  # pexec: ignore[PX101]\n"
    )


CASES = golden.cases("rewrites")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_golden_case_lints_clean(case: golden.Case) -> None:
    result = golden.run(case)
    assert isinstance(result, Analyzed)
    added = add_ignores(result)
    assert added.left == ()
    assert 0 < added.comments <= len(result.reported)
    again = golden.run(case, result.source.encode(added.text))
    assert isinstance(again, Analyzed)
    assert again.reported == ()
    assert add_ignores(again).text == added.text
    if "\r" not in added.text.replace("\r\n", ""):  # `tokenize` does not know lone ones
        assert code_tokens(added.text) == code_tokens(result.source.text)
