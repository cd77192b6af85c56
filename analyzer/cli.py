"""``pexec-lint``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .config import ConfigError
from .options import (
    ERROR,
    FOR_PEOPLE,
    Shown,
    complain,
    emit,
    failures,
    guarded,
    in_pyproject,
    installed_version,
    notes_shown,
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
    from .engine import Analyzed, Rewriter
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
    unknown = ranked(held_back, in_pyproject(outcomes))
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


# -- --explain ---------------------------------------------------------------------------------


def _explain(code: str) -> int:
    from .rules.page import rule

    click.echo(rule(code).markdown, nl=False)
    return 0
