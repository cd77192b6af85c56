"""Pull requests at GitHub: the comment, the changed files, and where this run is.

Everything about the run is read from the variables that GitHub Actions sets (docs.github.com,
"Variables reference", "Default environment variables"), so any program can set them too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from ..changed import WHOLE, Changes, Lines, lines_of_patch
from ..errors import ConfigError
from .comments import Comment
from .http import Refused, Server, checked_token

TOKEN = "GITHUB_TOKEN"
MOST_FILES = 3000  # GitHub lists no more of a pull request
PAGE = "docs/ci.md"

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """The run of a workflow, as far as a report needs it. ``number``: 0 outside pull requests."""

    repository: str
    event: str
    number: int = 0
    base: str = ""  # the commit that the pull request is to be merged into
    head: str = ""  # the newest commit of the pull request
    from_fork: bool = False
    home: str = ""  # the fork whose code a run before this one ran
    key: str = ""  # the workflow's file, or its name
    payload: Table = field(default_factory=dict[str, Any], repr=False)


def run_of(environment: Mapping[str, str] = os.environ) -> Run | None:
    """The run that this is, or None outside of GitHub Actions. Raises ConfigError."""
    repository, filename = (
        environment.get(name, "") for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_PATH")
    )
    if not repository or not filename:
        return None
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ConfigError(f"GITHUB_REPOSITORY is {repository!r}, not OWNER/NAME")
    try:
        payload = _table(json.loads(Path(filename).read_bytes()))
    except OSError as error:
        raise ConfigError(f"{filename} (GITHUB_EVENT_PATH): {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{filename} (GITHUB_EVENT_PATH): not valid JSON") from None
    event, key = environment.get("GITHUB_EVENT_NAME", ""), _key(environment)
    pull = _table(payload.get("pull_request"))
    number = pull.get("number")
    if not isinstance(number, int):
        before = _table(_table(payload.get("workflow_run")).get("head_repository"))
        home = str(before.get("full_name") or "")
        home = "" if home.lower() == repository.lower() else home
        return Run(repository, event, home=home, key=key, payload=payload)
    base, head = _table(pull.get("base")), _table(pull.get("head"))
    home = str(_table(head.get("repo")).get("full_name") or "")  # none: the fork was deleted
    fork = home.lower() != repository.lower()
    return Run(repository, event, number, str(base.get("sha") or ""), str(head.get("sha") or ""),
               fork, key=key, payload=payload)  # fmt: skip


def _key(environment: Mapping[str, str]) -> str:
    """The workflow: OWNER/NAME/.github/workflows/FILE@REF, or what it is called."""
    file = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].rpartition("/")[2]
    return file or environment.get("GITHUB_WORKFLOW", "") or "default"


def server_of(environment: Mapping[str, str] = os.environ) -> Server:
    """GitHub, asked with the token of the environment. Raises ConfigError."""
    if not environment.get(TOKEN, "").strip():
        raise ConfigError(
            f"a token is needed in the environment variable {TOKEN}: in the step, "
            "`env: { GITHUB_TOKEN: ${{ github.token }} }`"
        )
    token = checked_token(environment[TOKEN], TOKEN)
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "User-Agent": "pexec-report",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    address = environment.get("GITHUB_API_URL") or "https://api.github.com"
    return Server(address, headers, token)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The comments of a pull request (REST: "Issue comments"), oldest first."""

    server: Server
    repository: str
    number: int
    from_fork: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def me(self) -> str:
        """The login of the token's owner, with ``[bot]`` where it is an app.

        The token of a workflow, and any other of an app, may not `GET /user`; GraphQL's `viewer`
        answers to all kinds.
        """
        query = {"query": "query { viewer { login } }"}
        login: object = None
        try:
            data = _table(self.server.request("POST", self._graphql(), query, repeat=True).data)
            login = _table(_table(data.get("data")).get("viewer")).get("login")
        except Refused as error:
            if error.status not in (403, 404, 405, 501):  # a server without GraphQL
                raise self._explained(error) from None
        if not isinstance(login, str) or not login:
            try:
                login = _table(self.server.get("/user").data).get("login")
            except Refused as error:
                raise self._explained(error) from None
        if not isinstance(login, str) or not login:
            raise ConfigError("GitHub does not say whose the token is; without that no comment "
                              "can be told from one that quotes it")  # fmt: skip
        return login.lower()

    def _graphql(self) -> str:
        """Beside the REST interface: `/graphql`, or `/api/graphql` on one's own server."""
        given = self.environment.get("GITHUB_GRAPHQL_URL", "")
        return given or f"{self.server.address.rstrip('/').removesuffix('/v3')}/graphql"

    def comments(self) -> Iterator[Comment]:
        for entry in self.pages(f"{self._issue}/comments?per_page=100"):
            yield _comment(entry)

    def post(self, body: str) -> Comment:
        return self._write("POST", f"{self._issue}/comments", body)

    def edit(self, comment: Comment, body: str) -> Comment:
        path = f"/repos/{self.repository}/issues/comments/{comment.id}"
        return self._write("PATCH", path, body)

    def changes(self, root: Path) -> Changes:
        """The changed lines of the pull request's newest commit, for files below ``root``.

        GitHub leaves out the patch of a large file: then all of it counts as changed, and so do
        files beyond those that it lists. Raises ConfigError.
        """
        files: dict[str, Lines] = {}
        count = 0
        pages = f"/repos/{self.repository}/pulls/{self.number}/files?per_page=100"
        for entry in self.pages(pages):
            count += 1
            name, status, patch = (entry.get(k) for k in ("filename", "status", "patch"))
            if not isinstance(name, str) or status in ("removed", "unchanged"):
                continue
            if isinstance(patch, str) and patch:
                files[name] = WHOLE if status == "added" else lines_of_patch(patch)
            else:  # renamed without a change, or too large
                files[name] = WHOLE if entry.get("changes") != 0 else Lines()
        return Changes(root, files, WHOLE if count >= MOST_FILES else Lines())

    @property
    def _issue(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}"

    def pages(self, path: str) -> Iterator[Table]:
        """The entries of all pages of a list. Raises ConfigError."""
        seen = set[str]()
        while path and path not in seen:
            seen.add(path)
            try:
                answer = self.server.get(path)
            except Refused as error:
                raise self._explained(error) from None
            data: object = answer.data
            for entry in cast("list[object]", data) if isinstance(data, list) else []:
                yield _table(entry)
            path = answer.next_page

    def _write(self, method: str, path: str, body: str) -> Comment:
        try:
            # GitHub takes no half of a pair, which a name that is no Unicode text leaves.
            text = body.encode("utf-8", "replace").decode()
            return _comment(_table(self.server.request(method, path, {"body": text}).data))
        except Refused as error:
            raise self._explained(error) from None

    def _explained(self, error: Refused) -> Refused:
        """The same with the way out."""
        way = _WAYS.get(error.status, "")
        if error.status == 403 and self.from_fork:
            way = _FORK
        elif error.status == 403 and "locked" in error.said:
            way = "unlock the conversation of the pull request"
        return Refused(f"{error}; {way}" if way else str(error), error.status, error.said)


_FORK = ("the token of a workflow for a pull request from a fork may only read: use the form with "
         f"two jobs ({PAGE})")  # fmt: skip
_WAYS = {
    401: f"the token in {TOKEN} is wrong or has ended",
    403: "give the job `permissions: { pull-requests: write }`; a run for a pull request from a "
    f"fork, or by Dependabot, has a token that may only read: use the form with two jobs ({PAGE})",
    404: "the token may not see this repository or pull request, or there is none: see "
    "GITHUB_REPOSITORY and `permissions` of the job (`contents: read`, `pull-requests: write`)",
    410: "the conversation is gone",
    422: "GitHub does not take this text",
}


def _table(value: object) -> Table:
    return cast("Table", value) if isinstance(value, dict) else {}


def _comment(entry: Table) -> Comment:
    number, body = entry.get("id"), entry.get("body")
    author = _table(entry.get("user")).get("login")
    return Comment(
        number if isinstance(number, int) else 0,
        author.lower() if isinstance(author, str) else "",  # none: the account was deleted
        body if isinstance(body, str) else "",
        str(entry.get("html_url") or ""),
    )


# -- the second of two jobs --------------------------------------------------------------------


def pull_request_of(run: Run, server: Server) -> int:
    """The pull request that the run before a `workflow_run` was for; 0 if it has moved on.

    An artifact could name any number, so none is read from there. What GitHub says of the run (its
    repository, branch and commit) is compared with the open pull requests of that branch. Raises
    ConfigError if there is none, or more than one.
    """
    before = _table(run.payload.get("workflow_run"))
    home = _table(before.get("head_repository"))
    owner, name = _table(home.get("owner")).get("login"), home.get("full_name")
    branch, commit = before.get("head_branch"), before.get("head_sha")
    if before.get("event") not in ("pull_request", "pull_request_target"):
        raise ConfigError("the workflow before this one ran for no pull request")
    if not all(isinstance(word, str) and word for word in (owner, name, branch, commit)):
        raise ConfigError("the event does not say which branch the workflow before ran for")
    asked = PullRequest(server, run.repository, 0)
    head = quote(f"{owner}:{branch}", safe=":")
    pages = f"/repos/{run.repository}/pulls?state=open&head={head}&per_page=100"
    pulls = [p for p in asked.pages(pages) if _home(p) == str(name).lower()]
    if not pulls:
        return 0  # closed, or merged
    current = [p for p in pulls if _table(p.get("head")).get("sha") == commit]
    if not current:
        return 0  # there is a newer commit, whose run will speak for it
    numbers = sorted({n for p in current if isinstance(n := p.get("number"), int)})
    if len(numbers) != 1:
        listed = ", ".join(f"#{n}" for n in numbers)
        raise ConfigError(f"{listed} have the same branch: which one the report is of, GitHub does "
                          "not say")  # fmt: skip
    return numbers[0]


def _home(pull: Table) -> str:
    return str(_table(_table(pull.get("head")).get("repo")).get("full_name") or "").lower()
