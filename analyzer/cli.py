"""``pexec-lint`` and ``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from .config import Config, ConfigError
from .options import (
    ERROR,
    FOR_PEOPLE,
    Shown,
    complain,
    emit,
    failures,
    guarded,
    installed_version,
    notes_shown,
    output_file,
    paths_here,
    progress,
    request_of,
    results_of,
    rules,
    selection,
    shown_of,
    version,
)
from .run import Outcome, run
from .silencing import add_ignore, baseline_of, one_of, write_baseline

if TYPE_CHECKING:
    from .engine import Analysis, Analyzed, Rewriter
    from .report.summary import Done

_EXITS = """\b
Exit code: 0 nothing found, 1 findings, 2 a wrong option or setting, a file that
cannot be read or parsed, or an internal error (the other files are still done)."""


@click.command("pexec-lint", epilog=_EXITS)
@selection
@rules
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--show-effects",
    metavar="FILE:LINE",
    help="Print what the calls on one line do, and where each claim comes from.",
)
@click.option("--explain", metavar="CODE", help="Print the page of a rule.")
@click.option(
    "--add-ignore",
    is_flag=True,
    help="Write a `# pexec: ignore[CODE]` beside each finding, and report none.",
)
@click.option("--baseline", metavar="FILE", help="Do not report the findings that this file holds.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write the findings to a file for --baseline, and report none.",
)
@click.option(
    "--write-manifest",
    metavar="FILE",
    help="Ask an MCP server which tools it has, and write that for `manifests`.",
)
@click.option(
    "--from-mcp", metavar="COMMAND", help="The command that starts the server (over stdio)."
)
@click.option("--from-mcp-url", metavar="URL", help="The address of the server (Streamable HTTP).")
@version
@click.pass_context
def lint_command(ctx: click.Context, **given: Any) -> None:
    """Find independent awaited calls that run one after the other. Changes no code."""
    ctx.exit(guarded(lambda: _lint(ctx.obj, given)))


def _lint(rewriter: Rewriter, given: dict[str, Any]) -> int:
    if given["explain"] is not None:
        return _explain(given["explain"])
    if given["write_manifest"] or given["from_mcp"] or given["from_mcp_url"]:
        return _write_manifest(given)
    shown = shown_of(given)
    one_of(given, "show_effects", "add_ignore", "write_baseline")
    one_of(given, "show_effects", "baseline", "write_baseline")
    if given["show_effects"] is not None:
        from .showing import show_effects

        return show_effects(given, shown)
    request = request_of(given)
    known = baseline_of(given)
    if given["add_ignore"] and "-" in request.paths:
        raise ConfigError("--add-ignore changes files; `-` (standard input) is none")
    outcomes, missing = run(request, rewriter, progress=progress())
    failed = failures(outcomes, missing)
    if given["write_baseline"]:
        return write_baseline(outcomes, given["write_baseline"], failed)
    if known is not None:
        from .baseline import left_out

        outcomes = left_out(outcomes, known)
    if given["add_ignore"]:
        return add_ignore(outcomes, failed)
    text, summary = listing(outcomes, missing, shown)
    emit(text, shown)
    if summary:
        complain(summary)
    if failed:
        return ERROR
    return int(_findings(outcomes) and not given["exit_zero"])


def _write_manifest(given: dict[str, Any]) -> int:
    from .asking import write_manifest

    if not given["write_manifest"]:
        raise ConfigError("--from-mcp and --from-mcp-url need --write-manifest FILE")
    click.echo(write_manifest(given["write_manifest"], given["from_mcp"], given["from_mcp_url"]))
    return 0


def _findings(outcomes: list[Outcome]) -> bool:
    return any(result.reported for result in _analyzed(outcomes))


def listing(
    outcomes: list[Outcome],
    missing: list[tuple[str, str]],
    shown: Shown,
    done: Done | None = None,
) -> tuple[str, str]:
    """What goes to standard output, and the summary if that belongs on standard error."""
    from .report.summary import Done, summary_line, totals_of

    done = done or Done.FOUND
    results = results_of(outcomes)
    summary = summary_line(totals_of(results, len(missing)), done)
    if shown.output_format in FOR_PEOPLE:
        gap = "\n" if shown.output_format == "concise" else "\n\n"
        return gap.join(filter(None, [_text(outcomes, shown, done), summary])), ""
    if shown.statistics:
        return _statistics(outcomes, shown), summary
    from .report.formats import Run, render

    run = Run(results, missing, paths_here(), installed_version())
    return render(shown.output_format, run), summary


def _text(outcomes: list[Outcome], shown: Shown, done: Done) -> str:
    """The formats for people, without the summary."""
    from .report.concise import result_lines
    from .report.summary import Done, ranked
    from .report.text import result_texts, undeclared_text

    if shown.statistics:
        return _statistics(outcomes, shown)
    analyzed, paint, flow = _analyzed(outcomes), shown.paint, shown.show_blocked
    fixed = done is Done.FIXED
    if shown.output_format == "concise":
        return "\n".join(
            line
            for r in analyzed
            for line in result_lines(r, paint, notes=flow, flow=flow, fixed=fixed)
        )
    notes = notes_shown(shown, outcomes)
    texts = [
        text
        for result in analyzed
        for text in result_texts(result, paint, notes=notes, flow=flow, fixed=fixed)
    ]
    held_back = ((r.filename, unlock) for r in analyzed for unlock in r.unlocks)
    unknown = ranked(held_back, _in_pyproject(outcomes))
    texts.append(undeclared_text(unknown, paint))
    return "\n\n".join(filter(None, texts))


def _statistics(outcomes: list[Outcome], shown: Shown) -> str:
    from .report.statistics import statistics_json, statistics_text

    if shown.output_format == "json":
        return statistics_json(_analyzed(outcomes))
    return statistics_text(_analyzed(outcomes), shown.paint)


def _analyzed(outcomes: list[Outcome]) -> list[Analyzed]:
    from .engine import Analyzed

    return [r for r in results_of(outcomes) if isinstance(r, Analyzed)]


def _in_pyproject(outcomes: list[Outcome]) -> bool:
    paths = {o.job.config.path for o in outcomes}
    return any(path is None or path.name == "pyproject.toml" for path in paths)


# -- --explain ---------------------------------------------------------------------------------


def _explain(code: str) -> int:
    from .rules.page import rule

    click.echo(rule(code).markdown, nl=False)
    return 0


# -- pexec-report ------------------------------------------------------------------------------


@click.command("pexec-report")
@selection
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=False,
    help="Project what `pexec-fix --unsafe-fixes` would write.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@output_file
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
    from functools import partial

    from .engine import Analyzed
    from .report import markdown, projection_json, projection_text
    from .report.page import page_of

    shown = shown_of(given)
    outcomes, missing = run(request_of(given), partial(measured, rewriter), progress=progress())
    failed = failures(outcomes, missing)
    results = results_of(outcomes)
    projected = [r.projection for r in results if isinstance(r, Analyzed) and r.projection]
    page = page_of(projected, results, len(missing), _in_pyproject(outcomes))
    if shown.output_format == "json":
        emit(projection_json.render(page), shown)
    elif shown.output_format == "markdown":
        emit(markdown.render(page), shown)
    else:
        emit(projection_text.render(page, shown.paint), shown)
    return ERROR if failed else 0


def measured(
    rewriter: Rewriter, analysis: Analysis, config: Config, filename: str, unsafe: bool
) -> Analyzed:
    """What ``rewriter`` finds, with the projection of its gains."""
    from .projection import project

    result = rewriter(analysis, config, filename, unsafe)
    return replace(result, projection=project(analysis, result))
