"""Merge requests at GitLab: the note, and where this pipeline is.

Everything about the pipeline is read from the variables that GitLab sets (docs.gitlab.com,
"Predefined CI/CD variables reference"), so any program can set them too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import ConfigError
from .comments import Comment
from .http import Refused, Server, checked_token

TOKEN = "GITLAB_TOKEN"
PAGE = "docs/ci.md"
#: What GitLab takes for a quick action, such as ``/merge``, at the start of a line.
_ACTION = re.compile(r"(^|\r)([ \t]*)/(?=[A-Za-z])", re.MULTILINE)

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pipeline of a merge request.

    ``project``: the one that the merge request is in; a pipeline of a fork runs in another one.
    ``head``: what HEAD merges into the target, in a pipeline for merged results, else "".
    """

    address: str
    project: int
    number: int
    home: str = ""  # the address of the project
    base: str = ""  # the commit where the branch left the target
    head: str = ""
    from_fork: bool = False
    key: str = "default"  # the name of the job


def here(environment: Mapping[str, str] = os.environ) -> Pipeline | None:
    """The pipeline that this is, or None outside of merge requests. Raises ConfigError."""
    address, own, iid = (
        environment.get(name, "")
        for name in ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID")
    )
    if not address or not own or not iid:
        return None
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or own
    for name, value in (("the project's id", project), ("CI_MERGE_REQUEST_IID", iid)):
        if not re.fullmatch(r"[0-9]{1,18}", value):
            raise ConfigError(f"{name} is {value!r}, not a number")
    return Pipeline(
        address,
        int(project),
        int(iid),
        environment.get("CI_MERGE_REQUEST_PROJECT_URL") or environment.get("CI_PROJECT_URL", ""),
        environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""),
        environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
        project != environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", project),
        environment.get("CI_JOB_NAME") or "default",
    )


def files_at(environment: Mapping[str, str] = os.environ) -> str:
    """Where the files of this pipeline can be looked at, or "" outside of GitLab."""
    home, commit = environment.get("CI_PROJECT_URL", ""), environment.get("CI_COMMIT_SHA", "")
    if not home or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return ""
    return f"{home.rstrip('/')}/-/blob/{commit}"


def server_of(pipeline: Pipeline, environment: Mapping[str, str] = os.environ) -> Server:
    """GitLab, asked with the token of the environment. Raises ConfigError."""
    if not environment.get(TOKEN, "").strip():
        raise ConfigError(
            f"a token is needed in the environment variable {TOKEN}: a project access token with "
            "the scope `api`, in a masked variable of the project (a protected one is only for "
            "protected branches, and pipelines of forks have none)"
        )
    token = checked_token(environment[TOKEN], TOKEN)
    headers = {"Accept": "application/json", "PRIVATE-TOKEN": token, "User-Agent": "pexec-report"}
    return Server(pipeline.address, headers, token)


def inert(text: str) -> str:
    """The same to a reader, without a line that GitLab would carry out ("Quick actions")."""
    return _ACTION.sub(r"\1\2\\/", text)


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The notes of a merge request (REST: "Notes API"), oldest first."""

    server: Server
    pipeline: Pipeline = field(repr=False)

    def me(self) -> str:
        """The number of the token's owner; of a project access token that is a bot of its own."""
        number = _table(self._asked("GET", "/user")[0]).get("id")
        if not isinstance(number, int):
            raise ConfigError("GitLab does not say whose the token is; without that no note can be "
                              "told from one that quotes it")  # fmt: skip
        return str(number)

    def comments(self) -> Iterator[Comment]:
        path = f"{self._notes}?sort=asc&order_by=created_at&per_page=100"
        seen = set[str]()
        while path and path not in seen:
            seen.add(path)
            data, path = self._asked("GET", path)
            for entry in cast("list[object]", data) if isinstance(data, list) else []:
                note = _table(entry)
                if note.get("system") is not True:  # "added 1 commit"
                    yield self._comment(note)

    def post(self, body: str) -> Comment:
        return self._write("POST", self._notes, body)

    def edit(self, comment: Comment, body: str) -> Comment:
        return self._write("PUT", f"{self._notes}/{comment.id}", body)

    @property
    def _notes(self) -> str:
        return f"/projects/{self.pipeline.project}/merge_requests/{self.pipeline.number}/notes"

    def _write(self, method: str, path: str, body: str) -> Comment:
        # GitLab takes no half of a pair, which a name that is no Unicode text leaves.
        text = body.encode("utf-8", "replace").decode()
        return self._comment(_table(self._asked(method, path, {"body": text})[0]))

    def _asked(self, method: str, path: str, body: object = None) -> tuple[object, str]:
        try:
            answer = self.server.request(method, path, body)
        except Refused as error:
            raise self._explained(error) from None
        return answer.data, answer.next_page

    def _explained(self, error: Refused) -> Refused:
        """The same with the way out."""
        way = _WAYS.get(error.status, "")
        if error.status == 403 and "scope" in error.said:
            way = f"make a token with the scope `api` ({PAGE})"
        elif error.status in (403, 404) and self.pipeline.from_fork:
            way = ("the merge request comes from a fork, whose pipeline has the fork's token: run "
                   f"a pipeline in the project of the merge request ({PAGE})")  # fmt: skip
        return Refused(f"{error}; {way}" if way else str(error), error.status, error.said)

    def _comment(self, entry: Table) -> Comment:
        found, body = entry.get("id"), entry.get("body")
        author = _table(entry.get("author")).get("id")
        number = found if isinstance(found, int) else 0
        home, iid = self.pipeline.home.rstrip("/"), self.pipeline.number
        return Comment(
            number,
            str(author) if isinstance(author, int) else "",
            body if isinstance(body, str) else "",
            f"{home}/-/merge_requests/{iid}#note_{number}" if home and number else "",
        )


_WAYS = {
    400: "GitLab does not take this text",
    401: f"the token in {TOKEN} is wrong, has ended or was revoked; the token of a job "
    "(CI_JOB_TOKEN) may not write notes",
    403: "the token's owner may not write notes here: it needs the scope `api` and the role "
    "Reporter or above, and the discussion must not be locked",
    404: "the token may not see this project or merge request, or there is none: make the token in "
    "the project of the merge request, with the role Reporter or above",
}


def _table(value: object) -> Table:
    return cast("Table", value) if isinstance(value, dict) else {}
