"""A server on this machine that speaks GitHub's REST interface, as far as a comment needs it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_secretsecretsecret"
REPOSITORY = "acme/shop"
BOT = "github-actions[bot]"
INTEGRATION = "Resource not accessible by integration"


@dataclass
class Fault:
    """What comes instead of the answer to the next request that matches, ``times`` times.

    ``done``: the request is carried out all the same, as if only its answer was lost.
    """

    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: Any = ""
    times: int = 1
    done: bool = False
    seconds: float = 0.0  # before it


@dataclass
class GitHub:
    """What the server holds, and what it was asked."""

    login: str = BOT
    app: bool = True  # an app's token, which may not `GET /user`
    graphql: bool = True
    may_write: bool = True
    page: int = 100
    comments: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def comment(self, body: str, login: str = BOT) -> dict[str, Any]:
        number = len(self.comments) + 101
        made = {
            "id": number, "body": body, "user": {"login": login, "type": "Bot"},
            "html_url": f"https://github.test/{REPOSITORY}/pull/7#issuecomment-{number}",
        }  # fmt: skip
        self.comments.append(made)
        return made

    def bodies(self, login: str = BOT) -> list[str]:
        return [c["body"] for c in self.comments if c["user"]["login"] == login]

    def writes(self) -> list[str]:
        return [a for a in self.asked if not a.startswith("GET") and "graphql" not in a]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    github: GitHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _handle(self) -> None:
        held = self.github
        length = int(self.headers.get("content-length") or 0)
        data = json.loads(self.rfile.read(length)) if length else None
        split = urlsplit(self.path)
        held.asked.append(f"{self.command} {split.path}")
        for fault in held.faults:
            if fault.times and fault.method == self.command and re.search(fault.path, split.path):
                fault.times -= 1
                time.sleep(fault.seconds)
                if fault.done:
                    self._answer_of(split.path, {}, data)
                if fault.status:
                    self._send(fault.status, {"message": fault.message}, fault.headers)
                else:
                    self.close_connection = True
                return
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._send(401, {"message": "Bad credentials"})
            return
        self._send(*self._answer_of(split.path, parse_qs(split.query), data))

    def _answer_of(self, path: str, query: dict[str, list[str]], data: Any) -> tuple[Any, ...]:
        held = self.github
        base = f"/repos/{REPOSITORY}"
        if path == "/user":
            return (403, {"message": INTEGRATION}) if held.app else (200, {"login": held.login})
        if path == "/graphql":
            if not held.graphql:
                return 404, {"message": "Not Found"}
            return 200, {"data": {"viewer": {"login": held.login}}}
        if self.command == "GET" and path == f"{base}/issues/7/comments":
            return self._page(path, query, held.comments)
        if self.command == "GET" and path == f"{base}/pulls/7/files":
            return self._page(path, query, held.files)
        if self.command == "GET" and path == f"{base}/pulls":
            head = query["head"][0]
            found = [p for p in held.pulls if p["head"]["label"] == head]
            return self._page(path, query, found)
        match = re.fullmatch(rf"{base}/issues/(comments/(\d+)|7/comments)", path)
        if match is None:
            return 404, {"message": "Not Found"}
        if not held.may_write:
            return 403, {"message": INTEGRATION}
        if len(data["body"]) > 65_536:
            return 422, {"message": "Validation Failed", "errors": ["body is too long"]}
        if self.command == "POST":
            return 201, held.comment(data["body"], held.login)
        for comment in held.comments:
            if str(comment["id"]) == match[2]:
                comment["body"] = data["body"]
                return 200, comment
        return 404, {"message": "Not Found"}

    def _page(
        self, path: str, query: dict[str, list[str]], entries: list[dict[str, Any]]
    ) -> tuple[Any, ...]:
        size = min(int(query.get("per_page", ["30"])[0]), self.github.page)
        page = int(query.get("page", ["1"])[0])
        links = [f'<{self.github.address}{path}?per_page={size}&page=1>; rel="first"']
        if page * size < len(entries):
            more = f"{self.github.address}{path}?per_page={size}&page={page + 1}"
            links.insert(0, f'<{more}>; rel="next"')
        return 200, entries[(page - 1) * size : page * size], {"Link": ", ".join(links)}

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"x-ratelimit-remaining": "41", **(headers or {})}.items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[GitHub]:
    """A server that has one pull request, #7."""
    held = GitHub()
    handler = type("Bound", (Handler,), {"github": held})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def event(base: str = "0" * 40, head: str = "1" * 40, home: str = REPOSITORY) -> dict[str, Any]:
    """What GitHub hands to a run for a pull request."""
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            "base": {"sha": base, "ref": "main", "repo": {"full_name": REPOSITORY}},
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": home}},
        },
        "repository": {"full_name": REPOSITORY},
    }


def second_event(home: str = "eve/shop", head: str = "1" * 40) -> dict[str, Any]:
    """What GitHub hands to a run that another one of a pull request from a fork has started."""
    owner = home.partition("/")[0]
    return {
        "action": "completed",
        "workflow_run": {
            "event": "pull_request", "head_branch": "topic", "head_sha": head,
            "pull_requests": [],
            "head_repository": {"full_name": home, "owner": {"login": owner}},
        },
    }  # fmt: skip


def pull(number: int, label: str, home: str, sha: str = "1" * 40) -> dict[str, Any]:
    return {"number": number, "head": {"label": label, "sha": sha, "repo": {"full_name": home}}}


def variables(held: GitHub, event_file: str, name: str = "pull_request") -> dict[str, str]:
    """The environment of a step that was given a token."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": held.address,
        "GITHUB_GRAPHQL_URL": f"{held.address}/graphql",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": event_file,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_WORKFLOW": "pexec",
        "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/pexec.yml@refs/pull/7/merge",
    }
