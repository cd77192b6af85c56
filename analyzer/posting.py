"""`pexec-report` in a pull request: what its report is limited to, and the comment it becomes."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .changed import DEPTH, Changes, NoHistory, changed_lines, inside
from .ci import gitlab
from .ci.comments import Thread, upsert
from .ci.github import TOKEN, PullRequest, Run, pull_request_of, run_of, server_of
from .errors import ConfigError
from .options import complain, paths_here, write_output

if TYPE_CHECKING:
    from .report.markdown import Links

_LARGEST = 1_000_000  # bytes of a file that is to become a comment
#: What a comment says once there is nothing to say any more.
QUIET = "pexec: no independent calls are made one after the other {where}."
_FOREIGN = """\
> [!NOTE]
> This report was made by a run of the code of {home}, which is not part of this repository.

"""


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a comment goes.

    ``thread``: None if there is no pull request any more. ``place``: what people call it there.
    ``foreign``: what stands above the text of another job, which a stranger may have written.
    """

    thread: Thread | None
    place: str
    key: str
    token: str = field(repr=False)
    variable: str  # that holds the token
    foreign: str = ""

    def put(self, text: str, where: str) -> None:
        """Make ``text`` the comment, and say so on standard error. Raises ConfigError."""
        if self.thread is None:
            complain("not posted: the pull request is closed, or has newer commits")
            return
        if self.token in text:
            raise ConfigError(f"not posted: the text holds the token in {self.variable}")
        if isinstance(self.thread, gitlab.MergeRequest):
            text = gitlab.inert(text)
        did, url = upsert(self.thread, self.key, text, QUIET.format(where=where))
        complain(f"comment on {self.place}: {did}{f': {url}' if url else ''}")


def posting_of(given: dict[str, Any]) -> Posting | None:
    """Where `--comment` wants its comment. Raises ConfigError before any work is done in vain."""
    if not given["comment"]:
        for option in ("comment_key", "comment_body"):
            if given[option]:
                words = option.replace("_", "-")
                raise ConfigError(f"--{words} needs --comment github or --comment gitlab")
        return None
    return (_at_gitlab if given["comment"] == "gitlab" else _at_github)(given)


def _at_github(given: dict[str, Any]) -> Posting:
    run = run_of()
    if run is None:
        raise ConfigError(
            "--comment github is for a workflow of GitHub Actions: GITHUB_REPOSITORY and "
            "GITHUB_EVENT_PATH are not set"
        )
    second = bool(given["comment_body"]) and run.event == "workflow_run"
    if not run.number and not second:
        raise ConfigError(
            f"--comment github: this run is for no pull request (event {run.event or 'unknown'!r})"
        )
    server = server_of()
    server.ready()
    number = pull_request_of(run, server) if second else run.number
    pull = PullRequest(server, run.repository, number, run.from_fork) if number else None
    foreign = _FOREIGN.format(home=f"`{run.home}`") if second and run.home else ""
    key = given["comment_key"] or run.key
    return Posting(pull, f"#{number}", key, server.token, TOKEN, foreign)


def _at_gitlab(given: dict[str, Any]) -> Posting:
    pipeline = _pipeline()
    server = gitlab.server_of(pipeline)
    server.ready()
    request = gitlab.MergeRequest(server, pipeline)
    key = given["comment_key"] or pipeline.key
    return Posting(request, f"!{pipeline.number}", key, server.token, gitlab.TOKEN)


def _pipeline() -> gitlab.Pipeline:
    pipeline = gitlab.here()
    if pipeline is None:
        raise ConfigError(
            "--comment gitlab is for a merge request pipeline of GitLab CI: CI_API_V4_URL, "
            "CI_PROJECT_ID or CI_MERGE_REQUEST_IID is not set; a job has the last one with "
            '`rules: [if: $CI_PIPELINE_SOURCE == "merge_request_event"]`'
        )
    return pipeline


def post_file(given: dict[str, Any], posting: Posting) -> None:
    """Post what `--write-comment` wrote, perhaps in another job. Raises ConfigError."""
    text = _held(given["comment_body"])
    text = posting.foreign + text if text.strip() else text
    posting.put(text.strip(), "any more")


def _held(filename: str) -> str:
    """The text of a file that somebody else may have written. Raises ConfigError.

    A link could name a file of this machine, which everybody could then read in the comment.
    """
    try:
        with open(os.open(filename, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            kind = os.fstat(file.fileno()).st_mode
            data = file.read(_LARGEST + 1) if stat.S_ISREG(kind) else None
    except OSError as error:
        cause = "it is a link" if os.path.islink(filename) else error.strerror or str(error)
        raise ConfigError(f"--comment-body {filename!r} cannot be read: {cause}") from None
    if data is None or len(data) > _LARGEST:
        cause = "it is no file" if data is None else f"it has more than {_LARGEST:,} bytes"
        raise ConfigError(f"--comment-body {filename!r} cannot be read: {cause}")
    return data.decode("utf-8", "replace").replace("\0", "")


def write_comment(text: str, filename: str) -> None:
    """Write a comment's text for `--comment-body`, or for another server. Raises ConfigError."""
    write_output(text.encode("utf-8", "replace"), filename, "--write-comment")


def links() -> Links | None:
    """Where lines can be looked at as they are in this run; None outside of GitHub and GitLab."""
    run = run_of()
    between = "-L"
    if run is not None:
        commit = run.head or os.environ.get("GITHUB_SHA", "")
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        known = re.fullmatch(r"[0-9a-f]{40,64}", commit)
        files = f"{server}/{run.repository}/blob/{commit}" if known else ""
    else:
        files, between = gitlab.files_at(), "-"
    if not files:
        return None
    paths = paths_here()

    def link(filename: str, first: int, last: int) -> str:
        path, inside = paths.uri(filename)
        lines = f"#L{first}" + (f"{between}{last}" if last != first else "")
        return f"{files}/{path}{lines}" if inside else ""

    return link


# -- changed lines -----------------------------------------------------------------------------


def changes_of(given: dict[str, Any]) -> Changes | None:
    """What the report is limited to, or None for the whole project. Raises ConfigError.

    A comment is about what its pull request changes, unless `--all-lines` is given.
    """
    base: str | None = given["diff_base"]
    if given["all_lines"] and base is not None:
        raise ConfigError("--all-lines and --diff-base exclude each other")
    commented = given["comment"] or given["write_comment"]
    if given["all_lines"] or (base is None and not commented):
        return None
    here = Path.cwd()
    if base is None and given["comment"] != "github":
        pipeline = _pipeline() if given["comment"] else gitlab.here()
        if pipeline is not None:
            return _in_pipeline(pipeline, here)
    run = run_of()
    pull = run if run is not None and run.number else None
    if base is None and pull is None:
        return None  # `--write-comment` outside of a pull request
    try:
        if base is not None:
            return changed_lines(base, here)
        assert pull is not None
        return changed_lines(pull.base, here, pull.head)
    except NoHistory as error:
        return _listed(error, pull, here)


def _in_pipeline(pipeline: gitlab.Pipeline, here: Path) -> Changes:
    """The changed lines of a merge request. Raises ConfigError."""
    if not pipeline.base:
        raise ConfigError("changed lines are not known: CI_MERGE_REQUEST_DIFF_BASE_SHA is not set; "
                          "give --diff-base REF or --all-lines")  # fmt: skip
    try:
        return changed_lines(pipeline.base, here, pipeline.head)
    except NoHistory as error:
        raise ConfigError(f"changed lines are not known: {error}; check out with its history "
                          '(`GIT_DEPTH: "0"` in the `variables` of the job)') from None  # fmt: skip


def _listed(error: NoHistory, pull: Run | None, here: Path) -> Changes:
    """The changed lines as GitHub lists them, where git cannot say. Raises ConfigError."""
    if pull is None:
        raise ConfigError(f"changed lines are not known: {error}; {DEPTH}") from None
    if not os.environ.get(TOKEN, "").strip():
        raise ConfigError(f"changed lines are not known: {error}; {DEPTH}, or set {TOKEN}, so that "
                          "GitHub can be asked") from None  # fmt: skip
    try:
        root = inside(here)
    except NoHistory:
        root = Path(os.path.realpath(os.environ.get("GITHUB_WORKSPACE") or here))
    asked = PullRequest(server_of(), pull.repository, pull.number, pull.from_fork)
    try:
        changes = asked.changes(root)
    except ConfigError as refused:
        raise ConfigError(f"changed lines are not known: {error}; {DEPTH}. GitHub was asked "
                          f"instead: {refused}") from None  # fmt: skip
    complain(f"changed lines: as GitHub lists them, because {error}")
    return changes


def where_of(changes: Changes | None) -> str:
    return "any more" if changes is None else "on the changed lines"


# -- exit codes --------------------------------------------------------------------------------


def threshold(text: str) -> tuple[float, bool]:
    """`300`, `300ms`, `1.5s` or `20%` → milliseconds or a share, and whether it is a share.

    Raises ConfigError.
    """
    words = text.strip().lower()
    unit = next((u for u in ("%", "ms", "s") if words.endswith(u)), "")
    try:
        number = float(words.removesuffix(unit))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf") or (unit == "%" and number > 100):
        raise ConfigError(f"--fail-under-gain {text!r}: give milliseconds (300, 300ms), seconds "
                          "(1.5s) or a share of the time now (20%), above 0")  # fmt: skip
    return (number / 100, True) if unit == "%" else (number * (1000 if unit == "s" else 1), False)


def reached(limit: tuple[float, bool], saved: float, sequential_ms: float) -> bool:
    """Does what would be saved reach a threshold? (A thousandth of rounding aside.)"""
    least, share = limit
    return saved > 0 and saved >= least * (sequential_ms if share else 1) - 1e-3
