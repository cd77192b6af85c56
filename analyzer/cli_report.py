"""``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from .config import Config
from .options import (
    ERROR,
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
from .run import run

if TYPE_CHECKING:
    from .engine import Analysis, Analyzed, Rewriter
    from .executions import Executions


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
@version
@click.pass_context  # fmt: skip
def report_command(ctx: click.Context, **given: Any) -> None:
    """One page: calls, batches, time now and projected, and what holds the rest back."""
    ctx.exit(guarded(lambda: _report(ctx.obj, given)))


def _report(rewriter: Rewriter, given: dict[str, Any]) -> int:
    from functools import partial

    from .engine import Analyzed
    from .projection import project
    from .report import markdown, projection_json, projection_text
    from .report.page import page_of

    shown = shown_of(given)
    executions = _executions(given["traces"])
    outcomes, missing = run(request_of(given), partial(measured, rewriter), progress=progress())
    failed = failures(outcomes, missing)
    results = results_of(outcomes)
    trees = [r.trees for r in results if isinstance(r, Analyzed) and r.trees]
    projected = project(trees, executions, seed=given["seed"])
    page = page_of(
        projected,
        results,
        len(missing),
        in_pyproject(outcomes),
        unsafe=given["unsafe_fixes"],
        coverage=executions.coverage() if executions else None,
        version=installed_version(),
    )
    if shown.output_format == "json":
        emit(projection_json.render(page), shown)
    elif shown.output_format == "markdown":
        emit(markdown.render(page), shown)
    else:
        emit(projection_text.render(page, shown.paint), shown)
    return ERROR if failed else 0


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
