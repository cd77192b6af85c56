"""``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

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


@click.command("pexec-report")
@selection
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=False,
    help="Project what `pexec-fix --unsafe-fixes` would write.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "markdown", "html", "json"]),
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
    from functools import partial

    from .engine import Analyzed
    from .projection import project
    from .report import markdown, projection_json, projection_text
    from .report.page import page_of

    shown = shown_of(given)
    outcomes, missing = run(request_of(given), partial(measured, rewriter), progress=progress())
    failed = failures(outcomes, missing)
    results = results_of(outcomes)
    projected = project([r.trees for r in results if isinstance(r, Analyzed) and r.trees])
    page = page_of(
        projected,
        results,
        len(missing),
        in_pyproject(outcomes),
        unsafe=given["unsafe_fixes"],
        version=installed_version(),
    )
    if shown.output_format == "json":
        emit(projection_json.render(page), shown)
    elif shown.output_format == "html":
        from .report import html  # jinja2 is read only for this

        emit(html.render(page), shown)
    elif shown.output_format == "markdown":
        emit(markdown.render(page), shown)
    else:
        emit(projection_text.render(page, shown.paint), shown)
    return ERROR if failed else 0


def measured(
    rewriter: Rewriter, analysis: Analysis, config: Config, filename: str, unsafe: bool
) -> Analyzed:
    """What ``rewriter`` finds, with what the functions wait for before and after."""
    from .tree_builder import trees

    result = rewriter(analysis, config, filename, unsafe)
    return replace(result, trees=trees(analysis, result))
