"""The comment of a pull request: which one is touched, what the server may say, what is printed."""

from __future__ import annotations

import json
import logging
import socket
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from commands import CONFIG, FLOW, TWO, put, report
from hypothesis import given
from hypothesis import strategies as st
from pexec.analyzer.ci.comments import LIMIT, fitted, marker
from pexec.analyzer.ci.http import PATIENCE, Refused, Server, checked_token
from pexec.analyzer.errors import ConfigError
from pull_requests import (
    BOT,
    TOKEN,
    Fault,
    GitHub,
    event,
    pull,
    second_event,
    serving,
    variables,
)

FIRST = "<!-- pexec-report pexec.yml -->"
COMMENTS = "/comments"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as held:
        yield held


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """All waits, which take no time; none of them is that of urllib3."""
    waits: list[float] = []
    init = Server.__init__

    def quick(self: Server, *args: object, **named: object) -> None:
        init(self, *args, **{"sleep": waits.append, "backoff": 0.0, **named})  # type: ignore[arg-type]

    monkeypatch.setattr(Server, "__init__", quick)
    return waits


@pytest.fixture
def here(
    tmp_path: Path, github: GitHub, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(folder)
    happens(tmp_path, github, monkeypatch, event())
    put(folder, agent=TWO)
    return folder


def happens(
    folder: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch, payload: object,
    name: str = "pull_request",
) -> None:  # fmt: skip
    file = folder / "event.json"
    file.write_text(json.dumps(payload))
    for variable, value in variables(github, str(file), name).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def comment(*args: str) -> Result:
    done = report("--comment", "github", "--all-lines", *args, ".")
    assert TOKEN not in done.output
    assert TOKEN[4:] not in done.output
    return done


# -- which comment -----------------------------------------------------------------------------


def test_posted_then_updated_then_left(here: Path, github: GitHub) -> None:
    done = comment()
    assert (done.exit_code, "300 ms" in done.stdout) == (0, True)
    assert done.stderr.startswith("comment on #7: posted: https://github.test/acme/shop/pull/7#")
    (body,) = github.bodies()
    assert body.partition("\n")[0] == FIRST
    assert "`pexec-fix` would save about 100 ms" in body
    assert comment().stderr.startswith("comment on #7: unchanged: ")
    put(here, other=TWO)
    assert comment().stderr.startswith("comment on #7: updated: ")
    (body,) = github.bodies()
    assert "other.py" in body
    assert [w.split()[0] for w in github.writes()] == ["POST", "PATCH"]


@pytest.mark.parametrize(("commit", "linked"), [("0" * 40, True), ("main", False), ("", False)])
def test_places_are_linked(
    here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch, commit: str, linked: bool
) -> None:
    happens(here.parent, github, monkeypatch, event(head=commit))
    monkeypatch.delenv("GITHUB_SHA", raising=False)
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.test")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here.parent))
    comment()
    (body,) = github.bodies()
    place = f"https://github.test/acme/shop/blob/{commit}/{here.name}/agent.py#L2-L3"
    assert (f"[`agent.py:2`]({place})" in body) == linked
    assert ("/blob/" in body) == linked


def test_nothing_to_say(here: Path, github: GitHub) -> None:
    put(here, agent=FLOW)
    assert comment().stderr == "comment on #7: nothing to say\n"
    assert not github.comments
    put(here, agent=TWO)
    comment()
    put(here, agent=FLOW)
    assert comment().stderr.startswith("comment on #7: updated")
    assert github.bodies() == [
        f"{FIRST}\n\npexec: no independent calls are made one after the other any more."
    ]
    assert comment().stderr.startswith("comment on #7: unchanged")


def test_what_a_declaration_would_unlock_is_worth_a_comment(here: Path, github: GitHub) -> None:
    source = TWO.replace("get_user", "sdk.fetch").replace("get_orders", "sdk.fetch")
    put(here, agent="import sdk\n\n\n" + source)
    comment()
    assert "declarations unlock" in github.bodies()[0]


def test_only_the_own_comment_is_edited(here: Path, github: GitHub) -> None:
    quoted = f"{FIRST}\n\nEve's own words"
    github.comment(quoted, "eve")
    github.comment(f"> {FIRST}\n\nquoted")
    github.comment("<!-- pexec-report other -->\n\nanother key")
    github.comment(f"see {FIRST}")
    comment()
    assert github.comments[0]["body"] == quoted
    assert len(github.comments) == 5
    assert github.comments[4]["user"]["login"] == BOT
    comment()
    assert len(github.comments) == 5
    assert "PATCH" not in " ".join(github.writes())


def test_the_oldest_of_several_on_any_page(here: Path, github: GitHub) -> None:
    github.page = 2
    for n in range(5):
        github.comment(f"words {n}", "eve")
    github.comment(f"{FIRST}\r\n\r\nold")
    github.comment(f"{FIRST}\n\nnewer")
    comment()
    assert "would save" in github.comments[5]["body"]
    assert github.comments[6]["body"].endswith("newer")
    assert len(github.comments) == 7


@pytest.mark.parametrize(
    ("login", "app", "graphql"),
    [("octo-cat", False, True), ("octo-cat", False, False), ("my-app[bot]", True, True)],
    ids=["personal", "no-graphql", "app"],
)
def test_every_kind_of_token_knows_itself(
    here: Path, github: GitHub, login: str, app: bool, graphql: bool
) -> None:
    github.login, github.app, github.graphql = login, app, graphql
    github.comment(f"{FIRST}\n\nof the workflow's token", BOT)
    github.comment(f"{FIRST}\n\nown", login.title())
    comment()
    assert "would save" in github.comments[1]["body"]
    assert github.comments[0]["body"].endswith("token")


def test_keys_are_apart_and_cannot_end_the_marker(here: Path, github: GitHub) -> None:
    comment("--comment-key", "api")
    comment("--comment-key", "worker")
    comment("--comment-key", "x --> <b>\n")
    comment("--comment-key", "api")
    firsts = [body.partition("\n")[0] for body in github.bodies()]
    assert firsts == [
        "<!-- pexec-report api -->", "<!-- pexec-report worker -->",
        "<!-- pexec-report x%20--%3E%20%3Cb%3E%0A -->",
    ]  # fmt: skip


@given(st.text())
def test_a_marker_is_one_line_and_one_comment(key: str) -> None:
    text = marker(key.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"))
    assert text.count("-->") == 1
    assert text.endswith(" -->")
    assert text.isascii()
    assert "\n" not in text


# -- what a server may say ---------------------------------------------------------------------


def test_a_limit_is_waited_for(here: Path, github: GitHub, slept: list[float]) -> None:
    github.faults = [
        Fault("GET", COMMENTS, 403, {"retry-after": "7"}, "a secondary rate limit"),
        Fault("GET", COMMENTS, 429, {"retry-after": "3"}),
        Fault("POST", COMMENTS, 403,
              {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 20)}),
    ]  # fmt: skip
    assert comment().exit_code == 0
    assert slept[:2] == [7.0, 3.0]
    assert 15 < slept[2] <= 21
    assert len(github.comments) == 1


def test_a_secondary_limit_without_a_time(here: Path, github: GitHub, slept: list[float]) -> None:
    words = "You have exceeded a secondary rate limit. Please wait a few minutes"
    github.faults = [Fault("GET", COMMENTS, 403, {}, words, times=9)]
    done = comment()
    assert (done.exit_code, slept) == (2, [60.0])  # the next would be two minutes more
    assert "a rate limit is reached (status 403), to be asked again in 120 s" in done.stderr


def test_a_limit_that_lasts_is_not_slept_through(
    here: Path, github: GitHub, slept: list[float]
) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 3000)}
    github.faults = [Fault("GET", COMMENTS, 403, headers)]
    done = comment()
    assert (done.exit_code, slept) == (2, [])
    assert "run the job later" in done.stderr
    assert sum(slept) <= PATIENCE


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_of_the_server_is_tried_again(here: Path, github: GitHub, status: int) -> None:
    github.faults = [
        Fault("GET", COMMENTS, status, times=2), Fault("POST", "graphql", status),
        Fault("PATCH", COMMENTS, status),
    ]  # fmt: skip
    github.comment(f"{FIRST}\n\nold")
    assert comment().exit_code == 0
    assert "would save" in github.comments[0]["body"]


@pytest.mark.parametrize("status", [502, 0], ids=["502", "no answer"])
@pytest.mark.parametrize("arrived", [True, False])
def test_no_comment_is_posted_twice(here: Path, github: GitHub, status: int, arrived: bool) -> None:
    github.faults = [Fault("POST", COMMENTS, status, done=arrived)]
    assert comment().exit_code == 0
    assert len(github.comments) == 1


def test_a_server_that_stays_broken(here: Path, github: GitHub) -> None:
    github.faults = [Fault("GET", COMMENTS, 502, times=99)]
    done = comment()
    assert done.exit_code == 2
    assert "300 ms" in done.stdout  # the report is not lost
    assert done.stderr.endswith("/repos/acme/shop/issues/7/comments: status 502\n")
    assert len(github.asked) == 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("POST", COMMENTS, 403, {}, "Resource not accessible by integration"),
         "permissions: { pull-requests: write }"),
        (Fault("POST", COMMENTS, 403, {}, "Unable to create comment because issue is locked."),
         "unlock the conversation"),
        (Fault("GET", COMMENTS, 404, {}, "Not Found"), "may not see this repository"),
        (Fault("GET", COMMENTS, 401, {}, "Bad credentials"), "GITHUB_TOKEN is wrong or has ended"),
        (Fault("POST", COMMENTS, 422, {}, "Validation Failed"), "Validation Failed; GitHub does"),
        (Fault("POST", COMMENTS, 403, {}, f"echo of {TOKEN} here"), "echo of *** here"),
        (Fault("POST", COMMENTS, 301, {"location": "http://127.0.0.1:1/x"}, "Moved"), "301: Moved"),
    ],
    ids=["403", "locked", "404", "401", "422", "echo", "301"],
)  # fmt: skip
def test_refusals_are_explained(here: Path, github: GitHub, fault: Fault, words: str) -> None:
    github.faults = [fault]
    done = comment()
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fork_is_named_as_the_cause(
    here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens(here, github, monkeypatch, event(home="eve/shop"))
    github.may_write = False
    done = comment()
    assert done.exit_code == 2
    assert "from a fork may only read: use the form with two jobs (docs/ci.md)" in done.stderr


def test_nobody_listens(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}")
    done = comment()
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: GET http://127.0.0.1:{port}/repos/acme/shop/issues/7/c")
    assert "refused" in done.stderr
    assert "object at 0x" not in done.stderr


def test_a_server_that_does_not_answer(github: GitHub) -> None:
    github.faults = [Fault("GET", "slow", 0, times=9, seconds=0.5)]
    server = Server(github.address, {}, TOKEN, backoff=0.0, timeout=0.1)
    with pytest.raises(Refused, match=r"/slow: Read timed out") as caught:
        server.get("/slow")
    assert caught.value.status == 0
    assert len(github.asked) == 4


def test_through_a_proxy(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", github.address)
    server = Server("http://github.invalid", {"Authorization": f"Bearer {TOKEN}"}, TOKEN)
    assert server.request("POST", "/graphql", {}).data["data"]["viewer"]["login"] == BOT
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    own = Server(github.address, {"Authorization": f"Bearer {TOKEN}"}, TOKEN)
    assert own.get("/repos/acme/shop/issues/7/comments").data == []


def test_the_next_page_is_of_the_same_server(here: Path, github: GitHub) -> None:
    link = {"Link": '<http://127.0.0.2:1/steal?page=2>; rel="next"'}
    github.faults = [Fault("GET", COMMENTS, 200, link)]
    done = comment()
    assert done.exit_code == 2
    assert "another server" in done.stderr


# -- tokens ------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["ghp_one\nX-Evil: 1", "ghp_ä", " ", "ghp_a b"])
def test_a_token_that_is_none_is_not_shown(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_token(token, "GITHUB_TOKEN")
    assert "ghp_" not in "".join(traceback.format_exception(caught.value))


def test_no_token_in_logs_or_tracebacks(
    here: Path, github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = Server(github.address, {"Authorization": f"Bearer {TOKEN}"}, TOKEN)
    assert TOKEN not in repr(server)
    with pytest.raises(Refused) as caught:
        server.get("/nothing")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in caplog.text
    github.faults = [Fault("GET", "nothing", 0, times=9)]
    with pytest.raises(Refused) as caught:
        server.get("/nothing")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_report_with_the_token_in_it_is_not_posted(here: Path, github: GitHub) -> None:
    put(here, agent=TWO.replace("page", TOKEN))
    done = report("--comment", "github", "--all-lines", ".")
    assert done.exit_code == 2
    assert "not posted: the text holds the token" in done.stderr
    assert not github.comments


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GITHUB_TOKEN": ""}, "a token is needed in the environment variable GITHUB_TOKEN"),
        ({"GITHUB_EVENT_PATH": ""}, "is for a workflow of GitHub Actions"),
        ({"GITHUB_EVENT_PATH": "none.json"}, "none.json (GITHUB_EVENT_PATH): No such file"),
        ({"GITHUB_REPOSITORY": "../../x"}, "not OWNER/NAME"),
    ],
)
def test_what_is_missing_is_named_before_any_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], words: str
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    done = comment()
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_without_a_pull_request(
    here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens(here, github, monkeypatch, {"ref": "refs/heads/main"}, "push")
    done = comment()
    assert done.exit_code == 2
    assert "this run is for no pull request (event 'push')" in done.stderr


def test_without_the_library(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "urllib3", None)
    done = comment()
    assert (done.exit_code, done.stdout) == (2, "")
    assert "pip install 'pexec[ci]'" in done.stderr


# -- length ------------------------------------------------------------------------------------


def test_a_long_report_is_cut_between_lines() -> None:
    text = "\n\n".join(f"paragraph {n}\n\n```diff\n+ a\n\n- b\n```" for n in range(100))
    assert fitted(text, len(text)) == text
    for limit in range(200, len(text), 37):
        cut = fitted(text, limit)
        assert len(cut) <= limit
        assert cut.count("```") % 2 == 0
        assert cut.endswith("the rest is left out.*\n")
    folded = "intro\n\n<details>\n\n" + "words\n\n" * 100 + "</details>\n\nend\n\n"
    assert fitted(folded, 200).startswith("intro\n\n*The report")
    assert len(fitted("x" * 10_000, 100)) < 100


def test_the_limit_holds_for_the_whole_body(here: Path, github: GitHub) -> None:
    put(here, agent="".join(TWO.replace("page", f"p{n}_" + "x" * 2000) for n in range(60)))
    assert comment().exit_code == 0
    assert 1000 < len(github.bodies()[0]) <= LIMIT


# -- two jobs ----------------------------------------------------------------------------------


def posted(*args: str) -> Result:
    return report("--comment", "github", "--comment-body", "body.md", *args)


def test_the_second_job_posts_what_the_first_wrote(
    here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    happens(here, github, monkeypatch, event(home="eve/shop"))
    monkeypatch.delenv("GITHUB_TOKEN")
    assert report("--write-comment", "body.md", "--all-lines", ".").exit_code == 0
    assert "would save" in Path("body.md").read_text()
    assert not github.asked
    happens(here, github, monkeypatch, second_event(), "workflow_run")
    github.pulls = [pull(7, "eve:topic", "eve/shop"), pull(8, "eve:other", "eve/shop")]
    done = posted()
    assert (done.exit_code, done.stdout) == (0, "")
    (body,) = github.bodies()
    assert body.startswith(f"{FIRST}\n\n> [!NOTE]\n> This report was made by a run of the code of "
                           "`eve/shop`")  # fmt: skip
    Path("body.md").write_text("")
    assert posted().exit_code == 0
    assert github.bodies()[0].endswith("one after the other any more.")


@pytest.mark.parametrize(
    ("pulls", "words", "code"),
    [
        ([], "closed, or has newer commits", 0),
        ([pull(7, "eve:topic", "eve/shop", "2" * 40)], "closed, or has newer commits", 0),
        ([pull(7, "eve:topic", "mallory/shop")], "closed, or has newer commits", 0),
        ([pull(7, "eve:topic", "eve/shop"), pull(9, "eve:topic", "eve/shop")],
         "#7, #9 have the same branch", 2),
    ],
    ids=["closed", "moved on", "another repository", "two"],
)  # fmt: skip
def test_the_pull_request_is_the_one_of_the_run(
    here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch, pulls: list[dict[str, object]],
    words: str, code: int,
) -> None:  # fmt: skip
    happens(here, github, monkeypatch, second_event(), "workflow_run")
    Path("body.md").write_text("report")
    github.pulls = pulls
    done = posted()
    assert (done.exit_code, words in done.stderr) == (code, True)
    assert not github.comments


def test_a_hostile_body(here: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    happens(here, github, monkeypatch, second_event(), "workflow_run")
    github.pulls = [pull(7, "eve:topic", "eve/shop")]
    github.comment("<!-- pexec-report other -->\n\nnot to be touched")
    Path("body.md").write_bytes(b"<!-- pexec-report other -->\n\xff\x00 evil")
    assert posted().exit_code == 0
    assert github.bodies()[1].startswith(f"{FIRST}\n")
    assert github.bodies()[0].endswith("touched")
    Path("body.md").unlink()
    (here / "secret").write_text("secret")
    Path("body.md").symlink_to(here / "secret")
    done = posted()
    assert (done.exit_code, "it is a link" in done.stderr) == (2, True)
    Path("body.md").unlink()
    Path("body.md").mkdir()
    assert posted().exit_code == 2
    Path("body.md").rmdir()
    Path("body.md").write_bytes(b"x" * 1_000_001)
    assert "more than 1,000,000 bytes" in posted().stderr
    Path("body.md").write_text(f"all of it: {TOKEN}")
    assert "holds the token" in posted().stderr


@pytest.mark.parametrize("option", ["--comment-key", "--comment-body"])
def test_options_that_need_the_comment(here: Path, option: str) -> None:
    done = report(option, "x", ".")
    words = f"error: {option} needs --comment github or --comment gitlab\n"
    assert (done.exit_code, done.stderr) == (2, words)
