"""The note of a merge request at GitLab: which one is touched, and what the server may say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from commands import CONFIG, FLOW, TWO, put, report
from merge_requests import EVE, HOME, OTHER, TOKEN, GitLab, serving, variables
from merge_requests import NOTES as PATH
from pexec.analyzer.ci.gitlab import inert
from pexec.analyzer.ci.http import Server
from pull_requests import Fault

FIRST = "<!-- pexec-report pexec -->"
NOTES = "/notes"
SCOPE = {
    "error": "insufficient_scope", "scope": "api",
    "error_description": "The request requires higher privileges than provided by the access token."
}  # fmt: skip
EXPIRED = {
    "error": "invalid_token",
    "error_description": "Token is expired. You can either do re-authorization or token refresh.",
}


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with serving() as held:
        yield held


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """All waits, which take no time."""
    waits: list[float] = []
    init = Server.__init__

    def quick(self: Server, *args: object, **named: object) -> None:
        init(self, *args, **{"sleep": waits.append, "backoff": 0.0, **named})  # type: ignore[arg-type]

    monkeypatch.setattr(Server, "__init__", quick)
    return waits


@pytest.fixture
def here(
    tmp_path: Path, gitlab: GitLab, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> Path:
    for name in [n for n in os.environ if n.startswith(("GIT_", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    for name, value in variables(gitlab).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    put(tmp_path, agent=TWO)
    return tmp_path


def comment(*args: str) -> Result:
    done = report("--comment", "gitlab", "--all-lines", *args, ".")
    assert TOKEN not in done.output
    assert TOKEN[6:] not in done.output
    return done


def test_posted_then_updated_then_left(here: Path, gitlab: GitLab) -> None:
    done = comment()
    assert (done.exit_code, "300 ms" in done.stdout) == (0, True)
    address = f"{HOME}/-/merge_requests/7#note_301"
    assert done.stderr == f"comment on !7: posted: {address}\n"
    (body,) = gitlab.bodies()
    assert body.partition("\n")[0] == FIRST
    assert "`pexec-fix` would save about 100 ms" in body
    assert f"[`agent.py:2`]({HOME}/-/blob/{'1' * 40}/agent.py#L2-3)" in body
    assert comment().stderr == f"comment on !7: unchanged: {address}\n"
    put(here, other=TWO)
    assert comment().stderr == f"comment on !7: updated: {address}\n"
    (body,) = gitlab.bodies()
    assert "other.py" in body
    assert [w.split()[0] for w in gitlab.writes()] == ["POST", "PUT"]


def test_nothing_to_say(here: Path, gitlab: GitLab) -> None:
    put(here, agent=FLOW)
    assert comment().stderr == "comment on !7: nothing to say\n"
    assert not gitlab.notes
    put(here, agent=TWO)
    comment()
    put(here, agent=FLOW)
    assert comment().stderr.startswith("comment on !7: updated")
    assert gitlab.bodies() == [
        f"{FIRST}\n\npexec: no independent calls are made one after the other any more."
    ]


def test_only_the_own_note_is_edited(here: Path, gitlab: GitLab) -> None:
    quoted = f"{FIRST}\n\nEve's own words"
    gitlab.note(quoted, EVE)
    gitlab.note(f"> {FIRST}\n\nquoted")
    gitlab.note(FIRST, system=True)
    comment()
    assert [note["body"] for note in gitlab.notes[:3]] == [quoted, f"> {FIRST}\n\nquoted", FIRST]
    assert len(gitlab.notes) == 4
    assert [w.split()[0] for w in gitlab.writes()] == ["POST"]


@pytest.mark.parametrize(
    ("numbered", "linked"), [(True, ""), (False, ""), (True, "http://gitlab.test:443")]
)
def test_the_oldest_of_several_on_any_page(
    here: Path, gitlab: GitLab, numbered: bool, linked: str
) -> None:
    gitlab.page, gitlab.numbered, gitlab.linked = 2, numbered, linked
    for n in range(5):
        gitlab.note(f"words {n}", EVE)
    gitlab.note(f"{FIRST}\r\n\r\nold")
    gitlab.note(f"{FIRST}\n\nnewer")
    comment()
    assert "would save" in gitlab.notes[5]["body"]
    assert gitlab.notes[6]["body"].endswith("newer")
    assert len(gitlab.notes) == 7
    assert len([line for line in gitlab.asked if line == f"GET {PATH}"]) == 3


def test_a_link_alone_is_not_followed_elsewhere(here: Path, gitlab: GitLab) -> None:
    gitlab.page, gitlab.numbered, gitlab.linked = 1, False, "http://gitlab.test:443"
    for n in range(2):
        gitlab.note(f"words {n}", EVE)
    done = comment()
    assert (done.exit_code, "another server" in done.stderr) == (2, True)
    assert len(gitlab.asked) == 1


def test_keys_are_apart(here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    comment("--comment-key", "api")
    monkeypatch.setenv("CI_JOB_NAME", "pexec: [worker]")
    comment()
    firsts = [body.partition("\n")[0] for body in gitlab.bodies()]
    assert firsts == [
        "<!-- pexec-report api -->", "<!-- pexec-report pexec%3A%20%5Bworker%5D -->",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("GET", NOTES, 401, {}, "401 Unauthorized"), "GITLAB_TOKEN is wrong, has ended or"),
        (Fault("POST", NOTES, 403, {}, "403 Forbidden"), "the role Reporter or above"),
        (Fault("GET", NOTES, 403, {}, SCOPE), "by the access token; make a token with the scope"),
        (Fault("GET", NOTES, 401, {}, EXPIRED), "Token is expired. You can"),
        (Fault("GET", NOTES, 404, {}, "404 Project Not Found"), "may not see this project"),
        (Fault("POST", NOTES, 400, {}, {"message": {"note": ["is too long"]}}),
         "400: note: is too long; GitLab does not take this text"),
        (Fault("POST", NOTES, 403, {}, f"echo of {TOKEN} here"), "echo of *** here"),
        (Fault("GET", NOTES, 502, {}, times=9), "status 502"),
    ],
    ids=["401", "403", "scope", "expired", "404", "400", "echo", "502"],
)  # fmt: skip
def test_refusals_are_explained(here: Path, gitlab: GitLab, fault: Fault, words: str) -> None:
    gitlab.faults = [fault]
    done = comment()
    assert (done.exit_code, "300 ms" in done.stdout) == (2, True)  # the report is not lost
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not gitlab.notes


def test_whose_the_token_is_has_to_be_known(here: Path, gitlab: GitLab) -> None:
    gitlab.note(f"{FIRST}\n\nold")
    gitlab.faults = [Fault("GET", "/user", 200)]
    done = comment()
    assert (done.exit_code, "does not say whose the token is" in done.stderr) == (2, True)


def test_a_wrong_token(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-other")
    done = comment()
    assert (done.exit_code, "status 401: 401 Unauthorized" in done.stderr) == (2, True)
    assert "glpat-other" not in done.output


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_error_of_the_server_is_tried_again(here: Path, gitlab: GitLab, method: str) -> None:
    gitlab.note(f"{FIRST}\n\nold")
    gitlab.faults = [Fault(method, NOTES, 503)]
    assert comment().exit_code == 0
    assert "would save" in gitlab.notes[0]["body"]


@pytest.mark.parametrize("arrived", [True, False])
def test_no_note_is_posted_twice(here: Path, gitlab: GitLab, arrived: bool) -> None:
    gitlab.faults = [Fault("POST", NOTES, 502, done=arrived)]
    assert comment().exit_code == 0
    assert len(gitlab.notes) == 1


def test_a_limit_is_waited_for(here: Path, gitlab: GitLab, slept: list[float]) -> None:
    gitlab.faults = [
        Fault("GET", NOTES, 429, {"retry-after": "7"}),
        Fault("POST", NOTES, 429, {}, {"message": {"error": "requested too many times"}}),
    ]  # fmt: skip
    assert comment().exit_code == 0
    assert slept == [7.0, 60.0]
    assert len(gitlab.notes) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GITLAB_TOKEN", "", "a token is needed in the environment variable GITLAB_TOKEN"),
        ("GITLAB_TOKEN", "glpat- x", "GITLAB_TOKEN holds no token"),
        ("CI_MERGE_REQUEST_IID", "", "is for a merge request pipeline of GitLab CI"),
        ("CI_API_V4_URL", "", "is for a merge request pipeline of GitLab CI"),
        ("CI_MERGE_REQUEST_IID", "7/../8", "not a number"),
    ],
)
def test_what_is_missing_is_named_before_any_work(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    done = comment()
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert not gitlab.asked


def test_the_pipeline_of_a_fork(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"):
        monkeypatch.setenv(name, str(OTHER))
    assert comment().exit_code == 0  # a token that may write there
    gitlab.faults = [Fault("GET", NOTES, 404)]
    done = comment()
    assert (done.exit_code, "the merge request comes from a fork" in done.stderr) == (2, True)


# -- changed lines -----------------------------------------------------------------------------


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e@e.test", *words],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("merged", [False, True], ids=["branch", "merged results"])
def test_a_note_is_about_changed_lines(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, merged: bool
) -> None:
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "base")
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", git("rev-parse", "HEAD"))
    git("checkout", "-qb", "topic")
    put(here, topic=TWO)
    git("add", ".")
    git("commit", "-qm", "topic")
    if merged:
        monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", git("rev-parse", "HEAD"))
        git("checkout", "-q", "main")
        put(here, target=TWO)
        git("add", ".")
        git("commit", "-qm", "target")
        git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    assert report("--comment", "gitlab", ".").exit_code == 0
    (body,) = gitlab.bodies()
    assert "topic.py" in body
    assert "agent.py" not in body
    assert "target.py" not in body
    assert report("--write-comment", "note.md", ".").exit_code == 0
    assert "agent.py" not in Path("note.md").read_text()


@pytest.mark.parametrize(
    ("base", "words"), [("0" * 40, '`GIT_DEPTH: "0"`'), ("", "give --diff-base REF")]
)
def test_without_the_history(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, base: str, words: str
) -> None:
    git("init", "-q")
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", base)
    done = report("--comment", "gitlab", ".")
    assert (done.exit_code, words in done.stderr) == (2, True)
    assert not gitlab.asked


# -- the text of others ------------------------------------------------------------------------


def test_the_file_of_another_job_gives_no_commands(here: Path, gitlab: GitLab) -> None:
    Path("note.md").write_text("words\n/merge\n  /close\rnothing\r/label x\n1 /2\n/ 3\n")
    for did in ("posted", "unchanged"):
        done = report("--comment", "gitlab", "--comment-body", "note.md")
        assert done.stderr.startswith(f"comment on !7: {did}")
    (body,) = gitlab.bodies()
    assert "/merge" in body
    assert all(not line.lstrip().startswith(("/m", "/c", "/l")) for line in body.splitlines())
    assert "\n1 /2\n/ 3" in body
    assert inert(body) == body
    Path("note.md").write_text(f"all of it: {TOKEN}")
    done = report("--comment", "gitlab", "--comment-body", "note.md")
    assert "not posted: the text holds the token in GITLAB_TOKEN" in done.stderr
