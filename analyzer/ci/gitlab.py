"""Notes of a merge request over GitLab's REST interface, for pipelines of merge requests.

https://docs.gitlab.com/api/notes/#merge-requests and
https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from ..errors import ConfigError
from .comments import Comment
from .http import Refused, Server, checked_token

Table = dict[str, Any]

TOKEN = "GITLAB_TOKEN"
PAGE = "docs/ci.md, Merge requests at GitLab"
_NEEDED = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pipeline of a merge request, as far as a report needs it."""

    project: str
    number: str
    base: str = ""  # the commit that its changes are compared with
    commit: str = ""
    url: str = ""  # of the project, for people


def pipeline_of(environment: Mapping[str, str] = os.environ) -> Pipeline | None:
    """The pipeline that this is; None outside of one for a merge request."""
    if not all(environment.get(name) for name in _NEEDED):
        return None
    return Pipeline(
        environment["CI_PROJECT_ID"],
        environment["CI_MERGE_REQUEST_IID"],
        environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""),
        environment.get("CI_COMMIT_SHA", ""),
        environment.get("CI_PROJECT_URL", ""),
    )


def server_of(environment: Mapping[str, str] = os.environ) -> Server:
    """GitLab, asked with the token of the environment. Raises ConfigError."""
    if not environment.get(TOKEN, "").strip():
        raise ConfigError(
            f"a token is needed in the environment variable {TOKEN}: a project access token with "
            f"the scope `api`, in a masked variable ({PAGE})"
        )
    token = checked_token(environment[TOKEN], TOKEN)
    headers = {"PRIVATE-TOKEN": token, "User-Agent": "pexec-report"}
    return Server(environment["CI_API_V4_URL"], headers, token)


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The notes of a merge request, oldest first. ``author``: the name of an account."""

    server: Server
    project: str
    number: str

    def me(self) -> str:
        """The account that the token speaks for: of a project access token a bot of its own."""
        name = _table(self._asked("GET", "/user").data).get("username")
        if not isinstance(name, str) or not name:
            raise ConfigError("GitLab does not say whose the token is; without that no note can be "
                              "told from one that quotes it")  # fmt: skip
        return name

    def comments(self) -> Iterator[Comment]:
        path = f"{self._notes}?sort=asc&order_by=created_at&per_page=100"
        seen = set[str]()
        while path and path not in seen:
            seen.add(path)
            answer = self._asked("GET", path)
            data: object = answer.data
            for entry in cast("list[object]", data) if isinstance(data, list) else []:
                if not _table(entry).get("system"):
                    yield _comment(_table(entry))
            path = answer.next_page

    def post(self, body: str) -> Comment:
        return _comment(_table(self._asked("POST", self._notes, body).data))

    def edit(self, comment: Comment, body: str) -> Comment:
        return _comment(_table(self._asked("PUT", f"{self._notes}/{comment.id}", body).data))

    @property
    def _notes(self) -> str:
        project = quote(self.project, safe="")
        return f"/projects/{project}/merge_requests/{quote(self.number, safe='')}/notes"

    def _asked(self, method: str, path: str, body: str | None = None) -> Any:
        text = None if body is None else {"body": body.encode("utf-8", "replace").decode()}
        try:
            return self.server.request(method, path, text)
        except Refused as error:
            way = _WAYS.get(error.status, "")
            words = f"{error}; {way}" if way else str(error)
            raise Refused(words, error.status, error.said) from None


_WAYS = {
    401: f"the token in {TOKEN} is wrong or has ended (a CI_JOB_TOKEN cannot write notes)",
    403: f"the token in {TOKEN} needs the scope `api` and at least the role Reporter; a merge "
    "request from a fork runs in the fork's pipeline, which has no such token",
    404: "the token may not see this project or merge request, or there is none: see "
    "CI_PROJECT_ID and CI_MERGE_REQUEST_IID",
}


def _table(value: object) -> Table:
    return cast("Table", value) if isinstance(value, dict) else {}


def _comment(entry: Table) -> Comment:
    number, body = entry.get("id"), entry.get("body")
    author = _table(entry.get("author")).get("username")
    return Comment(
        number if isinstance(number, int) else 0,
        author if isinstance(author, str) else "",
        body if isinstance(body, str) else "",
    )
