"""Baselines: what is known is not reported, whatever else changes; what is new is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import CONFIG, FLOW, TWO, WRITES, fix, lint, objects, put
from pexec.analyzer.fingerprint import fingerprints
from test_suppressions import result_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def other(name: str, source: str = TWO) -> str:
    return source.replace("page", name)


def entries(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["findings"]


def test_write_then_leave_out(here: Path) -> None:
    put(here / "app", agent=TWO + other("second"), more="x = 1  # noqa: PX101\n")
    result = lint("--write-baseline", "known.json", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Wrote 3 findings to known.json.\n"
    result = lint("--baseline", "known.json", ".")
    assert result.exit_code == 0
    assert result.stdout == (
        "Checked 2 files: 4 awaited calls, 4 with known effects; "
        "0 findings, 3 in the baseline, 0 notes.\n"
    )
    assert objects(lint("--baseline", "known.json", "--output-format", "json", ".")) == []
    assert lint(".").exit_code == 1
    put(here, new=TWO)
    result = lint("--baseline", "known.json", ".")
    assert result.exit_code == 1
    assert "new.py:2:12: PX101" in result.stdout
    assert "; 1 finding, 3 in the baseline, 0 notes." in result.stdout


def test_the_file_is_sorted_one_finding_a_line(here: Path) -> None:
    put(here / "app", b=TWO, a=other("z") + TWO)
    put(here, agent="x = 1  # noqa: PX101\n")
    lint("--write-baseline", "known.json", ".")
    text = (here / "known.json").read_text()
    lines = [line for line in text.splitlines() if "fingerprint" in line]
    assert [json.loads(line.strip().rstrip(",")) for line in lines] == entries(here / "known.json")
    assert [(e["path"], e["code"], e["function"]) for e in entries(here / "known.json")] == [
        ("agent.py", "PX001", ""), ("app/a.py", "PX101", "page"), ("app/a.py", "PX101", "z"),
        ("app/b.py", "PX101", "page"),
    ]  # fmt: skip
    lint("--write-baseline", "known.json", ".")
    assert (here / "known.json").read_text() == text
    assert json.loads(text)["version"] == 1


@pytest.mark.parametrize("named", ["known.json", "../known.json", "../app/known.json"])
def test_paths_do_not_depend_on_the_working_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    put(here / "app", agent=TWO)
    (here / "work").mkdir()
    monkeypatch.chdir(here / "app")
    file = str((here / "work" / named).resolve())
    lint("--write-baseline", file, ".")
    for folder, paths in ((here, ["app"]), (here / "app", ["."]), (here / "work", ["../app"]),
                          (here, [str(here / "app" / "agent.py")])):  # fmt: skip
        monkeypatch.chdir(folder)
        assert lint("--baseline", file, *paths).exit_code == 0
    assert not Path(entries(Path(file))[0]["path"]).is_absolute()
    assert "\\" not in entries(Path(file))[0]["path"]


def test_through_a_linked_folder(here: Path) -> None:
    put(here / "app", agent=TWO)
    (here / "link").symlink_to(here / "app")
    lint("--write-baseline", "link/known.json", "app")
    assert entries(here / "app" / "known.json")[0]["path"] == "agent.py"
    assert lint("--baseline", "app/known.json", "link/agent.py").exit_code == 0


#: What may happen to the rest of the file, and to how the calls are written.
SAME = {
    "lines-moved": "import os\n\n\n" + TWO,
    "another-function": other("first") + TWO,
    "reformatted": (
        "async def page(uid):\n    user = await get_user(\n        uid,\n    )\n"
        "    orders = await (get_orders(uid))\n    return user, orders\n"
    ),
    "commented": TWO.replace("get_user(uid)", "get_user(uid)  # slow"),
    "other-line-ends": TWO.replace("\n", "\r\n"),
    "statement-between": TWO.replace("    orders", "    print(uid)\n    orders"),
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME.keys())
def test_known_findings_stay_known(here: Path, source: str) -> None:
    put(here, agent=TWO)
    lint("--write-baseline", "known.json", ".")
    put(here, agent=source)
    result = lint("--baseline", "known.json", ".")
    assert ", 1 in the baseline" in result.stdout
    assert "no longer" not in result.stdout


NEW = {
    "other-argument": TWO.replace("get_user(uid)", "get_user(uid + 1)"),
    "other-function": other("second"),
    "one-more-call": TWO.replace("    return", "    more = await get_user(1)\n    return"),
}


@pytest.mark.parametrize("source", NEW.values(), ids=NEW.keys())
def test_new_findings_are_reported(here: Path, source: str) -> None:
    put(here, agent=TWO)
    lint("--write-baseline", "known.json", ".")
    put(here, agent=source)
    result = lint("--baseline", "known.json", ".")
    assert result.exit_code == 1
    assert result.stdout.rstrip().endswith(
        "1 finding, 0 notes. 1 entry of the baseline no longer occurs "
        "(--write-baseline takes it out)."
    )


def test_one_more_of_the_same_is_new(here: Path) -> None:
    twice = TWO.replace("    return", "    print(uid)\n    return") + other("page")
    put(here, agent=TWO)
    lint("--write-baseline", "known.json", ".")
    put(here, agent=twice)
    result = lint("--baseline", "known.json", ".")
    assert "; 1 finding, 1 in the baseline" in result.stdout


def test_what_no_longer_occurs_is_counted_and_no_error(here: Path) -> None:
    put(here, agent=TWO + other("b"), bare=TWO, gone=TWO)
    lint("--write-baseline", "known.json", ".")
    put(here, agent=TWO, bare="x = 1\n")
    result = lint("--baseline", "known.json", "agent.py", "bare.py")
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith(
        "0 findings, 1 in the baseline, 0 notes. 2 entries of the baseline no longer occur "
        "(--write-baseline takes them out)."
    )
    result = lint("--write-baseline", "known.json", "agent.py", "bare.py")
    assert result.stderr == "Wrote 1 finding to known.json.\n"
    assert [e["path"] for e in entries(here / "known.json")] == ["agent.py", "gone.py"]
    assert "no longer" not in lint("--baseline", "known.json", ".").stdout


def test_a_part_of_the_tree_keeps_the_rest(here: Path) -> None:
    put(here / "app", agent=TWO)
    put(here, script=TWO, dead=TWO, broken=TWO)
    lint("--write-baseline", "known.json", ".")
    (here / "dead.py").unlink()
    put(here, broken="async def f(:\n    await a\n    await b\n", script=FLOW)
    result = lint("--write-baseline", "known.json", "script.py", "broken.py")
    assert result.exit_code == 2
    assert "Wrote 0 findings to known.json." in result.stderr
    assert [e["path"] for e in entries(here / "known.json")] == ["app/agent.py", "broken.py"]


def test_codes_that_were_not_looked_for_stay(here: Path) -> None:
    put(here, agent="x = 1  # noqa: PX101\n" + TWO)
    lint("--write-baseline", "known.json", ".")
    before = (here / "known.json").read_text()
    lint("--select", "PX101", "--write-baseline", "known.json", ".")
    assert (here / "known.json").read_text() == before
    assert "no longer" not in lint("--select", "PX101", "--baseline", "known.json", ".").stdout


def test_empty_baseline(here: Path) -> None:
    put(here, agent=FLOW)
    assert lint("--write-baseline", "known.json", ".").stderr == "Wrote 0 findings to known.json.\n"
    assert entries(here / "known.json") == []
    assert "each call needs the one before" in lint("--baseline", "known.json", ".").stdout


def test_level_of_findings(here: Path) -> None:
    put(here, agent=WRITES)
    lint("--unsafe-fixes", "--write-baseline", "known.json", ".")
    assert len(entries(here / "known.json")) == 1
    assert lint("--unsafe-fixes", "--baseline", "known.json", ".").exit_code == 0


def test_add_ignore_for_what_is_not_in_the_baseline(here: Path) -> None:
    put(here, agent=TWO)
    lint("--write-baseline", "known.json", ".")
    put(here, agent=TWO + other("second"))
    result = lint("--baseline", "known.json", "--add-ignore", ".")
    assert result.stderr == "Added 1 ignore comment in 1 file.\n"
    text = (here / "agent.py").read_text()
    assert text.index("# pexec: ignore[PX101]") > text.index("second")


def test_standard_input(here: Path) -> None:
    put(here, agent=TWO)
    lint("--write-baseline", "known.json", ".")
    known = lint("--baseline", "known.json", "-", "--stdin-filename", "agent.py", stdin=TWO)
    assert known.exit_code == 0
    assert lint("--baseline", "known.json", "-", stdin=TWO).exit_code == 1
    result = lint("--write-baseline", "known.json", "-", stdin=TWO)
    assert result.exit_code == 2
    assert "standard input needs a name (--stdin-filename)" in result.stderr


WRONG = {
    "no-json": ("[", "known.json: not a baseline: not valid JSON: "),
    "no-text": (b"\xff\xfe\xff", "known.json: not a baseline: not valid JSON: "),
    "another-file": ('{"name": "x"}', 'known.json: not a baseline: it has no "version": 1'),
    "list": ("[]", "known.json: not a baseline: "),
    "no-version": ('{"findings": []}', "known.json: not a baseline: "),
    "version-of-truth": ('{"version": true, "findings": []}', "known.json: not a baseline: "),
    "no-findings": ('{"version": 1}', 'no list of "findings"'),
    "newer": ('{"version": 2, "findings": []}', "known.json: written by a newer pexec"),
    "entry-is-no-table": ('{"version": 1, "findings": [3]}', "known.json: finding #1: path, "),
    "entry-without-a-path": (
        '{"version": 1, "findings": [{"code": "PX101", "function": "f", "fingerprint": "a"}]}',
        "known.json: finding #1: path, ",
    ),
}


@pytest.mark.parametrize("option", ["--baseline", "--write-baseline"])
@pytest.mark.parametrize(("content", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_an_error_and_stays(
    here: Path, content: str | bytes, words: str, option: str
) -> None:
    data = content.encode() if isinstance(content, str) else content
    (here / "known.json").write_bytes(data)
    put(here, agent=TWO)
    result = lint(option, "known.json", ".")
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (here / "known.json").read_bytes() == data


def test_missing_file(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--baseline", "known.json", ".")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "known.json: no such baseline; `--write-baseline known.json` writes one" in result.stderr
    result = lint("--write-baseline", "no/known.json", ".")
    assert result.exit_code == 2
    assert "no/known.json: the baseline cannot be written: No such file" in result.stderr
    result = lint("--baseline", "app", ".")
    assert result.exit_code == 2
    assert "app: Is a directory" in result.stderr


def test_options_that_exclude_each_other(here: Path) -> None:
    result = lint("--baseline", "a.json", "--write-baseline", "b.json", ".")
    assert result.exit_code == 2
    assert "--baseline and --write-baseline exclude each other" in result.stderr


# -- fingerprints --------------------------------------------------------------------------------


def fingerprint(first: str, second: str = "get_orders(a)") -> str:
    text = f"async def f(a, b):\n    x = await {first}\n    y = await {second}\n    return x, y\n"
    result = result_of(text)
    (found,) = fingerprints(result.source.text, result.findings)
    return found


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("get_user('a')", 'get_user("a")'),
        ("get_user('a')", "get_user(\n        'a',\n    )"),
        ("get_user(a)", "get_user(  # slow\n        a)"),
        ("get_user(a)", "(get_user(a))"),
        ("get_user('a' 'b')", "get_user('ab')"),
        ("get_user(f'{a}-')", 'get_user(f"{a}-")'),
        ("get_user(0XFF)", "get_user(0xff)"),
        (r"get_user('\d')", r"get_user( '\d' )"),
        ("get_user(a if b else 1)", "get_user((a if b else 1))"),
    ],
    ids=["quotes", "trailing-comma", "comment", "parentheses", "joined-strings", "f-string",
         "number", "odd-escape", "inner-parentheses"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_layout_is_no_part_of_a_fingerprint(one: str, two: str) -> None:
    assert fingerprint(one) == fingerprint(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("get_user(a)", "get_user(b)"),
        ("get_user('a b')", "get_user('ab')"),
        ("get_user('a', 'b')", "get_user('a' 'b')"),
        ("get_user('a')", "get_user(b'a')"),
        ("get_user(1)", "get_user('1')"),
    ],
    ids=["name", "space-in-a-string", "two-arguments", "bytes", "type"],
)
def test_calls_are_part_of_a_fingerprint(one: str, two: str) -> None:
    assert fingerprint(one) != fingerprint(two)


def test_fixing_one_finding_leaves_the_others_known(here: Path) -> None:
    """Also where they are equal: which one is gone does not matter."""
    put(here, agent=TWO + "\n\n" + TWO + "\n\n" + other("last"))
    lint("--write-baseline", "known.json", ".")
    fixed = fix("-", stdin=TWO + "\n\n").stdout
    put(here, agent=fixed + TWO + "\n\n" + other("last"))
    result = lint("--baseline", "known.json", ".")
    assert "; 0 findings, 2 in the baseline" in result.stdout
    assert "1 entry of the baseline no longer occurs" in result.stdout
