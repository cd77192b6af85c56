"""``pexec-lint`` and ``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

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
    notes_shown,
    output_file,
    request_of,
    results_of,
    rules,
    selection,
    version,
)
from .run import Outcome, run

if TYPE_CHECKING:
    from .engine import Rewriter
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
@version
@click.pass_context
def lint_command(ctx: click.Context, **given: Any) -> None:
    """Find independent awaited calls that run one after the other. Changes nothing."""
    ctx.exit(guarded(lambda: _lint(ctx.obj, given)))


def _lint(rewriter: Rewriter, given: dict[str, Any]) -> int:
    shown = Shown(given["output_format"], given["output_file"], given["show_blocked"])
    if given["show_effects"]:
        return _show_effects(given, shown)
    outcomes, missing = run(request_of(given), rewriter)
    failed = failures(outcomes, missing)
    text, summary = listing(outcomes, len(missing), shown)
    emit(text, shown)
    if summary:
        complain(summary)
    if failed:
        return ERROR
    return int(_findings(outcomes) and not given["exit_zero"])


def _findings(outcomes: list[Outcome]) -> bool:
    from .engine import Analyzed

    return any(isinstance(o.result, Analyzed) and bool(o.result.reported) for o in outcomes)


def listing(
    outcomes: list[Outcome], missing: int, shown: Shown, done: Done | None = None
) -> tuple[str, str]:
    """What goes to standard output, and the summary if that belongs on standard error."""
    from .engine import Analyzed
    from .report.jsonform import findings_json
    from .report.summary import Done, summary_line, totals_of, undeclared
    from .report.text import result_texts, undeclared_text

    results = results_of(outcomes)
    analyzed = [r for r in results if isinstance(r, Analyzed)]
    summary = summary_line(totals_of(results, missing), done or Done.FOUND)
    if shown.output_format == "json":
        return findings_json(analyzed), summary
    paint, notes = shown.paint, notes_shown(shown, outcomes)
    texts = [
        text
        for result in analyzed
        for text in result_texts(
            result, paint, notes=notes, flow=shown.show_blocked, fixed=done is Done.FIXED
        )
    ]
    unknown = undeclared(
        [(r.filename, note) for r in analyzed for note in r.blocked], _in_pyproject(outcomes)
    )
    texts.append(undeclared_text(unknown, paint))
    return "\n\n".join([*filter(None, texts), summary]), ""


def _in_pyproject(outcomes: list[Outcome]) -> bool:
    paths = {o.job.config.path for o in outcomes}
    return any(path is None or path.name == "pyproject.toml" for path in paths)


# -- --show-effects ----------------------------------------------------------------------------


def _show_effects(given: dict[str, Any], shown: Shown) -> int:
    from .engine import Analysis, Analyzed, counts_of
    from .report.effects import Known, effects_at, effects_json, effects_text

    filename, _, line = str(given["show_effects"]).rpartition(":")
    if not filename or not line.isdecimal():
        raise ConfigError("--show-effects takes FILE:LINE, such as agent.py:12")
    if given["paths"]:
        raise ConfigError("--show-effects names its file itself; no other can be given")
    found: list[Known] = []

    def look(analysis: Analysis, config: Config, name: str, unsafe: bool) -> Analyzed:
        found.extend(effects_at(analysis, int(line)))
        return Analyzed(name, (), 0, (), counts_of(analysis), analysis.source)

    outcomes, missing = run(request_of({**given, "paths": (filename,)}), look)
    if failures(outcomes, missing):
        return ERROR
    if shown.output_format == "json":
        emit(effects_json(found), shown)
    elif not found:
        emit(f"{filename}:{line}: no call on this line", shown)
    else:
        emit(effects_text(filename, found, shown.paint), shown)
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
@version
@click.pass_context  # fmt: skip
def report_command(ctx: click.Context, **given: Any) -> None:
    """One page: calls, batches, time now and projected, and what holds the rest back."""
    ctx.exit(guarded(lambda: _report(ctx.obj, given)))


def _report(rewriter: Rewriter, given: dict[str, Any]) -> int:
    from .engine import Analysis, Analyzed
    from .projection import FileProjection, project
    from .report import markdown, projection_json, projection_text
    from .report.page import page_of

    projected: dict[str, FileProjection] = {}

    def measured(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
        result = rewriter(analysis, config, filename, unsafe)
        projected[filename] = project(analysis, result)
        return result

    shown = Shown(given["output_format"], given["output_file"], False)
    outcomes, missing = run(request_of(given), measured)
    failed = failures(outcomes, missing)
    page = page_of(list(projected.values()), results_of(outcomes), len(missing))
    if shown.output_format == "json":
        emit(projection_json.render(page), shown)
    elif shown.output_format == "markdown":
        emit(markdown.render(page), shown)
    else:
        emit(projection_text.render(page, shown.paint), shown)
    return ERROR if failed else 0
