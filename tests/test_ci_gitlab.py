"""`pexec-report --comment gitlab` against a server that speaks GitLab's REST."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import Result
from commands import call, put
from pexec.analyzer.ci.http import Server
from pexec.analyzer.cli_report import report_command

TOKEN = "glpat-not-a-real-one"
BOT, STRANGER = "project_3_bot_9", "eve"
NOTES = "/api/v4/projects/3/merge_requests/7/notes"
FIRST = "<!-- pexec-report default -->"
CONFIG = """
[[tools]]
match = "crm.*"
reads = ["crm:{0}"]
returns = "fresh"
latency-ms = 100
"""
HEAD = "from crm import a, b\n\n\nasync def f(x):\n    y = await a(x)\n"
TWO = f"{HEAD}    z = await b(x)\n    return y, z\n"
FLOW = f"{HEAD}    return await b(y)\n"


@dataclass
class GitLab:
    """What the server holds, and what it was asked. ``faults``: statuses that come first."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def note(self, body: str, author: str = BOT, **more: object) -> dict[str, Any]:
        made = {"id": len(self.notes) + 1, "body": body, "author": {"username": author}, **more}
        self.notes.append(made)
        return made

    def bodies(self) -> list[str]:
        return [note["body"] for note in self.notes if note["author"]["username"] == BOT]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gitlab: GitLab

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        data = json.loads(self.rfile.read(length)) if length else {}
        split = urlsplit(self.path)
        self.gitlab.asked.append(f"{self.command} {split.path}")
        if self.gitlab.faults:
            return self._send(self.gitlab.faults.pop(0), {"message": "said so"})
        if self.headers.get("private-token") != TOKEN:
            return self._send(401, {"message": "401 Unauthorized"})
        return self._send(*self._answer(split.path, parse_qs(split.query), data))

    do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, path: str, query: dict[str, list[str]], data: Any) -> tuple[Any, ...]:
        held = self.gitlab
        if path == "/api/v4/user":
            return 200, {"username": BOT}
        if path == NOTES and self.command == "GET":
            page = int(query.get("page", ["1"])[0])
            more = f'<{held.address}{path}?per_page=2&page={page + 1}>; rel="next"'
            rest = held.notes[page * 2 :]
            return 200, held.notes[page * 2 - 2 : page * 2], {"Link": more if rest else ""}
        if path == NOTES and self.command == "POST":
            return 201, held.note(data["body"])
        match = re.fullmatch(rf"{NOTES}/(\d+)", path)
        if match and self.command == "PUT":
            note = held.notes[int(match[1]) - 1]
            note["body"] = data["body"]
            return 200, note
        return 404, {"message": "404 Not found"}

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    held = GitLab()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"gitlab": held}))
    server.daemon_threads = True
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def here(tmp_path: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> Path:
    init = Server.__init__

    def quick(self: Server, *args: object, **named: object) -> None:
        init(self, *args, **{"sleep": lambda _: None, "backoff": 0.0, **named})  # type: ignore[arg-type]

    monkeypatch.setattr(Server, "__init__", quick)
    for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    variables = {
        "CI_API_V4_URL": f"{gitlab.address}/api/v4", "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": "0" * 40,
        "CI_PROJECT_URL": "https://gitlab.test/acme/shop", "GITLAB_TOKEN": TOKEN,
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    put(tmp_path, agent=TWO)
    return tmp_path


def comment(*args: str) -> Result:
    done = call(report_command, "--comment", "gitlab", "--all-lines", *args, ".")
    assert TOKEN not in done.output
    return done


def test_posted_then_updated_then_left(here: Path, gitlab: GitLab) -> None:
    gitlab.note(f"{FIRST}\n\nquoted", STRANGER)
    gitlab.note("changed the title", BOT, system=True)
    gitlab.note(f"{FIRST} is what it begins with")
    assert comment().stderr == "comment on !7: posted\n"
    body = gitlab.bodies()[-1]
    assert body.startswith(f"{FIRST}\n\n## pexec: 1 place")
    place = f"https://gitlab.test/acme/shop/-/blob/{'0' * 40}/agent.py#L5-6"
    assert f"[`agent.py:5`]({place})" in body
    assert comment().stderr == "comment on !7: unchanged\n"
    put(here, other=TWO)
    assert comment().stderr == "comment on !7: updated\n"
    assert len(gitlab.notes) == 4
    assert gitlab.notes[0]["body"] == f"{FIRST}\n\nquoted"


def test_nothing_to_say(here: Path, gitlab: GitLab) -> None:
    put(here, agent=FLOW)
    assert comment().stderr == "comment on !7: nothing to say\n"
    assert not gitlab.notes
    put(here, agent=TWO)
    comment("--comment-key", "api")
    put(here, agent=FLOW)
    assert comment("--comment-key", "api").stderr == "comment on !7: updated\n"
    assert gitlab.bodies() == [
        "<!-- pexec-report api -->\n\n"
        "pexec: no independent calls are made one after the other any more."
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "a CI_JOB_TOKEN cannot write notes"), (403, "scope `api`"), (404, "CI_PROJECT_ID")],
)
def test_refusals_are_explained(here: Path, gitlab: GitLab, status: int, words: str) -> None:
    gitlab.faults = [status]
    done = comment()
    assert done.exit_code == 2
    assert words in done.stderr
    assert "1 batch" in done.stdout or "agent.py" in done.stdout  # the report is not lost


def test_an_error_of_the_server_is_tried_again(here: Path, gitlab: GitLab) -> None:
    gitlab.faults = [502]
    assert comment().stderr == "comment on !7: posted\n"


@pytest.mark.parametrize(
    ("variable", "words"),
    [("GITLAB_TOKEN", "project access token"), ("CI_MERGE_REQUEST_IID", "of a merge request")],
)
def test_what_is_missing(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    monkeypatch.delenv(variable)
    done = comment()
    assert done.exit_code == 2
    assert words in done.stderr
    assert not gitlab.asked


def test_changed_lines_need_history(
    here: Path, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", "1" * 40)
    done = call(report_command, "--comment", "gitlab", ".")
    assert done.exit_code == 2
    assert "GIT_DEPTH: 0" in done.stderr
