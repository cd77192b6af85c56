"""A server on this machine that speaks GitLab's REST interface, as far as a note needs it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pull_requests import Fault

TOKEN = "glpat-secretsecretsecret"
PROJECT, OTHER = 31, 32
HOME = "https://gitlab.test/acme/shop"
BOT, EVE = 501, 502
NOTES = f"/api/v4/projects/{PROJECT}/merge_requests/7/notes"


@dataclass
class GitLab:
    """What the server holds, and what it was asked."""

    page: int = 100
    numbered: bool = True  # `X-Next-Page`, beside the link
    linked: str = ""  # where links point to, behind a proxy that hides the scheme
    notes: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def note(self, body: str, author: int = BOT, *, system: bool = False) -> dict[str, Any]:
        made = {
            "id": len(self.notes) + 301, "type": None, "body": body, "attachment": None,
            "author": {"id": author, "username": f"user_{author}", "state": "active"},
            "created_at": "2025-10-02T09:22:45.000Z", "system": system, "noteable_id": 377,
            "noteable_type": "MergeRequest", "project_id": PROJECT, "noteable_iid": 7,
            "resolvable": False, "confidential": False, "internal": False,
        }  # fmt: skip
        self.notes.append(made)
        return made

    def bodies(self, author: int = BOT) -> list[str]:
        return [note["body"] for note in self.notes if note["author"]["id"] == author]

    def writes(self) -> list[str]:
        return [line for line in self.asked if not line.startswith("GET")]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    gitlab: GitLab
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        held = self.gitlab
        length = int(self.headers.get("content-length") or 0)
        data = json.loads(self.rfile.read(length)) if length else None
        split = urlsplit(self.path)
        held.asked.append(f"{self.command} {split.path}")
        for fault in held.faults:
            if fault.times and fault.method == self.command and re.search(fault.path, split.path):
                fault.times -= 1
                if fault.done:
                    self._answer_of(split.path, {}, data)
                said = fault.message
                self._send(
                    fault.status, said if isinstance(said, dict) else {"message": said},
                    fault.headers,
                )  # fmt: skip
                return
        if self.headers.get("private-token") != TOKEN:
            self._send(401, {"message": "401 Unauthorized"})
            return
        self._send(*self._answer_of(split.path, parse_qs(split.query), data))

    do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer_of(self, path: str, query: dict[str, list[str]], data: Any) -> tuple[Any, ...]:
        held = self.gitlab
        if self.command == "GET" and path == "/api/v4/user":
            return 200, {"id": BOT, "username": f"project_{PROJECT}_bot_0a1b", "bot": True}
        if self.command == "GET" and path == NOTES:
            assert (query["sort"], query["order_by"]) == (["asc"], ["created_at"])
            size = min(int(query["per_page"][0]), held.page)
            page = int(query.get("page", ["1"])[0])
            more = f"{held.linked or held.address}{NOTES}"
            more += f"?id={PROJECT}&order_by=created_at&per_page={size}"
            links = [f'<{more}&page=1&sort=asc>; rel="first"']
            number = ""
            if page * size < len(held.notes):
                links.insert(0, f'<{more}&page={page + 1}&sort=asc>; rel="next"')
                number = str(page + 1)
            found = held.notes[(page - 1) * size : page * size]
            headers = {"X-Page": str(page), "X-Next-Page": number} if held.numbered else {}
            return 200, found, {**headers, "Link": ", ".join(links)}
        if self.command == "POST" and path == NOTES:
            return 201, held.note(data["body"])
        for note in held.notes:
            if self.command == "PUT" and path == f"{NOTES}/{note['id']}":
                note["body"] = data["body"]
                return 200, note
        return 404, {"message": "404 Not found"}

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[GitLab]:
    """A server that has one merge request, !7."""
    held = GitLab()
    handler = type("Bound", (Handler,), {"gitlab": held})
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


def variables(held: GitLab) -> dict[str, str]:
    """The environment of a job in the pipeline of a merge request, with a token."""
    return {
        "CI_API_V4_URL": f"{held.address}/api/v4",
        "CI_COMMIT_SHA": "1" * 40,
        "CI_JOB_NAME": "pexec",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "0" * 40,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": str(PROJECT),
        "CI_MERGE_REQUEST_PROJECT_URL": HOME,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(PROJECT),
        "CI_PROJECT_ID": str(PROJECT),
        "CI_PROJECT_URL": HOME,
        "GITLAB_TOKEN": TOKEN,
    }
