"""``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from .config import Config, ConfigError
from .options import (
    ERROR,
    Shown,
    complain,
    emit,
    failures,
    guarded,
    in_pyproject,
    installed_version,
    output_file,
    progress,
    request_of,
    results_of,
    selection,
    shown_of,
    version,
)
from .run import Outcome, run

if TYPE_CHECKING:
    from .baseline import Baseline
    from .changed import Changes
    from .engine import Analysis, Analyzed, Rewriter
    from .executions import Executions
    from .posting import Posting
    from .projection import Times
    from .report.page import Page

#: Formats of the dependence graph.
GRAPHS = ("dot", "mermaid")
_EXITS = """\b
Exit code: 0, 1 if --fail-under-gain or --fail-on says so, 2 a wrong option or setting, a file
that cannot be read or parsed, a comment that cannot be posted, or an internal error."""


@click.command("pexec-report", epilog=_EXITS)
@selection
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=False,
    help="Project what `pexec-fix --unsafe-fixes` would write.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "markdown", "html", "json", *GRAPHS]),
    default="text",
    show_default=True,
)
@click.option(
    "--traces",
    multiple=True,
    metavar="FILE",
    help="Take latencies from a trace (docs/traces.md); may be repeated.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Of the draws that medians and percentiles are made of.",
)
@output_file
@click.option("--diff-base", metavar="REF", help="Only what changed since HEAD left this commit.")
@click.option("--all-lines", is_flag=True, help="Also in a comment: the whole project.")
@click.option(
    "--comment",
    type=click.Choice(["github", "gitlab"]),
    help="Put the report into a comment of the pull or merge request, and keep it up to date.",
)
@click.option(
    "--comment-key",
    metavar="KEY",
    help="Tells apart several comments; else the workflow's file does, or the name of the job.",
)
@click.option(
    "--write-comment",
    metavar="FILE",
    help="Write what the comment would say to a file; an empty one if there is nothing to say.",
)
@click.option(
    "--comment-body",
    metavar="FILE",
    help="With --comment: post this file of --write-comment, and look at no code.",
)
@click.option("--baseline", metavar="FILE", help="Leave out the findings that this file holds.")
@click.option(
    "--fail-under-gain",
    metavar="MS|PERCENT",
    help="Exit with 1 if what pexec-fix could save is at or above that.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["new"]),
    help="Exit with 1 if there are findings that the baseline does not hold.",
)
@click.option(
    "--record",
    metavar="OUT",
    help="Run a program, `--record OUT -- python script.py`, and write down how long its tools "
    "take. Nothing else is done.",
)
@version
@click.pass_context  # fmt: skip
def report_command(ctx: click.Context, **given: Any) -> None:
    """One page: calls, batches, time now and projected, and what holds the rest back."""
    if given["record"] is not None:
        ctx.exit(guarded(lambda: _record(ctx, given)))
    ctx.exit(guarded(lambda: _report(ctx.obj, given)))


def _record(ctx: click.Context, given: dict[str, Any]) -> int:
    from .recording import patterns_of, record
    from .settings import Request, Settings

    set_here = click.core.ParameterSource.COMMANDLINE
    others = [name for name in given if ctx.get_parameter_source(name) is set_here]
    for name in others:
        if name not in ("record", "paths"):
            words = name.replace("_", "-")
            raise ConfigError(f"--record and --{words} exclude each other; options of the program "
                              "stand behind `--`")  # fmt: skip
    here = Settings(Request(paths=())).of_folder(".")
    return record(given["paths"], given["record"], patterns_of(here))


def _report(rewriter: Rewriter, given: dict[str, Any]) -> int:
    from .engine import Analyzed

    shown = shown_of(given)
    executions = _executions(given["traces"])
    limit, known = _limits(given)
    posting = _posting(given)
    if posting is not None and given["comment_body"]:
        from .posting import post_file

        post_file(given, posting)
        return 0
    changes = _changes(given)
    outcomes, missing = run(request_of(given), partial(measured, rewriter), progress=progress())
    failed = failures(outcomes, missing)
    if known is not None:
        from .baseline import left_out

        outcomes = left_out(outcomes, known)
    if changes is not None:
        from .limited import limited

        outcomes = limited(outcomes, changes)
    page = _page(outcomes, len(missing), executions, given)
    emit(_rendered(page, shown), shown)
    analyzed = [r for r in results_of(outcomes) if isinstance(r, Analyzed)]
    findings = sum(len(result.reported) for result in analyzed)
    speaks = bool(findings) or any(result.unlocks for result in analyzed)
    _comment(given, posting, page, speaks, changes)
    if failed:
        return ERROR
    return _verdict(given, limit, page.times, findings)


def _page(
    outcomes: list[Outcome], missing: int, executions: Executions | None, given: dict[str, Any]
) -> Page:
    from .engine import Analyzed
    from .kept_groups import kept_groups
    from .projection import project
    from .report.page import page_of

    results = results_of(outcomes)
    trees = [
        kept_groups(r.trees, r.findings) for r in results if isinstance(r, Analyzed) and r.trees
    ]
    return page_of(
        project(trees, executions, seed=given["seed"]),
        results,
        missing,
        in_pyproject(outcomes),
        unsafe=given["unsafe_fixes"],
        coverage=executions.coverage() if executions else None,
        version=installed_version(),
    )


def _rendered(page: Page, shown: Shown) -> str:
    """The report in the format asked for."""
    from importlib import import_module

    if shown.output_format == "text":
        from .report import projection_text

        return projection_text.render(page, shown.paint)
    if shown.output_format in GRAPHS:
        return import_module(f".report.{shown.output_format}", __package__).render(page.functions)
    if shown.output_format == "markdown":
        return _markdown(page)
    module = {"json": "projection_json"}.get(shown.output_format, shown.output_format)
    return import_module(f".report.{module}", __package__).render(page)


def _markdown(page: Page) -> str:
    """The report as Markdown, with links to lines where it is made for GitHub or GitLab."""
    from .posting import links
    from .report import markdown

    linked = links()
    return markdown.render(page) if linked is None else markdown.render(page, linked)


def _executions(paths: Sequence[str]) -> Executions | None:
    """The calls of all traces; None if there is none. Raises ConfigError."""
    if not paths:
        return None
    from pathlib import Path

    from .executions import Executions
    from .timings import read_timings

    return Executions(tuple(timing for path in paths for timing in read_timings(Path(path))))


def measured(
    rewriter: Rewriter, analysis: Analysis, config: Config, filename: str, unsafe: bool
) -> Analyzed:
    """What ``rewriter`` finds, with what the functions wait for before and after."""
    from .tree_builder import trees

    result = rewriter(analysis, config, filename, unsafe)
    return replace(result, trees=trees(analysis, result))


# -- pull requests -----------------------------------------------------------------------------


def _posting(given: dict[str, Any]) -> Posting | None:
    if not (given["comment"] or given["comment_key"] or given["comment_body"]):
        return None
    from .posting import posting_of

    return posting_of(given)


def _changes(given: dict[str, Any]) -> Changes | None:
    wants = any(given[k] for k in ("comment", "write_comment", "all_lines"))
    if not wants and given["diff_base"] is None:
        return None
    from .posting import changes_of

    return changes_of(given)


def _comment(
    given: dict[str, Any],
    posting: Posting | None,
    page: Page,
    speaks: bool,
    changes: Changes | None,
) -> None:
    """The page as a comment: where something would run together now, or with a declaration."""
    if posting is None and not given["write_comment"]:
        return
    from .posting import where_of, write_comment

    text = _markdown(page) if speaks else ""
    if given["write_comment"]:
        write_comment(text, given["write_comment"])
    if posting is not None:
        posting.put(text, where_of(changes))


# -- exit codes --------------------------------------------------------------------------------


def _limits(given: dict[str, Any]) -> tuple[tuple[float, bool] | None, Baseline | None]:
    """The threshold and the baseline. Raises ConfigError."""
    if given["fail_on"] and not given["baseline"]:
        raise ConfigError("--fail-on new needs --baseline FILE (pexec-lint --write-baseline FILE)")
    limit = known = None
    if given["fail_under_gain"] is not None:
        from .posting import threshold

        limit = threshold(given["fail_under_gain"])
    if given["baseline"]:
        from .baseline import read

        known = read(given["baseline"])
    return limit, known


def _verdict(
    given: dict[str, Any],
    limit: tuple[float, bool] | None,
    times: Times,
    findings: int,
) -> int:
    """1 if a limit is reached, which is said on standard error."""
    from .findings import milliseconds
    from .report.summary import plural

    code = 0
    if limit is not None:
        from .posting import reached

        if reached(limit, times.saved_ms, times.sequential_ms):
            saved = milliseconds(times.saved_ms)
            complain(f"pexec-fix could save {saved}: --fail-under-gain {given['fail_under_gain']}")
            code = 1
    if given["fail_on"] and findings:
        complain(f"{plural(findings, 'finding')} not in the baseline: --fail-on new")
        code = 1
    return code
