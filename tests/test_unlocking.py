"""What unknown calls cost (PX301): the batches that there would be if they only read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import fix, lint, report
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.codemods.rewrite import rewrite

READ = {"match": "known", "reads": ["a"], "returns": "fresh", "latency-ms": 80}


def unlocks(body: str, *tools: dict[str, object]) -> list[tuple[list[str], int, float]]:
    text = "async def f(k):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    config = check({"tools": [READ, *tools]}, "test")
    found = analyze_bytes(text.encode(), "t.py", config, rewrite)
    assert isinstance(found, Analyzed), found
    return [([n for n, _ in u.names], u.line, round(u.gain_ms)) for u in found.unlocks]


def test_one_call_holds_a_batch_back() -> None:
    assert unlocks("a = await known(k)\nb = await odd(k)\nreturn a, b") == [(["odd"], 2, 80)]


def test_two_calls_have_to_be_declared_for_one_batch() -> None:
    assert unlocks("a = await odd(k)\nb = await even(k)\nreturn a, b") == [
        (["odd", "even"], 2, 100)
    ]


def test_a_call_between_is_taken_to_be_pure() -> None:
    assert unlocks("a = await known(k)\nc = odd(a)\nb = await known(1)\nreturn a, b, c") == [
        (["odd"], 2, 80)
    ]


@pytest.mark.parametrize(
    "body",
    [
        "a = await odd(k)\nb = await even(a)\nreturn b",  # the result is needed
        "a = await known(k)\nif not a:\n    return None\nb = await odd(k)\nreturn a, b",  # a guard
        "a = await known(k)\nb = await k[0].odd(k)\nreturn a, b",  # nothing can name it
    ],
)
def test_what_a_declaration_would_not_unlock(body: str) -> None:
    assert unlocks(body) == []


def test_a_known_write_is_no_unknown_call() -> None:
    write: dict[str, object] = {"match": "store", "writes": ["a"]}
    assert unlocks("a = await known(k)\nb = await store(k)\nreturn a, b", write) == []


def test_only_what_is_saved_beyond_the_batches_of_today_counts() -> None:
    body = "a = await known(k)\nb = await known(1)\nc = await odd(k)\nreturn a, b, c"
    assert unlocks(body) == [(["odd"], 2, 80)]


def test_a_silenced_call_is_not_counted() -> None:
    body = "a = await known(k)\nb = await odd(k)  # pexec: ignore[PX301]\nreturn a, b"
    assert unlocks(body) == []


FILES = {
    "one.py": "import sdk\n\nasync def f(c: sdk.Client, k):\n    a = await c.items.get(k)\n"
    "    b = await c.parts.get(k)\n    return a, b\n",
    "two.py": "import sdk\n\nasync def g(c: sdk.Client, k):\n    a = await c.items.get(k)\n"
    "    b = await c.items.get(1)\n    return a, b\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "pexec.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_ranking_is_over_all_files(project: Path) -> None:
    assert project.is_dir()
    table = json.loads(report("--output-format", "json", ".").stdout)["undeclared"]
    assert [(row["call"], row["batches"], row["batches_alone"]) for row in table] == [
        ("sdk.Client.items.get", 2, 1), ("sdk.Client.parts.get", 1, 0),
    ]  # fmt: skip
    assert [row["saved_ms"] for row in table] == [150, 50]
    for form in ("text", "markdown"):
        shown = report("--output-format", form, ".").stdout
        assert "2 batches, about 150 ms; declare others of these too for 1" in shown
        assert 'match = "sdk.Client.items.get"' in shown
    assert "2 calls that nobody declared hold back 2 batches, about 200 ms." in lint(".").stdout


def test_the_declarations_unlock_what_they_promise(project: Path) -> None:
    table = json.loads(report("--output-format", "json", ".").stdout)["undeclared"]
    text = "\n".join(row["declaration"].replace("…", "sdk") for row in table)
    (project / "pexec.toml").write_text(text)
    assert "fixed 2 findings in 2 files" in fix(".").stdout


def test_it_is_a_finding_only_where_it_is_selected(project: Path) -> None:
    assert project.is_dir()
    assert lint(".").exit_code == 0
    chosen = lint("--select", "PX301", ".")
    assert chosen.exit_code == 1
    assert "one.py:4:9: PX301 nobody declared what `sdk.Client.items.get` touches" in chosen.stdout
    row = json.loads(lint("--select", "PX301", "--output-format", "json", ".").stdout)[0]
    assert (row["code"], row["fix"], row["name"]) == ("PX301", None, "unknown-effects")
    (project / "one.py").write_text(
        FILES["one.py"].replace("(k)\n    b", "(k)  # noqa: PX301\n    b")
    )
    assert "one.py" not in lint("--select", "PX301", ".").stdout


def test_a_builtin_is_not_the_call_to_declare() -> None:
    assert unlocks("a = await known(k)\nc = list(k)\nb = await known(1)\nreturn a, b, c") == []
