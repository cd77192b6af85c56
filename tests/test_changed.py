"""Which lines changed: git's own answers, names of every kind, and histories that are cut off."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from commands import CONFIG, TWO, put, report
from pexec.analyzer.changed import WHOLE, Lines, NoHistory, changed_lines, lines_of_patch
from pull_requests import TOKEN, GitHub, event, serving, variables

OTHER = TWO.replace("page", "other")


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this machine, and no variables of a hook or a job that the tests run in."""
    for name in [n for n in os.environ if n.startswith(("GIT_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "gitconfig").write_text(
        "[user]\nname = t\nemail = t@example.org\n[init]\ndefaultBranch = main\n"
        # what users set, and what must not change what is read
        "[diff]\nnoprefix = true\nrenames = false\ncontext = 9\nsubmodule = log\nexternal = false\n"
        '[color]\nui = always\n[protocol "file"]\nallow = always\n'
    )


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)
    return done.stdout.decode().strip()


def commit(folder: Path, message: str = "x") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit on main, and a branch `topic` that is checked out."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "pexec.toml").write_text(CONFIG)
    put(folder, agent=TWO)
    commit(folder)
    git(folder, "checkout", "-q", "-b", "topic")
    monkeypatch.chdir(folder)
    return folder


def lines(text: str, *numbers: int) -> str:
    """Other words on some lines."""
    return "".join(
        f"{line.rstrip()}  # new\n" if n in numbers else line
        for n, line in enumerate(text.splitlines(keepends=True), 1)
    )


# -- lines -------------------------------------------------------------------------------------


def test_touching() -> None:
    changed = Lines(((3, 4), (9, 9)), (6,))
    assert [n for n in range(1, 11) if changed.touch(n, n)] == [3, 4, 9]
    assert changed.touch(6, 7)  # something between them is gone
    assert not changed.touch(5, 6)
    assert not changed.touch(7, 8)
    assert changed.touch(1, 20)
    assert WHOLE.touch(1, 1)
    assert not Lines().touch(1, 99)


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("@@ -1,0 +2,2 @@ def f\n+a\n+b", Lines(((2, 3),))),
        ("@@ -4,2 +3,0 @@\n-a\n-b", Lines((), (3,))),
        ("@@ -1 +0,0 @@\n-a", Lines((), (0,))),
        ("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file",
         Lines(((1, 1),))),
        ("@@ -1,5 +1,5 @@\n a\n-b\n c\n+d\n e\n f", Lines(((3, 3),), (1,))),
        ("@@ -1,3 +1,3 @@\n a\n-b\n+@@ -1 +50 @@\n c", Lines(((2, 2),))),
        ("@@ -1,2 +1,3 @@\n a\n+++ b/other.py\n b\n@@ -9 +10,2 @@\n x\n+y",
         Lines(((2, 2), (11, 11)))),
        ("", Lines()),
        ("Binary files differ", Lines()),
        ("@@ -1,3 +1,3 @@\n a", Lines()),
    ],
    ids=["added", "gone", "gone-first", "no-newline", "context", "like-a-hunk", "like-a-name",
         "empty", "binary", "cut-off"],
)  # fmt: skip
def test_hunks(patch: str, expected: Lines) -> None:
    assert lines_of_patch(patch) == expected


# -- git ---------------------------------------------------------------------------------------

NAMES = [
    "plain.py", "with space.py", "ünïcödé.py", 'quo"te.py', "tab\tand\nline.py", "back\\slash.py",
    "-dash.py", "b/b/deep.py", "a => b.py", "trailing .py", ":colon.py", "$(touch pwned).py",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names(work: Path, name: str) -> None:
    file = work / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TWO)
    base = commit(work)
    file.write_text(lines(TWO, 2))
    assert changed_lines(base, work).files == {name: Lines(((2, 2),))}
    assert changed_lines(base, work).of(name) == Lines(((2, 2),))
    assert changed_lines(base, work).of(str(file)) == Lines(((2, 2),))


def test_a_name_that_is_no_text(work: Path) -> None:
    name = os.fsdecode(b"latin-\xe9.py")
    try:
        (work / name).write_text(TWO)
    except OSError:
        pytest.skip("this file system takes no such name")
    base = commit(work)
    (work / name).write_text(lines(TWO, 3))
    assert changed_lines(base, work).of(name) == Lines(((3, 3),))


def test_only_what_the_branch_changed(work: Path) -> None:
    (work / "agent.py").write_text(lines(TWO, 3))
    commit(work)
    git(work, "checkout", "-q", "main")
    (work / "agent.py").write_text(lines(TWO, 1))
    put(work, elsewhere=TWO)
    commit(work)
    git(work, "checkout", "-q", "topic")
    assert changed_lines("main", work).files == {"agent.py": Lines(((3, 3),))}
    (work / "agent.py").write_text(lines(TWO, 3, 4))  # and what is not committed
    assert changed_lines("main", work).files == {"agent.py": Lines(((3, 4),))}


def test_renamed_removed_new_and_untracked(work: Path) -> None:
    put(work, gone=OTHER, moved=TWO + OTHER, exact=OTHER + TWO)
    base = commit(work)
    (work / "gone.py").unlink()
    (work / "moved.py").rename(work / "here.py")
    (work / "here.py").write_text(lines(TWO + OTHER, 2))
    (work / "exact.py").rename(work / "same.py")
    put(work, new="import os\n" * 4)
    commit(work)
    put(work, untracked=TWO)
    (work / ".gitignore").write_text("ignored.py\n")
    put(work, ignored=TWO)
    found = changed_lines(base, work).files
    assert found["here.py"] == Lines(((2, 2),))
    assert found["new.py"] == Lines(((1, 4),))
    assert found["untracked.py"] == WHOLE
    assert not {"gone.py", "moved.py", "same.py", "ignored.py"} & set(found)


def test_a_folder_below_and_one_outside(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "app").mkdir()
    put(work / "app", deep=TWO)
    base = commit(work)
    put(work / "app", deep=lines(TWO, 3))
    put(work, agent=lines(TWO, 1))
    (tmp_path / "link").symlink_to(work)
    monkeypatch.chdir(work / "app")
    found = changed_lines(base, Path.cwd())
    assert found.of("deep.py") == Lines(((3, 3),))
    assert found.of("../agent.py") == Lines(((1, 1),))
    assert found.of(str(tmp_path / "link" / "app" / "deep.py")) == Lines(((3, 3),))
    assert found.of(str(tmp_path / "deep.py")) == Lines()


def test_a_submodule_is_another_repository(work: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    put(inner, tool=TWO)
    commit(inner)
    git(work, "submodule", "--quiet", "add", str(inner), "lib")
    base = commit(work)
    put(work / "lib", tool=lines(TWO, 2))
    commit(work / "lib")
    put(work, agent=lines(TWO, 2))
    commit(work)
    found = changed_lines(base, work)
    assert found.files == {"agent.py": Lines(((2, 2),))}
    assert found.of("lib/tool.py") == Lines()


def test_attributes_and_the_environment_hide_nothing(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / ".gitattributes").write_text("*.py -diff\n")
    base = commit(work)
    put(work, agent=lines(TWO, 2))
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=5")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert changed_lines(base, work).files == {"agent.py": Lines(((2, 2),))}


@pytest.mark.parametrize(
    "base",
    ["nowhere", "--output=pwned", "$(touch pwned)", "", "main:agent.py", "a\nb", "HEAD..main"],
)
def test_a_commit_that_is_none(work: Path, base: str) -> None:
    with pytest.raises(NoHistory, match="the repository has no commit"):
        changed_lines(base, work)
    assert not (work / "pwned").exists()


def test_no_repository_and_no_git(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoHistory, match="not a git repository"):
        changed_lines("main", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoHistory, match="git cannot be run: No such file"):
        changed_lines("main", work)


def test_unrelated_histories(work: Path) -> None:
    git(work, "checkout", "-q", "--orphan", "fresh")
    commit(work, "another beginning")
    with pytest.raises(NoHistory, match="no commit in common"):
        changed_lines("main", work)


# -- the report --------------------------------------------------------------------------------


def limited(*args: str) -> list[str]:
    done = report("--output-format", "json", *args, ".")
    assert done.exit_code == 0, done.output
    page = json.loads(done.stdout)
    return [f["name"] for file in page["files"] for f in file["functions"]]


def test_the_report_is_limited(work: Path) -> None:
    put(work, agent=TWO + OTHER, more=OTHER)
    base = commit(work)
    assert limited("--diff-base", base) == []
    put(work, agent=lines(TWO + OTHER, 6))
    assert limited("--diff-base", base) == ["other"]
    put(work, agent=lines(TWO + OTHER, 1, 4, 8))  # around the calls, not between them
    assert limited("--diff-base", base) == []
    assert len(limited()) == 3
    assert report("--diff-base", base, "--all-lines", ".").exit_code == 2


def test_what_is_taken_away_between_two_calls_makes_the_finding(work: Path) -> None:
    call = "    orders"
    put(work, agent=TWO.replace(call, f"    await sdk.unknown()\n{call}"))
    base = commit(work)
    put(work, agent=TWO)
    assert limited("--diff-base", base) == ["page"]


def test_a_note_is_limited_too(work: Path) -> None:
    note = TWO.replace("get_orders(uid)", "get_orders(user)")
    put(work, agent=note + note.replace("page", "second"))
    base = commit(work)
    put(work, agent=lines(note + note.replace("page", "second"), 2))
    assert limited("--diff-base", base) == ["page"]


def test_cells_of_a_notebook(work: Path) -> None:
    def cell(*source: str) -> dict[str, object]:
        return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
                "source": list(source)}  # fmt: skip

    def text(*cells: dict[str, object]) -> str:
        page = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(page, indent=1)

    one, two = TWO.splitlines(keepends=True), OTHER.splitlines(keepends=True)
    (work / "book.ipynb").write_text(text(cell(*one), cell(*two)))
    base = commit(work)
    two[1] = two[1].rstrip() + "  # new\n"
    (work / "book.ipynb").write_text(text(cell(*one), cell(*two)))
    assert limited("--diff-base", base) == ["other"]


def test_diff_base_without_a_history(work: Path) -> None:
    done = report("--diff-base", "nowhere", ".")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: changed lines are not known: the repository has no commit 'nowhere'; "
        "check out with its history (`fetch-depth: 0` of actions/checkout)\n"
    )


# -- pull requests, as GitHub checks them out --------------------------------------------------


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as held:
        yield held


def clone(work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub, depth: int) -> Path:
    """What actions/checkout leaves of a pull request: its merge into the base, alone at depth 1."""
    put(work, agent=TWO + OTHER)
    base = commit(work)
    git(work, "checkout", "-q", "-b", "change")
    put(work, agent=lines(TWO + OTHER, 6))
    head = commit(work)
    git(work, "checkout", "-q", "topic")
    put(work, agent="import os\n\n\n" + TWO + OTHER, newer=TWO)  # the base moves on
    commit(work)
    git(work, "merge", "-q", "--no-ff", "-m", "merge", "change")
    folder = work.parent / f"clone{depth}"
    options = [f"--depth={depth}"] if depth else []
    git(work, "clone", "-q", *options, f"file://{work}", str(folder))
    file = work.parent / "event.json"
    file.write_text(json.dumps(event(base, head)))
    for name, value in variables(github, str(file)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return folder


def put_comment() -> Result:
    done = report("--comment", "github", "--output-format", "json", ".")
    assert TOKEN not in done.output
    return done


def functions(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    page = json.loads(done.stdout)
    return [f["name"] for file in page["files"] for f in file["functions"]]


@pytest.mark.parametrize("depth", [0, 2])
def test_the_merge_of_a_pull_request(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub, depth: int
) -> None:
    clone(work, monkeypatch, github, depth)
    assert functions(put_comment()) == ["other"]
    assert not [a for a in github.asked if "files" in a]
    assert "other" in github.bodies()[0]
    assert "newer" not in github.bodies()[0]


def test_a_shallow_checkout_asks_github(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub
) -> None:
    clone(work, monkeypatch, github, 1)
    github.page = 1
    github.files = [
        {"filename": "gone.py", "status": "removed", "changes": 9, "patch": "@@ -1 +0,0 @@\n-x"},
        {"filename": "old.py", "status": "renamed", "changes": 0},
        {"filename": "agent.py", "status": "modified", "changes": 2,
         "patch": "@@ -6,7 +9,7 @@ def\n     user\n-    a\n+    b\n     return\n"},
    ]  # fmt: skip
    done = put_comment()
    assert functions(done) == ["other"]
    assert (
        "changed lines: as GitHub lists them, because the repository has no commit" in done.stderr
    )
    assert len([a for a in github.asked if a.endswith("/files")]) == 3


def test_a_file_without_a_patch_counts_as_a_whole(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub
) -> None:
    clone(work, monkeypatch, github, 1)
    github.files = [{"filename": "newer.py", "status": "modified", "changes": 99_999}]
    assert functions(put_comment()) == ["page"]


def test_files_beyond_those_that_are_listed_count(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub
) -> None:
    monkeypatch.setattr("pexec.analyzer.ci.github.MOST_FILES", 1)
    clone(work, monkeypatch, github, 1)
    github.files = [{"filename": "agent.py", "status": "renamed", "changes": 0}]
    assert functions(put_comment()) == ["page"]


@pytest.mark.parametrize("token", [True, False])
def test_neither_history_nor_list(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub, token: bool
) -> None:
    clone(work, monkeypatch, github, 1)
    words = ["--comment", "github"] if token else ["--write-comment", "body.md"]
    if token:
        github.may_write = False
        monkeypatch.setenv("GITHUB_REPOSITORY", "acme/none")
    else:
        monkeypatch.delenv("GITHUB_TOKEN")
    done = report(*words, ".")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "`fetch-depth: 0`" in done.stderr
    assert ("status 404" in done.stderr) == token
    assert not github.comments


def test_the_whole_project_on_request(
    work: Path, monkeypatch: pytest.MonkeyPatch, github: GitHub
) -> None:
    clone(work, monkeypatch, github, 1)
    done = report("--comment", "github", "--all-lines", "--output-format", "json", ".")
    assert sorted(functions(done)) == ["other", "page", "page"]


# -- exit codes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [("100", 1), ("101ms", 0), ("0.1s", 1), ("0.2s", 0), ("33%", 1), ("34 %", 0)],
)
def test_fail_under_gain(work: Path, given: str, code: int) -> None:
    done = report("--fail-under-gain", given, ".")
    assert done.exit_code == code
    said = f"pexec-fix could save 100 ms: --fail-under-gain {given}\n"
    assert done.stderr == (said if code else "")


@pytest.mark.parametrize("given", ["0", "-1", "x", "101%", "nan", "inf", "5m", ""])
def test_fail_under_gain_takes_a_number_above_0(work: Path, given: str) -> None:
    done = report("--fail-under-gain", given, ".")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--fail-under-gain" in done.stderr


def test_fail_on_new(work: Path) -> None:
    from commands import lint

    assert report("--fail-on", "new", ".").exit_code == 2
    lint("--write-baseline", "known.json", ".")
    again = ("--fail-on", "new", "--baseline", "known.json", "--fail-under-gain", "1", ".")
    assert report(*again).exit_code == 0
    put(work, more=OTHER)
    done = report(*again)
    assert done.exit_code == 1
    assert "1 finding not in the baseline: --fail-on new" in done.stderr
    assert report("--fail-on", "new", "--baseline", "none.json", ".").exit_code == 2
    put(work, broken="async def f(:\n    await a\n    await b\n")
    assert report(*again).exit_code == 2
