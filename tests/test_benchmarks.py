"""The benchmarks: what they read, what they catch, what they print. Nothing is downloaded here."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import assumed
import checks
import corpus
import graphs
import hunks
import judged
import pages
import real_code
import schedule
import stress
import under_test
from pexec.analyzer.engine import Analyzed, Failed

FIXABLE = """\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        user = await client.get("https://crm.example.com/users/7")
        rates = await client.get("https://rates.example.com/latest")
    print(user, rates)  # both


asyncio.run(main())
"""
UNKNOWN = """\
import shop


async def page(user):
    one = await shop.basket(user)
    two = await shop.offers(user)
    return one, two
"""
FILES = {
    "demo/script.py": FIXABLE,
    "demo/page.py": UNKNOWN,
    "demo/template.py": "await {{ name }} await\n",
    "demo/plain.py": "x = 1\n",
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds the wheel of the only pinned package."""
    pins = tmp_path / "corpus.toml"
    pins.write_text('[packages]\ndemo = "1.0"\nabsent = "1"\n[sets]\nsmall = ["demo"]\n')
    monkeypatch.setattr(corpus, "PINS", pins)
    place = tmp_path / "cache" / "archives" / "demo-1.0"
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / "demo-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    return tmp_path / "cache"


def demo() -> corpus.Package:
    return corpus.package("demo")


# -- corpus ------------------------------------------------------------------------------------


def test_a_wheel_is_unpacked_once(cache: Path) -> None:
    folder = corpus.fetch(demo(), cache)
    assert (folder / "demo" / "script.py").read_text() == FIXABLE
    (cache / "archives" / "demo-1.0" / "demo-1.0-py3-none-any.whl").unlink()
    assert corpus.fetch(demo(), cache) == folder


def test_a_source_archive_is_unpacked(cache: Path) -> None:
    place = cache / "archives" / "demo-1.0"
    (place / "demo-1.0-py3-none-any.whl").unlink()
    with tarfile.open(place / "demo-1.0.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("demo-1.0/a.py")
        entry.size = 6
        archive.addfile(entry, io.BytesIO(b"x = 1\n"))
    assert (corpus.fetch(demo(), cache) / "demo-1.0" / "a.py").read_text() == "x = 1\n"


def test_a_copy_is_thrown_away_and_the_source_is_left_alone(cache: Path) -> None:
    with corpus.copy_of(demo(), cache, "min-gain-ms = 5\n") as folder:
        assert (folder / "pexec.toml").read_text() == "min-gain-ms = 5\n"
        (folder / "demo" / "plain.py").write_text("changed\n")
    assert not folder.exists()
    assert (corpus.fetch(demo(), cache) / "demo" / "plain.py").read_text() == "x = 1\n"
    assert not (corpus.fetch(demo(), cache) / "pexec.toml").exists()


def test_a_failed_download_names_the_pin_and_the_cause(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert "absent==1" in command
        return subprocess.CompletedProcess(command, 1, "", "WARNING: x\nERROR: no such release\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(click.ClickException, match=r"absent==1: ERROR: no such release"):
        corpus.fetch(corpus.package("absent"), cache)


def test_a_package_that_is_not_pinned_is_an_error() -> None:
    with pytest.raises(click.ClickException, match="pins no package 'nonsense'"):
        corpus.package("nonsense")


def test_every_set_names_pinned_packages() -> None:
    assert {"small", "stress", "all"} <= set(corpus.sets())
    for name in corpus.sets():
        assert corpus.packages_of(name)


# -- real_code ---------------------------------------------------------------------------------


def test_the_run_over_a_package(cache: Path, tmp_path: Path) -> None:
    diffs = tmp_path / "diffs.txt"
    arguments = ["--cache", str(cache), "--workers", "1", "--diffs", str(diffs)]
    done = CliRunner().invoke(real_code.main, arguments)
    assert done.exit_code == 0, done.output
    assert "| `demo==1.0` | 4 | 2 | 4 | 2 | 1 | 0 | 1 |" in done.stdout
    assert "| package | unknown |" in done.stdout
    assert "All checks passed.\nFiles that are no Python at all: demo==1.0/demo/template.py." in (
        done.stdout
    )
    text = diffs.read_text()
    assert text.startswith("##### 1. demo-1.0/demo/script.py:8 main: plain")
    assert "+        user, rates = await asyncio.gather(\n" in text


def test_assumed_declarations_reach_what_is_unknown(cache: Path) -> None:
    arguments = ["--cache", str(cache), "--workers", "1", "--assume", "writes", "--json"]
    done = CliRunner().invoke(real_code.main, arguments)
    assert done.exit_code == 0, done.output
    exact, unsafe = json.loads(done.stdout)
    assert (exact["findings"], unsafe["findings"]) == (1, 2)  # two writes, the second in vain
    assert exact["known"] == 4


def test_assumed_settings_are_valid() -> None:
    import tomllib

    from pexec.analyzer.config import Config, check

    for assumption in assumed.ASSUMPTIONS:
        text = assumed.settings(["shop.basket", "offers"], assumption)
        assert check(tomllib.loads(text), "assumed").backend != Config().backend


def test_a_failed_check_is_printed_and_ends_with_1(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(
        folder: Path, *, unsafe: bool, workers: int = 1
    ) -> subprocess.CompletedProcess[str]:
        for path in folder.rglob("*.py"):
            path.write_text(path.read_text() + "# touched\n")
        return subprocess.CompletedProcess([], 1, "", "boom\n")

    monkeypatch.setattr(under_test, "fix", careless)
    done = CliRunner().invoke(real_code.main, ["--cache", str(cache), "--workers", "1"])
    assert done.exit_code == 1
    assert "* demo==1.0: pexec-fix ends with 1 instead of 2: boom" in done.stdout
    assert "* demo==1.0: demo/plain.py: pexec-fix wrote something else" in done.stdout
    assert "* demo==1.0: demo/page.py: a second run changes it again" in done.stdout


def analyzed(cache: Path) -> tuple[Analyzed, Path]:
    with corpus.copy_of(demo(), cache) as folder:
        found = under_test.results(folder, unsafe=False)
    result = next(r for r in found if r.filename.endswith("script.py"))
    assert isinstance(result, Analyzed)
    return result, folder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def (\n", "cannot be parsed by LibCST"),
        ("return 1\n", "does not compile"),
        (FIXABLE.replace("# both", ""), "lost the comment # both"),
        (FIXABLE.replace("users/7", "users/8"), "has other strings than the original"),
    ],
)
def test_a_fixed_text_that_is_not_python_is_caught(cache: Path, text: str, words: str) -> None:
    result, folder = analyzed(cache)
    assert checks.of_results([result], folder) == []
    wrong = checks.of_results([replace(result, fixed=text)], folder)
    assert f"demo/script.py: the fixed text {words}" in wrong


def test_a_crash_is_told_from_an_unreadable_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("x = 1\n")
    bad.write_text("x = = 1\n")
    crash, unreadable = (Failed(str(path), "internal error: x") for path in (good, bad))
    assert checks.of_results([crash, unreadable], tmp_path) == ["good.py:1: internal error: x"]


def test_a_draw_is_repeatable() -> None:
    all_of = [hunks.Hunk(str(i), "") for i in range(20)]
    drawn = hunks.draw(all_of, 5, 3)
    assert len(drawn) == 5
    assert drawn == hunks.draw(all_of[::-1], 5, 3)
    assert drawn != hunks.draw(all_of, 5, 4)
    assert len(hunks.draw(all_of, None, 3)) == len(hunks.draw(all_of, 99, 3)) == 20


# -- judged ------------------------------------------------------------------------------------


def site(path: str, lines: tuple[int, int], verdict: str, shape: str = "statements") -> judged.Site:
    return judged.Site("demo", path, lines, shape, verdict, "because")


def test_answers_at_judged_places(cache: Path) -> None:
    found = judged.answers(
        [
            site("demo/script.py", (8, 9), "SAFE"),
            site("demo/script.py", (8, 9), "UNSAFE"),
            site("demo/page.py", (5, 6), "SAFE"),
            site("demo/page.py", (5, 6), "UNKNOWN"),
            site("demo/page.py", (1, 2), "SAFE"),
        ],
        cache,
    )
    assert [answer.words for answer in found] == [
        *("found (exact)", "found (exact)", "unknown", "unknown", "nothing to say")
    ]
    assert [answer.agrees for answer in found] == [True, False, False, True, False]
    assert "| SAFE | reported | 3 | 1 | 1 |" in judged.summary(found)
    assert "unknown (1), nothing to say (1)" in judged.missed(found)


def test_judged_places_are_well_formed_and_pinned() -> None:
    found = judged.sites()
    assert {s.verdict for s in found} == set(judged.VERDICTS)
    assert {s.shape for s in found} == set(judged.RULE_OF)
    for s in found:
        assert corpus.package(s.package)
        assert s.lines[0] <= s.lines[1], s.path


# -- pages and figures -------------------------------------------------------------------------


def test_a_table_aligns_numbers() -> None:
    text = pages.table(["name", "n"], [["a|b", 1234], ["c", 5]])
    assert text == "| name | n |\n| --- | ---: |\n| a\\|b | 1,234 |\n| c | 5 |"


def test_a_section_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb\n")
    pages.put(page, "x", "new")
    pages.put(page, "x", "new")
    assert page.read_text() == "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n"
    with pytest.raises(click.ClickException, match="needs <!-- y -->"):
        pages.put(page, "y", "new")


def test_a_run_is_measured_with_its_children() -> None:
    child = "x = bytearray(150_000_000); import time; time.sleep(1)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print(7)"
    ended = stress.measured([sys.executable, "-c", program])
    assert (ended.code, ended.output, ended.errors) == (0, "7\n", "")
    assert ended.seconds > 1
    assert ended.peak > 150_000_000


def test_crashes_are_told_from_findings_and_unreadable_files() -> None:
    def ended(code: int, errors: str) -> stress.Ended:
        return stress.Ended(code, "", errors, 1.0, 1)

    assert stress.crashes(ended(1, "")) == []
    assert stress.crashes(ended(2, "a.py:1:2: not valid")) == []
    assert stress.unread(ended(2, "a.py:1:2: not valid\nb.py:3:1: no\n")) == 2
    assert stress.crashes(ended(2, "a.py:1:1: internal error: x")) == [
        "a.py:1:1: internal error: x"
    ]
    assert stress.crashes(ended(-9, "")) == ["ended with -9"]


# -- schedule ----------------------------------------------------------------------------------


def test_a_graph_is_recorded_with_edges_through_what_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text(
        "".join(
            f'[[tools]]\nmatch = "{name}"\n{how} = ["s"]\nreturns = "fresh"\nlatency-ms = {ms}\n'
            for name, how, ms in (("one", "reads", 10), ("two", "reads", 20), ("put", "writes", 30))
        )
    )
    script = tmp_path / "script.py"
    script.write_text(
        "async def f(a):\n"
        "    x = await one(a)\n"
        "    y = await two(a)\n"
        "    z = x['k']\n"
        "    u = await one(z)\n"
        "    await put(a)\n"
        "    return y, u\n"
    )
    found = list(graphs.of_file(script, tmp_path))
    assert found == [graphs.Graph((10, 20, 10, 30), ((), (), (0,), (0, 1, 2)))]


def test_what_a_graph_takes_is_measured_against_its_critical_path() -> None:
    graph = graphs.Graph((100, 100, 100, 100), ((), (0,), (), (2,)))
    assert schedule.ratios(graph) == pytest.approx((2.0, 1.0, 1.5, 1.0))


def test_a_missed_target_is_stated() -> None:
    kinds = [*graphs.DRAWN, *graphs.RECORDED]
    text = schedule.text({kind: [(2.0, 1.1, 1.2, 1.1)] for kind in kinds})
    assert "Batches and chains: 1.100 over all graphs, at most 1.05 was aimed at: missed" in text
    assert "Plain batches only: 1.200 over all graphs, at most 1.25 was aimed at: met" in text
    assert "* woven: 1.10. A run of lines" in text
